/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is found, who has ended, and whose turn it is. */
#include "tree.h"

#include <dirent.h>

static bool knows_thread(const struct tree *tree, int tid)
{
	int32_t id = tid;

	return map_get(&tree->crowd.by_tid, &id);
}

static bool knows_process(const struct tree *tree, int pid)
{
	int32_t id = pid;

	return map_get(&tree->crowd.processes, &id);
}

/* A process with threads pid, pid + 1 ... */
static void put_process(const struct tree *tree, int pid, int threads)
{
	for (int tid = pid; tid < pid + threads; tid++) {
		struct fake t = fake_thread(pid, tid);

		t.threads = threads;
		put(tree, &t);
	}
}

/* Both files of a zombie whose threads have all ended. */
static void put_zombie(const struct tree *tree, int pid)
{
	struct fake t = fake_process(pid);

	t.state = 'Z';
	put(tree, &t);
}

static void all_threads_are_found(void **state)
{
	struct tree *tree = *state;

	put_process(tree, 10, 4);
	put_process(tree, 20, 1);
	attach(tree, 10);
	assert_int_equal(tree->crowd.n_tasks, 4);
	assert_true(knows_thread(tree, 13));
	assert_false(knows_process(tree, 20));
	attach(tree, 20);
	/* Twice is once. */
	attach(tree, 10);
	assert_int_equal(tree->crowd.n_tasks, 5);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->book.ledger.gauges.processes, 2);
	assert_int_equal(tree->book.ledger.gauges.threads, 5);
	assert_int_equal(tree->book.ledger.gauges.in_flight, 5);
	assert_int_equal(looks_in(tree, 10, 13, ABI_NATIVE, 7), 1);
}

static void in_flight_are_those_asleep_in_a_call(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_thread(10, 11);

	put_process(tree, 10, 3);
	t.threads = 3;
	t.syscall = "running\n";
	put(tree, &t);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->book.ledger.gauges.threads, 3);
	assert_int_equal(tree->book.ledger.gauges.in_flight, 2);
}

static void who_is_not_there_is_an_error(void **state)
{
	struct tree *tree = *state;

	assert_int_equal(crowd_add(&tree->crowd, 10), -ESRCH);
	/* A folder without threads, and one with nonsense in it. */
	put_process(tree, 20, 1);
	tree_remove(tree, "20/task");
	assert_int_equal(crowd_add(&tree->crowd, 20), -ESRCH);
	tree_write(tree, "30/stat", "nonsense\n");
	assert_true(crowd_add(&tree->crowd, 30) < 0);
	tree_write(tree, "40/stat", "");
	assert_true(crowd_add(&tree->crowd, 40) < 0);
	assert_int_equal(tree->crowd.n_tasks, 0);
	assert_int_equal(tree->crowd.processes.used, 0);
	crowd_update(&tree->crowd);
	crowd_round(&tree->crowd, 10);
	assert_true(tree->ctx.spare_fds == 100);
}

static void new_threads_are_found_and_began_at_zero(void **state)
{
	struct tree *tree = *state;
	struct fake born = fake_thread(10, 15);
	int64_t attached = clock_mono_ns(), wall;

	put_process(tree, 10, 1);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	wait_ms(30);
	put_process(tree, 10, 2);
	tree_remove(tree, "10/task/11");
	born.threads = 2;
	born.start = (uint64_t)(clock_boot_ns() / TICK);
	born.cpu = 2 * MS;
	born.slices = 4;
	put(tree, &born);
	put_loadavg(tree, 115);
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_true(knows_thread(tree, 15));
	struct key key = thread_of(10, 15);

	key.thread_start = born.start;
	/* All it has ever run is in the account. */
	assert_true(cell_of(tree, key)->value[MEASURE_CPU] == 2 * MS);
	assert_true(cell_of(tree, key)->value[MEASURE_SWITCHES] == 4);
	wall = cell_of(tree, key)->value[MEASURE_WALL];
	assert_true(wall >= 2 * MS);
	assert_true(wall <= clock_mono_ns() - attached);
	assert_true(wall == cell_of(tree, key)->value[MEASURE_CPU] +
			    cell_of(tree, key)->value[MEASURE_RUNQ] +
			    cell_of(tree, key)->value[MEASURE_BLOCKED]);
}

static void ended_threads_are_forgotten(void **state)
{
	struct tree *tree = *state;
	struct fake gone = fake_thread(10, 11);
	int64_t wall;

	tree->ctx.spare_fds = 0;
	put_process(tree, 10, 2);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	wall = clock_of(tree, 10, 11, MEASURE_WALL);
	remove_thread(tree, &gone);
	wait_ms(10);
	crowd_update(&tree->crowd);
	assert_false(knows_thread(tree, 11));
	assert_true(knows_thread(tree, 10));
	assert_int_equal(tree->exits, 1);
	assert_int_equal(tree->book.ledger.gauges.threads, 1);
	/* It lived on after the last look; how long is a guess. */
	assert_true(lost(tree, LOSS_TAIL_NS) > 0);
	assert_true(clock_of(tree, 10, 11, MEASURE_WALL) ==
		    wall + lost(tree, LOSS_TAIL_NS));
	assert_true(cell_is_estimate(cell_of(tree, thread_of(10, 11)),
				     MEASURE_WALL));
	crowd_update(&tree->crowd);
	assert_int_equal(tree->exits, 1);
}

static void a_zombie_has_ended(void **state)
{
	struct tree *tree = *state;

	put_process(tree, 10, 3);
	put_process(tree, 20, 1);
	attach(tree, 10);
	attach(tree, 20);
	crowd_update(&tree->crowd);
	put_zombie(tree, 10);
	crowd_update(&tree->crowd);
	assert_false(knows_process(tree, 10));
	assert_int_equal(tree->crowd.n_tasks, 1);
	assert_int_equal(tree->book.ledger.gauges.processes, 1);
	/* Three threads and a process. */
	assert_int_equal(tree->exits, 4);
	/* A zombie's sample would mean nothing. */
	assert_int_equal(looks_in(tree, 10, 10, ABI_NATIVE, 7), 1);
}

/* Its clocks can still be read: they are final. */
static void a_zombies_last_clocks_count(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	put(tree, &t);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	t.state = 'Z';
	t.cpu = 6 * MS;
	t.runq = 1 * MS;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.n_tasks, 0);
	assert_true(clock_of(tree, 10, 10, MEASURE_CPU) == 6 * MS);
	assert_true(clock_of(tree, 10, 10, MEASURE_RUNQ) == 1 * MS);
	assert_true(clock_of(tree, 10, 10, MEASURE_WALL) >= 7 * MS);
}

/* pthread_exit() in main: the process is alive, its leader a zombie. */
static void a_leader_may_end_before_its_threads(void **state)
{
	struct tree *tree = *state;
	struct fake leader = fake_process(10), other = fake_thread(10, 11);
	uint64_t looks;

	put_process(tree, 10, 2);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	leader.state = 'Z';
	leader.threads = 2;
	put(tree, &leader);
	crowd_update(&tree->crowd);
	assert_true(knows_process(tree, 10));
	assert_int_equal(tree->exits, 1);
	looks = looks_in(tree, 10, 11, ABI_NATIVE, 7);
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 11, ABI_NATIVE, 7), looks + 2);
	assert_int_equal(looks_in(tree, 10, 10, ABI_NATIVE, 7), 1);
	assert_int_equal(tree->exits, 1);
	/* Then the other one, too. */
	leader.threads = 1;
	put(tree, &leader);
	remove_thread(tree, &other);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.n_tasks, 0);
	assert_int_equal(tree->crowd.processes.used, 0);
	assert_int_equal(tree->exits, 3);
}

/* Another thread's execve makes it the leader, under the leader's id. */
static void a_husk_may_come_back_to_life(void **state)
{
	struct tree *tree = *state;
	struct fake leader = fake_process(10), other = fake_thread(10, 11);
	uint64_t looks;

	tree->ctx.spare_fds = 0;
	put_process(tree, 10, 2);
	attach(tree, 10);
	leader.state = 'Z';
	leader.threads = 2;
	put(tree, &leader);
	crowd_update(&tree->crowd);
	looks = looks_in(tree, 10, 10, ABI_NATIVE, 7);
	leader.state = 'S';
	leader.threads = 1;
	leader.cpu = 90 * TICK;
	put(tree, &leader);
	remove_thread(tree, &other);
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 10, ABI_NATIVE, 7), looks + 2);
	assert_int_equal(tree->crowd.n_tasks, 1);
	/* What the other thread ran before is not its. */
	assert_true(cell_of(tree, thread_of(10, 10))->value[MEASURE_CPU] <
		    90 * TICK);
}

static void rounds_go_around(void **state)
{
	struct tree *tree = *state;

	put_process(tree, 10, 7);
	attach(tree, 10);
	for (int i = 0; i < 7 * 3; i++)
		crowd_round(&tree->crowd, 1);
	for (int tid = 10; tid < 17; tid++)
		assert_int_equal(looks_in(tree, 10, tid, ABI_NATIVE, 7), 3);
	crowd_round(&tree->crowd, 7);
	for (int tid = 10; tid < 17; tid++)
		assert_int_equal(looks_in(tree, 10, tid, ABI_NATIVE, 7), 4);
}

/* An update brings all up to date, also while others end in it. */
static void nobody_is_missed_when_a_process_ends(void **state)
{
	struct tree *tree = *state;

	for (int dying = 1; dying <= 6; dying++) {
		int64_t now;

		for (int i = 1; i <= 6; i++) {
			put_process(tree, i * 10, 4);
			attach(tree, i * 10);
		}
		/* Another order: some have ended before. */
		put_zombie(tree, 10 * (dying % 6 + 1));
		crowd_round(&tree->crowd, 100);
		put_zombie(tree, 10 * dying);
		now = clock_mono_ns();
		crowd_update(&tree->crowd);
		assert_int_equal(tree->crowd.n_tasks, 4 * 4);
		for (size_t i = 0; i < tree->crowd.n_tasks; i++)
			assert_true(tree->crowd.tasks[i]->last_ns >= now);
	}
}

static size_t open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void descriptors_are_given_back(void **state)
{
	struct tree *tree = *state;
	size_t before = open_fds();
	struct rng rng = { 4 };

	for (int run = 0; run < 60; run++) {
		int pid = 10 * (1 + (int)rng_below(&rng, 5));

		put_process(tree, pid, 1 + (int)rng_below(&rng, 6));
		attach(tree, pid);
		if (rng_below(&rng, 3) == 0)
			put_zombie(tree, 10 * (1 + (int)rng_below(&rng, 5)));
		crowd_round(&tree->crowd, rng_below(&rng, 40));
		assert_true(open_fds() <= before + 100 + 64);
	}
	for (int pid = 10; pid <= 50; pid += 10)
		put_zombie(tree, pid);
	for (int i = 0; i < 5; i++)
		crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.n_tasks, 0);
	assert_int_equal(tree->crowd.processes.used, 0);
	assert_int_equal(tree->crowd.by_tid.used, 0);
	assert_true(tree->ctx.spare_fds == 100);
	assert_int_equal(open_fds(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(all_threads_are_found),
		IN_TREE(in_flight_are_those_asleep_in_a_call),
		IN_TREE(who_is_not_there_is_an_error),
		IN_TREE(new_threads_are_found_and_began_at_zero),
		IN_TREE(ended_threads_are_forgotten),
		IN_TREE(a_zombie_has_ended),
		IN_TREE(a_zombies_last_clocks_count),
		IN_TREE(a_leader_may_end_before_its_threads),
		IN_TREE(a_husk_may_come_back_to_life),
		IN_TREE(rounds_go_around),
		IN_TREE(nobody_is_missed_when_a_process_ends),
		IN_TREE(descriptors_are_given_back),
	};

	return cmocka_run_group_tests_name("crowd", tests, NULL, NULL);
}
