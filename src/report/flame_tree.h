/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of a flame graph, for those who print it. */
#ifndef REPORT_FLAME_TREE_H
#define REPORT_FLAME_TREE_H

#include <stdint.h>

#include "base/map.h"
#include "report/flame.h"

/* Of function frames; a leaf has its enum flame_state. */
#define FLAME_FRAME FLAME_STATES

struct flame_name {
	char text[FLAME_NAME];	/* padded with zeros: the key of a map */
	size_t index;		/* for the lists of those who print */
};

struct flame_node {
	struct flame_key {
		struct flame_node *parent;
		struct flame_name *name;
		uint64_t kind;		/* FLAME_FRAME or a state */
	} key;
	struct flame_node *children, *sibling;	/* in no order */
	size_t n_children;
	int64_t ns[FLAME_STATES];	/* with all below */
};

struct flame {
	struct map names, nodes;
	struct flame_node root;
	size_t n;
};

static inline int64_t flame_node_ns(const struct flame_node *node)
{
	return node->ns[FLAME_CPU] + node->ns[FLAME_RUNQ] +
	       node->ns[FLAME_BLOCKED];
}

/* text_untrusted() without what XML cannot hold though it is UTF-8, U+FFFE
 * and U+FFFF. */
void flame_safe(char *dst, size_t size, const char *src);

/* A node as it is to be drawn. */
struct flame_row {
	struct flame_node *node;
	int depth;		/* the root has 0 */
	int64_t start_ns;	/* of what is to the left of it */
};

/*
 * The nodes that have time in a list that the caller frees: each before
 * those above it, functions by their names, then the states. The root is the
 * first. 0 or -ENOMEM.
 */
int flame_rows(const struct flame *flame, struct flame_row **ret, size_t *n);

#endif
