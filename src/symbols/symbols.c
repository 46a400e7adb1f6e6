/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/space.h"

#define KEY_SIZE 16

int symbols_new(struct symbols **ret, const struct procfs *fs,
		struct why *why)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	*ret = symbols;
	if (!symbols)
		return why_set(why, ENOMEM, "no memory for symbols");
	symbols->fs = fs;
	strings_init(&symbols->strings);
	files_init(&symbols->files, fs, &symbols->strings);
	map_init(&symbols->spaces, KEY_SIZE);
	/* Without it stacks end there, and no more. */
	image_new_vdso(&symbols->vdso);
	return 0;
}

static void space_free(struct space *space)
{
	space_clear(space);
	free(space);
}

void symbols_free(struct symbols *symbols)
{
	struct space *space;
	size_t pos = 0;

	if (!symbols)
		return;
	while ((space = map_next(&symbols->spaces, &pos)))
		space_free(space);
	map_done(&symbols->spaces);
	files_done(&symbols->files);
	image_free(symbols->vdso);
	strings_done(&symbols->strings);
	free(symbols);
}

struct space *symbols_space(struct symbols *symbols, pid_t pid,
			    uint64_t start)
{
	struct space wanted = { .pid = pid, .start = start };
	struct space *space = map_get(&symbols->spaces, &wanted);

	if (space || symbols->spaces.used >= SYMBOLS_SPACES)
		return space;
	space = calloc(1, sizeof(*space));
	if (!space)
		return NULL;
	*space = wanted;
	space->symbols = symbols;
	if (map_add(&symbols->spaces, space)) {
		free(space);
		return NULL;
	}
	return space;
}

void symbols_forget(struct symbols *symbols, pid_t pid, uint64_t start)
{
	struct space wanted = { .pid = pid, .start = start };
	struct space *space = map_del(&symbols->spaces, &wanted);

	if (space)
		space_free(space);
}

/* Where there is no function to name. */
static const char *name_place(struct space *space,
			      const struct mapping *mapping, uint64_t pc)
{
	struct strings *strings = &space->symbols->strings;
	const struct image *image;
	uint64_t vaddr;
	char name[320];

	if (mapping && mapping_is_vdso(mapping))
		return "[vdso]";
	if (!mapping || !mapping->file) {
		snprintf(name, sizeof(name), "[0x%llx]",
			 (unsigned long long)pc);
		return strings_keep(strings, name);
	}
	image = space_image(space, mapping, pc, &vaddr);
	vaddr = image ? image_start(image, vaddr) :
		pc - mapping->at.start + mapping->at.offset;
	snprintf(name, sizeof(name), "[%s+0x%llx]", mapping->file->name,
		 (unsigned long long)vaddr);
	return strings_keep(strings, name);
}

static const char *name_jit(struct space *space, uint64_t pc)
{
	struct symbols *symbols = space->symbols;
	const char *name;

	jit_look(&space->jit, symbols->fs, space->pid, &symbols->jit_bytes);
	name = jit_find(&space->jit, pc);
	return name ? strings_keep(&symbols->strings, name) : NULL;
}

size_t space_names(struct space *space, uint64_t pc, bool is_return,
		   const char **names, size_t max)
{
	struct strings *strings = &space->symbols->strings;
	const struct mapping *mapping;
	struct image *image = NULL;
	const char *name = NULL;
	uint64_t vaddr;
	size_t n = 0;

	if (!max)
		return 0;
	pc -= is_return;
	mapping = space_find(space, pc);
	if (mapping && !mapping_is_vdso(mapping)) {
		image = space_image(space, mapping, pc, &vaddr);
		if (image)
			n = image_names(image, strings, vaddr, names, max);
		else
			name = name_jit(space, pc);
	}
	if (!n)
		names[n++] = name ? name : name_place(space, mapping, pc);
	return n;
}

bool space_is_libc(struct space *space, uint64_t pc)
{
	const struct mapping *mapping = space_find(space, pc);

	return mapping && (mapping_is_vdso(mapping) ||
			   (mapping->file && mapping->file->libc));
}
