/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot made by hand, with all that a report has to show: exact and
 * estimated values, what was not measured, hostile names, ended processes
 * and children, losses and notes. It needs no ledger and no clock.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <string.h>

#include "acct/snapshot.h"
#include "model/abi.h"
#include "unit.h"

#define EVIL_NAME "ev\033[31mil\n\xff\xe2\x80\xae"

struct sample {
	struct snapshot snap;
	struct row rows[5];
	struct account processes[3];
	char *notes[2];
};

static inline void set(struct cell *cell, enum measure m, int64_t ms)
{
	cell_add(cell, m, ms * MS);
}

static inline void set_estimate(struct row *row, int64_t ms, int64_t lo_ms,
				int64_t hi_ms)
{
	cell_add_estimate(&row->cell, MEASURE_WALL, ms * MS);
	cell_add_estimate(&row->cell, MEASURE_BLOCKED, ms * MS);
	row->blocked_lo_ns = lo_ms * MS;
	row->blocked_hi_ns = hi_ms * MS;
}

static inline void sample_rows(struct sample *s)
{
	struct row *row = s->rows;

	for (int i = 0; i < 5; i++) {
		row[i].key.pid = i < 3 ? 4711 : 4712;
		row[i].key.process_start = 100;
		row[i].key.abi = ABI_STATE;
		row[i].process = i < 3 ? "smbd" : EVIL_NAME;
	}
	row[0].syscall = "epoll_wait";
	row[0].key.abi = ABI_NATIVE;
	row[0].key.nr = 232;
	set_estimate(&row[0], 9500, 9210, 9655);
	row[1].syscall = "fsync";
	row[1].key.abi = ABI_NATIVE;
	row[1].key.nr = 74;
	set_estimate(&row[1], 2500, 2345, 2790);
	row[2].syscall = "[running]";
	set(&row[2].cell, MEASURE_WALL, 8000);
	set(&row[2].cell, MEASURE_CPU, 7000);
	set(&row[2].cell, MEASURE_RUNQ, 1000);
	row[3].syscall = "[asleep in \033c]";
	row[3].key.abi = ABI_WCHAN;
	set(&row[3].cell, MEASURE_WALL, 1500);
	set(&row[3].cell, MEASURE_BLOCKED, 1500);
	row[3].blocked_lo_ns = row[3].blocked_hi_ns = 1500 * MS;
	row[4].syscall = "[running]";
	row[4].key.nr = STATE_RUNNING;
	set(&row[4].cell, MEASURE_WALL, 0);
	set(&row[4].cell, MEASURE_CPU, 0);
}

static inline void sample_accounts(struct sample *s)
{
	struct account *smbd = &s->processes[0], *evil = &s->processes[1];
	struct account *children = &s->processes[2];

	smbd->key.pid = 4711;
	smbd->name = "smbd";
	set(&smbd->cell, MEASURE_WALL, 20000);
	set(&smbd->cell, MEASURE_USER, 4000);
	set(&smbd->cell, MEASURE_SYSTEM, 2990);
	set(&smbd->cell, MEASURE_BLOCKED, 12000);
	set(&smbd->cell, MEASURE_RUNQ, 1000);
	smbd->waits[0] = (struct wait){ "epoll_wait", 9500 * MS, true };
	smbd->waits[1] = (struct wait){ "fsync", 2500 * MS, true };
	smbd->n_waits = 2;
	smbd->has_residual = true;
	smbd->residual_ns = 10 * MS;
	evil->key.pid = 4712;
	evil->name = EVIL_NAME;
	evil->ended = true;
	set(&evil->cell, MEASURE_WALL, 1500);
	set(&evil->cell, MEASURE_USER, 10);
	set(&evil->cell, MEASURE_SYSTEM, 0);
	cell_add_estimate(&evil->cell, MEASURE_BLOCKED, 1500 * MS);
	evil->has_residual = true;
	evil->residual_ns = -10 * MS;
	children->key.pid = 4711;
	children->key.tid = TID_CHILDREN;
	children->name = "smbd (its ended children)";
	set(&children->cell, MEASURE_WALL, 500);
	set(&children->cell, MEASURE_USER, 300);
	set(&children->cell, MEASURE_SYSTEM, 200);
	children->has_residual = true;
}

static inline void sample_init(struct sample *s)
{
	struct snapshot *snap = &s->snap;

	memset(s, 0, sizeof(*s));
	sample_rows(s);
	sample_accounts(s);
	s->notes[0] = "bytes of 4712 are not known";
	s->notes[1] = "children are not followed";
	snap->cfg = (struct snapshot_cfg){
		.collector = "proc", .by = 1u << DIM_SYSCALL |
					   1u << DIM_PROCESS,
		.measures = 1u << MEASURE_WALL | 1u << MEASURE_BLOCKED |
			    1u << MEASURE_CPU | 1u << MEASURE_RUNQ |
			    1u << MEASURE_USER | 1u << MEASURE_SYSTEM,
		.estimated = 1u << MEASURE_BLOCKED | 1u << MEASURE_WALL,
		.end_ns = 1700000000 * SEC, .interval_ns = 10 * SEC,
		.own_cpu_ns = 62 * MS,
	};
	snap->rows = s->rows;
	snap->n_rows = 5;
	snap->processes = s->processes;
	snap->n_processes = 3;
	for (int i = 0; i < 5; i++)
		cell_merge(&snap->total.cell, &s->rows[i].cell);
	for (int i = 0; i < 3; i++)
		cell_merge(&snap->all.cell, &s->processes[i].cell);
	snap->total.cell.estimated = snap->all.cell.estimated;
	snap->all.has_residual = true;
	snap->all.has_seen = true;
	snap->all.seen_ns = 13 * SEC;
	snap->all.seen_lo_ns = 12 * SEC;
	snap->all.seen_hi_ns = 14 * SEC;
	snap->all.looked_wall_ns = 20 * SEC;
	snap->all.looked_blocked_ns = 12 * SEC;
	snap->n_threads = 3;
	snap->lost[LOSS_TAIL_NS] = 5 * MS;
	snap->lost[LOSS_TASKS] = 2;
	snap->now = (struct gauges){ 1, 2, 2 };
	snap->notes = s->notes;
	snap->n_notes = 2;
}

#endif
