/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers of connections, in the text of /proc/PID/net/tcp. */
#include "tree.h"

#include <endian.h>

#include "base/tcp.h"

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr " \
	     "tm->when retrnsmt   uid  timeout inode\n"
#define LINE(local, peer, inode) \
	"   0: " local " " peer " 01 00000000:00000000 00:00000000 00000000  " \
	"   0        0 " inode " 1 0000000000000000 20 4 30 10 -1\n"

static void expect(const char *hex, const char *wanted)
{
	char text[TCP_ADDRESS_MAX];
	int err = tcp_parse_address(hex, text, sizeof(text));

	if (!wanted) {
		assert_int_equal(err, -EINVAL);
		return;
	}
	assert_int_equal(err, 0);
	assert_string_equal(text, wanted);
}

static void addresses_are_words_of_memory(void **state)
{
	(void)state;
#if __BYTE_ORDER == __LITTLE_ENDIAN
	expect("0100007F:01BD", "127.0.0.1");
	expect("0702000A:C350", "10.0.2.7");
	expect("B80D0120000000000000000001000000:01BD", "2001:db8::1");
	/* A socket for both: IPv4 as IPv4. */
	expect("0000000000000000FFFF00000100007F:01BD", "127.0.0.1");
#endif
	expect("", NULL);
	expect("0100007F", NULL);
	expect("0100007:01BD", NULL);
	expect("0100007FF:01BD", NULL);
	expect("local_address", NULL);
}

static void link_fd(const struct tree *tree, int pid, int fd,
		    const char *target)
{
	char path[160];

	snprintf(path, sizeof(path), "%d/fd/none", pid);
	tree_write(tree, path, "");
	snprintf(path, sizeof(path), "%s/%d/fd/%d", tree->root, pid, fd);
	assert_int_equal(symlink(target, path), 0);
}

static void a_connection_is_found_by_its_socket(void **state)
{
	char text[TCP_ADDRESS_MAX] = "";
	struct tree tree;

	(void)state;
	tree_init(&tree);
	tree_write(&tree, "7/net/tcp", HEAD
		   LINE("0100007F:01BD", "0100007F:1111", "100")
		   LINE("0100007F:01BD", "0702000A:2222", "200"));
	tree_write(&tree, "7/net/tcp6", HEAD
		   LINE("00000000000000000000000001000000:01BD",
			"B80D0120000000000000000001000000:1111", "300"));
	link_fd(&tree, 7, 3, "/dev/null");
	link_fd(&tree, 7, 4, "socket:[200]");
	link_fd(&tree, 7, 5, "socket:[300]");
	link_fd(&tree, 7, 6, "socket:[400]");
	assert_int_equal(tcp_peer(&tree.fs, 7, 4, text, sizeof(text)), 0);
	assert_string_equal(text, "10.0.2.7");
	assert_int_equal(tcp_peer(&tree.fs, 7, 5, text, sizeof(text)), 0);
	assert_string_equal(text, "2001:db8::1");
	assert_int_equal(tcp_peer(&tree.fs, 7, 3, text, sizeof(text)),
			 -ENOTCONN);
	assert_int_equal(tcp_peer(&tree.fs, 7, 6, text, sizeof(text)),
			 -ENOTCONN);
	assert_int_equal(tcp_peer(&tree.fs, 7, 99, text, sizeof(text)),
			 -ENOTCONN);
	assert_int_not_equal(tcp_peer(&tree.fs, 8, 4, text, sizeof(text)), 0);
	tree_done(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_words_of_memory),
		cmocka_unit_test(a_connection_is_found_by_its_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
