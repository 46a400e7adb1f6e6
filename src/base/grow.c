/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/grow.h"

#include <errno.h>
#include <stdlib.h>

#define LEAST 4096

int grow(void **data, size_t *room, size_t used, size_t more, size_t max)
{
	size_t wanted = *room ? *room : LEAST;
	void *grown;

	while (wanted - used < more && wanted < max)
		wanted *= 2;
	if (wanted - used < more)
		return -EFBIG;
	if (wanted == *room)
		return 0;
	grown = realloc(*data, wanted);
	if (!grown)
		return -ENOMEM;
	*data = grown;
	*room = wanted;
	return 0;
}
