// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * objects MODE DIR [N]: works on known objects below DIR, and prints what it
 * did as JSON: {"pid": ..., "child": ..., "objects": [{"name", "peer", "fd",
 * "call", "calls", "bytes"}, ...]}, where "peer" is "child", "parent" or
 * absent. MODE:
 *
 *	files	of all kinds, one deleted and one renamed
 *	pairs	a pipe, a pair of sockets and a TCP connection with a child
 *	reuse	N files that live for a moment, one after the other, on the
 *		same descriptor
 *	names	files with names that are hard to print or to hold
 *	sleep	waits in a read from a pipe, until its stdin ends
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *dir;
static bool first = true;

/* --- what is printed ----------------------------------------------------------- */

static void print_text(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == '"' || c == '\\' || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
}

static void note(const char *name, const char *peer, int fd,
		 const char *call, long calls, long bytes)
{
	printf("%s{\"name\": \"", first ? "" : ",\n");
	print_text(name);
	printf("\", \"fd\": %d, \"call\": \"%s\", \"calls\": %ld, "
	       "\"bytes\": %ld", fd, call, calls, bytes);
	if (peer)
		printf(", \"peer\": \"%s\"", peer);
	printf("}");
	first = false;
}

/* --- calls, none of them the C library's own ------------------------------------- */

static void put(int fd, long times, size_t size)
{
	char buf[256] = { 0 };

	for (long i = 0; i < times; i++)
		if (syscall(SYS_write, fd, buf, size) != (long)size)
			err(1, "write");
}

static void take(int fd, long times, size_t size)
{
	char buf[256];

	for (long i = 0; i < times; i++)
		if (syscall(SYS_read, fd, buf, size) != (long)size)
			err(1, "read");
}

static int make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void shut(int fd)
{
	if (syscall(SYS_close, fd))
		err(1, "close");
}

static char *below(const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		err(1, "asprintf");
	return path;
}

/* --- files ------------------------------------------------------------------------ */

static void keep_one(void)
{
	char *path = below("kept"), buf[16] = { 0 };
	int fd = make(path);

	for (int i = 0; i < 100; i++)
		if (syscall(SYS_pwrite64, fd, buf, 10, 10 * i) != 10)
			err(1, "pwrite64");
	for (int i = 0; i < 70; i++)
		if (syscall(SYS_pread64, fd, buf, 6, 10 * i) != 6)
			err(1, "pread64");
	shut(fd);
	note(path, NULL, fd, "pwrite64", 100, 1000);
	note(path, NULL, fd, "pread64", 70, 420);
	note(path, NULL, fd, "openat", 1, 0);
	note(path, NULL, fd, "close", 1, 0);
}

static void delete_one(void)
{
	char *path = below("gone");
	int fd = make(path);

	unlink(path);
	put(fd, 50, 8);
	shut(fd);
	note(path, NULL, fd, "write", 50, 400);
	note(path, NULL, fd, "close", 1, 0);
}

/* One that never had a name has what the kernel calls it. */
static void leave_one_without_a_name(void)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char name[64], *path;
	struct stat st;

	if (fd < 0) {
		if (errno == EOPNOTSUPP)
			return;
		err(1, "O_TMPFILE");
	}
	put(fd, 25, 8);
	if (fstat(fd, &st))
		err(1, "fstat");
	shut(fd);
	snprintf(name, sizeof(name), "#%lu (deleted)",
		 (unsigned long)st.st_ino);
	path = below(name);
	note(path, NULL, fd, "write", 25, 200);
	note(path, NULL, fd, "close", 1, 0);
}

static void rename_one(void)
{
	char *before = below("before"), *after = below("after");
	int fd = make(before);

	put(fd, 20, 5);
	if (rename(before, after))
		err(1, "rename");
	put(fd, 30, 7);
	shut(fd);
	note(before, NULL, fd, "write", 20, 100);
	note(after, NULL, fd, "write", 30, 210);
}

static void null(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	put(fd, 40, 3);
	shut(fd);
	note("/dev/null", NULL, fd, "write", 40, 120);
}

static void in_memory(void)
{
	int fd = memfd_create("scratch", MFD_CLOEXEC);

	put(fd, 10, 9);
	shut(fd);
	note("memfd:scratch", NULL, fd, "write", 10, 90);
}

/* Its number is in its fdinfo. */
static void events(void)
{
	char path[64], name[64], line[128];
	int fd = eventfd(0, EFD_CLOEXEC), id = -1;
	uint64_t one = 1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "eventfd-id: %d", &id) == 1)
			break;
	if (file)
		fclose(file);
	for (int i = 0; i < 60; i++)
		if (syscall(SYS_write, fd, &one, 8) != 8)
			err(1, "eventfd");
	shut(fd);
	snprintf(name, sizeof(name), "eventfd:[%d]", id);
	note(name, NULL, fd, "write", 60, 480);
}

static void do_files(void)
{
	keep_one();
	delete_one();
	leave_one_without_a_name();
	rename_one();
	null();
	in_memory();
	events();
	if (syscall(SYS_close, 999) != -1)
		errx(1, "closed what was not open");
	note("(not open)", NULL, 999, "close", 1, 0);
}

/* --- with a child ------------------------------------------------------------------ */

#define ROUNDS 100

static void link_name(int fd, char *name, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, size - 1);
	name[n > 0 ? n : 0] = '\0';
}

static void listen_on(int *listener, struct sockaddr_in *at)
{
	socklen_t size = sizeof(*at);

	*at = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(*listener, (struct sockaddr *)at, size) ||
	    listen(*listener, 1) ||
	    getsockname(*listener, (struct sockaddr *)at, &size))
		err(1, "listen");
}

static void tcp_name(int fd, char *name, size_t size)
{
	struct sockaddr_in local, remote;
	socklen_t n = sizeof(local);
	char a[32], b[32];

	if (getsockname(fd, (struct sockaddr *)&local, &n) ||
	    getpeername(fd, (struct sockaddr *)&remote, &n))
		err(1, "getpeername");
	inet_ntop(AF_INET, &local.sin_addr, a, sizeof(a));
	inet_ntop(AF_INET, &remote.sin_addr, b, sizeof(b));
	snprintf(name, size, "tcp %s:%d -> %s:%d", a, ntohs(local.sin_port),
		 b, ntohs(remote.sin_port));
}

/* Each end waits for the other, so that each call moves what it asks for. */
static void answer(int in, int pair, const struct sockaddr_in *at, int back)
{
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char name[128] = "";

	if (connect(tcp, (const struct sockaddr *)at, sizeof(*at)))
		err(1, "connect");
	for (int i = 0; i < ROUNDS; i++) {
		take(in, 1, 16);
		put(pair, 1, 4);
		take(pair, 1, 32);
		take(tcp, 1, 64);
		put(tcp, 1, 2);
	}
	tcp_name(tcp, name, sizeof(name));
	if (write(back, name, sizeof(name)) != sizeof(name))
		err(1, "write");
	/* The parent says when. */
	take(in, 1, 1);
	_exit(0);
}

static void ask(int out, int pair, int tcp)
{
	for (int i = 0; i < ROUNDS; i++) {
		put(out, 1, 16);
		take(pair, 1, 4);
		put(pair, 1, 32);
		put(tcp, 1, 64);
		take(tcp, 1, 2);
	}
}

static void unix_name(int fd, char *name, size_t size)
{
	char link[128];

	link_name(fd, link, sizeof(link));
	snprintf(name, size, "unix:%s", strchr(link, '['));
}

static void note_pairs(int out, int pair, int tcp, const char *theirs)
{
	char name[128];

	link_name(out, name, sizeof(name));
	note(name, "child", out, "write", ROUNDS + 1, ROUNDS * 16 + 1);
	note(name, "parent", -1, "read", ROUNDS + 1, ROUNDS * 16 + 1);
	unix_name(pair, name, sizeof(name));
	note(name, "child", pair, "write", ROUNDS, ROUNDS * 32);
	note(name, "child", pair, "read", ROUNDS, ROUNDS * 4);
	tcp_name(tcp, name, sizeof(name));
	note(name, "child", tcp, "write", ROUNDS, ROUNDS * 64);
	note(name, "child", tcp, "read", ROUNDS, ROUNDS * 2);
	note(theirs, "parent", -1, "write", ROUNDS, ROUNDS * 2);
	note(theirs, "parent", -1, "read", ROUNDS, ROUNDS * 64);
	note(theirs, "parent", -1, "connect", 1, 0);
}

static pid_t do_pairs(void)
{
	int in[2], pair[2], back[2], listener, tcp;
	struct sockaddr_in at;
	char theirs[128] = "";
	pid_t child;

	/* Where the child cannot connect, nobody comes. */
	alarm(60);
	if (pipe2(in, O_CLOEXEC) || pipe2(back, O_CLOEXEC) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		err(1, "pipe");
	listen_on(&listener, &at);
	child = fork();
	if (!child)
		answer(in[0], pair[1], &at, back[1]);
	tcp = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ask(in[1], pair[0], tcp);
	if (read(back[0], theirs, sizeof(theirs)) != sizeof(theirs))
		err(1, "read");
	note_pairs(in[1], pair[0], tcp, theirs);
	put(in[1], 1, 1);
	waitpid(child, NULL, 0);
	return child;
}

/* --- many, and odd ones ---------------------------------------------------------------- */

static void do_reuse(long n)
{
	int last = -1;

	for (long i = 0; i < n; i++) {
		char *path;
		int fd;

		if (asprintf(&path, "%s/f%ld", dir, i) < 0)
			err(1, "asprintf");
		fd = make(path);
		if (last >= 0 && fd != last)
			errx(1, "another descriptor");
		last = fd;
		put(fd, 1 + i % 3, 4);
		shut(fd);
		unlink(path);
		if (n <= 1000)
			note(path, NULL, fd, "write", 1 + i % 3,
			     4 * (1 + i % 3));
		free(path);
	}
}

static void do_name(const char *name)
{
	char *path = below(name);
	int fd = make(path);

	put(fd, 5, 7);
	shut(fd);
	note(path, NULL, fd, "write", 5, 35);
}

/* Deeper than a name has room for: only its end is known. */
static void do_deep(void)
{
	char name[101];
	int fd;

	memset(name, 'd', 100);
	name[100] = '\0';
	if (chdir(dir))
		err(1, "chdir");
	for (int i = 0; i < 30; i++)
		if (mkdir(name, 0700) || chdir(name))
			err(1, "mkdir");
	fd = make("bottom");
	put(fd, 6, 7);
	shut(fd);
	note("...bottom", NULL, fd, "write", 6, 42);
}

static void do_names(void)
{
	char longest[256];

	memset(longest, 'x', 255);
	longest[255] = '\0';
	do_name("a\nb");
	do_name("\033[31mred");
	do_name("a -> b (deleted)");
	do_name("quote\"back\\slash");
	do_name(longest);
	do_deep();
}

static void do_sleep(void)
{
	int ends[2];
	char c;

	if (pipe2(ends, O_CLOEXEC))
		err(1, "pipe");
	if (!fork()) {
		close(ends[0]);
		while (read(0, &c, 1) > 0)
			;
		_exit(0);
	}
	close(ends[1]);
	printf("{\"pid\": %d}\n", getpid());
	fflush(stdout);
	if (read(ends[0], &c, 1))
		err(1, "read");
	exit(0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";
	pid_t child = 0;

	dir = argv[2];
	if (!strcmp(mode, "sleep"))
		do_sleep();
	printf("{\"objects\": [");
	if (!strcmp(mode, "files"))
		do_files();
	else if (!strcmp(mode, "pairs"))
		child = do_pairs();
	else if (!strcmp(mode, "reuse") && argc > 3)
		do_reuse(atol(argv[3]));
	else if (!strcmp(mode, "names"))
		do_names();
	else
		errx(2, "usage: objects MODE DIR [N]");
	printf("], \"pid\": %d, \"child\": %d}\n", getpid(), child);
	return 0;
}
