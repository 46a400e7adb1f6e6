/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/tree.h"

#include <errno.h>
#include <math.h>

#ifdef HAVE_JANSSON

#include <jansson.h>

#include "base/text.h"

/* A struct tree is a json_t by another name, so that its header stays here. */
static json_t *of(struct tree *tree)
{
	return (json_t *)tree;
}

struct tree *tree_object(void)
{
	return (struct tree *)json_object();
}

struct tree *tree_list(void)
{
	return (struct tree *)json_array();
}

void tree_free(struct tree *tree)
{
	json_decref(of(tree));
}

static void put(struct tree *into, const char *key, json_t *value)
{
	/* Both take NULLs, and free the value if they fail. */
	if (key)
		json_object_set_new(of(into), key, value);
	else
		json_array_append_new(of(into), value);
}

void tree_text(struct tree *into, const char *key, const char *text)
{
	char safe[1024];

	put(into, key, json_string(text_untrusted(safe, sizeof(safe), text)));
}

void tree_int(struct tree *into, const char *key, int64_t value)
{
	put(into, key, json_integer(value));
}

void tree_bool(struct tree *into, const char *key, bool value)
{
	put(into, key, json_boolean(value));
}

void tree_real(struct tree *into, const char *key, double value)
{
	if (isfinite(value))
		put(into, key, json_real(value));
}

void tree_part(struct tree *into, const char *key, struct tree *part)
{
	put(into, key, of(part));
}

int tree_print(FILE *out, struct tree *tree, struct why *why)
{
	int err = tree ? json_dumpf(of(tree), out, JSON_COMPACT |
				    JSON_REAL_PRECISION(9)) : -1;

	putc('\n', out);
	tree_free(tree);
	return err ? why_set(why, ENOMEM, "out of memory for the report") : 0;
}

#else

struct tree *tree_object(void)
{
	return NULL;
}

struct tree *tree_list(void)
{
	return NULL;
}

void tree_free(struct tree *tree)
{
	(void)tree;
}

void tree_text(struct tree *into, const char *key, const char *text)
{
	(void)into;
	(void)key;
	(void)text;
}

void tree_int(struct tree *into, const char *key, int64_t value)
{
	(void)into;
	(void)key;
	(void)value;
}

void tree_bool(struct tree *into, const char *key, bool value)
{
	(void)into;
	(void)key;
	(void)value;
}

void tree_real(struct tree *into, const char *key, double value)
{
	(void)into;
	(void)key;
	(void)value;
}

void tree_part(struct tree *into, const char *key, struct tree *part)
{
	(void)into;
	(void)key;
	(void)part;
}

int tree_print(FILE *out, struct tree *tree, struct why *why)
{
	(void)out;
	(void)tree;
	return why_set(why, ENOTSUP, "built without jansson");
}

#endif
