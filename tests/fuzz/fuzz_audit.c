/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes from audit's sockets: records, which tasks have a say in, and
 * rules, which administrators write. Any bytes, no read beyond them.
 */
#include "fuzz.h"

#include <errno.h>

#include "collect/audit/record.h"
#include "collect/audit/rule.h"

#define HEAD sizeof(struct audit_rule_data)

/* Memory of just its size, for a sanitizer to see. */
static void *copy_of(const uint8_t *data, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (!copy)
		exit(99);
	if (size)
		memcpy(copy, data, size);
	return copy;
}

static void check_record(const uint8_t *data, size_t size)
{
	struct audit_record first, second;
	char *text = copy_of(data, size);
	int err;

	memset(&first, 0xa5, sizeof(first));
	memset(&second, 0x5a, sizeof(second));
	err = audit_record_parse(&first, text, size);
	must(!err || err == -EINVAL);
	must(audit_record_parse(&second, text, size) == err);
	free(text);
	if (err)
		return;
	must(memchr(first.comm, '\0', sizeof(first.comm)));
	must(first.time_ms >= 0);
	must(first.nr >= 0 && first.ppid >= 0 && first.pid >= 0);
	must(first.ended || !first.exit);
	must(first.time_ms == second.time_ms && first.arch == second.arch &&
	     first.nr == second.nr && first.ended == second.ended &&
	     first.exit == second.exit && first.ppid == second.ppid &&
	     first.pid == second.pid && !strcmp(first.comm, second.comm));
}

/* Whose it is said to be is what a rule of theirs says as well. */
static void check_owner(const struct rule_owner *owner)
{
	static const uint32_t mask[AUDIT_BITMASK_SIZE];
	struct rule_owner again;
	union rule rule;

	must(owner->pid >= 0);
	rule_make(&rule, RULE_PID, 1, false, mask, owner);
	must(rule_is_ours(&rule.data, HEAD + rule.data.buflen, &again));
	must(again.pid == owner->pid && again.start == owner->start);
}

static void check_rule(const void *data, size_t size)
{
	struct rule_owner first = { -1, 0 }, second = { -1, 0 };
	struct audit_rule_data *rule = copy_of(data, size);
	bool ours = rule_is_ours(rule, size, &first);
	bool hides = rule_hides_all(rule, size);

	must(rule_is_ours(rule, size, &second) == ours);
	must(rule_hides_all(rule, size) == hides);
	must(!(ours && hides));
	must(size >= HEAD || !(ours || hides));
	free(rule);
	if (!ours)
		return;
	must(first.pid == second.pid && first.start == second.start);
	check_owner(&first);
}

/*
 * A rule of a thousand bytes is not hit upon by chance: the input is a few
 * fields, a line of "FIELD VALUE" each, then, behind a '|', the texts.
 */
static void check_built(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *at = strchr(text, '|'), *end;
	size_t head = at ? (size_t)(at - text) + 1 : size;
	size_t n_texts = size - head;
	char *room = calloc(1, HEAD + n_texts + 1);
	struct audit_rule_data *rule = (struct audit_rule_data *)room;

	if (!room)
		exit(99);
	rule->flags = AUDIT_FILTER_EXIT;
	rule->action = AUDIT_ALWAYS;
	memcpy(room + HEAD, data + head, n_texts);
	rule->buflen = (uint32_t)n_texts;
	for (at = text; rule->field_count < AUDIT_MAX_FIELDS; at = end) {
		uint32_t i = rule->field_count;

		rule->fields[i] = (uint32_t)strtoul(at, &end, 10);
		if (end == at)
			break;
		rule->values[i] = (uint32_t)strtoul(end, &end, 10);
		rule->field_count++;
	}
	check_rule(rule, HEAD + n_texts);
	/* Cut, and with more texts than it says. */
	check_rule(rule, HEAD + n_texts / 2);
	rule->buflen /= 2;
	check_rule(rule, HEAD + n_texts);
	free(room);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_record(data, size);
	check_rule(data, size);
	check_built(data, size);
	return 0;
}

FUZZ_CORPUS("audit", "small")
