/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/extra.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>
#include <gelf.h>

#ifdef HAVE_LIBLZMA
#include <lzma.h>
#endif

#define UNPACKED_BYTES	(64u << 20)
#define UNPACKER_BYTES	(128u << 20)

Elf_Scn *extra_section(Elf *elf, const char *wanted)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		const char *name;

		if (!gelf_getshdr(scn, &shdr))
			continue;
		name = elf_strptr(elf, names, shdr.sh_name);
		if (name && !strcmp(name, wanted))
			return scn;
	}
	return NULL;
}

#ifdef HAVE_LIBLZMA
void *extra_unpack(Elf *elf, size_t *ret_size)
{
	Elf_Scn *scn = extra_section(elf, ".gnu_debugdata");
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	size_t room = data ? data->d_size * 4 : 0;

	if (!data || !data->d_buf)
		return NULL;
	/* How much it will be is only known at its end. */
	for (; room <= UNPACKED_BYTES; room *= 2) {
		uint64_t memory = UNPACKER_BYTES;
		size_t in = 0, out = 0;
		void *buf = malloc(room);
		lzma_ret err;

		if (!buf)
			return NULL;
		err = lzma_stream_buffer_decode(&memory, 0, NULL, data->d_buf,
						&in, data->d_size, buf, &out,
						room);
		if (err == LZMA_OK) {
			*ret_size = out;
			return buf;
		}
		free(buf);
		if (err != LZMA_BUF_ERROR)
			return NULL;
	}
	return NULL;
}
#else
void *extra_unpack(Elf *elf, size_t *ret_size)
{
	(void)elf;
	(void)ret_size;
	return NULL;
}
#endif

int extra_debug_file(Elf *elf)
{
	char path[256] = "/usr/lib/debug/.build-id/";
	size_t at = strlen(path);
	const unsigned char *id;
	struct stat st;
	const void *bits;
	ssize_t n;
	int fd;

	n = dwelf_elf_gnu_build_id(elf, &bits);
	if (n < 2 || n > 64)
		return -ENOENT;
	id = bits;
	for (ssize_t i = 0; i < n; i++)
		at += (size_t)snprintf(path + at, sizeof(path) - at,
				       i ? "%02x" : "%02x/", id[i]);
	snprintf(path + at, sizeof(path) - at, ".debug");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}
