/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/cfi.h"

#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#define MAX_FUNCTIONS (4u << 20)

/* An address as an entry says it; those of personalities are skipped. */
static uint64_t read_address(const struct cfi *cfi, struct reader *r,
			     uint8_t encoding)
{
	uint64_t here = cfi->vaddr + (uint64_t)(r->at - cfi->data), value;

	switch (encoding & 0x0f) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		value = reader_fixed(r, 8);
		break;
	case DW_EH_PE_udata4:
		value = reader_fixed(r, 4);
		break;
	case DW_EH_PE_sdata4:
		value = (uint64_t)reader_signed(r, 4);
		break;
	case DW_EH_PE_udata2:
		value = reader_fixed(r, 2);
		break;
	case DW_EH_PE_sdata2:
		value = (uint64_t)reader_signed(r, 2);
		break;
	default:
		r->bad = true;
		return 0;
	}
	if ((encoding & 0x70) == DW_EH_PE_pcrel)
		value += here;
	return value;
}

/* The body of the entry at an offset, and what its id is; false: the end. */
static bool read_head(const struct cfi *cfi, uint64_t at, struct reader *body,
		      uint64_t *id_at, uint32_t *id)
{
	struct reader r = { cfi->data, cfi->data + cfi->size, false };
	uint64_t length;

	reader_skip(&r, at);
	length = reader_fixed(&r, 4);
	/* The 64-bit form is for sections above 4 GB. */
	if (r.bad || length < 4 || length >= 0xfffffff0)
		return false;
	*body = reader_part(&r, length);
	*id_at = (uint64_t)(body->at - cfi->data);
	*id = (uint32_t)reader_fixed(body, 4);
	return !body->bad;
}

static bool is_common(const struct cfi *cfi, uint32_t id)
{
	return id == (cfi->eh ? 0 : UINT32_MAX);
}

static void read_augmentation(const struct cfi *cfi, struct reader *r,
			      const char *text, struct cfi_entry *entry)
{
	struct reader part;

	entry->encoding = DW_EH_PE_absptr;
	entry->augmented = *text == 'z';
	if (!entry->augmented) {
		/* Nothing says how long it is. */
		r->bad |= *text != '\0';
		return;
	}
	part = reader_part(r, reader_uleb(r));
	for (text++; *text && !part.bad; text++) {
		switch (*text) {
		case 'R':
			entry->encoding = (uint8_t)reader_fixed(&part, 1);
			break;
		case 'P':
			read_address(cfi, &part,
				     (uint8_t)reader_fixed(&part, 1));
			break;
		case 'L':
			reader_skip(&part, 1);
			break;
		case 'S':
			entry->signal = true;
			break;
		default:
			/* 'B' of arm64 has no data, and others come last. */
			break;
		}
	}
	r->bad |= part.bad;
}

static bool read_common(const struct cfi *cfi, uint64_t at,
			struct cfi_entry *entry)
{
	const char *text;
	uint64_t id_at;
	struct reader r;
	uint8_t version;
	uint32_t id;

	*entry = (struct cfi_entry){ 0 };
	if (!read_head(cfi, at, &r, &id_at, &id) || !is_common(cfi, id))
		return false;
	version = (uint8_t)reader_fixed(&r, 1);
	text = (const char *)r.at;
	if (!memchr(text, '\0', reader_left(&r)))
		return false;
	reader_skip(&r, strlen(text) + 1);
	if (version == 4)
		reader_skip(&r, 2);
	entry->code_align = reader_uleb(&r);
	entry->data_align = reader_sleb(&r);
	entry->ra = version == 1 ? reader_fixed(&r, 1) : reader_uleb(&r);
	read_augmentation(cfi, &r, text, entry);
	entry->first = r;
	return !r.bad;
}

/* Where what an entry has in common with others is. */
static uint64_t common_at(const struct cfi *cfi, uint64_t id_at, uint32_t id)
{
	return cfi->eh ? id_at - id : id;
}

/* Behind read_common(), what is said about one function. */
static bool read_own(const struct cfi *cfi, struct reader *r,
		     struct cfi_entry *entry)
{
	entry->start = read_address(cfi, r, entry->encoding);
	entry->size = read_address(cfi, r, entry->encoding & 0x0f);
	if (entry->augmented)
		reader_skip(r, reader_uleb(r));
	entry->own = *r;
	return !r->bad;
}

bool cfi_read(const struct cfi *cfi, const struct cfi_function *function,
	      struct cfi_entry *ret)
{
	struct reader r;
	uint64_t id_at;
	uint32_t id;

	return read_head(cfi, function->at, &r, &id_at, &id) &&
	       read_common(cfi, common_at(cfi, id_at, id), ret) &&
	       read_own(cfi, &r, ret);
}

static bool add_function(struct cfi *cfi, uint64_t at,
			 const struct cfi_entry *entry)
{
	if (cfi->n == cfi->room) {
		size_t room = cfi->room ? cfi->room * 2 : 256;
		void *list = room > MAX_FUNCTIONS ? NULL :
			     realloc(cfi->list, room * sizeof(*cfi->list));

		if (!list)
			return false;
		cfi->list = list;
		cfi->room = room;
	}
	cfi->list[cfi->n++] = (struct cfi_function){
		entry->start, (uint32_t)entry->size, (uint32_t)at
	};
	return true;
}

static int by_start(const void *p, const void *q)
{
	const struct cfi_function *a = p, *b = q;

	return a->start < b->start ? -1 : a->start > b->start;
}

void cfi_index(struct cfi *cfi, const void *data, size_t size, uint64_t vaddr,
	       bool eh)
{
	uint64_t at = 0, known = UINT64_MAX, next, id_at;
	struct cfi_entry entry;
	bool good = false;
	struct reader r;
	uint32_t id;

	*cfi = (struct cfi){ .data = data, .size = size, .vaddr = vaddr,
			     .eh = eh };
	for (; read_head(cfi, at, &r, &id_at, &id); at = next) {
		next = (uint64_t)(r.end - cfi->data);
		if (is_common(cfi, id) || at > UINT32_MAX)
			continue;
		if (common_at(cfi, id_at, id) != known) {
			known = common_at(cfi, id_at, id);
			good = read_common(cfi, known, &entry);
		}
		/* What a linker threw away is at 0. */
		if (good && read_own(cfi, &r, &entry) && entry.start &&
		    entry.size && entry.size <= UINT32_MAX &&
		    !add_function(cfi, at, &entry))
			break;
	}
	if (cfi->n)
		qsort(cfi->list, cfi->n, sizeof(*cfi->list), by_start);
}

const struct cfi_function *cfi_find(const struct cfi *cfi, uint64_t vaddr)
{
	size_t low = 0, high = cfi->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cfi->list[mid].start <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || vaddr - cfi->list[low - 1].start >= cfi->list[low - 1].size)
		return NULL;
	return &cfi->list[low - 1];
}

void cfi_done(struct cfi *cfi)
{
	free(cfi->list);
	*cfi = (struct cfi){ 0 };
}
