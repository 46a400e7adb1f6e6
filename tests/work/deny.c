// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * deny WHAT COMMAND [ARG...]: runs a command in a place where something is not
 * to be had, by a filter of its own:
 *
 * seccomp	installing a filter is forbidden (EPERM), as in some containers
 * old		the kernel knows no notification (EINVAL), as before Linux 5.0
 * flags	nor any flag but those of Linux 5.5, and no synchronous wake-up
 * unshare	a table of descriptors of one's own may be had by close_range only
 * tables	nor by that
 * pidfd	no descriptor of a process is to be had
 * continue	an answer may not say CONTINUE (EINVAL), as before Linux 5.5
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEND 0xc0182101		/* SECCOMP_IOCTL_NOTIF_SEND */
#define SET_FLAGS 0x40082104	/* SECCOMP_IOCTL_NOTIF_SET_FLAGS, 6.6 */

/* Deny the call @nr where its argument @arg, masked, is not 0 or is @value. */
static int deny(unsigned nr, int arg, unsigned mask, unsigned value, int err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)
			 (offsetof(struct seccomp_data, args) +
			  8 * (size_t)arg)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(*code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static int deny_what(const char *what)
{
	enum { KILLABLE = 1 << 5, NEW_LISTENER = 1 << 3 };
	/* The same on all machines: include/uapi/asm-generic/unistd.h. */
	enum { PIDFD_OPEN = 434, CLOSE_RANGE = 436 };

	if (!strcmp(what, "seccomp"))
		return deny(SYS_seccomp, 0, ~0U, SECCOMP_SET_MODE_FILTER,
			    EPERM);
	if (!strcmp(what, "old"))
		return deny(SYS_seccomp, 1, NEW_LISTENER, NEW_LISTENER,
			    EINVAL);
	if (!strcmp(what, "flags"))
		return deny(SYS_ioctl, 1, ~0U, SET_FLAGS, EINVAL) ||
		       deny(SYS_seccomp, 1, KILLABLE, KILLABLE, EINVAL);
	if (!strcmp(what, "unshare"))
		return deny(SYS_unshare, 0, 0, 0, EPERM);
	if (!strcmp(what, "tables"))
		return deny(SYS_unshare, 0, 0, 0, EPERM) ||
		       deny(CLOSE_RANGE, 0, 0, 0, ENOSYS);
	if (!strcmp(what, "pidfd"))
		return deny(PIDFD_OPEN, 0, 0, 0, EPERM);
	if (!strcmp(what, "continue"))
		return deny(SYS_ioctl, 1, ~0U, SEND, EINVAL);
	return -1;
}

int main(int argc, char **argv)
{
	if (argc < 3 || deny_what(argv[1])) {
		fputs("usage: deny seccomp|old|flags|unshare|tables|pidfd|"
		      "continue COMMAND\n",
		      stderr);
		return 99;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
