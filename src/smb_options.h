/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes with --smb, and what needs it. */
#ifndef SMB_OPTIONS_H
#define SMB_OPTIONS_H

#include "options.h"

/* Without processes named it is every smbd. 0 or -EINVAL. */
int smb_complete(struct options *o, struct why *why);

#endif
