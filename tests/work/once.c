// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * once N FILE: writes the numbers below N to FILE, a line each, with a call
 * that is always notified before and after each, and a child now and then.
 * Whoever reads the file sees whether a write was left out or made twice.
 * Prints "done" and ends with 7, or says which call failed and ends with 1.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *call)
{
	perror(call);
	return 1;
}

static int has_child(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		poll(NULL, 0, 0);
		_exit(3);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 3;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0;
	int fd = argc > 2 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644) :
			    -1;

	if (fd < 0)
		return fail("usage: once N FILE");
	for (int i = 0; i < n; i++) {
		char line[16];
		int len = snprintf(line, sizeof(line), "%d\n", i);

		if (poll(NULL, 0, 0))
			return fail("poll");
		if (write(fd, line, (size_t)len) != len)
			return fail("write");
		if (i % 200 == 0 && !has_child())
			return fail("child");
		if (i % 20 == 0 && poll(NULL, 0, 1))
			return fail("poll");
	}
	if (close(fd))
		return fail("close");
	puts("done");
	return 7;
}
