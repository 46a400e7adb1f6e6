/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session records is what it was told, however its own reports end
 * their intervals; and a replay has the same totals. */
#include "recorded.h"

#include "acct/eras.h"
#include "collect/replay/replay.h"
#include "recording.h"

struct session {
	struct eras eras;
	struct recording recording;
	struct sink sink;
	int n;
};

static void begin(struct session *s)
{
	struct record_head head = head_of("bpf");
	struct why why = { 0 };

	*s = (struct session){ .n = 0 };
	eras_init(&s->eras, false, LEDGER_MAX_RECORDS);
	s->sink = recording_sink(&s->recording, &s->eras.interval[0],
				 eras_sink(&s->eras));
	assert_int_equal(recording_open(&s->recording, path, &why), 0);
	/* What is told before it begins is in it, too. */
	sink_note(&s->sink, "early");
	assert_int_equal(recording_begin(&s->recording, &head, 100 * SEC,
					 7 * MS, &why), 0);
}

static void cut(struct session *s)
{
	struct recording_end end = { .call_cost_ns = -1 };
	struct why why = { 0 };

	s->n++;
	end.end_mono_ns = (100 + s->n) * SEC;
	end.end_ns = (1700000000 + s->n) * SEC;
	end.cpu_ns = (7 + s->n) * MS;
	assert_int_equal(recording_cut(&s->recording, &end, &why), 0);
}

static void done(struct session *s)
{
	assert_int_equal(recording_close(&s->recording, NULL), 0);
	eras_done(&s->eras);
}

static void call(struct session *s, int nr, int in_flight)
{
	struct key key = seen_in(7, 8, ABI_NATIVE, nr);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, 1);
	if (in_flight)
		cell_add(&cell, MEASURE_IN_FLIGHT, in_flight);
	s->sink.cell(s->sink.ctx, &key, &cell);
}

static void name(struct session *s, struct key key, const char *text)
{
	struct event event = { .kind = EVENT_NAME, .key = key, .text = text };

	s->sink.event(s->sink.ctx, &event);
}

static void end(struct session *s, struct key key)
{
	struct event event = { .kind = EVENT_EXIT, .key = key };

	s->sink.event(s->sink.ctx, &event);
}

static const struct cell *cell_at(const struct ledger *ledger, int nr)
{
	struct key key = seen_in(7, 8, ABI_NATIVE, nr);
	const struct record *record = map_get(&ledger->records, &key);

	return record ? &record->cell : NULL;
}

/* A record, ready to be told. */
struct play {
	struct record_reader *record;
	struct collector_ops ops;
	struct collector *collector;
	struct book book;
};

static void open_play(struct play *play)
{
	struct collector_cfg cfg = { .procfs = NULL };
	struct why why = { 0 };

	book_open(&play->book);
	assert_int_equal(record_open(&play->record, path, &why), 0);
	play->ops = replay_ops(play->record);
	cfg.record = play->record;
	assert_int_equal(play->ops.open(&play->collector, &cfg,
					&play->book.sink, &why), 0);
}

static struct replay_span feed(struct play *play, int64_t to_ns)
{
	struct replay_span span = { .blocks = 0 };
	struct why why = { 0 };

	ledger_next(&play->book.ledger);
	assert_int_equal(replay_feed(play->collector, to_ns, &span, &why), 0);
	return span;
}

static void close_play(struct play *play)
{
	play->ops.close(play->collector);
	record_close(play->record);
	book_close(&play->book);
}

static void reports_do_not_see_its_intervals(void **state)
{
	const struct ledger *live;
	struct session s;
	struct play play;

	(void)state;
	begin(&s);
	for (int i = 0; i < 3; i++) {
		call(&s, 1, 0);
		/* What ends the record's interval alone. */
		s.recording.alone = true;
		call(&s, 2, 5);
		s.recording.alone = false;
		cut(&s);
	}
	call(&s, 2, 6);
	cut(&s);
	live = eras_last(&s.eras);
	assert_int_equal(cell_at(live, 1)->value[MEASURE_CALLS], 3);
	assert_int_equal(cell_at(live, 2)->value[MEASURE_CALLS], 4);
	assert_int_equal(cell_at(live, 2)->value[MEASURE_IN_FLIGHT], 6);
	open_play(&play);
	feed(&play, INT64_MAX);
	assert_same(live, &play.book.ledger);
	/* By interval each has its own. */
	record_rewind(play.record);
	for (int i = 1; i <= 4; i++) {
		feed(&play, i * SEC);
		assert_int_equal(cell_at(&play.book.ledger, 2)->
				 value[MEASURE_IN_FLIGHT], i < 4 ? 5 : 6);
	}
	close_play(&play);
	done(&s);
}

static void names_are_written_when_they_are_new(void **state)
{
	struct key process = process_of(7), thread = thread_of(7, 8);
	struct session s;
	struct play play;
	size_t first;

	(void)state;
	begin(&s);
	name(&s, process, "smbd");
	name(&s, thread, "worker");
	call(&s, 1, 0);
	cut(&s);
	first = s.recording.items.pack.size;
	name(&s, process, "smbd");
	end(&s, thread_of(7, 99));
	assert_int_equal(s.recording.items.pack.size, first);
	name(&s, process, "smbd: client");
	end(&s, thread);
	end(&s, thread);
	call(&s, 1, 0);
	cut(&s);
	open_play(&play);
	feed(&play, SEC);
	assert_string_equal(ledger_who(&play.book.ledger, &process)->name,
			    "smbd");
	assert_string_equal(play.book.ledger.notes[0], "early");
	feed(&play, 2 * SEC);
	assert_string_equal(ledger_who(&play.book.ledger, &process)->name,
			    "smbd: client");
	assert_true(ledger_who(&play.book.ledger, &thread)->ended);
	close_play(&play);
	done(&s);
}

/* As the user of an SMB session, who is asked for. */
static void names_that_come_late_are_in_it(void **state)
{
	struct key process = process_of(7);
	struct replay_span span;
	struct session s;
	struct play play;

	(void)state;
	begin(&s);
	call(&s, 1, 3);
	cut(&s);
	name(&s, process, "late");
	done(&s);
	open_play(&play);
	span = feed(&play, SEC);
	assert_int_equal(span.blocks, 2);
	assert_int_equal(span.interval_ns, SEC);
	assert_int_equal(span.last.end_ns, 1700000001 * SEC);
	assert_string_equal(ledger_who(&play.book.ledger, &process)->name,
			    "late");
	assert_int_equal(cell_at(&play.book.ledger, 1)->
			 value[MEASURE_IN_FLIGHT], 3);
	close_play(&play);
}

static void labels_are_the_ledgers(void **state)
{
	struct session s;
	struct play play;
	struct key key;

	(void)state;
	begin(&s);
	for (int i = 0; i < 3; i++) {
		struct cell cell = { 0 };
		char text[16];

		snprintf(text, sizeof(text), "wait %d", i / 2);
		key = seen_in(7, 8, ABI_WCHAN,
			      s.sink.label(s.sink.ctx, text));
		cell_add(&cell, MEASURE_WALL, 1);
		s.sink.cell(s.sink.ctx, &key, &cell);
		cut(&s);
	}
	open_play(&play);
	feed(&play, INT64_MAX);
	assert_same(eras_last(&s.eras), &play.book.ledger);
	assert_string_equal(play.book.ledger.labels.texts[1], "wait 1");
	close_play(&play);
	done(&s);
}

/* An interval goes on to the first block that ends with it or later. */
static void intervals_are_of_whole_blocks(void **state)
{
	struct session s;
	struct play play;

	(void)state;
	begin(&s);
	for (int i = 0; i < 10; i++) {
		call(&s, 1, 0);
		cut(&s);
	}
	done(&s);
	open_play(&play);
	assert_int_equal(feed(&play, 1).blocks, 1);
	assert_int_equal(feed(&play, 5 * SEC).blocks, 4);
	assert_int_equal(cell_at(&play.book.ledger, 1)->value[MEASURE_CALLS],
			 4);
	assert_int_equal(feed(&play, 7 * SEC + 1).interval_ns, 3 * SEC);
	assert_int_equal(feed(&play, INT64_MAX).own_cpu_ns, 2 * MS);
	assert_int_equal(feed(&play, INT64_MAX).blocks, 0);
	close_play(&play);
}

static void what_never_began_leaves_nothing(void **state)
{
	struct recording recording = { .labels = 0 };
	struct ledger names;
	struct sink sink;

	(void)state;
	ledger_init(&names, 10);
	sink = recording_sink(&recording, &names, ledger_sink(&names));
	assert_int_equal(recording_open(&recording, path, NULL), 0);
	sink_note(&sink, "refused");
	assert_int_equal(recording_close(&recording, NULL), 0);
	assert_int_equal(files_in_dir(), 0);
	ledger_done(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(reports_do_not_see_its_intervals),
		IN_DIR(names_are_written_when_they_are_new),
		IN_DIR(names_that_come_late_are_in_it),
		IN_DIR(labels_are_the_ledgers),
		IN_DIR(intervals_are_of_whole_blocks),
		IN_DIR(what_never_began_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
