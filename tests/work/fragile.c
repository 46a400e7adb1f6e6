// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fragile SECONDS: 200 signals a second into a handler without SA_RESTART,
 * while it checks the result of each of its calls, none of which is ever
 * interrupted natively. Prints how many rounds it made, how many signals it
 * had, and each call that failed, as JSON.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void on_alarm(int number)
{
	(void)number;
	signals++;
}

struct check {
	const char *name;
	int (*good)(int fd);
	long failed;
};

static uid_t me;
static sem_t sem;
static char path[] = "/tmp/fragile-XXXXXX";

static int good_geteuid(int fd)
{
	(void)fd;
	return geteuid() == me;
}

static int good_close(int fd)
{
	return close(dup(fd)) == 0;
}

static int good_setresuid(int fd)
{
	(void)fd;
	return setresuid(me, me, me) == 0;
}

static int good_read(int fd)
{
	char buf[64];

	return lseek(fd, 0, SEEK_SET) == 0 &&
	       read(fd, buf, sizeof(buf)) == sizeof(buf);
}

static int good_pread(int fd)
{
	char buf[64];

	return pread(fd, buf, sizeof(buf), 16) == sizeof(buf);
}

static int good_open(int fd)
{
	int other = open(path, O_RDONLY);

	(void)fd;
	while (other >= 0 && close(other) && errno == EINTR)
		;
	return other >= 0;
}

static int good_stat(int fd)
{
	struct stat st;

	(void)fd;
	return stat(path, &st) == 0;
}

static int good_sem_post(int fd)
{
	(void)fd;
	return sem_post(&sem) == 0 && sem_trywait(&sem) == 0;
}

static struct check checks[] = {
	{ "geteuid", good_geteuid, 0 },
	{ "close", good_close, 0 },
	{ "setresuid", good_setresuid, 0 },
	{ "read", good_read, 0 },
	{ "pread", good_pread, 0 },
	{ "open", good_open, 0 },
	{ "stat", good_stat, 0 },
	{ "sem_post", good_sem_post, 0 },
};

#define N_CHECKS (sizeof(checks) / sizeof(*checks))

int main(int argc, char **argv)
{
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 1);
	static char data[128];
	int fd = mkstemp(path);
	long rounds = 0;

	me = geteuid();
	if (fd < 0 || write(fd, data, sizeof(data)) != sizeof(data) ||
	    sem_init(&sem, 1, 0))
		return 1;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (; time(NULL) < end; rounds++)
		for (size_t i = 0; i < N_CHECKS; i++)
			checks[i].failed += !checks[i].good(fd);
	memset(&often, 0, sizeof(often));
	while (setitimer(ITIMER_REAL, &often, NULL))
		;
	unlink(path);
	printf("{\"rounds\": %ld, \"signals\": %d, \"failed\": {", rounds,
	       (int)signals);
	for (size_t i = 0; i < N_CHECKS; i++)
		printf("%s\"%s\": %ld", i ? ", " : "", checks[i].name,
		       checks[i].failed);
	puts("}}");
	return 0;
}
