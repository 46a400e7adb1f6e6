/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/abi.h"

#include <linux/audit.h>
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define X32_BIT 0x40000000L
#define COMPAT_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define COMPAT_ARCH AUDIT_ARCH_ARM
#endif

#if defined(__x86_64__)
#define NATIVE "x86_64"
#define COMPAT "i386"
#elif defined(__aarch64__)
#define NATIVE "aarch64"
#define COMPAT "arm"
#else
#define NATIVE "native"
#define COMPAT "compat"
#endif

const char *abi_name(int abi)
{
	static const char *const names[] = {
		[ABI_NATIVE] = NATIVE,
		[ABI_COMPAT] = COMPAT,
		[ABI_X32] = "x32",
	};

	return abi < ABI_NATIVE || abi > ABI_X32 ? "-" : names[abi];
}

int abi_is_wait(int abi, int nr)
{
	return abi != ABI_TASK && !(abi == ABI_STATE && nr == STATE_RUNNING);
}

int abi_guess(long nr, uint64_t sp, int32_t *ret_nr)
{
#if defined(__x86_64__)
	if (nr & X32_BIT) {
		*ret_nr = (int32_t)(nr & ~X32_BIT);
		return ABI_X32;
	}
#endif
	*ret_nr = (int32_t)nr;
#if defined(__x86_64__) || defined(__aarch64__)
	if (sp && !(sp >> 32))
		return ABI_COMPAT;
#endif
	return ABI_NATIVE;
}

int abi_of_arch(uint32_t arch, int32_t nr, int32_t *ret_nr)
{
	*ret_nr = nr;
#ifdef COMPAT_ARCH
	if (arch == COMPAT_ARCH)
		return ABI_COMPAT;
#else
	(void)arch;
#endif
#if defined(__x86_64__)
	if (nr & X32_BIT) {
		*ret_nr = (int32_t)(nr & ~X32_BIT);
		return ABI_X32;
	}
#endif
	return ABI_NATIVE;
}

/* The other tables' numbers: entry/syscalls/syscall_{32,64}.tbl of x86 and
 * tools/syscall.tbl of arm. */
static const struct {
	int abi, nr;
} execs[] = {
	{ ABI_NATIVE, SYS_execve }, { ABI_NATIVE, SYS_execveat },
#if defined(__x86_64__)
	{ ABI_COMPAT, 11 }, { ABI_COMPAT, 358 },
	{ ABI_X32, 520 }, { ABI_X32, 545 },
#elif defined(__aarch64__)
	{ ABI_COMPAT, 11 }, { ABI_COMPAT, 387 },
#endif
}, forks[] = {
	{ ABI_NATIVE, SYS_clone }, { ABI_NATIVE, SYS_clone3 },
#ifdef SYS_fork
	{ ABI_NATIVE, SYS_fork }, { ABI_NATIVE, SYS_vfork },
#endif
	{ ABI_COMPAT, 2 }, { ABI_COMPAT, 120 }, { ABI_COMPAT, 190 },
	{ ABI_COMPAT, 435 },
#if defined(__x86_64__)
	{ ABI_X32, 56 }, { ABI_X32, 57 }, { ABI_X32, 58 }, { ABI_X32, 435 },
#endif
};

bool abi_is_exec(int abi, int nr)
{
	for (size_t i = 0; i < sizeof(execs) / sizeof(*execs); i++)
		if (execs[i].abi == abi && execs[i].nr == nr)
			return true;
	return false;
}

bool abi_is_fork(int abi, int nr)
{
	for (size_t i = 0; i < sizeof(forks) / sizeof(*forks); i++)
		if (forks[i].abi == abi && forks[i].nr == nr)
			return true;
	return false;
}
