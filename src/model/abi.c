/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/abi.h"

#if defined(__x86_64__)
#define X32_BIT 0x40000000L
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
