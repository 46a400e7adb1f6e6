/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/warn.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/procparse.h"

/* Signals that glibc itself handles, with SA_RESTART: 32 and 33. */
#define GLIBC_SIGNALS (3ULL << 31)

/* Under -A the handlers' flags are seen. */
static void warn_handlers(struct warner *warner)
{
	uint32_t given = __atomic_load_n(&warner->board->warnings,
					 __ATOMIC_ACQUIRE);
	char text[256];

	for (; warner->given != given; warner->given++) {
		const struct board_warning *w =
			&warner->board->warning[warner->given %
						BOARD_WARNINGS];

		snprintf(text, sizeof(text), "warning: %.15s handles signal "
			 "%d (%s) without SA_RESTART: under -A its calls can "
			 "fail with EINTR%s", w->comm, w->signal,
			 strsignal(w->signal), geteuid() ? "" : "; it runs as "
			 "root: for production use --collector=bpf, or leave "
			 "out -A");
		sink_note(warner->sink, text);
	}
}

/* A server as root, whose flags are not known: smbd's handlers lack it. */
static void warn_server(struct warner *warner, pid_t pid)
{
	struct proc_status status;
	struct proc_stat stat;
	char buf[4096], text[256];

	if (procfs_read(warner->fs, buf, sizeof(buf), "%d/status", pid) <= 0 ||
	    proc_parse_status(buf, &status) || status.uid ||
	    !(status.caught & ~GLIBC_SIGNALS) ||
	    procfs_read(warner->fs, buf, sizeof(buf), "%d/stat", pid) <= 0 ||
	    proc_parse_stat(buf, &stat))
		return;
	snprintf(text, sizeof(text), "warning: %.15s is a server that runs "
		 "as root and handles signals: calls that wait can fail with "
		 "EINTR earlier than they would; for production use "
		 "--collector=bpf", stat.comm);
	sink_note(warner->sink, text);
}

void warn_new(struct warner *warner, pid_t server)
{
	warn_handlers(warner);
	if (server && server != warner->server)
		warn_server(warner, server);
	warner->server = server;
}
