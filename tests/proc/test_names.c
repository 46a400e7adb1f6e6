/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of sessions and shares: a smbstatus of the test's own making says
 * them, or does not.
 */
#include "tree.h"

#include "smb2/names.h"
#include "smb2/status.h"

#define SMBD 4711
#define SESSION 2863004978u
#define TREE 3546827788u

#define SERVER "\"server_id\": {\"pid\": \"4711\"}"
#define ANSWER \
	"{\"sessions\": {\"2863004978\": {\"session_id\": \"2863004978\", " \
	SERVER ", \"username\": \"alice\"}, \"1\": {\"session_id\": \"x\"}}, " \
	"\"tcons\": {\"3546827788\": {\"service\": \"projects\", " SERVER ", " \
	"\"tcon_id\": \"3546827788\", \"session_id\": \"2863004978\"}}}"

struct scene {
	struct tree tree;
	struct names *names;
	struct sink sink;
	char bin[160];
};

/* Its arguments go to a file beside it. */
static void put_smbstatus(const struct scene *scene, const char *script)
{
	char text[1200], path[200];

	snprintf(text, sizeof(text), "#!/bin/sh\necho \"$@\" "
		 ">>'%s/asked'\n%s\n", scene->tree.root, script);
	tree_write(&scene->tree, "bin/smbstatus", text);
	snprintf(path, sizeof(path), "%s/smbstatus", scene->bin);
	assert_int_equal(chmod(path, 0755), 0);
}

static void open_scene(struct scene *scene, const char *script)
{
	char path[256];

	tree_init(&scene->tree);
	snprintf(scene->bin, sizeof(scene->bin), "%s/bin", scene->tree.root);
	snprintf(path, sizeof(path), "%s:/bin:/usr/bin", scene->bin);
	setenv("PATH", path, 1);
	if (script)
		put_smbstatus(scene, script);
	else
		setenv("PATH", scene->bin, 1);
	tree_write(&scene->tree, "4711/cmdline", "smbd");
	snprintf(path, sizeof(path), "%s/4711/root", scene->tree.root);
	assert_int_equal(symlink("/", path), 0);
	scene->names = names_new(&scene->tree.fs, &scene->tree.book.sink);
	assert_non_null(scene->names);
	scene->sink = names_sink(scene->names);
}

static void close_scene(struct scene *scene)
{
	names_free(scene->names);
	tree_done(&scene->tree);
}

static struct key request_of(int pid, uint64_t session, uint32_t share)
{
	struct key key = process_of(pid);

	key.abi = ABI_REQUEST;
	key.request = 6;
	key.session = session;
	key.tree = share;
	return key;
}

static void post_request(struct scene *scene, struct key key)
{
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_REQUESTS, 1);
	cell_add(&cell, MEASURE_WALL, MS);
	scene->sink.cell(scene->sink.ctx, &key, &cell);
}

static const char *label(const struct scene *scene, int32_t number)
{
	const struct ledger *ledger = &scene->tree.book.ledger;

	return number > 0 && (size_t)number <= ledger->labels.n ?
	       ledger->labels.texts[number - 1] : NULL;
}

static bool was_said(const struct scene *scene, const char *words)
{
	const struct ledger *ledger = &scene->tree.book.ledger;

	for (size_t i = 0; i < ledger->n_notes; i++)
		if (strstr(ledger->notes[i], words))
			return true;
	return false;
}

static int times_asked(const struct scene *scene, char *line, size_t size)
{
	char path[160];
	FILE *file;
	int n = 0;

	snprintf(path, sizeof(path), "%s/asked", scene->tree.root);
	file = fopen(path, "r");
	*line = '\0';
	while (file && fgets(line, (int)size, file))
		n++;
	if (file)
		fclose(file);
	return n;
}

static void need_json(void)
{
	if (status_missing)
		skip_because("build: without jansson");
}

static void sessions_and_shares_get_their_names(void **state)
{
	struct scene scene;
	struct key key;
	char asked[256];

	(void)state;
	need_json();
	open_scene(&scene, "echo '" ANSWER "'");
	post_request(&scene, request_of(SMBD, SESSION, TREE));
	post_request(&scene, request_of(SMBD, 0, 0));
	names_wait(scene.names, 10000);
	key = request_of(SMBD, SESSION, TREE);
	ledger_resolve(&scene.tree.book.ledger, &key);
	assert_string_equal(label(&scene, key.user), "alice");
	assert_string_equal(label(&scene, key.share), "projects");
	assert_int_equal(key.client, 0);
	key = request_of(SMBD, 0, 0);
	ledger_resolve(&scene.tree.book.ledger, &key);
	assert_int_equal(key.user, 0);
	assert_int_equal(times_asked(&scene, asked, sizeof(asked)), 1);
	assert_string_equal(asked, "--json\n");
	/* What is known is not asked again. */
	post_request(&scene, request_of(SMBD, SESSION, TREE));
	names_wait(scene.names, 10000);
	assert_int_equal(times_asked(&scene, asked, sizeof(asked)), 1);
	close_scene(&scene);
}

static void smbd_s_own_configuration_is_asked(void **state)
{
	static const struct {
		const char *words;
		size_t len;
	} lines[] = {
		{ "smbd\0-D\0-s\0/tmp/x.conf", 23 },
		{ "smbd\0-s/tmp/x.conf", 19 },
		{ "smbd\0--configfile=/tmp/x.conf\0-F", 33 },
	};
	struct scene scene;
	char asked[256], path[160];

	(void)state;
	need_json();
	for (size_t i = 0; i < N_OF(lines); i++) {
		FILE *file;

		open_scene(&scene, "echo '" ANSWER "'");
		snprintf(path, sizeof(path), "%s/4711/cmdline",
			 scene.tree.root);
		file = fopen(path, "w");
		assert_non_null(file);
		fwrite(lines[i].words, 1, lines[i].len, file);
		fclose(file);
		post_request(&scene, request_of(SMBD, SESSION, 0));
		names_wait(scene.names, 10000);
		assert_int_equal(times_asked(&scene, asked, sizeof(asked)),
				 1);
		assert_string_equal(asked, "--json -s /tmp/x.conf\n");
		close_scene(&scene);
	}
}

/* A session that nobody knows is asked for a few times, and no more. */
static void what_has_no_name_stays_without(void **state)
{
	struct scene scene;
	struct key key = request_of(SMBD, 99, 0);
	char asked[256];

	(void)state;
	need_json();
	open_scene(&scene, "echo '" ANSWER "'");
	post_request(&scene, key);
	names_wait(scene.names, 10000);
	ledger_resolve(&scene.tree.book.ledger, &key);
	assert_int_equal(key.user, 0);
	assert_in_range(times_asked(&scene, asked, sizeof(asked)), 1, 3);
	close_scene(&scene);
}

static void without_an_answer_it_is_said_once(void **state)
{
	static const struct {
		const char *script, *words;
	} cases[] = {
		{ NULL, "not installed" },
		{ "echo 'Samba version 4.13.13'", "before Samba 4.17" },
		{ "exit 1", "before Samba 4.17" },
		{ "echo '{\"sessions\": '", "before Samba 4.17" },
	};

	(void)state;
	need_json();
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct scene scene;

		open_scene(&scene, cases[i].script);
		post_request(&scene, request_of(SMBD, SESSION, 0));
		names_wait(scene.names, 10000);
		assert_true(was_said(&scene, cases[i].words));
		/* And not asked any more. */
		post_request(&scene, request_of(SMBD, 7, 0));
		names_ask(scene.names);
		assert_int_equal(names_fd(scene.names), -1);
		close_scene(&scene);
	}
}

static void another_root_is_not_asked_for(void **state)
{
	struct scene scene;
	char path[160], asked[256];

	(void)state;
	need_json();
	open_scene(&scene, "echo '" ANSWER "'");
	snprintf(path, sizeof(path), "%s/4711/root", scene.tree.root);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/tmp", path), 0);
	post_request(&scene, request_of(SMBD, SESSION, 0));
	names_wait(scene.names, 10000);
	assert_true(was_said(&scene, "another root"));
	assert_int_equal(times_asked(&scene, asked, sizeof(asked)), 0);
	close_scene(&scene);
}

/* Somebody else's process by the same number is another smbd. */
static void a_number_that_is_used_again_is_asked_for_again(void **state)
{
	struct scene scene;
	struct key key = request_of(SMBD, SESSION, 0);
	char asked[256];

	(void)state;
	need_json();
	open_scene(&scene, "echo '" ANSWER "'");
	post_request(&scene, key);
	names_wait(scene.names, 10000);
	key.process_start++;
	post_request(&scene, key);
	names_wait(scene.names, 10000);
	assert_int_equal(times_asked(&scene, asked, sizeof(asked)), 2);
	ledger_resolve(&scene.tree.book.ledger, &key);
	assert_string_equal(label(&scene, key.user), "alice");
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_and_shares_get_their_names),
		cmocka_unit_test(smbd_s_own_configuration_is_asked),
		cmocka_unit_test(what_has_no_name_stays_without),
		cmocka_unit_test(without_an_answer_it_is_said_once),
		cmocka_unit_test(another_root_is_not_asked_for),
		cmocka_unit_test(
			a_number_that_is_used_again_is_asked_for_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
