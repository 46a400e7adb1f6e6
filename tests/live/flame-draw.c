/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flame-draw folded|svg|html [TITLE [SUBTITLE]]: what flame_folded() prints,
 * on stdin, as a flame graph. Exit status: 0, or 1 with a word why.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/flame.h"

#define FRAMES 256

static int fail(const char *what)
{
	fprintf(stderr, "flame-draw: %s\n", what);
	return 1;
}

/* "[blocked: disk]" cut to "disk"; 0 or 1. */
static int read_leaf(char *leaf, enum flame_state *state, const char **reason)
{
	*reason = NULL;
	*state = FLAME_BLOCKED;
	if (!strcmp(leaf, "[on CPU]")) {
		*state = FLAME_CPU;
	} else if (!strcmp(leaf, "[run queue]")) {
		*state = FLAME_RUNQ;
	} else if (!strncmp(leaf, "[blocked: ", 10)) {
		leaf[strlen(leaf) - 1] = '\0';
		*reason = leaf + 10;
	} else if (strcmp(leaf, "[blocked]")) {
		return fail("the last frame is no state");
	}
	return 0;
}

static int add_line(struct flame *flame, char *line)
{
	const char *frames[FRAMES], *reason;
	char *number = strrchr(line, ' '), *frame;
	enum flame_state state;
	char *leaf = NULL;
	size_t n = 0;

	if (!number)
		return fail("a line without a number");
	*number++ = '\0';
	while ((frame = strsep(&line, ";")) && n < FRAMES)
		frames[n++] = leaf = frame;
	if (!n || read_leaf(leaf, &state, &reason))
		return 1;
	if (flame_add(flame, frames, n - 1, state, reason,
		      strtoll(number, NULL, 10)))
		return fail("flame_add");
	return 0;
}

static int draw(const struct flame *flame, char **argv)
{
	struct flame_cfg cfg = {
		.title = argv[2], .subtitle = argv[2] ? argv[3] : NULL,
	};

	if (!strcmp(argv[1], "folded"))
		return flame_folded(flame, stdout);
	if (!strcmp(argv[1], "svg"))
		return flame_svg(flame, stdout, &cfg);
	return flame_html(flame, stdout, &cfg);
}

int main(int argc, char **argv)
{
	struct flame *flame = flame_new();
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!flame || argc < 2)
		return fail("usage: flame-draw folded|svg|html [TITLE]");
	while (!err && getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		err = add_line(flame, line);
	}
	if (!err)
		err = draw(flame, argv);
	free(line);
	flame_free(flame);
	return err || fclose(stdout) ? 1 : 0;
}
