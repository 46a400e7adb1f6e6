/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions in this very program, and in what is left of it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/bpf/elf.h"

int known_function(int n);

__attribute__((noinline)) int known_function(int n)
{
	__asm__ volatile("" : "+r"(n));
	return 3 * n + 0x1234567;
}

/* As sys/sdt.h writes it. */
static void known_place(void)
{
	__asm__ volatile(
		"990: nop\n"
		".pushsection .note.stapsdt,\"?\",\"note\"\n"
		".balign 4\n"
		".4byte 992f-991f, 994f-993f, 3\n"
		"991: .asciz \"stapsdt\"\n"
		"992: .balign 4\n"
		"993: .8byte 990b\n"
		".8byte 0\n"
		".8byte 0\n"
		".asciz \"unit\"\n"
		".asciz \"known\"\n"
		".asciz \"\"\n"
		"994: .balign 4\n"
		".popsection\n");
}

/* What is there in the file is what is there in memory. */
static void functions_are_found(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	unsigned char code[16];
	struct elf_place place;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(elf_function(fd, "known_function", &place), 0);
	assert_int_equal(place.semaphore, 0);
	assert_int_equal(pread(fd, code, sizeof(code), (off_t)place.offset),
			 sizeof(code));
	assert_memory_equal(code, (void *)(uintptr_t)known_function,
			    sizeof(code));
	assert_int_equal(known_function(1), 0x123456a);
	assert_int_equal(elf_function(fd, "no_such_function", &place),
			 -ENOENT);
	/* It is libc's, and here it is only used. */
	assert_int_equal(elf_function(fd, "pread", &place), -ENOENT);
	close(fd);
}

static void static_probes_are_found(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf_place places[ELF_PLACES];
	unsigned char code;

	(void)state;
	known_place();
	assert_int_equal(elf_static(fd, "unit", "known", places), 1);
	assert_int_equal(places[0].semaphore, 0);
	assert_int_equal(pread(fd, &code, 1, (off_t)places[0].offset), 1);
#ifdef __x86_64__
	assert_int_equal(code, 0x90);
#endif
	assert_int_equal(elf_static(fd, "unit", "knows", places), -ENOENT);
	assert_int_equal(elf_static(fd, "unix", "known", places), -ENOENT);
	assert_int_equal(elf_static(fd, "", "", places), -ENOENT);
	close(fd);
}

static void what_is_no_program_is_refused(void **state)
{
	struct elf_place place;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(elf_function(fd, "f", &place), -ENOEXEC);
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(elf_function(fd, "f", &place), -ENOEXEC);
	close(fd);
	assert_true(elf_function(-1, "f", &place) < 0);
}

static size_t read_self(unsigned char **ret)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	*ret = malloc((size_t)st.st_size);
	assert_non_null(*ret);
	assert_int_equal(read(fd, *ret, (size_t)st.st_size), st.st_size);
	close(fd);
	return (size_t)st.st_size;
}

/* Headers, or what is behind them, changed at will: nothing is read where
 * there is nothing, as the sanitizers see. */
static void damaged_files_do_no_harm(void **state)
{
	struct elf_place places[ELF_PLACES];
	unsigned char *bytes;
	size_t size = read_self(&bytes), tables;
	struct rng rng = { 5 };
	uint64_t sections;
	int fd = memfd_create("damaged", MFD_CLOEXEC), found = 0;

	(void)state;
	assert_true(fd >= 0);
	memcpy(&sections, bytes + 40, sizeof(sections));
	tables = size - (size_t)sections;
	for (int round = 0; round < 300; round++) {
		bool head = rng_below(&rng, 3) == 0;
		size_t at = head ? rng_below(&rng, 64) :
				   sections + rng_below(&rng, tables);
		unsigned char was = bytes[at];

		bytes[at] = (unsigned char)rng_next(&rng);
		assert_int_equal(pwrite(fd, bytes, size, 0), size);
		bytes[at] = was;
		if (!rng_below(&rng, 10))
			assert_int_equal(ftruncate(fd, (off_t)rng_below(&rng,
							size)), 0);
		found += !elf_function(fd, "known_function", &places[0]);
		assert_true(elf_static(fd, "unit", "known", places) <= 1);
	}
	/* Most of it does not matter. */
	assert_true(found > 20 && found < 300);
	close(fd);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found),
		cmocka_unit_test(static_probes_are_found),
		cmocka_unit_test(what_is_no_program_is_refused),
		cmocka_unit_test(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
