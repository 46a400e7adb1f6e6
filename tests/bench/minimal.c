// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * minimal NR COMMAND [ARG...]: the least that user notification can cost. Runs
 * a command under a filter that notifies of the call NR alone, receives and
 * continues, with nothing else in between. What smbsysacct adds is measured
 * against it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SET_FLAGS _IOW('!', 4, uint64_t)	/* Linux 6.6 */

static int install(unsigned nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER |
			    SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog);
}

static void answer(int fd)
{
	struct seccomp_notif notif;
	struct seccomp_notif_resp resp;

	ioctl(fd, SET_FLAGS, 1UL);
	for (;;) {
		memset(&notif, 0, sizeof(notif));
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &notif)) {
			if (errno == EINTR)
				continue;
			return;
		}
		memset(&resp, 0, sizeof(resp));
		resp.id = notif.id;
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
}

int main(int argc, char **argv)
{
	volatile int *fd = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (argc < 3 || fd == MAP_FAILED) {
		fputs("usage: minimal NR COMMAND [ARG...]\n", stderr);
		return 99;
	}
	*fd = -1;
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		*fd = install((unsigned)atoi(argv[1]));
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (*fd < 0 && !waitpid(pid, &status, WNOHANG))
		usleep(100);
	answer(*fd);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
