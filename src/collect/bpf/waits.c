/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/waits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "collect/bpf/kallsyms.h"
#include "model/abi.h"
#include "model/reasons.h"
#include "model/syscall.h"
#include "model/waits.h"

struct reason {
	uint64_t stack;		/* the map's key: stays first */
	int32_t label;
};

struct waits {
	struct engine *engine;
	const struct sink *sink;
	struct kallsyms functions;
	bool blind;		/* they are hidden */
	struct map reasons;
	int32_t *wakers;	/* labels, by number; 0: not looked up yet */
};

/* --- code that tells who wakes --------------------------------------------------- */

/* Beyond the numbers of reasons' rows. */
#define CODE_NUMBERS 4096

/* kernel/softirq.c, kernel/time/hrtimer.c, kernel/time/timer.c,
 * kernel/irq/handle.c, kernel/smp.c, kernel/irq_work.c, net/core/dev.c. */
static const struct {
	const char *name;
	enum code_kind kind;
} codes[] = {
	{ "__hrtimer_run_queues", CODE_TIMER },
	{ "call_timer_fn", CODE_TIMER },
	{ "expire_timers", CODE_TIMER },
	{ "__run_timers", CODE_TIMER },
	{ "__handle_irq_event_percpu", CODE_DEVICE },
	{ "__flush_smp_call_function_queue", CODE_DEVICE },
	{ "flush_smp_call_function_queue", CODE_DEVICE },
	{ "irq_work_run_list", CODE_DEVICE },
	{ "irq_work_single", CODE_DEVICE },
	{ "__irq_exit_rcu", CODE_INTERRUPTED },
	{ "irq_exit_rcu", CODE_INTERRUPTED },
	{ "irq_exit", CODE_INTERRUPTED },
	{ "run_ksoftirqd", CODE_INTERRUPTED },
	{ "process_backlog", CODE_BACKLOG },
	{ "__local_bh_enable_ip", CODE_LET },
	{ "do_softirq", CODE_LET },
};

static int number_of(const char *name)
{
	size_t len = strcspn(name, ".");

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (strlen(codes[i].name) == len &&
		    !memcmp(codes[i].name, name, len))
			return CODE_NUMBERS + (int)codes[i].kind;
	return reasons_row(name);
}

static void tell_codes(struct waits *waits)
{
	struct control *control = waits->engine->control;
	uint32_t n = 0;

	for (size_t i = 0; i < waits->functions.n && n < CODES; i++) {
		const struct function *f = &waits->functions.functions[i];

		if (f->number < CODE_NUMBERS)
			continue;
		control->codes[n++] = (struct code){
			f->start, f->end,
			(uint64_t)(f->number - CODE_NUMBERS),
		};
	}
	control->n_codes = n;
}

/* --- the module --------------------------------------------------------------------- */

int waits_new(struct waits **ret, struct engine *engine,
	      const struct procfs *fs, const struct sink *sink,
	      struct why *why)
{
	struct waits *waits = calloc(1, sizeof(*waits));
	int err;

	if (!waits)
		goto fail;
	waits->engine = engine;
	waits->sink = sink;
	map_init(&waits->reasons, sizeof(uint64_t));
	waits->wakers = calloc(WAKERS, sizeof(*waits->wakers));
	if (!waits->wakers)
		goto fail;
	err = kallsyms_init(&waits->functions, fs, number_of);
	if (err == -ENOMEM)
		goto fail;
	waits->blind = err;
	if (err)
		sink_note(sink, "/proc/kallsyms does not show where the "
			  "kernel's functions are (CAP_SYSLOG, "
			  "kernel.kptr_restrict): reasons are by the call "
			  "that waited, and interrupts can be taken for the "
			  "process that they interrupted");
	tell_codes(waits);
	*ret = waits;
	return 0;
fail:
	waits_free(waits);
	return why_set(why, ENOMEM, "out of memory");
}

void waits_free(struct waits *waits)
{
	if (!waits)
		return;
	map_free_all(&waits->reasons);
	kallsyms_done(&waits->functions);
	free(waits->wakers);
	free(waits);
}

static int32_t label(const struct waits *waits, const char *text)
{
	return waits->sink->label(waits->sink->ctx, text) + 1;
}

/* --- reasons ------------------------------------------------------------------------ */

static int32_t find_reason(const struct waits *waits, uint64_t hash)
{
	struct stack stack;
	int rows[STACK_FRAMES];
	size_t n;

	if (!engine_stack(waits->engine, hash, &stack))
		return label(waits, "(not seen)");
	n = stack.n < STACK_FRAMES ? stack.n : STACK_FRAMES;
	/* A return address can be one beyond its function. */
	for (size_t i = 0; i < n; i++)
		rows[i] = kallsyms_at(&waits->functions, stack.pc[i] - 1);
	return label(waits, reasons_pick(rows, n));
}

/* By the call alone, which is a guess. */
static int32_t guess_reason(const struct waits *waits, const struct key *key)
{
	char name[64], text[64];
	const char *call = key->abi == ABI_STATE ? "[outside calls]" :
			   syscall_name(name, sizeof(name), key->abi,
					key->nr);

	snprintf(text, sizeof(text), "~%s",
		 wait_kind_names[waits_kind(call)]);
	return label(waits, text);
}

static int32_t reason_of(struct waits *waits, uint64_t hash,
			 const struct key *key)
{
	struct reason *reason;

	if (hash == STACK_SEVERAL)
		return label(waits, "(several)");
	if (hash <= STACK_SEVERAL)
		return label(waits, "(not seen)");
	if (waits->blind)
		return guess_reason(waits, key);
	reason = map_get(&waits->reasons, &hash);
	if (reason)
		return reason->label;
	reason = calloc(1, sizeof(*reason));
	if (!reason)
		return 0;
	reason->stack = hash;
	reason->label = find_reason(waits, hash);
	if (!map_add(&waits->reasons, reason))
		return reason->label;
	free(reason);
	return 0;
}

/* --- wakers ------------------------------------------------------------------------- */

const char *waits_waker(char *buf, size_t size, const struct waker *waker)
{
	int own = (int)strnlen(waker->thread, sizeof(waker->thread));
	int all = (int)strnlen(waker->process, sizeof(waker->process));

	if (waker->flags & WAKER_KERNEL)
		snprintf(buf, size, "%.*s", own, waker->thread);
	else if (waker->flags & WAKER_BY_NAME)
		snprintf(buf, size, "%.*s (any)", own, waker->thread);
	else if (!waker->tgid)
		snprintf(buf, size, "%.*s (elsewhere)", own, waker->thread);
	else if (waker->tgid == waker->tid)
		snprintf(buf, size, "%.*s %d", all, waker->process,
			 waker->tgid);
	else if (own == all && !memcmp(waker->process, waker->thread,
				       (size_t)own))
		snprintf(buf, size, "%.*s %d/%d", all, waker->process,
			 waker->tgid, waker->tid);
	else
		snprintf(buf, size, "%.*s %d/%d (%.*s)", all, waker->process,
			 waker->tgid, waker->tid, own, waker->thread);
	return buf;
}

static int32_t waker_label(struct waits *waits, uint32_t number)
{
	static const char *const names[WAKER_FIRST] = {
		[WAKER_NO_ROOM] = "(one of many)",
		[WAKER_SEVERAL] = "(several)",
		[WAKER_INTERRUPT] = "(interrupt)",
		[WAKER_SOFTIRQ] = "(softirq)",
		[WAKER_TIMER] = "(timer)",
	};
	char text[96];

	if (!number || number >= WAKERS)
		return 0;
	if (waits->wakers[number] > 0)
		return waits->wakers[number];
	waits->wakers[number] = number < WAKER_FIRST ?
		(names[number] ? label(waits, names[number]) : 0) :
		label(waits, waits_waker(text, sizeof(text),
					 &waits->engine->wakers[number]));
	return waits->wakers[number];
}

void waits_name(struct waits *waits, const struct detail *detail,
		struct key *key)
{
	if (!detail->wait)
		return;
	key->reason = reason_of(waits, detail->wait, key);
	key->waker = waker_label(waits, detail->waker);
}
