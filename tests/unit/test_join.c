/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join collector against sessions that are none, and do what none would:
 * each is a child that listens where sessions do.
 */
#include "meeting.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/peer.h"
#include "base/sealed.h"
#include "book.h"
#include "collect/join/join.h"
#include "collect/join/link.h"

/* What it does with one request; false: no more. */
typedef bool (*answering)(int sock, const struct wire_request *request);

static pid_t server;

static bool readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, -1) > 0;
}

static void serve(int listener, answering answer)
{
	struct wire_request request;
	int sock;

	while (readable(listener)) {
		if (peer_accept(&sock, listener))
			continue;
		while (readable(sock) &&
		       peer_receive(sock, &request, sizeof(request),
				    NULL) > 0 && answer(sock, &request))
			;
		close(sock);
	}
}

/* It listens before we go on, but is another process. */
static void start_server(answering answer)
{
	int dir = open_meeting(), listener;

	assert_int_equal(peer_listen(&listener, dir, "1.sock"), 0);
	server = fork();
	assert_true(server >= 0);
	if (!server) {
		serve(listener, answer);
		_exit(0);
	}
	close(listener);
	close(dir);
}

static int stop_server(void **state)
{
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	server = 0;
	return remove_runtime_dir(state);
}

static void say(int sock, enum wire_kind kind, const void *state, size_t size)
{
	struct wire_answer answer = { .head = wire_head(kind), .command = 7,
				      .n_known = 1 };
	int fd = size ? sealed_new(state, size) : -1;

	peer_send(sock, &answer, sizeof(answer), fd);
	if (fd >= 0)
		close(fd);
}

static void say_state(int sock, enum wire_kind kind, int calls, int living)
{
	struct wire_sums sums = { .gauges = { (uint64_t)living, 1, 0 } };
	struct key key = seen_in(7, 7, ABI_NATIVE, 3);
	struct wire_state state = { .size = 0 };
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	wire_put_sums(&state, &sums);
	if (calls)
		wire_put_cell(&state, &key, &cell);
	wire_put_end(&state);
	say(sock, kind, state.data, state.size);
	free(state.data);
}

static struct procfs fs;

static int open_join(struct collector **ret, struct book *book,
		     struct why *why)
{
	static const pid_t pids[] = { 7 };
	const struct collector_cfg cfg = { .procfs = &fs, .pids = pids,
					   .n_pids = 1, .follow = true };

	return collector_join.open(ret, &cfg, &book->sink, why);
}

static void not_opened(int err, const char *words)
{
	struct collector *c = NULL;
	struct why why = { 0 };
	struct book book;

	book_open(&book);
	assert_int_equal(open_join(&c, &book, &why), -err);
	assert_int_equal(why.err, err);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say %s", why.text, words);
	book_close(&book);
}

static bool noted(const struct book *book, const char *words)
{
	for (size_t i = 0; i < book->ledger.n_notes; i++)
		if (strstr(book->ledger.notes[i], words))
			return true;
	return false;
}

static int64_t calls_of(const struct book *book)
{
	struct key key = seen_in(7, 7, ABI_NATIVE, 3);
	const struct record *record = map_get(&book->ledger.records, &key);

	return record ? record->cell.value[MEASURE_CALLS] : 0;
}

/* Until it says that it is over. */
static void drain(struct collector *c)
{
	struct why why = { 0 };

	do
		assert_true(readable(collector_join.fd(c)));
	while (!collector_join.drain(c, &why));
}

static struct collector *joined(struct book *book)
{
	struct collector *c = NULL;
	struct why why = { 0 };

	book_open(book);
	assert_int_equal(open_join(&c, book, &why), 0);
	assert_int_equal(collector_join.start(c, &why), 0);
	assert_true(noted(book, "which launched it"));
	return c;
}

static void where_nobody_is_nothing_is_joined(void **state)
{
	unsigned measures;
	struct why why = { 0 };

	(void)state;
	not_opened(ENOENT, "accounts process 7");
	assert_int_equal(collector_join.probe(&fs, &measures, &why),
			 -ENOENT);
	collector_join.close(NULL);
}

static bool talk_nonsense(int sock, const struct wire_request *request)
{
	(void)request;
	peer_send(sock, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, -1);
	return true;
}

static void nonsense_is_a_reason(void **state)
{
	unsigned measures;
	struct why why = { 0 };

	(void)state;
	start_server(talk_nonsense);
	assert_int_equal(collector_join.probe(&fs, &measures, &why), 0);
	not_opened(EPROTO, "1.sock among the sockets of smbsysacct does not "
		   "make sense");
}

static bool be_another_version(int sock, const struct wire_request *request)
{
	struct wire_answer answer = { .head = wire_head(WIRE_ANSWER) };

	(void)request;
	answer.head.dialect++;
	peer_send(sock, &answer, sizeof(answer), -1);
	return false;
}

static void another_version_is_a_reason(void **state)
{
	(void)state;
	start_server(be_another_version);
	not_opened(EPROTONOSUPPORT, "another version's");
}

static bool hang_up(int sock, const struct wire_request *request)
{
	(void)sock;
	(void)request;
	return false;
}

static void who_hangs_up_is_nobody(void **state)
{
	(void)state;
	start_server(hang_up);
	not_opened(ENOENT, "accounts process 7");
}

static bool only_ask(int sock, const struct wire_request *request)
{
	say(sock, WIRE_ANSWER, "nonsense", request->head.kind == WIRE_JOIN ?
	    8 : 0);
	return true;
}

/* Another collector may be tried then. */
static void not_joined(int err, const char *words)
{
	struct collector *c = NULL;
	struct why why = { 0 };
	struct book book;

	book_open(&book);
	assert_int_equal(open_join(&c, &book, &why), 0);
	assert_int_equal(collector_join.start(c, &why), -err);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say %s", why.text, words);
	assert_int_equal(book.ledger.n_notes, 0);
	collector_join.close(c);
	book_close(&book);
}

static void a_first_state_without_sense_is_a_reason(void **state)
{
	(void)state;
	start_server(only_ask);
	not_joined(EPROTO, "cannot be joined: its answer makes no sense");
}

static bool end_when_joined(int sock, const struct wire_request *request)
{
	say_state(sock, request->head.kind == WIRE_ASK ? WIRE_ANSWER :
		  WIRE_END, 0, 1);
	return true;
}

static void another_answer_is_none(void **state)
{
	(void)state;
	start_server(end_when_joined);
	not_joined(EPROTO, "cannot be joined: its answer makes no sense");
}

/* 5 calls at the first question, 6 at the end. */
static bool be_brief(int sock, const struct wire_request *request)
{
	if (request->head.kind == WIRE_ASK)
		say(sock, WIRE_ANSWER, NULL, 0);
	if (request->head.kind == WIRE_JOIN)
		say_state(sock, WIRE_ANSWER, 0, 1);
	if (request->head.kind == WIRE_FETCH) {
		say_state(sock, WIRE_ANSWER, 5, 1);
		say_state(sock, WIRE_END, 6, 1);
	}
	return request->head.kind != WIRE_FETCH;
}

static void what_comes_is_posted_to_the_end(void **state)
{
	struct collector *c;
	struct book book;

	(void)state;
	start_server(be_brief);
	c = joined(&book);
	assert_int_equal(collector_join.tick(c, clock_mono_ns(), NULL), 0);
	assert_true(calls_of(&book) >= 5);
	drain(c);
	assert_int_equal(calls_of(&book), 11);
	assert_true(noted(&book, "has ended; what it launched goes on"));
	assert_int_equal(collector_join.tick(c, clock_mono_ns(), NULL), 0);
	collector_join.close(c);
	book_close(&book);
}

static bool die_when_joined(int sock, const struct wire_request *request)
{
	if (request->head.kind == WIRE_ASK)
		say(sock, WIRE_ANSWER, NULL, 0);
	else
		say_state(sock, WIRE_ANSWER, 3, 1);
	return request->head.kind == WIRE_ASK;
}

static void a_sudden_end_is_warned_of(void **state)
{
	struct collector *c;
	struct book book;

	(void)state;
	start_server(die_when_joined);
	c = joined(&book);
	drain(c);
	assert_int_equal(calls_of(&book), 3);
	assert_true(noted(&book, "warning: smbsysacct"));
	collector_join.close(c);
	book_close(&book);
}

/* Says by itself that nobody is left, and answers after that. */
static bool be_empty(int sock, const struct wire_request *request)
{
	if (request->head.kind == WIRE_ASK)
		say(sock, WIRE_ANSWER, NULL, 0);
	if (request->head.kind == WIRE_JOIN) {
		say_state(sock, WIRE_ANSWER, 0, 1);
		say(sock, WIRE_EMPTY, NULL, 0);
	}
	if (request->head.kind == WIRE_FETCH)
		say_state(sock, WIRE_ANSWER, 4, 0);
	return true;
}

static void the_end_of_the_targets_is_ours(void **state)
{
	struct collector *c;
	struct book book;

	(void)state;
	start_server(be_empty);
	c = joined(&book);
	drain(c);
	assert_int_equal(collector_join.tick(c, clock_mono_ns(), NULL), 0);
	assert_int_equal(calls_of(&book), 4);
	assert_false(noted(&book, "warning"));
	collector_join.close(c);
	book_close(&book);
}

static bool die_when_asked(int sock, const struct wire_request *request)
{
	if (request->head.kind == WIRE_JOIN)
		say_state(sock, WIRE_ANSWER, 3, 1);
	if (request->head.kind == WIRE_ASK)
		say(sock, WIRE_ANSWER, NULL, 0);
	return request->head.kind != WIRE_FETCH;
}

/* Found out at a report: the session is woken all the same. */
static void an_end_in_a_report_is_one(void **state)
{
	struct collector *c;
	struct book book;

	(void)state;
	start_server(die_when_asked);
	c = joined(&book);
	assert_int_equal(book.ledger.gauges.processes, 1);
	assert_int_equal(collector_join.tick(c, clock_mono_ns(), NULL), 0);
	assert_true(noted(&book, "was killed"));
	/* How many there are now is not known. */
	assert_int_equal(book.ledger.gauges.processes, 0);
	assert_int_equal(book.ledger.gauges.threads, 0);
	drain(c);
	collector_join.close(c);
	book_close(&book);
}

static bool talk_unasked(int sock, const struct wire_request *request)
{
	if (request->head.kind == WIRE_ASK)
		say(sock, WIRE_ANSWER, NULL, 0);
	if (request->head.kind == WIRE_JOIN)
		for (int i = 0; i < 3; i++)
			say_state(sock, WIRE_ANSWER, 1, 1);
	return true;
}

static void an_answer_to_nothing_makes_no_sense(void **state)
{
	struct collector *c;
	struct book book;

	(void)state;
	start_server(talk_unasked);
	c = joined(&book);
	drain(c);
	assert_int_equal(calls_of(&book), 1);
	assert_true(noted(&book, "makes no sense"));
	collector_join.close(c);
	book_close(&book);
}

static bool be_empty_for_ever(int sock, const struct wire_request *request)
{
	struct wire_answer empty = { .head = wire_head(WIRE_EMPTY) };

	if (request->head.kind == WIRE_ASK)
		say(sock, WIRE_ANSWER, NULL, 0);
	if (request->head.kind == WIRE_JOIN)
		say_state(sock, WIRE_ANSWER, 1, 1);
	while (request->head.kind == WIRE_JOIN) {
		int err = peer_send(sock, &empty, sizeof(empty), -1);

		if (err && err != -EAGAIN)
			return false;
	}
	return true;
}

/* It would keep us from signals and reports. */
static void who_does_not_stop_talking_is_left(void **state)
{
	struct collector *c;
	struct book book;

	(void)state;
	start_server(be_empty_for_ever);
	c = joined(&book);
	drain(c);
	assert_true(noted(&book, "makes no sense"));
	collector_join.close(c);
	book_close(&book);
}

/* It listens by itself, so that it is known who it is. */
static void stopped_is_not_asked(void **state)
{
	int dir = open_meeting(), listener, status;

	(void)state;
	server = fork();
	assert_true(server >= 0);
	if (!server) {
		if (peer_listen(&listener, dir, "1.sock"))
			_exit(99);
		raise(SIGSTOP);
		_exit(0);
	}
	close(dir);
	assert_int_equal(waitpid(server, &status, WUNTRACED), server);
	assert_true(WIFSTOPPED(status));
	/* ETIMEDOUT if it were waited for. */
	not_opened(EAGAIN, "is stopped; let it go on");
}

static bool refuse_to_join(int sock, const struct wire_request *request)
{
	struct wire_answer answer = { .head = wire_head(WIRE_ANSWER),
				      .n_known = 1 };

	if (request->head.kind == WIRE_JOIN)
		answer.error = ESRCH;
	peer_send(sock, &answer, sizeof(answer), -1);
	return true;
}

static void a_target_that_ends_meanwhile_is_a_reason(void **state)
{
	struct collector *c = NULL;
	struct why why = { 0 };
	struct book book;

	(void)state;
	start_server(refuse_to_join);
	book_open(&book);
	assert_int_equal(open_join(&c, &book, &why), 0);
	assert_int_equal(collector_join.start(c, &why), -ESRCH);
	assert_non_null(strstr(why.text, "ended before"));
	collector_join.close(c);
	book_close(&book);
}

/* What was counted cannot be chosen again. */
static void some_options_are_not_for_it(void **state)
{
	static const pid_t pids[WIRE_PIDS + 1] = { 7 };
	struct collector_cfg cfg = { .procfs = &fs, .pids = pids,
				     .n_pids = 1, .all_calls = true };
	struct collector *c = NULL;
	struct why why = { 0 };

	(void)state;
	assert_int_equal(collector_join.open(&c, &cfg, NULL, &why),
			 -EOPNOTSUPP);
	cfg.all_calls = false;
	cfg.n_pids = WIRE_PIDS + 1;
	assert_int_equal(collector_join.open(&c, &cfg, NULL, &why), -E2BIG);
}

#define WITH_SERVER(test) \
	cmocka_unit_test_setup_teardown(test, in_runtime_dir, stop_server)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(where_nobody_is_nothing_is_joined),
		WITH_SERVER(nonsense_is_a_reason),
		WITH_SERVER(another_version_is_a_reason),
		WITH_SERVER(who_hangs_up_is_nobody),
		WITH_SERVER(a_first_state_without_sense_is_a_reason),
		WITH_SERVER(another_answer_is_none),
		WITH_SERVER(what_comes_is_posted_to_the_end),
		WITH_SERVER(a_sudden_end_is_warned_of),
		WITH_SERVER(the_end_of_the_targets_is_ours),
		WITH_SERVER(an_end_in_a_report_is_one),
		WITH_SERVER(an_answer_to_nothing_makes_no_sense),
		WITH_SERVER(who_does_not_stop_talking_is_left),
		WITH_SERVER(stopped_is_not_asked),
		WITH_SERVER(a_target_that_ends_meanwhile_is_a_reason),
		WITH_SERVER(some_options_are_not_for_it),
	};
	int ret;

	if (procfs_init(&fs, "/proc", NULL))
		return 99;
	ret = cmocka_run_group_tests_name("join", tests, NULL, NULL);
	procfs_done(&fs);
	return ret;
}
