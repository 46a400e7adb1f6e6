/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/image.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdw.h>
#include <gelf.h>

#include "base/map.h"
#include "symbols/cfi.h"
#include "symbols/demangle.h"
#include "symbols/extra.h"
#include "symbols/inlines.h"
#include "symbols/symtab.h"

#define MAX_LOADS	32
#define MAX_FILE_BYTES	(4ull << 30)
/* What is read into memory at one go. */
#define MAX_TABLE_BYTES	(256ull << 20)
#define MAX_DEBUG_BYTES	(512ull << 20)
#define MAX_NAMED	65536
#define MAX_INLINED	32

/* The names at one address, kept as finding them is slow. */
struct named {
	uint64_t vaddr;		/* the map's key: stays first */
	size_t n;
	const char *names[];
};

struct load {
	uint64_t offset, size, vaddr;
};

struct image {
	Elf *elf;
	bool native, has_info;
	struct load loads[MAX_LOADS];
	size_t n_loads;
	void *memory;		/* the vDSO's */
	void *unpacked;		/* symbols of .gnu_debugdata */
	Elf *packed;
	int debug_fd;		/* -1: none */
	Elf *debug;
	bool dwarf_read;	/* or tried to */
	Dwarf *dwarf;		/* of elf or debug; NULL: none */
	struct cfi frames[2];	/* .eh_frame, .debug_frame */
	struct inlines *inlines;
	struct symtab symtab;
	struct rules rules;
	struct map named;	/* struct named */
};

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#else
#define NATIVE_MACHINE EM_NONE
#endif

static int read_loads(struct image *image)
{
	size_t n;

	if (elf_getphdrnum(image->elf, &n))
		return -EINVAL;
	for (size_t i = 0; i < n && image->n_loads < MAX_LOADS; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(image->elf, (int)i, &phdr))
			return -EINVAL;
		if (phdr.p_type == PT_LOAD)
			image->loads[image->n_loads++] = (struct load){
				phdr.p_offset, phdr.p_filesz, phdr.p_vaddr
			};
	}
	return image->n_loads ? 0 : -EINVAL;
}

/* Sizes as they will be in memory. What is too large is left alone. */
static bool fits(struct image *image)
{
	uint64_t tables = 0, debug = 0;
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(image->elf, &names))
		return true;
	while ((scn = elf_nextscn(image->elf, scn))) {
		const char *name;
		GElf_Shdr shdr;
		GElf_Chdr chdr;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(image->elf, names, shdr.sh_name);
		if (!name)
			continue;
		/* Says where a second file is, which the library opens. */
		if (!strcmp(name, ".gnu_debugaltlink"))
			debug = UINT64_MAX / 2;
		if (!strcmp(name, ".debug_info"))
			image->has_info = true;
		if ((shdr.sh_flags & SHF_COMPRESSED) &&
		    gelf_getchdr(scn, &chdr) && chdr.ch_size > shdr.sh_size)
			shdr.sh_size = chdr.ch_size;
		if (shdr.sh_size > MAX_FILE_BYTES)
			return false;
		if (!strncmp(name, ".debug_", 7) ||
		    !strncmp(name, ".zdebug_", 8))
			debug += shdr.sh_size;
		else if (!(shdr.sh_flags & SHF_EXECINSTR) &&
			 shdr.sh_type != SHT_PROGBITS)
			tables += shdr.sh_size;
	}
	if (debug > MAX_DEBUG_BYTES)
		image->has_info = false;
	return tables <= MAX_TABLE_BYTES;
}

static void read_dwarf(struct image *image)
{
	Elf *elf = image->debug ? image->debug : image->elf;

	image->dwarf_read = true;
	if (!image->debug && !image->has_info)
		return;
	image->dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (image->dwarf)
		image->inlines = inlines_new(image->dwarf);
}

/*
 * Its own debug information, or a debug file's. That can be opened as long as
 * we like, and takes 50 ms for the C library's, as it is compressed: it waits
 * for the first who asks for a name.
 */
static void find_debug(struct image *image)
{
	if (!image->has_info)
		image->debug_fd = extra_debug_file(image->elf);
	if (image->debug_fd >= 0)
		image->debug = elf_begin(image->debug_fd, ELF_C_READ_MMAP,
					 NULL);
	if (!image->debug)
		read_dwarf(image);
}

static void index_frames(struct image *image, Elf *elf, const char *wanted,
			 size_t i)
{
	Elf_Scn *scn = elf ? extra_section(elf, wanted) : NULL;
	GElf_Shdr shdr;
	Elf_Data *data;

	if (!scn || image->frames[i].n || !gelf_getshdr(scn, &shdr) ||
	    shdr.sh_type == SHT_NOBITS || (shdr.sh_flags & SHF_COMPRESSED))
		return;
	data = elf_rawdata(scn, NULL);
	if (data && data->d_buf)
		cfi_index(&image->frames[i], data->d_buf, data->d_size,
			  shdr.sh_addr, !i);
	image->rules.cfi[i] = &image->frames[i];
}

static void find_frames(struct image *image)
{
	index_frames(image, image->elf, ".eh_frame", 0);
	index_frames(image, image->elf, ".debug_frame", 1);
	index_frames(image, image->debug, ".debug_frame", 1);
}

/* The fullest of the tables first: the others repeat what it has. */
static void find_symbols(struct image *image)
{
	struct symtab *tab = &image->symtab;
	size_t size;

	if (!symtab_add(tab, image->elf, SHT_SYMTAB) &&
	    (!image->debug || !symtab_add(tab, image->debug, SHT_SYMTAB))) {
		symtab_add(tab, image->elf, SHT_DYNSYM);
		image->unpacked = extra_unpack(image->elf, &size);
		if (image->unpacked)
			image->packed = elf_memory(image->unpacked, size);
		if (image->packed)
			symtab_add(tab, image->packed, SHT_SYMTAB);
	}
	symtab_sort(tab);
}

static int read_elf(struct image *image)
{
	GElf_Ehdr ehdr;
	int err;

	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF ||
	    !gelf_getehdr(image->elf, &ehdr))
		return -EINVAL;
	image->native = ehdr.e_machine == NATIVE_MACHINE &&
			gelf_getclass(image->elf) == ELFCLASS64;
	err = read_loads(image);
	if (err)
		return err;
	if (!fits(image))
		return -EFBIG;
	find_debug(image);
	if (image->native)
		find_frames(image);
	find_symbols(image);
	return 0;
}

static struct image *make(void)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->debug_fd = -1;
	map_init(&image->named, sizeof(uint64_t));
	elf_version(EV_CURRENT);
	return image;
}

int image_new(struct image **ret, int fd)
{
	struct image *image = make();
	struct stat st;
	int err;

	*ret = NULL;
	if (!image)
		return -ENOMEM;
	err = fstat(fd, &st) ? -errno : 0;
	if (!err && (uint64_t)st.st_size > MAX_FILE_BYTES)
		err = -EFBIG;
	if (err)
		goto fail;
	/* Not mapped: who truncates the file would kill us. */
	image->elf = elf_begin(fd, ELF_C_READ, NULL);
	err = read_elf(image);
	if (err)
		goto fail;
	/* What was not read by now is not there. */
	elf_cntl(image->elf, ELF_C_FDDONE);
	*ret = image;
	return 0;
fail:
	image_free(image);
	return err;
}

int image_new_vdso(struct image **ret)
{
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
	struct image *image;
	const Elf64_Ehdr *ehdr = vdso;
	size_t size;
	int err;

	*ret = NULL;
	if (!vdso || ehdr->e_ident[EI_CLASS] != ELFCLASS64)
		return -ENOENT;
	image = make();
	if (!image)
		return -ENOMEM;
	/* The section headers are its end, as the kernel builds it. */
	size = (size_t)ehdr->e_shoff +
	       (size_t)ehdr->e_shnum * ehdr->e_shentsize;
	image->memory = malloc(size);
	err = image->memory ? 0 : -ENOMEM;
	if (!err) {
		memcpy(image->memory, vdso, size);
		image->elf = elf_memory(image->memory, size);
		err = read_elf(image);
	}
	if (err) {
		image_free(image);
		return err;
	}
	*ret = image;
	return 0;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	map_free_all(&image->named);
	symtab_done(&image->symtab);
	rules_done(&image->rules);
	inlines_free(image->inlines);
	cfi_done(&image->frames[0]);
	cfi_done(&image->frames[1]);
	dwarf_end(image->dwarf);
	elf_end(image->debug);
	elf_end(image->packed);
	elf_end(image->elf);
	if (image->debug_fd >= 0)
		close(image->debug_fd);
	free(image->unpacked);
	free(image->memory);
	free(image);
}

bool image_is_native(const struct image *image)
{
	return image->native;
}

bool image_vaddr(const struct image *image, uint64_t offset, uint64_t *ret)
{
	for (size_t i = 0; i < image->n_loads; i++) {
		const struct load *load = &image->loads[i];

		if (offset - load->offset < load->size) {
			*ret = offset - load->offset + load->vaddr;
			return true;
		}
	}
	return false;
}

/* Without the version of the symbol, read@@GLIBC_2.2.5. */
static const char *show(struct strings *strings, const char *name)
{
	char buf[STRINGS_LONGEST], *bare = NULL;
	const char *at = strchr(name, '@'), *shown;

	if (at && at != name)
		bare = strndup(name, (size_t)(at - name));
	shown = strings_keep(strings, demangle(bare ? bare : name, buf,
					       sizeof(buf)));
	free(bare);
	return shown;
}

/* Both tables know the function that has the code; the symbols' name is the
 * one it is called by elsewhere. */
static size_t find_names(struct image *image, struct strings *strings,
			 uint64_t vaddr, const char **names)
{
	struct symbol *symbol = symtab_find(&image->symtab, vaddr);
	size_t n = 0;

	if (!image->dwarf_read)
		read_dwarf(image);
	if (image->inlines)
		n = inlines_at(image->inlines, vaddr, names, MAX_INLINED);
	for (size_t i = 0; i + 1 < n; i++)
		names[i] = show(strings, names[i]);
	if (symbol) {
		if (!symbol->shown)
			symbol->shown = show(strings, symbol->name);
		n += !n;
		names[n - 1] = symbol->shown;
	} else if (n) {
		names[n - 1] = show(strings, names[n - 1]);
	}
	return n;
}

size_t image_names(struct image *image, struct strings *strings,
		   uint64_t vaddr, const char **names, size_t max)
{
	const struct named *known = map_get(&image->named, &vaddr);
	const char *found[MAX_INLINED];
	struct named *named;
	size_t n;

	if (!known) {
		if (image->named.used >= MAX_NAMED)
			map_free_all(&image->named);
		n = find_names(image, strings, vaddr, found);
		named = malloc(sizeof(*named) + n * sizeof(*found));
		if (!named)
			return 0;
		named->vaddr = vaddr;
		named->n = n;
		memcpy(named->names, found, n * sizeof(*found));
		if (map_add(&image->named, named)) {
			free(named);
			return 0;
		}
		known = named;
	}
	n = known->n < max ? known->n : max;
	memcpy(names, known->names, n * sizeof(*names));
	return n;
}

uint64_t image_start(const struct image *image, uint64_t vaddr)
{
	const struct cfi_function *function = NULL;

	for (size_t i = 0; i < 2 && !function; i++)
		function = cfi_find(&image->frames[i], vaddr);
	return function ? function->start : vaddr;
}

const struct rule *image_rule(struct image *image, uint64_t vaddr)
{
	return image ? rules_get(&image->rules, vaddr) : NULL;
}
