/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maps of the BPF programs: how large they are, and those that are memory
 * which both sides have. Part of the engine. */
#ifndef COLLECT_BPF_MEMORY_H
#define COLLECT_BPF_MEMORY_H

#include "collect/bpf/engine.h"

/* SMB2 requests in progress by all clients; each may have some thousand. */
#define OPEN_REQUESTS 32768

/* Before the programs are loaded, by engine->plan. 0 or -errno. */
int memory_size(struct engine *engine);
/* Once they are loaded, with what the programs find there at first. */
int memory_map(struct engine *engine, struct why *why);
void memory_unmap(struct engine *engine);

#endif
