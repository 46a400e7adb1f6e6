/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/counts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "model/abi.h"
#include "model/syscall.h"

/* Sums of it and of COUNTS_MAX of them fit into 64 bits. */
#define MAX_CALLS (1ull << 48)
#define MAX_FIELDS 16

/* A line, taken apart at its blanks */
struct line {
	char *field[MAX_FIELDS];
	int n;
};

static bool is_number(const char *field)
{
	return *field == '-' || (*field >= '0' && *field <= '9') ||
	       (*field == '~' && field[1] >= '0' && field[1] <= '9');
}

static bool is_name(const char *name)
{
	size_t len = 0;

	for (; name[len]; len++)
		if (name[len] < 0x20 || name[len] > 0x7e)
			return false;
	return len > 0 && len < COUNTS_NAME;
}

static struct count *find(struct counts *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->list[i].name, name))
			return &c->list[i];
	return NULL;
}

const struct count *counts_find(const struct counts *counts, const char *name)
{
	struct counts c = *counts;

	return find(&c, name);
}

static int grow(struct counts *c)
{
	size_t capacity = c->capacity ? 2 * c->capacity : 64;
	struct count *list;

	if (c->n < c->capacity)
		return 0;
	list = realloc(c->list, capacity * sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->list = list;
	c->capacity = capacity;
	return 0;
}

static int add(struct counts *c, const char *name, uint64_t calls)
{
	struct count *count = find(c, name);

	if (!count && c->n == COUNTS_MAX) {
		c->cut = true;
		return 0;
	}
	if (!count) {
		if (grow(c))
			return -ENOMEM;
		count = &c->list[c->n++];
		memset(count, 0, sizeof(*count));
		memcpy(count->name, name, strlen(name));
	}
	/* More than that nobody has counted: it stays there. */
	if (calls > MAX_CALLS - count->calls)
		calls = MAX_CALLS - count->calls;
	count->calls += calls;
	c->total += calls;
	return 0;
}

static int add_field(struct counts *c, const char *name, const char *calls)
{
	uint64_t number;

	if (!is_name(name) || num_parse(calls, MAX_CALLS, &number))
		return 0;
	return add(c, name, number);
}

/*
 * "% time seconds usecs/call calls [errors] syscall". What is not known is a
 * dash here, and no errors are a gap there; a name may have a blank in it.
 */
static int add_strace(struct counts *c, const struct line *line)
{
	char name[COUNTS_NAME] = "";
	int at = 4;

	for (int i = 0; i < 4; i++)
		if (i >= line->n || !is_number(line->field[i]))
			return 0;
	if (at < line->n && is_number(line->field[at]))
		at++;
	if (at >= line->n || !strcmp(line->field[at], "total"))
		return 0;
	for (int i = at; i < line->n; i++) {
		if (strlen(name) + strlen(line->field[i]) + 2 > sizeof(name))
			return 0;
		if (i > at)
			strcat(name, " ");
		strcat(name, line->field[i]);
	}
	return add_field(c, name, line->field[3]);
}

/* "syscall calls [errors] total min avg max stddev%", a table a thread. */
static int add_perf(struct counts *c, const struct line *line)
{
	if (line->n < 6 || line->n > 8 || is_number(line->field[0]))
		return 0;
	for (int i = 1; i < line->n; i++)
		if (!is_number(line->field[i]))
			return 0;
	return add_field(c, line->field[0], line->field[1]);
}

/* "@calls[NUMBER]: CALLS" */
static int add_bpftrace(struct counts *c, const struct line *line)
{
	static const char head[] = "@calls[";
	char *number, *end, name[COUNTS_NAME];
	uint64_t nr;

	if (line->n != 2 || strncmp(line->field[0], head, strlen(head)))
		return 0;
	number = line->field[0] + strlen(head);
	end = strchr(number, ']');
	if (!end || strcmp(end, "]:"))
		return 0;
	*end = '\0';
	if (num_parse(number, INT_MAX, &nr))
		return 0;
	syscall_name(name, sizeof(name), ABI_NATIVE, (int)nr);
	return add_field(c, name, line->field[1]);
}

static int add_nothing(struct counts *c, const struct line *line)
{
	(void)c;
	(void)line;
	return 0;
}

static int (*const add_row[COUNTS_FORMATS])(struct counts *c,
					    const struct line *line) = {
	[COUNTS_NONE] = add_nothing,
	[COUNTS_STRACE] = add_strace,
	[COUNTS_PERF] = add_perf,
	[COUNTS_BPFTRACE] = add_bpftrace,
};

static void take_apart(struct line *line, char *text)
{
	char *rest = NULL;

	line->n = 0;
	for (char *field = strtok_r(text, " \t\r", &rest);
	     field && line->n < MAX_FIELDS;
	     field = strtok_r(NULL, " \t\r", &rest))
		line->field[line->n++] = field;
}

int counts_parse(struct counts *counts, enum counts_format format,
		 const char *text)
{
	char *copy = strdup(text), *rest = copy, *row;
	struct line line;
	int err = copy ? 0 : -ENOMEM;

	while (!err && (row = strsep(&rest, "\n"))) {
		take_apart(&line, row);
		err = add_row[format](counts, &line);
	}
	free(copy);
	return err;
}

int counts_merge_names(struct counts *counts, const struct counts *from)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->n; i++)
		err = add(counts, from->list[i].name, 0);
	counts->cut |= from->cut;
	return err;
}

void counts_done(struct counts *counts)
{
	free(counts->list);
	*counts = (struct counts){ .list = NULL };
}
