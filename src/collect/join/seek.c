/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the session that accounts a process, among those of its user. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/peer.h"
#include "base/procparse.h"
#include "base/rundir.h"
#include "collect/join/link.h"

/* All are asked at once and have as long as this together: nobody but a session
 * that is being stopped, or writes to who does not read, takes long. */
#define MAX_LINKS 64
#define ANSWER_NS (500 * NS_PER_MS)

struct seek {
	struct link links[MAX_LINKS];
	char names[MAX_LINKS][32];
	int n;
	const struct procfs *fs;
	struct why why;		/* what stood in the way, first of all */
	struct why stopped;	/* and who was not asked */
};

static bool is_socket(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".sock") &&
	       strlen(name) < sizeof(((struct seek *)NULL)->names[0]);
}

/* Only the first is told. */
static struct why *reason(struct seek *seek)
{
	return seek->why.err ? NULL : &seek->why;
}

/* It would answer once it goes on, and who asks would wait for that. */
static bool is_stopped(const struct seek *seek, pid_t pid)
{
	struct proc_stat stat;
	char buf[1024];

	return pid > 0 && procfs_read(seek->fs, buf, sizeof(buf), "%d/stat",
				      (int)pid) > 0 &&
	       !proc_parse_stat(buf, &stat) &&
	       (stat.state == 'T' || stat.state == 't');
}

static void connect_to(struct seek *seek, int dir, const char *name)
{
	struct link *link = &seek->links[seek->n];
	int err = link_open(link, dir, name);

	/* Nobody is there any more. */
	if (err == -ECONNREFUSED || err == -ENOENT)
		return;
	if (err) {
		why_set(reason(seek), -err, "%s among the sockets of "
			"smbsysacct cannot be connected to: %s", name,
			err == -EAGAIN ? "it does not answer, or is "
					 "stopped" :
			err == -EPERM ? "it is another user's" :
					strerror(-err));
		return;
	}
	if (is_stopped(seek, link->pid)) {
		why_set(&seek->stopped, EAGAIN, "smbsysacct %d, which may be "
			"the one that accounts this, is stopped; let it go on "
			"with fg, or 'kill -CONT %d'", (int)link->pid,
			(int)link->pid);
		link_close(link);
		return;
	}
	snprintf(seek->names[seek->n++], sizeof(*seek->names), "%.31s",
		 name);
}

static void look_in(struct seek *seek, int dir)
{
	DIR *entries = fdopendir(dir);
	struct dirent *entry;

	if (!entries) {
		close(dir);
		return;
	}
	peer_sweep(dir);
	rewinddir(entries);
	while (seek->n < MAX_LINKS && (entry = readdir(entries)))
		if (is_socket(entry->d_name))
			connect_to(seek, dir, entry->d_name);
	closedir(entries);
}

static void connect_all(struct seek *seek)
{
	for (int i = 0; i < RUNDIR_PLACES; i++) {
		struct why why;
		int dir, err = rundir_open(&dir, i, false, &why);

		if (!err)
			look_in(seek, dir);
		else if (err != -ENOENT && reason(seek))
			seek->why = why;
	}
}

/* What one of them says; whether it is the one. */
static bool is_it(struct seek *seek, int i, int64_t deadline_ns)
{
	struct link *link = &seek->links[i];
	struct link_message message = { .state = NULL };
	int err = link_wait(link, deadline_ns);

	if (!err)
		err = link_receive(link, &message);
	free(message.state);
	/* It is ending just now. */
	if (err == -EPIPE)
		return false;
	if (!err && message.answer.error)
		err = -message.answer.error;
	if (err) {
		why_set(reason(seek), -err, "%s among the sockets of "
			"smbsysacct %s", seek->names[i],
			err == -ETIMEDOUT ? "does not answer" :
			err == -EPROTONOSUPPORT ?
			"is another version's; join with the same one" :
			err == -EBUSY ? "has been joined by as many as can "
			"be" : "does not make sense");
		return false;
	}
	if (message.answer.unknown && message.answer.n_known)
		why_set(reason(seek), EXDEV, "smbsysacct %d accounts some of "
			"these processes, but not %d; join with those of one "
			"session only", (int)link->pid,
			(int)message.answer.unknown);
	return !message.answer.unknown && message.answer.n_known;
}

static int pick(struct seek *seek, struct link *ret,
		const struct wire_request *ask, struct why *why)
{
	int64_t deadline_ns = clock_mono_ns() + ANSWER_NS;

	for (int i = 0; i < seek->n; i++)
		link_send(&seek->links[i], ask);
	for (int i = 0; i < seek->n; i++)
		if (is_it(seek, i, deadline_ns)) {
			*ret = seek->links[i];
			seek->links[i].sock = -1;
			return 0;
		}
	if (!seek->why.err)
		seek->why = seek->stopped;
	if (seek->why.err) {
		if (why)
			*why = seek->why;
		return -seek->why.err;
	}
	return why_set(why, ENOENT, "no smbsysacct of yours accounts process "
		       "%d by seccomp", (int)ask->pids[0]);
}

int link_find(struct link *ret, const struct wire_request *ask,
	      const struct procfs *fs, struct why *why)
{
	struct seek seek = { .n = 0, .fs = fs };
	int err;

	connect_all(&seek);
	err = pick(&seek, ret, ask, why);
	while (seek.n)
		link_close(&seek.links[--seek.n]);
	return err;
}

static bool has_socket(int dir)
{
	DIR *entries = fdopendir(dir);
	struct dirent *entry;
	bool found = false;

	if (!entries) {
		close(dir);
		return false;
	}
	while (!found && (entry = readdir(entries)))
		found = is_socket(entry->d_name);
	closedir(entries);
	return found;
}

int link_find_any(struct why *why)
{
	struct why refused = { 0 };

	for (int i = 0; i < RUNDIR_PLACES; i++) {
		struct why here;
		int dir, err = rundir_open(&dir, i, false, &here);

		if (!err && has_socket(dir))
			return 0;
		if (err && err != -ENOENT && !refused.err)
			refused = here;
	}
	if (refused.err) {
		if (why)
			*why = refused;
		return -refused.err;
	}
	return why_set(why, ENOENT, "no smbsysacct of yours accounts anything "
		       "by seccomp");
}
