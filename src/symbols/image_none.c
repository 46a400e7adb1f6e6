/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Built without libdw. */
#include "symbols/image.h"

#include <errno.h>

int image_new(struct image **ret, int fd)
{
	(void)fd;
	*ret = NULL;
	return -ENOSYS;
}

int image_new_vdso(struct image **ret)
{
	*ret = NULL;
	return -ENOSYS;
}

void image_free(struct image *image)
{
	(void)image;
}

bool image_is_native(const struct image *image)
{
	(void)image;
	return true;
}

bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *ret)
{
	(void)image;
	*ret = offset;
	return false;
}

size_t image_names(struct image *image, struct strings *strings,
		   uint64_t vaddr, const char **names, size_t max)
{
	(void)image;
	(void)strings;
	(void)vaddr;
	(void)names;
	(void)max;
	return 0;
}

uint64_t image_start(const struct image *image, uint64_t vaddr)
{
	(void)image;
	return vaddr;
}

const struct rule *image_rule(struct image *image, uint64_t vaddr)
{
	(void)image;
	(void)vaddr;
	return NULL;
}

bool rule_is_fp(const struct rule *rule)
{
	(void)rule;
	return false;
}
