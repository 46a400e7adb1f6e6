/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/exposition.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static const struct {
	const char *open, *plain;	/* the type, in both texts */
	const char *suffix;		/* of a sample */
} kinds[] = {
	[FAMILY_COUNTER] = { "counter", "counter", "_total" },
	[FAMILY_GAUGE] = { "gauge", "gauge", "" },
	[FAMILY_INFO] = { "info", "gauge", "_info" },
	[FAMILY_HISTOGRAM] = { "histogram", "histogram", "" },
};

/* In the older text a family has the name of its samples. */
void exposition_begin(struct exposition *e, enum family_kind kind,
		      const char *name, const char *unit, const char *help)
{
	const char *suffix = e->plain ? kinds[kind].suffix : "";

	e->kind = kind;
	snprintf(e->name, sizeof(e->name), "%s", name);
	fprintf(e->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix,
		help, name, suffix,
		e->plain ? kinds[kind].plain : kinds[kind].open);
	if (unit && !e->plain)
		fprintf(e->out, "# UNIT %s %s\n", name, unit);
}

static void print_name(const struct exposition *e, const char *suffix,
		       const char *labels)
{
	fprintf(e->out, *labels ? "%s%s{%s} " : "%s%s ", e->name, suffix,
		labels);
}

/* Exact, whatever the size: a double has fewer digits. */
static void print_seconds(FILE *out, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	char digits[16];
	size_t n;

	snprintf(digits, sizeof(digits), "%09" PRIu64,
		 (uint64_t)(size % NS_PER_SEC));
	for (n = 9; n > 1 && digits[n - 1] == '0'; n--)
		;
	fprintf(out, "%s%" PRIu64 ".%.*s", ns < 0 ? "-" : "",
		(uint64_t)(size / NS_PER_SEC), (int)n, digits);
}

void exposition_count(const struct exposition *e, const char *labels,
		      int64_t value)
{
	print_name(e, kinds[e->kind].suffix, labels);
	fprintf(e->out, "%" PRId64 "\n", value);
}

void exposition_seconds(const struct exposition *e, const char *labels,
			int64_t ns)
{
	print_name(e, kinds[e->kind].suffix, labels);
	print_seconds(e->out, ns);
	putc('\n', e->out);
}

void exposition_bucket(const struct exposition *e, const char *labels,
		       int64_t ns, uint64_t count)
{
	fprintf(e->out, "%s_bucket{%s%sle=\"", e->name, labels,
		*labels ? "," : "");
	if (ns < 0)
		fputs("+Inf", e->out);
	else
		print_seconds(e->out, ns);
	fprintf(e->out, "\"} %" PRIu64 "\n", count);
}

void exposition_sum(const struct exposition *e, const char *labels,
		    uint64_t count, int64_t sum_ns)
{
	print_name(e, "_count", labels);
	fprintf(e->out, "%" PRIu64 "\n", count);
	if (sum_ns < 0)
		return;
	print_name(e, "_sum", labels);
	print_seconds(e->out, sum_ns);
	putc('\n', e->out);
}

/* What text_untrusted() leaves has no newline; both texts escape alike. */
void exposition_label(char *labels, const char *name, const char *value)
{
	size_t used = strlen(labels), wanted;
	char safe[LABEL_VALUE_MAX], escaped[2 * LABEL_VALUE_MAX];
	size_t n = 0;

	text_untrusted(safe, sizeof(safe), value);
	for (const char *p = safe; *p; p++) {
		if (*p == '\\' || *p == '"')
			escaped[n++] = '\\';
		escaped[n++] = *p;
	}
	escaped[n] = '\0';
	wanted = strlen(name) + n + sizeof(",=\"\"");
	if (used + wanted <= LABELS_MAX)
		snprintf(labels + used, LABELS_MAX - used, "%s%s=\"%s\"",
			 used ? "," : "", name, escaped);
}

void exposition_end(const struct exposition *e)
{
	if (!e->plain)
		fputs("# EOF\n", e->out);
}
