/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records: what was accounted, interval by interval, in a file that can be
 * read later, elsewhere and by anybody. A file is a line of text that says
 * what it is, and blocks: the first is the head, text that says where it
 * comes from and what numbers mean, by names; each other one has what was
 * told in one interval. A block has its length and a checksum, and is
 * written at once, so that what was written before a crash can be read. It
 * takes the names and labels of those before it, and is else for itself.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"
#include "model/event.h"

/* The format's number, to be raised where names do not tell the difference. */
#define RECORD_FORMAT 1

/* Where a record comes from. Texts are untrusted when they were read. */
struct record_head {
	char version[32];	/* of the smbsysacct that wrote it */
	char host[68], kernel[68];
	char target[256];	/* in words, as reports have it */
	char command_line[512];	/* cut where it is longer */
	char collector[32];
	unsigned measures, estimated, by_call;	/* of it, as bits of ours */
	bool histograms;
	bool errors;		/* calls apart by errno */
	bool threads;		/* calls by thread */
	bool smb;		/* requests, too */
	bool some_calls;	/* those of -e only */
	bool all_calls;		/* each one counts, as in a snapshot */
	bool has_by;		/* --by was given */
	unsigned by;		/* what the rows of its own reports were by */
	unsigned detail;	/* of DIMS_OF_DETAIL, what is in it */
	size_t slowest;		/* so many single calls an interval */
	bool functions;		/* --probe */
	int64_t began_ns;	/* since 1970 */
	int64_t start_cpu_ns;	/* what it took to begin */
};

/* An interval. One of no length has names that came late: it belongs to the
 * one before it. */
struct record_block {
	int64_t end_ns;		/* since 1970 */
	int64_t end_mono_ns;	/* on the recorded machine's clock */
	int64_t interval_ns;
	int64_t own_cpu_ns;	/* what accounting cost in it */
	int64_t call_cost_ns;	/* as in a snapshot; -1: not known */
};

/* --- reading --------------------------------------------------------------- */

struct record_reader;

/*
 * Reads the head, and where the blocks are; 0 or -errno: it is no record, or
 * of a version that is not known, or cannot be read. A file that goes on
 * being written is read up to where it is now.
 */
int record_open(struct record_reader **ret, const char *path, struct why *why);
void record_close(struct record_reader *reader);	/* safe on NULL */

const struct record_head *record_head(const struct record_reader *reader);

/* Whole blocks, as far as their lengths tell. */
size_t record_count(const struct record_reader *reader);
const struct record_block *record_block(const struct record_reader *reader,
					size_t i);
/* The end of block @i, since the beginning of the record. */
int64_t record_end_ns(const struct record_reader *reader, size_t i);

/*
 * Tells @sink what is in the next block, all or nothing: 1; 0: there is no
 * more; -errno. What is true of the end of an interval only, as calls in
 * flight, is left out without @moments: where more blocks of the same
 * interval follow.
 */
int record_next(struct record_reader *reader, const struct sink *sink,
		bool moments, struct why *why);
/* How many were told; the next one is that. */
size_t record_position(const struct record_reader *reader);
/* To the beginning again. What has been told before is told anew. */
void record_rewind(struct record_reader *reader);

/* What is wrong with the file's end, as a sentence, as far as it was read;
 * NULL: nothing. */
const char *record_fault(const struct record_reader *reader);

#endif
