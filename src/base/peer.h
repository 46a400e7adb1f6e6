/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talking to another process of the same user through a socket in a folder,
 * message by message. Both sides look at the other's user, as the kernel
 * noted it when the connection was made. Nothing here waits: sockets are
 * non-blocking. Descriptors are the caller's; functions return -errno.
 */
#ifndef BASE_PEER_H
#define BASE_PEER_H

#include <sys/types.h>

/* A socket @name in the folder @dir; -EADDRINUSE: of somebody who lives. */
int peer_listen(int *ret, int dir, const char *name);

/* -ECONNREFUSED: nobody is behind it any more; -EPERM: another user. *pid:
 * who made it, 0 where that is in another PID namespace. */
int peer_connect(int *ret, int dir, const char *name, pid_t *pid);

/* -EAGAIN: nobody came; -EPERM: another user, who was hung up on. */
int peer_accept(int *ret, int listener);

/* Takes away the sockets PID.sock of processes that have ended. */
void peer_sweep(int dir);

/* One message, with a descriptor if @fd is not -1. */
int peer_send(int sock, const void *data, size_t size, int fd);

/*
 * One message: its size, 0 once the other has hung up, or -errno. *fd: the
 * descriptor that came along, or -1; more than one are closed. With NULL
 * for @fd none is let in. A message that does not fit is -EMSGSIZE.
 */
ssize_t peer_receive(int sock, void *buf, size_t size, int *fd);

#endif
