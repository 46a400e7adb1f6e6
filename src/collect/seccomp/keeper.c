/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "collect/seccomp/helper.h"

#define NAME "notify-keeper"

/* Looks at the receiver; what is there at two of them was there for long. */
#define LOOK_MS 50

struct keeper {
	struct board *board;
	int listener;
	int receiver;		/* pidfd, -1: none to be had */
	uint64_t id, received;	/* at the last look */
	int same;		/* looks that found the same */
};

static int pid_fd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* It is our brother, not our child. Without a pidfd, which some containers
 * refuse, a zombie seems to live, until check() finds that it does nothing. */
static bool receiver_lives(const struct keeper *k)
{
	struct pollfd fd = { .fd = k->receiver, .events = POLLIN };
	pid_t pid = board_get(k->board->receiver);

	if (k->receiver < 0)
		return pid > 0 && !kill(pid, 0);
	return poll(&fd, 1, 0) == 0;
}

static void let_go(struct keeper *k, uint64_t id)
{
	if (id && !notify_continue(k->listener, id))
		board_add(k->board->kept, 1);
}

/* A wait for a notification that somebody else took ends by a signal. */
static void set_alarm(time_t seconds)
{
	struct itimerval timer = { { seconds, 0 }, { seconds, 0 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Answers what comes until @until says so, or all have ended. */
static void serve(struct keeper *k, bool (*until)(const struct keeper *))
{
	union notify_buffer *buffer = &k->board->stand_in;

	set_alarm(1);
	while (!until(k)) {
		struct pollfd fd = { .fd = k->listener, .events = POLLIN };

		if (poll(&fd, 1, LOOK_MS) <= 0)
			continue;
		if (fd.revents & (POLLHUP | POLLERR | POLLNVAL))
			break;
		if (notify_receive(k->listener, buffer))
			continue;
		let_go(k, buffer->notif.id);
		buffer->notif.id = 0;
	}
	set_alarm(0);
}

static bool never(const struct keeper *k)
{
	(void)k;
	return false;
}

/* It has taken a notification since, or will not any more. */
static bool is_back(const struct keeper *k)
{
	return board_get(k->board->received) != k->received ||
	       !receiver_lives(k);
}

static bool has_waiting(const struct keeper *k)
{
	struct pollfd fd = { .fd = k->listener, .events = POLLIN };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLIN;
}

/* Whether the receiver leaves somebody waiting, as it did before. */
static void check(struct keeper *k)
{
	uint64_t id = board_get(k->board->buffer.notif.id);
	uint64_t received = board_get(k->board->received);
	bool waiting = id || has_waiting(k);

	if (!waiting || id != k->id || received != k->received)
		k->same = 0;
	else
		k->same++;
	k->id = id;
	k->received = received;
	if (k->same < 2)
		return;
	let_go(k, id);
	serve(k, is_back);
	k->same = 0;
}

/* On kernels before 6.11 nothing wakes who waits for a notification when
 * the last thread ends. */
static void nudge_receiver(const struct keeper *k)
{
	if (k->receiver >= 0)
		syscall(SYS_pidfd_send_signal, k->receiver, SIGUSR1, NULL, 0);
	else if (board_get(k->board->receiver) > 0)
		kill(k->board->receiver, SIGUSR1);
}

/*
 * The listener is only looked at, never slept on: each notification would
 * have to look whether to wake us, which takes as long as our own work on it.
 */
static void watch(struct keeper *k)
{
	struct pollfd fd = { .fd = k->receiver, .events = POLLIN };

	while (receiver_lives(k)) {
		if (poll(&fd, 1, LOOK_MS) < 0 && errno != EINTR)
			break;
		if (notify_is_over(k->listener))
			nudge_receiver(k);
		else
			check(k);
	}
	if (notify_is_over(k->listener))
		return;
	/* What it had received and not answered, if anything. */
	let_go(k, board_get(k->board->buffer.notif.id));
	serve(k, never);
}

/* The name that killall -e, pkill -f and ps see. */
static void rename_argv(char **argv)
{
	char *end = argv[0];

	for (int i = 0; argv[i] && argv[i] == end; i++)
		end = argv[i] + strlen(argv[i]) + 1;
	if (end > argv[0])
		memset(argv[0], 0, (size_t)(end - argv[0]));
	if ((size_t)(end - argv[0]) > sizeof(NAME))
		memcpy(argv[0], NAME, sizeof(NAME));
}

/* The kernel's killer takes others first, if we may ask for that. */
static void resist(void)
{
	static const char score[] = "-500";
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, score, sizeof(score) - 1) < 0)
		errno = 0;	/* a user may not: it stays as it is */
	close(fd);
}

void keeper_run(struct board *board, char **argv)
{
	struct keeper k = { .board = board };

	if (helper_await(board))
		_exit(0);
	k.listener = board->listener;
	k.receiver = board->receiver > 0 ? pid_fd(board->receiver) : -1;
	resist();
	setsid();
	helper_detach(NAME, SIGALRM,
		      (const int[]){ k.listener, k.receiver }, 2);
	rename_argv(argv);
	/* What a keeper before us had taken and not answered, if anything. */
	let_go(&k, board->stand_in.notif.id);
	board->stand_in.notif.id = 0;
	watch(&k);
	_exit(0);
}
