/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few kernel structs that the BPF programs touch, with the few fields.
 * Their places are filled in from the running kernel's BTF at load (CO-RE),
 * so these are no copies of any one kernel's headers.
 *
 * Sources: include/linux/sched.h, sched_info in include/linux/sched.h, pid in
 * include/linux/pid.h, cred in include/linux/cred.h, thread_info and pt_regs
 * in arch/{x86,arm64}/include/asm; task_struct.state became __state in 5.14.
 * For sockets: include/linux/fdtable.h, fs.h, net.h, net/sock.h, af_unix.h,
 * inet_sock.h; for files: include/linux/fs.h, dcache.h, mount.h, path.h,
 * fs_struct.h, fs/mount.h, fs/eventfd.c.
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

struct file_system_type {
	const char *name;
};

struct super_block {
	unsigned long s_magic;
	struct file_system_type *s_type;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	uint32_t i_generation;
};

struct qstr {
	uint64_t hash_len;
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mnt_namespace;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

/* The flavour is not of the kernel's name. */
struct path___fs {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path___fs root;
};

struct file {
	struct inode *f_inode;
	struct path___fs f_path;
	void *private_data;
};

struct eventfd_ctx {
	int id;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct net;

struct possible_net {
	struct net *net;
};

struct in6_addr {
	uint8_t bytes[16];
};

struct sock_common {
	unsigned short skc_family;
	uint8_t skc_state;
	uint32_t skc_daddr, skc_rcv_saddr;
	uint16_t skc_dport;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	struct possible_net skc_net;
};

struct socket;

struct sock {
	struct sock_common __sk_common;
	uint16_t sk_protocol;
	struct socket *sk_socket;
	struct pid *sk_peer_pid;
};

struct inet_sock {
	uint16_t inet_sport;
};

struct socket {
	struct sock *sk;
	struct file *file;
};

struct sockaddr_un {
	char sun_path[108];
};

struct unix_address {
	int len;		/* with the family before the name */
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	void *stack;
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
	struct fs_struct *fs;
	struct files_struct *files;
	char comm[16];
};

/* Before 5.14. */
struct task_struct___state {
	long state;
};

struct pt_regs {
	/* x86; sp: both */
	unsigned long bx, cx, dx, orig_ax, ip, di, si, sp, bp, r8, r9, r10;
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
#define EEXIST		17
#define RESTART_BLOCK	516		/* ERESTART_RESTARTBLOCK */
#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define S_IFIFO		0010000
#define AF_UNIX		1
#define AF_INET		2
#define AF_INET6	10
#define TCP_LISTEN	10
#define AT_EMPTY_PATH	0x1000
#define MNT_NS_INTERNAL	(-22L)		/* fs/mount.h */

#endif
