/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF file that is mapped somewhere: its functions and its call frame
 * information. Read once, into memory, with the file closed behind it, so
 * that it takes no descriptors and nobody can pull it away under us. It may
 * be hostile: nothing is taken on trust but what is below /usr/lib/debug.
 *
 * Built without libdw there are no images: image_new() says -ENOSYS.
 */
#ifndef SYMBOLS_IMAGE_H
#define SYMBOLS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/rules.h"
#include "symbols/strings.h"

struct image;

/* Cost: some ms for a large one. -EINVAL: no ELF file. @fd is the caller's
 * and may be closed then. */
int image_new(struct image **ret, int fd);
/* The vDSO, which is the same in each process of our kind. */
int image_new_vdso(struct image **ret);
void image_free(struct image *image);

/* Whether its code runs as ours does, so that its stacks can be unwound. */
bool image_is_native(const struct image *image);

/* Where an offset in the file is, as the file counts addresses. */
bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *ret);

/* The functions at an address, inlined ones first; 0: not known. */
size_t image_names(struct image *image, struct strings *strings,
		   uint64_t vaddr, const char **names, size_t max);

/* Where a function without a name starts, as well as that is known. */
uint64_t image_start(const struct image *image, uint64_t vaddr);

/* NULL: no image, or no memory. Valid until the next call. */
const struct rule *image_rule(struct image *image, uint64_t vaddr);

#endif
