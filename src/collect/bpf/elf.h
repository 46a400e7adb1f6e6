/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where functions and static probes are in a program or library, as offsets
 * in its file. Files are read and not mapped, and all that is read of them is
 * checked: they can be anybody's, and change meanwhile.
 *
 * Source: elf(5); for static probes SystemTap's wiki, "UserSpaceProbe
 * Implementation": notes of the type 3 and the name "stapsdt".
 */
#ifndef COLLECT_BPF_ELF_H
#define COLLECT_BPF_ELF_H

#include <stddef.h>
#include <stdint.h>

/* Of one static probe, where the compiler has repeated it. */
#define ELF_PLACES 64

struct elf_place {
	uint64_t offset;	/* of its first instruction */
	uint64_t semaphore;	/* likewise, of a counter to be held; 0: none */
};

/* Of a function in .symtab or .dynsym. 0; -ENOENT: there is none of this
 * name; -ENOEXEC: no program or library of this machine; or -errno. */
int elf_function(int fd, const char *name, struct elf_place *ret);

/* Of a static probe: how many places, or as above. */
int elf_static(int fd, const char *provider, const char *name,
	       struct elf_place ret[ELF_PLACES]);

#endif
