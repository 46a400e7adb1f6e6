/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/caps.h"
#include "collect/bpf/layout.h"
#include "collect/bpf/mapped.h"
#include "collect/bpf/split.skel.h"
#include "model/smb2.h"

/* Files with a Samba server's library that run at once. */
#define MAX_FILES 16
#define MAX_LINKS (2 + SMB2_COMMANDS)

struct probed {
	dev_t dev;
	ino_t ino;
	char path[PATH_MAX];
	/* Later probes are for the same file, when its process may be gone,
	 * and the right to follow map_files is. */
	int fd;
	struct bpf_link *links[MAX_LINKS];
	int n_links;
};

struct probes {
	struct split *programs;
	const struct procfs *fs;
	pid_t only_pid;
	bool commands;
	struct probed files[MAX_FILES];
	int n;
};

int probes_new(struct probes **ret, struct split *programs,
	       const struct procfs *fs, pid_t only_pid, struct why *why)
{
	struct probes *probes = calloc(1, sizeof(*probes));

	if (!probes)
		return why_set(why, ENOMEM, "out of memory");
	probes->programs = programs;
	probes->fs = fs;
	probes->only_pid = only_pid;
	*ret = probes;
	return 0;
}

static void detach(struct probed *file)
{
	while (file->n_links)
		bpf_link__destroy(file->links[--file->n_links]);
	close(file->fd);
}

void probes_detach(struct probes *probes)
{
	if (!probes)
		return;
	while (probes->n)
		detach(&probes->files[--probes->n]);
	free(probes);
}

/* --- the library -------------------------------------------------------------- */

static bool is_library(const char *path, const void *arg)
{
	/* As Samba's build calls it: upstream's, Debian's, since 4.23. */
	static const char *const names[] = {
		"libsmbd-base.so", "libsmbd-base-samba4.so",
		"libsmbd-base-private-samba.so",
	};
	const char *base = strrchr(path, '/');

	(void)arg;
	for (size_t i = 0; base && i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(base + 1, names[i], strlen(names[i])))
			return true;
	return false;
}

/* --- attaching ------------------------------------------------------------------ */

static int attach(const struct probes *probes, struct probed *file,
		  struct bpf_program *program, const char *function,
		  uint64_t cookie)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = function,
		    .bpf_cookie = cookie);
	struct bpf_link *link;
	char path[64];
	bool was;
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	/* CAP_PERFMON is not enough for uprobes in 6.18. */
	was = caps_use(CAP_SYS_ADMIN, true);
	link = bpf_program__attach_uprobe_opts(program, probes->only_pid ?
					       probes->only_pid : -1,
					       path, 0, &opts);
	err = link ? 0 : -errno;
	caps_use(CAP_SYS_ADMIN, was);
	if (err)
		return err;
	file->links[file->n_links++] = link;
	return 0;
}

static int attach_commands(const struct probes *probes, struct probed *file)
{
	/* Of [MS-SMB2] 2.2.1, as smb2_server.c has them; that of CANCEL is
	 * not exported. */
	static const char *const names[SMB2_COMMANDS] = {
		"negprot", "sesssetup", "logoff", "tcon", "tdis", "create",
		"close", "flush", "read", "write", "lock", "ioctl", NULL,
		"keepalive", "query_directory", "notify", "getinfo",
		"setinfo", "break",
	};
	char function[64];
	int err, any = 0;
	bool some = false;

	for (int i = 0; i < SMB2_COMMANDS; i++) {
		if (!names[i])
			continue;
		snprintf(function, sizeof(function),
			 "smbd_smb2_request_process_%s", names[i]);
		err = attach(probes, file, probes->programs->progs.on_process,
			     function, (uint64_t)i);
		if (!err)
			some = true;
		else
			any = err;
	}
	return some ? 0 : any;
}

/* What ends requests first, so that none is seen from one side only. */
static int attach_file(const struct probes *probes, struct probed *file)
{
	int err = attach(probes, file, probes->programs->progs.on_answer,
			 "smbd_smb2_request_done_ex", 0);

	if (!err)
		err = attach(probes, file,
			     probes->programs->progs.on_dispatch,
			     "smbd_smb2_request_dispatch", 0);
	if (!err && probes->commands)
		attach_commands(probes, file);
	if (err)
		detach(file);
	return err;
}

static int explain(const struct probed *file, int err, struct why *why)
{
	if (err == -ENOENT || err == -ESRCH)
		return why_set(why, ENOTSUP, "%s has no function "
			       "smbd_smb2_request_dispatch: no Samba from "
			       "4.10 on", file->path);
	if (err == -EACCES || err == -EPERM)
		return why_set(why, EPERM, "this kernel lets root alone attach "
			       "to functions: run --smb as root");
	return why_set(why, -err, "cannot attach to Samba's library %s: %s",
		       file->path, strerror(-err));
}

int probes_add(struct probes *probes, pid_t pid, struct why *why)
{
	struct probed *file = &probes->files[probes->n];
	struct stat st;
	int err;

	if (probes->n == MAX_FILES)
		return why_set(why, E2BIG, "more than %d different Samba "
			       "libraries are running", MAX_FILES);
	err = mapped_find(probes->fs, pid, is_library, NULL, file->path,
			  sizeof(file->path), &st);
	if (err <= 0)
		return err < 0 ? why_set(why, -err, "/proc/%d/maps: %s", pid,
					 strerror(-err)) : 0;
	for (int i = 0; i < probes->n; i++)
		if (probes->files[i].dev == st.st_dev &&
		    probes->files[i].ino == st.st_ino)
			return 1;
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return why_set(why, errno, "cannot open Samba's library %s: "
			       "%s", file->path, strerror(errno));
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	err = attach_file(probes, file);
	if (err)
		return explain(file, err, why);
	probes->n++;
	return 1;
}

int probes_add_commands(struct probes *probes, struct why *why)
{
	int err = 0;

	if (probes->commands)
		return 0;
	probes->commands = true;
	for (int i = 0; !err && i < probes->n; i++)
		err = attach_commands(probes, &probes->files[i]);
	return err ? why_set(why, -err, "cannot attach to the functions of "
			     "SMB2 commands: %s", strerror(-err)) : 0;
}
