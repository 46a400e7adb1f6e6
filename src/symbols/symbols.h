/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses in other processes: what they are called, and who called whom on
 * a copied stack. Reads /proc/PID/maps and the files that are mapped, all of
 * which a target may have written: what is too much or makes no sense has no
 * name. Never asks a network. Not thread-safe.
 *
 * Cost: the first address in a file takes some ms, up to 70 for the largest
 * (its tables are read, once for all processes), and the first name 50 more
 * where there is a debug file. Then a frame takes 1 us to unwind the first
 * time its return address is seen and some 50 ns each time after that, and a
 * name 100 to 200 ns.
 *
 * Built without libdw, names are [MODULE+0xOFFSET], and stacks are unwound
 * by frame pointers alone.
 */
#ifndef SYMBOLS_SYMBOLS_H
#define SYMBOLS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/procfs.h"
#include "base/why.h"

#define UNWOUND_MAX	128
#define SYMBOLS_SPACES	16384

struct symbols;		/* all processes, and the files they map */
struct space;		/* one address space */

/* @fs is the caller's and lives as long. 0 or -ENOMEM. */
int symbols_new(struct symbols **ret, const struct procfs *fs,
		struct why *why);
void symbols_free(struct symbols *symbols);

/*
 * A process's address space, found or made; nothing is read yet. @start
 * tells apart processes that have the same id one after the other. Owned by
 * symbols. NULL without memory, or beyond SYMBOLS_SPACES.
 */
struct space *symbols_space(struct symbols *symbols, pid_t pid,
			    uint64_t start);

/* The process has ended or called execve: its space is freed. */
void symbols_forget(struct symbols *symbols, pid_t pid, uint64_t start);

/*
 * What is at a pc: the names of the functions, innermost first, of which all
 * but the last one were inlined. How many: at least 1 if @max is. @is_return:
 * it is a return address, so the call in front of it is meant.
 *
 * Names are printable and stay until symbols_free(), each kept once: equal
 * names are equal pointers. Where the function is not known it is
 * "[libfoo.so.1+0x1234]", with the address, as objdump has it, where the
 * function begins, or the pc's if that is not known either; "[vdso]";
 * "[0x7f0012345678]" where there is no file.
 */
size_t space_names(struct space *space, uint64_t pc, bool is_return,
		   const char **names, size_t max);

/* Whether it is in the C library, or what the kernel adds to a program. */
bool space_is_libc(struct space *space, uint64_t pc);

struct unwind_regs {
	uint64_t pc, sp, fp;
	uint64_t lr;		/* arm64 only */
};

struct unwound {
	uint64_t pcs[UNWOUND_MAX];	/* innermost first */
	/* Not a return address: the first one, and of a signal both what it
	 * came into and the code that the handler returns to. */
	bool exact[UNWOUND_MAX];
	size_t n;
	bool complete;	/* the last one has no caller; if not, stack or CFI
			 * were missing */
	/* Each frame keeps a frame pointer, so that they can be followed; not
	 * those at both ends that are the C library's. */
	bool by_fp;
};

/*
 * Unwinds a stack, copied from @regs->sp upwards: by the call frame
 * information in .eh_frame or .debug_frame, and by frame pointers where code
 * has none, as that of a JIT. The first pc is always there.
 */
void space_unwind(struct space *space, const struct unwind_regs *regs,
		  const void *stack, size_t size, struct unwound *ret);

/* Above the stack pointer. */
struct space_rule {
	int32_t ra;		/* the return address */
	int32_t fp;		/* the caller's frame pointer; -1: where it is */
};

/*
 * How the function at @pc, of which @is_return is as above, is left by the
 * stack pointer alone. -ENOENT: not so; it has a frame pointer, or nothing
 * is known.
 */
int space_rule_at(struct space *space, uint64_t pc, bool is_return,
		  struct space_rule *ret);

#endif
