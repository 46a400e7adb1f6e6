/* SPDX-License-Identifier: GPL-2.0-or-later */
/* smbstatus's JSON: what is taken of it has names and possible numbers. */
#define FUZZ_ROUNDS 5000
#include "fuzz.h"

#include "smb2/status.h"

static void on_name(void *ctx, pid_t pid, uint64_t session, uint32_t tree,
		    const char *name)
{
	(void)session;
	(void)tree;
	must(pid >= 0);
	must(name);
	++*(int *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	int n = 0, again = 0;
	int err = status_parse(text, size, on_name, &n);

	must(!err || !n);
	must(status_parse(text, size, on_name, &again) == err && n == again);
	free(text);
	return 0;
}

FUZZ_CORPUS("smbstatus")
