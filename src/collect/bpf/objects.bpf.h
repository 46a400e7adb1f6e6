/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a call's descriptor is of: looked up in the thread's table as the call
 * begins, or as it ends where it returns one. What is met for the first time
 * is written down for the collector; its path is put together here, as by
 * the time that the collector could ask for it, the descriptor may be closed.
 *
 * Nothing here waits for a lock or a file system: names are read as they are
 * in the kernel's memory.
 */
#ifndef COLLECT_BPF_OBJECTS_BPF_H
#define COLLECT_BPF_OBJECTS_BPF_H

#include "collect/bpf/calls.bpf.h"
#include "collect/bpf/identity.bpf.h"
#include "collect/bpf/shared.bpf.h"

/* By tag without error: a descriptor comes first, or is returned; and it
 * moves bytes. */
const volatile uint64_t on_fd[TAG_CALLS / 64];
const volatile uint64_t new_fd[TAG_CALLS / 64];
const volatile uint64_t moves[TAG_CALLS / 64];

/* The sizes of these are set at load. All their memory is there from then on:
 * a call that has to have some can be told to come later. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, uint64_t);		/* its number */
	__type(value, struct object);
} objects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, uint64_t);		/* an end's hash */
	__type(value, struct holders);
} ends SEC(".maps");

/* On the way from a file to the root. */
struct walk {
	struct object object;
	struct dentry *dentry, *root;
	struct mount *mount, *root_mount;
	struct head head;
};

/* A visit can be preempted by a call. */
enum { WALK_CALL, WALK_VISIT, WALKS };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WALKS);
	__type(key, uint32_t);
	__type(value, struct walk);
} walks SEC(".maps");

inline_always bool is_in(const volatile uint64_t *calls, uint32_t tag)
{
	uint32_t at = tag & (TAG_CALLS - 1);

	return calls[at / 64] >> (at % 64) & 1;
}

/* --- what it is called ---------------------------------------------------------- */

/* The next name on the way up; 1: at the top, or the path is not to be had. */
__attribute__((noinline)) int climb(uint32_t which)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &which);
	struct dentry *dentry, *parent;
	struct mount *mount, *up;
	uint32_t at;
	long n;

	if (!w || (w->dentry == w->root && w->mount == w->root_mount))
		return 1;
	dentry = w->dentry;
	mount = w->mount;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == parent ||
	    dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		up = BPF_CORE_READ(mount, mnt_parent);
		if (!up || up == mount)
			return 1;
		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = up;
		return 0;
	}
	at = w->object.size;
	/* Told to the verifier after the compiler, which may know it. */
	asm volatile("" : "+r"(at));
	n = -1;
	if (at <= OBJECT_TEXT - OBJECT_NAME)
		n = bpf_probe_read_kernel_str(&w->object.text[at],
					      OBJECT_NAME,
					      BPF_CORE_READ(dentry,
							    d_name.name));
	if (n <= 0) {
		w->object.flags |= OBJECT_CUT;
		return 1;
	}
	w->object.size = at + n;
	w->dentry = parent;
	return 0;
}

inline_always struct mount *mount_of(struct vfsmount *mnt)
{
	return (struct mount *)((char *)mnt -
				bpf_core_field_offset(struct mount, mnt));
}

inline_always void begin_walk(struct walk *w, struct file *file,
			      struct fs_struct *fs)
{
	struct path___fs path = { 0 };
	struct dentry *dentry;
	struct mount *mount;

	bpf_core_read(&path, sizeof(path), &fs->root);
	w->root = path.dentry;
	w->root_mount = mount_of(path.mnt);
	bpf_core_read(&path, sizeof(path), &file->f_path);
	dentry = path.dentry;
	mount = mount_of(path.mnt);
	w->dentry = dentry;
	w->mount = mount;
	if ((long)BPF_CORE_READ(mount, mnt_ns) == MNT_NS_INTERNAL)
		w->object.flags |= OBJECT_INTERNAL;
	if (!BPF_CORE_READ(dentry, d_hash.pprev) &&
	    dentry != BPF_CORE_READ(dentry, d_parent))
		w->object.flags |= OBJECT_DELETED;
}

/* A path as its process sees it; what is mounted nowhere has one name. */
__attribute__((noinline)) int find_path(uint32_t which, uint64_t address,
					uint64_t fs)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &which);
	struct file *file = (struct file *)address;
	const unsigned char *named;
	uint64_t name[2] = { 0 };
	long n;

	if (!w)
		return 0;
	begin_walk(w, file, (struct fs_struct *)fs);
	if (w->object.flags & OBJECT_INTERNAL) {
		named = BPF_CORE_READ(file, f_path.dentry, d_name.name);
		n = bpf_probe_read_kernel_str(w->object.text, OBJECT_NAME,
					      named);
		w->object.size = n > 0 ? n : 0;
		bpf_probe_read_kernel_str(name, sizeof(name), w->object.text);
		if (!is_eventfd(name))
			return 0;
		w->object.eventfd = eventfd_of(file);
		w->object.end = mix(mix(w->object.magic, name[0]),
				    w->object.eventfd);
		w->object.other = w->object.end;
		return 0;
	}
	for (int i = 0; i < OBJECT_DEPTH; i++)
		if (climb(which))
			return 0;
	w->object.flags |= OBJECT_CUT;
	return 0;
}

/* --- sockets -------------------------------------------------------------------- */

inline_always uint64_t end_of(uint64_t ino)
{
	return mix(ino, S_IFSOCK);
}

/* In this one of both places. */
inline_always void read_unix_path(struct object *o, int at,
				  struct unix_sock *u)
{
	struct unix_address *address = BPF_CORE_READ(u, addr);
	int size = BPF_CORE_READ(address, len) -
		   (int)bpf_core_field_offset(struct sockaddr_un, sun_path);

	if (!address || size <= 0)
		return;
	o->unix_size[at] = size < OBJECT_UNIX ? size : OBJECT_UNIX;
	bpf_probe_read_kernel(&o->text[at * OBJECT_UNIX], OBJECT_UNIX,
			      (char *)address +
			      bpf_core_field_offset(address->name) +
			      bpf_core_field_offset(struct sockaddr_un,
						    sun_path));
}

__attribute__((noinline)) int find_unix(uint32_t which, uint64_t address)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &which);
	struct unix_sock *u = (struct unix_sock *)address;
	struct unix_sock *peer;
	struct pid *pid;

	/* Unix sockets may be a module, whose types are elsewhere. */
	if (!w || !bpf_core_type_exists(struct unix_sock))
		return 0;
	peer = (struct unix_sock *)BPF_CORE_READ(u, peer);
	read_unix_path(&w->object, 0, u);
	w->object.end = end_of(w->object.ino);
	if (!peer)
		return 0;
	read_unix_path(&w->object, 1, peer);
	w->object.peer_ino = BPF_CORE_READ((struct sock *)peer, sk_socket,
					   file, f_inode, i_ino);
	if (w->object.peer_ino)
		w->object.other = end_of(w->object.peer_ino);
	pid = BPF_CORE_READ((struct sock *)u, sk_peer_pid);
	if (pid)
		w->object.peer_pid = number_in(pid);
	return 0;
}

/* IPv4 in IPv6 is the same connection from its other end. */
inline_always void unmap(uint8_t address[16])
{
	uint64_t *half = (uint64_t *)address;

	if (half[0] || (uint32_t)half[1] != 0xffff0000)
		return;
	half[0] = half[1] >> 32;
	half[1] = 0;
}

inline_always uint64_t hash_end(const uint8_t *local, uint16_t local_port,
				const uint8_t *remote, uint16_t remote_port,
				uint64_t net)
{
	uint64_t hash = mix_address(mix_address(net, local), remote);

	return mix(hash, local_port | (uint64_t)remote_port << 16);
}

__attribute__((noinline)) int find_inet(uint32_t which, uint64_t address)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &which);
	struct sock *sk = (struct sock *)address;
	struct tuple t;
	uint64_t net = 0;

	if (!w || read_head(&w->head, &sk->__sk_common))
		return 0;
	read_tuple(&w->head, sk, w->object.family, &t);
	__builtin_memcpy(w->object.local, t.local, 16);
	__builtin_memcpy(w->object.remote, t.remote, 16);
	w->object.local_port = __builtin_bswap16(t.local_port);
	w->object.remote_port = __builtin_bswap16(t.remote_port);
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN)
		w->object.flags |= OBJECT_LISTENS;
	if (!t.remote_port)
		return 0;
	if (bpf_core_field_exists(sk->__sk_common.skc_net.net))
		net = (uint64_t)BPF_CORE_READ(sk, __sk_common.skc_net.net);
	net = mix(net, w->object.protocol);
	unmap(t.local);
	unmap(t.remote);
	w->object.end = hash_end(t.local, t.local_port, t.remote,
				 t.remote_port, net);
	w->object.other = hash_end(t.remote, t.remote_port, t.local,
				   t.local_port, net);
	return 0;
}

inline_always void find_socket(struct walk *w, uint32_t which,
			       struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);

	w->object.family = BPF_CORE_READ(sk, __sk_common.skc_family);
	w->object.protocol = BPF_CORE_READ(sk, sk_protocol);
	if (w->object.family == AF_UNIX)
		find_unix(which, (uint64_t)sk);
	if (w->object.family == AF_INET || w->object.family == AF_INET6)
		find_inet(which, (uint64_t)sk);
}

/* --- met for the first time ------------------------------------------------------ */

__attribute__((noinline)) int describe(uint32_t which, uint64_t address,
				       uint64_t fs)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &which);
	struct file *file = (struct file *)address;
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if (!w)
		return 0;
	__builtin_memset(&w->object, 0,
			 __builtin_offsetof(struct object, text));
	w->object.ino = BPF_CORE_READ(inode, i_ino);
	w->object.mode = BPF_CORE_READ(inode, i_mode);
	w->object.magic = BPF_CORE_READ(inode, i_sb, s_magic);
	w->object.met_ns = bpf_ktime_get_ns();
	w->object.eventfd = -1;
	bpf_probe_read_kernel_str(w->object.fs, sizeof(w->object.fs),
				  BPF_CORE_READ(inode, i_sb, s_type, name));
	if (is_socket(w->object.mode)) {
		find_socket(w, which, file);
		return 0;
	}
	find_path(which, address, fs);
	if ((w->object.mode & S_IFMT) == S_IFIFO) {
		w->object.end = mix(mix(w->object.ino, S_IFIFO),
				    (uint64_t)BPF_CORE_READ(inode, i_sb));
		w->object.other = w->object.end;
	}
	return 0;
}

/* Not 0: there is no room for it. */
__attribute__((noinline)) int meet(uint64_t number, uint32_t which,
				   uint64_t address, uint64_t fs)
{
	struct walk *w = bpf_map_lookup_elem(&walks, &which);
	long err;

	if (!w || control.used_objects >= OBJECTS)
		return 1;
	describe(which, address, fs);
	err = bpf_map_update_elem(&objects, &number, &w->object,
				  BPF_NOEXIST);
	if (!err)
		__sync_fetch_and_add(&control.used_objects, 1);
	return err && err != -EEXIST;
}

/* At this end of it is a process, which moves bytes. */
__attribute__((noinline)) int hold(uint64_t end, uint32_t slot)
{
	struct holders *known = bpf_map_lookup_elem(&ends, &end), first = { 0 };
	struct slot *s = slot_at(slot);

	if (!s)
		return 0;
	if (!known) {
		first.who[0].pid = s->tgid;
		__builtin_memcpy(first.who[0].comm, s->comm, sizeof(s->comm));
		bpf_map_update_elem(&ends, &end, &first, BPF_NOEXIST);
		return 0;
	}
	for (int i = 0; i < HOLDERS; i++) {
		if (known->who[i].pid == s->tgid)
			return 0;
		if (known->who[i].pid)
			continue;
		known->who[i].pid = s->tgid;
		__builtin_memcpy(known->who[i].comm, s->comm,
				 sizeof(s->comm));
		return 0;
	}
	return 0;
}

/* --- of a call -------------------------------------------------------------------- */

/* The number of what @fd is of the thread in @s. */
static __attribute__((noinline)) uint64_t
find_object(struct slot *s, struct task_struct *task, int32_t fd,
	    uint32_t which)
{
	struct extra *extra;
	struct object *o;
	uint64_t file, number;

	if (!s || !task)
		return OBJECT_NOT_OPEN;
	file = (uint64_t)file_at(task->files, fd);
	if (!file)
		return OBJECT_NOT_OPEN;
	number = identify(file);
	extra = extra_at(s->self);
	if (!extra || extra->noted == number)
		return number;
	o = bpf_map_lookup_elem(&objects, &number);
	if (!o) {
		if (meet(number, which, file,
			 (uint64_t)BPF_CORE_READ(task, fs))) {
			__sync_fetch_and_add(&control.no_object, 1);
			return OBJECT_NO_ROOM;
		}
		o = bpf_map_lookup_elem(&objects, &number);
	}
	if (o && o->end) {
		if (!is_in(moves, s->tag))
			return number;
		hold(o->end, s->self);
	}
	extra->noted = number;
	return number;
}

/* The descriptor that the call of @s works on, -1: none. */
inline_always int32_t descriptor_of(struct slot *s, struct pt_regs *regs)
{
	uint64_t flags = 0;

	if (s->tag == plan.nr_newfstatat)
		flags = argument(regs, 3);
	else if (s->tag == plan.nr_statx)
		flags = argument(regs, 2);
	if (!is_in(on_fd, s->tag) && !(flags & AT_EMPTY_PATH))
		return -1;
#ifdef __TARGET_ARCH_x86
	if ((s->tag & (TAG_CALLS - 1)) >> TAG_NR_BITS == TAG_COMPAT)
		return (int32_t)regs->bx;
#endif
	return (int32_t)argument(regs, 0);
}

/* Of the call in @s, which has begun. */
inline_always void find_descriptor(struct slot *s, struct task_struct *task,
				   struct pt_regs *regs, uint32_t which)
{
	struct extra *extra = extra_at(s->self);

	if (!extra)
		return;
	extra->fd = descriptor_of(s, regs);
	if (extra->fd < 0)
		return;
	extra->detail.object = find_object(s, task, extra->fd, which);
	if (plan.detail & DETAIL_FDS)
		extra->detail.fd = extra->fd + 1;
}

/* It ends: what it has opened is what it worked on, and a socket has its
 * peer, and often its own address, by the call that connects it. */
inline_always void find_result(struct slot *s, long ret)
{
	struct extra *extra = extra_at(s->self);

	if (!extra)
		return;
	if (ret >= 0 && is_in(new_fd, s->tag)) {
		extra->fd = ret;
		if (plan.detail & DETAIL_FDS)
			extra->detail.fd = ret + 1;
	} else if (s->tag != plan.nr_connect || extra->fd < 0) {
		return;
	}
	extra->detail.object = find_object(s, bpf_get_current_task_btf(),
					   extra->fd, WALK_CALL);
}

#endif
