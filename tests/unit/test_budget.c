/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Budgets judged by a report that is made by hand. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/budget.h"
#include "model/abi.h"

#define COUNTED (1u << MEASURE_CALLS | 1u << MEASURE_ERRORS)
#define TIMED (1u << MEASURE_WALL | 1u << MEASURE_BLOCKED | \
	       1u << MEASURE_ENDED | 1u << MEASURE_MIN | 1u << MEASURE_MAX)

static struct row rows[4], requests[2], bill[4];
static struct snapshot parts[PART_COUNT];
static struct snapshot snap;

static void set_row(struct row *row, const char *call, const char *request,
		    int64_t calls, int64_t wall_ms)
{
	*row = (struct row){ .syscall = call, .request = request };
	row->key.abi = ABI_NATIVE;
	cell_add(&row->cell, call ? MEASURE_CALLS : MEASURE_REQUESTS, calls);
	cell_add(&row->cell, MEASURE_ERRORS, calls / 10);
	cell_add(&row->cell, MEASURE_WALL, wall_ms * MS);
	cell_add(&row->cell, MEASURE_ENDED, wall_ms * MS);
	cell_add(&row->cell, MEASURE_BLOCKED, wall_ms * MS / 2);
	cell_add(&row->cell, MEASURE_MIN, 1000);
	cell_add(&row->cell, MEASURE_MAX, 9 * MS);
	row->told[0] = (struct told){ 0.99, 3 * MS };
}

static void make_table(struct snapshot *table, struct row *list, size_t n,
		       unsigned by)
{
	table->cfg = snap.cfg;
	table->cfg.by = by;
	table->cfg.smb = false;
	table->rows = list;
	table->n_rows = n;
	table->all = snap.all;
}

/* In 10 s of 20 s of wall. */
static int make(void **state)
{
	(void)state;
	snap = (struct snapshot){ .cfg = {
		.collector = "bpf", .measures = COUNTED | TIMED,
		.by = 1u << DIM_SYSCALL, .interval_ns = 10 * SEC,
		.all_calls = true,
	} };
	set_row(&rows[0], "pread64", NULL, 1000, 100);
	set_row(&rows[1], "openat", NULL, 100, 10);
	set_row(&rows[2], "fstat", NULL, 300, 3);
	set_row(&rows[3], "[running]", NULL, 0, 5000);
	rows[3].cell.have = 1u << MEASURE_WALL;
	rows[3].key.abi = ABI_STATE;
	snap.rows = rows;
	snap.n_rows = N_OF(rows);
	for (size_t i = 0; i < N_OF(rows); i++)
		cell_merge(&snap.total.cell, &rows[i].cell);
	cell_add(&snap.all.cell, MEASURE_WALL, 20 * SEC);
	return 0;
}

static int make_smb(void **state)
{
	make(state);
	snap.cfg.smb = true;
	snap.cfg.measures |= 1u << MEASURE_REQUESTS;
	set_row(&requests[0], NULL, "CREATE", 50, 200);
	set_row(&requests[1], NULL, "READ", 1000, 300);
	set_row(&bill[0], "openat", "CREATE", 100, 10);
	set_row(&bill[1], "fstat", "CREATE", 300, 3);
	set_row(&bill[2], "pread64", "READ", 1000, 100);
	set_row(&bill[3], "epoll_wait", "(event loop)", 7, 100);
	bill[0].requests = bill[1].requests = 50;
	bill[2].requests = 1000;
	memset(parts, 0, sizeof(parts));
	for (int i = 0; i < PART_COUNT; i++)
		snap.parts[i] = &parts[i];
	make_table(&parts[PART_REQUESTS], requests, 2, 1u << DIM_REQUEST);
	make_table(&parts[PART_BILL], bill, 4,
		   1u << DIM_REQUEST | 1u << DIM_SYSCALL);
	return 0;
}

static char said[4096];

static int judge_with(const char *text, const struct callset *counted)
{
	struct budget budget = { 0 };
	struct why why = { 0 };
	FILE *out = fmemopen(strcpy(said, ""), sizeof(said), "w");
	int verdict;

	assert_non_null(out);
	if (budget_add(&budget, text, &why))
		fail_msg("%s", why.text);
	verdict = budget_judge(out, &budget, &snap, counted);
	fclose(out);
	budget_done(&budget);
	return verdict;
}

static void judged(const char *text, int wanted)
{
	int verdict = judge_with(text, NULL);

	if (verdict != wanted)
		fail_msg("'%s' is %d, not %d: %s", text, verdict, wanted,
			 said);
	assert_int_equal(!*said, verdict == BUDGET_KEPT);
}

static const struct verdict {
	const char *text;
	int verdict;
} plain[] = {
	{ "calls(openat)<=100", BUDGET_KEPT },
	{ "calls(openat)<100", BUDGET_VIOLATED },
	{ "calls(openat)=100", BUDGET_KEPT },
	{ "calls(openat)>100", BUDGET_VIOLATED },
	{ "calls(openat)>=100", BUDGET_KEPT },
	{ "calls(openat,fstat)=400", BUDGET_KEPT },
	{ "calls(*)=1400", BUDGET_KEPT },
	{ "calls(fstat)<21%", BUDGET_VIOLATED },	/* 21.4% */
	{ "calls(fstat)<22%", BUDGET_KEPT },
	{ "errors(%file)<=10", BUDGET_KEPT },
	{ "errors(openat)<=10%", BUDGET_KEPT },
	{ "errors(openat)<10%", BUDGET_VIOLATED },
	{ "pread64/s<=100", BUDGET_KEPT },
	{ "pread64/s<100", BUDGET_VIOLATED },
	{ "wall(pread64)/s<=10ms", BUDGET_KEPT },
	{ "wall(pread64)<0.5%", BUDGET_VIOLATED },	/* just so much */
	{ "wall(pread64)<=0.5%", BUDGET_KEPT },
	{ "wall-percent(pread64)<=0.5%", BUDGET_KEPT },
	{ "blocked(pread64)<=50ms", BUDGET_KEPT },
	{ "avg(pread64)<=100us", BUDGET_KEPT },
	{ "avg(pread64)<99us", BUDGET_VIOLATED },
	{ "max(pread64)<=9ms", BUDGET_KEPT },
	{ "min(pread64)<1us", BUDGET_VIOLATED },
	{ "p99(pread64)<=3ms", BUDGET_KEPT },
	{ "p99(pread64)<2ms", BUDGET_VIOLATED },
	/* It was told of each of them, and not of both. */
	{ "p99(pread64,openat)<2ms", BUDGET_UNKNOWN },
	{ "p50(pread64)<2ms", BUDGET_UNKNOWN },
	/* What was not made. */
	{ "calls(fsync)=0", BUDGET_KEPT },
	{ "p99(fsync)<2ms", BUDGET_KEPT },
	{ "avg(fsync)<2ms", BUDGET_KEPT },
	{ "errors(fsync)<1%", BUDGET_KEPT },
	{ "calls(fsync)>0", BUDGET_VIOLATED },
	/* What is not measured, or not there. */
	{ "runq(pread64)<1s", BUDGET_UNKNOWN },
	{ "runq(fsync)<1s", BUDGET_UNKNOWN },
	{ "openat/CREATE<3", BUDGET_UNKNOWN },
	{ "p99(CREATE)<3ms", BUDGET_UNKNOWN },
};

static void rules_of_calls(void **state)
{
	(void)state;
	NEED_NAMES();
	for (size_t i = 0; i < N_OF(plain); i++)
		judged(plain[i].text, plain[i].verdict);
}

static void rules_of_requests(void **state)
{
	static const struct verdict smb[] = {
		{ "openat/CREATE<=2", BUDGET_KEPT },
		{ "openat/CREATE<2", BUDGET_VIOLATED },
		{ "openat,fstat/CREATE=8", BUDGET_KEPT },
		{ "*/CREATE=8", BUDGET_KEPT },
		{ "calls(*/CREATE)=400", BUDGET_KEPT },
		{ "fsync/CREATE=0", BUDGET_KEPT },
		{ "openat/READ=0", BUDGET_KEPT },
		{ "openat/WRITE=0", BUDGET_UNKNOWN },
		{ "calls(openat/WRITE)=0", BUDGET_KEPT },
		{ "wall-per-request(openat/CREATE)<=200us", BUDGET_KEPT },
		{ "requests(CREATE)=50", BUDGET_KEPT },
		{ "requests(WRITE)=0", BUDGET_KEPT },
		{ "CREATE/s<=5", BUDGET_KEPT },
		{ "CREATE/s<5", BUDGET_VIOLATED },
		{ "avg(CREATE)<=4ms", BUDGET_KEPT },
		{ "p99(CREATE)<3ms", BUDGET_VIOLATED },
		{ "errors(CREATE)<=10%", BUDGET_KEPT },
		{ "errors(CREATE)<10%", BUDGET_VIOLATED },
		{ "calls(openat)=100", BUDGET_KEPT },
	};

	(void)state;
	NEED_NAMES();
	for (size_t i = 0; i < N_OF(smb); i++)
		judged(smb[i].text, smb[i].verdict);
}

static void a_line_has_rule_and_value(void **state)
{
	(void)state;
	NEED_NAMES();
	judged("p99(pread64)<2ms;calls(openat)<=100;runq(openat)<1s",
	       BUDGET_VIOLATED);
	assert_string_equal(said,
		"smbsysacct: budget 'p99(pread64)<2ms' is violated: it is "
		"3ms\n"
		"smbsysacct: budget 'runq(openat)<1s' cannot be judged: the "
		"bpf collector does not measure it here\n");
	/* Alone, what is unknown is not violated. */
	judged("runq(openat)<1s", BUDGET_UNKNOWN);
	cell_add_estimate(&rows[0].cell, MEASURE_BLOCKED, 0);
	judged("blocked(pread64)<1ms", BUDGET_VIOLATED);
	assert_non_null(strstr(said, "it is ~50ms\n"));
}

static void without_each_call_nothing_is_none(void **state)
{
	struct callset counted;

	(void)state;
	NEED_NAMES();
	snap.cfg.all_calls = false;
	judged("calls(fsync)=0", BUDGET_UNKNOWN);
	assert_non_null(strstr(said, "not every call was counted"));
	judged("calls(openat)=100", BUDGET_KEPT);
	/* Unless it is among those that were. */
	assert_int_equal(callset_parse(&counted, "fsync,openat", NULL), 0);
	assert_int_equal(judge_with("calls(fsync)=0", &counted),
			 BUDGET_KEPT);
	assert_int_equal(judge_with("calls(sync)=0", &counted),
			 BUDGET_UNKNOWN);
	/* And none got lost. */
	snap.lost[LOSS_CALLS] = 1;
	assert_int_equal(judge_with("calls(fsync)=0", &counted),
			 BUDGET_UNKNOWN);
}

static void rows_have_to_be_by_call(void **state)
{
	(void)state;
	NEED_NAMES();
	snap.cfg.by = 1u << DIM_PROCESS;
	judged("calls(openat)=100", BUDGET_UNKNOWN);
	assert_non_null(strstr(said, "add syscall to --by"));
	judged("calls(*)=1400", BUDGET_KEPT);
}

static void a_bad_rule_adds_none(void **state)
{
	struct budget budget = { 0 };
	struct why why = { 0 };
	char many[4 * BUDGET_MAX_RULES + 64] = "";

	(void)state;
	NEED_NAMES();
	assert_int_equal(budget_add(&budget, "calls(read)<5;x", &why),
			 -EINVAL);
	assert_int_equal(budget.n, 0);
	assert_int_equal(budget_add(&budget, "calls(read)<5;", &why),
			 -EINVAL);
	assert_int_equal(budget_add(&budget, "calls(read)<5", &why), 0);
	assert_int_equal(budget_add(&budget, "read/s<5; read/s>1", &why), 0);
	assert_int_equal(budget.n, 3);
	/* Each takes a while to parse: of no call they take none. */
	for (int i = 0; i <= BUDGET_MAX_RULES; i++)
		strcat(many, "x;");
	assert_int_equal(budget_add(&budget, many, &why), -EINVAL);
	assert_int_equal(budget.n, 3);
	budget_done(&budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rules_of_calls, make),
		cmocka_unit_test_setup(rules_of_requests, make_smb),
		cmocka_unit_test_setup(a_line_has_rule_and_value, make),
		cmocka_unit_test_setup(without_each_call_nothing_is_none,
				       make),
		cmocka_unit_test_setup(rows_have_to_be_by_call, make),
		cmocka_unit_test(a_bad_rule_adds_none),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
