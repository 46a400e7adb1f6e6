// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * edges MODE [N]: calls that begin or end in odd ways. Prints as JSON what it did,
 * times in ns by a clock that is read in user space.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MSEC 1000000LL

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return 1000 * MSEC * ts.tv_sec + ts.tv_nsec;
}

static void doze_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * MSEC };

	syscall(SYS_nanosleep, &ts, NULL);
}

/* A sleep of a second, stopped for half of it. */
static void stop(char **argv)
{
	long long began = now_ns();
	pid_t pid = fork();
	int status;

	(void)argv;
	if (!pid) {
		doze_ms(1000);
		_exit(0);
	}
	poll(NULL, 0, 200);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	poll(NULL, 0, 500);
	kill(pid, SIGCONT);
	waitpid(pid, NULL, 0);
	printf("{\"pid\": %d, \"ns\": %lld}\n", pid, now_ns() - began);
}

/* A filter of its own that refuses getppid. */
static void refused(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	(void)argv;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		abort();
	for (int i = 0; i < 100; i++)
		if (syscall(SYS_getppid) != -1 || errno != EPERM)
			abort();
	puts("{\"getppid\": 100}");
}

static void on_signal(int number)
{
	(void)number;
}

static void signals(char **argv)
{
	(void)argv;
	signal(SIGUSR2, on_signal);
	for (int i = 0; i < 100; i++)
		raise(SIGUSR2);
	puts("{\"rt_sigreturn\": 100}");
}

static void one_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		syscall(SYS_getuid);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void vforks(char **argv)
{
	(void)argv;
	for (int i = 0; i < 50; i++)
		one_vfork();
	puts("{\"vfork\": 50, \"getuid\": 50, \"wait4\": 50}");
}

static void *exec_from(void *arg)
{
	syscall(SYS_getuid);
	execl(arg, arg, "executed", NULL);
	return NULL;
}

/* Another thread than the first calls execve, and takes over its id. */
static void takeover(char **argv)
{
	pthread_t thread;

	for (int i = 0; i < 10; i++)
		syscall(SYS_getgid);
	if (pthread_create(&thread, NULL, exec_from, argv[0]))
		abort();
	pthread_join(thread, NULL);
}

static void executed(char **argv)
{
	(void)argv;
	for (int i = 0; i < 20; i++)
		syscall(SYS_getppid);
	puts("{\"getgid\": 10, \"getuid\": 1, \"getppid\": 20}");
}

static void *short_life(void *arg)
{
	(void)arg;
	for (int i = 0; i < 3; i++)
		syscall(SYS_getppid);
	return NULL;
}

/* More threads than any table has room for, one after the other. */
static void churn(char **argv)
{
	int threads = argv[2] ? atoi(argv[2]) : 20000;

	for (int i = 0; i < threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, short_life, NULL))
			abort();
		pthread_join(thread, NULL);
	}
	printf("{\"getppid\": %d}\n", 3 * threads);
}

static long long cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return 1000 * MSEC * ts.tv_sec + ts.tv_nsec;
}

/* Computing, in the kernel. */
static void burn(char **argv)
{
	static char room[16 << 20];
	long long began, ns = 0, cpu = 0;
	int n = 0;

	(void)argv;
	while (ns < 1000 * MSEC) {
		long long before = cpu_ns();

		began = now_ns();
		if (syscall(SYS_getrandom, room, sizeof(room), 0) !=
		    sizeof(room))
			abort();
		ns += now_ns() - began;
		cpu += cpu_ns() - before;
		n++;
	}
	printf("{\"getrandom\": %d, \"ns\": %lld, \"cpu_ns\": %lld, "
	       "\"bytes\": %lld}\n", n, ns, cpu, n * (long long)sizeof(room));
}

static long long run_delay_ns(void)
{
	FILE *file = fopen("/proc/thread-self/schedstat", "r");
	long long cpu, delay;

	if (!file || fscanf(file, "%lld %lld", &cpu, &delay) != 2)
		abort();
	fclose(file);
	return delay;
}

/* Two that want one CPU all the time, in calls. */
static void contend(char **argv)
{
	static char room[1 << 20];
	long long began, queued;
	cpu_set_t one;
	pid_t pid;

	(void)argv;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		abort();
	pid = fork();
	began = now_ns();
	queued = run_delay_ns();
	while (now_ns() - began < 1000 * MSEC)
		if (syscall(SYS_getrandom, room, sizeof(room), 0) < 0)
			abort();
	if (!pid)
		_exit(0);
	printf("{\"pid\": %d, \"runq_ns\": %lld}\n", getpid(),
	       run_delay_ns() - queued);
	fflush(stdout);
	waitpid(pid, NULL, 0);
}

static void *ring_at(int fd, size_t size, off_t offset)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, fd, offset);

	if (at == MAP_FAILED)
		abort();
	return at;
}

/* Operations that are no calls: 50 that do nothing, submitted at once. */
static void uring(char **argv)
{
	struct io_uring_params p = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 64, &p);
	struct io_uring_sqe *sqes;
	unsigned *array, *tail;
	char *ring;

	(void)argv;
	if (fd < 0) {
		puts("{\"operations\": 0}");
		return;
	}
	ring = ring_at(fd, p.sq_off.array + p.sq_entries * sizeof(*array),
		       IORING_OFF_SQ_RING);
	sqes = ring_at(fd, p.sq_entries * sizeof(*sqes), IORING_OFF_SQES);
	array = (unsigned *)(ring + p.sq_off.array);
	tail = (unsigned *)(ring + p.sq_off.tail);
	for (unsigned i = 0; i < 50; i++) {
		memset(&sqes[i], 0, sizeof(sqes[i]));
		sqes[i].opcode = IORING_OP_NOP;
		array[i] = i;
	}
	__atomic_store_n(tail, 50, __ATOMIC_RELEASE);
	printf("{\"operations\": %ld}\n",
	       syscall(SYS_io_uring_enter, fd, 50, 50,
		       IORING_ENTER_GETEVENTS, NULL, 0));
}

static const struct {
	const char *name;
	void (*run)(char **argv);
} modes[] = {
	{ "stop", stop },
	{ "refused", refused },
	{ "signals", signals },
	{ "vforks", vforks },
	{ "takeover", takeover },
	{ "executed", executed },
	{ "churn", churn },
	{ "burn", burn },
	{ "contend", contend },
	{ "uring", uring },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes);
	     i++)
		if (!strcmp(modes[i].name, argv[1])) {
			modes[i].run(argv);
			return 0;
		}
	fputs("usage: edges MODE [N]\n", stderr);
	return 2;
}
