/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --check, as it holds on every machine: what the table says, the sentences
 * say as well, whoever asks and whatever is built in.
 */
#include "parsed.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "model/measure.h"

static char *text;	/* what was printed */
static pid_t child;	/* one that may be attached to */
static char child_text[16];

static int forget(void **state)
{
	(void)state;
	free(text);
	text = NULL;
	options_done(&options);
	return 0;
}

static int start_child(void **state)
{
	(void)state;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	snprintf(child_text, sizeof(child_text), "%d", child);
	return child < 0;
}

static int end_child(void **state)
{
	(void)state;
	kill(child, SIGKILL);
	return waitpid(child, NULL, 0) != child;
}

/* Of the options that were parsed; they are forgotten. */
static int check(void)
{
	size_t len = 0;
	FILE *out;
	int ret;

	free(text);
	text = NULL;
	out = open_memstream(&text, &len);
	assert_non_null(out);
	ret = check_print(out, &options, &why);
	fclose(out);
	options_done(&options);
	return ret;
}

/* The whole line that begins so, until the next one is looked for, or NULL;
 * each is there once. */
static const char *find_line(const char *begins)
{
	static char line[1024];
	const char *found = NULL;

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, begins, strlen(begins))) {
			if (found)
				fail_msg("two lines begin with '%s'", begins);
			found = at;
		}
	}
	if (!found)
		return NULL;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(found, "\n"),
		 found);
	return line;
}

/* Field @n of a row, 0 being its name. */
static const char *field(const char *row, int n)
{
	static char word[64];
	const char *line, *at;

	snprintf(word, sizeof(word), "%s ", row);
	line = at = find_line(word);
	if (!line)
		fail_msg("no row %s in:\n%s", row, text);
	while (n--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(at, " "), at);
	return word;
}

/* Whether one collector serves, by the table. */
static bool serves(const char *question, const char *name)
{
	int n = 0;

	while (strcmp(collector_registry[n]->name, name))
		n++;
	return !strcmp(field(question, n + 1), "yes");
}

static const char *sentence(const char *question, const char *how,
			    const char *name, const char *end)
{
	char begins[128];

	snprintf(begins, sizeof(begins), "%s: %s %s%s", question, how, name,
		 end);
	return find_line(begins);
}

static const struct collector_ops *choice_of(const char *question)
{
	const struct collector_ops *found = NULL;

	for (int i = 0; collector_registry[i]; i++)
		if (sentence(question, "by", collector_registry[i]->name,
			     ", which is the choice")) {
			assert_null(found);
			found = collector_registry[i];
		}
	return found;
}

/* How many serve, by the table; the sentences agree. */
static int check_question(const char *question, bool has_name)
{
	bool any = false;
	int serve = 0;

	for (int i = 0; collector_registry[i]; i++) {
		const struct collector_ops *ops = collector_registry[i];
		bool yes = !strcmp(field(question, i + 1), "yes");
		const char *not, *by_name;

		if (!yes)
			assert_string_equal(field(question, i + 1), "no");
		not = sentence(question, "not by", ops->name, ": ");
		assert_true(yes != !!not);
		if (not)
			assert_true(!not || strlen(strrchr(not, ':')) > 3);
		if (ops->missing)
			assert_true(not && strstr(not, ops->missing));
		by_name = sentence(question, "by", ops->name, " only with "
				   "--collector=");
		assert_true((yes && ops->only_by_name) == !!by_name);
		serve += yes;
		any |= yes && !ops->only_by_name;
	}
	assert_true(has_name || any == !!choice_of(question));
	return serve;
}

/* Asks one question; how many serve, as said and as printed. */
static void check_one(const char *question, bool has_name)
{
	int serve = check();

	assert_int_equal(serve, check_question(question, has_name));
}

/* A line that would grant it is of one that does not serve, in a word. */
static void check_grants(const char *question, const char *other)
{
	for (int i = 0; collector_registry[i]; i++) {
		const char *name = collector_registry[i]->name;
		char begins[64];

		snprintf(begins, sizeof(begins), "to have %s: ", name);
		if (find_line(begins))
			assert_true(sentence(question, "not by", name, ": ") ||
				    (other && sentence(other, "not by", name,
						       ": ")));
	}
}

static void check_table(const char *first)
{
	char head[256] = "", *at;

	/* Below the line that says where we are, and an empty one. */
	assert_memory_equal(text, "smbsysacct " PACKAGE_VERSION " on ",
			    strlen("smbsysacct " PACKAGE_VERSION " on "));
	at = strstr(text, "\n\n");
	assert_non_null(at);
	snprintf(head, sizeof(head), "%.*s", (int)strcspn(at + 2, "\n"),
		 at + 2);
	at = strtok(head, " ");
	for (int i = 0; collector_registry[i]; i++) {
		assert_non_null(at);
		assert_string_equal(at, collector_registry[i]->name);
		at = strtok(NULL, " ");
	}
	assert_null(at);
	assert_non_null(find_line(first));
	for (int m = 0; m < MEASURE_COUNT; m++)
		for (int i = 0; collector_registry[i]; i++) {
			const struct collector_ops *ops =
				collector_registry[i];
			const char *grade = field(measure_table[m].name,
						  i + 1);
			unsigned bit = 1u << m;

			/* What it never has it has not here. */
			if (!(ops->measures & bit)) {
				assert_string_equal(grade, "-");
				continue;
			}
			if (!strcmp(grade, "-"))
				continue;
			assert_int_equal(*grade == '(',
					 !(ops->by_call & bit));
			assert_int_equal(!!strchr(grade, '~'),
					 !!(ops->estimated & bit));
		}
}

static void nothing_named_is_both_asked(void **state)
{
	int serve;

	(void)state;
	PARSE("--check");
	serve = check();
	check_table("attach ");
	assert_int_equal(serve, check_question("attach", false) +
				check_question("launch", false));
	check_grants("attach", "launch");
	/* Whoever asks may attach to a parent of the same user. */
	assert_true(serves("attach", "proc"));
	assert_false(serves("attach", "seccomp"));
	assert_false(serves("launch", "join"));
}

static void a_target_is_one_question(void **state)
{
	char words[64];

	(void)state;
	PARSE("--check", "-p", child_text);
	check_one("attach", false);
	check_table("attach ");
	check_grants("attach", NULL);
	assert_null(find_line("launch"));
	snprintf(words, sizeof(words), ", for -p %s\n", child_text);
	assert_non_null(strstr(text, words));
	assert_non_null(choice_of("attach"));
	assert_non_null(sentence("attach", "not by", "seccomp", ": "));

	PARSE("--check", "true", "-x");
	check_one("launch", false);
	check_table("launch ");
	check_grants("launch", NULL);
	assert_null(find_line("attach"));
	assert_non_null(strstr(text, ", for true -x\n"));
	if (has("join"))
		assert_string_equal(sentence("launch", "not by", "join", ": "),
				    "launch: not by join: it only attaches to "
				    "what runs");
}

/* A name chooses; it changes nothing of what could serve. */
static void a_name_is_the_choice_and_no_more(void **state)
{
	char *before;

	(void)state;
	PARSE("--check", "-p", child_text);
	check();
	before = text;
	text = NULL;
	PARSE("--check", "--collector=proc", "-p", child_text);
	check_one("attach", true);
	assert_ptr_equal(choice_of("attach"), registry_find("proc"));
	for (int i = 0; collector_registry[i]; i++) {
		char here[64], *now = text;

		snprintf(here, sizeof(here), "%s", field("attach", i + 1));
		text = before;
		assert_string_equal(field("attach", i + 1), here);
		text = now;
	}
	free(before);
	/* One that cannot is none, though others can. */
	if (!has("seccomp"))
		return;
	PARSE("--check", "--collector=seccomp", "-p", child_text);
	check_one("attach", true);
	assert_true(serves("attach", "proc"));
	assert_null(choice_of("attach"));
}

static void what_is_beyond_one_is_said_of_it(void **state)
{
	(void)state;
	PARSE("--check", "-D", "-p", child_text);
	check_one("attach", false);
	assert_string_equal(sentence("attach", "not by", "proc", ": "),
			    "attach: not by proc: -D is beyond it");
	PARSE("--check", "-e", "0", "-p", child_text);
	check_one("attach", false);
	assert_string_equal(sentence("attach", "not by", "proc", ": "),
			    "attach: not by proc: -e needs a collector that "
			    "counts calls, and proc does not");
	PARSE("--check", "-p", child_text, "true");
	check_one("launch", false);
	assert_non_null(sentence("launch", "not by", "proc", ": "));
}

static void check_fails(int err, const char *words)
{
	assert_int_equal(check(), -err);
	assert_int_equal(why.err, err);
	if (!strstr(why.text, words))
		fail_msg("'%s' does not say '%s'", why.text, words);
	/* Not half a table. */
	assert_string_equal(text, "");
}

static void a_target_that_is_none_is_an_error(void **state)
{
	char gone[16], own[16];
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(gone, sizeof(gone), "%d", pid);
	PARSE("--check", "-p", gone);
	check_fails(ESRCH, "no process ");
	PARSE("--check", "-p", child_text, "-p", gone);
	check_fails(ESRCH, "no process ");
	snprintf(own, sizeof(own), "%d", getpid());
	PARSE("--check", "-p", own);
	check_fails(EINVAL, "itself");
	PARSE("--check", "/nowhere/at/all");
	check_fails(ENOENT, "/nowhere/at/all");
	PARSE("--check", "-p", gone, "true");
	check_fails(ESRCH, "no process ");
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* All that is opened is closed, and no helper is left behind. */
static void it_leaves_nothing_behind(void **state)
{
	int fds, status;

	(void)state;
	/* A library may keep something open from its first use on. */
	PARSE("--check");
	check();
	fds = count_fds();
	PARSE("--check");
	check();
	assert_int_equal(count_fds(), fds);
	/* Only the tests' own child runs. */
	assert_int_equal(waitpid(-1, &status, WNOHANG | __WALL), 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(-1, &status, __WALL), child);
	assert_int_equal(waitpid(-1, &status, WNOHANG | __WALL), -1);
	start_child(NULL);
}

#define CHECK(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CHECK(nothing_named_is_both_asked),
		CHECK(a_target_is_one_question),
		CHECK(a_name_is_the_choice_and_no_more),
		CHECK(what_is_beyond_one_is_said_of_it),
		CHECK(a_target_that_is_none_is_an_error),
		CHECK(it_leaves_nothing_behind),
	};

	return cmocka_run_group_tests_name("check", tests, start_child,
					   end_child);
}
