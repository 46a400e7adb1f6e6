/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/flame.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/flame_tree.h"

static struct flame_name *root_name(void)
{
	struct flame_name *name = calloc(1, sizeof(*name));

	if (name)
		strcpy(name->text, "all");
	return name;
}

struct flame *flame_new(void)
{
	struct flame *flame = calloc(1, sizeof(*flame));

	if (!flame)
		return NULL;
	map_init(&flame->names, FLAME_NAME);
	map_init(&flame->nodes, sizeof(struct flame_key));
	flame->root.key.kind = FLAME_FRAME;
	flame->root.key.name = root_name();
	if (flame->root.key.name)
		return flame;
	flame_free(flame);
	return NULL;
}

void flame_free(struct flame *flame)
{
	if (!flame)
		return;
	map_free_all(&flame->nodes);
	map_free_all(&flame->names);
	free(flame->root.key.name);
	free(flame);
}

int64_t flame_total_ns(const struct flame *flame)
{
	return flame_node_ns(&flame->root);
}

void flame_safe(char *dst, size_t size, const char *src)
{
	char *at = text_untrusted(dst, size, src);

	while ((at = strstr(at, "\xef\xbf")))
		if (*(at += 2) == '\xbe' || *at == '\xbf')
			*at = '\xbd';
}

/* @text has FLAME_NAME bytes, all of which are set. */
static void make_safe(char *text, const char *name)
{
	static const char more[] = "\xe2\x80\xa6";
	char whole[FLAME_NAME + 8];

	memset(text, 0, FLAME_NAME);
	flame_safe(whole, sizeof(whole), *name ? name : "[unknown]");
	if (strlen(whole) < FLAME_NAME) {
		strcpy(text, whole);
	} else {
		flame_safe(text, FLAME_NAME - sizeof(more) + 1, name);
		strcat(text, more);
	}
}

static struct flame_name *intern(struct flame *flame, const char *safe,
				 bool make)
{
	struct flame_name *name = map_get(&flame->names, safe);

	if (name || !make)
		return name;
	name = calloc(1, sizeof(*name));
	if (!name)
		return NULL;
	memcpy(name->text, safe, FLAME_NAME);
	if (!map_add(&flame->names, name))
		return name;
	free(name);
	return NULL;
}

/* Above @parent; NULL where there is none and none could be made. */
static struct flame_node *step(struct flame *flame, struct flame_node *parent,
			       const char *text, uint64_t kind, bool make)
{
	struct flame_key key = { .parent = parent, .kind = kind };
	struct flame_node *node;
	char safe[FLAME_NAME];

	make_safe(safe, text);
	key.name = intern(flame, safe, make);
	if (!key.name)
		return NULL;
	node = map_get(&flame->nodes, &key);
	if (node || !make)
		return node;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->key = key;
	if (map_add(&flame->nodes, node)) {
		free(node);
		return NULL;
	}
	node->sibling = parent->children;
	parent->children = node;
	parent->n_children++;
	flame->n++;
	return node;
}

static void leaf_text(char *text, size_t size, enum flame_state state,
		      const char *reason)
{
	if (state == FLAME_BLOCKED && reason && *reason)
		snprintf(text, size, "[blocked: %.*s]", FLAME_NAME / 2, reason);
	else
		snprintf(text, size, "%s",
			 state == FLAME_CPU ? "[on CPU]" :
			 state == FLAME_RUNQ ? "[run queue]" : "[blocked]");
}

static struct flame_node *climb(struct flame *flame, const char *const *frames,
				size_t n, enum flame_state state,
				const char *reason, bool make)
{
	struct flame_node *node = &flame->root;
	char leaf[FLAME_NAME];

	for (size_t i = 0; node && i < n && i < FLAME_DEPTH; i++)
		node = step(flame, node, frames[i], FLAME_FRAME, make);
	if (node && n > FLAME_DEPTH)
		node = step(flame, node, "[deeper]", FLAME_FRAME, make);
	leaf_text(leaf, sizeof(leaf), state, reason);
	return node ? step(flame, node, leaf, state, make) : NULL;
}

int flame_add(struct flame *flame, const char *const *frames, size_t n,
	      enum flame_state state, const char *reason, int64_t ns)
{
	static const char *const rest[] = { "[too many stacks]" };
	bool room = flame->n + FLAME_DEPTH + 2 <= FLAME_NODES;
	struct flame_node *node;
	int64_t sum;

	if (ns <= 0)
		return 0;
	if (__builtin_add_overflow(flame_total_ns(flame), ns, &sum))
		return -EOVERFLOW;
	node = climb(flame, frames, n, state, reason, room);
	if (!node && !room)
		node = climb(flame, rest, 1, state, NULL, true);
	if (!node)
		return -ENOMEM;
	for (; node; node = node->key.parent)
		node->ns[state] += ns;
	return 0;
}

/* --- in an order to print ------------------------------------------------- */

static int compare(const void *one, const void *two)
{
	const struct flame_key *a = &(*(struct flame_node *const *)one)->key;
	const struct flame_key *b = &(*(struct flame_node *const *)two)->key;
	bool leaf = a->kind != FLAME_FRAME;

	if (leaf != (b->kind != FLAME_FRAME))
		return leaf ? 1 : -1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->name->text, b->name->text);
}

struct walk {
	struct flame_row *rows;
	size_t n;
	int64_t start_ns;
};

/* As deep as the tree, which has its limit. */
static int walk(struct walk *to, struct flame_node *node, int depth)
{
	_cleanup_(free_ptr) struct flame_node **order = NULL;
	size_t n = 0;
	int err = 0;

	if (!flame_node_ns(node) && depth)
		return 0;
	to->rows[to->n++] = (struct flame_row){
		.node = node, .depth = depth, .start_ns = to->start_ns,
	};
	if (!node->n_children) {
		to->start_ns += flame_node_ns(node);
		return 0;
	}
	order = calloc(node->n_children, sizeof(struct flame_node *));
	if (!order)
		return -ENOMEM;
	for (struct flame_node *at = node->children; at; at = at->sibling)
		order[n++] = at;
	qsort(order, n, sizeof(struct flame_node *), compare);
	for (size_t i = 0; !err && i < n; i++)
		err = walk(to, order[i], depth + 1);
	return err;
}

int flame_rows(const struct flame *flame, struct flame_row **ret, size_t *n)
{
	struct walk to = { .n = 0 };
	int err;

	to.rows = calloc(flame->n + 1, sizeof(*to.rows));
	if (!to.rows)
		return -ENOMEM;
	err = walk(&to, (struct flame_node *)&flame->root, 0);
	if (err) {
		free(to.rows);
		return err;
	}
	*ret = to.rows;
	*n = to.n;
	return 0;
}

/* --- folded --------------------------------------------------------------- */

static void put_path(FILE *out, const struct flame_node *node)
{
	if (node->key.parent->key.parent) {
		put_path(out, node->key.parent);
		putc(';', out);
	}
	for (const char *c = node->key.name->text; *c; c++)
		putc(*c == ';' ? ':' : *c, out);
}

int flame_folded(const struct flame *flame, FILE *out)
{
	_cleanup_(free_ptr) struct flame_row *rows = NULL;
	size_t n;
	int err = flame_rows(flame, &rows, &n);

	if (err)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (rows[i].node->key.kind == FLAME_FRAME)
			continue;
		put_path(out, rows[i].node);
		fprintf(out, " %lld\n", (long long)flame_node_ns(rows[i].node));
	}
	return 0;
}
