/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One address space: which code is where in it. Read at first need, and again
 * when an address is in none of it, ten times a second at most. Code that is
 * replaced at the same address by other code goes unnoticed.
 */
#ifndef SYMBOLS_SPACE_H
#define SYMBOLS_SPACE_H

#include "symbols/files.h"
#include "symbols/jit.h"
#include "symbols/symbols.h"

/* Executable mappings; lines of maps that are looked at are MAPS_BYTES. */
#define SPACE_MAPPINGS	4096
#define SPACE_MAPS_BYTES (32u << 20)

struct mapping {
	struct map_line at;	/* its path is the mapping's */
	bool looked;		/* file is known */
	struct file *file;	/* NULL: of none, or none that we can have */
};

struct space {
	int32_t pid, zero;	/* the map's key: stays first, no padding */
	uint64_t start;
	struct symbols *symbols;
	struct mapping *list;	/* by address */
	size_t n, last;
	int64_t read_ns;	/* 0: never */
	int64_t wait_ns;	/* not again before that has passed */
	struct jit jit;
};

struct symbols {
	const struct procfs *fs;
	struct strings strings;
	struct files files;
	struct image *vdso;	/* NULL: none */
	struct map spaces;	/* struct space */
	size_t jit_bytes;
};

/* The mapping of an address, with its file, or NULL. Valid until the next
 * call. */
struct mapping *space_find(struct space *space, uint64_t pc);

/* The image an address is in, and where; NULL: none. */
struct image *space_image(const struct space *space,
			  const struct mapping *mapping, uint64_t pc,
			  uint64_t *vaddr);

bool mapping_is_vdso(const struct mapping *mapping);

/* Forgets what it knows. */
void space_clear(struct space *space);

#endif
