/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which object a file is, as a number: a hash of what the kernel never gives
 * to two at the same time or, with names and addresses, one after the other.
 */
#ifndef COLLECT_BPF_IDENTITY_BPF_H
#define COLLECT_BPF_IDENTITY_BPF_H

#include "collect/bpf/shared.bpf.h"

inline_always uint64_t mix(uint64_t hash, uint64_t more)
{
	hash = (hash ^ more) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

/*
 * The first bytes of a struct, where the fields are that every call needs:
 * reading each on its own would cost more than all the rest. A field that
 * this kernel has elsewhere is read on its own.
 */
struct head {
	uint64_t words[12];
};

#define read_head(head, from) \
	bpf_probe_read_kernel(head, sizeof(*(head)), from)
#define FROM_HEAD(head, from, field) ({ \
	__typeof__((from)->field) at__; \
	uint32_t offset__ = __builtin_preserve_field_info((from)->field, \
						BPF_FIELD_BYTE_OFFSET); \
	if (offset__ <= sizeof(*(head)) - sizeof(at__)) \
		at__ = *(__typeof__(at__) *)((char *)(head) + offset__); \
	else \
		at__ = BPF_CORE_READ(from, field); \
	at__; })

static __attribute__((noinline)) struct file *
file_at(struct files_struct *files, int32_t fd)
{
	struct file *file = NULL;
	struct fdtable *fdt;

	if (!files)
		return NULL;
	fdt = files->fdt;
	if (fd < 0 || (uint32_t)fd >= fdt->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd);
	return file;
}

inline_always bool is_socket(uint32_t mode)
{
	return (mode & S_IFMT) == S_IFSOCK;
}

inline_always uint64_t mix_address(uint64_t hash, const uint8_t address[16])
{
	for (int i = 0; i < 16; i += 8)
		hash = mix(hash, *(const uint64_t *)&address[i]);
	return hash;
}

struct tuple {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;	/* as on the network */
};

inline_always void read_tuple(const struct head *head, struct sock *sk,
			      uint16_t family, struct tuple *t)
{
	struct sock_common *common = &sk->__sk_common;

	*t = (struct tuple){ 0 };
	t->local_port = BPF_CORE_READ((struct inet_sock *)sk, inet_sport);
	t->remote_port = FROM_HEAD(head, common, skc_dport);
	if (family == AF_INET) {
		*(uint32_t *)t->local = FROM_HEAD(head, common,
						  skc_rcv_saddr);
		*(uint32_t *)t->remote = FROM_HEAD(head, common, skc_daddr);
	} else if (bpf_core_field_exists(common->skc_v6_daddr)) {
		bpf_core_read(t->local, 16, &common->skc_v6_rcv_saddr);
		bpf_core_read(t->remote, 16, &common->skc_v6_daddr);
	}
}

/* A socket is another one when it gets an address or a peer. */
__attribute__((noinline)) uint64_t identify_socket(uint64_t hash,
						   uint64_t address)
{
	struct socket *socket = (struct socket *)address;
	struct sock *sk = BPF_CORE_READ(socket, sk);
	struct sock_common *common = &sk->__sk_common;
	struct head head;
	struct tuple t;
	uint16_t family;

	if (read_head(&head, common))
		return hash;
	family = FROM_HEAD(&head, common, skc_family);
	if (family == AF_UNIX && bpf_core_type_exists(struct unix_sock)) {
		struct unix_sock *u = (struct unix_sock *)sk;

		hash = mix(hash, (uint64_t)BPF_CORE_READ(u, peer));
		return mix(hash, (uint64_t)BPF_CORE_READ(u, addr));
	}
	if (family != AF_INET && family != AF_INET6)
		return hash;
	read_tuple(&head, sk, family, &t);
	hash = mix_address(mix_address(hash, t.local), t.remote);
	hash = mix(hash, t.local_port | (uint64_t)t.remote_port << 16);
	return mix(hash, FROM_HEAD(&head, common, skc_state) == TCP_LISTEN);
}

inline_always int32_t eventfd_of(struct file *file)
{
	struct eventfd_ctx *ctx = BPF_CORE_READ(file, private_data);

	return bpf_core_type_exists(struct eventfd_ctx) &&
	       bpf_core_field_exists(ctx->id) ? BPF_CORE_READ(ctx, id) : -1;
}

/* "[eventfd]", without what the compiler would call for. */
inline_always bool is_eventfd(const uint64_t name[2])
{
	return name[0] == 0x6466746e6576655bULL && (uint16_t)name[1] == ']';
}

/* What has no place in a directory, so that its name has no hash: all of a
 * kind may share an inode, and are apart by that name. */
__attribute__((noinline)) uint64_t identify_nameless(uint64_t hash,
						     uint64_t address)
{
	struct file *file = (struct file *)address;
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry,
						  d_name.name);
	uint64_t text[2] = { 0 };

	bpf_probe_read_kernel_str(text, sizeof(text), name);
	hash = mix(mix(hash, text[0]), text[1]);
	return is_eventfd(text) ? mix(hash, eventfd_of(file)) : hash;
}

/*
 * A file under another name, or by another mount, is another one: the hash
 * of a name is also of the directory, so that an inode number that is used
 * again tells no lies.
 */
__attribute__((noinline)) uint64_t identify(uint64_t address)
{
	struct file *file = (struct file *)address;
	uint64_t hash, name;
	struct path___fs path;
	struct inode *inode;
	struct dentry *dentry;
	struct head head;
	uint64_t data;

	if (read_head(&head, file))
		return OBJECT_FIRST;
	inode = FROM_HEAD(&head, file, f_inode);
	path = FROM_HEAD(&head, file, f_path);
	data = (uint64_t)FROM_HEAD(&head, file, private_data);
	if (read_head(&head, inode))
		return OBJECT_FIRST;
	hash = mix(FROM_HEAD(&head, inode, i_ino),
		   (uint64_t)FROM_HEAD(&head, inode, i_sb));
	if (is_socket(FROM_HEAD(&head, inode, i_mode))) {
		hash = identify_socket(hash, data);
	} else {
		dentry = path.dentry;
		name = BPF_CORE_READ(dentry, d_name.hash_len);
		hash = mix(mix(hash, name), (uint64_t)path.mnt);
		if (!(uint32_t)name)
			hash = identify_nameless(hash, address);
	}
	return hash < OBJECT_FIRST ? hash + OBJECT_FIRST : hash;
}

#endif
