/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an ELF file has in places of its own: sections by name, the symbols it
 * packed away, and its debug file. Only this machine's disk is looked at: no debuginfod, ever.
 */
#ifndef SYMBOLS_EXTRA_H
#define SYMBOLS_EXTRA_H

#include <stddef.h>

#include <libelf.h>

/* A section by its name, or NULL. */
Elf_Scn *extra_section(Elf *elf, const char *wanted);

/* .gnu_debugdata, the compressed ELF file of symbols that Fedora's programs
 * carry: unpacked, the caller frees it. NULL: none, or no liblzma. */
void *extra_unpack(Elf *elf, size_t *ret_size);

/* The debug file of the same build id below /usr/lib/debug: a descriptor, or
 * -errno. Its files are root's own, and are trusted. */
int extra_debug_file(Elf *elf);

#endif
