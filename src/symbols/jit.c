/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/jit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "symbols/parse.h"
#include "symbols/reach.h"

#define LOOK_NS NS_PER_SEC

struct jit_code {
	uint64_t start, end;
	uint32_t name;		/* where in the text; grows by the line */
};

static int by_start(const void *p, const void *q)
{
	const struct jit_code *a = p, *b = q;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

/* How many lines could be entries. */
static size_t count_lines(const char *text, size_t size)
{
	const char *end = text + size;
	size_t n = 0;

	while ((text = memchr(text, '\n', (size_t)(end - text)))) {
		text++;
		n++;
	}
	return n;
}

int jit_parse(struct jit *jit, char *text, size_t size)
{
	size_t lines = count_lines(text, size);
	char *line = text, *end = text + size, *newline;

	jit->text = text;
	jit->n = 0;
	jit->list = malloc((lines + !lines) * sizeof(*jit->list));
	if (!jit->list) {
		free(text);
		jit->text = NULL;
		jit->bytes = 0;
		return -ENOMEM;
	}
	jit->bytes = size + lines * sizeof(*jit->list);
	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		uint64_t start, bytes;
		const char *name;

		*newline = '\0';
		if (!parse_jit(line, &start, &bytes, &name))
			jit->list[jit->n++] = (struct jit_code){
				start, start + bytes, (uint32_t)(name - text)
			};
		line = newline + 1;
	}
	qsort(jit->list, jit->n, sizeof(*jit->list), by_start);
	return 0;
}

static void drop(struct jit *jit, size_t *all)
{
	free(jit->text);
	free(jit->list);
	*all -= jit->bytes;
	jit->text = NULL;
	jit->list = NULL;
	jit->n = jit->bytes = 0;
}

static void load(struct jit *jit, int fd, size_t size, size_t *all)
{
	char *text = malloc(size + 1);
	size_t n = 0;

	if (!text)
		return;
	while (n < size) {
		ssize_t got = read(fd, text + n, size - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	if (!jit_parse(jit, text, n))
		*all += jit->bytes;
}

void jit_look(struct jit *jit, const struct procfs *fs, pid_t pid,
	      size_t *all)
{
	int64_t now = clock_mono_ns();
	_cleanup_(close_fd) int fd = -1;
	struct stat st;

	if (jit->looked_ns && now - jit->looked_ns < LOOK_NS)
		return;
	jit->looked_ns = now;
	fd = reach_perf_map(fs, pid, &st);
	if (fd < 0 || (uint64_t)st.st_size == jit->size)
		return;
	jit->size = (uint64_t)st.st_size;
	drop(jit, all);
	if (jit->size <= JIT_BYTES && *all + jit->size <= JIT_ALL_BYTES)
		load(jit, fd, (size_t)jit->size, all);
}

const char *jit_find(const struct jit *jit, uint64_t pc)
{
	size_t low = 0, high = jit->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (jit->list[mid].start <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	/* The last line about it counts: memory is used again. */
	if (!low || pc >= jit->list[low - 1].end)
		return NULL;
	return jit->text + jit->list[low - 1].name;
}

void jit_done(struct jit *jit, size_t *all)
{
	drop(jit, all);
	jit->size = 0;
	jit->looked_ns = 0;
}
