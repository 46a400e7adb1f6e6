/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files around a flame graph: shapes for viewers without scripts, the tree
 * as JSON, and the script that draws it anew. The JSON is ASCII without any
 * character that HTML or XML knows, so that it cannot end the element that
 * it is in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/flame.h"
#include "report/flame_assets.h"
#include "report/flame_draw.h"

#define LINE		400	/* bytes of a title or of a subtitle's line */
#define SANS		6.7	/* pixels of a character of a subtitle */
#define SUBTITLES	4	/* lines; more are dropped */

struct page {
	struct flame_row *rows;
	size_t n;
	struct flame_legend legend;
	char title[LINE];
	char subtitles[SUBTITLES][LINE];
	int n_subtitles;
	int width, height;
};

static void put_subtitles(struct page *page, const char *text)
{
	char line[LINE];

	while (page->n_subtitles < SUBTITLES && *text) {
		size_t len = strcspn(text, "\n");
		size_t kept = len < sizeof(line) ? len : sizeof(line) - 1;

		memcpy(line, text, kept);
		line[kept] = '\0';
		flame_safe(page->subtitles[page->n_subtitles++], LINE, line);
		text += len + (text[len] == '\n');
	}
}

static int page_init(struct page *page, const struct flame *flame,
		     const struct flame_cfg *cfg)
{
	int err = flame_rows(flame, &page->rows, &page->n);

	if (err)
		return err;
	err = flame_legend(&page->legend, page->rows, page->n);
	if (err)
		return err;
	flame_safe(page->title, LINE,
		   cfg->title ? cfg->title : "Wall-clock flame graph");
	put_subtitles(page, cfg->subtitle ? cfg->subtitle : "");
	page->width = cfg->width > 0 ? cfg->width : 1200;
	if (page->width < 400)
		page->width = 400;
	page->height = flame_height(page->rows, page->n);
	return 0;
}

static void page_done(struct page *page)
{
	free(page->rows);
}

/* --- the tree as JSON ----------------------------------------------------- */

static void put_string(FILE *out, const char *text)
{
	uint32_t c;
	size_t len;

	putc('"', out);
	for (; *text && (len = text_decode(text, &c)); text += len) {
		if (c >= 0x10000)
			fprintf(out, "\\u%04x\\u%04x",
				0xd800 + ((c - 0x10000) >> 10),
				0xdc00 + ((c - 0x10000) & 0x3ff));
		else if (c < 0x20 || c > 0x7e || strchr("\"\\<>&'", (int)c))
			fprintf(out, "\\u%04x", c);
		else
			putc((int)c, out);
	}
	putc('"', out);
}

/* Each name once, numbered as they come. */
static void put_names(FILE *out, const struct page *page)
{
	size_t n = 0;

	for (size_t i = 0; i < page->n; i++)
		page->rows[i].node->key.name->index = SIZE_MAX;
	for (size_t i = 0; i < page->n; i++) {
		struct flame_name *name = page->rows[i].node->key.name;

		if (name->index != SIZE_MAX)
			continue;
		name->index = n++;
		fputs(n > 1 ? ",\n" : "\n", out);
		put_string(out, name->text);
	}
}

/*
 * Four numbers a node: depth, name, kind, ns. The kind is 0 of a function,
 * 1 on the CPU, 2 in the run queue, 3 and a shade blocked; only leaves have
 * a time, so that all others are sums.
 */
static void put_nodes(FILE *out, const struct page *page)
{
	char class[16];

	for (size_t i = 0; i < page->n; i++) {
		const struct flame_node *node = page->rows[i].node;
		int64_t ns = flame_node_ns(node);
		int kind = (int)node->key.kind + 1;

		flame_class(class, sizeof(class), node);
		if (node->key.kind == FLAME_BLOCKED)
			kind += class[1] - '0';
		if (node->key.kind == FLAME_FRAME)
			kind = 0, ns = 0;
		fprintf(out, "%s\n%d,%zu,%d,%lld", i ? "," : "",
			page->rows[i].depth, node->key.name->index, kind,
			(long long)ns);
	}
}

static void put_data(FILE *out, const struct page *page, int top)
{
	fprintf(out, "<script type=\"application/json\" id=\"flame-data\">\n"
		"{\"top\":%d,\"row\":%d,\"pad\":%d,\"gap\":%g,"
		"\"narrow\":%g,\"column\":%g,\n\"names\":[", top, FLAME_ROW,
		FLAME_PAD, FLAME_GAP, FLAME_NARROW, FLAME_COLUMN);
	put_names(out, page);
	fputs("],\n\"nodes\":[", out);
	put_nodes(out, page);
	fputs("]}\n</script>\n", out);
}

/* --- what both have ------------------------------------------------------- */

static void put_graph(FILE *out, const struct page *page, int top)
{
	size_t hidden;

	fprintf(out, "<g id=\"frames\" transform=\"translate(%d,%d)\">\n",
		FLAME_PAD, top);
	hidden = flame_draw(out, page->rows, page->n,
			    page->width - 2 * FLAME_PAD);
	fprintf(out, "</g>\n<text id=\"narrow\" class=\"note\" x=\"%d\" "
		"y=\"%d\">", FLAME_PAD, top + page->height + 14);
	if (hidden)
		fprintf(out, "%zu frame%s too narrow to draw", hidden,
			hidden == 1 ? "" : "s");
	fputs("</text>\n", out);
}

static void put_share(FILE *out, const struct page *page, int64_t ns)
{
	int64_t all = flame_node_ns(page->rows[0].node);

	fprintf(out, "%.1f%%", all ? 100 * (double)ns / (double)all : 0);
}

/* "[on CPU]" without its brackets. */
static void put_label(FILE *out, const char *text)
{
	char label[FLAME_NAME];
	size_t len = strlen(text);

	snprintf(label, sizeof(label), "%.*s", (int)(len > 2 ? len - 2 : 0),
		 text + 1);
	flame_escape(out, label);
}

/* --- SVG ------------------------------------------------------------------ */

/* Returns where it ends. */
static int put_svg_legend(FILE *out, const struct page *page, int y)
{
	double x = FLAME_PAD;

	for (int i = 0; i < page->legend.n; i++) {
		const char *text = page->legend.rows[i].text;
		double w = 34 + SANS * (double)(flame_columns(text) + 6);

		if (i && x + w > page->width) {
			x = FLAME_PAD;
			y += 20;
		}
		fprintf(out, "<g class=\"%s\"><rect x=\"%.1f\" y=\"%d\" "
			"width=\"14\" height=\"14\"/></g><text class=\"key\" "
			"x=\"%.1f\" y=\"%d\">", page->legend.rows[i].class, x,
			y, x + 20, y + 12);
		put_label(out, text);
		fputs(" <tspan class=\"share\">", out);
		put_share(out, page, page->legend.rows[i].ns);
		fputs("</tspan></text>\n", out);
		x += w;
	}
	return y + (page->legend.n ? 24 : 0);
}

static int put_svg_head(FILE *out, const struct page *page)
{
	size_t room = (size_t)((page->width - 2 * FLAME_PAD) / SANS);
	int y = 26;

	fprintf(out, "<text class=\"title\" x=\"%d\" y=\"%d\">", FLAME_PAD, y);
	flame_escape_cut(out, page->title, room * 2 / 3);
	fputs("</text>\n", out);
	for (int i = 0; i < page->n_subtitles; i++) {
		y += i ? 17 : 21;
		fprintf(out, "<text class=\"subtitle\" x=\"%d\" y=\"%d\">",
			FLAME_PAD, y);
		flame_escape_cut(out, page->subtitles[i], room);
		fputs("</text>\n", out);
	}
	return put_svg_legend(out, page, y + 12);
}

/* The height is in front of what it depends on, so that goes elsewhere. */
static int svg_head(const struct page *page, char **ret)
{
	size_t len = 0;
	FILE *out = open_memstream(ret, &len);
	int top;

	if (!out)
		return -ENOMEM;
	top = put_svg_head(out, page);
	if (fclose(out))
		return -ENOMEM;
	return top;
}

static int put_svg(FILE *out, const struct page *page)
{
	_cleanup_(free_ptr) char *head = NULL;
	int top = svg_head(page, &head), height;

	if (top < 0)
		return top;
	height = top + page->height + 24;
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"flame\" "
		"width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n<style><![CDATA[%s]]></style>\n"
		"<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n%s",
		page->width, height, page->width, height, flame_css, head);
	put_graph(out, page, top);
	put_data(out, page, top);
	fprintf(out, "<script><![CDATA[%s]]></script>\n</svg>\n", flame_js);
	return 0;
}

int flame_svg(const struct flame *flame, FILE *out,
	      const struct flame_cfg *cfg)
{
	struct page page = { .n = 0 };
	int err = page_init(&page, flame, cfg);

	if (!err)
		err = put_svg(out, &page);
	page_done(&page);
	return err;
}

/* --- HTML ----------------------------------------------------------------- */

static void put_html_head(FILE *out, const struct page *page)
{
	fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		"<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\""
		"default-src 'none'; script-src 'sha256-%s'; "
		"style-src 'sha256-%s'; base-uri 'none'; "
		"form-action 'none'\">\n<meta name=\"viewport\" "
		"content=\"width=device-width, initial-scale=1\">\n<title>",
		flame_js_sha256, flame_css_sha256);
	flame_escape(out, page->title);
	fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n"
		"<header>\n<h1>", flame_css);
	flame_escape(out, page->title);
	fputs("</h1>\n", out);
	for (int i = 0; i < page->n_subtitles; i++) {
		fputs("<p>", out);
		flame_escape(out, page->subtitles[i]);
		fputs("</p>\n", out);
	}
	fputs("</header>\n<ul class=\"legend\">\n", out);
	for (int i = 0; i < page->legend.n; i++) {
		fprintf(out, "<li><svg class=\"%s\" width=\"14\" "
			"height=\"14\"><rect width=\"14\" height=\"14\"/>"
			"</svg>", page->legend.rows[i].class);
		put_label(out, page->legend.rows[i].text);
		fputs(" <span class=\"share\">", out);
		put_share(out, page, page->legend.rows[i].ns);
		fputs("</span></li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void put_html(FILE *out, const struct page *page)
{
	/* Room for the outline of what is found. */
	const int top = 2;

	put_html_head(out, page);
	fprintf(out, "<div id=\"tools\"></div>\n<main>\n<svg id=\"flame\" "
		"role=\"group\" aria-label=\"Flame graph\" width=\"%d\" "
		"height=\"%d\">\n", page->width, top + page->height + 24);
	put_graph(out, page, top);
	fputs("</svg>\n</main>\n<section id=\"functions\"></section>\n", out);
	put_data(out, page, top);
	fprintf(out, "<script>%s</script>\n</body>\n</html>\n", flame_js);
}

int flame_html(const struct flame *flame, FILE *out,
	       const struct flame_cfg *cfg)
{
	struct page page = { .n = 0 };
	int err = page_init(&page, flame, cfg);

	if (!err)
		put_html(out, &page);
	page_done(&page);
	return err;
}
