/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/smb2.h"

#define MAX_RULE 1000
#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
#define CALL_CHARS \
	"abcdefghijklmnopqrstuvwxyz0123456789_%,@ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
#define COLUMN_CHARS "abcdefghijklmnopqrstuvwxyz0123456789.-"

struct parser {
	const char *text;	/* a copy, with an end */
	const char *at;
	struct rule *rule;
	struct why *why;
};

static int bad(const struct parser *p, const char *at, const char *wanted)
{
	char safe[256];

	return why_set(p->why, EINVAL, "--budget '%.200s': at character %d: %s",
		       text_untrusted(safe, sizeof(safe), p->text),
		       (int)(at - p->text) + 1, wanted);
}

static int no_memory(const struct parser *p)
{
	return why_set(p->why, ENOMEM, "out of memory");
}

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t");
}

static bool take(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(p->at, word, len))
		return false;
	p->at += len;
	return true;
}

/* --- what it is about ---------------------------------------------------- */

static int find_request(const char *name, size_t len)
{
	for (int i = 0; i < SMB2_COMMANDS; i++)
		if (strlen(smb2_command(i)) == len &&
		    !memcmp(smb2_command(i), name, len))
			return i;
	return -1;
}

/* Each name once is enough, but a few ABIs have the same. */
static char *names_of(const struct callset *calls)
{
	struct callnames names;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (callnames_init(&names, NULL))
		return NULL;
	out = open_memstream(&text, &len);
	for (int abi = ABI_NATIVE; out && abi <= ABI_X32; abi++)
		for (int nr = 0; nr < CALLSET_NUMBERS; nr++) {
			const char *name = callnames_get(&names, abi, nr);

			if (name && callset_has(calls, abi, nr))
				fprintf(out, "|%s", name);
		}
	if (out) {
		putc('|', out);
		if (fclose(out)) {
			free(text);
			text = NULL;
		}
	}
	callnames_done(&names);
	return text;
}

/* By the C library's name, where the kernel's is another. */
static bool parse_other_name(struct rule *rule, const char *word)
{
	char text[600];

	snprintf(text, sizeof(text), "?new%s,?%s64", word, word);
	return !callset_parse(&rule->calls, text, NULL) &&
	       !callset_is_empty(&rule->calls);
}

static int parse_calls(struct parser *p, const char *start, size_t len)
{
	struct rule *rule = p->rule;
	char word[256];

	if (len >= sizeof(word))
		return bad(p, start, "a list of calls that is too long");
	memcpy(word, start, len);
	word[len] = '\0';
	rule->has_calls = true;
	rule->every_call = !strcmp(word, "*") || !strcmp(word, "all");
	if (rule->every_call)
		callset_fill(&rule->calls);
	else if (callset_parse(&rule->calls, word, NULL) &&
		 !parse_other_name(rule, word))
		return bad(p, start, "no system call, %CLASS of them, * or "
			   "SMB2 command (in capitals)");
	rule->names = names_of(&rule->calls);
	return rule->names ? 0 : no_memory(p);
}

static bool parse_request(struct parser *p)
{
	size_t len = strspn(p->at, CALL_CHARS);

	p->rule->request = find_request(p->at, len);
	if (p->rule->request >= 0)
		p->at += len;
	return p->rule->request >= 0;
}

/* "/s" is none. */
static bool at_request(const struct parser *p)
{
	return *p->at == '/' && !(p->at[1] == 's' &&
				  !strspn(p->at + 2, CALL_CHARS));
}

static int parse_what(struct parser *p)
{
	const char *start = p->at;
	size_t len = strspn(p->at, CALL_CHARS);
	int err;

	p->rule->request = -1;
	if (!len)
		return bad(p, p->at, "a system call, %CLASS, * or SMB2 "
			   "command is missing");
	if (parse_request(p))
		return 0;
	err = parse_calls(p, start, len);
	if (err)
		return err;
	p->at += len;
	if (!at_request(p))
		return 0;
	p->at++;
	return parse_request(p) ? 0 :
	       bad(p, p->at, "no SMB2 command; these are in capitals, as "
		   "CREATE");
}

static const struct column *find_column(const char *name, size_t len)
{
	static const struct {
		const char *name, *id;
	} others[] = { { "avg", "average" }, { "p99.9", "p999" } };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strlen(others[i].name) == len &&
		    !memcmp(others[i].name, name, len))
			return column_find(others[i].id,
					   strlen(others[i].id));
	return column_find(name, len);
}

static int check_column(const struct parser *p, const char *start)
{
	const struct rule *rule = p->rule;
	const struct column *column = rule->column;

	if (column->kind == KIND_TEXT || column->kind == KIND_ID)
		return bad(p, start, "a column that is no measure");
	if (!rule->has_calls && column->measure == MEASURE_CALLS)
		return bad(p, start, "an SMB2 command is no call: "
			   "requests(CREATE) are the requests, "
			   "calls(*/CREATE) the calls for them");
	if (rule->has_calls && column->measure == MEASURE_REQUESTS)
		return bad(p, start, "requests are of SMB2 commands, as in "
			   "requests(CREATE)");
	return 0;
}

static int parse_column(struct parser *p)
{
	const char *start = p->at;
	size_t len = strspn(p->at, COLUMN_CHARS);
	int err;

	p->rule->column = find_column(start, len);
	if (!p->rule->column)
		return bad(p, start, "no such column; --list=columns lists "
			   "them");
	p->at += len;
	skip_blanks(p);
	p->at++;
	skip_blanks(p);
	err = parse_what(p);
	if (err)
		return err;
	skip_blanks(p);
	if (!take(p, ")"))
		return bad(p, p->at, "a ) is missing");
	p->rule->per_second = take(p, "/s");
	return check_column(p, start);
}

static const struct column *column_of(const char *id)
{
	return column_find(id, strlen(id));
}

/* Without a column it is how often. */
static int parse_plain(struct parser *p)
{
	struct rule *rule = p->rule;
	const char *start = p->at;
	int err = parse_what(p);

	if (err)
		return err;
	rule->per_second = take(p, "/s");
	if (rule->has_calls && rule->request >= 0 && !rule->per_second)
		rule->column = column_of("calls-per-request");
	else if (rule->per_second)
		rule->column = column_of(rule->has_calls ? "calls" :
							   "requests");
	else
		return bad(p, start, "of it what? as calls(openat), "
			   "openat/CREATE or openat/s");
	return 0;
}

/* --- the limit --------------------------------------------------------- */

static int parse_op(struct parser *p)
{
	static const struct {
		const char *text;
		enum rule_op op;
	} ops[] = {
		{ "<=", OP_UP_TO }, { ">=", OP_FROM }, { "==", OP_EQUAL },
		{ "<", OP_LESS }, { ">", OP_MORE }, { "=", OP_EQUAL },
	};

	skip_blanks(p);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (take(p, ops[i].text)) {
			p->rule->op = ops[i].op;
			return 0;
		}
	return bad(p, p->at, "<, <=, >, >= or = is missing");
}

/* Not strtod(): that knows the locale, hexadecimal numbers and infinity. */
static int parse_number(struct parser *p)
{
	const char *start = p->at;
	double value = 0, unit = 1;
	int digits = 0;

	for (; *p->at >= '0' && *p->at <= '9'; p->at++, digits++)
		value = 10 * value + (*p->at - '0');
	if (*p->at == '.')
		for (p->at++; *p->at >= '0' && *p->at <= '9'; p->at++) {
			unit *= 10;
			value = 10 * value + (*p->at - '0');
			digits++;
		}
	if (!digits || digits > 18)
		return bad(p, start, "a number is wanted, as 6 or 0.5");
	p->rule->limit = value / unit;
	return 0;
}

struct scale {
	const char *name;
	double scale;
};

static const struct scale times[] = {
	{ "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { NULL, 0 }
};

static const struct scale sizes[] = {
	{ "K", 1024.0 }, { "M", 1048576.0 }, { "G", 1073741824.0 },
	{ "T", 1099511627776.0 }, { "", 1 }, { NULL, 0 }
};

static const struct scale plain[] = { { "", 1 }, { NULL, 0 } };
static const struct scale percents[] = { { "%", 1 }, { "", 1 }, { NULL, 0 } };

static const struct scale *units_of(const struct column *column,
				   const char **wanted)
{
	switch (column->kind) {
	case KIND_NS:
	case KIND_LATENCY:
		*wanted = "a time needs ns, us, ms or s behind it";
		return times;
	case KIND_BYTES:
		*wanted = "bytes may have K, M, G or T behind them";
		return sizes;
	case KIND_PERCENT:
		*wanted = "a share is a number and %";
		return percents;
	default:
		*wanted = "this is counted: a number alone";
		return plain;
	}
}

/* Of what a value can be a share. */
static enum rule_share share_of(const struct rule *rule)
{
	const struct column *column = rule->column;

	if (rule->per_second || column->measure < 0)
		return SHARE_NONE;
	if (column->kind == KIND_NS)
		return SHARE_WALL;
	if (column->measure == MEASURE_ERRORS)
		return SHARE_FAILED;
	return column->measure == MEASURE_CALLS ? SHARE_CALLS : SHARE_NONE;
}

static int parse_limit(struct parser *p)
{
	struct rule *rule = p->rule;
	const struct scale *units;
	const char *start, *wanted;
	int err;

	skip_blanks(p);
	err = parse_number(p);
	if (err)
		return err;
	start = p->at;
	units = units_of(rule->column, &wanted);
	if (*start == '%' && share_of(rule) != SHARE_NONE) {
		rule->share = share_of(rule);
		units = percents;
	}
	while (units->name && !take(p, units->name))
		units++;
	if (!units->name && rule->limit > 0)
		return bad(p, start, wanted);
	rule->unit = units->name ? units->name : "ns";
	rule->scale = units->name ? units->scale : 1;
	rule->limit *= rule->scale;
	skip_blanks(p);
	return *p->at ? bad(p, p->at, wanted) : 0;
}

static int parse(struct parser *p)
{
	int err;

	skip_blanks(p);
	p->at += strspn(p->at, COLUMN_CHARS);
	skip_blanks(p);
	err = *p->at == '(';
	p->at = p->text;
	skip_blanks(p);
	err = err ? parse_column(p) : parse_plain(p);
	if (!err)
		err = parse_op(p);
	return err ? err : parse_limit(p);
}

int rule_parse(struct rule *ret, const char *text, size_t len,
	       struct why *why)
{
	struct parser p = { .rule = ret, .why = why };
	char copy[MAX_RULE + 1];
	int err;

	while (len && strchr(" \t", *text)) {
		text++;
		len--;
	}
	*ret = (struct rule){ .text = text, .len = (int)len, .request = -1 };
	if (len > MAX_RULE)
		return why_set(why, EINVAL, "--budget: a rule of more than %d "
			       "characters", MAX_RULE);
	memcpy(copy, text, len);
	copy[len] = '\0';
	p.text = p.at = copy;
	err = parse(&p);
	if (err)
		rule_done(ret);
	return err;
}

void rule_done(struct rule *rule)
{
	free(rule->names);
	rule->names = NULL;
}

bool rule_has_call(const struct rule *rule, const char *name)
{
	const char *at = rule->names;
	size_t len = strlen(name);

	if (rule->every_call)
		return true;
	while (len && (at = strstr(at, name))) {
		if (at[-1] == '|' && at[len] == '|')
			return true;
		at++;
	}
	return false;
}
