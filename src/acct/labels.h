/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts that keys have numbers for: each once, from 0 on in the order of
 * their coming. They stay until labels_done(). Cost: one hash look-up.
 */
#ifndef ACCT_LABELS_H
#define ACCT_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct labels {
	char **texts;
	size_t n, allocated;
	size_t bytes;		/* of all texts */
	struct map numbers;	/* by hash */
};

void labels_init(struct labels *labels);
void labels_done(struct labels *labels);

/* The number of @text, which is copied; -1 where there is no room. */
int32_t labels_number(struct labels *labels, const char *text);

#endif
