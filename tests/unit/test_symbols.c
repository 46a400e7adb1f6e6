/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own stacks, copied and unwound as another process's would be. */
#include "unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/symbols.h"

#if defined(__clang__)
#define chained __attribute__((noinline, used))
#else
#define chained __attribute__((noipa, used))
#endif
/* clang has no way to say it for one function. */
#if defined(__clang__)
#define with_fp chained
#define without_fp chained
#else
#define with_fp __attribute__((noipa, used, \
			       optimize("no-omit-frame-pointer")))
#define without_fp __attribute__((noipa, used, \
				  optimize("omit-frame-pointer")))
#endif
/* Not a tail call. */
#define stay() __asm__ volatile("" ::: "memory")

struct copy {
	struct unwind_regs regs;
	uint64_t stack[8192];
	size_t size;
	const void *returns[4];	/* innermost first */
};

static struct copy copy;
static struct procfs fs;
static struct symbols *symbols;
static struct space *space;

static int setup(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(procfs_init(&fs, "/proc", &why), 0);
	assert_int_equal(symbols_new(&symbols, &fs, &why), 0);
	space = symbols_space(symbols, getpid(), 1);
	assert_non_null(space);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	symbols_free(symbols);
	procfs_done(&fs);
	return 0;
}

static uint64_t stack_end(void)
{
	pthread_attr_t attr;
	size_t size;
	void *low;

	assert_int_equal(pthread_getattr_np(pthread_self(), &attr), 0);
	pthread_attr_getstack(&attr, &low, &size);
	pthread_attr_destroy(&attr);
	return (uint64_t)(uintptr_t)low + size;
}

/* What lies between variables is read as well. */
__attribute__((noinline, no_sanitize("address")))
static void copy_stack(void)
{
	const volatile uint64_t *from =
		(const uint64_t *)(uintptr_t)copy.regs.sp;
	size_t n = (stack_end() - copy.regs.sp) / sizeof(*from);

	if (n > N_OF(copy.stack))
		n = N_OF(copy.stack);
	for (size_t i = 0; i < n; i++)
		copy.stack[i] = from[i];
	copy.size = n * sizeof(*from);
}

#if defined(__x86_64__)
#define take_regs() \
	__asm__ volatile("lea 0(%%rip), %0\n\tmov %%rsp, %1\n\tmov %%rbp, %2" \
			 : "=&r"(copy.regs.pc), "=&r"(copy.regs.sp), \
			   "=&r"(copy.regs.fp))
#elif defined(__aarch64__)
#define take_regs() \
	__asm__ volatile("adr %0, .\n\tmov %1, sp\n\tmov %2, x29\n\t" \
			 "mov %3, x30" \
			 : "=&r"(copy.regs.pc), "=&r"(copy.regs.sp), \
			   "=&r"(copy.regs.fp), "=&r"(copy.regs.lr))
#else
#define take_regs() skip_because("stacks of this machine are not unwound")
#endif

#define chain(name, kind) \
	static int kind name##_c(void) \
	{ \
		copy.returns[0] = __builtin_return_address(0); \
		take_regs(); \
		copy_stack(); \
		stay(); \
		return 1; \
	} \
	static int kind name##_b(void) \
	{ \
		int ret; \
\
		copy.returns[1] = __builtin_return_address(0); \
		ret = name##_c(); \
		stay(); \
		return ret + 1; \
	} \
	static int kind name##_a(void) \
	{ \
		int ret; \
\
		copy.returns[2] = __builtin_return_address(0); \
		ret = name##_b(); \
		stay(); \
		return ret + 1; \
	}

chain(plain, without_fp)
chain(kept, with_fp)

/* As the caller sees it, inlined functions aside. */
static void assert_named(const struct unwound *stack, size_t i,
			 const char *name)
{
	const char *names[16];
	size_t n = space_names(space, stack->pcs[i], !stack->exact[i], names,
			       N_OF(names));

	assert_true(n >= 1);
#ifdef HAVE_LIBDW
	assert_string_equal(names[n - 1], name);
#else
	assert_non_null(name);
	assert_int_equal(strncmp(names[0], "[test_symbols+0x", 16), 0);
#endif
}

static void assert_chain(const struct unwound *stack)
{
	assert_true(stack->n > 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stack->pcs[i + 1],
				 (uint64_t)(uintptr_t)copy.returns[i]);
		assert_int_equal(stack->exact[i], !i);
	}
}

static void test_no_frame_pointers(void **state)
{
	struct unwound stack;

	(void)state;
#ifndef HAVE_LIBDW
	skip_because("build: without libdw");
#endif
	assert_int_equal(plain_a(), 3);
	space_unwind(space, &copy.regs, copy.stack, copy.size, &stack);
	assert_chain(&stack);
	assert_named(&stack, 0, "plain_c");
	assert_named(&stack, 1, "plain_b");
	assert_named(&stack, 2, "plain_a");
	assert_named(&stack, 3, __func__);
	assert_true(stack.complete);
}

static void *start_kept(void *arg) __attribute__((noinline));
static with_fp void *start_kept(void *arg)
{
	int *ret = arg;

	*ret = kept_a();
	stay();
	return NULL;
}

static void test_frame_pointers(void **state)
{
	struct unwound stack;
	pthread_t thread;
	int ret = 0;

	(void)state;
	pthread_create(&thread, NULL, start_kept, &ret);
	pthread_join(thread, NULL);
	assert_int_equal(ret, 3);
	space_unwind(space, &copy.regs, copy.stack, copy.size, &stack);
#ifndef __clang__
	assert_chain(&stack);
	assert_named(&stack, 0, "kept_c");
	assert_named(&stack, 3, "start_kept");
	assert_true(stack.by_fp);
#endif
}

static void test_too_little_stack(void **state)
{
	struct unwound all, some;

	(void)state;
	plain_a();
	space_unwind(space, &copy.regs, copy.stack, copy.size, &all);
	for (size_t size = 0; size < 512; size += 4) {
		space_unwind(space, &copy.regs, copy.stack, size, &some);
		assert_true(some.n >= 1 && some.n <= all.n);
		assert_memory_equal(some.pcs, all.pcs,
				    some.n * sizeof(*some.pcs));
		assert_true(some.n == all.n || !some.complete);
	}
}

static void on_signal(int nr)
{
	(void)nr;
	take_regs();
	copy_stack();
}

static with_fp int signalled(void)
{
	raise(SIGUSR1);
	stay();
	return 1;
}

static void test_signal(void **state)
{
	struct unwound stack;
	size_t exact = 0, at = 0;

	(void)state;
#ifndef HAVE_LIBDW
	skip_because("build: without libdw");
#endif
	signal(SIGUSR1, on_signal);
	signalled();
	space_unwind(space, &copy.regs, copy.stack, copy.size, &stack);
	for (size_t i = 0; i < stack.n; i++) {
		const char *names[16];
		size_t n = space_names(space, stack.pcs[i], !stack.exact[i],
				       names, N_OF(names));

		exact += stack.exact[i];
		if (!strcmp(names[n - 1], "signalled"))
			at = i;
	}
	/* The handler, what it returns to, and what it came into. */
	assert_int_equal(exact, 3);
	assert_true(at > 2);
	assert_named(&stack, at + 1, __func__);
	assert_true(stack.complete);
}

__attribute__((unused))
static void assert_left_by_sp(void)
{
	struct space_rule rule;
	uint64_t found;

	assert_int_equal(space_rule_at(space, copy.regs.pc, false, &rule), 0);
	assert_true(rule.ra >= 0 && (size_t)rule.ra < copy.size);
	memcpy(&found, (char *)copy.stack + rule.ra, sizeof(found));
	assert_int_equal(found, (uint64_t)(uintptr_t)copy.returns[0]);
}

static void test_rule_at(void **state)
{
	unsigned char *code = dlsym(RTLD_DEFAULT, "getppid");
	struct space_rule rule;
	size_t i;

	(void)state;
#if !defined(HAVE_LIBDW) || !defined(__x86_64__)
	skip_because("build: without libdw, or not for x86-64");
#endif
	assert_non_null(code);
	for (i = 0; code[i] != 0x0f || code[i + 1] != 0x05; i++)
		assert_true(i < 64);
	assert_int_equal(space_rule_at(space, (uint64_t)(uintptr_t)code +
				       i + 2, false, &rule), 0);
	assert_int_equal(rule.ra, 0);
	assert_int_equal(rule.fp, -1);
	assert_int_equal(space_rule_at(space, 1, false, &rule), -ENOENT);
#ifndef __clang__
	plain_a();
	assert_left_by_sp();
	kept_a();
	assert_int_equal(space_rule_at(space, copy.regs.pc, false, &rule),
			 -ENOENT);
#endif
}

static void test_no_names(void **state)
{
	const char *names[2], *again;

	(void)state;
	assert_int_equal(space_names(space, 0x10, true, names, 2), 1);
	assert_string_equal(names[0], "[0xf]");
	again = names[0];
	space_names(space, 0xf, false, names, 2);
	assert_ptr_equal(names[0], again);
	assert_int_equal(space_names(space, 0x10, true, names, 0), 0);
}

static void test_jit(void **state)
{
	char path[64];
	const char *names[2];
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t at = (uint64_t)(uintptr_t)code;
	FILE *f;

	(void)state;
	if (code == MAP_FAILED)
		skip_because("no memory can be executable here");
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	f = fopen(path, "w");
	if (!f)
		skip_because("/tmp cannot be written to");
	fprintf(f, "%llx 10 LazyCompile:old app.js:1\n"
		"%llx 20 LazyCompile:\x1b[31mdraw app.js:7\n",
		(unsigned long long)at, (unsigned long long)at);
	fclose(f);
	symbols_forget(symbols, getpid(), 1);
	space = symbols_space(symbols, getpid(), 1);
	space_names(space, at + 4, false, names, 2);
	unlink(path);
	assert_string_equal(names[0],
			    "LazyCompile:\\033[31mdraw app.js:7");
	space_names(space, at + 0x20, false, names, 2);
	assert_memory_equal(names[0], "[0x", 3);
	munmap(code, 4096);
}

static void test_nobody(void **state)
{
	struct unwind_regs regs = { .pc = 0x400000, .sp = UINT64_MAX - 8 };
	struct space *none = symbols_space(symbols, 0x7ffffff0, 1);
	uint64_t stack[4] = { 0 };
	struct unwound unwound;

	(void)state;
	space_unwind(none, &regs, stack, sizeof(stack), &unwound);
	assert_int_equal(unwound.n, 1);
	assert_false(unwound.complete);
	assert_ptr_equal(symbols_space(symbols, 0x7ffffff0, 1), none);
	symbols_forget(symbols, 0x7ffffff0, 1);
	symbols_forget(symbols, 0x7ffffff0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_frame_pointers),
		cmocka_unit_test(test_frame_pointers),
		cmocka_unit_test(test_too_little_stack),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_rule_at),
		cmocka_unit_test(test_no_names),
		cmocka_unit_test(test_jit),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
