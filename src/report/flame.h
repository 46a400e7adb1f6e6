/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wall-clock flame graphs, in which waiting is as wide as computing: a tree
 * of frames whose leaves say what threads did there. Knows nothing of where
 * stacks come from. Names are untrusted: they are made safe when they are
 * added, and escaped for each format.
 *
 * Memory is bounded: at most FLAME_NODES places in the tree, names of
 * FLAME_NAME bytes, stacks of FLAME_DEPTH frames. What is beyond these limits
 * keeps its time, in a frame "[deeper]" or "[too many stacks]".
 */
#ifndef REPORT_FLAME_H
#define REPORT_FLAME_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FLAME_NODES	65536
#define FLAME_DEPTH	192
#define FLAME_NAME	160

enum flame_state {
	FLAME_CPU,
	FLAME_RUNQ,
	FLAME_BLOCKED,
	FLAME_STATES
};

struct flame_cfg {
	const char *title;	/* NULL: one that says what it is */
	const char *subtitle;	/* lines of text, may be NULL; untrusted */
	int width;		/* of the picture in pixels; 0: 1200 */
};

struct flame;

/* NULL: no memory. */
struct flame *flame_new(void);
void flame_free(struct flame *flame);

/*
 * @ns of a thread in @state with the @n functions @frames on its stack, the
 * outermost first. They become a leaf above them: "[on CPU]", "[run queue]",
 * "[blocked: disk]" with "disk" as the @reason of FLAME_BLOCKED, which may be
 * NULL. Nothing is kept of the arguments. 0 or -errno; -EOVERFLOW where the
 * sum of all is more than 292 years. Nothing is added where @ns <= 0.
 */
int flame_add(struct flame *flame, const char *const *frames, size_t n,
	      enum flame_state state, const char *reason, int64_t ns);

/* All that was added. */
int64_t flame_total_ns(const struct flame *flame);

/*
 * All return 0 or -ENOMEM, and what was printed until then is to be thrown
 * away; errors of @out stay with it.
 *
 * "a;b;[blocked: disk] 1234" in ns, a line per leaf, sorted: what
 * flamegraph.pl, inferno and speedscope read. A ";" in a name is a ":".
 */
int flame_folded(const struct flame *flame, FILE *out);
/* A picture for any viewer, that can be searched and zoomed in a browser. */
int flame_svg(const struct flame *flame, FILE *out,
	      const struct flame_cfg *cfg);
/* The same as a page with a table of the functions that take most. */
int flame_html(const struct flame *flame, FILE *out,
	       const struct flame_cfg *cfg);

#endif
