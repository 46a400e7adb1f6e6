/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "model/abi.h"
#include "model/syscall.h"

#if defined(HAVE_LIBAUDIT) || defined(HAVE_LIBSECCOMP)
#define HAS_TABLES 1
#else
#define HAS_TABLES 0
#endif

static void check(int abi, int nr, const char *wanted)
{
	char buf[64];

	assert_ptr_equal(syscall_name(buf, sizeof(buf), abi, nr), buf);
	assert_string_equal(buf, wanted);
}

static void native_names(void **state)
{
	(void)state;
	if (!HAS_TABLES)
		skip_because("build: built without libaudit and libseccomp");
	check(ABI_NATIVE, SYS_read, "read");
	check(ABI_NATIVE, SYS_write, "write");
	check(ABI_NATIVE, SYS_close, "close");
	check(ABI_NATIVE, SYS_fsync, "fsync");
	check(ABI_NATIVE, SYS_fdatasync, "fdatasync");
	check(ABI_NATIVE, SYS_epoll_pwait, "epoll_pwait");
	check(ABI_NATIVE, SYS_futex, "futex");
	check(ABI_NATIVE, SYS_openat, "openat");
	check(ABI_NATIVE, SYS_clock_nanosleep, "clock_nanosleep");
	check(ABI_NATIVE, SYS_exit_group, "exit_group");
}

/* As in the kernel's tables and in strace, not as in a library's own. */
static void names_are_the_kernels(void **state)
{
	(void)state;
	if (!HAS_TABLES)
		skip_because("build: built without libaudit and libseccomp");
	check(ABI_NATIVE, SYS_pread64, "pread64");
	check(ABI_NATIVE, SYS_pwrite64, "pwrite64");
	check(ABI_NATIVE, SYS_getdents64, "getdents64");
#ifdef __x86_64__
	check(ABI_COMPAT, 180, "pread64");
	check(ABI_COMPAT, 283, "kexec_load");
	check(ABI_COMPAT, 423, "sched_rr_get_interval_time64");
#endif
}

/* One number means three calls. */
static void a_number_means_a_call_with_its_abi(void **state)
{
	(void)state;
#ifdef __x86_64__
	if (!HAS_TABLES)
		skip_because("build: built without libaudit and libseccomp");
	check(ABI_NATIVE, 0, "read");
	check(ABI_COMPAT, 0, "restart_syscall");
	check(ABI_X32, 0, "read");
	check(ABI_NATIVE, 64, "semget");
	check(ABI_COMPAT, 64, "getppid");
	check(ABI_NATIVE, 3, "close");
	check(ABI_COMPAT, 3, "read");
	check(ABI_NATIVE, 232, "epoll_wait");
	check(ABI_X32, 232, "epoll_wait");
#else
	skip_because("arch: the numbers here are x86_64's");
#endif
}

/* Numbers from 512 on are x32's own, and unknown natively. */
static void x32_has_numbers_of_its_own(void **state)
{
	(void)state;
#if defined(__x86_64__) && defined(HAVE_LIBSECCOMP)
	check(ABI_X32, 512, "rt_sigaction");
	check(ABI_X32, 517, "recvfrom");
	check(ABI_NATIVE, 512, "syscall_0x200");
#else
	skip_because("build: only libseccomp has a table of x32");
#endif
}

static void unknown_numbers_are_hexadecimal(void **state)
{
	(void)state;
	check(ABI_NATIVE, 0x3fffffff, "syscall_0x3fffffff");
	check(ABI_NATIVE, 4095, "syscall_0xfff");
	check(ABI_COMPAT, 0xabcde, "syscall_0xabcde");
	check(ABI_X32, 0xabcde, "syscall_0xabcde");
}

/* Of every ABI, whatever libraries there are. */
static void new_calls_have_names(void **state)
{
	(void)state;
	check(ABI_NATIVE, 449, "futex_waitv");
	check(ABI_NATIVE, 462, "mseal");
	check(ABI_NATIVE, 457, "statmount");
	check(ABI_COMPAT, 452, "fchmodat2");
#ifdef __x86_64__
	check(ABI_X32, 455, "futex_wait");
	check(ABI_NATIVE, 335, "uretprobe");
#endif
}

static void every_line_of_the_data_is_used(void **state)
{
	const char *top = getenv("top_srcdir");
	char path[4096], line[256];
	int n = 0;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/data/syscalls.csv", top ? top : ".");
	f = fopen(path, "r");
	if (!f)
		skip_because("file: data/syscalls.csv is not here, run by "
			     "make check");
	while (fgets(line, sizeof(line), f)) {
		char abi[32] = "", name[64];
		int nr;

		if (sscanf(line, "%d,,%63[a-z0-9_]", &nr, name) != 2 &&
		    sscanf(line, "%d,%31[a-z0-9_],%63[a-z0-9_]", &nr, abi,
			   name) != 3)
			continue;
		if (*abi && strcmp(abi, abi_name(ABI_NATIVE)))
			continue;
		check(ABI_NATIVE, nr, name);
		n++;
	}
	fclose(f);
	assert_true(n > 10);
}

static void a_small_buffer_cuts(void **state)
{
	char buf[16];

	(void)state;
	memset(buf, '#', sizeof(buf));
	syscall_name(buf, 5, ABI_NATIVE, 449);
	assert_string_equal(buf, "fute");
	assert_int_equal(buf[5], '#');
	syscall_name(buf, 5, ABI_NATIVE, SYS_fdatasync);
	assert_int_equal(strlen(buf), 4);
	assert_int_equal(buf[5], '#');
}

static void sources_are_told(void **state)
{
	const char *sources = syscall_sources();

	(void)state;
	assert_non_null(strstr(sources, "own table"));
#ifdef HAVE_LIBAUDIT
	assert_non_null(strstr(sources, "libaudit"));
#else
	assert_null(strstr(sources, "libaudit"));
#endif
#ifdef HAVE_LIBSECCOMP
	assert_non_null(strstr(sources, "libseccomp"));
#else
	assert_null(strstr(sources, "libseccomp"));
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_names),
		cmocka_unit_test(names_are_the_kernels),
		cmocka_unit_test(a_number_means_a_call_with_its_abi),
		cmocka_unit_test(x32_has_numbers_of_its_own),
		cmocka_unit_test(unknown_numbers_are_hexadecimal),
		cmocka_unit_test(new_calls_have_names),
		cmocka_unit_test(every_line_of_the_data_is_used),
		cmocka_unit_test(a_small_buffer_cuts),
		cmocka_unit_test(sources_are_told),
	};

	return cmocka_run_group_tests_name("syscall", tests, NULL, NULL);
}
