/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/demangle.h"

#include <string.h>

#ifdef HAVE_LIBIBERTY
#include <setjmp.h>
#include <stdbool.h>

#include <libiberty/demangle.h>

struct output {
	char *buf;
	size_t used, size;
	jmp_buf full;
};

/*
 * The size of what a name stands for can be exponential in its own, and the
 * library has no other way to make it stop. Those of its functions that take
 * a callback allocate nothing, so nothing is left behind.
 */
static void put(const char *text, size_t len, void *ctx)
{
	struct output *out = ctx;

	size_t room = out->size - out->used - 1;
	bool full = len > room;

	if (full)
		len = room;
	memcpy(out->buf + out->used, text, len);
	out->used += len;
	out->buf[out->used] = '\0';
	if (full)
		longjmp(out->full, 1);
}

/* A legacy Rust name is a C++ one whose last part is a hash. */
static int translate(const char *name, struct output *out)
{
	if (rust_demangle_callback(name, DMGL_ANSI, put, out))
		return 1;
	out->used = 0;
	return cplus_demangle_v3_callback(name, DMGL_ANSI, put, out);
}

const char *demangle(const char *name, char *buf, size_t size)
{
	struct output out = { .buf = buf, .size = size };

	if ((name[0] != '_' || (name[1] != 'Z' && name[1] != 'R')) ||
	    strlen(name) >= 4096)
		return name;
	*buf = '\0';
	if (!setjmp(out.full) && !translate(name, &out))
		return name;
	return *buf ? buf : name;
}
#else
const char *demangle(const char *name, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return name;
}
#endif
