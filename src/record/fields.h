/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key consists of, by name, to be written and read. */
#ifndef RECORD_FIELDS_H
#define RECORD_FIELDS_H

#include "model/key.h"

#define FIELD_COUNT 21

/* In the order of the struct. */
extern const char *const field_names[FIELD_COUNT];

int64_t field_get(const struct key *key, int field);
/* Whether it has room for that. */
bool field_set(struct key *key, int field, int64_t value);

#endif
