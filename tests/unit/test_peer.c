/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where processes of one user meet, and what they hand each other. */
#include "meeting.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include "base/peer.h"
#include "base/sealed.h"

static void refused(int err, const char *words)
{
	struct why why = { 0 };
	int dir;

	assert_int_equal(rundir_open(&dir, 0, true, &why), -err);
	assert_int_equal(why.err, err);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say %s", why.text, words);
}

static void the_folder_is_private(void **state)
{
	struct why why = { 0 };
	struct stat st;
	int dir;

	(void)state;
	assert_int_equal(rundir_open(&dir, 0, false, &why), -ENOENT);
	close(open_meeting());
	assert_int_equal(stat(meeting, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(chmod(meeting, 0770), 0);
	refused(EPERM, "not private");
	assert_int_equal(chmod(meeting, 0701), 0);
	refused(EPERM, "not private");
	assert_int_equal(chmod(meeting, 0700), 0);
	close(open_meeting());
	assert_int_equal(chmod(runtime, 0777), 0);
	refused(EPERM, "others may write");
}

static void a_link_is_no_folder(void **state)
{
	char elsewhere[96];

	(void)state;
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", runtime);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink("elsewhere", meeting), 0);
	refused(ENOTDIR, meeting);
}

static void what_is_anothers_is_no_place(void **state)
{
	(void)state;
	if (geteuid())
		skip_because("permission: needs root, to be two users");
	assert_int_equal(chown(runtime, 65534, 65534), 0);
	refused(ENOENT, "another user's");
	assert_int_equal(chown(runtime, 0, 0), 0);
	close(open_meeting());
	assert_int_equal(chown(meeting, 65534, 65534), 0);
	refused(EPERM, "not private");
}

static void messages_go_both_ways(void **state)
{
	int dir = open_meeting(), listener, here, there, fd;
	char buf[8];
	pid_t pid;

	(void)state;
	assert_int_equal(peer_listen(&listener, dir, "1.sock"), 0);
	assert_int_equal(peer_accept(&there, listener), -EAGAIN);
	assert_int_equal(peer_connect(&here, dir, "1.sock", &pid), 0);
	assert_int_equal(pid, getpid());
	assert_int_equal(peer_accept(&there, listener), 0);
	assert_int_equal(peer_receive(there, buf, sizeof(buf), NULL),
			 -EAGAIN);
	assert_int_equal(peer_send(here, "one", 3, -1), 0);
	assert_int_equal(peer_send(here, "two", 3, -1), 0);
	assert_int_equal(peer_receive(there, buf, sizeof(buf), &fd), 3);
	assert_memory_equal(buf, "one", 3);
	assert_int_equal(fd, -1);
	assert_int_equal(peer_receive(there, buf, 2, NULL), -EMSGSIZE);
	close(there);
	assert_int_equal(peer_receive(here, buf, sizeof(buf), NULL), 0);
	assert_int_equal(peer_send(here, "x", 1, -1), -EPIPE);
	close(here);
	close(listener);
	close(dir);
}

static int lowest_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void descriptors_are_taken_or_closed(void **state)
{
	int dir = open_meeting(), listener, here, there, fd, before;
	char buf[8];

	(void)state;
	assert_int_equal(peer_listen(&listener, dir, "1.sock"), 0);
	assert_int_equal(peer_connect(&here, dir, "1.sock", NULL), 0);
	assert_int_equal(peer_accept(&there, listener), 0);
	before = lowest_fd();
	assert_int_equal(peer_send(here, "a", 1, dir), 0);
	assert_int_equal(peer_receive(there, buf, sizeof(buf), &fd), 1);
	assert_int_equal(fd, before);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	/* Unasked for, or with too long a message. */
	assert_int_equal(peer_send(here, "b", 1, dir), 0);
	assert_int_equal(peer_receive(there, buf, sizeof(buf), NULL), 1);
	assert_int_equal(lowest_fd(), before);
	assert_int_equal(peer_send(here, "long", 4, dir), 0);
	assert_int_equal(peer_receive(there, buf, 2, &fd), -EMSGSIZE);
	assert_int_equal(lowest_fd(), before);
	close(here);
	close(there);
	close(listener);
	close(dir);
}

/* Makes a socket and ends, as who was killed does; its pid. */
static pid_t dead_listener(int dir, char name[32])
{
	pid_t pid = fork();
	int listener;

	assert_true(pid >= 0);
	if (!pid) {
		snprintf(name, 32, "%d.sock", getpid());
		_exit(peer_listen(&listener, dir, name) ? 1 : 0);
	}
	snprintf(name, 32, "%d.sock", pid);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return pid;
}

static void sockets_of_the_dead_go(void **state)
{
	int dir = open_meeting(), listener, sock;
	char dead[32], own[32];

	(void)state;
	dead_listener(dir, dead);
	assert_int_equal(peer_connect(&sock, dir, dead, NULL),
			 -ECONNREFUSED);
	snprintf(own, sizeof(own), "%d.sock", getpid());
	assert_int_equal(peer_listen(&listener, dir, own), 0);
	assert_int_equal(mkdirat(dir, "99999999.sock", 0700), 0);
	peer_sweep(dir);
	assert_int_equal(peer_connect(&sock, dir, dead, NULL), -ENOENT);
	assert_int_equal(peer_connect(&sock, dir, own, NULL), 0);
	close(sock);
	/* It is not taken from who lives, but from who does not. */
	assert_int_equal(peer_listen(&sock, dir, own), -EADDRINUSE);
	close(listener);
	assert_int_equal(peer_listen(&sock, dir, own), 0);
	close(sock);
	close(dir);
}

static void another_user_is_refused(void **state)
{
	int dir = open_meeting(), listener, sock, status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip_because("permission: needs root, to be two users");
	assert_int_equal(peer_listen(&listener, dir, "1.sock"), 0);
	/* As if the folder did not keep others out. */
	assert_int_equal(chmod(runtime, 0711), 0);
	assert_int_equal(chmod(meeting, 0711), 0);
	assert_int_equal(fchmodat(dir, "1.sock", 0777, 0), 0);
	pid = fork();
	if (!pid)
		_exit(setresuid(65534, 65534, 65534) ? 2 :
		      peer_connect(&sock, dir, "1.sock", NULL) == -EPERM ?
		      0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(peer_accept(&sock, listener), -EPERM);
	close(listener);
	close(dir);
}

static void sealed_memory_is_read(void **state)
{
	static char data[100000] = "sealed";
	int fd = sealed_new(data, sizeof(data));
	void *ret;
	size_t size;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(sealed_read(fd, sizeof(data), &ret, &size), 0);
	assert_int_equal(size, sizeof(data));
	assert_memory_equal(ret, data, size);
	free(ret);
	assert_int_equal(sealed_read(fd, sizeof(data) - 1, &ret, &size),
			 -EFBIG);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	close(fd);
}

static void what_is_not_sealed_is_not_read(void **state)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *ret;
	size_t size;
	int ends[2];

	(void)state;
	assert_int_equal(sealed_read(fd, 100, &ret, &size), -EPROTO);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(sealed_read(fd, 100, &ret, &size), -EPROTO);
	close(fd);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(sealed_read(ends[0], 100, &ret, &size), -EPROTO);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(sealed_read(-1, 100, &ret, &size), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_RUNTIME_DIR(the_folder_is_private),
		IN_RUNTIME_DIR(a_link_is_no_folder),
		IN_RUNTIME_DIR(what_is_anothers_is_no_place),
		IN_RUNTIME_DIR(messages_go_both_ways),
		IN_RUNTIME_DIR(descriptors_are_taken_or_closed),
		IN_RUNTIME_DIR(sockets_of_the_dead_go),
		IN_RUNTIME_DIR(another_user_is_refused),
		cmocka_unit_test(sealed_memory_is_read),
		cmocka_unit_test(what_is_not_sealed_is_not_read),
	};

	return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
