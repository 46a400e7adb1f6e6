/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SMB side of the collector: which libraries have probes, and what the
 * programs know of requests.
 */
#ifndef COLLECT_BPF_SMB_H
#define COLLECT_BPF_SMB_H

#include <stdbool.h>

#include "collect/bpf/engine.h"
#include "collect/bpf/gather.h"
#include "collect/collector.h"

struct smb {
	struct engine *engine;
	struct gather *gather;
	const struct collector_cfg *cfg;	/* lent */
	const struct sink *sink;
	bool looking;		/* for libraries of new processes ... */
	int64_t look_until_ns;	/* ... that may not have mapped them yet */
	bool told_blind;
};

/* More room than calls alone take. */
void smb_plan(struct plan *plan);
/* Before anything is attached; all of @smb but its flags is set. */
int smb_open(struct smb *smb, struct why *why);
void smb_close(struct smb *smb);

/* The libraries of all targets get their probes; -ESRCH: there is none. */
int smb_attach(struct smb *smb, struct why *why);
/* A process has become an smbd. */
void smb_expect(struct smb *smb);
/* What there is to be done now and then. */
void smb_look(struct smb *smb);

#endif
