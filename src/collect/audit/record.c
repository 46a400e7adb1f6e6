/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/audit/record.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A part of the record's text. */
struct span {
	const char *at;
	size_t size;
};

static bool span_is(struct span span, const char *text)
{
	return span.size == strlen(text) && !memcmp(span.at, text, span.size);
}

/* The whole of it is a number in the range; strtoll() alone takes more. */
static int to_number(struct span span, int base, int64_t min, int64_t max,
		     int64_t *ret)
{
	char text[24], *end;

	if (!span.size || span.size >= sizeof(text))
		return -EINVAL;
	memcpy(text, span.at, span.size);
	text[span.size] = '\0';
	for (size_t i = *text == '-'; i < span.size; i++)
		if (!isxdigit((unsigned char)text[i]))
			return -EINVAL;
	errno = 0;
	*ret = strtoll(text, &end, base);
	return errno || end == text || *end || *ret < min || *ret > max ?
	       -EINVAL : 0;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* In quotes, or in hexadecimal where quotes would not hold it. */
static int to_comm(struct span span, char *ret)
{
	size_t n = 0;

	if (span.size >= 2 && *span.at == '"') {
		n = span.size - 2;
		if (n > 15 || span.at[span.size - 1] != '"')
			return -EINVAL;
		memcpy(ret, span.at + 1, n);
	} else if (!span_is(span, "(null)")) {
		if (!span.size || span.size % 2 || span.size > 30)
			return -EINVAL;
		for (; n < span.size / 2; n++) {
			int high = hex_digit(span.at[2 * n]);
			int low = hex_digit(span.at[2 * n + 1]);

			if (high < 0 || low < 0)
				return -EINVAL;
			ret[n] = (char)(high * 16 + low);
		}
	}
	ret[n] = '\0';
	return 0;
}

static struct span until(struct span *rest, char end)
{
	const char *at = rest->size ? memchr(rest->at, end, rest->size) :
				      NULL;
	size_t size = at ? (size_t)(at - rest->at) : rest->size;
	struct span span = { rest->at, size };

	size += at != NULL;
	rest->at += size;
	rest->size -= size;
	return span;
}

/* "audit(SECONDS.MILLISECONDS:SERIAL): " */
static int parse_stamp(struct audit_record *ret, struct span *rest)
{
	static const char head[] = "audit(";
	struct span seconds, ms;
	int64_t s, m;

	if (rest->size < sizeof(head) - 1 ||
	    memcmp(rest->at, head, sizeof(head) - 1))
		return -EINVAL;
	rest->at += sizeof(head) - 1;
	rest->size -= sizeof(head) - 1;
	seconds = until(rest, '.');
	ms = until(rest, ':');
	until(rest, ' ');
	if (to_number(seconds, 10, 0, INT64_MAX / 1000 - 1, &s) ||
	    to_number(ms, 10, 0, 999, &m))
		return -EINVAL;
	ret->time_ms = s * 1000 + m;
	return 0;
}

enum field { F_ARCH, F_SYSCALL, F_PPID, F_PID, F_COMM, F_EXIT, F_COUNT };

/* Those before F_EXIT have to be there. */
static const char *const names[F_COUNT] = {
	[F_ARCH] = "arch", [F_SYSCALL] = "syscall", [F_PPID] = "ppid",
	[F_PID] = "pid", [F_COMM] = "comm", [F_EXIT] = "exit",
};

static int parse_field(struct audit_record *ret, enum field field,
		       struct span value)
{
	int64_t number = 0;
	int err;

	switch (field) {
	case F_COMM:
		return to_comm(value, ret->comm);
	case F_ARCH:
		err = to_number(value, 16, 0, UINT32_MAX, &number);
		ret->arch = (uint32_t)number;
		return err;
	case F_EXIT:
		ret->ended = true;
		return to_number(value, 10, INT64_MIN, INT64_MAX, &ret->exit);
	default:
		break;
	}
	err = to_number(value, 10, 0, INT32_MAX, &number);
	if (field == F_SYSCALL)
		ret->nr = (int32_t)number;
	else if (field == F_PPID)
		ret->ppid = (int32_t)number;
	else
		ret->pid = (int32_t)number;
	return err;
}

int audit_record_parse(struct audit_record *ret, const char *text,
		       size_t size)
{
	struct span rest = { text, size };
	unsigned seen = 0;
	int err;

	*ret = (struct audit_record){ 0 };
	err = parse_stamp(ret, &rest);
	/* The first of a name counts: what a task chose comes after them. */
	while (!err && rest.size && !(seen & 1u << F_COMM)) {
		struct span value = until(&rest, ' ');
		struct span name = until(&value, '=');

		for (int f = 0; f < F_COUNT; f++)
			if (!(seen & 1u << f) && span_is(name, names[f])) {
				err = parse_field(ret, f, value);
				seen |= 1u << f;
			}
	}
	return err || ~seen & ((1u << F_EXIT) - 1) ? -EINVAL : 0;
}
