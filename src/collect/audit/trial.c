/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/audit/trial.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define TRIAL_NS (3 * NS_PER_SEC)
#define MAX_RECORD 9000

/* It waits for us: its rule has to be there first. */
static pid_t make_child(int fds[2])
{
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	close(fds[1]);
	while (read(fds[0], &c, 1) < 0 && errno == EINTR)
		;
	syscall(SYS_getppid);
	_exit(0);
}

static int await(struct audit_link *link, pid_t pid,
		 void (*each)(void *ctx, const struct audit_record *record),
		 void *ctx)
{
	struct pollfd fd = { .fd = link->log, .events = POLLIN };
	int64_t end_ns = clock_mono_ns() + TRIAL_NS;
	struct audit_record record;
	char buf[MAX_RECORD];
	size_t n;

	while (clock_mono_ns() < end_ns) {
		n = audit_link_read(link, buf, sizeof(buf));
		if (!n) {
			poll(&fd, 1, 100);
			continue;
		}
		if (audit_record_parse(&record, buf, n))
			continue;
		if (record.pid == pid)
			return 0;
		if (each)
			each(ctx, &record);
	}
	return -ETIME;
}

int trial_run(struct audit_link *link, const struct rule_owner *owner,
	      void (*each)(void *ctx, const struct audit_record *record),
	      void *ctx, struct why *why)
{
	uint32_t all[AUDIT_BITMASK_SIZE] = { 0 };
	union rule rule;
	int fds[2], err;
	pid_t pid;

	if (pipe(fds))
		return why_set(why, errno, "pipe: %s", strerror(errno));
	pid = make_child(fds);
	memset(all, 0xff, sizeof(all) - sizeof(*all));
	rule_make(&rule, RULE_PID, pid, false, all, owner);
	err = pid < 0 ? why_set(why, errno, "fork: %s", strerror(errno)) :
			audit_link_add(link, &rule, why);
	close(fds[1]);
	if (!err) {
		err = await(link, pid, each, ctx);
		audit_link_delete(link, &rule, NULL);
	}
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return err;
}
