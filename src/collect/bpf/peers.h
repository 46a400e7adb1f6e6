/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes have a socket or pipe open, by the links in /proc/PID/fd:
 * the kernel makes them up from names in its memory, so that reading one
 * never waits for what it is of; none is followed.
 *
 * Cost: about 2 us a descriptor of the machine, and 1 us a connection for
 * those of TCP; no more than a twentieth of the time, whatever is asked for.
 */
#ifndef COLLECT_BPF_PEERS_H
#define COLLECT_BPF_PEERS_H

#include <sys/types.h>

#include "base/procfs.h"
#include "collect/bpf/layout.h"

struct peers;

/* NULL: out of memory. @fs is lent. */
struct peers *peers_new(const struct procfs *fs);
void peers_free(struct peers *peers);

/* The first ones that have the pipe or socket of that inode open, as it was
 * at @since or later. How many, or -EAGAIN: it is too early to look again. */
int peers_of_pipe(struct peers *peers, uint64_t ino, int64_t since,
		  pid_t pids[HOLDERS]);
int peers_of_socket(struct peers *peers, uint64_t ino, int64_t since,
		    pid_t pids[HOLDERS]);

/* Likewise, at the other end of @o, a TCP connection of process @pid. */
int peers_of_tcp(struct peers *peers, pid_t pid, const struct object *o,
		 pid_t pids[HOLDERS]);

#endif
