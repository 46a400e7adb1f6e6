/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/handlers.h"

#include <linux/audit.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* The kernel's own, on all Linux but alpha, mips and parisc. */
#define FLAG_RESTART 0x10000000U

/*
 * struct sigaction as the kernel takes it: on 64-bit machines the handler,
 * then the flags, each of 8 bytes; by the 32-bit entry each of 4 bytes.
 */
static bool is_sigaction(const struct seccomp_data *data, size_t *width)
{
#if defined(__x86_64__)
	enum { I386_RT_SIGACTION = 174, X32_RT_SIGACTION = 0x40000000 | 512 };

	if (data->arch == AUDIT_ARCH_I386 || data->nr == X32_RT_SIGACTION) {
		*width = 4;
		return data->nr == I386_RT_SIGACTION ||
		       data->nr == X32_RT_SIGACTION;
	}
#elif defined(__aarch64__)
	enum { ARM_RT_SIGACTION = 174 };

	if (data->arch == AUDIT_ARCH_ARM) {
		*width = 4;
		return data->nr == ARM_RT_SIGACTION;
	}
#endif
	*width = 8;
	return data->nr == SYS_rt_sigaction;
}

void handlers_look(struct board *board, struct board_task *task,
		   const struct seccomp_data *data)
{
	uint64_t words[2] = { 0 };
	uint32_t halves[2] = { 0 };
	struct board_warning *warning;
	struct iovec local = { .iov_base = words }, remote;
	size_t width;

	if (task->handles || !is_sigaction(data, &width) || !data->args[1])
		return;
	if (width == 4)
		local.iov_base = halves;
	local.iov_len = 2 * width;
	remote.iov_base = (void *)(uintptr_t)data->args[1];
	remote.iov_len = local.iov_len;
	if (process_vm_readv(task->tid, &local, 1, &remote, 1, 0) !=
	    (ssize_t)local.iov_len)
		return;
	if (width == 4) {
		words[0] = halves[0];
		words[1] = halves[1];
	}
	/* 0 and 1 are SIG_DFL and SIG_IGN. */
	if (words[0] <= 1 || words[1] & FLAG_RESTART)
		return;
	task->handles = true;
	warning = &board->warning[board->warnings % BOARD_WARNINGS];
	warning->pid = task->pid;
	warning->signal = (int32_t)data->args[0];
	memcpy(warning->comm, task->comm, sizeof(warning->comm));
	__atomic_store_n(&board->warnings, board->warnings + 1,
			 __ATOMIC_RELEASE);
}
