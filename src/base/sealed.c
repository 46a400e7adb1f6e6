/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Of Linux 6.3, where a sysctl can ask for it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int new_memory(void)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("smbsysacct", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("smbsysacct", flags);
	return fd < 0 ? -errno : fd;
}

int sealed_new(const void *data, size_t size)
{
	int fd = new_memory(), err = 0;
	size_t done = 0;

	while (fd >= 0 && !err && done < size) {
		ssize_t n = write(fd, (const char *)data + done, size - done);

		if (n > 0)
			done += (size_t)n;
		else
			err = n < 0 && errno == EINTR ? 0 :
			      n < 0 ? -errno : -EIO;
	}
	if (fd >= 0 && !err && fcntl(fd, F_ADD_SEALS, SEALS))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int read_all(int fd, char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, data + done, size - done,
				  (off_t)done);

		if (n == 0)
			return -EPROTO;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

int sealed_read(int fd, size_t max, void **ret, size_t *size)
{
	int err, seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	char *data;

	/* What has no seals could be on a file system that is a program. */
	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st))
		return -EPROTO;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return -ENOMEM;
	err = read_all(fd, data, (size_t)st.st_size);
	if (err) {
		free(data);
		return err;
	}
	*ret = data;
	*size = (size_t)st.st_size;
	return 0;
}
