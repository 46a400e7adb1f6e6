/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What smbds do, as text: who waits for what, phases in the order of a
 * request's life, requests by command, and what these cost in system calls.
 */
#ifndef REPORT_SMB_H
#define REPORT_SMB_H

#include <stdio.h>

#include "report/report.h"

/* @snap has parts. 0 or -ENOMEM. */
int smb_print(FILE *out, const struct snapshot *snap,
	      const struct report_cfg *cfg);

#endif
