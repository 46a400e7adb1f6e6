/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/arguments.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/abi.h"
#include "model/arguments_table.h"
#include "model/errname.h"

static int compare(const void *name, const void *row)
{
	return strcmp(name, ((const struct arguments_row *)row)->name);
}

/* How the arguments are shown; of what is not known, all of them. */
static const char *find(const char *name)
{
	const struct arguments_row *row =
		bsearch(name, arguments_table, sizeof(arguments_table) /
			sizeof(*arguments_table), sizeof(*arguments_table),
			compare);

	return row ? row->as : "xxxxxx";
}

static int put(char *buf, size_t size, char as, uint64_t value)
{
	int32_t number = (int32_t)value;

	switch (as) {
	case 'f':
		return number == AT_FDCWD ?
		       snprintf(buf, size, "AT_FDCWD") :
		       snprintf(buf, size, "%d", number);
	case 'd':
		/* Of 32 bits, whose sign may not have been carried on. */
		if (value >> 32)
			return snprintf(buf, size, "%lld", (long long)value);
		return snprintf(buf, size, "%d", number);
	case 'u':
		return snprintf(buf, size, "%llu", (unsigned long long)value);
	case 'o':
		return snprintf(buf, size, "%#o", (unsigned)value);
	case 'p':
		if (!value)
			return snprintf(buf, size, "NULL");
	}
	return snprintf(buf, size, value ? "0x%llx" : "%llu",
			(unsigned long long)value);
}

char *arguments_text(char *buf, size_t size, int abi, const char *name,
		     const uint64_t args[ARGUMENTS])
{
	const char *as = find(name);
	size_t n = 0;

	n += (size_t)snprintf(buf, size, "%s(", name);
	for (size_t i = 0; as[i] && n < size; i++) {
		uint64_t value = abi == ABI_COMPAT ? (uint32_t)args[i] :
						     args[i];

		if (i)
			n += (size_t)snprintf(buf + n, size - n, ", ");
		if (n < size)
			n += (size_t)put(buf + n, size - n, as[i], value);
	}
	if (n < size)
		snprintf(buf + n, size - n, ")");
	return buf;
}

/* They return addresses. */
static const char *const mappers[] = { "brk", "mmap", "mmap2", "mremap",
				       "shmat" };

char *arguments_result(char *buf, size_t size, const char *name,
		       int64_t ret)
{
	char error[32];

	if (ret < 0 && ret >= -4095) {
		snprintf(buf, size, "-1 %s",
			 errname(error, sizeof(error), (int)-ret));
		return buf;
	}
	for (size_t i = 0; i < sizeof(mappers) / sizeof(*mappers); i++)
		if (!strcmp(mappers[i], name)) {
			snprintf(buf, size, "0x%llx", (unsigned long long)ret);
			return buf;
		}
	snprintf(buf, size, "%lld", (long long)ret);
	return buf;
}
