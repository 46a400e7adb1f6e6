/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "report/grid.h"

static void assert_printed(struct grid *grid, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(grid_print(grid, out), 0);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

static void begin(struct grid *grid)
{
	grid_init(grid, 3);
	grid_head(grid, "ns", false);
	grid_head(grid, "name", true);
	grid_head(grid, "call", true);
}

static void columns_grow_to_fit(void **state)
{
	struct grid grid;

	(void)state;
	begin(&grid);
	grid_put(&grid, "1");
	grid_put(&grid, "a longer name");
	grid_put(&grid, "x");
	grid_printf(&grid, "%d", 12345);
	grid_put(&grid, "b");
	grid_put(&grid, "y");
	assert_printed(&grid,
		       "   ns name          call\n"
		       "----- ------------- ----\n"
		       "    1 a longer name x\n"
		       "12345 b             y\n");
}

static void a_rule_parts_the_total(void **state)
{
	struct grid grid;

	(void)state;
	begin(&grid);
	grid_put(&grid, "1");
	grid_put(&grid, "a");
	grid_put(&grid, "x");
	grid_rule(&grid);
	grid_put(&grid, "1");
	grid_put(&grid, "total");
	grid_put(&grid, "");
	assert_printed(&grid,
		       "ns name  call\n"
		       "-- ----- ----\n"
		       " 1 a     x\n"
		       "-- ----- ----\n"
		       " 1 total \n");
}

static void an_empty_table_has_its_head(void **state)
{
	struct grid grid;

	(void)state;
	begin(&grid);
	assert_printed(&grid, "ns name call\n-- ---- ----\n");
}

static void untrusted_fields_are_escaped(void **state)
{
	struct grid grid;

	(void)state;
	begin(&grid);
	grid_put(&grid, "1");
	grid_put_untrusted(&grid, "a\nb");
	grid_put_untrusted(&grid, "\033[2J");
	assert_printed(&grid,
		       "ns name   call\n"
		       "-- ------ -------\n"
		       " 1 a\\012b \\033[2J\n");
}

/* A name of two bytes a character takes one column of the screen each. */
static void wide_bytes_do_not_shift_columns(void **state)
{
	struct grid grid;

	(void)state;
	begin(&grid);
	grid_put(&grid, "1");
	grid_put_untrusted(&grid, "caf\xc3\xa9");
	grid_put(&grid, "x");
	grid_put(&grid, "2");
	grid_put(&grid, "cafe");
	grid_put(&grid, "y");
	assert_printed(&grid,
		       "ns name call\n"
		       "-- ---- ----\n"
		       " 1 caf\xc3\xa9 x\n"
		       " 2 cafe y\n");
}

static void many_rows_are_kept(void **state)
{
	enum { ROWS = 5000 };
	struct grid grid;
	char *text = NULL, *p;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	begin(&grid);
	for (int i = 0; i < ROWS; i++) {
		grid_printf(&grid, "%d", i);
		grid_put(&grid, "name");
		grid_put(&grid, "call");
	}
	assert_int_equal(grid_print(&grid, out), 0);
	fclose(out);
	p = strchr(strchr(text, '\n') + 1, '\n') + 1;
	for (int i = 0; i < ROWS; i++) {
		assert_int_equal(strtol(p, NULL, 10), i);
		p = strchr(p, '\n') + 1;
	}
	assert_int_equal(*p, '\0');
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_grow_to_fit),
		cmocka_unit_test(a_rule_parts_the_total),
		cmocka_unit_test(an_empty_table_has_its_head),
		cmocka_unit_test(untrusted_fields_are_escaped),
		cmocka_unit_test(wide_bytes_do_not_shift_columns),
		cmocka_unit_test(many_rows_are_kept),
	};

	return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
