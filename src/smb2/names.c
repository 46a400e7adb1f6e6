/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "smb2/names.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/map.h"
#include "model/abi.h"
#include "smb2/status.h"

#define MAX_NAMES	65536
#define MAX_TEXT	(16u << 20)
#define MAX_CONF	512
/* It is asked so often for one name, and has so long for an answer. */
#define TRIES		3
#define PATIENCE_NS	(10 * NS_PER_SEC)
/* A session and its share are seen one after the other, and asked for at
 * once; what has no name then, again after a while. */
#define SOON_NS		(50 * NS_PER_MS)
#define LATER_NS	NS_PER_SEC
/* Of its time there is so much at first, and then a tenth of all time. */
#define CREDIT_NS	(5 * NS_PER_SEC)
#define PART		10

/* A session, or with its tree a share. */
struct wanted {
	struct key key;		/* stays first: pid, session, tree */
	uint64_t start;		/* of that process */
	int tries;		/* that are left */
};

struct names {
	const struct procfs *fs;
	struct sink next;
	struct map wanted;
	bool asks;		/* something is wanted ... */
	int64_t ask_ns;		/* ... then, for which there is */
	int timer_fd;
	pid_t ask_pid;		/* of the smbd that it is of */
	pid_t child;		/* smbstatus, 0: none */
	int fd;			/* from it, -1 */
	char *text;
	size_t len, room;
	int64_t born_ns, began_ns, spent_ns;
	int64_t cpu_ns;		/* of all that have ended */
	bool useless;		/* there will be no answer */
};

struct names *names_new(const struct procfs *fs, const struct sink *next)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->fs = fs;
	names->next = *next;
	names->fd = -1;
	names->timer_fd = timerfd_create(CLOCK_MONOTONIC,
					 TFD_CLOEXEC | TFD_NONBLOCK);
	names->born_ns = clock_mono_ns();
	map_init(&names->wanted, sizeof(struct key));
	return names;
}

static void end_child(struct names *names)
{
	if (names->child > 0) {
		kill(names->child, SIGKILL);
		while (waitpid(names->child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (names->fd >= 0)
		close(names->fd);
	names->child = 0;
	names->fd = -1;
	names->len = 0;
}

void names_free(struct names *names)
{
	struct wanted *wanted;
	size_t pos = 0;

	if (!names)
		return;
	end_child(names);
	if (names->timer_fd >= 0)
		close(names->timer_fd);
	while ((wanted = map_next(&names->wanted, &pos)))
		free(wanted);
	map_done(&names->wanted);
	free(names->text);
	free(names);
}

static void give_up(struct names *names, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "users and shares are not known: %s",
		 why);
	sink_note(&names->next, text);
	names->useless = true;
	end_child(names);
}

/* --- what is wanted ----------------------------------------------------------- */

/* The timer says when; an earlier one stays. */
static void ask_in(struct names *names, int64_t ns)
{
	struct itimerspec at = { 0 };
	int64_t when = clock_mono_ns() + ns;

	if (names->asks && names->ask_ns <= when)
		return;
	names->asks = true;
	names->ask_ns = when;
	at.it_value.tv_sec = when / NS_PER_SEC;
	at.it_value.tv_nsec = when % NS_PER_SEC;
	timerfd_settime(names->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static struct key name_key(pid_t pid, uint64_t session, uint32_t tree)
{
	return (struct key){ .pid = pid, .abi = ABI_REQUEST,
			     .session = session, .tree = tree };
}

static void want(struct names *names, const struct key *key, uint32_t tree)
{
	struct key place = name_key(key->pid, key->session, tree);
	struct wanted *wanted = map_get(&names->wanted, &place);

	if (wanted && wanted->start == key->process_start)
		return;
	if (!wanted) {
		wanted = names->wanted.used < MAX_NAMES ?
			 calloc(1, sizeof(*wanted)) : NULL;
		if (!wanted)
			return;
		wanted->key = place;
		if (map_add(&names->wanted, wanted)) {
			free(wanted);
			return;
		}
	}
	wanted->start = key->process_start;
	wanted->tries = TRIES;
	names->ask_pid = key->pid;
	ask_in(names, SOON_NS);
}

static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	struct names *names = ctx;

	/* In a compound both can stand for those of the element before. */
	if (key->abi == ABI_REQUEST && key->session &&
	    key->session != UINT64_MAX) {
		want(names, key, 0);
		if (key->tree && key->tree != UINT32_MAX)
			want(names, key, key->tree);
	}
	names->next.cell(names->next.ctx, key, delta);
}

static void on_event(void *ctx, const struct event *event)
{
	struct names *names = ctx;

	names->next.event(names->next.ctx, event);
}

static void on_hist(void *ctx, const struct key *key,
		    const struct hist *delta)
{
	struct names *names = ctx;

	names->next.hist(names->next.ctx, key, delta);
}

static int32_t on_label(void *ctx, const char *text)
{
	struct names *names = ctx;

	return names->next.label(names->next.ctx, text);
}

struct sink names_sink(struct names *names)
{
	return (struct sink){ .ctx = names, .event = on_event,
			      .cell = on_cell, .hist = on_hist,
			      .label = on_label };
}

/* --- asking ------------------------------------------------------------------- */

/* The configuration file that smbd was given: "-s FILE", "-sFILE" or
 * "--configfile=FILE". Empty: its own default. */
static void find_conf(const struct procfs *fs, pid_t pid, char *ret,
		      size_t size)
{
	static const char long_option[] = "--configfile";
	char buf[4096];
	ssize_t n = procfs_read(fs, buf, sizeof(buf), "%d/cmdline", pid);
	const char *word = buf, *value = NULL;

	*ret = '\0';
	for (; n > 0 && word < buf + n && !value; word += strlen(word) + 1) {
		size_t len = strlen(long_option);

		if (!strncmp(word, "-s", 2))
			value = word + 2;
		else if (!strncmp(word, long_option, len))
			value = word + len + (word[len] == '=');
		if (value && !*value && word + strlen(word) + 1 < buf + n)
			value = word + strlen(word) + 1;
	}
	if (value)
		snprintf(ret, size, "%s", value);
}

/* In another root smbstatus would look at other files. */
static bool shares_root(const struct names *names)
{
	struct stat ours, its;
	char path[32];

	snprintf(path, sizeof(path), "%d/root/.", names->ask_pid);
	return !stat("/", &ours) && !fstatat(names->fs->root, path, &its, 0) &&
	       ours.st_dev == its.st_dev && ours.st_ino == its.st_ino;
}

static void run_smbstatus(const char *conf, int out, pid_t parent)
{
	const char *argv[] = { "smbstatus", "--json", NULL, NULL, NULL };

	child_reset(parent);
	if (*conf) {
		argv[2] = "-s";
		argv[3] = conf;
	}
	if (!child_streams(-1, out, -1)) {
		child_close_range(3, ~0U);
		execvp(argv[0], (char *const *)argv);
	}
	_exit(127);
}

static void start(struct names *names)
{
	char conf[MAX_CONF];
	pid_t parent = getpid();
	int fds[2];

	if (status_missing) {
		give_up(names, status_missing);
		return;
	}
	if (!shares_root(names)) {
		give_up(names, "smbd has another root folder (a container), "
			"where smbstatus would have to run");
		return;
	}
	find_conf(names->fs, names->ask_pid, conf, sizeof(conf));
	if (pipe2(fds, O_CLOEXEC))
		return;
	names->child = fork();
	if (!names->child)
		run_smbstatus(conf, fds[1], parent);
	close(fds[1]);
	names->fd = fds[0];
	fcntl(names->fd, F_SETFL, O_NONBLOCK);
	names->began_ns = clock_mono_ns();
	names->asks = false;
	if (names->child < 0)
		end_child(names);
}

void names_ask(struct names *names)
{
	if (!names || names->useless)
		return;
	if (names->child) {
		if (clock_mono_ns() > names->began_ns + PATIENCE_NS)
			give_up(names, "smbstatus did not answer");
		return;
	}
	if (!names->asks || clock_mono_ns() < names->ask_ns)
		return;
	if (names->spent_ns < CREDIT_NS +
	    (clock_mono_ns() - names->born_ns) / PART) {
		start(names);
		return;
	}
	names->asks = false;
	ask_in(names, LATER_NS);
}

int64_t names_cpu_ns(const struct names *names)
{
	return names ? names->cpu_ns : 0;
}

int names_fd(const struct names *names)
{
	if (!names || names->useless)
		return -1;
	return names->child || !names->asks ? names->fd : names->timer_fd;
}

/* --- answers -------------------------------------------------------------------- */

static void on_name(void *ctx, pid_t pid, uint64_t session, uint32_t tree,
		    const char *name)
{
	struct names *names = ctx;
	struct key place = name_key(pid, session, tree);
	struct event event = { .kind = EVENT_NAME, .text = name };
	struct wanted *wanted = map_get(&names->wanted, &place);

	if (!wanted || wanted->tries <= 0)
		return;
	wanted->tries = 0;
	event.key = wanted->key;
	event.key.process_start = wanted->start;
	names->next.event(names->next.ctx, &event);
}

/* What had no name yet may have one a little later. */
static void count_tries(struct names *names)
{
	struct wanted *wanted;
	size_t pos = 0;

	while ((wanted = map_next(&names->wanted, &pos)))
		if (wanted->tries > 0 && --wanted->tries > 0) {
			names->ask_pid = wanted->key.pid;
			ask_in(names, LATER_NS);
		}
}

static int64_t to_ns(const struct timeval *time)
{
	return time->tv_sec * NS_PER_SEC + time->tv_usec * 1000;
}

static void finish(struct names *names)
{
	struct rusage usage = { 0 };
	int status = 0;

	while (wait4(names->child, &status, 0, &usage) < 0 && errno == EINTR)
		;
	names->child = 0;
	names->cpu_ns += to_ns(&usage.ru_utime) + to_ns(&usage.ru_stime);
	names->spent_ns += clock_mono_ns() - names->began_ns;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		give_up(names, "smbstatus is not installed");
	else if (status_parse(names->text ? names->text : "", names->len,
			      on_name, names))
		give_up(names, "smbstatus has no --json (before Samba 4.17), "
			"or has no right to look");
	else
		count_tries(names);
	end_child(names);
}

static bool make_room(struct names *names)
{
	size_t room = names->room ? 2 * names->room : 65536;
	char *grown;

	if (names->len < names->room)
		return true;
	grown = room <= MAX_TEXT ? realloc(names->text, room) : NULL;
	if (!grown)
		return false;
	names->text = grown;
	names->room = room;
	return true;
}

void names_read(struct names *names)
{
	ssize_t n;

	if (!names)
		return;
	if (names->fd < 0) {
		names_ask(names);
		return;
	}
	for (;;) {
		if (!make_room(names)) {
			give_up(names, "smbstatus says too much");
			return;
		}
		n = read(names->fd, names->text + names->len,
			 names->room - names->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		names->len += (size_t)n;
	}
	if (!n)
		finish(names);
}

void names_wait(struct names *names, int ms)
{
	int64_t end_ns = clock_mono_ns() + ms * NS_PER_MS;
	bool asked = false;

	while (names && !names->useless &&
	       (names->child || (names->asks && !asked)) &&
	       clock_mono_ns() < end_ns) {
		struct pollfd fd = { -1, POLLIN, 0 };

		/* Now, and not again for what it does not know. */
		if (names->asks && !names->child) {
			names->ask_ns = 0;
			asked = true;
		}
		names_ask(names);
		fd.fd = names->fd;
		poll(&fd, 1, 10);
		names_read(names);
	}
}
