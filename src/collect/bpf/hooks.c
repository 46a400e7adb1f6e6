/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "collect/bpf/elf.h"
#include "collect/bpf/layout.h"
#include "collect/bpf/mapped.h"
#include "collect/bpf/split.skel.h"
#include "collect/bpf/watch.h"

/* Versions of one library that run at once, and their places. */
#define MAX_FILES 16
#define MAX_LINKS 4096

struct hooks {
	const struct split *programs;
	const struct collector_cfg *cfg;
	pid_t only_pid;		/* -1: all that run the file */
	struct bpf_link *links[MAX_LINKS];
	int n_links;
};

/* The files that a probe is to be in. */
struct files {
	const struct hooks *hooks;
	const struct probe *probe;
	struct {
		dev_t dev;
		ino_t ino;
		int fd;
	} of[MAX_FILES];
	int n, err;
	struct why *why;
};

void hooks_detach(struct hooks *hooks)
{
	if (!hooks)
		return;
	while (hooks->n_links)
		bpf_link__destroy(hooks->links[--hooks->n_links]);
	free(hooks);
}

/* --- attaching ------------------------------------------------------------------- */

/* A breakpoint in a page that is not in memory makes 6.18 complain in the
 * kernel's log. */
static void touch(int fd, uint64_t offset)
{
	char byte;

	if (pread(fd, &byte, 1, (off_t)offset) < 0)
		return;
}

static int attach(struct hooks *hooks, int fd, struct bpf_program *program,
		  const struct elf_place *place, bool returns, uint64_t cookie)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = returns,
		    .bpf_cookie = cookie, .ref_ctr_offset = place->semaphore);
	struct bpf_link *link;
	char path[64];

	if (hooks->n_links == MAX_LINKS)
		return -E2BIG;
	touch(fd, place->offset);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	link = bpf_program__attach_uprobe_opts(program, hooks->only_pid, path,
					       place->offset, &opts);
	if (!link)
		return -errno;
	hooks->links[hooks->n_links++] = link;
	return 0;
}

static int explain(const struct probe *probe, const char *name, int err,
		   struct why *why)
{
	if (err == -ENOENT && *probe->provider)
		return why_set(why, EINVAL, "--probe: %s has no static probe "
			       "%s:%s", probe->library, probe->provider,
			       name);
	if (err == -ENOENT)
		return why_set(why, EINVAL, "--probe: %s has no function "
			       "%s among its symbols", probe->library, name);
	if (err == -ENOEXEC)
		return why_set(why, EINVAL, "--probe: %s is no program or "
			       "library of this machine's own kind",
			       probe->library);
	if (err == -EACCES || err == -EPERM)
		return why_set(why, EPERM, "this kernel lets root alone attach "
			       "to functions: run --probe as root");
	return why_set(why, -err, "--probe: cannot attach to %s in %s: %s",
		       name, probe->library, strerror(-err));
}

/* A place, or the places, by the name of a function or a static probe. */
static int attach_name(struct hooks *hooks, const struct probe *probe, int fd,
		       const char *name, struct bpf_program *program,
		       bool returns, uint64_t cookie, struct why *why)
{
	struct elf_place places[ELF_PLACES];
	int n = *probe->provider ?
		elf_static(fd, probe->provider, name, places) :
		elf_function(fd, name, places), err = n < 0 ? n : 0;

	if (!err && !*probe->provider)
		n = 1;
	for (int i = 0; !err && i < n; i++)
		err = attach(hooks, fd, program, &places[i], returns, cookie);
	return err ? explain(probe, name, err, why) : 0;
}

/* What ends calls first, so that none is seen from its beginning only. */
static int attach_file(struct hooks *hooks, const struct probe *probe, int fd,
		       struct why *why)
{
	uint64_t cookie = (uint64_t)(probe - hooks->cfg->probes);
	const struct split *programs = hooks->programs;
	int err;

	if (probe_only_counts(probe))
		return attach_name(hooks, probe, fd, probe->function,
				   programs->progs.on_place, false, cookie,
				   why);
	err = *probe->end ?
	      attach_name(hooks, probe, fd, probe->end,
			  programs->progs.on_function_end, false, cookie,
			  why) :
	      attach_name(hooks, probe, fd, probe->function,
			  programs->progs.on_function_end, true,
			  cookie | FUNCTION_RETURNS, why);
	return err ? err : attach_name(hooks, probe, fd, probe->function,
				       programs->progs.on_function, false,
				       cookie, why);
}

/* --- harm -------------------------------------------------------------------------- */

static int kernel_version(void)
{
	struct utsname name;
	int major, minor;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return 0;
	return major * 1000 + minor;
}

static bool has_line(const char *status, const char *key, const char *word)
{
	const char *line = strstr(status, key), *found;

	found = line ? strstr(line, word) : NULL;
	return found && found < strchrnul(line, '\n');
}

/*
 * The return of a probed function goes by an address of the kernel's, which
 * a shadow stack does not have before 6.11 (488af8ea7131); from there until
 * 6.14 (cf6cb56ef244) it makes a call that seccomp's filters do not know.
 */
static int check_returns(const struct hooks *hooks, pid_t pid,
			 struct why *why)
{
	int version = kernel_version();
	char status[4096];

	if (procfs_read(hooks->cfg->procfs, status, sizeof(status),
			"%d/status", pid) <= 0)
		return 0;
	if (version < 6011 && has_line(status, "\nx86_Thread_features:",
				       "shstk"))
		return why_set(why, EINVAL, "--probe: process %d has a shadow "
			       "stack, and this kernel's probes of returns "
			       "would kill it; give FUNCTION..END", pid);
	if (version >= 6011 && version < 6014 &&
	    has_line(status, "\nSeccomp:", "2"))
		return why_set(why, EINVAL, "--probe: process %d has a seccomp "
			       "filter, which may kill it for this kernel's "
			       "probes of returns; give FUNCTION..END", pid);
	return 0;
}

/* --- files ------------------------------------------------------------------------- */

static bool is_asked_for(const char *path, const void *arg)
{
	return probe_is_in(arg, path);
}

static int add_file(struct files *files, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		/* ENOENT would be that there is nothing to account. */
		files->err = why_set(files->why, errno == ENOENT ? EINVAL :
				     errno, "--probe: cannot open %s: %s",
				     files->probe->library, strerror(errno));
		if (fd >= 0)
			close(fd);
		return files->err;
	}
	for (int i = 0; i < files->n; i++)
		if (files->of[i].dev == st.st_dev &&
		    files->of[i].ino == st.st_ino) {
			close(fd);
			return 0;
		}
	if (files->n == MAX_FILES) {
		close(fd);
		files->err = why_set(files->why, E2BIG, "--probe: the targets "
				     "run more than %d files called %s",
				     MAX_FILES, files->probe->library);
		return files->err;
	}
	files->of[files->n].dev = st.st_dev;
	files->of[files->n].ino = st.st_ino;
	files->of[files->n++].fd = fd;
	return 0;
}

static int look_in(pid_t pid, void *arg)
{
	struct files *files = arg;
	const struct probe *probe = files->probe;
	char path[PATH_MAX];
	struct stat st;
	int found = 1;

	if (!strcmp(probe->library, "exe"))
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	else
		found = mapped_find(files->hooks->cfg->procfs, pid,
				    is_asked_for, probe, path, sizeof(path),
				    &st);
	/* It may have ended. */
	if (found <= 0)
		return 0;
	if (!*probe->provider && !*probe->end)
		files->err = check_returns(files->hooks, pid, files->why);
	return files->err ? files->err : add_file(files, path);
}

/* One that is not there yet. */
static int look_at_command(struct files *files)
{
	const char *library = files->probe->library;

	if (!strcmp(library, "exe"))
		return add_file(files, files->hooks->cfg->launch->path);
	if (!strchr(library, '/'))
		return why_set(files->why, EINVAL, "--probe: which %s a "
			       "command will use is not known before it runs; "
			       "give its path", library);
	return add_file(files, library);
}

static int find_files(struct files *files)
{
	const struct collector_cfg *cfg = files->hooks->cfg;
	const char *library = files->probe->library;

	for (size_t i = 0; !files->err && i < cfg->n_pids; i++)
		look_in(cfg->pids[i], files);
	if (!files->err && cfg->name)
		watch_names(cfg->procfs, cfg->name, look_in, files);
	if (!files->err && cfg->cgroup)
		watch_cgroup(cfg->cgroup, look_in, files, files->why);
	if (!files->err && cfg->launch)
		files->err = look_at_command(files);
	/* What they begin to run later is known by its path alone. */
	if (!files->err && !files->n && !cfg->n_pids && *library == '/')
		add_file(files, library);
	if (!files->err && !files->n)
		files->err = why_set(files->why, EINVAL, "--probe: %s is not "
				     "mapped by %s", library, cfg->everyone ?
				     "a process that was named; give its path":
				     "the targets");
	return files->err;
}

/* Who asks about one process leaves the others alone. */
static pid_t only_pid(const struct collector_cfg *cfg)
{
	char children[32];

	if (cfg->n_pids != 1 || cfg->launch || cfg->name || cfg->cgroup ||
	    cfg->everyone || (cfg->follow &&
	    procfs_read(cfg->procfs, children, sizeof(children),
			"%d/task/%d/children", *cfg->pids, *cfg->pids) > 0))
		return -1;
	return *cfg->pids;
}

static int attach_probe(struct hooks *hooks, const struct probe *probe,
			struct why *why)
{
	struct files files = { .hooks = hooks, .probe = probe, .why = why };
	int err = find_files(&files);

	for (int i = 0; !err && i < files.n; i++)
		err = attach_file(hooks, probe, files.of[i].fd, why);
	while (files.n)
		close(files.of[--files.n].fd);
	return err;
}

int hooks_attach(struct hooks **ret, struct split *programs,
		 const struct collector_cfg *cfg, const struct sink *sink,
		 struct why *why)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));
	int err = 0;

	if (!hooks)
		return why_set(why, ENOMEM, "out of memory");
	hooks->programs = programs;
	hooks->cfg = cfg;
	hooks->only_pid = only_pid(cfg);
	for (size_t i = 0; !err && i < cfg->n_probes; i++)
		err = attach_probe(hooks, &cfg->probes[i], why);
	if (err) {
		hooks_detach(hooks);
		return err;
	}
	if (hooks->only_pid < 0)
		sink_note(sink, "a function that is probed takes longer in "
			  "every process that runs its file");
	else if (cfg->follow)
		sink_note(sink, "functions are probed in the one process "
			  "that was asked for, and not in children that it "
			  "starts from now on");
	*ret = hooks;
	return 0;
}
