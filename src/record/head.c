/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/head.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "model/abi.h"
#include "model/bucket.h"
#include "model/slow.h"
#include "record/fields.h"

_Static_assert(MEASURE_COUNT <= HEAD_NAMES && LOSS_COUNT <= HEAD_NAMES &&
	       FIELD_COUNT <= HEAD_NAMES, "a head has room for so many names");

/* The name of number @i of a list, NULL behind the last. */
typedef const char *(*name_fn)(int i);

static const char *measure_name(int i)
{
	return i < MEASURE_COUNT ? measure_table[i].name : NULL;
}

static const char *loss_name(int i)
{
	return i < LOSS_COUNT ? loss_table[i].name : NULL;
}

static const char *field_name(int i)
{
	return i < FIELD_COUNT ? field_names[i] : NULL;
}

static const char *dim_name(int i)
{
	return i < DIM_COUNT ? dim_table[i].name : NULL;
}

/* What is said of a record by its being there. */
static const struct {
	const char *name;
	size_t at;
} flags[] = {
	{ "histograms", offsetof(struct record_head, histograms) },
	{ "errors", offsetof(struct record_head, errors) },
	{ "threads", offsetof(struct record_head, threads) },
	{ "smb", offsetof(struct record_head, smb) },
	{ "some-calls", offsetof(struct record_head, some_calls) },
	{ "all-calls", offsetof(struct record_head, all_calls) },
	{ "has-by", offsetof(struct record_head, has_by) },
	{ "functions", offsetof(struct record_head, functions) },
};

#define N_FLAGS ((int)(sizeof(flags) / sizeof(*flags)))

static const char *flag_name(int i)
{
	return i < N_FLAGS ? flags[i].name : NULL;
}

/* --- writing --- */

static void put(struct pack *pack, const char *text)
{
	pack_bytes(pack, text, strlen(text));
}

static void put_line(struct pack *pack, const char *name, const char *value)
{
	put(pack, name);
	put(pack, " ");
	/* A command can have a newline in it. */
	for (; *value; value++)
		pack_byte(pack, (unsigned char)*value < ' ' ||
				*value == 0x7f ? '?' : (uint8_t)*value);
	put(pack, "\n");
}

static void put_number(struct pack *pack, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	put_line(pack, name, text);
}

/* Of the bits in @which. */
static void put_names(struct pack *pack, const char *name, name_fn name_of,
		      uint64_t which)
{
	const char *comma = "";

	put(pack, name);
	put(pack, " ");
	for (int i = 0; name_of(i); i++) {
		if (!(which >> i & 1))
			continue;
		put(pack, comma);
		put(pack, name_of(i));
		comma = ",";
	}
	put(pack, "\n");
}

/* Bounds of the first and of the last octave, buckets in one. */
static const char *bucket_words(char buf[32])
{
	snprintf(buf, 32, "%d,%d,4", BUCKET_FIRST_LOG2, BUCKET_LAST_LOG2);
	return buf;
}

void head_write(struct pack *pack, const struct record_head *head)
{
	uint64_t has = 0;
	char buf[32];

	for (int i = 0; i < N_FLAGS; i++)
		if (*(const bool *)((const char *)head + flags[i].at))
			has |= 1ull << i;
	put_line(pack, "version", head->version);
	put_line(pack, "host", head->host);
	put_line(pack, "kernel", head->kernel);
	put_line(pack, "machine", abi_name(ABI_NATIVE));
	put_line(pack, "command-line", head->command_line);
	put_line(pack, "target", head->target);
	put_number(pack, "began-ns", head->began_ns);
	put_number(pack, "start-cpu-ns", head->start_cpu_ns);
	put_line(pack, "collector", head->collector);
	put_names(pack, "measures", measure_name, head->measures);
	put_names(pack, "estimated", measure_name, head->estimated);
	put_names(pack, "by-call", measure_name, head->by_call);
	put_names(pack, "has", flag_name, has);
	put_names(pack, "by", dim_name, head->by);
	put_names(pack, "detail", dim_name, head->detail);
	put_number(pack, "slowest", (int64_t)head->slowest);
	put_names(pack, "all-measures", measure_name, ~0ull);
	put_names(pack, "all-losses", loss_name, ~0ull);
	put_names(pack, "key", field_name, ~0ull);
	put_line(pack, "buckets", bucket_words(buf));
}

/* --- reading --- */

struct head_reader {
	struct record_head *head;
	struct head_dialect *dialect;
	char machine[16], buckets[32], detail[256];
	char unknown[64];	/* a name that is not ours */
};

static int index_of(name_fn name_of, const char *name, size_t len)
{
	for (int i = 0; name_of(i); i++)
		if (strlen(name_of(i)) == len && !memcmp(name_of(i), name, len))
			return i;
	return -1;
}

/* false: one of them is not known, or they are too many. */
static bool read_names(struct head_reader *r, const char *value,
		       name_fn name_of, struct head_names *ret)
{
	ret->n = 0;
	while (*value) {
		size_t len = strcspn(value, ",");
		int i = index_of(name_of, value, len);

		if (i < 0 || ret->n == HEAD_NAMES) {
			snprintf(r->unknown, sizeof(r->unknown), "%.*s",
				 (int)(len < 48 ? len : 48), value);
			return false;
		}
		ret->ours[ret->n++] = (uint8_t)i;
		value += len + (value[len] == ',');
	}
	return true;
}

static bool read_bits(struct head_reader *r, const char *value,
		      name_fn name_of, unsigned *ret)
{
	struct head_names names;

	if (!read_names(r, value, name_of, &names))
		return false;
	*ret = 0;
	for (int i = 0; i < names.n; i++)
		*ret |= 1u << names.ours[i];
	return true;
}

/* Those that are not known say of a record what we need not know. */
static bool read_flags(struct head_reader *r, const char *value)
{
	while (*value) {
		size_t len = strcspn(value, ",");
		int i = index_of(flag_name, value, len);

		if (i >= 0)
			*(bool *)((char *)r->head + flags[i].at) = true;
		value += len + (value[len] == ',');
	}
	return true;
}

static bool read_number(const char *value, uint64_t max, uint64_t *ret)
{
	return !num_parse(value, max, ret);
}

static bool read_text(const char *value, char *ret, size_t size)
{
	snprintf(ret, size, "%s", value);
	return true;
}

/* One line; true also where it is not known. */
static bool read_line(struct head_reader *r, const char *name,
		      const char *value)
{
	struct record_head *head = r->head;
	struct head_dialect *dialect = r->dialect;
	const struct {
		const char *name;
		char *ret;
		size_t size;
	} texts[] = {
		{ "version", head->version, sizeof(head->version) },
		{ "host", head->host, sizeof(head->host) },
		{ "kernel", head->kernel, sizeof(head->kernel) },
		{ "command-line", head->command_line,
		  sizeof(head->command_line) },
		{ "target", head->target, sizeof(head->target) },
		{ "collector", head->collector, sizeof(head->collector) },
		{ "machine", r->machine, sizeof(r->machine) },
		{ "buckets", r->buckets, sizeof(r->buckets) },
	};
	const struct {
		const char *name;
		name_fn name_of;
		unsigned *ret;
	} bits[] = {
		{ "measures", measure_name, &head->measures },
		{ "estimated", measure_name, &head->estimated },
		{ "by-call", measure_name, &head->by_call },
		{ "by", dim_name, &head->by },
		{ "detail", dim_name, &head->detail },
	};
	const struct {
		const char *name;
		name_fn name_of;
		struct head_names *ret;
	} lists[] = {
		{ "all-measures", measure_name, &dialect->measures },
		{ "all-losses", loss_name, &dialect->losses },
		{ "key", field_name, &dialect->fields },
	};
	uint64_t n = 0;
	bool ok;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(name, texts[i].name))
			return read_text(value, texts[i].ret, texts[i].size);
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (!strcmp(name, bits[i].name))
			return read_bits(r, value, bits[i].name_of,
					 bits[i].ret);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (!strcmp(name, lists[i].name))
			return read_names(r, value, lists[i].name_of,
					  lists[i].ret);
	if (!strcmp(name, "has"))
		return read_flags(r, value);
	if (!strcmp(name, "began-ns")) {
		ok = read_number(value, 1ull << 62, &n);
		head->began_ns = (int64_t)n;
		return ok;
	}
	if (!strcmp(name, "start-cpu-ns")) {
		ok = read_number(value, 1ull << 56, &n);
		head->start_cpu_ns = (int64_t)n;
		return ok;
	}
	if (!strcmp(name, "slowest")) {
		ok = read_number(value, SLOW_MAX, &n);
		head->slowest = n;
		return ok;
	}
	return true;
}

static int make_no_sense(struct why *why)
{
	return why_set(why, EPROTO, "its head makes no sense: it was changed, "
		       "or is of no smbsysacct");
}

/* Numbers mean the same here, and all that there must be is there. */
static int check(const struct head_reader *r, struct why *why)
{
	char buf[32], safe[sizeof(r->head->version)];

	if (!*r->head->collector || !r->dialect->measures.n ||
	    !r->dialect->losses.n || !r->dialect->fields.n || !*r->machine)
		return make_no_sense(why);
	if (strcmp(r->machine, abi_name(ABI_NATIVE)))
		return why_set(why, EPROTONOSUPPORT, "it was made on a "
			       "machine of the kind %s, where calls have other "
			       "numbers; read it by a smbsysacct that is built "
			       "for that", text_untrusted(safe, sizeof(safe), r->machine));
	if (strcmp(r->buckets, bucket_words(buf)))
		return why_set(why, EPROTONOSUPPORT, "its histograms have "
			       "other buckets than this smbsysacct's; read it "
			       "by version %s, which wrote it",
			       text_untrusted(safe, sizeof(safe),
					      r->head->version));
	return 0;
}

static int refuse(const struct head_reader *r, struct why *why)
{
	char unknown[sizeof(r->unknown)], version[sizeof(r->head->version)];

	if (!*r->unknown)
		return make_no_sense(why);
	text_untrusted(unknown, sizeof(unknown), r->unknown);
	text_untrusted(version, sizeof(version), r->head->version);
	return why_set(why, EPROTONOSUPPORT, "it has '%s' in it, which this "
		       "smbsysacct, %s, does not know; read it by version %s, "
		       "which wrote it", unknown, PACKAGE_VERSION,
		       *version ? version : "?");
}

int head_read(const char *text, size_t size, struct record_head *ret,
	      struct head_dialect *dialect, struct why *why)
{
	struct head_reader r = { .head = ret, .dialect = dialect };
	char *copy = strndup(text, size), *rest = copy, *line;
	int err = 0;

	*ret = (struct record_head){ .by = 0 };
	*dialect = (struct head_dialect){ .measures.n = 0 };
	if (!copy)
		return why_set(why, ENOMEM, "out of memory");
	while (!err && (line = strsep(&rest, "\n"))) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		if (!read_line(&r, line, value))
			err = refuse(&r, why);
	}
	free(copy);
	return err ? err : check(&r, why);
}
