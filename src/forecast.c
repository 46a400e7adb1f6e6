/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forecast.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/outfile.h"
#include "session.h"
#include "target.h"

#define DEFAULT_NS (5 * NS_PER_SEC)
/* Notes and all. */
#define MAX_TEXT (1 << 16)

/* The sums of a session that runs as it would without --contrast. */
static int account(const struct options *options, int fd, int *status,
		   struct why *why)
{
	struct options o = *options;
	struct outcome outcome;
	char path[32];
	int err;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	o.reporter = &report_totals;
	o.output = path;
	if (!o.seconds_ns)
		o.seconds_ns = DEFAULT_NS;
	err = session_run(&o, &outcome, why);
	*status = outcome.status;
	return err;
}

static char *read_back(int fd, struct why *why)
{
	char *text = calloc(1, MAX_TEXT + 1);

	if (!text || pread(fd, text, MAX_TEXT, 0) < 0) {
		why_set(why, text ? errno : ENOMEM, "no report came: %s",
			strerror(text ? errno : ENOMEM));
		free(text);
		return NULL;
	}
	return text;
}

/* Once the target is under accounting no more, as both would disturb each
 * other. */
static int calibrate(struct tracecost_figures *figures, struct why *why)
{
	struct tracecost *cost = NULL;
	struct pollfd fd = { .events = POLLIN };
	int err = tracecost_start(&cost, why);

	if (err)
		return err;
	fd.fd = tracecost_fd(cost);
	while (!(err = tracecost_read(cost, figures, why)))
		poll(&fd, 1, -1);
	tracecost_stop(cost);
	return err < 0 ? err : 0;
}

static void project(struct forecast *f, struct why *why)
{
	if (!f->totals.counted)
		f->reason = "calls are not counted by this collector, and what "
			    "strace takes goes by calls; smbsysacct --check "
			    "says what would let a better one be had";
	else if (calibrate(&f->strace, why))
		f->reason = why->text;
	else
		f->projected = true;
}

static int print_json(FILE *to, const void *ctx, struct why *why)
{
	return forecast_print_json(to, ctx, why);
}

static int print_text(FILE *to, const void *ctx, struct why *why)
{
	return forecast_print_text(to, ctx, why);
}

static int run(const struct options *o, struct outfile *out, int *status,
	       struct why *why)
{
	_cleanup_(close_fd) int fd = memfd_create("totals", MFD_CLOEXEC);
	_cleanup_(free_ptr) char *text = NULL;
	struct why reason = { 0 };
	struct forecast f = { .reason = "" };
	char words[256];
	int err = fd < 0 ? why_set(why, errno, "no memory for a report: %s",
				   strerror(errno)) :
			   account(o, fd, status, why);

	if (err)
		return err;
	text = read_back(fd, why);
	if (!text)
		return -why->err;
	target_words(words, sizeof(words), o);
	f.target = words;
	totals_parse(&f.totals, text);
	project(&f, &reason);
	return outfile_print(out, o->reporter == &report_json ? print_json :
								print_text,
			     &f, why);
}

int forecast_run(const struct options *options, int *status, struct why *why)
{
	struct outfile *out = NULL;
	int err;

	*status = 0;
	err = outfile_open(&out, options->output, why);
	if (!err)
		err = run(options, out, status, why);
	if (err && !*status)
		*status = EXIT_OURS;
	outfile_close(out);
	return err;
}
