/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side of seccomp user notification, as thin as can be: see
 * seccomp_unotify(2). A notification is a call that was stopped before it
 * began; its thread sleeps until it is answered. We have one answer:
 * continue.
 *
 * Cost of one call notified and answered: 5 to 60 us, most of it two
 * switches between the processes.
 */
#ifndef COLLECT_SECCOMP_NOTIFY_H
#define COLLECT_SECCOMP_NOTIFY_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/* What installing took. */
struct notify_mode {
	unsigned flags;		/* of seccomp(2), that this kernel has */
	bool no_new_privs;	/* had to be set for it */
};

/*
 * Install a filter on this thread. The descriptor of its listener, which is
 * closed on exec, or -errno: -EBUSY where a listener is in the chain already.
 * Without the right to do so it gives up new privileges.
 */
int notify_install(const struct sock_fprog *filter, struct notify_mode *mode);

/* Wake the receiver on the CPU of the caller (6.6 and later), or -errno. */
int notify_sync(int listener);

/* Room for what later kernels may add. */
union notify_buffer {
	struct seccomp_notif notif;
	char room[256];
};

/*
 * Wait for a notification. 0 or -errno: -EINTR on a signal; -ENOENT where a
 * thread went away while it was waiting, or all did. The buffer is cleared
 * before, as the kernel demands; from then on notif.id is not 0 while the
 * call waits for an answer.
 */
int notify_receive(int listener, union notify_buffer *buffer);

/* Let a call go on. 0, or -ENOENT: it was interrupted before. */
int notify_continue(int listener, uint64_t id);

/* All threads under the filter have ended (before 6.11: and were reaped). */
bool notify_is_over(int listener);

#endif
