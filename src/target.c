/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/procparse.h"
#include "base/text.h"

static int missing(pid_t pid, struct why *why)
{
	return why_set(why, ESRCH, "no process %d is to be seen here: it has "
		       "ended, or /proc hides other users' processes "
		       "(hidepid); check with 'ps -p %d'", pid, pid);
}

/*
 * The kernel's own answer to whether this process's insides are ours to
 * read. io stands for all files with the same check; it says no for a
 * non-dumpable process of one's own, too.
 */
static int may_read(const struct procfs *fs, pid_t pid)
{
	char buf[512];

	return procfs_read(fs, buf, sizeof(buf), "%d/io", pid) > 0;
}

int target_check(const struct procfs *fs, pid_t pid, struct why *why)
{
	struct proc_status status;
	struct proc_stat stat;
	char buf[4096], name[64];

	if (procfs_read(fs, buf, sizeof(buf), "%d/stat", pid) <= 0)
		return missing(pid, why);
	if (proc_parse_stat(buf, &stat))
		return why_set(why, EINVAL, "/proc/%d/stat makes no sense",
			       pid);
	if (procfs_read(fs, buf, sizeof(buf), "%d/status", pid) <= 0)
		return missing(pid, why);
	text_untrusted(name, sizeof(name), stat.comm);
	if (stat.state == 'Z' && stat.threads <= 1)
		return why_set(why, ESRCH, "process %d (%s) has ended already "
			       "and waits for its parent", pid, name);
	if (proc_parse_status(buf, &status))
		return why_set(why, EINVAL, "/proc/%d/status makes no sense",
			       pid);
	if (status.tgid != pid)
		return why_set(why, EINVAL, "%d is a thread of process %d; "
			       "use -p %d, with -H for one row a thread", pid,
			       status.tgid, status.tgid);
	if (pid == getpid())
		return why_set(why, EINVAL, "%d is this program itself", pid);
	if (status.uid != getuid() && !caps_see_all(fs) && !may_read(fs, pid))
		return why_set(why, EPERM, "process %d (%s) belongs to user "
			       "%u: run as that user or as root (sudo "
			       "smbsysacct -p %d)", pid, name, status.uid,
			       pid);
	return 0;
}

int target_check_all(const struct procfs *fs, const struct options *o,
		     struct why *why)
{
	int err = 0;

	for (size_t i = 0; !err && i < o->n_pids; i++)
		err = target_check(fs, o->pids[i], why);
	return err;
}

void target_reap(struct target_child *child, bool wait)
{
	int status;

	if (!child->pid || child->ended ||
	    wait4(child->pid, &status, wait ? 0 : WNOHANG, &child->usage) !=
	    child->pid)
		return;
	child->ended = true;
	child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	child->status = child->signal ? 128 + child->signal :
					WEXITSTATUS(status);
}

int target_fate(const struct launch_fate *fate, const char *path,
		int *status, struct why *why)
{
	int err = fate->failed;

	if (!err)
		return 0;
	*status = !fate->in_exec ? 125 : err == ENOENT ? 127 : 126;
	if (!fate->in_exec)
		return why_set(why, err, "%s was not started: %s", path,
			       strerror(err));
	if (err == ENOEXEC)
		return why_set(why, err, "%s: no program that this machine "
			       "runs; if it is a script without a first line "
			       "#!, give it to its shell", path);
	if (err == ENOENT)
		return why_set(why, err, "%s: the interpreter that its first "
			       "line or its header names is not there", path);
	return why_set(why, err, "%s: %s", path, strerror(err));
}

static size_t add(char *buf, size_t size, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static size_t add(char *buf, size_t size, size_t n, const char *fmt, ...)
{
	va_list ap;

	if (n >= size)
		return n;
	va_start(ap, fmt);
	n += (size_t)vsnprintf(buf + n, size - n, fmt, ap);
	va_end(ap);
	return n;
}

void target_words(char *buf, size_t size, const struct options *o)
{
	size_t n = 0;

	*buf = '\0';
	for (size_t i = 0; i < o->n_pids; i++)
		n = add(buf, size, n, "%s%d", i ? "," : "-p ", o->pids[i]);
	if (o->smb)
		n = add(buf, size, n, "%s--smb", n ? " " : "");
	else if (o->has_name)
		n = add(buf, size, n, "%s--name=%s", n ? " " : "",
			o->name_text);
	if (o->cgroup)
		n = add(buf, size, n, "%s--cgroup=%s", n ? " " : "",
			o->cgroup);
	if (o->everyone)
		n = add(buf, size, n, "%s-a", n ? " " : "");
	for (char **word = o->command; word && *word; word++)
		n = add(buf, size, n, "%s%s", n ? " " : "", *word);
}

struct oldest {
	const struct procfs *fs;
	pid_t pid;
	uint64_t start;
};

static int look_for_smbd(pid_t pid, void *arg)
{
	struct oldest *oldest = arg;
	struct proc_stat stat;
	char buf[1024];

	/* A session's smbd calls itself smbd[address]; the parent does not. */
	if (procfs_read(oldest->fs, buf, sizeof(buf), "%d/stat", pid) > 0 &&
	    !proc_parse_stat(buf, &stat) && !strcmp(stat.comm, "smbd") &&
	    (!oldest->pid || stat.start < oldest->start)) {
		oldest->pid = pid;
		oldest->start = stat.start;
	}
	return 0;
}

pid_t target_find_smbd(const struct procfs *fs)
{
	struct oldest oldest = { .fs = fs };

	procfs_each_id(fs, ".", look_for_smbd, &oldest);
	return oldest.pid;
}
