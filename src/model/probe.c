/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] = "give NAME=LIBRARY:FUNCTION, "
	"NAME=LIBRARY:FUNCTION..END or NAME=usdt:LIBRARY:PROVIDER:PLACE";

/* What is from @from to @to; false: nothing, or too much. */
static bool take(char *ret, size_t size, const char *from, const char *to)
{
	size_t len = (size_t)(to - from);

	if (!len || len >= size)
		return false;
	memcpy(ret, from, len);
	ret[len] = '\0';
	return true;
}

static bool take_functions(struct probe *probe, const char *text)
{
	const char *end = strstr(text, "..");

	if (!end)
		return take(probe->function, sizeof(probe->function), text,
			    text + strlen(text));
	return take(probe->function, sizeof(probe->function), text, end) &&
	       take(probe->end, sizeof(probe->end), end + 2,
		    end + strlen(end));
}

/* Paths may have a colon in them, functions have none. */
static bool take_place(struct probe *probe, const char *text)
{
	const char *colon = strrchr(text, ':'), *before = colon;

	if (!colon || !take_functions(probe, colon + 1))
		return false;
	if (strncmp(text, "usdt:", 5))
		return take(probe->library, sizeof(probe->library), text,
			    colon);
	text += 5;
	while (before > text && before[-1] != ':')
		before--;
	return before > text &&
	       take(probe->provider, sizeof(probe->provider), before,
		    colon) &&
	       take(probe->library, sizeof(probe->library), text, before - 1);
}

int probe_parse(const char *text, struct probe *ret, struct why *why)
{
	const char *equals = strchr(text, '='), *place = text;

	*ret = (struct probe){ .name = "" };
	if (equals && equals < strchrnul(text, ':')) {
		place = equals + 1;
		if (!take(ret->name, sizeof(ret->name), text, equals))
			return why_set(why, EINVAL, "--probe '%s': a name of "
				       "1 to %zu bytes before the =", text,
				       sizeof(ret->name) - 1);
	}
	if (!take_place(ret, place))
		return why_set(why, EINVAL, "--probe '%s': %s", text, usage);
	if (!*ret->name)
		snprintf(ret->name, sizeof(ret->name), "%.31s%s%.30s",
			 ret->function, *ret->end ? ".." : "", ret->end);
	return 0;
}

/* "libc" and "libc.so.6" are both libc.so.6. */
static bool is_called(const char *base, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(base, name, len) &&
	       (!base[len] || !strncmp(base + len, ".so", 3));
}

bool probe_is_in(const struct probe *probe, const char *path)
{
	static const char gone[] = " (deleted)";
	size_t len = strlen(path), tail = sizeof(gone) - 1;
	const char *base = strrchr(path, '/');
	char name[256];

	if (len > tail && !strcmp(path + len - tail, gone))
		len -= tail;
	if (strchr(probe->library, '/'))
		return strlen(probe->library) == len &&
		       !memcmp(probe->library, path, len);
	if (!base)
		return false;
	len -= (size_t)(base + 1 - path);
	if (len >= sizeof(name))
		return false;
	memcpy(name, base + 1, len);
	name[len] = '\0';
	return is_called(name, probe->library);
}
