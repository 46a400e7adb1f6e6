/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, session, exit status. The only caller of exit(). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "about.h"
#include "base/procfs.h"
#include "check.h"
#include "contrast.h"
#include "diff.h"
#include "options.h"
#include "replay.h"
#include "session.h"
#include "target.h"

static int complain(const struct why *why, int status)
{
	fprintf(stderr, "smbsysacct: %s\n", why->text);
	return status;
}

/* Short usage, with the line to type for an smbd that runs. */
static int suggest(void)
{
	struct procfs fs;
	pid_t smbd = 0;

	options_usage(stderr);
	if (!procfs_init(&fs, "/proc", NULL)) {
		smbd = target_find_smbd(&fs);
		procfs_done(&fs);
	}
	if (smbd)
		fprintf(stderr, "An smbd runs here: smbsysacct --smb, or "
			"smbsysacct -p %d\n", smbd);
	return EXIT_USAGE;
}

/* What was written to standard output may still fail, on a full device. */
static int flushed(int status)
{
	if (!fflush(stdout))
		return status;
	perror("smbsysacct: cannot write to standard output");
	return EXIT_OURS;
}

/* As the command did, so that whoever waits for us sees the same. */
static int die_of(int number)
{
	struct rlimit none = { 0, 0 };
	sigset_t mask;

	/* Its core is the one that matters, and may have the same name. */
	setrlimit(RLIMIT_CORE, &none);
	signal(number, SIG_DFL);
	sigemptyset(&mask);
	sigaddset(&mask, number);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	raise(number);
	return 128 + number;
}

static int run_session(const struct options *options, struct why *why)
{
	struct outcome outcome;

	if (session_run(options, &outcome, why))
		return complain(why, outcome.status);
	fflush(NULL);
	return outcome.signal ? die_of(outcome.signal) : outcome.status;
}

static int run_check(const struct options *options, struct why *why)
{
	int serves = check_print(stdout, options, why);

	if (serves < 0 && options->mode == MODE_LAUNCH)
		return complain(why, serves == -EACCES ? EXIT_NOT_RUN :
				     EXIT_NOT_FOUND);
	if (serves < 0)
		return complain(why, EXIT_OURS);
	return flushed(serves ? 0 : EXIT_OURS);
}

static int run_contrast(const struct options *options, struct why *why)
{
	int status;

	if (contrast_run(options, &status, why))
		return complain(why, status);
	return flushed(status);
}

static int run_diff(const struct options *options, struct why *why)
{
	int status;

	if (diff_run(options, &status, why))
		return complain(why, status);
	return flushed(status);
}

static int run_replay(const struct options *options, struct why *why)
{
	int status;

	if (replay_run(options, &status, why))
		return complain(why, status);
	return flushed(status);
}

static int run(const struct options *options, struct why *why)
{
	switch (options->mode) {
	case MODE_HELP:
		options_help(stdout);
		return flushed(0);
	case MODE_VERSION:
		about_version(stdout);
		return flushed(0);
	case MODE_LIST:
		if (about_list(stdout, options->list, why))
			return complain(why, EXIT_USAGE);
		return flushed(0);
	case MODE_REPLAY:
		return run_replay(options, why);
	case MODE_NOTHING:
	case MODE_LAUNCH:
	case MODE_ATTACH:
		break;
	}
	if (options->diff[0])
		return run_diff(options, why);
	if (options->check)
		return run_check(options, why);
	if (options->contrast)
		return run_contrast(options, why);
	if (options->mode == MODE_NOTHING)
		return suggest();
	return run_session(options, why);
}

int main(int argc, char **argv)
{
	/* A file size limit then fails a write, with a sentence. */
	bool size_signal = signal(SIGXFSZ, SIG_IGN) != SIG_IGN;
	struct options options;
	struct why why = { 0 };
	int status;

	if (options_parse(&options, argc, argv, &why)) {
		status = complain(&why, EXIT_USAGE);
	} else {
		options.size_signal = size_signal;
		status = run(&options, &why);
	}
	options_done(&options);
	exit(status);
}
