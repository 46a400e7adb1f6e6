/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/registry.h"

#include <string.h>

#include "collect/audit/audit.h"
#include "collect/bpf/bpf.h"
#include "collect/join/join.h"
#include "collect/proc/proc.h"
#include "collect/seccomp/seccomp.h"

const struct collector_ops *const collector_registry[] = {
	&collector_bpf,
	&collector_seccomp,
	&collector_join,
	&collector_proc,
	&collector_audit,
	&collector_seccomp_audit,
	NULL
};

const struct collector_ops *registry_find(const char *name)
{
	for (int i = 0; collector_registry[i]; i++)
		if (!strcmp(collector_registry[i]->name, name))
			return collector_registry[i];
	return NULL;
}
