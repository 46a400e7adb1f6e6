/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that do nothing: what attaching to all calls costs at least. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/sys_enter")
int on_enter(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int on_exit(void *ctx)
{
	return 0;
}
