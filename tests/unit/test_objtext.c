/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What objects are called, from what the programs wrote down. */
#include "unit.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "collect/bpf/objtext.h"

static void named(const struct object *o, const char *text)
{
	char buf[OBJTEXT_MAX];

	assert_string_equal(objtext_name(o, buf, sizeof(buf)), text);
}

/* Names, the last one of the path first. */
static void add_name(struct object *o, const char *name)
{
	memcpy(&o->text[o->size], name, strlen(name) + 1);
	o->size += (uint32_t)strlen(name) + 1;
}

static struct object file(const char *last, const char *before)
{
	struct object o = { .mode = S_IFREG, .eventfd = -1 };

	if (last)
		add_name(&o, last);
	if (before)
		add_name(&o, before);
	return o;
}

static struct object internal(const char *name, const char *fs,
			      uint32_t magic)
{
	struct object o = file(name, NULL);

	o.flags = OBJECT_INTERNAL;
	o.magic = magic;
	o.ino = 4711;
	strcpy(o.fs, fs);
	return o;
}

static void paths_are_put_together_from_their_end(void **state)
{
	struct object o = file("a.txt", "srv");
	struct object root = file(NULL, NULL);

	(void)state;
	named(&o, "/srv/a.txt");
	named(&root, "/");
	o.flags = OBJECT_DELETED;
	named(&o, "/srv/a.txt (deleted)");
	o.flags = OBJECT_CUT;
	named(&o, ".../srv/a.txt");
	o = file("a\nb", "\033[31m");
	named(&o, "/\033[31m/a\nb");
}

static void a_text_that_makes_no_sense_stays_within_its_bounds(void **state)
{
	struct object o = { .mode = S_IFREG, .size = 100000, .eventfd = -1 };
	char buf[OBJTEXT_MAX], small[8];

	(void)state;
	memset(o.text, 'x', sizeof(o.text));
	objtext_name(&o, buf, sizeof(buf));
	assert_true(strlen(buf) <= OBJECT_TEXT + 1);
	objtext_name(&o, small, sizeof(small));
	assert_string_equal(small, "/xxxxxx");
	o.flags = OBJECT_INTERNAL;
	memset(o.fs, 'f', sizeof(o.fs));
	named(&o, "ffffffffffffffff:[0]");
	o.mode = S_IFSOCK;
	o.family = AF_UNIX;
	o.unix_size[0] = 65535;
	objtext_name(&o, buf, sizeof(buf));
	assert_int_equal(strlen(buf), strlen("unix ") + OBJECT_UNIX);
}

static void what_has_no_place_is_called_by_its_kind(void **state)
{
	struct object o = internal("", "pipefs", 0x50495045);

	(void)state;
	named(&o, "pipe:[4711]");
	o = internal("[eventpoll]", "anon_inodefs", 0x09041934);
	named(&o, "epoll");
	o = internal("[timerfd]", "anon_inodefs", 0x09041934);
	named(&o, "timerfd");
	o = internal("inotify", "anon_inodefs", 0x09041934);
	named(&o, "inotify");
	o = internal("[eventfd]", "anon_inodefs", 0x09041934);
	named(&o, "eventfd");
	o.eventfd = 7;
	named(&o, "eventfd:[7]");
	o = internal("memfd:/etc/passwd", "tmpfs", 0x01021994);
	named(&o, "memfd:/etc/passwd");
	o = internal("net", "nsfs", 0x6e736673);
	named(&o, "nsfs:[4711]");
	/* What only calls itself so has a place. */
	o = file("memfd:x", "tmp");
	named(&o, "/tmp/memfd:x");
}

static struct object inet(const char *local, uint16_t local_port,
			  const char *remote, uint16_t remote_port)
{
	struct object o = { .mode = S_IFSOCK, .protocol = 6, .eventfd = -1,
			    .family = strchr(local, ':') ? AF_INET6 : AF_INET,
			    .local_port = local_port,
			    .remote_port = remote_port };

	assert_int_equal(inet_pton(o.family, local, o.local), 1);
	assert_int_equal(inet_pton(o.family, remote, o.remote), 1);
	return o;
}

static void connections_are_two_addresses(void **state)
{
	struct object o = inet("10.0.0.1", 445, "10.0.0.2", 51234);
	char buf[128];

	(void)state;
	named(&o, "tcp 10.0.0.1:445 -> 10.0.0.2:51234");
	assert_true(objtext_remote(&o, buf, sizeof(buf)));
	assert_string_equal(buf, "10.0.0.2:51234");
	assert_false(objtext_is_local(&o));
	o = inet("2001:db8::1", 445, "2001:db8::2", 9);
	named(&o, "tcp [2001:db8::1]:445 -> [2001:db8::2]:9");
	assert_false(objtext_is_local(&o));
	o = inet("::ffff:10.0.0.1", 445, "::ffff:10.0.0.2", 9);
	named(&o, "tcp 10.0.0.1:445 -> 10.0.0.2:9");
	o.protocol = 17;
	named(&o, "udp 10.0.0.1:445 -> 10.0.0.2:9");
	o.protocol = 200;
	named(&o, "ip protocol 200 10.0.0.1:445 -> 10.0.0.2:9");
}

static void sockets_without_a_peer_say_what_they_are(void **state)
{
	struct object o = inet("0.0.0.0", 445, "0.0.0.0", 0);
	char buf[128];

	(void)state;
	named(&o, "tcp 0.0.0.0:445");
	assert_false(objtext_remote(&o, buf, sizeof(buf)));
	o.flags = OBJECT_LISTENS;
	named(&o, "tcp 0.0.0.0:445 (listening)");
	o = inet("::", 0, "::", 0);
	named(&o, "tcp (no address)");
	o = (struct object){ .mode = S_IFSOCK, .family = AF_NETLINK };
	named(&o, "netlink");
	o.family = 40000;
	named(&o, "socket of family 40000");
}

static void the_other_end_is_here_by_its_address(void **state)
{
	struct object o = inet("127.0.0.1", 1, "127.1.2.3", 2);

	(void)state;
	assert_true(objtext_is_local(&o));
	o = inet("10.0.0.1", 1, "10.0.0.1", 2);
	assert_true(objtext_is_local(&o));
	o = inet("::1", 1, "::1", 2);
	assert_true(objtext_is_local(&o));
	o = inet("::ffff:10.0.0.1", 1, "::ffff:127.0.0.1", 2);
	assert_true(objtext_is_local(&o));
	o = inet("fe80::1", 1, "7f00::1", 2);
	assert_false(objtext_is_local(&o));
}

static void unix_sockets_are_called_by_either_path(void **state)
{
	struct object o = { .mode = S_IFSOCK, .family = AF_UNIX, .ino = 4711 };
	char buf[128];

	(void)state;
	named(&o, "unix:[4711]");
	assert_false(objtext_remote(&o, buf, sizeof(buf)));
	strcpy(&o.text[OBJECT_UNIX], "/run/x.sock");
	o.unix_size[1] = sizeof("/run/x.sock");
	named(&o, "unix /run/x.sock");
	assert_true(objtext_remote(&o, buf, sizeof(buf)));
	assert_string_equal(buf, "/run/x.sock");
	memcpy(o.text, "\0a\0b", 4);
	o.unix_size[0] = 4;
	named(&o, "unix @a@b");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_put_together_from_their_end),
		cmocka_unit_test(
			a_text_that_makes_no_sense_stays_within_its_bounds),
		cmocka_unit_test(what_has_no_place_is_called_by_its_kind),
		cmocka_unit_test(connections_are_two_addresses),
		cmocka_unit_test(sockets_without_a_peer_say_what_they_are),
		cmocka_unit_test(the_other_end_is_here_by_its_address),
		cmocka_unit_test(unix_sockets_are_called_by_either_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
