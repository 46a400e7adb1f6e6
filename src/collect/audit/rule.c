/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/audit/rule.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define KEY_PREFIX "smbsysacct-"

static void add_field(struct audit_rule_data *data, uint32_t field,
		      uint32_t value)
{
	uint32_t i = data->field_count++;

	data->fields[i] = field;
	data->values[i] = value;
	data->fieldflags[i] = AUDIT_EQUAL;
}

void rule_make(union rule *ret, enum rule_of of, pid_t pid, bool failed,
	       const uint32_t mask[AUDIT_BITMASK_SIZE],
	       const struct rule_owner *owner)
{
	struct audit_rule_data *data = &ret->data;
	char key[RULE_KEY_SIZE];
	int len = snprintf(key, sizeof(key), KEY_PREFIX "%d-%llu",
			   owner->pid, (unsigned long long)owner->start);

	*ret = (union rule){ .room = "" };
	data->flags = AUDIT_FILTER_EXIT;
	data->action = AUDIT_ALWAYS;
	memcpy(data->mask, mask, sizeof(data->mask));
	add_field(data, of == RULE_PID ? AUDIT_PID : AUDIT_PPID,
		  (uint32_t)pid);
	if (failed)
		add_field(data, AUDIT_SUCCESS, 0);
	/* Its value is the length, its text comes behind. */
	add_field(data, AUDIT_FILTERKEY, (uint32_t)len);
	memcpy(ret->room + sizeof(*data), key, (size_t)len);
	data->buflen = (uint32_t)len;
}

/* The text of its key; texts of other fields come before. */
static size_t find_key(const struct audit_rule_data *data, size_t size,
		       const char **ret)
{
	const char *text = (const char *)data + sizeof(*data);
	size_t left = size < sizeof(*data) ? 0 : size - sizeof(*data);

	if (!left || data->field_count > AUDIT_MAX_FIELDS)
		return 0;
	if (left > data->buflen)
		left = data->buflen;
	for (uint32_t i = 0; i < data->field_count; i++) {
		uint32_t field = data->fields[i], value = data->values[i];
		bool is_text = field == AUDIT_FILTERKEY ||
			       field == AUDIT_WATCH || field == AUDIT_DIR ||
			       field == AUDIT_EXE ||
			       (field >= AUDIT_SUBJ_USER &&
				field <= AUDIT_SUBJ_CLR) ||
			       (field >= AUDIT_OBJ_USER &&
				field <= AUDIT_OBJ_LEV_HIGH);

		if (!is_text)
			continue;
		if (value > left)
			return 0;
		*ret = text;
		if (field == AUDIT_FILTERKEY)
			return value;
		text += value;
		left -= value;
	}
	return 0;
}

bool rule_is_ours(const struct audit_rule_data *data, size_t size,
		  struct rule_owner *ret)
{
	static const size_t prefix = sizeof(KEY_PREFIX) - 1;
	const char *key = NULL;
	size_t len = find_key(data, size, &key);
	char text[RULE_KEY_SIZE], *dash;
	uint64_t pid;

	if (len <= prefix || len >= sizeof(text) ||
	    memcmp(key, KEY_PREFIX, prefix))
		return false;
	memcpy(text, key + prefix, len - prefix);
	text[len - prefix] = '\0';
	dash = strchr(text, '-');
	if (!dash)
		return false;
	*dash = '\0';
	if (num_parse(text, INT32_MAX, &pid) ||
	    num_parse(dash + 1, UINT64_MAX, &ret->start))
		return false;
	ret->pid = (pid_t)pid;
	return true;
}

static uint32_t list_of(const struct audit_rule_data *data)
{
	return data->flags & ~(uint32_t)AUDIT_FILTER_PREPEND;
}

bool rule_is_exception(const struct audit_rule_data *data, size_t size)
{
	if (size < sizeof(*data))
		return false;
	/* The list of what is excluded names record types, or who makes them;
	 * its rules are exceptions whatever their action is. */
	if (list_of(data) == AUDIT_FILTER_EXCLUDE)
		return data->field_count != 1 ||
		       data->fields[0] != AUDIT_MSGTYPE ||
		       data->fieldflags[0] != AUDIT_EQUAL ||
		       data->values[0] == AUDIT_SYSCALL;
	return data->action == AUDIT_NEVER &&
	       (list_of(data) == AUDIT_FILTER_EXIT ||
		list_of(data) == AUDIT_FILTER_TASK);
}

bool rule_hides_all(const struct audit_rule_data *data, size_t size)
{
	return size >= sizeof(*data) && list_of(data) == AUDIT_FILTER_TASK &&
	       data->action == AUDIT_NEVER && !data->field_count;
}
