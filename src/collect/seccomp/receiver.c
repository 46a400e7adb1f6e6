/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/receiver.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/seccomp/gap.h"
#include "collect/seccomp/handlers.h"
#include "collect/seccomp/helper.h"
#include "collect/seccomp/roster.h"
#include "model/abi.h"

/* So often look whether the session is still there. */
#define ORPHAN_EVERY 256

struct receiver {
	struct board *board;
	const struct procfs *fs;
	struct roster roster;
	int listener;
	bool sync;
};

/* What there is to read of a parked thread. The entry, or NULL: no room. */
static struct roster_entry *look(struct receiver *r,
				 const struct seccomp_notif *notif,
				 int64_t now_ns, struct board_clocks *clocks)
{
	pid_t tid = (pid_t)notif->pid;
	struct roster_entry *entry = roster_find(&r->roster, tid, now_ns);

	if (entry && gap_wants_clocks(r->board, entry->task, now_ns) &&
	    roster_clocks(&r->roster, entry, now_ns, clocks) == -ESRCH)
		entry = roster_find(&r->roster, tid, now_ns);
	if (entry && entry->renamed)
		roster_rename(&r->roster, entry);
	if (entry)
		handlers_look(r->board, entry->task, &notif->data);
	if (!r->sync && r->board->received % HELPER_FOLLOW_EVERY == 0)
		helper_follow(r->fs, tid);
	return entry;
}

static void serve(struct receiver *r)
{
	struct seccomp_notif *notif = &r->board->buffer.notif;
	struct board_clocks clocks = { 0 };
	int64_t now_ns = clock_mono_ns();
	struct roster_entry *entry;
	int abi, nr, err;

	board_add(r->board->received, 1);
	entry = look(r, notif, now_ns, &clocks);
	err = notify_continue(r->listener, notif->id);
	abi = abi_of_arch(notif->data.arch, notif->data.nr, &nr);
	if (entry) {
		gap_close(r->board, entry->task, now_ns,
			  clocks.at_ns ? &clocks : NULL);
		gap_begin(r->board, entry->task, clock_mono_ns(), abi, nr,
			  !err);
		entry->renamed = abi_is_exec(abi, nr);
	} else {
		board_add(r->board->unaccounted, 1);
	}
	/* Answered and accounted: nobody has to wait for us any more. */
	__atomic_store_n(&notif->id, 0, __ATOMIC_RELEASE);
}

/* Without a session it is the keeper's turn, if there is one. */
static bool is_to_leave(const struct receiver *r)
{
	pid_t keeper = board_get(r->board->keeper);

	return getppid() != r->board->session && keeper > 0 &&
	       !kill(keeper, 0);
}

static void loop(struct receiver *r)
{
	while (!board_get(r->board->stop)) {
		int err = notify_receive(r->listener, &r->board->buffer);

		if (!err)
			serve(r);
		else if ((err != -EINTR && err != -ENOENT) ||
			 notify_is_over(r->listener))
			break;
		/* The signal of the session's end may have come at a moment
		 * when there was nothing to interrupt. */
		if ((err || r->board->received % ORPHAN_EVERY == 0) &&
		    is_to_leave(r))
			break;
	}
}

void receiver_run(struct board *board, const struct procfs *fs)
{
	struct procfs own = *fs;
	struct receiver r = { .board = board, .fs = &own };

	if (helper_await(board))
		_exit(0);
	r.listener = board->listener;
	/* Out of reach of the terminal's Ctrl-C and Ctrl-Z, but in the session:
	 * with autogroups the scheduler takes another session for another
	 * group, and every switch between us and the command costs more. */
	setpgid(0, 0);
	helper_detach("smbsysacct:recv", SIGUSR1,
		      (const int[]){ r.listener, own.root }, 2);
	board_lock(board);
	/* Our session's end is ours, and then the keeper's turn. */
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	roster_init(&r.roster, board, &own);
	r.sync = !notify_sync(r.listener);
	loop(&r);
	roster_done(&r.roster);
	_exit(0);
}
