/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, session, exit status. The only caller of exit(). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/procfs.h"
#include "options.h"
#include "session.h"
#include "target.h"

/* As in the manual. */
enum { EXIT_USAGE = 2, EXIT_OURS = 125 };

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
		fprintf(stderr, "An smbd runs here: smbsysacct -p %d\n", smbd);
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

static int run(const struct options *options, struct why *why)
{
	switch (options->mode) {
	case MODE_HELP:
		options_help(stdout);
		return flushed(0);
	case MODE_VERSION:
		options_version(stdout);
		return flushed(0);
	case MODE_LIST:
		if (options_list(stdout, options->list, why))
			return complain(why, EXIT_USAGE);
		return flushed(0);
	case MODE_NOTHING:
		return suggest();
	case MODE_LAUNCH:
		fprintf(stderr, "smbsysacct: this build has no collector that "
			"can launch a command; start it, then attach with "
			"-p PID\n");
		return EXIT_USAGE;
	case MODE_ATTACH:
		break;
	}
	if (session_run(options, why))
		return complain(why, why->err == EINVAL ? EXIT_USAGE :
				EXIT_OURS);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options;
	struct why why = { 0 };
	int status;

	/* A file size limit then fails a write, with a sentence. */
	signal(SIGXFSZ, SIG_IGN);
	if (options_parse(&options, argc, argv, &why))
		status = complain(&why, EXIT_USAGE);
	else
		status = run(&options, &why);
	options_done(&options);
	exit(status);
}
