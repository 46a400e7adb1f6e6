/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The /proc files of a task, as text to structs: pure functions, 0 or
 * -EINVAL. What they accept is what proc_pid_stat(5) and its siblings say;
 * a number out of range is an error, not a wrapped value.
 */
#ifndef BASE_PROCPARSE_H
#define BASE_PROCPARSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* /proc/PID/stat, /proc/PID/task/TID/stat. Times in clock ticks. */
struct proc_stat {
	char comm[64];
	char state;
	pid_t ppid;
	long threads;
	uint64_t utime, stime, cutime, cstime;
	uint64_t start;
	bool bare;	/* has no memory (any more): it is about to end */
	int cpu;	/* where it ran last; -1: not in the record */
};

/* .../schedstat: nanoseconds on a CPU, in a run queue; times put on a CPU. */
struct proc_sched {
	uint64_t cpu_ns, runq_ns, slices;
};

/* .../io, in the order of the file. */
struct proc_io {
	uint64_t read_chars, write_chars, reads, writes;
	uint64_t read_bytes, write_bytes;
};

/* .../syscall */
enum proc_where { WHERE_RUNNING, WHERE_CALL, WHERE_OUTSIDE };

struct proc_syscall {
	enum proc_where where;
	long nr;	/* WHERE_CALL only */
	uint64_t sp;
};

/* .../status */
struct proc_status {
	uid_t uid;	/* the real one */
	pid_t tgid;
	uint64_t caught;	/* signals that have a handler, from bit 0 on */
	uint64_t vcsw, icsw;
};

/* The first line of /proc/stat: all CPUs, in clock ticks. */
struct proc_machine {
	uint64_t interrupts;	/* irq and softirq */
	uint64_t stolen;	/* by the hypervisor */
};

int proc_parse_stat(const char *text, struct proc_stat *ret);
int proc_parse_sched(const char *text, struct proc_sched *ret);
int proc_parse_io(const char *text, struct proc_io *ret);
int proc_parse_syscall(const char *text, struct proc_syscall *ret);
int proc_parse_status(const char *text, struct proc_status *ret);
int proc_parse_machine(const char *text, struct proc_machine *ret);

/* The last process or thread id given out, from /proc/loadavg. */
int proc_parse_loadavg(const char *text, pid_t *ret_last);

#endif
