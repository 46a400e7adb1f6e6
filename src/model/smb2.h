/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of SMB2: its commands, how they end, and the phases of their life in
 * smbd. Sources: [MS-SMB2] 2.2.1 for the commands, [MS-ERREF] 2.3 for
 * statuses; the phases are named as by tsmbd, a SystemTap script that a
 * Samba developer showed in 2017.
 */
#ifndef MODEL_SMB2_H
#define MODEL_SMB2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/phase.h"

/* "CREATE"; "(unknown)" for what is no command. */
const char *smb2_command(int command);

/* As Samba's own counters call it ("create", "find"); "unknown" likewise. */
const char *smb2_operation(int command);

/* "OBJECT_NAME_NOT_FOUND", "OK", or by its number, in @buf. */
const char *smb2_status(char *buf, size_t size, uint32_t status);

/* Of severity "error", and not a step of what goes on
 * (MORE_PROCESSING_REQUIRED). */
bool smb2_failed(uint32_t status);

/* "waiting for events": of enum phase. */
const char *smb2_phase(int phase);

/* What a call of a helper thread of smbd is for, by its name: the command,
 * and in *io the phase that is its I/O; -1: not known. */
int smb2_helps(const char *call, int *io);

#endif
