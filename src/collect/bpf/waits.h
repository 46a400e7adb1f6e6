/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's stacks and the numbers of wakers in struct detail stand
 * for: the reason why a thread slept, and who woke it. Each is looked up
 * once, and then a number for the sink.
 */
#ifndef COLLECT_BPF_WAITS_H
#define COLLECT_BPF_WAITS_H

#include "base/procfs.h"
#include "base/why.h"
#include "collect/bpf/engine.h"
#include "model/event.h"
#include "model/key.h"

struct waits;

/* Before the programs are attached, as it tells them which code of the
 * kernel's runs timers and interrupts. */
int waits_new(struct waits **ret, struct engine *engine,
	      const struct procfs *fs, const struct sink *sink,
	      struct why *why);
void waits_free(struct waits *waits);

/* The reason and the waker of @key, whose call is set already. */
void waits_name(struct waits *waits, const struct detail *detail,
		struct key *key);

/* What a waker is called. */
const char *waits_waker(char *buf, size_t size, const struct waker *waker);

#endif
