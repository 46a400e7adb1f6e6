/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files in the user's configuration, $XDG_CONFIG_HOME/smbsysacct. */
#ifndef KEEP_H
#define KEEP_H

#include <stddef.h>

/* The file's text, to be freed by the caller; NULL: there is none, or none
 * that is text of at most 64 KB. */
char *keep_read(const char *name);
/* Whole or not at all. -errno: it could not be kept. */
int keep_write(const char *name, const char *text, size_t len);

#endif
