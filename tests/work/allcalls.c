// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * allcalls FROM TO [compat]: enters the kernel once with each number from FROM
 * up to TO, natively or by the 32-bit entry, and has every one of them refused
 * by a filter, so that none does anything. A tracer sees them all.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All but exit_group; of the 32-bit entry, that is another number. */
static int refuse_all(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[5])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x5eed, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static long enter(long nr, int compat)
{
#if defined(__x86_64__)
	long ret;

	if (compat) {
		__asm__ volatile("push %%rbp; mov $0x5eed, %%ebp; int $0x80;"
				 "pop %%rbp"
				 : "=a"(ret)
				 : "a"(nr), "b"(-1L), "c"(-1L), "d"(-1L),
				   "S"(-1L), "D"(-1L)
				 : "memory", "r8", "r9", "r10", "r11");
		return ret;
	}
#endif
	if (compat) {
		fputs("allcalls: this machine has no such entry\n", stderr);
		exit(77);
	}
	return syscall(nr, -1L, -1L, -1L, -1L, -1L, 0x5eedL);
}

int main(int argc, char **argv)
{
	if (argc < 3 || refuse_all()) {
		fputs("usage: allcalls FROM TO [compat]\n", stderr);
		return 99;
	}
	for (long nr = atol(argv[1]); nr < atol(argv[2]); nr++)
		enter(nr, argc > 3);
	return 0;
}
