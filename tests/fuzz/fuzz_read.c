/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports in JSON, read back: no crash, and what is read can be judged,
 * compared and written again. */
#define FUZZ_ROUNDS 10000	/* each is a file */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "compare/diff.h"
#include "report/read.h"
#include "report/report.h"

static void write_again(FILE *out, const struct snapshot *snap)
{
	const struct report_cfg cfg = { .sort = column_find("wall", 4),
					.command = "" };

	must(!report_json.print(out, snap, &cfg, NULL));
}

static void compare(const struct read_reports *reports, bool smb)
{
	struct observations o;
	struct diff diff;

	observe_init(&o, smb);
	for (int side = 0; side < SIDES; side++)
		for (size_t i = 0; i < reports->n; i++)
			must(!observe_add(&o, (enum side)side, i,
					  reports->list[i].snap,
					  reports->list[i].launched, NULL));
	must(!observe_finish(&o, NULL));
	must(!diff_compute(&diff, &o, NULL));
	/* With itself it is the same. */
	must(!diff.differing);
	diff_done(&diff);
	observe_done(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", 0);
	struct read_reports reports;
	struct why why = { 0 };
	FILE *out = fopen("/dev/null", "w");
	char path[64];
	bool smb = true;

	must(fd >= 0 && out);
	must(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (read_reports(&reports, path, &why)) {
		must(why.err && *why.text && !reports.n);
	} else {
		for (size_t i = 0; i < reports.n; i++) {
			write_again(out, reports.list[i].snap);
			smb &= reports.list[i].snap->cfg.smb;
		}
		compare(&reports, smb);
		read_done(&reports);
	}
	for (const char *p = why.text; *p; p++)
		must((unsigned char)*p >= 0x20);
	fclose(out);
	close(fd);
	return 0;
}

FUZZ_CORPUS("reports")
