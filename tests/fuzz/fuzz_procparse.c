/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parsers of /proc files: any text, no crash, no value out of range. */
#include "fuzz.h"

#include "base/procparse.h"
#include "model/abi.h"

static void check_stat(const char *text)
{
	struct proc_stat stat;

	if (proc_parse_stat(text, &stat))
		return;
	must(memchr(stat.comm, '\0', sizeof(stat.comm)));
	must(stat.ppid >= 0);
	must(stat.threads >= 0);
	must(stat.state && stat.state != ' ');
	must(stat.cpu >= -1);
}

static void check_syscall(const char *text)
{
	struct proc_syscall call;
	int32_t nr = -1;
	int abi;

	if (proc_parse_syscall(text, &call) || call.where != WHERE_CALL)
		return;
	must(call.nr >= 0);
	abi = abi_guess(call.nr, call.sp, &nr);
	must(nr >= 0);
	must(abi >= ABI_NATIVE && abi <= ABI_X32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct proc_status status;
	struct proc_machine machine;
	struct proc_sched sched;
	struct proc_io io;
	pid_t last;

	check_stat(text);
	check_syscall(text);
	proc_parse_sched(text, &sched);
	proc_parse_io(text, &io);
	proc_parse_machine(text, &machine);
	if (!proc_parse_status(text, &status))
		must(status.tgid >= 0);
	if (!proc_parse_loadavg(text, &last))
		must(last >= 0);
	free(text);
	return 0;
}

FUZZ_CORPUS("stat", "syscall", "status", "io", "small")
