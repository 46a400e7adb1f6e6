/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "record/block.h"
#include "record/items.h"
#include "record/squeeze.h"

/* Half a year of seconds. */
#define MAX_BLOCKS (1u << 24)

/* Of the head. */
#define MAX_HEAD (64u << 10)

/* Of all intervals together, that times do not overflow: 36 years. */
#define MAX_SUM (1ll << 60)

struct place {
	off_t at;
	int64_t end_ns;		/* since the beginning */
	struct block block;
};

struct record_reader {
	int fd;
	off_t size;		/* when it was opened */
	struct record_head head;
	struct head_dialect dialect;
	struct items_memory memory;
	struct place *places;
	size_t n, room, next;
	uint8_t *stored, *raw;
	char fault[256];	/* empty: none */
};

static void find_fault(struct record_reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void find_fault(struct record_reader *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->fault, sizeof(r->fault), fmt, ap);
	va_end(ap);
}

/* So many bytes from @at on; fewer only at the file's end. */
static ssize_t read_at(const struct record_reader *r, void *buf, size_t size,
		       off_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(r->fd, (char *)buf + done, size - done,
				  at + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* What is in a block, in r->raw: 0, -EPROTO, -ENOTSUP, -ENOMEM, -EIO ... */
static int read_block(struct record_reader *r, const struct block *block,
		      off_t at)
{
	ssize_t n;

	free(r->stored);
	free(r->raw);
	r->raw = NULL;
	r->stored = malloc(block->stored + 1);
	if (!r->stored)
		return -ENOMEM;
	n = read_at(r, r->stored, block->stored, at + BLOCK_SIZE);
	if (n < 0)
		return (int)n;
	if (n != block->stored || !block_is_whole(block, r->stored))
		return -EPROTO;
	if (!block->squeezed) {
		r->raw = r->stored;
		r->stored = NULL;
		return 0;
	}
	if (!squeeze_built_in)
		return -ENOTSUP;
	r->raw = malloc(block->raw + 1);
	if (!r->raw)
		return -ENOMEM;
	return squeeze_undo(r->raw, block->raw, r->stored, block->stored);
}

static int refuse_packed(struct why *why)
{
	return why_set(why, ENOTSUP, "it is compressed by zstd, and this "
		       "smbsysacct is built without it; read it by one that "
		       "is built with libzstd");
}

/* The first line. @at: behind it. */
static int read_line(struct record_reader *r, off_t *at, struct why *why)
{
	char line[sizeof(RECORD_MAGIC) + 16], *number = line +
					       strlen(RECORD_MAGIC);
	ssize_t n = read_at(r, line, sizeof(line) - 1, 0);
	uint64_t format;
	char *end;

	if (n < 0)
		return why_set(why, (int)-n, "%s", strerror((int)-n));
	line[n] = '\0';
	end = strchr(line, '\n');
	if (strncmp(line, RECORD_MAGIC, strlen(RECORD_MAGIC)) || !end)
		return why_set(why, EPROTO, "it is no record: --record makes "
			       "one");
	*end = '\0';
	if (num_parse(number, UINT32_MAX, &format))
		return why_set(why, EPROTO, "it is no record: --record makes "
			       "one");
	if (format != RECORD_FORMAT)
		return why_set(why, EPROTONOSUPPORT, "it is a record of format "
			       "%u, and smbsysacct %s reads format %d; read it "
			       "by the version that wrote it",
			       (unsigned)format, PACKAGE_VERSION,
			       RECORD_FORMAT);
	*at = end + 1 - line;
	return 0;
}

static int read_head(struct record_reader *r, off_t *at, struct why *why)
{
	uint8_t before[BLOCK_SIZE];
	struct block block;
	ssize_t n = read_at(r, before, sizeof(before), *at);
	int err;

	if (n < 0)
		return why_set(why, (int)-n, "%s", strerror((int)-n));
	if (n != sizeof(before) || !block_read(before, &block) ||
	    block.kind != BLOCK_HEAD || block.raw > MAX_HEAD)
		return why_set(why, EPROTO, "its head makes no sense, or is "
			       "not whole");
	err = read_block(r, &block, *at);
	if (err == -ENOTSUP)
		return refuse_packed(why);
	if (err == -EPROTO)
		return why_set(why, EPROTO, "its head is damaged, or not "
			       "whole");
	if (err)
		return why_set(why, -err, "%s", strerror(-err));
	*at += BLOCK_SIZE + block.stored;
	return head_read((const char *)r->raw, block.raw, &r->head,
			 &r->dialect, why);
}

static int add_place(struct record_reader *r, const struct place *place)
{
	size_t room = r->room ? 2 * r->room : 64;
	struct place *grown;

	if (r->n == r->room) {
		grown = realloc(r->places, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		r->places = grown;
		r->room = room;
	}
	r->places[r->n++] = *place;
	return 0;
}

/* Where the blocks are, by their lengths. */
static int find_blocks(struct record_reader *r, off_t at, struct why *why)
{
	int64_t end_ns = 0;

	while (at < r->size) {
		struct place place = { .at = at };
		uint8_t before[BLOCK_SIZE];
		ssize_t n = read_at(r, before, sizeof(before), at);

		if (n < 0)
			return why_set(why, (int)-n, "%s",
				       strerror((int)-n));
		if (n != sizeof(before))
			break;
		if (!block_read(before, &place.block) ||
		    place.block.kind != BLOCK_INTERVAL ||
		    r->n == MAX_BLOCKS ||
		    end_ns + place.block.interval.interval_ns > MAX_SUM) {
			find_fault(r, "what follows interval %zu makes no "
				   "sense: what precedes it is shown", r->n);
			return 0;
		}
		if (place.block.stored > r->size - at - BLOCK_SIZE)
			break;
		end_ns += place.block.interval.interval_ns;
		place.end_ns = end_ns;
		if (add_place(r, &place))
			return why_set(why, ENOMEM, "out of memory");
		at += BLOCK_SIZE + place.block.stored;
	}
	if (at < r->size)
		find_fault(r, "the record ends in the middle of a block: what "
			   "precedes it is shown");
	return 0;
}

static int open_file(struct record_reader *r, const char *path,
		     struct why *why)
{
	struct stat st;

	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r->fd < 0 || fstat(r->fd, &st))
		return why_set(why, errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return why_set(why, EINVAL, "it is no regular file");
	r->size = st.st_size;
	return 0;
}

int record_open(struct record_reader **ret, const char *path, struct why *why)
{
	struct record_reader *r = calloc(1, sizeof(*r));
	struct why reason = { 0 };
	off_t at = 0;
	int err;

	if (!r)
		return why_set(why, ENOMEM, "out of memory");
	err = open_file(r, path, &reason);
	if (!err)
		err = read_line(r, &at, &reason);
	if (!err)
		err = read_head(r, &at, &reason);
	if (!err)
		err = find_blocks(r, at, &reason);
	if (err) {
		record_close(r);
		return why_set(why, -err, "%.200s: %.300s", path,
			       reason.text);
	}
	*ret = r;
	return 0;
}

void record_close(struct record_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	items_forget(&r->memory);
	free(r->places);
	free(r->stored);
	free(r->raw);
	free(r);
}

const struct record_head *record_head(const struct record_reader *r)
{
	return &r->head;
}

size_t record_count(const struct record_reader *r)
{
	return r->n;
}

const struct record_block *record_block(const struct record_reader *r,
					size_t i)
{
	return &r->places[i].block.interval;
}

int64_t record_end_ns(const struct record_reader *r, size_t i)
{
	return r->places[i].end_ns;
}

/* The record is as long as it can be read. */
static int cut(struct record_reader *r, const char *what)
{
	find_fault(r, "interval %zu %s: what precedes it is shown",
		   r->next + 1, what);
	r->n = r->next;
	return 0;
}

int record_next(struct record_reader *r, const struct sink *sink,
		bool moments, struct why *why)
{
	const struct place *place;
	int err;

	if (r->next >= r->n)
		return 0;
	place = &r->places[r->next];
	err = read_block(r, &place->block, place->at);
	if (err == -EPROTO)
		return cut(r, "is damaged");
	if (err == -ENOTSUP)
		return refuse_packed(why);
	if (!err)
		err = items_read(r->raw, place->block.raw, &r->dialect,
				 &r->memory, sink, moments);
	if (err == -EPROTO)
		return cut(r, "makes no sense");
	if (err)
		return why_set(why, -err, "cannot read the record: %s",
			       strerror(-err));
	r->next++;
	return 1;
}

size_t record_position(const struct record_reader *r)
{
	return r->next;
}

void record_rewind(struct record_reader *r)
{
	items_forget(&r->memory);
	r->next = 0;
}

const char *record_fault(const struct record_reader *r)
{
	return *r->fault ? r->fault : NULL;
}
