/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/callset.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "model/classes_table.h"
#include "model/syscall.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define ALL_ABIS ((1u << CALLSET_ABIS) - 1)

/* One element of a list; all of it is asked of every call there is. */
struct matcher {
	const char *name;	/* NULL: by regex or class */
	const regex_t *regex;
	unsigned classes;
	unsigned abis;
};

static void put(struct callset *set, int abi, int nr, bool in)
{
	uint64_t *word = &set->bits[abi - ABI_NATIVE][nr / 64];
	uint64_t bit = 1ULL << (nr % 64);

	*word = in ? *word | bit : *word & ~bit;
}

bool callset_has(const struct callset *set, int abi, int nr)
{
	if (abi < ABI_NATIVE || abi > ABI_X32 || nr < 0 ||
	    nr >= CALLSET_NUMBERS)
		return false;
	return set->bits[abi - ABI_NATIVE][nr / 64] >> (nr % 64) & 1;
}

static int compare_class(const void *name, const void *row)
{
	return strcmp(name, ((const struct class_row *)row)->name);
}

static unsigned classes_of(const char *name)
{
	const struct class_row *row =
		bsearch(name, class_table, ARRAY_SIZE(class_table),
			sizeof(*class_table), compare_class);

	return row ? row->classes : 0;
}

static bool matches(const struct matcher *m, const char *name)
{
	if (m->name)
		return !strcmp(m->name, name);
	if (m->regex)
		return !regexec(m->regex, name, 0, NULL, 0);
	return m->classes & classes_of(name);
}

#define NAME_SIZE 40

int callnames_init(struct callnames *names, struct why *why)
{
	char *p;

	*names = (struct callnames){ .text = malloc((size_t)CALLSET_ABIS *
						    CALLSET_NUMBERS *
						    NAME_SIZE) };
	if (!names->text)
		return why_set(why, ENOMEM, "out of memory");
	p = names->text;
	for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++)
		for (int nr = 0; nr < CALLSET_NUMBERS; nr++) {
			if (!syscall_find(p, NAME_SIZE, abi, nr))
				continue;
			names->of[abi - ABI_NATIVE][nr] = p;
			p += strlen(p) + 1;
		}
	return 0;
}

void callnames_done(struct callnames *names)
{
	free(names->text);
	names->text = NULL;
}

const char *callnames_get(const struct callnames *names, int abi, int nr)
{
	return names->of[abi - ABI_NATIVE][nr];
}

/* Puts all calls that match; how many there were. */
static int put_matching(struct callset *set, const struct callnames *names,
			const struct matcher *m, bool in)
{
	int n = 0;

	for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++)
		for (int nr = 0; nr < CALLSET_NUMBERS; nr++) {
			const char *name = callnames_get(names, abi, nr);

			if (!(m->abis & 1u << (abi - ABI_NATIVE)) || !name ||
			    !matches(m, name))
				continue;
			put(set, abi, nr, in);
			n++;
		}
	return n;
}

static unsigned class_bit(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(class_names); i++)
		if (!strcmp(class_names[i], name))
			return 1u << i;
	return !strcmp(name, "net") ? class_bit("network") : 0;
}

void callset_add_class(struct callset *set, const struct callnames *names,
		       const char *name)
{
	struct matcher m = { .classes = class_bit(name), .abis = ALL_ABIS };

	put_matching(set, names, &m, true);
}

void callset_put(struct callset *set, const struct callnames *names,
		 const char *name, bool in)
{
	struct matcher m = { .name = name, .abis = ALL_ABIS };

	put_matching(set, names, &m, in);
}

static int parse_regex(struct callset *set, const struct callnames *names,
		       const char *text, unsigned abis, struct why *why)
{
	regex_t regex;
	struct matcher m = { .regex = &regex, .abis = abis };
	int n;

	if (regcomp(&regex, text, REG_EXTENDED | REG_NOSUB))
		return why_set(why, EINVAL, "-e trace=/%s: not a regular "
			       "expression (of regex(7), extended)", text);
	n = put_matching(set, names, &m, true);
	regfree(&regex);
	return n;
}

static unsigned take_abi(char *word)
{
	static const struct {
		const char *suffix;
		int abi;
	} suffixes[] = {
		{ "@64", ABI_NATIVE }, { "@32", ABI_COMPAT },
		{ "@x32", ABI_X32 },
	};
	char *at = strrchr(word, '@');

	for (size_t i = 0; at && i < ARRAY_SIZE(suffixes); i++)
		if (!strcmp(at, suffixes[i].suffix)) {
			*at = '\0';
			return 1u << (suffixes[i].abi - ABI_NATIVE);
		}
	return ALL_ABIS;
}

/* A class that strace also takes without the percent sign. */
static unsigned old_class(const char *word)
{
	static const char *const old[] = {
		"file", "process", "network", "signal", "ipc", "desc",
		"memory"
	};

	for (size_t i = 0; i < ARRAY_SIZE(old); i++)
		if (!strcmp(old[i], word))
			return class_bit(word);
	return 0;
}

static int parse_word(struct callset *set, const struct callnames *names,
		      char *word, struct why *why)
{
	bool forgiving = *word == '?';
	struct matcher m;
	uint64_t nr;
	int n;

	word += forgiving;
	m = (struct matcher){ .abis = take_abi(word) };
	if (!*word)
		return why_set(why, EINVAL, "-e trace=: a name is missing");
	if (!strcmp(word, "none"))
		return 0;
	if (*word == '/') {
		n = parse_regex(set, names, word + 1, m.abis, why);
		if (n < 0)
			return n;
	} else if (!strcmp(word, "all")) {
		for (int abi = 0; abi < CALLSET_ABIS; abi++)
			if (m.abis & 1u << abi)
				memset(set->bits[abi], 0xff,
				       sizeof(set->bits[abi]));
		return 0;
	} else if (!num_parse(word, CALLSET_NUMBERS - 1, &nr)) {
		for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++)
			if (m.abis & 1u << (abi - ABI_NATIVE))
				put(set, abi, (int)nr, true);
		return 0;
	} else {
		m.classes = *word == '%' ? class_bit(word + 1) :
					   old_class(word);
		if (!m.classes)
			m.name = word;
		n = put_matching(set, names, &m, true);
	}
	if (!n && !forgiving)
		return why_set(why, EINVAL, "invalid system call '%s' in -e "
			       "trace=; --list=%%class "
			       "lists the classes", word);
	return 0;
}

int callset_parse(struct callset *ret, const char *text, struct why *why)
{
	bool inverted = *text == '!';
	struct callnames names;
	int err = callnames_init(&names, why);

	*ret = (struct callset){ 0 };
	text += inverted;
	while (!err) {
		size_t len = strcspn(text, ",");
		char word[256];

		if (!len || len >= sizeof(word)) {
			err = why_set(why, EINVAL, "-e trace=: a name is "
				      "missing or too long");
			break;
		}
		memcpy(word, text, len);
		word[len] = '\0';
		err = parse_word(ret, &names, word, why);
		text += len;
		if (!*text++)
			break;
	}
	callnames_done(&names);
	for (int abi = 0; inverted && abi < CALLSET_ABIS; abi++)
		for (size_t i = 0; i < ARRAY_SIZE(ret->bits[abi]); i++)
			ret->bits[abi][i] = ~ret->bits[abi][i];
	return err;
}

void callset_fill(struct callset *set)
{
	memset(set, 0xff, sizeof(*set));
}

void callset_intersect(struct callset *set, const struct callset *other)
{
	for (int abi = 0; abi < CALLSET_ABIS; abi++)
		for (size_t i = 0; i < ARRAY_SIZE(set->bits[abi]); i++)
			set->bits[abi][i] &= other->bits[abi][i];
}

bool callset_equal(const struct callset *a, const struct callset *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool callset_is_empty(const struct callset *set)
{
	static const struct callset empty;

	return callset_equal(set, &empty);
}

void callset_list_classes(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(class_names); i++)
		fprintf(out, "%%%s\n", class_names[i]);
}

int callset_list_class(FILE *out, const char *name)
{
	unsigned bit = class_bit(name);

	for (size_t i = 0; bit && i < ARRAY_SIZE(class_table); i++)
		if (class_table[i].classes & bit)
			fprintf(out, "%s\n", class_table[i].name);
	return bit ? 0 : -EINVAL;
}
