/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/ticks.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/libbpf.h>

struct ticks {
	struct bpf_link **links;
	int n;
};

static int attach(struct ticks *ticks, struct bpf_program *program, int cpu,
		  unsigned hz)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = 1,
		.sample_freq = hz,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
			      PERF_FLAG_FD_CLOEXEC);

	/* It may be off. */
	if (fd < 0)
		return errno == ENODEV ? 0 : -errno;
	ticks->links[ticks->n] = bpf_program__attach_perf_event(program, fd);
	if (!ticks->links[ticks->n]) {
		close(fd);
		return -errno;
	}
	ticks->n++;
	return 0;
}

int ticks_new(struct ticks **ret, struct bpf_program *program, unsigned hz,
	      struct why *why)
{
	struct ticks *ticks = calloc(1, sizeof(*ticks));
	int cpus = libbpf_num_possible_cpus(), err = 0;

	if (ticks && cpus > 0)
		ticks->links = calloc((size_t)cpus, sizeof(*ticks->links));
	if (!ticks || !ticks->links)
		err = -ENOMEM;
	for (int cpu = 0; !err && cpu < cpus; cpu++)
		err = attach(ticks, program, cpu, hz);
	if (err) {
		ticks_free(ticks);
		return why_set(why, -err, "cannot look at what runs: %s",
			       strerror(-err));
	}
	*ret = ticks;
	return 0;
}

void ticks_free(struct ticks *ticks)
{
	if (!ticks)
		return;
	while (ticks->n)
		bpf_link__destroy(ticks->links[--ticks->n]);
	free(ticks->links);
	free(ticks);
}
