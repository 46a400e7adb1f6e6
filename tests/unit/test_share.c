/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session that is joined, with a collector that does as it is told; and
 * who joins it, message by message.
 */
#include "meeting.h"

#include <poll.h>
#include <sys/resource.h>

#include "book.h"
#include "collect/join/link.h"
#include "share.h"

#define MAX_GUESTS (OFFER_PLACES + 2)

struct scene {
	struct share share;
	struct ledger ledger;
	struct sink sink;
	struct procfs fs;
	struct collector collector;
	struct link guests[MAX_GUESTS];
	int ticks, tick_result;
};

static struct scene *scene_of(const struct collector *c)
{
	return (struct scene *)((char *)c - offsetof(struct scene,
						     collector));
}

/* What was not posted yet when somebody joins: of before that. */
static int fake_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct scene *s = scene_of(c);
	struct key key = thread_of(7, 7);
	struct cell cell = { 0 };

	(void)now_ns;
	(void)why;
	s->ticks++;
	cell_add(&cell, MEASURE_WALL, 1);
	s->sink.cell(s->sink.ctx, &key, &cell);
	return s->tick_result;
}

static const struct command *fake_command(const struct collector *c)
{
	static const struct command command = { .pid = 7 };

	(void)c;
	return &command;
}

static const struct collector_ops fake = { .name = "fake", .tick = fake_tick,
					   .command = fake_command };

static void say(struct scene *s, enum event_kind kind, struct key key,
		const char *text)
{
	struct event event = { .kind = kind, .key = key, .text = text };

	s->sink.event(s->sink.ctx, &event);
}

static void count(struct scene *s, int pid, int n)
{
	struct key key = seen_in(pid, pid, ABI_NATIVE, 3);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, n);
	s->sink.cell(s->sink.ctx, &key, &cell);
}

static int open_scene(void **state)
{
	static struct scene s;
	struct why why = { 0 };

	if (in_runtime_dir(state))
		return -1;
	s = (struct scene){ .collector.ops = &fake };
	for (int i = 0; i < MAX_GUESTS; i++)
		s.guests[i].sock = -1;
	ledger_init(&s.ledger, 1000);
	s.sink = share_sink(&s.share, &s.ledger, ledger_sink(&s.ledger));
	if (procfs_init(&s.fs, "/proc", &why) ||
	    share_open(&s.share, &s.collector, &s.fs, &why))
		return -1;
	say(&s, EVENT_NAME, process_of(7), "command");
	say(&s, EVENT_NAME, thread_of(7, 7), "command");
	say(&s, EVENT_NAME, process_of(8), "other");
	say(&s, EVENT_NAME, thread_of(8, 8), "other");
	sink_note(&s.sink, "a note");
	count(&s, 7, 1000);
	*state = &s;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	share_close(&s->share);
	for (int i = 0; i < MAX_GUESTS; i++)
		link_close(&s->guests[i]);
	ledger_done(&s->ledger);
	procfs_done(&s->fs);
	return remove_runtime_dir(state);
}

static void come(struct scene *s, int guest)
{
	int dir = open_meeting();
	char name[32];

	snprintf(name, sizeof(name), "%d.sock", getpid());
	assert_int_equal(link_open(&s->guests[guest], dir, name), 0);
	assert_int_equal(s->guests[guest].pid, getpid());
	close(dir);
	share_serve(&s->share);
}

static void want(struct scene *s, int guest, enum wire_kind kind, int pid,
		 bool follow)
{
	struct wire_request request = {
		.head = wire_head(kind), .pid_ns = procfs_pid_ns(&s->fs),
		.follow = follow, .n_pids = 1, .pids = { pid },
	};

	assert_int_equal(link_send(&s->guests[guest], &request), 0);
	share_serve(&s->share);
}

/* The answer's error; what is in its state goes to @book. */
static int hear(struct scene *s, int guest, struct book *book,
		enum wire_kind kind)
{
	struct wire_labels labels = { .n = 0 };
	struct link_message message;

	assert_int_equal(link_receive(&s->guests[guest], &message), 0);
	assert_int_equal(message.answer.head.kind, kind);
	if (message.state)
		assert_int_equal(wire_read_state(message.state, message.size,
						 &labels, &book->sink, NULL),
				 0);
	wire_labels_done(&labels);
	free(message.state);
	return message.answer.error;
}

static int64_t calls_of(const struct book *book, int pid)
{
	struct key key = seen_in(pid, pid, ABI_NATIVE, 3);
	const struct record *record = map_get(&book->ledger.records, &key);

	return record ? record->cell.value[MEASURE_CALLS] : -1;
}

static void who_joins_gets_what_comes_then(void **state)
{
	struct key process = process_of(7);
	struct scene *s = *state;
	struct book book;

	book_open(&book);
	come(s, 0);
	want(s, 0, WIRE_JOIN, 7, true);
	assert_int_equal(s->ticks, 1);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	assert_int_equal(book.ledger.records.used, 0);
	assert_string_equal(ledger_who(&book.ledger, &process)->name,
			    "command");
	assert_string_equal(book.ledger.notes[0], "a note");
	count(s, 7, 5);
	/* Our own reports begin anew in between. */
	ledger_next(&s->ledger);
	count(s, 7, 6);
	count(s, 8, 2);
	sink_lost(&s->sink, LOSS_CALLS, 3);
	want(s, 0, WIRE_FETCH, 7, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	assert_int_equal(calls_of(&book, 7), 11);
	assert_int_equal(calls_of(&book, 8), 2);
	assert_int_equal(book.ledger.lost[LOSS_CALLS], 3);
	count(s, 7, 1);
	want(s, 0, WIRE_FETCH, 7, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	assert_int_equal(calls_of(&book, 7), 12);
	assert_int_equal(book.ledger.n_notes, 1);
	book_close(&book);
}

static void of_others_nothing_is_told(void **state)
{
	struct key process = process_of(7), thread = thread_of(8, 8);
	struct scene *s = *state;
	struct book book;

	book_open(&book);
	come(s, 0);
	want(s, 0, WIRE_JOIN, 8, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	count(s, 7, 5);
	count(s, 8, 2);
	say(s, EVENT_NAME, thread, "renamed");
	want(s, 0, WIRE_FETCH, 8, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	assert_int_equal(calls_of(&book, 7), -1);
	assert_int_equal(calls_of(&book, 8), 2);
	assert_null(ledger_who(&book.ledger, &process));
	assert_string_equal(ledger_who(&book.ledger, &thread)->name,
			    "renamed");
	assert_int_equal(book.ledger.gauges.processes, 1);
	assert_int_equal(book.ledger.gauges.threads, 1);
	/* Its end is told at once, and what there was until then when asked
	 * for. */
	count(s, 8, 3);
	say(s, EVENT_EXIT, thread, NULL);
	say(s, EVENT_EXIT, process_of(8), NULL);
	assert_int_equal(hear(s, 0, &book, WIRE_EMPTY), 0);
	want(s, 0, WIRE_FETCH, 8, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	assert_int_equal(calls_of(&book, 8), 5);
	assert_true(ledger_who(&book.ledger, &thread)->ended);
	assert_int_equal(book.ledger.gauges.processes, 0);
	book_close(&book);
}

static void what_is_not_accounted_is_refused(void **state)
{
	struct wire_request request = { .head = wire_head(WIRE_ASK),
					.n_pids = 1, .pids = { 7 } };
	struct link_message message;
	struct scene *s = *state;

	come(s, 0);
	want(s, 0, WIRE_ASK, 9, true);
	assert_int_equal(link_receive(&s->guests[0], &message), 0);
	assert_int_equal(message.answer.n_known, 0);
	assert_int_equal(message.answer.unknown, 9);
	want(s, 0, WIRE_JOIN, 9, true);
	assert_int_equal(hear(s, 0, NULL, WIRE_ANSWER), ESRCH);
	want(s, 0, WIRE_FETCH, 9, true);
	assert_int_equal(hear(s, 0, NULL, WIRE_ANSWER), EINVAL);
	/* In another PID namespace 7 is somebody else. */
	request.pid_ns = 1;
	link_send(&s->guests[0], &request);
	share_serve(&s->share);
	assert_int_equal(link_receive(&s->guests[0], &message), 0);
	assert_int_equal(message.answer.n_known, 0);
}

static void each_has_its_own(void **state)
{
	struct scene *s = *state;
	struct book books[2];

	for (int i = 0; i < 2; i++) {
		book_open(&books[i]);
		come(s, i);
		want(s, i, WIRE_JOIN, 7, true);
		assert_int_equal(hear(s, i, &books[i], WIRE_ANSWER), 0);
		count(s, 7, 5);
	}
	want(s, 0, WIRE_FETCH, 7, true);
	link_close(&s->guests[0]);
	share_serve(&s->share);
	count(s, 7, 1);
	want(s, 1, WIRE_FETCH, 7, true);
	hear(s, 1, &books[1], WIRE_ANSWER);
	assert_int_equal(calls_of(&books[1], 7), 6);
	for (int i = 0; i < 2; i++)
		book_close(&books[i]);
}

static void the_end_comes_with_the_rest(void **state)
{
	struct scene *s = *state;
	struct link_message message;
	struct book book;

	book_open(&book);
	come(s, 0);
	want(s, 0, WIRE_JOIN, 7, true);
	hear(s, 0, &book, WIRE_ANSWER);
	count(s, 7, 9);
	share_close(&s->share);
	assert_int_equal(hear(s, 0, &book, WIRE_END), 0);
	assert_int_equal(calls_of(&book, 7), 9);
	assert_int_equal(link_receive(&s->guests[0], &message), -EPIPE);
	assert_int_equal(access(meeting, F_OK), 0);
	assert_int_equal(rmdir(meeting), 0);
	book_close(&book);
}

static bool is_connected(const struct link *link)
{
	struct pollfd fd = { .fd = link->sock, .events = POLLIN };

	return poll(&fd, 1, 0) >= 0 && !(fd.revents & POLLHUP);
}

/* Who only comes and says nothing goes first, who has joined stays. */
static void the_mute_make_room(void **state)
{
	struct scene *s = *state;
	struct book book;

	book_open(&book);
	come(s, 0);
	want(s, 0, WIRE_JOIN, 7, true);
	hear(s, 0, &book, WIRE_ANSWER);
	for (int i = 1; i < MAX_GUESTS; i++)
		come(s, i);
	assert_true(is_connected(&s->guests[0]));
	assert_false(is_connected(&s->guests[1]));
	assert_false(is_connected(&s->guests[2]));
	assert_true(is_connected(&s->guests[3]));
	for (int i = 3; i < MAX_GUESTS; i++) {
		want(s, i, WIRE_JOIN, 7, true);
		assert_int_equal(hear(s, i, &book, WIRE_ANSWER), 0);
	}
	/* Now there is no room. */
	link_close(&s->guests[1]);
	come(s, 1);
	assert_int_equal(hear(s, 1, NULL, WIRE_ANSWER), EBUSY);
	assert_false(is_connected(&s->guests[1]));
	book_close(&book);
}

/* Who asks on and on without listening is hung up on. */
static void the_deaf_are_dropped(void **state)
{
	struct wire_request request = { .head = wire_head(WIRE_FETCH) };
	struct scene *s = *state;
	struct book book;
	int asked = 0;

	book_open(&book);
	come(s, 0);
	want(s, 0, WIRE_JOIN, 7, true);
	while (!link_send(&s->guests[0], &request) && asked++ < 100000) {
		share_serve(&s->share);
		count(s, 7, 1);
	}
	assert_true(asked < 100000);
	for (int i = 0; i < OFFER_PLACES; i++)
		assert_null(s->share.joiners[i]);
	come(s, 1);
	want(s, 1, WIRE_JOIN, 7, true);
	assert_int_equal(hear(s, 1, &book, WIRE_ANSWER), 0);
	book_close(&book);
}

static void garbage_is_answered_once(void **state)
{
	struct wire_request request = { .head = wire_head(WIRE_ASK) };
	char garbage[4096] = "GET / HTTP/1.1\r\n";
	struct scene *s = *state;
	struct link_message message;

	come(s, 0);
	assert_true(write(s->guests[0].sock, garbage, 16) == 16);
	share_serve(&s->share);
	assert_int_equal(hear(s, 0, NULL, WIRE_ANSWER), EPROTO);
	assert_int_equal(link_receive(&s->guests[0], &message), -EPIPE);
	come(s, 1);
	assert_true(write(s->guests[1].sock, garbage, sizeof(garbage)) > 0);
	share_serve(&s->share);
	assert_int_equal(hear(s, 1, NULL, WIRE_ANSWER), EMSGSIZE);
	/* Another version is told that it is one. */
	come(s, 2);
	request.head.dialect++;
	link_send(&s->guests[2], &request);
	share_serve(&s->share);
	assert_int_equal(hear(s, 2, NULL, WIRE_ANSWER), EPROTONOSUPPORT);
}

static void a_collector_that_fails_is_told_of(void **state)
{
	struct scene *s = *state;
	struct book book;

	book_open(&book);
	come(s, 0);
	want(s, 0, WIRE_JOIN, 7, true);
	hear(s, 0, &book, WIRE_ANSWER);
	s->tick_result = -ENOMEM;
	want(s, 0, WIRE_FETCH, 7, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), ENOMEM);
	book_close(&book);
}

static void without_a_place_there_is_no_offer(void **state)
{
	struct scene *s = *state;
	struct share share = { .offer = NULL };
	struct ledger ledger;
	struct why why = { 0 };
	struct sink sink;

	assert_int_equal(chmod(meeting, 0750), 0);
	ledger_init(&ledger, 10);
	sink = share_sink(&share, &ledger, ledger_sink(&ledger));
	assert_int_equal(share_open(&share, &s->collector, &s->fs, &why),
			 -EPERM);
	assert_int_equal(share_fd(&share), -1);
	share_serve(&share);
	sink_note(&sink, "goes on");
	assert_int_equal(ledger.n_notes, 2);
	assert_non_null(strstr(ledger.notes[0], "cannot join this one"));
	assert_non_null(strstr(ledger.notes[0], "is not private"));
	share_close(&share);
	ledger_done(&ledger);
}

/* Who is let in takes a descriptor. */
static void without_descriptors_nobody_is_let_in(void **state)
{
	struct scene *s = *state;
	struct rlimit limit, none;
	int dir = open_meeting(), lowest = dup(0);
	char name[32];

	close(lowest);
	snprintf(name, sizeof(name), "%d.sock", getpid());
	assert_int_equal(link_open(&s->guests[0], dir, name), 0);
	close(dir);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)lowest;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	share_serve(&s->share);
	share_serve(&s->share);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(s->ledger.n_notes, 2);
	assert_non_null(strstr(s->ledger.notes[1], "warning: no more "
			       "sessions can join this one"));
}

static void born(struct scene *s, int pid, int ppid)
{
	struct event event = {
		.kind = EVENT_PARENT, .key = process_of(pid),
		.parent = { ppid, START + (uint64_t)ppid },
	};

	s->sink.event(s->sink.ctx, &event);
	say(s, EVENT_NAME, process_of(pid), "child");
}

/* 7 - 20 - 21 - 22, and an orphan that may be of 20 or not. */
static void descendants_are_told_by_who_started_them(void **state)
{
	struct key last = process_of(22);
	struct scene *s = *state;
	struct book book;

	born(s, 7, getpid());
	born(s, 20, 7);
	book_open(&book);
	come(s, 0);
	want(s, 0, WIRE_JOIN, 20, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	born(s, 21, 20);
	say(s, EVENT_EXIT, process_of(21), NULL);
	born(s, 22, 21);
	born(s, 23, 1);
	count(s, 7, 1);
	count(s, 21, 2);
	count(s, 22, 4);
	count(s, 23, 8);
	want(s, 0, WIRE_FETCH, 20, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	assert_int_equal(calls_of(&book, 7), -1);
	assert_int_equal(calls_of(&book, 21), 2);
	assert_int_equal(calls_of(&book, 22), 4);
	assert_string_equal(ledger_who(&book.ledger, &last)->name, "child");
	assert_int_equal(calls_of(&book, 23), -1);
	assert_int_equal(book.ledger.lost[LOSS_ORPHANS], 1);
	want(s, 0, WIRE_FETCH, 20, true);
	assert_int_equal(hear(s, 0, &book, WIRE_ANSWER), 0);
	assert_int_equal(book.ledger.lost[LOSS_ORPHANS], 1);
	book_close(&book);
}

#define IN_SCENE(test) \
	cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(who_joins_gets_what_comes_then),
		IN_SCENE(of_others_nothing_is_told),
		IN_SCENE(what_is_not_accounted_is_refused),
		IN_SCENE(each_has_its_own),
		IN_SCENE(the_end_comes_with_the_rest),
		IN_SCENE(the_mute_make_room),
		IN_SCENE(the_deaf_are_dropped),
		IN_SCENE(garbage_is_answered_once),
		IN_SCENE(a_collector_that_fails_is_told_of),
		IN_SCENE(without_a_place_there_is_no_offer),
		IN_SCENE(without_descriptors_nobody_is_let_in),
		IN_SCENE(descendants_are_told_by_who_started_them),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
