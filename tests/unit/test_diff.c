/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --diff says of reports that are made by hand. */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/diff.h"
#include "diff_print.h"
#include "model/abi.h"

#define MAX_ROWS 40

static struct observations o;
static struct diff diff;
static struct why why;

/* A report on its way: rows are added to it. */
static struct row rows[MAX_ROWS], bill[MAX_ROWS], requests[MAX_ROWS];
static struct snapshot parts[PART_COUNT], snap;
static int64_t clock_ns;

static void begin(bool smb)
{
	snap = (struct snapshot){ .cfg = {
		.collector = "bpf", .by = 1u << DIM_SYSCALL, .smb = smb,
		.interval_ns = SEC, .all_calls = true,
	}, .rows = rows };
	memset(parts, 0, sizeof(parts));
	parts[PART_BILL].cfg.by = 1u << DIM_REQUEST | 1u << DIM_SYSCALL;
	parts[PART_BILL].rows = bill;
	parts[PART_REQUESTS].cfg.by = 1u << DIM_REQUEST;
	parts[PART_REQUESTS].rows = requests;
	for (int i = 0; i < PART_COUNT; i++)
		snap.parts[i] = &parts[i];
	/* A while after the one before. */
	clock_ns += 5 * SEC;
	snap.cfg.end_ns = clock_ns;
}

static struct row *put(struct snapshot *table, const char *call,
		       const char *request, double n, double wall_us)
{
	struct row *row = &table->rows[table->n_rows++];

	assert_true(table->n_rows <= MAX_ROWS);
	*row = (struct row){ .syscall = call, .request = request };
	row->key.abi = ABI_NATIVE;
	cell_add(&row->cell, call ? MEASURE_CALLS : MEASURE_REQUESTS,
		 (int64_t)n);
	cell_add(&row->cell, MEASURE_WALL, (int64_t)(wall_us * 1000));
	cell_add(&row->cell, MEASURE_CPU, (int64_t)(wall_us * 1000));
	return row;
}

static void give(enum side side, size_t file, bool launched)
{
	if (observe_add(&o, side, file, &snap, launched, &why))
		fail_msg("%s", why.text);
}

static void finish(void)
{
	assert_int_equal(observe_finish(&o, &why), 0);
	assert_int_equal(diff_compute(&diff, &o, &why), 0);
}

static void done(void)
{
	diff_done(&diff);
	observe_done(&o);
}

static const struct diff_row *find(const char *name)
{
	for (size_t i = 0; i < diff.n; i++)
		if (!strcmp(diff.rows[i].row->name, name))
			return &diff.rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static char *verdict(void)
{
	static char text[1024];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	diff_print_verdict(out, &o, &diff);
	fclose(out);
	return text;
}

/* Five launched runs each; the second side makes twice as many writes. */
static void launch(size_t files, double more)
{
	observe_init(&o, false);
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < 5; i++) {
			double noise = 1 + 0.01 * (double)((3 * i +
						   (size_t)side) % 5);

			begin(false);
			put(&snap, "read", NULL, 100, 100 * noise);
			put(&snap, "write", NULL, side ? 100 * more : 100,
			    (side ? more : 1) * 500 * noise);
			snap.cfg.interval_ns = (int64_t)(SEC * noise);
			give((enum side)side, files > 1 ? i : 0, true);
		}
	finish();
}

static void twice_as_many_calls_are_found(void **state)
{
	const struct comparison *c;

	(void)state;
	launch(5, 2);
	assert_int_equal(o.sides[0].n, 5);
	assert_false(o.sides[0].of_intervals);
	assert_int_equal(diff.differing, 1);
	assert_string_equal(diff.rows[0].row->name, "write");
	assert_int_equal(diff.rows[0].unit, PER_RUN);
	c = diff_find(&diff.rows[0], OBSERVED_CALLS, PER_RUN);
	assert_non_null(c);
	assert_true(c->differs && c->change.p < 0.001);
	assert_true(fabs(c->change.ratio - 2) < 0.001);
	assert_true(fabs(c->change.after - 200) < 0.001);
	c = diff_find(&diff.rows[0], OBSERVED_WALL, PER_RUN);
	assert_true(c->differs && fabs(c->change.ratio - 2) < 0.02);
	/* Each takes as long as before. */
	c = diff_find(&diff.rows[0], OBSERVED_WALL, PER_CALL);
	assert_false(c->differs);
	/* By the second it is told, and not tested. */
	c = diff_find(&diff.rows[0], OBSERVED_CALLS, PER_SECOND);
	assert_true(c && c->aside && !c->differs);
	assert_false(find("read")->differs);
	assert_string_equal(verdict(), "B spends 2.00 times as long in write "
			    "per run: 100 more calls per run (100 before, "
			    "200 after)");
	done();
}

static void one_file_can_have_all_runs(void **state)
{
	(void)state;
	launch(1, 2);
	assert_int_equal(o.sides[1].runs, 5);
	assert_int_equal(diff.differing, 1);
	done();
}

static void the_same_does_not_differ(void **state)
{
	(void)state;
	launch(5, 1);
	assert_int_equal(diff.differing, 0);
	assert_true(diff.tested && diff.compared > 0);
	assert_non_null(strstr(verdict(), "no significant difference"));
	done();
	/* A difference of less than 5% is not worth a mark. */
	launch(5, 1.04);
	assert_int_equal(diff.differing, 0);
	assert_true(diff_find(find("write"), OBSERVED_CALLS, PER_RUN)
		    ->change.p < 0.05);
	done();
}

static void one_run_says_nothing_of_chance(void **state)
{
	(void)state;
	observe_init(&o, false);
	for (int side = 0; side < SIDES; side++) {
		begin(false);
		put(&snap, "read", NULL, side ? 900 : 100, 100);
		give((enum side)side, 0, true);
	}
	finish();
	assert_false(diff.tested);
	assert_int_equal(diff.compared, 0);
	assert_int_equal(diff.differing, 0);
	assert_true(fabs(diff_find(find("read"), OBSERVED_CALLS, PER_RUN)
			 ->change.ratio - 9) < 0.001);
	assert_string_equal(verdict(), "1 and 1 observation say nothing of "
			    "chance: take 3 runs of each, or more; here are "
			    "the factors alone");
	done();
}

/* Of one run the intervals are observations; short ones are left out. */
static void intervals_of_one_run(void **state)
{
	(void)state;
	observe_init(&o, false);
	for (int side = 0; side < SIDES; side++) {
		begin(false);
		for (size_t i = 0; i < 6; i++) {
			snap.n_rows = 0;
			snap.cfg.interval_ns = i == 5 ? SEC / 10 : SEC;
			snap.cfg.end_ns += snap.cfg.interval_ns;
			put(&snap, "read", NULL, side ? 300 : 100, 100);
			give((enum side)side, 0, false);
		}
		clock_ns += 10 * SEC;
	}
	finish();
	assert_int_equal(o.sides[0].runs, 1);
	assert_int_equal(o.sides[0].n, 5);
	assert_true(o.sides[0].of_intervals);
	assert_true(find("read")->differs);
	assert_int_equal(find("read")->unit, PER_SECOND);
	done();
}

/* Of several, they are parts of what was observed. */
static void intervals_of_several_runs(void **state)
{
	(void)state;
	observe_init(&o, false);
	for (int side = 0; side < SIDES; side++)
		for (size_t run = 0; run < 3; run++) {
			begin(false);
			for (size_t i = 0; i < 4; i++) {
				snap.n_rows = 0;
				snap.cfg.end_ns += SEC;
				if (i)
					put(&snap, "read", NULL, 100, 100);
				give((enum side)side, run, false);
			}
			clock_ns += 10 * SEC;
		}
	finish();
	assert_int_equal(o.sides[1].runs, 3);
	assert_int_equal(o.sides[1].n, 3);
	assert_false(o.sides[1].of_intervals);
	/* In none of the first intervals, and so 300 in 4 s. */
	assert_true(fabs(diff_find(find("read"), OBSERVED_CALLS, PER_SECOND)
			 ->change.after - 75) < 0.001);
	done();
}

static void give_smb(enum side side, size_t run, double stats)
{
	double noise = 1 + 0.02 * (double)(run % 3);

	begin(true);
	put(&parts[PART_REQUESTS], NULL, "CREATE", 50 + (double)run, 900);
	put(&parts[PART_BILL], "newfstatat", "CREATE",
	    stats * (50 + (double)run), 100 * stats * noise)->requests =
		50 + (int64_t)run;
	put(&parts[PART_BILL], "openat", "CREATE", 50 + (double)run,
	    200 * noise)->requests = 50 + (int64_t)run;
	put(&parts[PART_BILL], "epoll_wait", "(event loop)", 60, 900000);
	if (side == SIDE_AFTER)
		put(&parts[PART_BILL], "fsync", "CREATE",
		    50 + (double)run, 900 * noise)->requests =
			50 + (int64_t)run;
	give(side, run, false);
}

static void smb_is_by_the_request(void **state)
{
	const struct comparison *c;

	(void)state;
	observe_init(&o, true);
	for (size_t run = 0; run < 5; run++)
		give_smb(SIDE_BEFORE, run, 3);
	for (size_t run = 0; run < 5; run++)
		give_smb(SIDE_AFTER, run + 5, 6);
	finish();
	c = diff_find(find("newfstatat/CREATE"), OBSERVED_CALLS, PER_REQUEST);
	assert_true(c->differs);
	assert_true(fabs(c->change.before - 3) < 0.001);
	assert_true(fabs(c->change.after - 6) < 0.001);
	/* As many for each of them, however many there were. */
	assert_false(find("openat/CREATE")->differs);
	assert_int_equal(find("epoll_wait/(event loop)")->unit, PER_SECOND);
	/* New, and so without a factor; of what costs most it is the first. */
	c = diff_find(find("fsync/CREATE"), OBSERVED_CALLS, PER_REQUEST);
	assert_true(c->differs && !c->change.known);
	assert_string_equal(diff.rows[0].row->name, "fsync/CREATE");
	assert_string_equal(verdict(), "fsync/CREATE is only in B: 1 calls "
			    "per CREATE; 2 more rows differ");
	done();
}

static void what_was_not_counted_is_not_none(void **state)
{
	(void)state;
	observe_init(&o, false);
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < 3; i++) {
			begin(false);
			snap.cfg.all_calls = false;
			put(&snap, "read", NULL, 100, 100);
			if (side)
				put(&snap, "fsync", NULL, 100, 100);
			give((enum side)side, i, true);
		}
	finish();
	assert_true(find("fsync")->only);
	assert_int_equal(find("fsync")->n, 0);
	assert_int_equal(diff.differing, 0);
	done();
}

static double noisy(struct rng *rng, double sigma)
{
	double noise = -6;

	for (int j = 0; j < 12; j++)
		noise += rng_unit(rng);
	return exp(sigma * noise);
}

static double smooth(struct rng *rng, size_t n)
{
	return noisy(rng, 0.02 * (double)(n + 1));
}

/* As on a machine that is shared: it has to wait for a CPU, or it has not. */
static double jumpy(struct rng *rng, size_t n)
{
	return noisy(rng, 0.05) * (rng_below(rng, 2) ? 5 + (double)n : 1);
}

/* In 400 times two sides of five runs of the same: 30 calls whose times vary,
 * and whose counts do a little. */
static void compare_the_same(double (*noise)(struct rng *rng, size_t n))
{
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l",
		"m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x",
		"y", "z", "aa", "ab", "ac", "ad",
	};
	struct rng rng = { 20 };
	int wrong = 0, rounds = 400;

	for (int round = 0; round < rounds; round++) {
		observe_init(&o, false);
		for (size_t i = 0; i < 10; i++) {
			begin(false);
			for (size_t n = 0; n < N_OF(names); n++) {
				double calls = (double)(n * n +
							rng_below(&rng, 3));

				put(&snap, names[n], NULL, calls,
				    calls * noise(&rng, n));
			}
			give(i < 5 ? SIDE_BEFORE : SIDE_AFTER, i % 5, true);
		}
		finish();
		wrong += diff.differing > 0;
		done();
	}
	/* One in twenty, and no more. */
	if (wrong > rounds / 20)
		fail_msg("%d of %d", wrong, rounds);
}

static void the_same_hardly_ever_differs(void **state)
{
	(void)state;
	compare_the_same(smooth);
}

static void nor_where_times_jump(void **state)
{
	(void)state;
	compare_the_same(jumpy);
}

static void rows_have_a_limit(void **state)
{
	int err = 0;

	(void)state;
	observe_init(&o, false);
	for (int i = 0; !err && i <= OBSERVE_MAX_ROWS; i++) {
		char name[32];

		begin(false);
		snprintf(name, sizeof(name), "call%d", i);
		put(&snap, name, NULL, 1, 1);
		err = observe_add(&o, SIDE_BEFORE, 0, &snap, false, &why);
	}
	assert_int_equal(err, -E2BIG);
	observe_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twice_as_many_calls_are_found),
		cmocka_unit_test(one_file_can_have_all_runs),
		cmocka_unit_test(the_same_does_not_differ),
		cmocka_unit_test(one_run_says_nothing_of_chance),
		cmocka_unit_test(intervals_of_one_run),
		cmocka_unit_test(intervals_of_several_runs),
		cmocka_unit_test(smb_is_by_the_request),
		cmocka_unit_test(what_was_not_counted_is_not_none),
		cmocka_unit_test(the_same_hardly_ever_differs),
		cmocka_unit_test(nor_where_times_jump),
		cmocka_unit_test(rows_have_a_limit),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
