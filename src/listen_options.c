/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listen_options.h"

#include <errno.h>

#include "base/clock.h"
#include "export/listener.h"
#include "option_use.h"

/* A scrape is of no older values than this, unless -d says otherwise. */
#define PACE_NS (5 * NS_PER_SEC)

int listen_set(struct options *o, const char *arg, struct why *why)
{
	if (listener_missing)
		return options_bad(why, "--listen", arg, listener_missing);
	o->listen = arg;
	return endpoint_parse(&o->endpoint, arg, why);
}

/* What a metric has no place for. */
static int check_metrics(const struct options *o, struct why *why)
{
	const unsigned dims = dim_bit(DIM_PROCESS) | dim_bit(DIM_SYSCALL);
	const struct option_use others[] = {
		{ o->slowest, "--slowest" },
		{ o->n_probes, "--probe" },
		{ o->stacks, "--stacks" },
		{ o->columns, "-U" },
		{ o->sort, "-S" },
		{ o->max_rows, "--rows" },
		{ o->histogram, "-D" },
	};
	const char *other = OPTION_GIVEN(others);

	if (other)
		return why_set(why, EINVAL, "%s does not go with metrics, "
			       "which are all that is measured of calls; "
			       "leave it out", other);
	if (o->by & ~dims)
		return why_set(why, EINVAL, "metrics are by syscall, process "
			       "or both: of other dimensions there is no end, "
			       "and each value would be a series");
	return 0;
}

static int check_listen(const struct options *o, struct why *why)
{
	const struct option_use others[] = {
		{ o->reporter == &report_summary, "-c" },
		{ o->has_format && o->reporter != &report_openmetrics,
		  "another --format than openmetrics" },
		{ o->count, "-n" },
		{ o->top, "--top" },
		{ o->contrast, "--contrast" },
		{ o->budget.n, "--budget" },
	};
	const char *other = OPTION_GIVEN(others);

	if (other)
		return why_set(why, EINVAL, "%s does not go with --listen; "
			       "start another smbsysacct for it, which joins "
			       "this one's accounting", other);
	if (!o->listen_any && !endpoint_is_loopback(&o->endpoint))
		return why_set(why, EINVAL, "--listen '%.100s': others could "
			       "read this from there, without a password; add "
			       "--listen-any if they may, or listen at "
			       "127.0.0.1", o->listen);
	return 0;
}

int listen_complete(struct options *o, struct why *why)
{
	int err;

	if (o->listen_any && !o->listen)
		return why_set(why, EINVAL, "--listen-any is about the "
			       "address of --listen; give both");
	if (o->listen) {
		err = check_listen(o, why);
		if (err)
			return err;
		o->reporter = &report_openmetrics;
		o->listen_ns = o->delay_ns ? o->delay_ns : PACE_NS;
		o->delay_ns = 0;
	}
	return o->reporter == &report_openmetrics ? check_metrics(o, why) : 0;
}
