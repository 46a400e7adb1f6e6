/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/starts.h"

#include <string.h>

#include <dwarf.h>
#include <gelf.h>

/* Of .eh_frame_hdr, in the one form that linkers write. */
#define HEADER_BYTES	12
#define ENTRY_BYTES	8

void starts_read(struct starts *starts, Elf *elf)
{
	static const unsigned char form[] = {
		1, DW_EH_PE_pcrel | DW_EH_PE_sdata4, DW_EH_PE_udata4,
		DW_EH_PE_datarel | DW_EH_PE_sdata4,
	};
	Elf_Data *data = NULL;
	GElf_Phdr phdr;
	uint32_t n;
	size_t all;

	*starts = (struct starts){ 0 };
	if (elf_getphdrnum(elf, &all))
		return;
	for (size_t i = 0; i < all && !data; i++) {
		if (!gelf_getphdr(elf, (int)i, &phdr) ||
		    phdr.p_type != PT_GNU_EH_FRAME)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)phdr.p_offset,
					    phdr.p_filesz, ELF_T_BYTE);
	}
	if (!data || !data->d_buf || data->d_size < HEADER_BYTES ||
	    memcmp(data->d_buf, form, sizeof(form)))
		return;
	starts->table = (const unsigned char *)data->d_buf + HEADER_BYTES;
	memcpy(&n, starts->table - sizeof(n), sizeof(n));
	starts->n = (data->d_size - HEADER_BYTES) / ENTRY_BYTES;
	if (starts->n > n)
		starts->n = n;
	starts->base = phdr.p_vaddr;
}

static uint64_t start_of(const struct starts *starts, size_t i)
{
	int32_t offset;

	memcpy(&offset, starts->table + i * ENTRY_BYTES, sizeof(offset));
	return starts->base + (uint64_t)(int64_t)offset;
}

uint64_t starts_find(const struct starts *starts, uint64_t vaddr)
{
	size_t low = 0, high = starts->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (start_of(starts, mid) <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low ? start_of(starts, low - 1) : vaddr;
}
