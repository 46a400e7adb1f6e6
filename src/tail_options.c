/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tail_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "model/slow.h"

int tail_set_slowest(struct options *o, const char *arg, struct why *why)
{
	uint64_t n;

	if (num_parse(arg, SLOW_MAX, &n) || !n)
		return why_set(why, EINVAL, "--slowest '%s': a number of "
			       "calls, 1 to %d", arg, SLOW_MAX);
	o->slowest = n;
	return 0;
}

int tail_set_probe(struct options *o, const char *arg, struct why *why)
{
	struct probe *probe;
	int err;

	if (!o->probes)
		o->probes = calloc(PROBES_MAX, sizeof(*o->probes));
	if (!o->probes)
		return why_set(why, ENOMEM, "out of memory");
	if (o->n_probes == PROBES_MAX)
		return why_set(why, EINVAL, "more than %d times --probe",
			       PROBES_MAX);
	probe = &o->probes[o->n_probes];
	err = probe_parse(arg, probe, why);
	if (err)
		return err;
	for (size_t i = 0; i < o->n_probes; i++)
		if (!strcmp(o->probes[i].name, probe->name))
			return why_set(why, EINVAL, "--probe '%s': there is "
				       "another one of this name", arg);
	o->n_probes++;
	return 0;
}

int tail_complete(struct options *o, struct why *why)
{
	if (!o->slowest && !o->n_probes)
		return 0;
	if (o->reporter == &report_summary)
		return why_set(why, EINVAL, "-c is a table of system calls, "
			       "and %s asks for another; give one of them",
			       o->slowest ? "--slowest" : "--probe");
	if (o->reporter != &report_text && o->reporter != &report_json)
		return why_set(why, EINVAL, "--format=%s has no place for "
			       "%s; text and json have", o->reporter->name,
			       o->slowest ? "--slowest" : "--probe");
	if (o->slowest && o->outcome != OUTCOME_ANY)
		return why_set(why, EINVAL, "--slowest is of all calls, "
			       "however they end; leave out -z and -Z");
	return 0;
}
