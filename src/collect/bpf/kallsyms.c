/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than any kernel has. */
#define MOST_SYMBOLS (4u << 20)

static int by_address(const void *a, const void *b)
{
	const struct function *left = a, *right = b;

	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	return left->number < right->number ? 1 :
	       left->number > right->number ? -1 : 0;
}

static int add(struct kallsyms *k, uint64_t start, int number)
{
	struct function *functions = k->functions;

	if (k->n == k->max) {
		size_t max = k->max ? 2 * k->max : 65536;

		if (max > MOST_SYMBOLS)
			return -E2BIG;
		functions = realloc(functions, max * sizeof(*functions));
		if (!functions)
			return -ENOMEM;
		k->functions = functions;
		k->max = max;
	}
	k->functions[k->n++] = (struct function){ start, 0, number };
	return 0;
}

/* "ffffffff81000000 T name\t[module]\n". Data comes after all functions of
 * its module, and bounds the last. */
static int read_line(struct kallsyms *k, char *line,
		     int (*number_of)(const char *name))
{
	char *end, *name;
	uint64_t start = strtoull(line, &end, 16);

	if (end == line || strlen(end) < 4)
		return 0;
	name = end + 3;
	name[strcspn(name, "\t\n")] = '\0';
	return add(k, start, strchr("tTwW", end[1]) ? number_of(name) : -1);
}

/* Each ends where the next symbol is. */
static void bound(struct kallsyms *k)
{
	struct function *kept;
	size_t n = 0;

	qsort(k->functions, k->n, sizeof(*k->functions), by_address);
	for (size_t i = 0; i < k->n; i++) {
		struct function f = k->functions[i];

		/* The first of several names is the one with a number. */
		while (i + 1 < k->n && k->functions[i + 1].start == f.start)
			i++;
		f.end = i + 1 < k->n ? k->functions[i + 1].start : f.start;
		if (f.number >= 0)
			k->functions[n++] = f;
	}
	k->n = n;
	kept = realloc(k->functions, (n ? n : 1) * sizeof(*kept));
	if (kept) {
		k->functions = kept;
		k->max = n;
	}
}

int kallsyms_init(struct kallsyms *k, const struct procfs *fs,
		  int (*number_of)(const char *name))
{
	int fd = procfs_open(fs, "kallsyms"), err = 0;
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[1024];

	*k = (struct kallsyms){ 0 };
	if (!file) {
		err = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && fgets(line, sizeof(line), file))
		err = read_line(k, line, number_of);
	fclose(file);
	if (!err && k->n)
		bound(k);
	/* Whoever may not know them sees zeros. */
	if (!err && (!k->n || !k->functions[k->n - 1].start))
		err = -EACCES;
	if (err)
		kallsyms_done(k);
	return err;
}

void kallsyms_done(struct kallsyms *k)
{
	free(k->functions);
	*k = (struct kallsyms){ 0 };
}

int kallsyms_at(const struct kallsyms *k, uint64_t address)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->functions[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < k->functions[low - 1].end ?
	       k->functions[low - 1].number : -1;
}
