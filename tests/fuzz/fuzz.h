/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One harness per parser: it defines LLVMFuzzerTestOneInput(), this header
 * the rest. In two ways:
 *
 * make check builds plain programs, under whatever sanitizers the build has:
 * the corpus, line by line and whole, then FUZZ_ROUNDS (20000) mutations of
 * it by a generator that gives the same numbers each time. A harness of a
 * slow parser defines fewer of them as FUZZ_ROUNDS before it includes this.
 *
 * On demand and for as long as wanted, with libFuzzer, in a folder of its
 * own:
 *
 *	../configure CC=clang --enable-sanitizers \
 *		CFLAGS='-g -O1 -fsanitize=fuzzer-no-link'
 *	make src/model/syscalls_new.h libacct.a
 *	make tests/fuzz/fuzz_procparse \
 *		CFLAGS='-g -O1 -DLIBFUZZER -fsanitize=fuzzer'
 *	tests/fuzz/fuzz_procparse -max_total_time=600 NEW_INPUTS \
 *		../tests/fuzz/corpus
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef FUZZ_ROUNDS
#define FUZZ_ROUNDS 20000
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input. */
#define must(condition) \
	do { \
		if (!(condition)) { \
			printf("not ok 1 - %s:%d: %s\n", __FILE__, __LINE__, \
			       #condition); \
			fflush(stdout); \
			abort(); \
		} \
	} while (0)

/* The input as a string in memory of just its size. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		exit(99);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#ifndef LIBFUZZER

#define FUZZ_MAX 4096

struct fuzz {
	uint64_t random;
	char *seeds[512];
	size_t n;
};

static inline uint64_t fuzz_below(struct fuzz *fuzz, uint64_t n)
{
	uint64_t z = fuzz->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % n;
}

static inline void fuzz_seed(struct fuzz *fuzz, const char *text)
{
	if (fuzz->n == sizeof(fuzz->seeds) / sizeof(*fuzz->seeds))
		return;
	fuzz->seeds[fuzz->n] = strdup(text);
	if (!fuzz->seeds[fuzz->n++])
		exit(99);
}

static inline void fuzz_read(struct fuzz *fuzz, const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096], text[FUZZ_MAX], *line, *rest = text;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
		 top ? top : ".", name);
	f = fopen(path, "r");
	if (!f) {
		printf("no %s: run by make check, or set top_srcdir\n", path);
		exit(99);
	}
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	fuzz_seed(fuzz, text);
	while ((line = strsep(&rest, "\n")))
		fuzz_seed(fuzz, line);
}

/* One small change; the new size. */
static inline size_t fuzz_change(struct fuzz *fuzz, char *buf, size_t size)
{
	static const char *const likely[] = {
		" ", "\n", ",", "-", "-1", "0x", "(", ")", ") (", ":", ".",
		"18446744073709551615", "18446744073709551616", "2147483648",
		"4294967296", "\x7f", "\x1b[", "\xc2\x9b", "\xe2\x80\xae",
		"\xf0\x9f", "\xff", "%s", "0",
	};
	size_t at = size ? fuzz_below(fuzz, size) : 0, n;
	const char *word;

	switch (fuzz_below(fuzz, 6)) {
	case 0:
		if (size)
			buf[at] = (char)fuzz_below(fuzz, 256);
		return size;
	case 1:
		if (size)
			buf[at] ^= (char)(1 << fuzz_below(fuzz, 8));
		return size;
	case 2:
		return at;
	case 3:
		n = size ? 1 + fuzz_below(fuzz, size - at) : 0;
		memmove(buf + at, buf + at + n, size - at - n);
		return size - n;
	case 4:
		word = likely[fuzz_below(fuzz, sizeof(likely) /
						       sizeof(*likely))];
		n = strlen(word);
		if (size + n > FUZZ_MAX)
			return size;
		memmove(buf + at + n, buf + at, size - at);
		memcpy(buf + at, word, n);
		return size + n;
	default:
		/* A part once more. */
		n = size ? 1 + fuzz_below(fuzz, size - at) : 0;
		if (size + n > FUZZ_MAX)
			return size;
		memmove(buf + at + n, buf + at, size - at);
		return size + n;
	}
}

static inline void fuzz_round(struct fuzz *fuzz)
{
	const char *seed = fuzz->seeds[fuzz_below(fuzz, fuzz->n)];
	size_t size = strlen(seed);
	char buf[FUZZ_MAX];

	memcpy(buf, seed, size);
	for (uint64_t n = 1 + fuzz_below(fuzz, 8); n; n--)
		size = fuzz_change(fuzz, buf, size);
	LLVMFuzzerTestOneInput((const uint8_t *)buf, size);
}

static inline int fuzz_main(const char *const *corpus)
{
	const char *told = getenv("FUZZ_ROUNDS");
	unsigned long rounds = told ? strtoul(told, NULL, 10) : FUZZ_ROUNDS;
	struct fuzz fuzz = { .random = 1 };

	puts("1..1");
	for (; *corpus; corpus++)
		fuzz_read(&fuzz, *corpus);
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (size_t i = 0; i < fuzz.n; i++)
		LLVMFuzzerTestOneInput((const uint8_t *)fuzz.seeds[i],
				       strlen(fuzz.seeds[i]));
	for (unsigned long i = 0; i < rounds; i++)
		fuzz_round(&fuzz);
	printf("ok 1 - %zu inputs and %lu mutations\n", fuzz.n, rounds);
	while (fuzz.n)
		free(fuzz.seeds[--fuzz.n]);
	return 0;
}

#define FUZZ_CORPUS(...) \
	int main(void) \
	{ \
		static const char *const corpus[] = { __VA_ARGS__, NULL }; \
\
		return fuzz_main(corpus); \
	}

#else
#define FUZZ_CORPUS(...)
#endif
#endif
