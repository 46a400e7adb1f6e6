/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks of any names: each format stays what it is, and no time is lost. */
#define FUZZ_ROUNDS 5000
#include "fuzz.h"

#include "../unit/markup.h"
#include "report/flame.h"

#define FRAMES (FLAME_DEPTH + 8)

/* A line is a stack, split at ";"; its length says the rest. */
static int64_t add_line(struct flame *flame, char *line)
{
	int64_t ns = (int64_t)strlen(line) * 1000 + 1;
	enum flame_state state = (enum flame_state)(ns / 1000 % FLAME_STATES);
	const char *frames[FRAMES], *reason = NULL;
	size_t n = 0;

	while (line && n < FRAMES)
		frames[n++] = strsep(&line, ";");
	if (ns % 2 && n)
		reason = frames[n - 1];
	must(!flame_add(flame, frames, n, state, reason, ns));
	return ns;
}

static void check_folded(const struct flame *flame, int64_t sum)
{
	char *text = NULL, *line, *rest;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	must(out && !flame_folded(flame, out) && !fclose(out));
	must(strlen(text) == len);
	must(!len || text[len - 1] == '\n');
	rest = text;
	while ((line = strsep(&rest, "\n")) && *line) {
		char *number = strrchr(line, ' '), *end;

		must(number && number[-1] == ']');
		sum -= strtoll(number + 1, &end, 10);
		must(!*end);
		for (; *line; line++)
			must((unsigned char)*line >= 0x20 && *line != 0x7f);
	}
	must(!sum);
	free(text);
}

static void check_markup(const struct flame *flame, const char *title,
			 bool html)
{
	struct flame_cfg cfg = {
		.title = title, .subtitle = title, .width = 700,
	};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct markup m;

	must(out);
	must(!(html ? flame_html : flame_svg)(flame, out, &cfg));
	must(!fclose(out));
	must(strlen(text) == len);
	must(!markup_judge(&m, text, html));
	must(m.scripts == 2);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *copy = fuzz_text(data, size);
	struct flame *flame = flame_new();
	char *rest = copy, *line;
	int64_t sum = 0;

	must(flame);
	while ((line = strsep(&rest, "\n")))
		sum += add_line(flame, line);
	must(flame_total_ns(flame) == sum);
	check_folded(flame, sum);
	check_markup(flame, text, false);
	check_markup(flame, text, true);
	flame_free(flame);
	free(copy);
	free(text);
	return 0;
}

FUZZ_CORPUS("names", "stacks")
