/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "about.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/registry.h"
#include "export/listener.h"
#include "model/callset.h"
#include "model/key.h"
#include "model/syscall.h"
#include "options.h"
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
	fprintf(out, "\n--listen: %s\n", listener_missing ? listener_missing :
		"by libmicrohttpd");
	fprintf(out, "names of system calls: %s\n", syscall_sources());
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

/* Whether it can be had here is for who reads it. */
static void list_formats(FILE *out)
{
	for (int i = 0; reporter_table[i]; i++)
		fprintf(out, "%s%s%s\n", reporter_table[i]->name,
			reporter_table[i]->missing ? " " : "",
			reporter_table[i]->missing ?
			reporter_table[i]->missing : "");
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of all ABIs, each name once. */
static int list_syscalls(FILE *out, struct why *why)
{
	const size_t max = (size_t)CALLSET_ABIS * CALLSET_NUMBERS;
	struct callnames names;
	const char **sorted = calloc(max, sizeof(*sorted));
	size_t n = 0;
	int err = sorted ? callnames_init(&names, why) :
			   why_set(why, ENOMEM, "out of memory");

	if (err) {
		free(sorted);
		return err;
	}
	for (size_t i = 0; i < max; i++) {
		const char *name = names.of[i / CALLSET_NUMBERS]
					   [i % CALLSET_NUMBERS];

		if (name)
			sorted[n++] = name;
	}
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < n; i++)
		if (!i || strcmp(sorted[i], sorted[i - 1]))
			fprintf(out, "%s\n", sorted[i]);
	callnames_done(&names);
	free(sorted);
	return 0;
}

static void list_lists(FILE *out);

static const struct {
	const char *what;
	void (*list)(FILE *out);	/* NULL: see about_list() */
	const char *help;
} lists[] = {
	{ "columns", list_columns, "what -U and -S take" },
	{ "collectors", list_collectors, "what --collector takes" },
	{ "dims", list_dims, "what --by takes" },
	{ "formats", list_formats, "what --format takes" },
	{ "options", options_list,
	  "letter, name, kind of argument, and what it does" },
	{ "syscalls", NULL, "system calls by name, for -e" },
	{ "%class", callset_list_classes,
	  "classes of system calls, for -e; each can be listed" },
	{ "lists", list_lists, "these" },
};

static void list_lists(FILE *out)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		fprintf(out, "%-16s %s\n", lists[i].what, lists[i].help);
}

int about_list(FILE *out, const char *what, struct why *why)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (strcmp(lists[i].what, what))
			continue;
		if (!lists[i].list)
			return list_syscalls(out, why);
		lists[i].list(out);
		return 0;
	}
	if (*what == '%' && !callset_list_class(out, what + 1))
		return 0;
	return why_set(why, EINVAL, "--list '%s': there is no such list; "
		       "--list=lists has them, and --list=%%class the "
		       "classes, which can be listed, too", what);
}
