/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/fields.h"

#include <stddef.h>
#include <string.h>

#define FIELD(name_) { offsetof(struct key, name_), \
		       sizeof(((struct key *)0)->name_) }

static const struct {
	size_t at, size;
} fields[FIELD_COUNT] = {
	FIELD(process_start), FIELD(thread_start), FIELD(pid), FIELD(tid),
	FIELD(abi), FIELD(nr), FIELD(error), FIELD(request), FIELD(session),
	FIELD(tree), FIELD(status), FIELD(client), FIELD(user), FIELD(share),
	FIELD(stack), FIELD(caller), FIELD(reason), FIELD(waker),
	FIELD(file), FIELD(peer), FIELD(fd),
};

const char *const field_names[FIELD_COUNT] = {
	"process-start", "thread-start", "pid", "tid",
	"abi", "nr", "error", "request", "session",
	"tree", "status", "client", "user", "share",
	"stack", "caller", "reason", "waker",
	"file", "peer", "fd",
};

int64_t field_get(const struct key *key, int field)
{
	const char *at = (const char *)key + fields[field].at;
	int64_t value;
	int32_t less;

	if (fields[field].size == sizeof(value)) {
		memcpy(&value, at, sizeof(value));
		return value;
	}
	memcpy(&less, at, sizeof(less));
	return less;
}

bool field_set(struct key *key, int field, int64_t value)
{
	char *at = (char *)key + fields[field].at;
	int32_t less = (int32_t)value;

	if (fields[field].size == sizeof(value)) {
		memcpy(at, &value, sizeof(value));
		return true;
	}
	memcpy(at, &less, sizeof(less));
	return less == value;
}
