/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is it well-formed? A small judge of the XML and HTML that we write, which
 * is stricter than both: attributes are quoted, elements are closed, and
 * entities are the five of XML.
 */
#ifndef MARKUP_H
#define MARKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MARKUP_DEPTH 32

struct markup {
	bool html;
	const char *at, *wrong;
	const char *open[MARKUP_DEPTH];
	size_t len[MARKUP_DEPTH];
	int depth;
	int elements, scripts;
};

static inline void markup_wrong(struct markup *m, const char *what)
{
	if (!m->wrong)
		m->wrong = what;
}

static inline bool markup_skip(struct markup *m, const char *word)
{
	bool is = !strncmp(m->at, word, strlen(word));

	if (is)
		m->at += strlen(word);
	return is;
}

static inline void markup_to(struct markup *m, const char *end)
{
	const char *found = strstr(m->at, end);

	if (found)
		m->at = found + strlen(end);
	else
		markup_wrong(m, "no end of it");
}

static inline void markup_entity(struct markup *m)
{
	static const char *const known[] = {
		"&amp;", "&lt;", "&gt;", "&quot;", "&#39;",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (markup_skip(m, known[i]))
			return;
	markup_wrong(m, "an unknown entity");
}

/* One character of a text or of an attribute. */
static inline void markup_char(struct markup *m)
{
	uint32_t c = 0;
	size_t len;

	if (*m->at == '&') {
		markup_entity(m);
		return;
	}
	len = text_decode(m->at, &c);
	if (!len || *m->at == '<' || *m->at == '>')
		markup_wrong(m, "a character that is to be escaped");
	if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
	    c == 0xfffe || c == 0xffff || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069))
		markup_wrong(m, "a character that is not to be there");
	m->at += len;
}

static inline void markup_attributes(struct markup *m)
{
	while (!m->wrong && (*m->at == ' ' || *m->at == '\n')) {
		m->at += 1 + strcspn(m->at + 1, "=<>\"");
		if (!markup_skip(m, "=\""))
			markup_wrong(m, "an attribute without a value");
		/* The policy has single quotes. */
		while (!m->wrong && *m->at && *m->at != '"')
			markup_char(m);
		if (!markup_skip(m, "\""))
			markup_wrong(m, "an attribute without an end");
	}
}

static inline void markup_close(struct markup *m)
{
	size_t len = strcspn(m->at, ">");

	if (!m->depth || m->len[m->depth - 1] != len ||
	    strncmp(m->open[m->depth - 1], m->at, len)) {
		markup_wrong(m, "closes what is not open");
		return;
	}
	m->depth--;
	m->at += len;
	if (!markup_skip(m, ">"))
		markup_wrong(m, "no end of a tag");
}

static inline void markup_open(struct markup *m)
{
	const char *name = m->at;
	size_t len = strcspn(name, " \n/>");
	bool is_void = m->html && len == 4 && !strncmp(name, "meta", 4);
	bool script = len == 6 && !strncmp(name, "script", 6);
	bool style = len == 5 && !strncmp(name, "style", 5);

	m->elements++;
	m->scripts += script;
	m->at += len;
	markup_attributes(m);
	if (markup_skip(m, "/>"))
		return;
	if (!markup_skip(m, ">") || m->depth == MARKUP_DEPTH) {
		markup_wrong(m, "no end of a tag");
		return;
	}
	if (is_void)
		return;
	m->open[m->depth] = name;
	m->len[m->depth++] = len;
	/* HTML reads what is in these as it is. */
	if (m->html && (script || style)) {
		markup_to(m, "</");
		m->at -= 2;
	}
}

/* NULL, or what is wrong with @text; m->at is where. */
static inline const char *markup_judge(struct markup *m, const char *text,
				       bool html)
{
	*m = (struct markup){ .html = html, .at = text };

	if (!markup_skip(m, html ? "<!DOCTYPE html>" : "<?xml "))
		markup_wrong(m, "does not begin as such");
	if (!html)
		markup_to(m, "?>");
	while (!m->wrong && *m->at) {
		if (!html && markup_skip(m, "<![CDATA["))
			markup_to(m, "]]>");
		else if (markup_skip(m, "</"))
			markup_close(m);
		else if (markup_skip(m, "<"))
			markup_open(m);
		else
			markup_char(m);
	}
	if (m->depth)
		markup_wrong(m, "an element that is not closed");
	return m->wrong;
}

#endif
