// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abis: makes calls by all the entries of an x86-64 kernel, and prints as
 * JSON how many by each: {"ABI NAME": N, ...}. Whether the kernel has the
 * entry's calls does not matter: it is asked either way.
 */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)

#define X32_BIT 0x40000000L

/* Numbers of arch/x86/entry/syscalls/syscall_{32,64}.tbl. */
enum { I386_GETPPID = 64, I386_POLL = 168, NATIVE_GETPPID = 110,
       NATIVE_POLL = 7, UNKNOWN = 600 };

static long by_int80(long nr)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(nr), "b"(0L), "c"(0L), "d"(0L), "S"(0L),
			   "D"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void repeat(int n, long (*enter)(long nr), long nr)
{
	while (n--)
		enter(nr);
}

static long natively(long nr)
{
	return syscall(nr, 0, 0, 0);
}

int main(void)
{
	repeat(3, natively, NATIVE_GETPPID);
	repeat(5, by_int80, I386_GETPPID);
	repeat(7, natively, NATIVE_GETPPID | X32_BIT);
	repeat(11, natively, NATIVE_POLL);
	repeat(13, by_int80, I386_POLL);
	repeat(17, natively, NATIVE_POLL | X32_BIT);
	repeat(19, natively, UNKNOWN);
	puts("{\"x86_64 getppid\": 3, \"i386 getppid\": 5, "
	     "\"x32 getppid\": 7, \"x86_64 poll\": 11, \"i386 poll\": 13, "
	     "\"x32 poll\": 17, \"x86_64 syscall_0x258\": 19}");
	return 0;
}

#else

int main(void)
{
	puts("arch: other entries are known of x86-64 only");
	return 77;
}

#endif
