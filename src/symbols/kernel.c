/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "symbols/lines.h"
#include "symbols/parse.h"

#define KALLSYMS_BYTES	(256u << 20)
#define MAX_FUNCTIONS	(2u << 20)
/* Beyond the last function there is nothing to say where it ends. */
#define LAST_BYTES	4096

struct function {
	uint64_t start;
	uint32_t name;		/* where in the text */
	uint32_t rank;		/* the better of two at one address */
};

struct kernel_names {
	struct function *list;
	size_t n, room;
	char *text;
	size_t used, size;
	bool hidden;		/* there were functions, at 0 */
};

static bool is_function(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* __x64_sys_read rather than __pfx or the beginning of the whole text. */
static uint32_t rank_of(char type, const char *name)
{
	size_t bars = strspn(name, "_");

	if (!strcmp(name, "_text") || !strcmp(name, "_stext") ||
	    !strncmp(name, "__pfx_", 6))
		return 0;
	return (uint32_t)(1 + (type == 'T') * 8 + (7 - (bars > 7 ? 7 : bars)));
}

/* False: no memory. */
static bool make_room(struct kernel_names *names, size_t len)
{
	if (names->n == names->room) {
		size_t room = names->room ? names->room * 2 : 65536;
		void *list = realloc(names->list,
				     room * sizeof(*names->list));

		if (!list)
			return false;
		names->list = list;
		names->room = room;
	}
	if (names->size - names->used < len) {
		size_t size = names->size ? names->size * 2 : 1u << 20;
		void *text = realloc(names->text, size);

		if (!text)
			return false;
		names->text = text;
		names->size = size;
	}
	return true;
}

static int read_all(struct kernel_names *names, int fd)
{
	struct lines lines;
	char *line;

	lines_init(&lines, fd, KALLSYMS_BYTES);
	while (names->n < MAX_FUNCTIONS && (line = lines_next(&lines))) {
		char safe[512], type;
		const char *name;
		uint64_t start;
		size_t len;

		if (parse_kallsym(line, &start, &type, &name) ||
		    !is_function(type))
			continue;
		if (!start) {
			names->hidden = true;
			continue;
		}
		text_untrusted(safe, sizeof(safe), name);
		len = strlen(safe) + 1;
		if (!make_room(names, len))
			return -ENOMEM;
		names->list[names->n++] = (struct function){
			start, (uint32_t)names->used, rank_of(type, name)
		};
		memcpy(names->text + names->used, safe, len);
		names->used += len;
	}
	return 0;
}

static int by_start(const void *p, const void *q)
{
	const struct function *a = p, *b = q;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->name > b->name ? -1 : a->name < b->name;
}

int kernel_names_new(struct kernel_names **ret, const struct procfs *fs,
		     struct why *why)
{
	_cleanup_(close_fd) int fd = procfs_open(fs, "kallsyms");
	struct kernel_names *names;
	int err;

	*ret = NULL;
	if (fd < 0)
		return why_set(why, -fd, "/proc/kallsyms: %s", strerror(-fd));
	names = calloc(1, sizeof(*names));
	err = names ? read_all(names, fd) : -ENOMEM;
	if (err) {
		kernel_names_free(names);
		return why_set(why, -err, "no memory for the names of the "
			       "kernel's functions");
	}
	if (!names->n) {
		bool hidden = names->hidden;

		kernel_names_free(names);
		if (!hidden)
			return why_set(why, ENOENT, "/proc/kallsyms names no "
				       "functions: the kernel is built without");
		return why_set(why, EPERM, "/proc/kallsyms hides where the "
			       "kernel's functions are: it takes CAP_SYSLOG "
			       "and a kernel.kptr_restrict below 2");
	}
	qsort(names->list, names->n, sizeof(*names->list), by_start);
	*ret = names;
	return 0;
}

void kernel_names_free(struct kernel_names *names)
{
	if (!names)
		return;
	free(names->list);
	free(names->text);
	free(names);
}

/* How many functions start at @pc or below it. */
static size_t count_up_to(const struct kernel_names *names, uint64_t pc)
{
	size_t low = 0, high = names->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (names->list[mid].start <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const char *kernel_name(const struct kernel_names *names, uint64_t pc,
			uint64_t *start)
{
	size_t n = count_up_to(names, pc);

	if (!n || (n == names->n &&
		   pc - names->list[n - 1].start >= LAST_BYTES))
		return NULL;
	if (start)
		*start = names->list[n - 1].start;
	return names->text + names->list[n - 1].name;
}

uint64_t kernel_range(const struct kernel_names *names, const char *name,
		      uint64_t *end)
{
	for (size_t i = 0; i < names->n; i++) {
		uint64_t start = names->list[i].start;
		size_t next;

		if (strcmp(names->text + names->list[i].name, name))
			continue;
		next = count_up_to(names, start);
		if (end)
			*end = next < names->n ? names->list[next].start :
			       start + LAST_BYTES;
		return start;
	}
	return 0;
}
