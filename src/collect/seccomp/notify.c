/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/notify.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than many a distribution's headers; from include/uapi/linux/seccomp.h */
#define FLAG_SPEC_ALLOW		(1U << 2)	/* 4.17 */
#define FLAG_NEW_LISTENER	(1U << 3)	/* 5.0 */
#define FLAG_WAIT_KILLABLE_RECV	(1U << 5)	/* 5.19 */
#define IOCTL_SET_FLAGS		_IOW('!', 4, uint64_t)	/* 6.6 */
#define FD_SYNC_WAKE_UP		1UL

static int install(const struct sock_fprog *filter, unsigned flags)
{
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, filter);

	return fd < 0 ? -errno : (int)fd;
}

static int install_as(const struct sock_fprog *filter,
		      struct notify_mode *mode)
{
	int fd = install(filter, mode->flags);

	if (fd != -EACCES)
		return fd;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	mode->no_new_privs = true;
	return install(filter, mode->flags);
}

int notify_install(const struct sock_fprog *filter, struct notify_mode *mode)
{
	/* Mitigations that a filter brings along by default before 5.16 would
	 * slow the command down: it is as trusted as it was. */
	static const unsigned wanted[] = {
		FLAG_NEW_LISTENER | FLAG_SPEC_ALLOW | FLAG_WAIT_KILLABLE_RECV,
		FLAG_NEW_LISTENER | FLAG_SPEC_ALLOW,
		FLAG_NEW_LISTENER,
	};
	int fd = -EINVAL;

	mode->no_new_privs = false;
	for (size_t i = 0; fd == -EINVAL && i < sizeof(wanted) /
						sizeof(*wanted); i++) {
		mode->flags = wanted[i];
		fd = install_as(filter, mode);
	}
	return fd;
}

int notify_sync(int listener)
{
	return ioctl(listener, IOCTL_SET_FLAGS, FD_SYNC_WAKE_UP) ? -errno : 0;
}

int notify_receive(int listener, union notify_buffer *buffer)
{
	memset(buffer, 0, sizeof(*buffer));
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, buffer) ? -errno : 0;
}

int notify_continue(int listener, uint64_t id)
{
	struct seccomp_notif_resp answer = {
		.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) ? -errno : 0;
}

bool notify_is_over(int listener)
{
	struct pollfd fd = { .fd = listener };

	return poll(&fd, 1, 0) == 1 && fd.revents &
	       (POLLHUP | POLLERR | POLLNVAL);
}
