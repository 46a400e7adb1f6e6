/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/reasons.h"

#include <stdbool.h>
#include <string.h>

#include "model/reasons_table.h"

#define ROWS ((int)(sizeof(reason_table) / sizeof(*reason_table)))

static bool fits(const struct reason_row *row, const char *function,
		 size_t len)
{
	return row->len && row->len <= len &&
	       (!row->whole || row->len == len) &&
	       !memcmp(row->name, function, row->len);
}

int reasons_row(const char *function)
{
	int best = -1;
	size_t len;

	function += strspn(function, "_");
	len = strcspn(function, ".");

	for (int i = 0; i < ROWS; i++) {
		const struct reason_row *row = &reason_table[i];

		if (*row->name > *function)
			break;
		/* The whole name is after a beginning as long. */
		if (*row->name == *function && fits(row, function, len) &&
		    (best < 0 || row->len >= reason_table[best].len))
			best = i;
	}
	return best;
}

const char *reasons_pick(const int *rows, size_t n)
{
	int reason = -1;

	for (size_t i = 0; i < n; i++) {
		const struct reason_row *row;

		if (rows[i] < 0 || rows[i] >= ROWS)
			continue;
		row = &reason_table[rows[i]];
		if (reason < 0 || row->better >> reason & 1)
			reason = row->reason;
	}
	return reason < 0 ? "other" : reason_names[reason];
}

enum wait_kind reasons_kind(const char *reason)
{
	static const struct {
		const char *reason;
		enum wait_kind kind;
	} kinds[] = {
		{ "events", WAIT_EVENTS },
		{ "io_uring", WAIT_EVENTS },
		{ "network", WAIT_NETWORK },
		{ "unix socket", WAIT_NETWORK },
		{ "netlink", WAIT_NETWORK },
		{ "disk", WAIT_DISK },
		{ "fuse", WAIT_FILES },
		{ "page fault", WAIT_FAULT },
		{ "pipe", WAIT_PIPE },
		{ "message queue", WAIT_PIPE },
		{ "futex or lock", WAIT_LOCKS },
		{ "file lock", WAIT_LOCKS },
		{ "kernel lock", WAIT_LOCKS },
		{ "timer", WAIT_SLEEP },
		{ "signal", WAIT_SLEEP },
		{ "child", WAIT_CHILD },
		{ "stopped", WAIT_STOPPED },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].reason, reason))
			return kinds[i].kind;
	return WAIT_OTHER;
}
