/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "about.h"

#include <errno.h>
#include <string.h>

#include "collect/registry.h"
#include "model/callset.h"
#include "model/key.h"
#include "model/syscall.h"
#include "record/squeeze.h"
#include "report/report.h"

void about_version(FILE *out)
{
	fprintf(out, "smbsysacct %s\ncollectors:", PACKAGE_VERSION);
	for (int i = 0; collector_registry[i]; i++)
		if (!collector_registry[i]->missing)
			fprintf(out, " %s", collector_registry[i]->name);
	fprintf(out, "\nformats:");
	for (int i = 0; reporter_table[i]; i++)
		if (!reporter_table[i]->missing)
			fprintf(out, " %s", reporter_table[i]->name);
	fprintf(out, "\nnames of system calls: %s\n", syscall_sources());
	fprintf(out, "records: %s\n", squeeze_built_in ? "compressed by zstd" :
		"not compressed, as libzstd is not built in");
}

static void list_columns(FILE *out)
{
	for (int i = 0; i < column_count; i++)
		fprintf(out, "%-16s %s\n", column_table[i].id,
			column_table[i].help);
}

static void list_collectors(FILE *out)
{
	for (int i = 0; collector_registry[i]; i++) {
		const struct collector_ops *ops = collector_registry[i];

		fprintf(out, "%-16s %s%s%s\n", ops->name, ops->summary,
			ops->missing ? "; " : "",
			ops->missing ? ops->missing : "");
	}
}

static void list_dims(FILE *out)
{
	for (int i = 0; i < DIM_COUNT; i++)
		fprintf(out, "%-16s %s\n", dim_table[i].name,
			dim_table[i].help);
}

int about_list(FILE *out, const char *what, struct why *why)
{
	static const struct {
		const char *what;
		void (*list)(FILE *out);
	} lists[] = {
		{ "columns", list_columns },
		{ "collectors", list_collectors },
		{ "dims", list_dims },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (!strcmp(lists[i].what, what)) {
			lists[i].list(out);
			return 0;
		}
	if (!strcmp(what, "%class")) {
		callset_list_classes(out);
		return 0;
	}
	if (*what == '%' && !callset_list_class(out, what + 1))
		return 0;
	return why_set(why, EINVAL, "--list '%s': columns, collectors, dims, "
		       "%%class for the classes, or one of these for its "
		       "calls", what);
}
