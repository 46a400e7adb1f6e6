/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A /proc of the test's own making, in a temporary folder, and a crowd that
 * looks at it; what is posted goes to a ledger, and events are counted.
 *
 * Files are rewritten in place, so a descriptor that is kept open reads the
 * new text, as from the real /proc. A removed file is different: there a
 * read fails with ESRCH, here a kept descriptor reads the last text for
 * ever. Threads end here with spare_fds = 0, which opens files anew for
 * each look, and processes end as zombies.
 */
#ifndef TREE_H
#define TREE_H

#include "../unit/book.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/procfs.h"
#include "collect/proc/crowd.h"

#define TICK (10 * MS)

/* One thread's files; leaders have the process's files as well. */
struct fake {
	int pid, tid;
	const char *comm;
	char state;
	int ppid, threads;
	uint64_t utime, stime, cutime, cstime;	/* ticks */
	uint64_t start;
	int64_t cpu, runq;			/* ns */
	int slices;
	const char *syscall, *wchan, *children;	/* NULL: no such file */
	int vcsw, icsw;
	bool bare;				/* its memory is gone */
	struct proc_io io;
};

struct tree {
	char root[64];
	struct procfs fs;
	struct book book;
	struct sink sink;		/* counts, then the book's */
	struct proc_ctx ctx;
	struct crowd crowd;
	int exits, names;
	int64_t parent;			/* as told last */
};

static inline void tree_write(const struct tree *tree, const char *path,
			      const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", tree->root, path);
	for (char *p = full + strlen(tree->root) + 1;
	     (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(full, 0755);
	}
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static inline int remove_one(const char *path, const struct stat *st,
			     int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_remove(const struct tree *tree, const char *path)
{
	char full[256];

	snprintf(full, sizeof(full), "%s/%s", tree->root, path);
	nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct fake fake_thread(int pid, int tid)
{
	return (struct fake){
		.pid = pid, .tid = tid, .comm = "fake", .state = 'S',
		.ppid = 1, .threads = 1, .start = START + (uint64_t)tid,
		.syscall = "7 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc00000000 0x8\n",
		.wchan = "ep_poll", .children = "",
	};
}

static inline struct fake fake_process(int pid)
{
	return fake_thread(pid, pid);
}

static inline void write_optional(const struct tree *tree, const char *base,
				  const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", base, file);
	if (text)
		tree_write(tree, path, text);
	else
		tree_remove(tree, path);
}

static inline void write_base(const struct tree *tree, const struct fake *t,
			      const char *base)
{
	char text[1024];

	snprintf(text, sizeof(text), "%d (%s) %c %d 1 1 0 -1 0 0 0 0 0 %llu "
		 "%llu %llu %llu 20 0 %d 0 %llu %d 0\n", t->tid, t->comm,
		 t->state, t->ppid, (unsigned long long)t->utime,
		 (unsigned long long)t->stime, (unsigned long long)t->cutime,
		 (unsigned long long)t->cstime, t->threads,
		 (unsigned long long)t->start, t->bare ? 0 : 4096);
	write_optional(tree, base, "stat", text);
	snprintf(text, sizeof(text), "%lld %lld %d\n", (long long)t->cpu,
		 (long long)t->runq, t->slices);
	write_optional(tree, base, "schedstat", text);
	snprintf(text, sizeof(text), "Name:\tfake\nTgid:\t%d\nUid:\t%u\t0\n"
		 "voluntary_ctxt_switches:\t%d\n"
		 "nonvoluntary_ctxt_switches:\t%d\n", t->pid, getuid(),
		 t->vcsw, t->icsw);
	write_optional(tree, base, "status", text);
	snprintf(text, sizeof(text), "rchar: %llu\nwchar: %llu\nsyscr: %llu\n"
		 "syscw: %llu\nread_bytes: %llu\nwrite_bytes: %llu\n"
		 "cancelled_write_bytes: 0\n",
		 (unsigned long long)t->io.read_chars,
		 (unsigned long long)t->io.write_chars,
		 (unsigned long long)t->io.reads,
		 (unsigned long long)t->io.writes,
		 (unsigned long long)t->io.read_bytes,
		 (unsigned long long)t->io.write_bytes);
	write_optional(tree, base, "io", text);
}

/* Write a thread's files as they are now. */
static inline void put(const struct tree *tree, const struct fake *t)
{
	char base[64];

	snprintf(base, sizeof(base), "%d/task/%d", t->pid, t->tid);
	write_base(tree, t, base);
	write_optional(tree, base, "syscall", t->syscall);
	write_optional(tree, base, "wchan", t->wchan);
	write_optional(tree, base, "children", t->children);
	if (t->pid == t->tid) {
		snprintf(base, sizeof(base), "%d", t->pid);
		write_base(tree, t, base);
	}
}

static inline void remove_thread(const struct tree *tree,
				 const struct fake *t)
{
	char base[64];

	snprintf(base, sizeof(base), "%d/task/%d", t->pid, t->tid);
	tree_remove(tree, base);
}

/* The last id that was given out. */
static inline void put_loadavg(const struct tree *tree, int last)
{
	char text[64];

	snprintf(text, sizeof(text), "0.00 0.01 0.05 1/100 %d\n", last);
	tree_write(tree, "loadavg", text);
}

static inline void on_tree_event(void *ctx, const struct event *event)
{
	struct tree *tree = ctx;

	tree->exits += event->kind == EVENT_EXIT;
	tree->names += event->kind == EVENT_NAME;
	if (event->kind == EVENT_PARENT)
		tree->parent = event->parent.pid;
	tree->book.sink.event(tree->book.sink.ctx, event);
}

static inline void on_tree_cell(void *ctx, const struct key *key,
				const struct cell *delta)
{
	struct tree *tree = ctx;

	tree->book.sink.cell(tree->book.sink.ctx, key, delta);
}

static inline int32_t on_tree_label(void *ctx, const char *text)
{
	struct tree *tree = ctx;

	return tree->book.sink.label(tree->book.sink.ctx, text);
}

/* Ready to attach. */
static inline void tree_init(struct tree *tree)
{
	memset(tree, 0, sizeof(*tree));
	snprintf(tree->root, sizeof(tree->root), "%s/proc.XXXXXX",
		 access("/tmp", W_OK) ? "." : "/tmp");
	assert_non_null(mkdtemp(tree->root));
	put_loadavg(tree, 100);
	assert_int_equal(procfs_init(&tree->fs, tree->root, NULL), 0);
	book_open(&tree->book);
	tree->sink = (struct sink){ .ctx = tree, .event = on_tree_event,
				    .cell = on_tree_cell,
				    .label = on_tree_label };
	tree->ctx = (struct proc_ctx){
		.fs = &tree->fs, .sink = &tree->sink, .follow = true,
		.has_sched = true, .attaching = true, .tick_ns = TICK,
		.spare_fds = 100, .began_ns = clock_mono_ns(),
	};
	tree->ctx.boot_offset_ns = clock_boot_ns() - tree->ctx.began_ns;
	assert_int_equal(crowd_init(&tree->crowd, &tree->ctx), 0);
}

static inline void tree_done(struct tree *tree)
{
	crowd_done(&tree->crowd);
	procfs_done(&tree->fs);
	book_close(&tree->book);
	tree_remove(tree, "");
}

/* Attach to one process; what is found from here on is new. */
static inline void attach(struct tree *tree, int pid)
{
	tree->ctx.attaching = true;
	assert_int_equal(crowd_add(&tree->crowd, pid), 0);
	tree->ctx.attaching = false;
}

static inline const struct cell *cell_of(const struct tree *tree,
					 struct key key)
{
	static const struct cell none;
	const struct record *record = map_get(&tree->book.ledger.records,
					      &key);

	return record ? &record->cell : &none;
}

static inline int64_t clock_of(const struct tree *tree, int pid, int tid,
			       enum measure m)
{
	return cell_of(tree, thread_of(pid, tid))->value[m];
}

static inline uint64_t looks_in(const struct tree *tree, int pid, int tid,
				int abi, int nr)
{
	return cell_of(tree, seen_in(pid, tid, abi, nr))->tally.looks;
}

static inline int64_t lost(const struct tree *tree, enum loss kind)
{
	return tree->book.ledger.lost[kind];
}

static inline bool noted(const struct tree *tree, const char *words)
{
	for (size_t i = 0; i < tree->book.ledger.n_notes; i++)
		if (strstr(tree->book.ledger.notes[i], words))
			return true;
	return false;
}

/* Wall has to go on a little between two looks. */
static inline void wait_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
}

static inline int open_tree(void **state)
{
	static struct tree tree;

	tree_init(&tree);
	*state = &tree;
	return 0;
}

static inline int close_tree(void **state)
{
	tree_done(*state);
	return 0;
}

#define IN_TREE(test) \
	cmocka_unit_test_setup_teardown(test, open_tree, close_tree)

#endif
