/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/errname.h"

#include <stdio.h>
#include <string.h>

/* include/linux/errno.h: what makes a call begin again. */
static const struct {
	int error;
	const char *name;
} restarts[] = {
	{ 512, "ERESTARTSYS" },
	{ 513, "ERESTARTNOINTR" },
	{ 514, "ERESTARTNOHAND" },
	{ 516, "ERESTART_RESTARTBLOCK" },
};

char *errname(char *buf, size_t size, int error)
{
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(restarts) / sizeof(*restarts); i++)
		if (restarts[i].error == error)
			name = restarts[i].name;
#ifdef HAVE_STRERRORNAME_NP
	if (!name)
		name = strerrorname_np(error);
#endif
	if (name)
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "errno %d", error);
	return buf;
}
