/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than any section of symbols that there is. */
#define MAX_BYTES (1ull << 30)
#define MAX_SECTIONS 65535

#ifdef __x86_64__
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

struct elf {
	int fd;
	Elf64_Shdr *sections;
	size_t n_sections;
	Elf64_Phdr *segments;
	size_t n_segments;
	char *names;		/* of sections, as long as their own says */
	size_t names_size;
};

/* With a 0 behind it; NULL and errno. */
static void *take(int fd, uint64_t offset, uint64_t size)
{
	char *ret;
	ssize_t n;

	if (size > MAX_BYTES || offset > INT64_MAX - size) {
		errno = ENOEXEC;
		return NULL;
	}
	ret = calloc(1, size + 1);
	n = ret ? pread(fd, ret, size, (off_t)offset) : -1;
	if (ret && (n < 0 || (uint64_t)n < size)) {
		if (n >= 0)
			errno = ENOEXEC;
		free(ret);
		ret = NULL;
	}
	return ret;
}

static void elf_done(struct elf *elf)
{
	free(elf->sections);
	free(elf->segments);
	free(elf->names);
}

static int elf_init(struct elf *elf, int fd)
{
	Elf64_Ehdr head;
	ssize_t n = pread(fd, &head, sizeof(head), 0);

	*elf = (struct elf){ .fd = fd };
	if (n < 0)
		return -errno;
	if ((size_t)n < sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_machine != MACHINE ||
	    head.e_shentsize != sizeof(*elf->sections) ||
	    head.e_phentsize != sizeof(*elf->segments) ||
	    head.e_shstrndx >= head.e_shnum)
		return -ENOEXEC;
	elf->n_sections = head.e_shnum;
	elf->n_segments = head.e_phnum;
	elf->sections = take(fd, head.e_shoff, elf->n_sections *
			     sizeof(*elf->sections));
	elf->segments = take(fd, head.e_phoff, elf->n_segments *
			     sizeof(*elf->segments));
	if (elf->sections && elf->segments) {
		const Elf64_Shdr *names = &elf->sections[head.e_shstrndx];

		elf->names_size = names->sh_size;
		elf->names = take(fd, names->sh_offset, names->sh_size);
	}
	return elf->names ? 0 : -errno;
}

/* Where in the file, what is at @address once it is loaded; 0: nowhere. */
static uint64_t offset_of(const struct elf *elf, uint64_t address,
			  uint32_t flags)
{
	for (size_t i = 0; i < elf->n_segments; i++) {
		const Elf64_Phdr *s = &elf->segments[i];

		if (s->p_type == PT_LOAD && (s->p_flags & flags) == flags &&
		    address >= s->p_vaddr &&
		    address - s->p_vaddr < s->p_memsz)
			return address - s->p_vaddr + s->p_offset;
	}
	return 0;
}

static const Elf64_Shdr *section(const struct elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->n_sections; i++)
		if (elf->sections[i].sh_name < elf->names_size &&
		    !strcmp(elf->names + elf->sections[i].sh_name, name))
			return &elf->sections[i];
	return NULL;
}

/* --- functions -------------------------------------------------------------------- */

static uint64_t look_up(const struct elf *elf, const Elf64_Sym *symbols,
			size_t n, const char *texts, size_t size,
			const char *name)
{
	for (size_t i = 0; i < n; i++) {
		const Elf64_Sym *s = &symbols[i];

		if (ELF64_ST_TYPE(s->st_info) == STT_FUNC &&
		    s->st_shndx != SHN_UNDEF && s->st_name < size &&
		    !strcmp(texts + s->st_name, name))
			return offset_of(elf, s->st_value, PF_X);
	}
	return 0;
}

static int find_symbol(const struct elf *elf, const Elf64_Shdr *table,
		       const char *name, uint64_t *ret)
{
	const Elf64_Shdr *texts = &elf->sections[table->sh_link];
	Elf64_Sym *symbols = NULL;
	char *text = NULL;
	int err = 0;

	if (table->sh_link >= elf->n_sections)
		return -ENOEXEC;
	symbols = take(elf->fd, table->sh_offset, table->sh_size);
	text = take(elf->fd, texts->sh_offset, texts->sh_size);
	if (symbols && text)
		*ret = look_up(elf, symbols, table->sh_size /
			       sizeof(*symbols), text, texts->sh_size, name);
	else
		err = -errno;
	free(symbols);
	free(text);
	return err;
}

int elf_function(int fd, const char *name, struct elf_place *ret)
{
	struct elf elf;
	int err = elf_init(&elf, fd);

	*ret = (struct elf_place){ 0 };
	for (size_t i = 0; !err && !ret->offset && i < elf.n_sections; i++)
		if (elf.sections[i].sh_type == SHT_SYMTAB ||
		    elf.sections[i].sh_type == SHT_DYNSYM)
			err = find_symbol(&elf, &elf.sections[i], name,
					  &ret->offset);
	elf_done(&elf);
	return err ? err : ret->offset ? 0 : -ENOENT;
}

/* --- static probes ------------------------------------------------------------------ */

#define NOTE_TYPE 3
#define NOTE_NAME "stapsdt"

/* What comes first: where it is, where .stapsdt.base was, a semaphore. */
#define NOTE_ADDRESSES (3 * sizeof(uint64_t))

/* Behind them the texts "provider", "name" and "arguments"; behind the whole
 * section there is a 0. */
static bool is_named(const char *texts, size_t room, const char *provider,
		     const char *name)
{
	size_t len = strlen(texts);

	if (len >= room || strcmp(texts, provider))
		return false;
	return strlen(texts + len + 1) < room - len - 1 &&
	       !strcmp(texts + len + 1, name);
}

/* prelink moves addresses, and this section's with them. */
static uint64_t moved_by(const struct elf *elf, uint64_t base)
{
	const Elf64_Shdr *now = section(elf, ".stapsdt.base");

	return now && base ? now->sh_addr - base : 0;
}

/* False: it is out of reach. */
static bool read_note(const struct elf *elf, const char *note,
		      struct elf_place *ret)
{
	uint64_t addresses[3], by;

	memcpy(addresses, note, sizeof(addresses));
	by = moved_by(elf, addresses[1]);
	ret->offset = offset_of(elf, addresses[0] + by, PF_X);
	ret->semaphore = addresses[2] ? offset_of(elf, addresses[2] + by,
						  PF_W) : 0;
	return ret->offset;
}

static int scan_notes(const struct elf *elf, const char *notes, size_t size,
		      const char *provider, const char *name,
		      struct elf_place ret[ELF_PLACES])
{
	size_t at = 0;
	int n = 0;

	while (n < ELF_PLACES && size - at > sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr head;
		size_t len, text;

		memcpy(&head, notes + at, sizeof(head));
		text = ((size_t)head.n_namesz + 3) & ~(size_t)3;
		len = ((size_t)head.n_descsz + 3) & ~(size_t)3;
		at += sizeof(head);
		if (text > size - at || len > size - at - text)
			break;
		if (head.n_type == NOTE_TYPE &&
		    head.n_namesz == sizeof(NOTE_NAME) &&
		    !memcmp(notes + at, NOTE_NAME, sizeof(NOTE_NAME)) &&
		    head.n_descsz > NOTE_ADDRESSES &&
		    is_named(notes + at + text + NOTE_ADDRESSES,
			     head.n_descsz - NOTE_ADDRESSES, provider, name))
			n += read_note(elf, notes + at + text, &ret[n]);
		at += text + len;
	}
	return n;
}

int elf_static(int fd, const char *provider, const char *name,
	       struct elf_place ret[ELF_PLACES])
{
	const Elf64_Shdr *found;
	char *notes = NULL;
	struct elf elf;
	int err = elf_init(&elf, fd), n = 0;

	found = err ? NULL : section(&elf, ".note.stapsdt");
	if (found) {
		notes = take(fd, found->sh_offset, found->sh_size);
		if (notes)
			n = scan_notes(&elf, notes, found->sh_size, provider,
				       name, ret);
		else
			err = -errno;
	}
	free(notes);
	elf_done(&elf);
	return err ? err : n ? n : -ENOENT;
}
