/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What symbols are read from: ELF files, good and bad. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbols/demangle.h"
#include "symbols/image.h"
#include "symbols/jit.h"

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	return fd;
}

static char *read_self(size_t *size)
{
	FILE *f = fopen("/proc/self/exe", "r");
	char *data = malloc(64u << 20);

	assert_non_null(f);
	assert_non_null(data);
	*size = fread(data, 1, 64u << 20, f);
	fclose(f);
	return data;
}

/* Whatever it says, it says it without a crash. */
static void ask(const void *data, size_t size, struct rng *rng)
{
	int fd = file_of(data, size);
	struct strings strings;
	struct image *image;

	strings_init(&strings);
	if (!image_new(&image, fd))
		for (int i = 0; i < 50; i++) {
			uint64_t vaddr = rng_below(rng, size + 4096);
			const char *names[8];
			size_t n = image_names(image, &strings, vaddr, names,
					       N_OF(names));

			assert_true(n <= N_OF(names));
			image_rule(image, vaddr);
			image_start(image, vaddr);
		}
	image_free(image);
	strings_done(&strings);
	close(fd);
}

static void test_cut_short(void **state)
{
	struct rng rng = { 1 };
	size_t size;
	char *data = read_self(&size);

	(void)state;
	for (int i = 0; i < 40; i++)
		ask(data, rng_below(&rng, size), &rng);
	for (size_t small = 0; small < 128; small += 8)
		ask(data, small, &rng);
	free(data);
}

/* Most of all in its headers and tables, which are at its two ends. */
static void test_broken(void **state)
{
	struct rng rng = { 2 };
	size_t size;
	char *data = read_self(&size), *bad = malloc(size);

	(void)state;
	assert_non_null(bad);
	for (int i = 0; i < 60; i++) {
		memcpy(bad, data, size);
		for (uint64_t n = 1 + rng_below(&rng, 200); n; n--) {
			uint64_t at = rng_below(&rng, size);

			if (n % 3 == 0)
				at = rng_below(&rng, 1024);
			else if (n % 3 == 1)
				at = size - 1 - rng_below(&rng, 4096);
			bad[at] = (char)rng_next(&rng);
		}
		/* Else nothing behind it is looked at. */
		memcpy(bad, data, 16);
		ask(bad, size, &rng);
	}
	free(bad);
	free(data);
}

static void test_demangle(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(demangle("main", buf, sizeof(buf)), "main");
	assert_string_equal(demangle("_Z", buf, sizeof(buf)), "_Z");
#ifndef HAVE_LIBIBERTY
	skip_because("build: without libiberty");
#endif
	assert_string_equal(demangle("_ZN3foo3Bar2goIiEEvv", buf,
				     sizeof(buf)), "foo::Bar::go<int>");
	assert_string_equal(demangle("_ZN4core3fmt5write17h0123456789abcdefE",
				     buf, sizeof(buf)), "core::fmt::write");
	assert_string_equal(demangle("_RNvC6_123foo3bar", buf, sizeof(buf)),
			    "123foo::bar");
}

/* Each pair of S_ doubles what the name stands for. */
static void test_demangle_bomb(void **state)
{
	char name[1024] = "_Z1fI1AIiiE", buf[64];

	(void)state;
	for (int i = 0; i < 40; i++) {
		char part[32];

		snprintf(part, sizeof(part), "1BIS%.*s_S%.*s_E", i > 0,
			 &"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36],
			 i > 0,
			 &"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36]);
		strcat(name, part);
	}
	strcat(name, "Evv");
	assert_true(strlen(demangle(name, buf, sizeof(buf))) > 0);
}

static void test_perf_map(void **state)
{
	static const char text[] =
		"1000 100 first\n"
		"0x2000 0x10 second one\n"
		"1000 80 again\n"
		"nonsense\n"
		"ffffffffffffff00 1000 around\n"
		"3000 10 half a li";
	struct jit jit = { 0 };
	size_t all;

	(void)state;
	assert_int_equal(jit_parse(&jit, strdup(text), strlen(text)), 0);
	all = jit.bytes;
	assert_string_equal(jit_find(&jit, 0x1000), "again");
	assert_string_equal(jit_find(&jit, 0x107f), "again");
	assert_null(jit_find(&jit, 0x1080));
	assert_string_equal(jit_find(&jit, 0x200f), "second one");
	assert_null(jit_find(&jit, 0xfff));
	assert_null(jit_find(&jit, 0x3000));
	assert_null(jit_find(&jit, 0xffffffffffffff80));
	jit_done(&jit, &all);
	assert_int_equal(all, 0);
	assert_null(jit_find(&jit, 0x1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_demangle),
		cmocka_unit_test(test_demangle_bomb),
		cmocka_unit_test(test_perf_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
