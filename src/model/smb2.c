/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/smb2.h"

#include <stdio.h>
#include <string.h>

const char *smb2_command(int command)
{
	static const char *const names[SMB2_COMMANDS] = {
		"NEGOTIATE", "SESSION_SETUP", "LOGOFF", "TREE_CONNECT",
		"TREE_DISCONNECT", "CREATE", "CLOSE", "FLUSH", "READ",
		"WRITE", "LOCK", "IOCTL", "CANCEL", "ECHO",
		"QUERY_DIRECTORY", "CHANGE_NOTIFY", "QUERY_INFO", "SET_INFO",
		"OPLOCK_BREAK", "NOTIFICATION",
	};

	return command >= 0 && command < SMB2_COMMANDS ? names[command] :
							 "(unknown)";
}

const char *smb2_operation(int command)
{
	/* source3/include/smbprofile.h; a NOTIFICATION is never served. */
	static const char *const names[SMB2_COMMANDS] = {
		"negprot", "sesssetup", "logoff", "tcon", "tdis", "create",
		"close", "flush", "read", "write", "lock", "ioctl", "cancel",
		"keepalive", "find", "notify", "getinfo", "setinfo", "break",
		"notification",
	};

	return command >= 0 && command < SMB2_COMMANDS ? names[command] :
							 "unknown";
}

static const struct {
	uint32_t status;
	const char *name;
} statuses[] = {
	{ 0x00000000, "OK" },
	{ 0x00000103, "PENDING" },
	{ 0x0000010b, "NOTIFY_CLEANUP" },
	{ 0x0000010c, "NOTIFY_ENUM_DIR" },
	{ 0x80000005, "BUFFER_OVERFLOW" },
	{ 0x80000006, "NO_MORE_FILES" },
	{ 0x8000002d, "STOPPED_ON_SYMLINK" },
	{ 0xc0000001, "UNSUCCESSFUL" },
	{ 0xc0000003, "INVALID_INFO_CLASS" },
	{ 0xc0000004, "INFO_LENGTH_MISMATCH" },
	{ 0xc0000008, "INVALID_HANDLE" },
	{ 0xc000000d, "INVALID_PARAMETER" },
	{ 0xc000000f, "NO_SUCH_FILE" },
	{ 0xc0000010, "INVALID_DEVICE_REQUEST" },
	{ 0xc0000011, "END_OF_FILE" },
	{ 0xc0000016, "MORE_PROCESSING_REQUIRED" },
	{ 0xc0000022, "ACCESS_DENIED" },
	{ 0xc0000023, "BUFFER_TOO_SMALL" },
	{ 0xc0000033, "OBJECT_NAME_INVALID" },
	{ 0xc0000034, "OBJECT_NAME_NOT_FOUND" },
	{ 0xc0000035, "OBJECT_NAME_COLLISION" },
	{ 0xc000003a, "OBJECT_PATH_NOT_FOUND" },
	{ 0xc0000043, "SHARING_VIOLATION" },
	{ 0xc0000054, "FILE_LOCK_CONFLICT" },
	{ 0xc0000055, "LOCK_NOT_GRANTED" },
	{ 0xc0000056, "DELETE_PENDING" },
	{ 0xc000006d, "LOGON_FAILURE" },
	{ 0xc000007e, "RANGE_NOT_LOCKED" },
	{ 0xc000007f, "DISK_FULL" },
	{ 0xc0000098, "FILE_INVALID" },
	{ 0xc000009a, "INSUFFICIENT_RESOURCES" },
	{ 0xc00000ba, "FILE_IS_A_DIRECTORY" },
	{ 0xc00000bb, "NOT_SUPPORTED" },
	{ 0xc00000c9, "NETWORK_NAME_DELETED" },
	{ 0xc00000cc, "BAD_NETWORK_NAME" },
	{ 0xc0000101, "DIRECTORY_NOT_EMPTY" },
	{ 0xc0000103, "NOT_A_DIRECTORY" },
	{ 0xc0000120, "CANCELLED" },
	{ 0xc0000128, "FILE_CLOSED" },
	{ 0xc0000185, "IO_DEVICE_ERROR" },
	{ 0xc0000203, "USER_SESSION_DELETED" },
	{ 0xc0000225, "NOT_FOUND" },
	{ 0xc0000257, "PATH_NOT_COVERED" },
	{ 0xc000035c, "NETWORK_SESSION_EXPIRED" },
};

const char *smb2_status(char *buf, size_t size, uint32_t status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	snprintf(buf, size, "0x%08x", status);
	return buf;
}

bool smb2_failed(uint32_t status)
{
	return status >> 30 == 3 && status != 0xc0000016;
}

const char *smb2_phase(int phase)
{
	static const char *const names[PHASE_COUNT] = {
		[PHASE_WAITING] = "waiting for events",
		[PHASE_RECEIVING] = "receiving",
		[PHASE_PARSING] = "parsing",
		[PHASE_RUNNING] = "running requests",
		[PHASE_SENDING] = "sending",
		[PHASE_CTDB] = "waiting for ctdb",
		[PHASE_OTHER] = "other",
		[PHASE_READ_IO] = "read I/O in helper threads",
		[PHASE_WRITE_IO] = "write I/O in helper threads",
		[PHASE_FLUSH_IO] = "flush I/O in helper threads",
	};

	return phase >= 0 && phase < PHASE_COUNT ? names[phase] : "?";
}

int smb2_helps(const char *call, int *io)
{
	static const struct {
		const char *call;
		int command, io;
	} jobs[] = {
		{ "pread64", SMB2_READ, PHASE_READ_IO },
		{ "preadv", SMB2_READ, PHASE_READ_IO },
		{ "preadv2", SMB2_READ, PHASE_READ_IO },
		{ "pwrite64", SMB2_WRITE, PHASE_WRITE_IO },
		{ "pwritev", SMB2_WRITE, PHASE_WRITE_IO },
		{ "pwritev2", SMB2_WRITE, PHASE_WRITE_IO },
		{ "fsync", SMB2_FLUSH, PHASE_FLUSH_IO },
		{ "fdatasync", SMB2_FLUSH, PHASE_FLUSH_IO },
	};

	for (size_t i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		if (!strcmp(jobs[i].call, call)) {
			*io = jobs[i].io;
			return jobs[i].command;
		}
	return -1;
}
