/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record being written. Each block goes to the file in one write, so that
 * a crash of ours costs the interval that had not ended, and what could not
 * be written whole is cut off again.
 */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include "record/items.h"

struct record_writer;

/*
 * What can be known to fail fails now: @path is a record, which is replaced,
 * or does not exist, and its directory can be written to. Nothing is seen
 * there before record_begin().
 */
int record_create(struct record_writer **ret, const char *path,
		  struct why *why);
/* From here on the file is there. */
int record_begin(struct record_writer *writer, const struct record_head *head,
		 struct why *why);
/* One more block. After an error the record has ended with the one before. */
int record_append(struct record_writer *writer,
		  const struct record_block *interval,
		  const struct items *items, struct why *why);
/* Safe on NULL. */
void record_finish(struct record_writer *writer);

#endif
