/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An XDG_RUNTIME_DIR of the test's own, in which processes meet. */
#ifndef MEETING_H
#define MEETING_H

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rundir.h"

static char runtime[64], meeting[96];

static inline int in_runtime_dir(void **state)
{
	(void)state;
	snprintf(runtime, sizeof(runtime), "%s/runtime.XXXXXX",
		 access("/tmp", W_OK) ? "." : "/tmp");
	if (!mkdtemp(runtime) || setenv("XDG_RUNTIME_DIR", runtime, 1))
		return -1;
	snprintf(meeting, sizeof(meeting), "%s/smbsysacct", runtime);
	return 0;
}

static inline int remove_it(const char *path, const struct stat *st,
			    int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline int remove_runtime_dir(void **state)
{
	(void)state;
	return nftw(runtime, remove_it, 8, FTW_DEPTH | FTW_PHYS);
}

static inline int open_meeting(void)
{
	struct why why = { 0 };
	int dir = -1;

	assert_int_equal(rundir_open(&dir, 0, true, &why), 0);
	return dir;
}

#define IN_RUNTIME_DIR(test) \
	cmocka_unit_test_setup_teardown(test, in_runtime_dir, \
					remove_runtime_dir)

#endif
