/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/num.h"

#include <errno.h>

#include "base/clock.h"

#define MAX_SECONDS (366LL * 24 * 3600)

/* Digits up to the first other character; -EINVAL where there is none. */
static int take_digits(const char **text, uint64_t max, uint64_t *ret)
{
	const char *p = *text;
	uint64_t value = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (value > (max - digit) / 10 || digit > max)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (p == *text)
		return -EINVAL;
	*text = p;
	*ret = value;
	return 0;
}

int num_parse(const char *text, uint64_t max, uint64_t *ret)
{
	int err = take_digits(&text, max, ret);

	if (err)
		return err;
	return *text ? -EINVAL : 0;
}

int num_parse_seconds(const char *text, int64_t *ret_ns)
{
	int64_t unit = NS_PER_SEC / 10, fraction = 0;
	uint64_t seconds = 0;
	int err = 0;

	if (*text != '.')
		err = take_digits(&text, MAX_SECONDS, &seconds);
	else if (text[1] < '0' || text[1] > '9')
		return -EINVAL;
	if (err)
		return err;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++) {
			fraction += (*text - '0') * unit;
			unit /= 10;
		}
	if (*text)
		return -EINVAL;
	*ret_ns = (int64_t)seconds * NS_PER_SEC + fraction;
	return 0;
}
