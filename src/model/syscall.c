/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/syscall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBAUDIT
#include <libaudit.h>
#endif
#ifdef HAVE_LIBSECCOMP
#include <seccomp.h>
#endif

#include "model/abi.h"
#include "model/syscalls_new.h"

static const char *from_libaudit(int abi, int nr)
{
#ifdef HAVE_LIBAUDIT
#if defined(__x86_64__)
	int machine = abi == ABI_COMPAT ? MACH_X86 : MACH_86_64;
#elif defined(__aarch64__)
	int machine = abi == ABI_COMPAT ? MACH_ARM : MACH_AARCH64;
#else
	int machine = audit_detect_machine();

	if (abi != ABI_NATIVE)
		return NULL;
#endif
	return audit_syscall_to_name(nr, machine);
#else
	(void)abi;
	(void)nr;
	return NULL;
#endif
}

static int from_libseccomp(char *buf, size_t size, int abi, int nr)
{
#ifdef HAVE_LIBSECCOMP
#if defined(__x86_64__)
	uint32_t arch = abi == ABI_COMPAT ? SCMP_ARCH_X86 :
			abi == ABI_X32 ? SCMP_ARCH_X32 : SCMP_ARCH_X86_64;
#elif defined(__aarch64__)
	uint32_t arch = abi == ABI_COMPAT ? SCMP_ARCH_ARM : SCMP_ARCH_AARCH64;
#else
	uint32_t arch = seccomp_arch_native();

	if (abi != ABI_NATIVE)
		return 0;
#endif
	char *name;

#if defined(__x86_64__)
	if (abi == ABI_X32)
		nr |= 0x40000000;
#endif
	name = seccomp_syscall_resolve_num_arch(arch, nr);
	if (!name)
		return 0;
	snprintf(buf, size, "%s", name);
	free(name);
	return 1;
#else
	(void)buf;
	(void)size;
	(void)abi;
	(void)nr;
	return 0;
#endif
}

static const char *from_data(int abi, int nr)
{
	for (size_t i = 0; i < sizeof(syscalls_new) / sizeof(*syscalls_new);
	     i++)
		if (syscalls_new[i].nr == nr &&
		    (!*syscalls_new[i].abi ||
		     !strcmp(syscalls_new[i].abi, abi_name(abi))))
			return syscalls_new[i].name;
	return NULL;
}

bool syscall_find(char *buf, size_t size, int abi, int nr)
{
	const char *name = from_data(abi, nr);

	if (!name)
		name = from_libaudit(abi, nr);
	if (!name)
		return from_libseccomp(buf, size, abi, nr);
	snprintf(buf, size, "%s", name);
	return true;
}

char *syscall_name(char *buf, size_t size, int abi, int nr)
{
	if (!syscall_find(buf, size, abi, nr))
		snprintf(buf, size, "syscall_0x%x", (unsigned)nr);
	return buf;
}

const char *syscall_sources(void)
{
	return ""
#ifdef HAVE_LIBAUDIT
	       "libaudit, "
#endif
#ifdef HAVE_LIBSECCOMP
	       "libseccomp, "
#endif
	       "own table";
}
