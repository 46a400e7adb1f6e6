/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept from one dashboard to the next, in one table. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "tui/state.h"

struct setting {
	const char *name;
	void (*load)(struct dash *dash, const char *value);
	void (*save)(const struct dash *dash, FILE *out);
};

static void load_delay(struct dash *dash, const char *value)
{
	int64_t ns;

	if (!num_parse_seconds(value, &ns) && ns >= NS_PER_SEC / 10 &&
	    ns <= 600 * NS_PER_SEC)
		dash->delay_ns = dash->kept_delay_ns = ns;
}

static void save_delay(const struct dash *dash, FILE *out)
{
	fprintf(out, "%.1f", (double)dash->kept_delay_ns / NS_PER_SEC);
}

static bool is_yes(const char *value)
{
	return !strcmp(value, "yes");
}

static void put_bool(FILE *out, bool value)
{
	fputs(value ? "yes" : "no", out);
}

static void load_rates(struct dash *dash, const char *value)
{
	dash->rates = is_yes(value);
}

static void save_rates(const struct dash *dash, FILE *out)
{
	put_bool(out, dash->rates);
}

/* "column" or "-column" for each view, in their order; "." for none. */
static void load_sorts(struct dash *dash, const char *value)
{
	for (int i = 0; i < VIEW_COUNT && *value; i++) {
		size_t len = strcspn(value, " ");
		bool inverted = *value == '-';
		const struct column *column = column_find(value + inverted,
							  len - inverted);

		if (column && !dash->tables[i].sort) {
			dash->tables[i].sort = column;
			dash->tables[i].inverted = inverted;
		}
		value += len + (value[len] == ' ');
	}
}

static void save_sorts(const struct dash *dash, FILE *out)
{
	for (int i = 0; i < VIEW_COUNT; i++) {
		const struct table_state *table = &dash->tables[i];

		fprintf(out, "%s%s%s", i ? " " : "", table->sort &&
			table->inverted ? "-" : "", table->sort ?
			table->sort->id : ".");
	}
}

static const struct setting settings[] = {
	{ "delay", load_delay, save_delay },
	{ "rates", load_rates, save_rates },
	{ "sort", load_sorts, save_sorts },
};

#define N_SETTINGS (sizeof(settings) / sizeof(*settings))

static void load_line(struct dash *dash, const char *line, size_t len)
{
	char text[512], *value;

	if (len >= sizeof(text))
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	value = strstr(text, " = ");
	if (!value)
		return;
	*value = '\0';
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (!strcmp(text, settings[i].name))
			settings[i].load(dash, value + 3);
}

void dash_load(struct dash *dash, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		load_line(dash, text, len);
		text += len + (text[len] == '\n');
	}
}

int dash_save(const struct dash *dash, char **ret, size_t *ret_len)
{
	FILE *out = open_memstream(ret, ret_len);

	if (!out)
		return -ENOMEM;
	fputs("# Written by smbsysacct when its dashboard is left.\n", out);
	for (size_t i = 0; i < N_SETTINGS; i++) {
		fprintf(out, "%s = ", settings[i].name);
		settings[i].save(dash, out);
		putc('\n', out);
	}
	return fclose(out) ? -ENOMEM : 0;
}
