/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few kernel structs that the BPF programs touch, with the few fields.
 * Their places are filled in from the running kernel's BTF at load (CO-RE),
 * so these are no copies of any one kernel's headers.
 *
 * Sources: include/linux/sched.h, sched_info in include/linux/sched.h, pid in
 * include/linux/pid.h, cred in include/linux/cred.h, thread_info and pt_regs
 * in arch/{x86,arm64}/include/asm; task_struct.state became __state in 5.14.
 * For sockets: include/linux/fdtable.h, fs.h, net.h, net/sock.h, af_unix.h.
 */
#ifndef COLLECT_BPF_KERNEL_H
#define COLLECT_BPF_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), \
			     apply_to = record)

struct thread_info {
	unsigned long flags;
	uint32_t status;	/* x86 only */
};

struct sched_info {
	unsigned long long run_delay;
	unsigned long long last_arrival;
};

struct sched_entity {
	uint64_t sum_exec_runtime;
};

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kuid {
	uint32_t val;
};

struct cred {
	struct kuid uid;
	struct kuid suid;
	struct kuid euid;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
};

struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	char sun_path[108];
};

struct unix_address {
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	int on_cpu;
	struct sched_entity se;
	struct sched_info sched_info;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	uint64_t utime;
	uint64_t stime;
	uint64_t start_boottime;
	const struct cred *cred;
	struct files_struct *files;
	char comm[16];
};

/* Before 5.14. */
struct task_struct___state {
	long state;
};

struct pt_regs {
	unsigned long cx, orig_ax, ip, di, si, sp, bp;	/* x86; sp: both */
	unsigned long bx, dx, r8, r9, r10;
	int syscallno;		/* arm64 */
	unsigned long long regs[31], pc, orig_x0;
};

struct bpf_iter_meta;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

#define TASK_HALTED	0x0c		/* __TASK_STOPPED, __TASK_TRACED */
#define TASK_NEW	0x800		/* until its birth has been told */
#define TASK_DEAD	0x80		/* include/linux/sched.h, since 4.14 */
#define PF_KTHREAD	0x00200000
#define PF_IO_WORKER	0x00000010	/* of io_uring: makes no calls */
#define TS_COMPAT	0x0002		/* arch/x86/include/asm/thread_info.h */
#define X32_BIT		0x40000000
#define TIF_32BIT	22		/* arch/arm64/include/asm/thread_info.h */
#define RESTART_BLOCK	516		/* ERESTART_RESTARTBLOCK */
#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define AF_UNIX		1

#endif
