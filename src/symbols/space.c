/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "symbols/lines.h"

/* Reading takes at most one part in so many of our time. */
#define READ_SHARE 20

static void drop_list(struct mapping *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		files_put(list[i].file);
		free((char *)list[i].at.path);
	}
	free(list);
}

void space_clear(struct space *space)
{
	drop_list(space->list, space->n);
	space->list = NULL;
	space->n = space->last = 0;
	space->read_ns = 0;
	jit_done(&space->jit, &space->symbols->jit_bytes);
}

/* Reads what there is now; how many, with less than all without memory. */
static size_t read_list(const struct space *space, struct mapping **ret)
{
	const struct procfs *fs = space->symbols->fs;
	_cleanup_(close_fd) int fd = procfs_open(fs, "%d/maps", space->pid);
	struct mapping *list = NULL;
	struct lines lines;
	size_t n = 0, room = 0;
	struct map_line at;
	char *line;

	*ret = NULL;
	if (fd < 0)
		return 0;
	lines_init(&lines, fd, SPACE_MAPS_BYTES);
	while (n < SPACE_MAPPINGS && (line = lines_next(&lines))) {
		if (parse_map(line, &at) || !at.exec ||
		    (n && at.start < list[n - 1].at.end))
			continue;
		if (n == room) {
			void *more;

			room = room ? room * 2 : 64;
			more = realloc(list, room * sizeof(*list));
			if (!more)
				break;
			list = more;
		}
		at.path = strdup(at.path);
		if (!at.path)
			break;
		list[n++] = (struct mapping){ .at = at };
	}
	*ret = list;
	return n;
}

static struct mapping *search(const struct space *space, uint64_t pc)
{
	size_t low = 0, high = space->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (space->list[mid].at.start <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || pc >= space->list[low - 1].at.end)
		return NULL;
	return &space->list[low - 1];
}

/* Of the file that was at the same place. */
static bool is_same(const struct map_line *a, const struct map_line *b)
{
	return a->start == b->start && a->offset == b->offset &&
	       a->inode == b->inode && a->major == b->major &&
	       a->minor == b->minor;
}

static void read_again(struct space *space)
{
	int64_t now = clock_mono_ns();
	struct mapping *list;
	size_t n;

	if (space->read_ns && now - space->read_ns < space->wait_ns)
		return;
	space->read_ns = now;
	n = read_list(space, &list);
	/* A new program maps its libraries one after the other. */
	space->wait_ns = READ_SHARE * (clock_mono_ns() - now);
	/* A process that ends has none; its stacks may come after it. */
	if (!n) {
		free(list);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct mapping *old = search(space, list[i].at.start);

		if (!old || !is_same(&old->at, &list[i].at))
			continue;
		list[i].looked = old->looked;
		list[i].file = old->file;
		old->file = NULL;
	}
	drop_list(space->list, space->n);
	space->list = list;
	space->n = n;
	space->last = 0;
}

bool mapping_is_vdso(const struct mapping *mapping)
{
	return !mapping->at.inode && !strcmp(mapping->at.path, "[vdso]");
}

struct mapping *space_find(struct space *space, uint64_t pc)
{
	struct mapping *mapping = space->n ? &space->list[space->last] : NULL;

	if (!mapping || pc < mapping->at.start || pc >= mapping->at.end) {
		mapping = search(space, pc);
		if (!mapping) {
			read_again(space);
			mapping = search(space, pc);
		}
		if (!mapping)
			return NULL;
		space->last = (size_t)(mapping - space->list);
	}
	if (!mapping->looked) {
		mapping->looked = true;
		if (mapping->at.inode)
			mapping->file = files_get(&space->symbols->files,
						  space->pid, &mapping->at);
	}
	return mapping;
}

struct image *space_image(const struct space *space,
			  const struct mapping *mapping, uint64_t pc,
			  uint64_t *vaddr)
{
	const struct map_line *at = &mapping->at;
	struct image *image = mapping->file ? mapping->file->image : NULL;

	if (mapping_is_vdso(mapping))
		image = space->symbols->vdso;
	if (!image || !image_vaddr(image, pc - at->start + at->offset, vaddr))
		return NULL;
	return image;
}
