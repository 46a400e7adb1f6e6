/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where to listen, and which text a client is to have. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "export/listener.h"

static void addresses_are_taken(void **state)
{
	static const struct {
		const char *text;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1:9798", true },
		{ "127.8.7.6:1", true },
		{ "localhost:0", true },
		{ "[::1]:9798", true },
		{ "[::ffff:127.0.0.1]:9798", true },
		{ "0.0.0.0:9798", false },
		{ "192.0.2.1:65535", false },
		{ "128.0.0.1:80", false },
		{ "[::]:9798", false },
		{ "[2001:db8::1]:80", false },
		{ "[::ffff:192.0.2.1]:80", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct endpoint endpoint;
		struct why why = { 0 };

		if (endpoint_parse(&endpoint, cases[i].text, &why))
			fail_msg("%s: %s", cases[i].text, why.text);
		if (endpoint_is_loopback(&endpoint) != cases[i].loopback)
			fail_msg("%s", cases[i].text);
	}
}

static void others_are_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "an address and a port" },
		{ "9798", "an address and a port" },
		{ ":9798", "an address and a port" },
		{ "127.0.0.1", "an address and a port" },
		{ "127.0.0.1:", "a port, 0 to 65535" },
		{ "127.0.0.1:65536", "a port, 0 to 65535" },
		{ "127.0.0.1:-1", "a port, 0 to 65535" },
		{ "127.0.0.1:80x", "a port, 0 to 65535" },
		{ "::1:9798", "in brackets" },
		{ "[::1]", "']' and a port" },
		{ "[::1:9798", "']' and a port" },
		{ "[::1]]:9798", "names are not looked up" },
		{ "[]:9798", "names are not looked up" },
		{ "host.example:9798", "names are not looked up" },
		{ "256.0.0.1:9798", "names are not looked up" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct endpoint endpoint;
		struct why why = { 0 };

		if (endpoint_parse(&endpoint, cases[i].text, &why) !=
		    -EINVAL || !strstr(why.text, cases[i].words))
			fail_msg("%s: %s", cases[i].text, why.text);
	}
}

static void a_port_in_use_is_told(void **state)
{
	struct endpoint endpoint;
	struct why why = { 0 };
	char text[ENDPOINT_MAX];
	int fd;

	(void)state;
	assert_int_equal(endpoint_parse(&endpoint, "127.0.0.1:0", &why), 0);
	fd = endpoint_listen(&endpoint, &why);
	assert_true(fd >= 0);
	endpoint_text(text, sizeof(text), fd);
	assert_memory_equal(text, "127.0.0.1:", 10);
	assert_int_equal(endpoint_parse(&endpoint, text, &why), 0);
	assert_int_equal(endpoint_listen(&endpoint, &why), -EADDRINUSE);
	assert_non_null(strstr(why.text, text));
	assert_non_null(strstr(why.text, "in use"));
	close(fd);
	fd = endpoint_listen(&endpoint, &why);
	assert_true(fd >= 0);
	close(fd);
	/* TEST-NET-1 is nobody's. */
	assert_int_equal(endpoint_parse(&endpoint, "192.0.2.1:0", &why), 0);
	assert_int_equal(endpoint_listen(&endpoint, &why), -EADDRNOTAVAIL);
}

#define OPEN "application/openmetrics-text"

static void clients_get_what_they_accept(void **state)
{
	static const struct {
		const char *accept;
		bool open;
	} cases[] = {
		{ NULL, false },
		{ "", false },
		{ "*/*", false },
		{ "text/html", false },
		{ "text/plain", false },
		{ OPEN, true },
		{ OPEN "; version=1.0.0; charset=utf-8", true },
		{ "APPLICATION/OpenMetrics-Text;version=1.0.0", true },
		/* Prometheus 2.42 and 3 */
		{ OPEN ";version=1.0.0," OPEN ";version=0.0.1;q=0.75,"
		  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true },
		{ OPEN ";version=1.0.0;escaping=allow-utf-8;q=0.6,"
		  OPEN ";version=0.0.1;q=0.5,text/plain;version=1.0.0;"
		  "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
		  "*/*;q=0.2", true },
		{ "text/plain;q=0.9, " OPEN ";q=0.5", false },
		{ "text/plain;q=0.5, " OPEN " ; q=0.625", true },
		{ OPEN ";q=0", false },
		{ OPEN ";q=", true },
		{ OPEN "s", false },
		{ "text/plain;x=" OPEN, false },
		{ ",,,;;;,q=,;q", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (listener_wants_open(cases[i].accept) != cases[i].open)
			fail_msg("%s", cases[i].accept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken),
		cmocka_unit_test(others_are_refused),
		cmocka_unit_test(a_port_in_use_is_told),
		cmocka_unit_test(clients_get_what_they_accept),
	};

	return cmocka_run_group_tests_name("listen", tests, NULL, NULL);
}
