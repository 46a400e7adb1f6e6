/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/launch.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

extern char **environ;

static bool is_runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return false;
	errno = EACCES;
	return S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* Each directory of PATH; an empty one is the current directory. */
static int search(char **ret, const char *name)
{
	const char *dir = getenv("PATH");
	bool seen = false;

	if (!dir)
		dir = "/usr/local/bin:/usr/bin:/bin";
	for (;; dir++) {
		size_t len = strcspn(dir, ":");
		_cleanup_(free_ptr) char *path = NULL;

		if (asprintf(&path, "%.*s%s%s", (int)len, dir,
			     len ? "/" : "", name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (is_runnable(path)) {
			*ret = path;
			path = NULL;
			return 0;
		}
		seen |= errno == EACCES;
		dir += len;
		if (!*dir)
			return seen ? -EACCES : -ENOENT;
	}
}

int launch_find(char **ret, const char *name, struct why *why)
{
	int err;

	*ret = NULL;
	if (!strchr(name, '/'))
		err = *name ? search(ret, name) : -ENOENT;
	else if (is_runnable(name))
		err = (*ret = strdup(name)) ? 0 : -ENOMEM;
	else
		err = -errno;
	if (err == -ENOMEM)
		return why_set(why, ENOMEM, "out of memory");
	if (err == -EACCES)
		return why_set(why, EACCES, "%s: not a program that may be "
			       "run here; check its permissions", name);
	if (err)
		return why_set(why, ENOENT, "%s: %s; check the name, or give "
			       "its path", name, strchr(name, '/') ?
			       strerror(-err) : "no such command in PATH");
	return 0;
}

pid_t launch_clone(unsigned long flags, pid_t *pid)
{
	/* These arguments have the same places on all machines but s390. */
	return (pid_t)syscall(SYS_clone, flags | CLONE_PARENT_SETTID |
			      SIGCHLD, 0, pid, 0, 0);
}

/* From 5.9 on; what is closed beside it is nothing. */
#define UNSHARE_TABLE 2U

int launch_own_table(void)
{
	/* Allowed where unshare(), which can do much more, is not. */
	if (!syscall(SYS_close_range, ~0U, ~0U, UNSHARE_TABLE) ||
	    !unshare(CLONE_FILES))
		return 0;
	return -errno;
}

/* A starter may share its table with the child until execve. */
static int redirect(const struct launch_cfg *cfg)
{
	int err = launch_own_table();

	if (err)
		return err;
	if (dup2(cfg->input_fd, STDIN_FILENO) < 0 ||
	    dup2(cfg->output_fd, STDOUT_FILENO) < 0 ||
	    dup2(cfg->output_fd, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

void launch_exec(const struct launch_cfg *cfg, int (*hook)(void *arg),
		 void *arg, struct launch_fate *fate)
{
	int err;

	if (cfg->size_signal)
		signal(SIGXFSZ, SIG_DFL);
	if (cfg->child_signal_ignored)
		signal(SIGCHLD, SIG_IGN);
	/* The terminal hangs up on its foreground when its shell ends, as
	 * where we are that shell. */
	if (cfg->redirects)
		setpgid(0, 0);
	sigprocmask(SIG_SETMASK, cfg->mask, NULL);
	err = hook ? hook(arg) : 0;
	if (!err && cfg->redirects)
		err = redirect(cfg);
	if (!err) {
		execve(cfg->path, cfg->argv, environ);
		err = -errno;
		fate->in_exec = 1;
	}
	fate->failed = -err;
	_exit(127);
}
