/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as CSV. */
#include "golden.h"
#include "sample.h"

#include <stdlib.h>

#include "report/report.h"

/* What spreadsheets and scripts are made for: it may grow, not change. */
#define HEAD \
	"end,end_ns,interval_ns,target,collector,kind,name,amount," \
	"estimated,residual_ns,blocked_lo_ns,blocked_hi_ns"
#define COLUMNS \
	"wall_ns,blocked_ns,runq_ns,cpu_ns,stolen_ns,calls,errors,min_ns," \
	"max_ns,p50_ns,p90_ns,p99_ns,p999_ns,requests,async_ns,times," \
	"ended_ns,bytes,in_flight,age_ns,parked_ns,user_ns,system_ns," \
	"switches,vcsw,icsw,reads,writes,read_chars,write_chars," \
	"read_bytes,write_bytes,errno,pid,tid,abi,process,thread,client," \
	"username,share,request,status,phase,reason,waker,fd,file,peer," \
	"caller,syscall,stack"

static struct report_cfg plain_cfg(void)
{
	struct report_cfg cfg = { .sort = column_find("wall", 4),
				  .command = "-p 4711" };

	column_all(&cfg.columns);
	return cfg;
}

static char *print(const struct snapshot *snap, const struct report_cfg *cfg)
{
	struct why why = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(report_csv.print(out, snap, cfg, &why), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

static void a_report_is_as_recorded(void **state)
{
	struct report_cfg cfg = plain_cfg();
	struct sample sample;
	char *text, *wanted;

	(void)state;
	sample_init(&sample);
	text = print(&sample.snap, &cfg);
	wanted = golden("report.csv.golden", text);
	assert_string_equal(text, wanted);
	free(wanted);
	free(text);
}

/* Whatever was measured, and only where a file begins. */
static void the_header_stays(void **state)
{
	static const char header[] = HEAD "," COLUMNS "\r\n";
	struct snapshot none = { .cfg = { .collector = "bpf" } };
	struct report_cfg cfg = plain_cfg();
	struct sample sample;
	char *text;

	(void)state;
	sample_init(&sample);
	text = print(&sample.snap, &cfg);
	assert_memory_equal(text, header, strlen(header));
	free(text);
	text = print(&none, &cfg);
	assert_memory_equal(text, header, strlen(header));
	free(text);
	cfg.again = true;
	text = print(&none, &cfg);
	assert_memory_equal(text, "1970-01-01 00:00:00.000,0,0,p 4711,bpf,"
			    "total,,,,", 48);
	free(text);
}

/* As many fields as the header has, whatever is quoted. */
static void lines_are_whole(void **state)
{
	struct report_cfg cfg = plain_cfg();
	struct sample sample;
	size_t fields = 1, wanted = 0, lines = 0;
	bool quoted = false;
	char *text;

	(void)state;
	sample_init(&sample);
	sample.notes[0] = "a \"b\", c\r\nd";
	text = print(&sample.snap, &cfg);
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p == ',' && !quoted)
			fields++;
		if (*p != '\r')
			continue;
		assert_false(quoted);
		assert_int_equal(*++p, '\n');
		if (!wanted)
			wanted = fields;
		assert_int_equal(fields, wanted);
		fields = 1;
		lines++;
	}
	/* Rows, processes, the sum, counts, two losses, two notes. */
	assert_int_equal(lines, 1 + 5 + 3 + 1 + 6 + 2 + 2);
	assert_non_null(strstr(text, ",note,\"a \"\"b\"\", c\\015\\012d\","));
	free(text);
}

/* The field of @name in the first row, by -U process. */
static char *name_field(const char *name)
{
	struct row row = { .process = name };
	struct snapshot snap = { .rows = &row, .n_rows = 1,
		.cfg = { .collector = "bpf", .by = 1u << DIM_PROCESS } };
	struct report_cfg cfg = plain_cfg();
	char *text, *field, *ret;

	column_parse("process", &cfg.columns, NULL);
	text = print(&snap, &cfg);
	field = strstr(text, ",row,,,,,,,");
	assert_non_null(field);
	field += strlen(",row,,,,,,,");
	ret = strndup(field, strcspn(field, "\r"));
	free(text);
	return ret;
}

static void names_are_no_formulas(void **state)
{
	static const struct {
		const char *name, *field;
	} cases[] = {
		{ "smbd", "smbd" }, { "", "" }, { "a=b", "a=b" },
		{ "=1+1", "\\0751+1" }, { "+1", "\\0531" },
		{ "-bash", "\\055bash" }, { "@SUM(A1)", "\\100SUM(A1)" },
		{ "=a,\"b\"", "\"\\075a,\"\"b\"\"\"" },
		{ "\t=1", "\\011=1" }, { "\\075", "\\134075" },
		{ "\xef\xbc\x9d" "1", "\\357\\274\\2351" },
		{ "\xc3\xa4", "\xc3\xa4" }, { "\xff=", "\\377=" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		char *field = name_field(cases[i].name);

		assert_string_equal(field, cases[i].field);
		free(field);
	}
}

static void columns_can_be_chosen(void **state)
{
	static const char wanted[] = HEAD ",syscall,wall_percent,"
				     "blocked_average_us,average_ns,"
				     "calls_per_request,ended_ns\r\n";
	struct report_cfg cfg = plain_cfg();
	struct sample sample;
	char *text;

	(void)state;
	sample_init(&sample);
	column_parse("syscall,wall-percent,blocked-average,average,"
		     "calls-per-request,in-calls", &cfg.columns, NULL);
	cfg.max_rows = 1;
	text = print(&sample.snap, &cfg);
	assert_memory_equal(text, wanted, strlen(wanted));
	assert_non_null(strstr(text, ",row,,,wall_percent,,9210000000,"
			       "9655000000,epoll_wait,43.1818,,,,\r\n"));
	assert_null(strstr(text, "fsync"));
	free(text);
}

static void parts_of_smb_have_their_kinds(void **state)
{
	struct row row = { .request = "CREATE" };
	struct snapshot part = { .rows = &row, .n_rows = 1 };
	struct snapshot snap = { .cfg = { .collector = "bpf", .smb = true } };
	struct report_cfg cfg = plain_cfg();
	char *text;

	(void)state;
	for (int i = 0; i < PART_COUNT; i++)
		snap.parts[i] = &part;
	cell_add(&row.cell, MEASURE_REQUESTS, 3);
	column_parse("request,requests", &cfg.columns, NULL);
	text = print(&snap, &cfg);
	assert_non_null(strstr(text, ",phases,,,,,,,CREATE,3\r\n"));
	assert_non_null(strstr(text, ",requests,,,,,,,CREATE,3\r\n"));
	assert_non_null(strstr(text, ",statuses,,,,,,,CREATE,3\r\n"));
	assert_non_null(strstr(text, ",bill,,,,,,,CREATE,3\r\n"));
	assert_non_null(strstr(text, ",who,,,,,,,CREATE,3\r\n"));
	assert_non_null(strstr(text, ",workers,,,,,,,CREATE,3\r\n"));
	free(text);
}

#ifdef HAVE_JANSSON

#include <jansson.h>

/* The next field of @line, unquoted, or NULL at its end. */
static char *next_field(char **line)
{
	char *p = *line, *out, *ret;
	bool quoted;

	if (!p)
		return NULL;
	quoted = *p == '"';
	p += quoted;
	ret = out = p;
	while (*p && *p != '\r' && (quoted || *p != ',')) {
		if (quoted && *p == '"' && *++p != '"')
			quoted = false;
		else
			*out++ = *p++;
	}
	*line = *p == ',' ? p + 1 : NULL;
	*out = '\0';
	return ret;
}

/* Each value of the object is in the field of its name, and no others are. */
static void is_same(const json_t *object, char *header, char *line)
{
	const char *name, *field;
	char text[32];

	while ((name = next_field(&header))) {
		const json_t *value = json_object_get(object, name);
		const char *wanted = json_is_string(value) ?
				     json_string_value(value) : "";

		field = next_field(&line);
		assert_non_null(field);
		if (json_is_integer(value)) {
			snprintf(text, sizeof(text), "%lld",
				 (long long)json_integer_value(value));
			wanted = text;
		}
		/* What a line says of its report is elsewhere in JSON. */
		if (strstr(HEAD, name) && strcmp(name, "end") && !value)
			continue;
		if (!json_is_array(value) && strcmp(name, "end"))
			assert_string_equal(field, wanted);
	}
	assert_null(line);
}

static char *print_json(const struct snapshot *snap,
			const struct report_cfg *cfg)
{
	struct why why = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(report_json.print(out, snap, cfg, &why), 0);
	fclose(out);
	return text;
}

static void rows_are_those_of_json(void **state)
{
	struct report_cfg cfg = plain_cfg();
	struct sample sample;
	char *text, *json, *line, *rest;
	json_t *report, *rows;

	(void)state;
	sample_init(&sample);
	text = rest = print(&sample.snap, &cfg);
	json = print_json(&sample.snap, &cfg);
	report = json_loads(json, 0, NULL);
	rows = json_object_get(report, "rows");
	assert_int_equal(json_array_size(rows), 5);
	line = strsep(&rest, "\n");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		char *header = strdup(line);

		is_same(json_array_get(rows, i), header,
			strsep(&rest, "\n"));
		free(header);
	}
	json_decref(report);
	free(json);
	free(text);
}

#else

static void rows_are_those_of_json(void **state)
{
	(void)state;
	skip_because("build: without jansson");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_as_recorded),
		cmocka_unit_test(the_header_stays),
		cmocka_unit_test(lines_are_whole),
		cmocka_unit_test(names_are_no_formulas),
		cmocka_unit_test(columns_can_be_chosen),
		cmocka_unit_test(parts_of_smb_have_their_kinds),
		cmocka_unit_test(rows_are_those_of_json),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
