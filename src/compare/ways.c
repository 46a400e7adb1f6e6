/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/ways.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/launch.h"
#include "model/abi.h"
#include "model/syscall.h"

/* As the usual script for it, with children: a count and a sum by call. */
#define BPFTRACE \
	"tracepoint:sched:sched_process_fork /pid == cpid || @child[pid]/" \
	" { @child[args->child_pid] = 1; }" \
	" tracepoint:raw_syscalls:sys_enter /pid == cpid || @child[pid]/" \
	" { @began[tid] = nsecs; }" \
	" tracepoint:raw_syscalls:sys_exit /@began[tid]/" \
	" { @calls[args->id] = count();" \
	" @ns[args->id] = sum(nsecs - @began[tid]);" \
	" delete(@began[tid]); }" \
	" END { clear(@child); clear(@began); }"

#define OURS(collector) "--collector=" collector, "-q", "-c", "-o", WAYS_FILE

/* By what they leave alone, the dearest ones last. */
const struct way way_table[] = {
	{ .name = "bare" },
	{ .name = "proc", .collector = "proc",
	  .words = { OURS("proc"), "--" } },
	{ .name = "bpf", .collector = "bpf", .words = { OURS("bpf"), "--" },
	  .format = COUNTS_STRACE, .scope = SCOPE_ALL },
	{ .name = "seccomp", .collector = "seccomp",
	  .words = { OURS("seccomp"), "--" },
	  .format = COUNTS_STRACE, .scope = SCOPE_SOME },
	{ .name = "seccomp -A", .collector = "seccomp",
	  .words = { OURS("seccomp"), "-A", "--" },
	  .format = COUNTS_STRACE, .scope = SCOPE_MOST },
	{ .name = "bpftrace", .program = "bpftrace",
	  .words = { "-o", WAYS_FILE, "-e", BPFTRACE, "-c" },
	  .format = COUNTS_BPFTRACE, .scope = SCOPE_ALL, .one_word = true,
	  .own_status = true },
	{ .name = "perf trace -s", .program = "perf",
	  .words = { "trace", "-s", "-o", WAYS_FILE, "--" },
	  .format = COUNTS_PERF, .scope = SCOPE_ALL, .own_status = true },
	{ .name = "strace -cf", .program = "strace",
	  .words = { "-cf", "-o", WAYS_FILE, "--" },
	  .format = COUNTS_STRACE, .scope = SCOPE_ALL },
};

const size_t way_count = sizeof(way_table) / sizeof(*way_table);

static bool has_blanks(char *const *command)
{
	for (; *command; command++)
		if (!**command || strpbrk(*command, " \t\n\"'\\"))
			return true;
	return false;
}

int ways_find(char **ret, const struct way *way, char *const *command,
	      struct why *why)
{
	char name[COUNTS_NAME];

	*ret = NULL;
	if (way->format == COUNTS_BPFTRACE &&
	    !syscall_find(name, sizeof(name), ABI_NATIVE, 1))
		return why_set(why, ENOTSUP, "it counts by numbers, and this "
			       "build knows no names for them");
	if (way->one_word && has_blanks(command))
		return why_set(why, EINVAL, "it takes a command without "
			       "blanks or quotes in its words only");
	if (!way->program)
		return 0;
	return launch_find(ret, way->program, NULL) ?
	       why_set(why, ENOENT, "not installed") : 0;
}

/* Words with blanks between them, the first one replaced. */
static char *join(const char *first, char *const *words)
{
	size_t size = strlen(first) + 1;
	char *text;

	for (char *const *word = words + 1; *word; word++)
		size += strlen(*word) + 1;
	text = calloc(1, size);
	if (!text)
		return NULL;
	strcpy(text, first);
	for (char *const *word = words + 1; *word; word++) {
		strcat(text, " ");
		strcat(text, *word);
	}
	return text;
}

static const char *first_word(const struct way *way)
{
	return way->program ? way->program :
	       way->collector ? "smbsysacct" : NULL;
}

char **ways_argv(const struct way *way, const char *file, const char *path,
		 char *const *command)
{
	size_t n = 0, words = 0, size;
	char **argv;

	while (command[words])
		words++;
	size = words + WAYS_MAX_WORDS + 2;
	argv = calloc(size, sizeof(*argv));
	if (!argv)
		return NULL;
	if (first_word(way))
		argv[n++] = strdup(first_word(way));
	for (int i = 0; i < WAYS_MAX_WORDS && way->words[i]; i++)
		argv[n++] = strdup(strcmp(way->words[i], WAYS_FILE) ?
				   way->words[i] : file);
	if (way->one_word)
		argv[n++] = join(path, command);
	else
		for (size_t i = 0; i < words; i++)
			argv[n++] = strdup(command[i]);
	for (size_t i = 0; i < n; i++)
		if (!argv[i]) {
			/* The first gap would end what is freed. */
			for (size_t k = i + 1; k < n; k++)
				free(argv[k]);
			ways_free(argv);
			return NULL;
		}
	return argv;
}

void ways_free(char **argv)
{
	for (char **word = argv; word && *word; word++)
		free(*word);
	free(argv);
}
