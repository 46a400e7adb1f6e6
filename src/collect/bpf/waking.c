/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/waking.h"

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "collect/bpf/layout.h"
#include "collect/bpf/split.skel.h"

/* Whether a program may refer to that variable of the kernel's: its type can
 * be known where its address is not. Tried with one that does nothing else. */
static bool can_refer_to(const struct btf *btf, const char *name)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_BTF_ID },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_VAR);
	int fd;

	if (id < 0)
		return false;
	insns[0].imm = id;
	fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL, "GPL", insns,
			   sizeof(insns) / sizeof(*insns), NULL);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool sees_preempt_count(void)
{
#ifdef __x86_64__
	struct btf *btf = btf__load_vmlinux_btf();
	bool ret = btf && (can_refer_to(btf, "__preempt_count") ||
			   can_refer_to(btf, "pcpu_hot"));

	btf__free(btf);
	return ret;
#else
	return true;
#endif
}

int waking_choose(struct split *programs, bool wanted)
{
	bool sees = wanted && sees_preempt_count();
	int err = bpf_program__set_autoload(programs->progs.on_waking,
					    wanted && sees);

	return err ? err :
	       bpf_program__set_autoload(programs->progs.on_waking_blind,
					 wanted && !sees);
}
