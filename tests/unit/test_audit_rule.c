/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as they go to the kernel, and as it lists them: struct
 * audit_rule_data with its texts behind, see audit_data_to_entry() and
 * audit_krule_to_data() of Linux 6.1's kernel/auditfilter.c.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "collect/audit/rule.h"

#define HEAD sizeof(struct audit_rule_data)

static const struct rule_owner me = { 4242, 987654321 };

static union rule made(enum rule_of of, bool failed)
{
	uint32_t mask[AUDIT_BITMASK_SIZE];
	union rule rule;

	for (uint32_t i = 0; i < AUDIT_BITMASK_SIZE; i++)
		mask[i] = 0x80000001u + i;
	/* All of it is written. */
	memset(&rule, 0xa5, sizeof(rule));
	rule_make(&rule, of, 77, failed, mask, &me);
	return rule;
}

/* In memory of just its size. */
static bool is_ours(const void *data, size_t size, struct rule_owner *owner)
{
	void *exact = malloc(size ? size : 1);
	bool ours;

	assert_non_null(exact);
	memcpy(exact, data, size);
	ours = rule_is_ours(exact, size, owner);
	free(exact);
	return ours;
}

static void a_rule_is_as_the_kernel_takes_it(void **state)
{
	static const char key[] = "smbsysacct-4242-987654321";

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		bool failed = kind & 1;
		union rule rule = made(kind & 2 ? RULE_PPID : RULE_PID,
				       failed);
		const struct audit_rule_data *data = &rule.data;
		uint32_t last = failed ? 2 : 1;

		/* For syscall exit; not in front of an administrator's. */
		assert_int_equal(data->flags, AUDIT_FILTER_EXIT);
		assert_int_equal(data->action, AUDIT_ALWAYS);
		assert_int_equal(data->field_count, last + 1);
		assert_int_equal(data->fields[0], kind & 2 ? AUDIT_PPID :
							     AUDIT_PID);
		assert_int_equal(data->values[0], 77);
		if (failed) {
			assert_int_equal(data->fields[1], AUDIT_SUCCESS);
			assert_int_equal(data->values[1], 0);
		}
		assert_int_equal(data->fields[last], AUDIT_FILTERKEY);
		assert_int_equal(data->values[last], strlen(key));
		assert_int_equal(data->buflen, strlen(key));
		assert_memory_equal(rule.room + HEAD, key, sizeof(key));
		for (uint32_t i = 0; i < AUDIT_MAX_FIELDS; i++) {
			bool used = i < data->field_count;

			assert_int_equal(data->fieldflags[i],
					 used ? AUDIT_EQUAL : 0);
			if (!used)
				assert_int_equal(data->fields[i] |
						 data->values[i], 0);
		}
		for (uint32_t i = 0; i < AUDIT_BITMASK_SIZE; i++)
			assert_int_equal(data->mask[i], 0x80000001u + i);
	}
}

static void ours_are_known_again(void **state)
{
	static const struct rule_owner owners[] = {
		{ 1, 0 }, { 4242, 987654321 }, { INT32_MAX, UINT64_MAX },
	};
	uint32_t mask[AUDIT_BITMASK_SIZE] = { 0 };
	struct rule_owner got;
	union rule rule;

	(void)state;
	for (size_t i = 0; i < N_OF(owners); i++)
		for (int kind = 0; kind < 4; kind++) {
			rule_make(&rule, kind & 2 ? RULE_PPID : RULE_PID, 1,
				  kind & 1, mask, &owners[i]);
			got = (struct rule_owner){ 0 };
			/* As it is sent, and with all the room. */
			assert_true(is_ours(&rule, HEAD + rule.data.buflen,
					    &got));
			assert_int_equal(got.pid, owners[i].pid);
			assert_true(got.start == owners[i].start);
			assert_true(is_ours(&rule, sizeof(rule), &got));
			assert_false(rule_hides_all(&rule.data,
						    sizeof(rule)));
		}
}

/* A rule with texts: fields, then what stands behind. */
struct other {
	size_t size;
	union {
		struct audit_rule_data data;
		char room[HEAD + 512];
	};
};

static void add(struct other *other, uint32_t field, const char *text)
{
	struct audit_rule_data *data = &other->data;
	size_t len = strlen(text);

	if (!other->size)
		other->size = HEAD;
	assert_true(other->size + len <= sizeof(other->room));
	data->fields[data->field_count] = field;
	data->fieldflags[data->field_count] = AUDIT_EQUAL;
	data->values[data->field_count++] = (uint32_t)len;
	memcpy(other->room + other->size, text, len);
	other->size += len;
	data->buflen += (uint32_t)len;
}

static void add_number(struct other *other, uint32_t field, uint32_t value)
{
	add(other, field, "");
	other->data.values[other->data.field_count - 1] = value;
}

static bool with_key(const char *key, struct rule_owner *owner)
{
	struct other other = { .size = 0 };

	add_number(&other, AUDIT_PID, 1);
	add(&other, AUDIT_FILTERKEY, key);
	return is_ours(other.room, other.size, owner);
}

static void other_keys_are_not_ours(void **state)
{
	static const char *const keys[] = {
		"", "x", "smbsysacct", "smbsysacct-", "smbsysacct-1",
		"smbsysacct-1-", "smbsysacct--", "smbsysacct--5",
		"smbsysacct-mine", "smbsysacct-mine-5", "smbsysacct-5-mine",
		"smbsysacct-1-2-3", "smbsysacct-1-2x", "smbsysacct-1-2 ",
		"smbsysacct- 1-2", "smbsysacct-+1-2", "smbsysacct-0x1-2",
		"smbsysacct-1--2", "smbsysacct--1-2", "smbsysacct_1_2",
		"Smbsysacct-1-2", " smbsysacct-1-2", "xsmbsysacct-1-2",
		"smbsysacct-2147483648-1",
		"smbsysacct-1-18446744073709551616",
		"smbsysacct-00000000000000000000000000000000001-1",
		"smbsysacct-1-00000000000000000000000000000000000000000001",
		/* As several -k of one rule are joined. */
		"smbsysacct-1-2\001mine", "mine\001smbsysacct-1-2",
	};
	struct rule_owner got;

	(void)state;
	assert_true(with_key("smbsysacct-1-2", &got));
	for (size_t i = 0; i < N_OF(keys); i++)
		if (with_key(keys[i], &got))
			fail_msg("'%s' was taken for ours", keys[i]);
}

static void without_a_key_it_is_not_ours(void **state)
{
	struct other other = { .size = 0 };
	struct rule_owner got;

	(void)state;
	add_number(&other, AUDIT_PID, 14);
	assert_false(is_ours(other.room, other.size, &got));
	/* The text of another field is no key. */
	add(&other, AUDIT_EXE, "smbsysacct-1-2");
	assert_false(is_ours(other.room, other.size, &got));
	/* The number of a field that has no text is no length. */
	add_number(&other, AUDIT_UID, 1000000);
	add(&other, AUDIT_FILTERKEY, "smbsysacct-3-4");
	assert_true(is_ours(other.room, other.size, &got));
	assert_int_equal(got.pid, 3);
}

/* Fields with texts, of which the kernel packs one behind the other. */
static void texts_before_the_key_are_skipped(void **state)
{
	static const uint32_t texts[] = {
		AUDIT_WATCH, AUDIT_DIR, AUDIT_EXE, AUDIT_SUBJ_USER,
		AUDIT_SUBJ_ROLE, AUDIT_SUBJ_TYPE, AUDIT_SUBJ_SEN,
		AUDIT_SUBJ_CLR, AUDIT_OBJ_USER, AUDIT_OBJ_ROLE,
		AUDIT_OBJ_TYPE, AUDIT_OBJ_LEV_LOW, AUDIT_OBJ_LEV_HIGH,
	}, numbers[] = {
		AUDIT_PID, AUDIT_PPID, AUDIT_UID, AUDIT_LOGINUID, AUDIT_PERS,
		AUDIT_ARCH, AUDIT_MSGTYPE, AUDIT_DEVMAJOR, AUDIT_INODE,
		AUDIT_EXIT, AUDIT_SUCCESS, AUDIT_PERM, AUDIT_FILETYPE,
		AUDIT_OBJ_UID, AUDIT_OBJ_GID, AUDIT_FIELD_COMPARE,
		AUDIT_LOGINUID_SET, AUDIT_SESSIONID, AUDIT_FSTYPE, AUDIT_ARG0,
		AUDIT_ARG3,
	};
	struct rule_owner got;

	(void)state;
	for (size_t i = 0; i < N_OF(texts) + N_OF(numbers); i++) {
		struct other other = { .size = 0 };
		uint32_t field = i < N_OF(texts) ? texts[i] :
						   numbers[i - N_OF(texts)];

		if (i < N_OF(texts))
			add(&other, field, "smbsysacct-9-9");
		else
			add_number(&other, field, 3);
		add(&other, AUDIT_FILTERKEY, "smbsysacct-1-2");
		got = (struct rule_owner){ 0 };
		if (!is_ours(other.room, other.size, &got) || got.pid != 1 ||
		    got.start != 2)
			fail_msg("behind field %u the key is missed", field);
	}
}

/* Lengths that do not fit are nobody's, and nothing is read beyond. */
static void a_broken_rule_is_not_ours(void **state)
{
	union rule rule = made(RULE_PID, true);
	size_t whole = HEAD + rule.data.buflen;
	struct other other = { .size = 0 };
	struct rule_owner got;

	(void)state;
	for (size_t size = 0; size < whole; size++)
		assert_false(is_ours(&rule, size, &got));
	/* The key is longer than the texts, though there is more room. */
	rule.data.buflen--;
	assert_false(is_ours(&rule, sizeof(rule), &got));
	rule.data.buflen++;
	/* Or the texts are longer than what came. */
	rule.data.buflen = UINT32_MAX;
	assert_true(is_ours(&rule, whole, &got));
	assert_false(is_ours(&rule, whole - 1, &got));
	rule.data.values[2] = UINT32_MAX;
	assert_false(is_ours(&rule, sizeof(rule), &got));
	/* A text before it takes all that there is, or more. */
	add(&other, AUDIT_EXE, "/usr/bin/ls");
	add(&other, AUDIT_FILTERKEY, "smbsysacct-1-2");
	assert_true(is_ours(other.room, other.size, &got));
	other.data.values[0] = 1000;
	assert_false(is_ours(other.room, other.size, &got));
	other.data.values[0] = UINT32_MAX;
	assert_false(is_ours(other.room, other.size, &got));
	other.data.values[0] = other.data.buflen;
	assert_false(is_ours(other.room, other.size, &got));
}

static void fields_have_a_limit(void **state)
{
	struct other other = { .size = 0 };
	struct rule_owner got;

	(void)state;
	while (other.data.field_count < AUDIT_MAX_FIELDS - 1)
		add_number(&other, AUDIT_UID, 0);
	add(&other, AUDIT_FILTERKEY, "smbsysacct-1-2");
	assert_int_equal(other.data.field_count, AUDIT_MAX_FIELDS);
	assert_true(is_ours(other.room, other.size, &got));
	other.data.field_count++;
	assert_false(is_ours(other.room, other.size, &got));
	other.data.field_count = UINT32_MAX;
	assert_false(is_ours(other.room, other.size, &got));
}

/* '-a task,never', which some distributions ship; not less than that. */
static void what_hides_all_is_known(void **state)
{
	static const struct {
		uint32_t flags, action, fields;
		bool hides;
	} cases[] = {
		{ AUDIT_FILTER_TASK, AUDIT_NEVER, 0, true },
		{ AUDIT_FILTER_TASK | AUDIT_FILTER_PREPEND, AUDIT_NEVER, 0,
		  true },
		{ AUDIT_FILTER_TASK, AUDIT_NEVER, 1, false },
		{ AUDIT_FILTER_TASK, AUDIT_ALWAYS, 0, false },
		{ AUDIT_FILTER_TASK, AUDIT_POSSIBLE, 0, false },
		{ AUDIT_FILTER_EXIT, AUDIT_NEVER, 0, false },
		{ AUDIT_FILTER_USER, AUDIT_NEVER, 0, false },
		{ AUDIT_FILTER_EXCLUDE, AUDIT_NEVER, 0, false },
	};
	struct audit_rule_data data;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		memset(&data, 0, sizeof(data));
		data.flags = cases[i].flags;
		data.action = cases[i].action;
		data.field_count = cases[i].fields;
		assert_int_equal(rule_hides_all(&data, sizeof(data)),
				 cases[i].hides);
		assert_false(rule_hides_all(&data, sizeof(data) - 1));
		assert_false(rule_hides_all(&data, 0));
		assert_false(is_ours(&data, sizeof(data), NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_is_as_the_kernel_takes_it),
		cmocka_unit_test(ours_are_known_again),
		cmocka_unit_test(other_keys_are_not_ours),
		cmocka_unit_test(without_a_key_it_is_not_ours),
		cmocka_unit_test(texts_before_the_key_are_skipped),
		cmocka_unit_test(a_broken_rule_is_not_ours),
		cmocka_unit_test(fields_have_a_limit),
		cmocka_unit_test(what_hides_all_is_known),
	};

	return cmocka_run_group_tests_name("audit_rule", tests, NULL, NULL);
}
