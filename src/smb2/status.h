/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What smbstatus --json says of sessions and connected shares (Samba 4.17 and
 * later). Source: source3/utils/status_json.c of Samba. Its text is as little
 * to be trusted as the clients that chose the names in it.
 */
#ifndef SMB2_STATUS_H
#define SMB2_STATUS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Why it cannot be read here, or NULL. */
extern const char *const status_missing;

/* Each session with its user, with @tree 0, and each share: 0, or -EINVAL
 * where the text is no such document. */
int status_parse(const char *text, size_t len,
		 void (*each)(void *ctx, pid_t pid, uint64_t session,
			      uint32_t tree, const char *name),
		 void *ctx);

#endif
