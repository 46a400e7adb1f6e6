/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/smb.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/bpf/flows.h"
#include "collect/bpf/probes.h"
#include "collect/bpf/watch.h"

/* Calls are booked by command as well. */
#define CELLS_PER_SLOT	12
#define HISTS		32768u
#define REQUEST_HISTS	8192u
#define SLOTS_PER_FLOW	4	/* threads that an smbd has at least */
#define REQUESTS	65536u
/* So long after its execve a process has what it is linked with. */
#define LINKED_NS	(5 * NS_PER_SEC)

static uint32_t tag(long nr)
{
	return TAG_USED | (uint32_t)nr;
}

void smb_plan(struct plan *plan)
{
	plan->cells = CELLS_PER_SLOT * plan->slots;
	plan->flows = plan->slots / SLOTS_PER_FLOW;
	plan->requests = REQUESTS;
	plan->hist = 1;
	plan->hists = plan->call_hist ? HISTS : REQUEST_HISTS;
	plan->nr_recvmsg = tag(SYS_recvmsg);
	plan->nr_epoll_pwait = tag(SYS_epoll_pwait);
	plan->nr_read = tag(SYS_read);
	plan->nr_writev = tag(SYS_writev);
#ifdef SYS_epoll_wait
	plan->nr_epoll_wait = tag(SYS_epoll_wait);
	plan->nr_poll = tag(SYS_poll);
#else
	plan->nr_epoll_wait = plan->nr_epoll_pwait;
	plan->nr_poll = tag(SYS_ppoll);
#endif
}

/* Who looks at one client leaves the others alone. 0: it is not about one:
 * clients are children of the process that is asked for. */
static pid_t only_pid(const struct collector_cfg *cfg)
{
	char children[32];

	if (cfg->name || cfg->n_pids != 1 ||
	    procfs_read(cfg->procfs, children, sizeof(children),
			"%d/task/%d/children", *cfg->pids, *cfg->pids) > 0)
		return 0;
	return *cfg->pids;
}

int smb_open(struct smb *smb, struct why *why)
{
	const struct collector_cfg *cfg = smb->cfg;
	int err = flows_new(&smb->gather->smb, smb->engine, cfg->procfs,
			    smb->sink, why);

	if (!err)
		err = probes_new(&smb->engine->probes, smb->engine->programs,
				 cfg->procfs, only_pid(cfg), why);
	return err;
}

void smb_close(struct smb *smb)
{
	if (smb->gather)
		flows_free(smb->gather->smb);
}

struct search {
	struct smb *smb;
	struct why *why;
	bool found;
	int err;
};

static int add_probes(pid_t pid, void *arg)
{
	struct search *search = arg;
	int err = probes_add(search->smb->engine->probes, pid, search->why);

	if (err > 0)
		search->found = true;
	/* It may have ended, or be another program by that name. */
	if (err < 0 && err != -ENOENT && err != -ESRCH)
		search->err = err;
	return search->err;
}

int smb_attach(struct smb *smb, struct why *why)
{
	const struct collector_cfg *cfg = smb->cfg;
	struct search search = { .smb = smb, .why = why };

	for (size_t i = 0; !search.err && i < cfg->n_pids; i++)
		add_probes(cfg->pids[i], &search);
	if (!search.err && cfg->name)
		watch_names(cfg->procfs, cfg->name, add_probes, &search);
	if (search.err)
		return search.err;
	if (search.found)
		return 0;
	if (geteuid())
		return why_set(why, EPERM, "smbd runs as root, and whose "
			       "libraries are root's to see: run --smb as "
			       "root");
	if (cfg->n_pids)
		return why_set(why, ESRCH, "process %d is no smbd: it has no "
			       "Samba server library mapped", *cfg->pids);
	return why_set(why, ESRCH, "no smbd is running here; start it, then "
		       "this");
}

void smb_expect(struct smb *smb)
{
	smb->looking = true;
	smb->look_until_ns = clock_mono_ns() + LINKED_NS;
}

void smb_look(struct smb *smb)
{
	struct search search = { .smb = smb };
	struct why why;

	search.why = &why;
	if (smb->looking && smb->cfg->name) {
		watch_names(smb->cfg->procfs, smb->cfg->name, add_probes,
			    &search);
		if (search.err)
			sink_note(smb->sink, why.text);
		smb->looking = clock_mono_ns() < smb->look_until_ns;
	}
	if (smb->told_blind || !flows_are_blind(smb->gather->smb))
		return;
	smb->told_blind = true;
	if (probes_add_commands(smb->engine->probes, &why))
		sink_note(smb->sink, why.text);
	else
		sink_note(smb->sink, "the layout of this smbd's requests is "
			  "not known: commands are told apart by a probe for "
			  "each, without sessions, users and shares");
}
