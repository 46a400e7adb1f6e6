// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reasons MODE [FILE]: waits for one kind of thing, each time until who is to
 * wake it has seen it asleep, and prints as JSON
 * {"pid": P, "tid": T, "times": N, "ns": N, "wakers": ["PID/TID", ...]}:
 * how long that took its first thread by a clock that is read in user space,
 * and who woke it, where that is known; {} where it cannot be had here. FILE
 * is where there may be a new file.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MSEC 1000000LL
#define TIMES 40
#define BLOCK 4096
#define SPARE_BLOCKS 64		/* between those that are read */

struct truth {
	long long ns;
	int times;
	char wakers[2048];
};

static struct truth truth;
static const char *path;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* It is not to be had here. */
static void cannot(void)
{
	puts("{}");
	exit(0);
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return 1000 * MSEC * ts.tv_sec + ts.tv_nsec;
}

static void pause_ns(long long ns)
{
	struct timespec ts = { 0, ns };

	syscall(SYS_nanosleep, &ts, NULL);
}

static void add_waker(int pid, int tid)
{
	size_t used = strlen(truth.wakers);

	snprintf(truth.wakers + used, sizeof(truth.wakers) - used,
		 "%s\"%d/%d\"", used ? ", " : "", pid, tid);
}

static void add(long long began)
{
	truth.ns += now_ns() - began;
	truth.times++;
}

/* Until thread @tid of @pid is in one of these states. */
static void await_state(int pid, int tid, const char *states)
{
	char name[64], text[512], *end;
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/stat", pid, tid);
	for (;;) {
		fd = open(name, O_RDONLY);
		n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
		close(fd);
		if (n <= 0)
			exit(2);
		text[n] = '\0';
		end = strrchr(text, ')');
		if (end && strchr(states, end[2]))
			break;
		pause_ns(MSEC / 10);
	}
	pause_ns(MSEC);
}

/* --- somebody who wakes the first thread --------------------------------------- */

static int waiter;

/* A thread that wakes it so often by what it was given. */
static void *wake_from_thread(void *arg)
{
	void (*wake)(int round) = *(void (**)(int))arg;

	add_waker(getpid(), (int)syscall(SYS_gettid));
	for (int i = 0; i < TIMES; i++) {
		await_state(waiter, waiter, "SD");
		wake(i);
	}
	return NULL;
}

static pthread_t thread;
static void (*wake_up)(int round);

static void begin_thread(void (*wake)(int round))
{
	wake_up = wake;
	if (pthread_create(&thread, NULL, wake_from_thread, &wake_up))
		die("pthread_create");
}

/* A process that does; it says nothing when it ends. */
static void begin_process(void (*wake)(int round))
{
	int pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		for (int i = 0; i < TIMES; i++) {
			await_state(waiter, waiter, "SD");
			wake(i);
		}
		_exit(0);
	}
	add_waker(pid, pid);
}

/* --- modes ------------------------------------------------------------------------ */

static int ends[2];

static void write_byte(int round)
{
	uint64_t bytes = (uint64_t)round + 1;

	if (write(ends[1], &bytes, 8) != 8)
		_exit(3);
}

static void read_bytes(int fd)
{
	char bytes[8];

	for (int i = 0; i < TIMES; i++) {
		long long began = now_ns();

		if (read(fd, bytes, 8) != 8)
			die("read");
		add(began);
	}
}

static void pipes(void)
{
	if (pipe(ends))
		die("pipe");
	begin_process(write_byte);
	read_bytes(ends[0]);
}

static void unixes(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair");
	begin_process(write_byte);
	read_bytes(ends[0]);
}

static void tcp(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM, 0);

	ends[1] = socket(AF_INET, SOCK_STREAM, 0);
	/* Without a network, as in a small virtual machine. */
	if (connect(ends[1], (struct sockaddr *)&address, size) &&
	    errno == ENETUNREACH)
		cannot();
	if (bind(server, (struct sockaddr *)&address, size) ||
	    listen(server, 1) ||
	    getsockname(server, (struct sockaddr *)&address, &size) ||
	    connect(ends[1], (struct sockaddr *)&address, size))
		die("connect");
	ends[0] = accept(server, NULL, NULL);
	if (ends[0] < 0)
		die("accept");
	begin_process(write_byte);
	read_bytes(ends[0]);
}

static void polls(void)
{
	struct pollfd ready = { .events = POLLIN };

	ends[0] = ends[1] = ready.fd = eventfd(0, EFD_NONBLOCK);
	begin_process(write_byte);
	for (int i = 0; i < TIMES; i++) {
		long long began = now_ns(), value;

		if (poll(&ready, 1, -1) != 1)
			die("poll");
		add(began);
		if (read(ready.fd, &value, 8) != 8)
			die("read");
	}
}

static void epolls(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	if (pipe(ends) || epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event))
		die("epoll");
	begin_process(write_byte);
	for (int i = 0; i < TIMES; i++) {
		long long began = now_ns();
		char bytes[8];

		if (epoll_wait(epoll, &event, 1, -1) != 1)
			die("epoll_wait");
		add(began);
		if (read(ends[0], bytes, 8) != 8)
			die("read");
	}
}

static uint32_t word;

static void wake_futex(int round)
{
	__atomic_store_n(&word, (uint32_t)round + 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void futexes(void)
{
	begin_thread(wake_futex);
	for (uint32_t i = 0; i < TIMES; i++) {
		long long began = now_ns();

		while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == i)
			syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, i, NULL,
				NULL, 0);
		add(began);
	}
	pthread_join(thread, NULL);
}

static void timers(void)
{
	for (int i = 0; i < 5 * TIMES; i++) {
		long long began = now_ns();

		pause_ns(MSEC);
		add(began);
	}
}

static void children(void)
{
	for (int i = 0; i < TIMES; i++) {
		int pid = fork();
		long long began = now_ns();

		if (!pid) {
			await_state(waiter, waiter, "SD");
			_exit(0);
		}
		if (waitpid(pid, NULL, 0) != pid)
			die("waitpid");
		add(began);
		add_waker(pid, pid);
	}
}


/* The lock is another process's, who lets go of it for a moment only. */
static void locks(void)
{
	int tell[2], go[2], mine = open(path, O_RDWR | O_CREAT, 0600), pid;
	char byte = 0;

	if (mine < 0 || pipe(tell) || pipe(go))
		die(path);
	pid = fork();
	if (!pid) {
		int fd = open(path, O_RDWR);

		for (int i = 0; i < TIMES; i++) {
			if (flock(fd, LOCK_EX) ||
			    write(tell[1], &byte, 1) != 1 ||
			    read(go[0], &byte, 1) != 1)
				_exit(3);
			await_state(waiter, waiter, "SD");
			flock(fd, LOCK_UN);
			if (read(go[0], &byte, 1) != 1)
				_exit(3);
		}
		_exit(0);
	}
	add_waker(pid, pid);
	for (int i = 0; i < TIMES; i++) {
		long long began;

		if (read(tell[0], &byte, 1) != 1 ||
		    write(go[1], &byte, 1) != 1)
			die("pipe");
		began = now_ns();
		if (flock(mine, LOCK_EX))
			die("flock");
		add(began);
		flock(mine, LOCK_UN);
		if (write(go[1], &byte, 1) != 1)
			die("pipe");
	}
}

/* Gaps of a loop in user space are when it was stopped. */
static void stops(void)
{
	volatile int *over = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long long last;
	int pid = fork();

	if (!pid) {
		for (int i = 0; i < TIMES; i++) {
			kill(waiter, SIGSTOP);
			await_state(waiter, waiter, "T");
			pause_ns(10 * MSEC);
			kill(waiter, SIGCONT);
			await_state(waiter, waiter, "RSD");
		}
		*over = 1;
		_exit(0);
	}
	add_waker(pid, pid);
	last = now_ns();
	while (!*over) {
		long long now = now_ns();

		if (now - last > 5 * MSEC)
			add(last);
		last = now;
	}
}

/* --- the disk ----------------------------------------------------------------------- */

/* A file of which nothing is in memory. */
static int make_file(int flags)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *block = calloc(SPARE_BLOCKS, BLOCK);

	if (fd < 0)
		die(path);
	memset(block, 'x', SPARE_BLOCKS * BLOCK);
	for (int i = 0; i < TIMES; i++)
		if (write(fd, block, SPARE_BLOCKS * BLOCK) < 0)
			die("write");
	if (fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		die("fsync");
	close(fd);
	free(block);
	fd = open(path, O_RDONLY | flags);
	if (fd < 0 && errno == EINVAL)
		cannot();
	if (fd < 0)
		die(path);
	return fd;
}

static void disks(void)
{
	int fd = make_file(O_DIRECT);
	char *block = aligned_alloc(BLOCK, BLOCK);

	for (off_t i = 0; i < TIMES; i++) {
		long long began = now_ns();

		if (pread(fd, block, BLOCK, i * SPARE_BLOCKS * BLOCK) !=
		    BLOCK)
			die("pread");
		add(began);
	}
}

static void mapped(void)
{
	int fd = make_file(0);
	volatile char *map = mmap(NULL, TIMES * SPARE_BLOCKS * BLOCK,
				  PROT_READ, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED ||
	    madvise((void *)map, TIMES * SPARE_BLOCKS * BLOCK, MADV_RANDOM))
		die("mmap");
	for (int i = 0; i < TIMES; i++) {
		long long began = now_ns();

		(void)map[i * SPARE_BLOCKS * BLOCK];
		add(began);
	}
}

/* --- pages that another thread brings ---------------------------------------------- */

static int faults_fd;
static char *pages;

static void bring_page(int round)
{
	static char page[BLOCK];
	struct uffdio_copy copy = {
		.dst = (uintptr_t)pages + (size_t)round * BLOCK,
		.src = (uintptr_t)page, .len = BLOCK,
	};

	if (ioctl(faults_fd, UFFDIO_COPY, &copy))
		die("UFFDIO_COPY");
}

static void faults(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register region = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	pages = mmap(NULL, TIMES * BLOCK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	region.range.start = (uintptr_t)pages;
	region.range.len = TIMES * BLOCK;
	faults_fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (faults_fd < 0)
		cannot();
	if (ioctl(faults_fd, UFFDIO_API, &api) ||
	    ioctl(faults_fd, UFFDIO_REGISTER, &region))
		die("userfaultfd");
	begin_thread(bring_page);
	for (int i = 0; i < TIMES; i++) {
		long long began = now_ns();

		(void)*(volatile char *)(pages + (size_t)i * BLOCK);
		add(began);
	}
	pthread_join(thread, NULL);
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "pipes", pipes }, { "unixes", unixes }, { "tcp", tcp },
	{ "polls", polls }, { "epolls", epolls }, { "futexes", futexes },
	{ "timers", timers }, { "children", children }, { "locks", locks },
	{ "stops", stops }, { "disks", disks }, { "mapped", mapped },
	{ "faults", faults },
};

int main(int argc, char **argv)
{
	waiter = getpid();
	path = argc > 2 ? argv[2] : "reasons.tmp";
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes);
	     i++) {
		if (strcmp(argv[1], modes[i].name))
			continue;
		modes[i].run();
		printf("{\"pid\": %d, \"tid\": %d, \"times\": %d, \"ns\": "
		       "%lld, \"wakers\": [%s]}\n", waiter, waiter,
		       truth.times, truth.ns, truth.wakers);
		return 0;
	}
	fputs("usage: reasons MODE [FILE]\n", stderr);
	return 2;
}
