/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/parse.h"

#include <errno.h>
#include <string.h>

#include "symbols/lines.h"

static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

static bool take_decimal(const char **at, uint64_t *ret)
{
	const char *s = *at;
	uint64_t value = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*s - '0'),
					   &value))
			return false;
	if (s == *at)
		return false;
	*at = s;
	*ret = value;
	return true;
}

int parse_map(const char *line, struct map_line *ret)
{
	uint64_t major, minor;
	const char *at = line;

	if (!lines_hex(&at, &ret->start) || !take(&at, '-') ||
	    !lines_hex(&at, &ret->end) || !take(&at, ' ') ||
	    ret->start >= ret->end || strnlen(at, 4) < 4)
		return -EINVAL;
	ret->exec = at[2] == 'x';
	at += 4;
	if (!take(&at, ' ') || !lines_hex(&at, &ret->offset) ||
	    !take(&at, ' ') || !lines_hex(&at, &major) || !take(&at, ':') ||
	    !lines_hex(&at, &minor) || !take(&at, ' ') ||
	    !take_decimal(&at, &ret->inode) ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return -EINVAL;
	ret->major = (uint32_t)major;
	ret->minor = (uint32_t)minor;
	ret->path = at + strspn(at, " ");
	return 0;
}

int parse_mount(const char *line, uint64_t *ret_id, const char **ret_type)
{
	const char *at = line;

	if (!take_decimal(&at, ret_id) || *at != ' ')
		return -EINVAL;
	/* Blanks in paths are escaped, so this is the separator. */
	at = strstr(at, " - ");
	if (!at)
		return -EINVAL;
	*ret_type = at + 3;
	return 0;
}

int parse_jit(const char *line, uint64_t *start, uint64_t *size,
	      const char **name)
{
	const char *at = line;

	/* Some writers put 0x before the start. */
	if (at[0] == '0' && (at[1] | 0x20) == 'x')
		at += 2;
	if (!lines_hex(&at, start) || !take(&at, ' '))
		return -EINVAL;
	if (at[0] == '0' && (at[1] | 0x20) == 'x')
		at += 2;
	if (!lines_hex(&at, size) || !take(&at, ' ') || !*at ||
	    *start + *size < *start)
		return -EINVAL;
	*name = at;
	return 0;
}
