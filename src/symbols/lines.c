/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/lines.h"

#include <string.h>
#include <unistd.h>

void lines_init(struct lines *lines, int fd, uint64_t limit)
{
	lines->fd = fd;
	lines->left = limit;
	lines->at = lines->len = 0;
	lines->cut = lines->ended = false;
}

/* More of the file, behind what is not handed out yet. */
static void refill(struct lines *lines)
{
	size_t room;
	ssize_t n;

	memmove(lines->buf, lines->buf + lines->at, lines->len - lines->at);
	lines->len -= lines->at;
	lines->at = 0;
	if (lines->len == sizeof(lines->buf)) {
		lines->len = 0;
		lines->cut = true;
	}
	room = sizeof(lines->buf) - lines->len;
	if (room > lines->left)
		room = (size_t)lines->left;
	n = read(lines->fd, lines->buf + lines->len, room);
	if (n <= 0) {
		lines->ended = true;
		return;
	}
	lines->len += (size_t)n;
	lines->left -= (size_t)n;
}

char *lines_next(struct lines *lines)
{
	while (!lines->ended) {
		char *line = lines->buf + lines->at;
		char *end = memchr(line, '\n', lines->len - lines->at);

		if (!end) {
			refill(lines);
			continue;
		}
		*end = '\0';
		lines->at = (size_t)(end + 1 - lines->buf);
		if (!lines->cut)
			return line;
		lines->cut = false;
	}
	return NULL;
}

bool lines_hex(const char **at, uint64_t *ret)
{
	const char *s = *at;
	uint64_t value = 0;

	for (;; s++) {
		unsigned digit;

		if (*s >= '0' && *s <= '9')
			digit = (unsigned)(*s - '0');
		else if ((*s | 0x20) >= 'a' && (*s | 0x20) <= 'f')
			digit = (unsigned)((*s | 0x20) - 'a' + 10);
		else
			break;
		if (value >> 60)
			return false;
		value = value << 4 | digit;
	}
	if (s == *at)
		return false;
	*at = s;
	*ret = value;
	return true;
}
