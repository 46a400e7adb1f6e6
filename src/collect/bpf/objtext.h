/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an object is called, as its process sees it:
 *
 *	/srv/a.txt, /srv/a.txt (deleted), .../deep/a.txt
 *	tcp 10.0.0.1:445 -> 10.0.0.2:51234, tcp [::]:445 (listening)
 *	unix /run/x.sock, unix @abstract, unix:[4711]
 *	pipe:[4711], eventfd:[7], epoll, memfd:name, netlink
 *
 * Names are the target's, and as it has them: whoever prints them is to make
 * that safe.
 */
#ifndef COLLECT_BPF_OBJTEXT_H
#define COLLECT_BPF_OBJTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "collect/bpf/layout.h"

#define OBJTEXT_MAX (OBJECT_TEXT + 128)

/* Always ended by a 0; returns @buf. */
char *objtext_name(const struct object *o, char *buf, size_t size);

/* The address or path at the other end of a socket; false: none is known. */
bool objtext_remote(const struct object *o, char *buf, size_t size);

/* Whether the other end is on this machine, by its address. */
bool objtext_is_local(const struct object *o);

#endif
