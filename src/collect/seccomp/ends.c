/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/ends.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/procparse.h"

#define QUIET_NS NS_PER_SEC

struct search {
	const struct ends *ends;
	long own;	/* filters that we have ourselves */
};

/* What follows the name on a line of its own, or -1. */
static long number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

/* How many seccomp filters; before 5.9, whether there is one. */
static long filters(const char *status)
{
	long n = number_after(status, "\nSeccomp_filters:");

	return n >= 0 ? n : number_after(status, "\nSeccomp:") == 2;
}

static bool is_helper(const struct board *board, pid_t id)
{
	return id == board->session || id == board->receiver ||
	       id == board->keeper;
}

/* May it be one that has our filter, and makes calls yet? */
static int may_live(pid_t id, void *arg)
{
	const struct search *search = arg;
	const struct ends *ends = search->ends;
	struct proc_stat stat;
	char buf[4096];

	if (is_helper(ends->board, id) ||
	    procfs_read(ends->fs, buf, sizeof(buf), "%d/stat", id) <= 0 ||
	    proc_parse_stat(buf, &stat) || stat.start < ends->start)
		return 0;
	/* A first thread can have ended before the others. */
	if ((stat.state == 'Z' || stat.state == 'X') && stat.threads <= 1)
		return 0;
	return procfs_read(ends->fs, buf, sizeof(buf), "%d/status", id) > 0 &&
	       filters(buf) > search->own;
}

static bool none_left(const struct ends *ends)
{
	struct search search = { .ends = ends };
	char buf[4096];

	/* Without this line all have as many as we, as far as we know. */
	if (procfs_read(ends->fs, buf, sizeof(buf), "%d/status",
			ends->board->session) > 0 &&
	    strstr(buf, "\nSeccomp_filters:"))
		search.own = filters(buf);
	return !procfs_each_id(ends->fs, ".", may_live, &search);
}

void ends_init(struct ends *ends, const struct procfs *fs,
	       const struct board *board)
{
	struct proc_stat stat;
	char buf[1024];

	*ends = (struct ends){ .fs = fs, .board = board };
	if (procfs_read(fs, buf, sizeof(buf), "%d/stat",
			board->command) > 0 && !proc_parse_stat(buf, &stat))
		ends->start = stat.start;
}

bool ends_seen(struct ends *ends, bool nobody, int64_t now_ns)
{
	uint64_t received = board_get(ends->board->received);

	if (!ends->board->late_ends)
		return false;
	if (!nobody || received != ends->received) {
		ends->received = received;
		ends->quiet_ns = nobody ? now_ns : 0;
		return false;
	}
	if (!ends->quiet_ns)
		ends->quiet_ns = now_ns;
	if (now_ns - ends->quiet_ns < QUIET_NS)
		return false;
	ends->quiet_ns = now_ns;
	return none_left(ends);
}
