/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/plan.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/caps.h"
#include "collect/bpf/functions.h"
#include "collect/bpf/smb.h"
#include "collect/bpf/words.h"

/* Room for so many threads at least, and for so many calls of each. */
#define LEAST_SLOTS 16384u
#define MOST_SLOTS 524288u
#define CELLS_PER_SLOT 8
#define HISTS 16384u

/* Room for twice the threads that this machine has now. */
static uint32_t count_slots(const struct procfs *fs)
{
	uint32_t slots = LEAST_SLOTS;
	unsigned tasks = 0;
	char buf[128];

	if (procfs_read(fs, buf, sizeof(buf), "loadavg") <= 0 ||
	    sscanf(buf, "%*s %*s %*s %*u/%u", &tasks) != 1)
		tasks = 0;
	while (slots < 2 * tasks && slots < MOST_SLOTS)
		slots *= 2;
	return slots;
}

static uint32_t native_tag(long nr)
{
	return TAG_USED | (uint32_t)nr;
}

struct plan plan_make(const struct collector_cfg *cfg)
{
	struct plan plan = {
		.slots = count_slots(cfg->procfs),
		.hist = cfg->histograms,
		.call_hist = cfg->histograms,
		.hists = cfg->histograms ? HISTS : 1,
		.split = cfg->by_error ? SPLIT_ERRNO :
			 cfg->outcome != OUTCOME_ANY ? SPLIT_FAILED :
						       SPLIT_NONE,
		.detail = words_plan(cfg->detail | cfg->more_detail),
		.profile = cfg->profile_hz,
		.unwind = cfg->unwind == UNWIND_FP ? EXTRA_BY_FP :
						     EXTRA_BY_COPY,
		.follow = cfg->follow,
		.everyone = cfg->everyone,
		.slowest = cfg->slowest,
		.by_name = cfg->name != NULL,
		.filtered = cfg->calls != NULL,
		.only_uid = caps_see_all(cfg->procfs) ? -1u : geteuid(),
		.nr_execve = native_tag(SYS_execve),
		.nr_execveat = native_tag(SYS_execveat),
		.nr_connect = native_tag(SYS_connect),
		.nr_newfstatat = native_tag(SYS_newfstatat),
		.nr_statx = native_tag(SYS_statx),
		.nr_restart = native_tag(SYS_restart_syscall),
		/* 0 on both i386 and arm */
		.nr_compat_restart = TAG_USED | TAG_COMPAT << TAG_NR_BITS,
	};

	plan.cells = CELLS_PER_SLOT * plan.slots;
	if (cfg->smb)
		smb_plan(&plan);
	if (cfg->n_probes)
		functions_plan(&plan, cfg->n_probes);
	return plan;
}
