/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/flame_draw.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SHADES 8

static const char *const state_class[] = { "cpu", "runq", "blocked" };
static const char *const state_words[] = { "on CPU", "run queue", "blocked" };

void flame_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			putc(*text, out);
		}
	}
}

/* East Asian characters take two; where others take none, room is left. */
static size_t columns_of(uint32_t c)
{
	return c >= 0x1100 && (c < 0x2000 || c > 0x2bff) ? 2 : 1;
}

size_t flame_columns(const char *text)
{
	size_t columns = 0, len;
	uint32_t c;

	for (; *text && (len = text_decode(text, &c)); text += len)
		columns += columns_of(c);
	return columns;
}

void flame_escape_cut(FILE *out, const char *text, size_t columns)
{
	char one[8];
	size_t len;
	uint32_t c;

	if (flame_columns(text) <= columns) {
		flame_escape(out, text);
		return;
	}
	for (; *text && (len = text_decode(text, &c)); text += len) {
		if (columns_of(c) >= columns)
			break;
		columns -= columns_of(c);
		memcpy(one, text, len);
		one[len] = '\0';
		flame_escape(out, one);
	}
	fputs("\xe2\x80\xa6", out);
}

void flame_time(FILE *out, int64_t ns)
{
	if (ns >= 1000000000)
		fprintf(out, "%.3f s", (double)ns / 1e9);
	else if (ns >= 1000000)
		fprintf(out, "%.2f ms", (double)ns / 1e6);
	else
		fprintf(out, "%.1f \xc2\xb5s", (double)ns / 1e3);
}

/* The same reason has the same shade in each graph. */
static unsigned shade_of(const char *leaf)
{
	static const struct {
		const char *reason;
		unsigned shade;
	} known[] = {
		{ "disk", 0 }, { "file", 0 }, { "network", 1 },
		{ "lock", 2 }, { "event", 3 }, { "sleep", 4 },
		{ "time", 4 }, { "child", 5 }, { "input", 6 },
		{ "I/O", 6 }, { "other", 7 },
	};
	const char *reason = strchr(leaf, ' ');
	unsigned hash = 7;

	if (!reason)
		return 7;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strncmp(reason + 1, known[i].reason,
			     strlen(known[i].reason)))
			return known[i].shade;
	while (*++reason)
		hash = hash * 31 + (unsigned char)*reason;
	return hash % SHADES;
}

static enum flame_state dominant(const struct flame_node *node)
{
	enum flame_state most = FLAME_CPU;

	for (enum flame_state s = FLAME_CPU; s < FLAME_STATES; s++)
		if (node->ns[s] > node->ns[most])
			most = s;
	return most;
}

void flame_class(char *buf, size_t size, const struct flame_node *node)
{
	enum flame_state state = dominant(node);
	double share;

	if (node->key.kind == FLAME_BLOCKED) {
		snprintf(buf, size, "b%u", shade_of(node->key.name->text));
	} else if (node->key.kind != FLAME_FRAME) {
		snprintf(buf, size, "%s", state_class[node->key.kind]);
	} else {
		share = (double)node->ns[state] / (double)flame_node_ns(node);
		snprintf(buf, size, "%s-%d", state_class[state],
			 share >= 0.85 ? 3 : share >= 0.6 ? 2 : 1);
	}
}

/* --- legend --------------------------------------------------------------- */

struct reason {
	const struct flame_node *node;	/* one of those with that name */
	int64_t ns;
};

static int by_state_and_size(const void *one, const void *two)
{
	const struct reason *a = one, *b = two;

	if (a->node->key.kind != b->node->key.kind)
		return a->node->key.kind < b->node->key.kind ? -1 : 1;
	if (a->ns != b->ns)
		return a->ns > b->ns ? -1 : 1;
	return strcmp(a->node->key.name->text, b->node->key.name->text);
}

static int by_name(const void *one, const void *two)
{
	const struct reason *a = one, *b = two;

	if (a->node->key.kind != b->node->key.kind)
		return a->node->key.kind < b->node->key.kind ? -1 : 1;
	return strcmp(a->node->key.name->text, b->node->key.name->text);
}

/* Sorted by their names, those of the same name as one. */
static size_t merge(struct reason *list, size_t n)
{
	size_t kept = 0;

	qsort(list, n, sizeof(*list), by_name);
	for (size_t i = 0; i < n; i++) {
		if (kept && !by_name(&list[kept - 1], &list[i]))
			list[kept - 1].ns += list[i].ns;
		else
			list[kept++] = list[i];
	}
	return kept;
}

int flame_legend(struct flame_legend *legend, const struct flame_row *rows,
		 size_t n)
{
	const int max = (int)(sizeof(legend->rows) / sizeof(*legend->rows));
	struct reason *list = calloc(n + 1, sizeof(*list));
	size_t kept = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (rows[i].node->key.kind != FLAME_FRAME)
			list[kept++] = (struct reason){
				rows[i].node, flame_node_ns(rows[i].node)
			};
	kept = merge(list, kept);
	qsort(list, kept, sizeof(*list), by_state_and_size);
	legend->n = 0;
	for (size_t i = 0; i < kept; i++) {
		if (legend->n == max) {
			legend->rows[max - 1].text = "[blocked: the rest]";
			strcpy(legend->rows[max - 1].class, "b7");
			legend->rows[max - 1].ns += list[i].ns;
			continue;
		}
		legend->rows[legend->n].text = list[i].node->key.name->text;
		legend->rows[legend->n].ns = list[i].ns;
		flame_class(legend->rows[legend->n].class,
			    sizeof(legend->rows[legend->n].class),
			    list[i].node);
		legend->n++;
	}
	free(list);
	return 0;
}

/* --- frames --------------------------------------------------------------- */

static bool narrow(const struct flame_row *row, int64_t total)
{
	return (double)flame_node_ns(row->node) < (double)total * FLAME_NARROW;
}

int flame_height(const struct flame_row *rows, size_t n)
{
	int64_t total = flame_node_ns(rows[0].node);
	int depth = 0;

	for (size_t i = 0; i < n; i++)
		if (rows[i].depth > depth && !narrow(&rows[i], total))
			depth = rows[i].depth;
	return (depth + 1) * FLAME_ROW;
}

static double percent(int64_t part, int64_t whole)
{
	return whole ? 100 * (double)part / (double)whole : 0;
}

static void put_title(FILE *out, const struct flame_node *node, int64_t total)
{
	int64_t ns = flame_node_ns(node);

	fputs("<title>", out);
	flame_escape(out, node->key.name->text);
	fputs(": ", out);
	flame_time(out, ns);
	fprintf(out, ", %.2f%% of all", percent(ns, total));
	for (int s = 0; node->key.kind == FLAME_FRAME && s < FLAME_STATES; s++)
		fprintf(out, "%s %s %.1f%%", s ? "," : ";", state_words[s],
			percent(node->ns[s], ns));
	fputs("</title>", out);
}

/* "[blocked: disk]" where it fits, else "disk". */
static void put_label(FILE *out, const struct flame_node *node,
		      size_t columns)
{
	static const char *const brief[] = { "CPU", "queue", "blocked" };
	const char *name = node->key.name->text, *reason = strchr(name, ' ');
	char text[FLAME_NAME];

	if (node->key.kind == FLAME_FRAME || flame_columns(name) <= columns) {
		flame_escape_cut(out, name, columns);
	} else if (node->key.kind == FLAME_BLOCKED && reason) {
		snprintf(text, sizeof(text), "%s", reason + 1);
		text[strlen(text) - 1] = '\0';
		flame_escape_cut(out, text, columns);
	} else {
		flame_escape_cut(out, brief[node->key.kind], columns);
	}
}

/* A stripe in which each state has its part of the frame. */
static void put_mix(FILE *out, const struct flame_node *node, double x,
		    int y, double w)
{
	int64_t ns = flame_node_ns(node);

	for (int s = 0; s < FLAME_STATES; s++) {
		double part = ns ? w * (double)node->ns[s] / (double)ns : 0;

		if (part >= 0.01)
			fprintf(out, "<rect class=\"mix %s\" x=\"%.2f\" "
				"y=\"%d\" width=\"%.2f\" height=\"3\"/>",
				state_class[s], x, y, part);
		x += part;
	}
}

static void put_frame(FILE *out, const struct flame_row *row, int64_t total,
		      int width, int height)
{
	double scale = total ? (double)width / (double)total : 0;
	double x = (double)row->start_ns * scale;
	double w = total ? (double)flame_node_ns(row->node) * scale : width;
	int y = height - (row->depth + 1) * FLAME_ROW;
	size_t columns = w > 6 ? (size_t)((w - 6) / FLAME_COLUMN) : 0;
	char class[16];

	flame_class(class, sizeof(class), row->node);
	fprintf(out, "<g class=\"f %s\">", class);
	put_title(out, row->node, total);
	if (w > 3)
		w -= FLAME_GAP;
	fprintf(out, "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" "
		"height=\"%d\"/>", x, y, w, FLAME_ROW - 1);
	if (w > 6 && row->node->key.kind == FLAME_FRAME)
		put_mix(out, row->node, x, y + FLAME_ROW - 4, w);
	if (columns >= 3) {
		fprintf(out, "<text x=\"%.2f\" y=\"%d\">", x + 3, y + 12);
		put_label(out, row->node, columns);
		fputs("</text>", out);
	}
	fputs("</g>\n", out);
}

size_t flame_draw(FILE *out, const struct flame_row *rows, size_t n, int width)
{
	int64_t total = flame_node_ns(rows[0].node);
	int height = flame_height(rows, n);
	size_t hidden = 0;

	for (size_t i = 0; i < n; i++) {
		if (narrow(&rows[i], total))
			hidden++;
		else
			put_frame(out, &rows[i], total, width, height);
	}
	return hidden;
}
