/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs and the collector share: memory that both have
 * mapped. The programs write, the collector reads; each field has one
 * writer.
 *
 * A thread under accounting has a slot, and in it the list of its cells: one
 * per call that it has made. Only the thread itself adds to them, so nothing
 * is lost without atomic operations, on any number of CPUs, and memory goes
 * with threads and not with CPUs. A slot that is freed keeps its cells for
 * the next thread that gets it.
 */
#ifndef COLLECT_BPF_LAYOUT_H
#define COLLECT_BPF_LAYOUT_H

#include "model/bucket.h"
#include "model/phase.h"

/*
 * A call's tag: ABI, number, where rows are by errno the error, and the SMB2
 * command + 1 that it was made for. Numbers that no kernel has share one.
 */
#define TAG_NR_BITS	12
#define TAG_ABI_BITS	2
#define TAG_NR_OTHER	((1u << TAG_NR_BITS) - 1)
#define TAG_ERROR_SHIFT	(TAG_NR_BITS + TAG_ABI_BITS)
#define TAG_ERRORS	(1u << 12)
#define TAG_LABEL_SHIFT	(TAG_ERROR_SHIFT + 12)
#define TAG_LABELS	(1u << 5)
#define LABEL_OTHERS	(TAG_LABELS - 1)	/* not given by the programs */
#define TAG_CALLS	(1u << TAG_ERROR_SHIFT)
#define TAG_USED	(1u << 31)	/* so that none is 0 */

static inline uint32_t tag_error(uint32_t tag)
{
	return tag >> TAG_ERROR_SHIFT & (TAG_ERRORS - 1);
}

static inline uint32_t tag_without_error(uint32_t tag)
{
	return tag & ~((TAG_ERRORS - 1) << TAG_ERROR_SHIFT);
}

static inline uint32_t tag_label(uint32_t tag)
{
	return tag >> TAG_LABEL_SHIFT & (TAG_LABELS - 1);
}

/* Off the CPU in no call. */
#define TAG_OUTSIDE	1u

enum tag_abi { TAG_NATIVE, TAG_COMPAT, TAG_X32 };

/* How cells are split beyond calls. */
enum split_by { SPLIT_NONE, SPLIT_FAILED, SPLIT_ERRNO };

/* The collector writes it, once the slot is FREE or LIVE. */
enum slot_state {
	SLOT_FREE,
	SLOT_LIVE,
	SLOT_DROPPED,	/* not to be accounted, nor its children */
};

enum slot_flags {
	SLOT_NEWBORN = 1,	/* its first exit has no call */
	SLOT_FRESH = 2,		/* found at the attachment; no event yet */
	SLOT_PARTIAL = 4,	/* the call began before the attachment */
	SLOT_LAUNCHING = 8,	/* counts from its execve on */
	SLOT_IGNORED = 16,	/* in a call that was not asked for */
	SLOT_SWITCHED = 32,	/* was off the CPU since the last stamp */
	SLOT_UNSETTLED = 64,	/* of that, sleep and queue are not apart */
	SLOT_ASLEEP = 128,	/* off the CPU: asleep, not preempted */
	SLOT_DEAD = 256,
};

struct call_cell {
	uint32_t tag;
	uint32_t next;		/* in the thread's list; 0: the last */
	uint64_t calls, errors;
	uint64_t wall_ns, blocked_ns, runq_ns;
	uint64_t bytes;		/* sum of what they returned, above 0 */
	uint64_t vcsw, icsw;
	uint64_t refused;	/* of calls: never begun, so without time */
	uint64_t partial;	/* of calls: begun before the attachment */
	uint64_t min_ns, max_ns;	/* in the interval of epoch */
	uint32_t epoch;
	uint32_t hist;		/* 0: none */
};

struct call_hist {
	uint64_t count[BUCKETS];
};

/* --- what else is known of a call -------------------------------------------- */

enum detail_kind {
	DETAIL_STACKS = 1,
	DETAIL_WAITS = 2,
	DETAIL_OBJECTS = 4,
	DETAIL_FDS = 8,		/* objects by descriptor, too */
};

/* What cells are apart by, beside their tag; what is not asked for, or not
 * known, is 0. */
struct detail {
	uint64_t stack;		/* of user functions, by its hash */
	uint64_t object;	/* of struct object, by its number */
	uint64_t wait;		/* the kernel stack it slept in, by its hash;
				 * 0: the call itself */
	int32_t fd;		/* + 1 */
	uint32_t waker;
};

struct detail_key {
	uint32_t slot, tag;
	struct detail detail;
};

#define STACK_FRAMES 127
#define STACKS 16384
/* In place of a hash; hashes are above. */
#define STACK_NO_ROOM 1
#define STACK_UNSEEN 2		/* not looked at, or not to be had */
#define STACK_SEVERAL 3		/* more than are told apart */

/* Innermost first. */
struct stack {
	uint64_t n;
	uint64_t pc[STACK_FRAMES];
};

/* --- objects: what descriptors are of ------------------------------------------ */

/* For all of a session. */
#define OBJECTS 32768
/* In place of a number. */
#define OBJECT_NO_ROOM	1
#define OBJECT_NOT_OPEN	2	/* the descriptor is of nothing */
#define OBJECT_FIRST	3

/* Names have up to 255 bytes. */
#define OBJECT_NAME	256
#define OBJECT_TEXT	1024
#define OBJECT_DEPTH	64
#define OBJECT_UNIX	108	/* bytes of a path of a Unix socket */

enum object_flags {
	OBJECT_DELETED = 1,
	OBJECT_CUT = 2,		/* the path began before the text's end */
	OBJECT_INTERNAL = 4,	/* of a file system that is mounted nowhere */
	OBJECT_LISTENS = 8,
};

/* By its number, which is a hash of what tells it from others. */
struct object {
	uint64_t ino;
	uint64_t met_ns;	/* monotonic: since then it is known */
	uint64_t end, other;	/* of a connection: by hash; 0: none */
	uint64_t peer_ino;	/* of the Unix socket at the other end */
	uint32_t magic;		/* of its file system */
	uint32_t mode;
	uint32_t flags;		/* enum object_flags */
	int32_t eventfd;	/* its number, -1: it is none */
	int32_t peer_pid;	/* who connected, or listened; 0: not known */
	uint32_t size;		/* of the text */
	uint16_t family, protocol;
	uint16_t local_port, remote_port;
	uint8_t local[16], remote[16];	/* addresses */
	uint16_t unix_size[2];	/* of the paths of both ends */
	char fs[16];		/* what the file system is called */
	/* Names, the last one of the path first, each with its 0; of a Unix
	 * socket its path and its peer's, each of OBJECT_UNIX bytes. */
	char text[OBJECT_TEXT];
};

/* Processes that moved bytes at an end of a connection. */
#define HOLDERS 4

struct holders {
	struct {
		int32_t pid;	/* 0: none */
		char comm[16];
	} who[HOLDERS];
};

/* Sleeps of the call in progress, or since the last one ended: so many are
 * told apart, and what is beyond is with the last. */
#define SLOT_WAITS 8

struct slept {
	uint64_t wait;
	uint64_t blocked_ns;
	uint32_t waker, times;
};

/* How a thread's stack is had; the collector decides. */
enum extra_unwind {
	EXTRA_BY_COPY,		/* copied at times, for the collector */
	EXTRA_BY_FP,		/* frame pointers, of each call */
};

#define EXTRA_CACHE 16

/* Beside a slot, where details are asked for. */
struct extra {
	struct detail detail;	/* of the call in progress */
	struct slept waits[SLOT_WAITS];
	uint32_t n_waits;
	/* Who was the last to wake it, and who did when it last came back.
	 * Any CPU writes the first one. */
	uint32_t waker, woken_by;
	uint64_t asleep_in;	/* the kernel stack of the last sleep */
	uint32_t uncounted;	/* that began before it was accounted */
	uint32_t unwind;	/* enum extra_unwind: the collector's */
	uint32_t execs;		/* programs that it has begun */
	/* Of a call in which it was off the CPU at the last visit: when that
	 * began, and its registers. The visitor writes. */
	uint64_t seen_ns, pc, sp, fp;
	uint32_t samples;	/* that were taken of the present program */
	int32_t fd;		/* of the call in progress, -1: none */
	uint64_t noted;		/* the last object, if all is noted of it */
	/* Cells that were found lately, by a hash of tag and detail. */
	struct {
		uint64_t hash;
		uint32_t cell, zero;
	} cache[EXTRA_CACHE];
	uint64_t kept[EXTRA_CACHE];	/* stacks that are known to be */
};

/* Who ends sleeps, by number; the first ones are nobody in particular. */
#define WAKERS 16384
#define WAKER_NO_ROOM 1
#define WAKER_SEVERAL 2
#define WAKER_INTERRUPT 3	/* of a device, or another CPU */
#define WAKER_SOFTIRQ 4		/* what interrupts leave for later */
#define WAKER_TIMER 5
#define WAKER_FIRST 8		/* that is in the array */
/* With so many, further ones are known by their names alone. */
#define WAKERS_BY_THREAD (WAKERS / 4 * 3)

struct waker {
	int32_t tgid, tid;	/* in the collector's pid namespace */
	uint32_t flags;		/* enum waker_flags */
	uint32_t zero;
	char process[16], thread[16];
};

enum waker_flags {
	WAKER_KERNEL = 1,	/* a thread of the kernel's */
	WAKER_BY_NAME = 2,	/* whoever has that name */
};

/* Code of the kernel's that tells who runs what is above it. */
#define CODES 32

enum code_kind {
	CODE_NONE,
	CODE_TIMER,		/* runs what a timer was set for */
	CODE_DEVICE,		/* runs what an interrupt is for */
	CODE_INTERRUPTED,	/* softirqs, after an interrupt */
	CODE_BACKLOG,		/* of what was sent to this machine ... */
	CODE_LET,		/* softirqs, as a thread lets them: of these
				 * the backlog is its own doing */
};

struct code {
	uint64_t start, end;
	uint64_t kind;
};

/*
 * How functions that keep no frame pointer are left, in bytes above the stack
 * pointer: libc's have none even where all other code has one, and so those
 * that call them would be missing. By the address that is executed next, in
 * a program, which is known by its first thread's birth and its count of
 * execve.
 */
struct rule_key {
	uint64_t program, pc;
};

struct way_out {
	int32_t ra;		/* the return address, or RULE_NONE */
	int32_t fp;		/* the caller's frame pointer, or RULE_NONE:
				 * it is where it was */
};

#define RULES 65536
#define RULE_STEPS 16		/* until there is a frame pointer */
#define RULE_NONE (-1)

/* --- samples: stacks for the collector to unwind ------------------------------- */

#define SAMPLE_BYTES 16384
#define SAMPLE_PAGE 4096
#define SAMPLES_BYTES (16u << 20)
/* The collector is woken for so much, and for the first ones of a thread:
 * its process may not be there for long. */
#define SAMPLES_WAKE (SAMPLES_BYTES / 32)
#define SAMPLES_FIRST 4

enum sample_kind {
	SAMPLE_CALL,		/* that has ended */
	SAMPLE_RULE,		/* its rule is not known: no stack */
	SAMPLE_CPU,		/* of a thread on a CPU, at a tick */
};

struct sample {
	uint32_t slot, serial;
	uint32_t kind, tag;	/* without an error */
	uint32_t chance;	/* that it is here, of 2^32; of a RULE: it
				 * is for a return address */
	uint32_t size;		/* of the stack */
	uint64_t wall_ns, blocked_ns, runq_ns;
	uint64_t pc, sp, fp, lr;
	uint8_t stack[SAMPLE_BYTES];
};

/* Calls that take so long are twice as likely to be sampled as short ones. */
#define SAMPLE_LONG_NS 16384


#define SLOT_CACHE 16

struct slot {
	uint32_t sequence;	/* odd while it is written to */
	uint32_t state;		/* enum slot_state: the collector's */
	uint32_t flags;
	uint32_t tentative;	/* kept if the collector likes its name */
	uint32_t wanted;	/* which is this: the collector's */
	uint32_t serial;	/* another one for each thread */
	int32_t tid, tgid;	/* in the collector's pid namespace */
	uint64_t enter_ns;	/* 0: in no call */
	uint32_t tag;		/* of that call, without an error */
	uint32_t resumes;	/* the call that restart_syscall goes on with */
	uint64_t off_ns;	/* left the CPU then; 0: is on it */
	uint64_t delay_ns;	/* run_delay when it fell asleep */
	uint64_t sleep_ns;	/* the last time off the CPU, if unsettled */
	uint64_t back_ns;	/* when it was seen to come back */
	/* Since the call began, or the last one ended: */
	uint64_t blocked_ns, queued_ns;
	uint32_t vcsw, icsw;
	/* Before that, in all: */
	uint64_t past_blocked_ns, past_runq_ns;
	/* In no call, in all: */
	uint64_t outside_blocked_ns, outside_runq_ns;
	uint64_t outside_vcsw, outside_icsw;
	uint64_t born_ns, died_ns;	/* monotonic; accounted from, until */
	uint64_t start_ns, leader_start_ns;	/* of their lives, boot time */
	/* The kernel's own clocks, at birth and at the last visit: */
	uint64_t base_exec_ns, base_user_ns, base_system_ns;
	uint64_t exec_ns, user_ns, system_ns, run_delay_ns;
	uint64_t uring;		/* operations submitted to io_uring */
	uint32_t flow;		/* of SMB requests; 0: none */
	uint32_t self;		/* its own number */
	char comm[16];
	uint32_t first_cell[SLOT_CACHE];	/* of those with such tags */
	uint32_t spare_cell;	/* of the thread that had the slot before */
	struct {
		uint32_t tag, cell;
	} cache[SLOT_CACHE];
};

/* --- SMB requests ---------------------------------------------------------- */

struct phase_sum {
	uint64_t wall_ns, blocked_ns, runq_ns;
	uint64_t times;
	uint64_t calls, calls_ns;
};

/* A call of this loop turn from before it was known for which request. */
struct early_call {
	uint32_t tag;
	uint32_t vcsw, icsw;
	uint64_t wall_ns, blocked_ns, runq_ns;
	long long ret;
	struct detail detail;
	struct slept wait;	/* its sleeps, as if they were one */
};

/* Beside enum phase: a turn of the loop whose kind is not known yet. */
#define PHASE_TURN	PHASE_LOOP_COUNT
#define FLOW_EARLY	8
#define FLOW_SOCKETS	4
#define FLOW_CACHE	128
#define FLOW_CTDBS	2	/* smbd's own, and its parent's */

/* One that is in progress: its address in smbd, and whose it is. */
struct request_key {
	uint64_t address;
	uint32_t serial, slot;
};

struct request {
	uint64_t began_ns, message, session;
	uint32_t tree, command;
	uint64_t run_wall_ns, run_blocked_ns, run_runq_ns;
};

/* What one main thread of smbd does. Only the thread itself writes, within
 * its slot's sequence. */
struct flow {
	/* What each call touches is together. */
	uint32_t phase;		/* of now */
	uint32_t label;		/* SMB2 command + 1 that calls are for */
	uint32_t n_early;
	uint32_t n_partial;	/* of them, of earlier turns */
	uint64_t calls, calls_ns;	/* of this phase, so far */
	uint64_t since_ns;
	uint64_t base_blocked_ns, base_runq_ns;	/* the thread's, then */
	struct phase_sum phases[PHASE_LOOP_COUNT];
	uint32_t n_sockets;
	struct early_call early[FLOW_EARLY];
	int32_t sockets[FLOW_SOCKETS];	/* that requests come by */
	int32_t last_socket;	/* of this turn's last recvmsg, or -1 */
	/* Connections to ctdbd, and the last that was none; + 1, 0: none */
	int32_t ctdb_fd[FLOW_CTDBS], no_ctdb_fd;
	uint32_t n_ctdbs;
	uint32_t before_ctdb;	/* the phase that it is in the middle of */
	/* The request that is run, and what it has had of that since the last
	 * time that it was written down. */
	uint64_t request;
	uint64_t run_wall_ns, run_blocked_ns, run_runq_ns;
	/* It is here until it is answered or left alone; the others wait in
	 * a map. */
	struct request open;
	uint32_t has_open, n_parked;
	/* Where a request has its parts, in bytes; 0: not known yet. */
	uint32_t at_vector, at_index;
	uint32_t n_blind;	/* requests that could not be read */
	uint32_t first_request[SMB2_COMMANDS + 1];	/* request cells */
	uint32_t spare_request;
	uint64_t dispatched, cancelled, unmatched, unanswered, no_room;
	/* By command and call there are more cells than a slot caches. */
	struct {
		uint32_t tag, cell;
	} cache[FLOW_CACHE];
};

/* Those that were answered, of one kind. */
struct request_cell {
	uint32_t next;		/* of the same command; 0: the last */
	uint32_t command, status, tree;
	uint64_t session;
	uint64_t count, wall_ns;
	uint64_t run_wall_ns, run_blocked_ns, run_runq_ns;
	uint64_t min_ns, max_ns;	/* in the interval of epoch */
	uint32_t epoch, hist;
};

/* --- the slowest ------------------------------------------------------------- */

/* The longest one would be shown; a call's arguments are its registers. */
enum slow_kind { SLOW_CALL, SLOW_REQUEST, SLOW_KINDS };

#define SLOW_BYTES (512u << 10)

struct slow_event {
	uint32_t kind;		/* enum slow_kind */
	uint32_t epoch;		/* of control.slow_epoch */
	uint32_t slot, serial;
	uint32_t tag;		/* with the command that it is for, or is */
	uint32_t partial;	/* begun before the attachment */
	int32_t tid, tgid;
	uint64_t start_ns, leader_start_ns;
	uint64_t began_ns, wall_ns;
	uint64_t run_ns;	/* of requests: that they were run */
	uint64_t blocked_ns, runq_ns;
	long long ret;
	uint64_t args[6];
	uint64_t session;
	uint32_t tree, status;
	struct detail detail;	/* with the longest of its sleeps */
};

/* Of one kind in one epoch, by how long they took: those that were sent, by
 * which it is known what cannot be among the slowest, and those for which
 * there was no room. */
struct slow_counts {
	uint32_t sent[BUCKETS], lost[BUCKETS];
};

/* Two epochs of each kind: the one that is read, and the one that fills. */
#define SLOW_COUNTS (2 * SLOW_KINDS)

static inline uint32_t slow_place(uint32_t kind, uint32_t epoch)
{
	return 2 * kind + epoch % 2;
}

/* --- functions of the targets ------------------------------------------------- */

#define FUNCTIONS 16		/* that can be asked for */
#define FUNCTION_CELLS 65536u

/* What a probe is at, beside the number of its function in its cookie. */
#define FUNCTION_RETURNS 0x100	/* the end of a call, by its return */

/* One function, as one thread calls it. */
struct function_cell {
	uint64_t calls;		/* that ended, of those not in another */
	uint64_t nested;	/* begun in one that had not ended */
	uint64_t unmatched;	/* of which one side only was seen */
	uint64_t wall_ns, blocked_ns, runq_ns;
	uint64_t min_ns, max_ns;	/* in the interval of epoch */
	uint32_t epoch, hist;
	/* The one in progress: */
	uint32_t depth;		/* with those nested in it; 0: there is none */
	uint32_t zero;
	uint64_t began_ns, sp;
	uint64_t base_blocked_ns, base_runq_ns;	/* the thread's, then */
};

/* By slot: of its thread; 0: not called yet. */
struct function_places {
	uint32_t cell[FUNCTIONS];
};

/* On one CPU: who made the last call there, by where its registers are
 * saved, which is at the top of each thread's own kernel stack. */
struct caller {
	uint64_t regs;
	uint32_t slot, generation;
};

/* Wakes the collector: this slot's thread has ended, or called execve. */
struct notice {
	uint32_t slot;
};

/* Written by the collector, but for what is counted. */
struct control {
	uint32_t armed;		/* accounting is on */
	uint32_t epoch;		/* of lifetime-only values */
	uint32_t generation;	/* another one when threads come and go,
				 * or armed or a slot's state change */
	uint32_t level;		/* of our pid namespace */
	uint32_t own_tgid;	/* ours, as the kernel has it */
	uint64_t namespace;	/* its address */
	uint32_t used_slots, used_cells, used_hists, serial;
	uint32_t used_flows, used_requests;
	uint64_t no_flow;	/* smbds that could not be accounted as such */
	uint64_t no_slot;	/* threads that could not be accounted */
	uint64_t no_cell;	/* calls that could not be */
	uint64_t no_hist;
	uint64_t no_notice;	/* ends that were not told */
	uint64_t foreign;	/* that became another user's by execve */
	uint64_t unmatched;	/* calls whose end was missed */
	uint64_t lost_switches;	/* so that time off the CPU is not known */
	uint64_t clock_offset;	/* monotonic less the run queues' clock */
	uint64_t found;		/* new threads, by the last visit */
	uint32_t detail;	/* what is wanted now, of plan.detail */
	uint32_t zero;
	uint64_t no_stack;	/* for which there was no room */
	uint64_t no_object;	/* calls whose object found no room */
	uint64_t used_objects;
	uint64_t no_waker;	/* sleeps that were ended by one, likewise */
	uint32_t used_wakers;
	uint32_t n_codes;	/* fixed before attachment */
	struct code codes[CODES];
	uint64_t chance;	/* of a short call to be sampled, of 2^32 */
	uint32_t slow_epoch;	/* of which there are slowest ones */
	uint32_t used_functions;
	uint64_t slow_from_ns[SLOW_COUNTS];	/* what takes less is not */
	uint64_t no_function;	/* calls for which there was no room */
};

/* Fixed at load. */
struct plan {
	uint32_t slots, cells, hists;
	uint32_t flows, requests;	/* 0: SMB is not accounted */
	uint32_t split;		/* enum split_by */
	uint32_t detail;	/* of enum detail_kind: what can be wanted */
	uint32_t unwind;	/* enum extra_unwind to begin with */
	uint32_t profile;	/* what runs is sampled */
	uint32_t hist;		/* there are histograms: of SMB requests ... */
	uint32_t call_hist;	/* ... and of calls */
	uint32_t follow;	/* children, too */
	uint32_t everyone;	/* every process but us */
	uint32_t by_name;	/* notice each execve */
	uint32_t filtered;	/* the call set counts */
	uint32_t only_uid;	/* that processes must have; -1: any */
	uint32_t nr_execve, nr_execveat;
	uint32_t nr_restart, nr_compat_restart;
	uint32_t nr_epoll_wait, nr_epoll_pwait, nr_recvmsg, nr_poll;
	uint32_t nr_read, nr_writev;
	uint32_t nr_connect, nr_newfstatat, nr_statx;
	uint32_t slowest;	/* so many are wanted */
	uint32_t functions;	/* cells of them; 0: none is asked for */
	uint32_t nr_uretprobe;	/* the call that is no call of the program */
};

#endif
