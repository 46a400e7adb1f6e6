/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/block.h"
#include "record/squeeze.h"

struct record_writer {
	int fd;			/* -1: it has ended */
	char *path, *temp;	/* temp: NULL once it has its name */
	off_t size;		/* of whole blocks */
	uint8_t *buf;		/* a block as it is written */
	size_t room;
};

static int fail(const struct record_writer *w, int err, struct why *why)
{
	return why_set(why, err, "cannot write %s: %s; choose another file "
		       "with --record", w->path, strerror(err));
}

/* What is there is a record, or nothing; a link is nobody's record. */
static int check_old(const struct record_writer *w, struct why *why)
{
	char magic[sizeof(RECORD_MAGIC) - 1];
	int fd = open(w->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
			       O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail(w, errno, why);
	n = !fstat(fd, &st) && S_ISREG(st.st_mode) ?
	    read(fd, magic, sizeof(magic)) : -1;
	close(fd);
	if (n == 0 || (n == sizeof(magic) &&
		       !memcmp(magic, RECORD_MAGIC, sizeof(magic))))
		return 0;
	return why_set(why, EEXIST, "%s is there already and is no record: "
		       "it is not overwritten; choose another file with "
		       "--record", w->path);
}

int record_create(struct record_writer **ret, const char *path,
		  struct why *why)
{
	struct record_writer *w = calloc(1, sizeof(*w));
	mode_t mask = umask(0);
	int err;

	umask(mask);
	if (!w)
		return why_set(why, ENOMEM, "out of memory");
	w->fd = -1;
	w->path = strdup(path);
	if (!w->path || asprintf(&w->temp, "%s.XXXXXX", path) < 0) {
		w->temp = NULL;
		record_finish(w);
		return why_set(why, ENOMEM, "out of memory");
	}
	err = check_old(w, why);
	if (!err) {
		w->fd = mkostemp(w->temp, O_CLOEXEC | O_APPEND);
		if (w->fd < 0) {
			err = fail(w, errno, why);
			free(w->temp);
			w->temp = NULL;
		} else if (fchmod(w->fd, 0666 & ~mask)) {
			err = fail(w, errno, why);
		}
	}
	if (err)
		record_finish(w);
	else
		*ret = w;
	return err;
}

static uint8_t *room_for(struct record_writer *w, size_t size)
{
	uint8_t *grown;

	if (size > w->room) {
		grown = realloc(w->buf, size);
		if (!grown)
			return NULL;
		w->buf = grown;
		w->room = size;
	}
	return w->buf;
}

/* All of it, or the file is as it was. */
static int write_whole(struct record_writer *w, const void *data, size_t size)
{
	size_t done = 0;
	ssize_t n;
	int err;

	/* What is short is the last that there was room for: the next one
	 * says why. */
	do {
		n = write(w->fd, (const char *)data + done, size - done);
		if (n > 0)
			done += (size_t)n;
	} while (done < size && (n > 0 || (n < 0 && errno == EINTR)));
	if (done == size) {
		w->size += (off_t)size;
		return 0;
	}
	err = n < 0 ? errno : EIO;
	if (ftruncate(w->fd, w->size))
		err = errno;
	close(w->fd);
	w->fd = -1;
	return -err;
}

/* Behind @before bytes that are in the buffer already. */
static int put_block(struct record_writer *w, size_t before,
		     struct block *block, const struct pack *pack)
{
	uint8_t *buf = room_for(w, before + BLOCK_SIZE + pack->size);
	uint8_t *data = buf + before + BLOCK_SIZE;
	size_t n;

	if (!buf)
		return -ENOMEM;
	n = squeeze(data, pack->size, pack->data, pack->size);
	block->squeezed = n;
	if (!n) {
		n = pack->size;
		memcpy(data, pack->data, n);
	}
	block->stored = (uint32_t)n;
	block->raw = (uint32_t)pack->size;
	block_write(buf + before, block, data);
	return write_whole(w, buf, before + BLOCK_SIZE + n);
}

int record_begin(struct record_writer *w, const struct record_head *head,
		 struct why *why)
{
	struct block block = { .kind = BLOCK_HEAD };
	struct pack pack = { .size = 0 };
	char line[40];
	size_t len = (size_t)snprintf(line, sizeof(line), "%s%d\n",
				      RECORD_MAGIC, RECORD_FORMAT);
	int err;

	head_write(&pack, head);
	err = pack.err;
	if (!err && !room_for(w, len))
		err = -ENOMEM;
	if (!err) {
		memcpy(w->buf, line, len);
		err = put_block(w, len, &block, &pack);
	}
	if (!err && rename(w->temp, w->path))
		err = -errno;
	pack_done(&pack);
	if (err)
		return fail(w, -err, why);
	free(w->temp);
	w->temp = NULL;
	return 0;
}

int record_append(struct record_writer *w,
		  const struct record_block *interval,
		  const struct items *items, struct why *why)
{
	struct block block = { .kind = BLOCK_INTERVAL,
			       .interval = *interval };
	int err = items->pack.err;

	if (!err && w->fd < 0)
		err = -EBADF;
	if (!err)
		err = put_block(w, 0, &block, &items->pack);
	if (!err)
		return 0;
	return why_set(why, -err, "%s ends here: %s; what was recorded before "
		       "can be read", w->path, err == -EFBIG &&
		       items->pack.err ? "an interval has become too large" :
		       strerror(-err));
}

void record_finish(struct record_writer *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	if (w->temp)
		unlink(w->temp);
	free(w->temp);
	free(w->path);
	free(w->buf);
	free(w);
}
