/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System call tables of a machine. A number means a call only together
 * with its ABI: 64 is semget natively and getppid by int $0x80.
 */
#ifndef MODEL_ABI_H
#define MODEL_ABI_H

#include <stdbool.h>
#include <stdint.h>

enum abi {
	ABI_TASK,	/* pseudo: no call, the clocks of a thread or process */
	ABI_STATE,	/* pseudo: nr is an enum state_row */
	ABI_WCHAN,	/* pseudo: nr is a label, the function waited in */
	ABI_REQUEST,	/* pseudo: SMB2 requests, beside the calls they make */
	ABI_PHASE,	/* pseudo: nr is an enum phase, of the same time */
	ABI_FUNCTION,	/* pseudo: nr is a label, a function of the program,
			 * beside the calls that are made in it */
	ABI_NATIVE,	/* x86_64 or aarch64: the kernel's own */
	ABI_COMPAT,	/* i386 or arm */
	ABI_X32,
};

/* What a thread was seen in where that is not a call with a number. */
enum state_row {
	STATE_RUNNING,	/* on a CPU or queued for one: no call is known */
	STATE_OUTSIDE,	/* stopped, or asleep outside of any call */
	STATE_ASLEEP,	/* asleep, the call is not known */
	STATE_BOOKED,	/* asleep, and its time is booked otherwise */
	STATE_REST,	/* in no call that was asked for */
};

/* "x86_64", "i386", "x32", "aarch64", "arm"; "-" for the pseudo ABIs. */
const char *abi_name(int abi);

/* Whether a thread is asleep in what (abi, nr) names. */
int abi_is_wait(int abi, int nr);

/*
 * The ABI of a call seen in /proc/TID/syscall, whose line does not tell.
 * A compat task has its stack below 4 GiB, an x32 call has bit 30 set; the
 * returned number has that bit taken off. A 64-bit program that uses
 * int $0x80 is not told apart.
 */
int abi_guess(long nr, uint64_t sp, int32_t *ret_nr);

/*
 * The ABI of a call by its arch of linux/audit.h, as audit and seccomp tell
 * it, and its number in that ABI's table.
 */
int abi_of_arch(uint32_t arch, int32_t nr, int32_t *ret_nr);

/* Whether the caller is another program afterwards, by another name. */
bool abi_is_exec(int abi, int nr);

/* Whether it makes a process or a thread, whose id it returns. */
bool abi_is_fork(int abi, int nr);

#endif
