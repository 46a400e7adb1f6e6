/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/abi.h"

#define BIT(m) (1u << MEASURE_##m)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static struct value get_measure(const struct snapshot *snap,
				const struct row *row,
				const struct column *column)
{
	(void)snap;
	return (struct value){
		.known = cell_has(&row->cell, column->measure),
		.estimated = cell_is_estimate(&row->cell, column->measure),
		.doubtful = column->measure == MEASURE_BLOCKED &&
			    cell_is_doubtful(&row->cell),
		.number = row->cell.value[column->measure],
	};
}

static double percent(int64_t part, int64_t whole)
{
	return 100.0 * (double)part / (double)whole;
}

static struct value get_share(const struct snapshot *snap,
			      const struct row *row,
			      const struct column *column)
{
	const struct cell *all = column->measure == MEASURE_WALL ?
				 &snap->all.cell : &snap->total.cell;
	int64_t whole = all->value[column->measure];

	return (struct value){
		.known = cell_has(&row->cell, column->measure) && whole > 0,
		.estimated = cell_is_estimate(&row->cell, column->measure),
		.doubtful = column->measure == MEASURE_BLOCKED &&
			    cell_is_doubtful(&row->cell),
		.percent = percent(row->cell.value[column->measure], whole),
	};
}

/* The larger half of the 95% interval. */
static int64_t error_ns(const struct row *row)
{
	int64_t ns = row->cell.value[MEASURE_BLOCKED];
	int64_t below = ns - row->blocked_lo_ns;
	int64_t above = row->blocked_hi_ns - ns;

	return below > above ? below : above;
}

/* In percent of wall. */
static struct value get_error(const struct snapshot *snap,
			      const struct row *row,
			      const struct column *column)
{
	int64_t wall = snap->all.cell.value[MEASURE_WALL];

	(void)column;
	return (struct value){
		.known = row->blocked_hi_ns > row->blocked_lo_ns && wall > 0,
		.percent = percent(error_ns(row), wall),
	};
}

static struct value get_blocked_error(const struct snapshot *snap,
				      const struct row *row,
				      const struct column *column)
{
	(void)snap;
	(void)column;
	return (struct value){
		.known = row->blocked_hi_ns > row->blocked_lo_ns,
		.number = error_ns(row),
	};
}

/* In microseconds, as strace has it. */
static struct value get_blocked_average(const struct snapshot *snap,
					const struct row *row,
					const struct column *column)
{
	int64_t calls = row->cell.value[MEASURE_CALLS];

	(void)column;
	return (struct value){
		/* The total is also of calls that were not counted. */
		.known = cell_has(&row->cell, MEASURE_BLOCKED) && calls > 0 &&
			 row != &snap->total,
		.estimated = cell_is_estimate(&row->cell, MEASURE_BLOCKED),
		.doubtful = cell_is_doubtful(&row->cell),
		.number = calls > 0 ? row->cell.value[MEASURE_BLOCKED] /
				      1000 / calls : 0,
	};
}

/* Of calls that ended, whenever they began. */
static struct value get_average(const struct snapshot *snap,
				const struct row *row,
				const struct column *column)
{
	enum measure count = cell_has(&row->cell, MEASURE_REQUESTS) ?
			     MEASURE_REQUESTS : MEASURE_CALLS;
	int64_t calls = row->cell.value[count];

	(void)snap;
	(void)column;
	return (struct value){
		.known = cell_has(&row->cell, MEASURE_ENDED) && calls > 0,
		.number = calls > 0 ? row->cell.value[MEASURE_ENDED] / calls :
				      0,
	};
}

/* Of SMB2: of a row of requests, or of those that a row's calls are for. */
static int64_t requests_of(const struct row *row)
{
	return cell_has(&row->cell, MEASURE_REQUESTS) ?
	       row->cell.value[MEASURE_REQUESTS] : row->requests;
}

static struct value get_requests(const struct snapshot *snap,
				 const struct row *row,
				 const struct column *column)
{
	(void)snap;
	(void)column;
	return (struct value){
		.known = cell_has(&row->cell, MEASURE_REQUESTS) ||
			 row->requests > 0,
		.number = requests_of(row),
	};
}

static struct value get_per_request(const struct snapshot *snap,
				    const struct row *row,
				    const struct column *column)
{
	int64_t requests = requests_of(row);
	int64_t value = row->cell.value[column->per];
	bool known = cell_has(&row->cell, column->per) && requests > 0;

	(void)snap;
	return (struct value){
		.known = known,
		.number = known ? value / requests : 0,
		.percent = known ? (double)value / (double)requests : 0,
	};
}

static struct value text_value(const char *text)
{
	return (struct value){ .known = text != NULL, .text = text };
}

static struct value get_text(const struct snapshot *snap,
			     const struct row *row,
			     const struct column *column)
{
	(void)snap;
	return text_value(*(const char *const *)((const char *)row +
						 column->at));
}

/* Ordered as a request goes through them. */
static struct value get_phase_text(const struct snapshot *snap,
				   const struct row *row,
				   const struct column *column)
{
	(void)snap;
	(void)column;
	return (struct value){ .known = row->phase != NULL,
			       .number = row->key.nr, .text = row->phase };
}

static struct value get_percentile(const struct snapshot *snap,
				   const struct row *row,
				   const struct column *column)
{
	int64_t ns = row_percentile(row, column->share);

	(void)snap;
	return (struct value){ .known = ns >= 0, .estimated = true,
			       .number = ns };
}

static struct value get_pid(const struct snapshot *snap,
			    const struct row *row,
			    const struct column *column)
{
	(void)snap;
	(void)column;
	return (struct value){ .known = row->key.pid != 0,
			       .number = row->key.pid };
}

static struct value get_tid(const struct snapshot *snap,
			    const struct row *row,
			    const struct column *column)
{
	(void)snap;
	(void)column;
	return (struct value){ .known = row->key.tid > 0,
			       .number = row->key.tid };
}

static struct value get_abi(const struct snapshot *snap,
			    const struct row *row,
			    const struct column *column)
{
	(void)snap;
	(void)column;
	return text_value(row->key.abi >= ABI_NATIVE ?
			  abi_name(row->key.abi) : NULL);
}

static struct value get_fd(const struct snapshot *snap, const struct row *row,
			   const struct column *column)
{
	(void)snap;
	(void)column;
	return (struct value){ .known = row->key.fd > 0,
			       .number = row->key.fd - 1 };
}

static struct value get_errno(const struct snapshot *snap,
			      const struct row *row,
			      const struct column *column)
{
	(void)column;
	if (!(snap->cfg.by & dim_bit(DIM_ERRNO)))
		return text_value(NULL);
	return text_value(row->error);
}

#define PERCENTILE(id_, title_, share_, help_) \
	{ .id = id_, .title = title_, .kind = KIND_LATENCY, .measure = -1, \
	  .needs = BIT(MAX), .share = share_, .needs_hist = true, \
	  .in_json = true, .get = get_percentile, .help = help_ }

#define PER_REQUEST(id_, title_, kind_, M, help_) \
	{ .id = id_, .title = title_, .kind = kind_, .measure = -1, \
	  .needs = BIT(M), .per = MEASURE_##M, \
	  .get = get_per_request, .help = help_ }

#define NAME(id_, title_, D, at_, help_) \
	{ .id = id_, .title = title_, .kind = KIND_TEXT, .measure = -1, \
	  .dim = 1u << DIM_##D, .in_json = true, .get = get_text, \
	  .at = offsetof(struct row, at_), .help = help_ }

#define MEASURE(id_, title_, kind_, M, help_) \
	{ .id = id_, .title = title_, .kind = kind_, .measure = MEASURE_##M, \
	  .needs = BIT(M), .in_json = true, .get = get_measure, \
	  .help = help_ }

const struct column column_table[] = {
	{ .id = "wall-percent", .title = "% wall", .kind = KIND_PERCENT,
	  .measure = MEASURE_WALL, .needs = BIT(WALL), .get = get_share,
	  .help = "share of the wall time of all threads" },
	{ .id = "error-percent", .title = "+/-", .kind = KIND_PERCENT,
	  .measure = -1, .needs = BIT(BLOCKED), .get = get_error,
	  .help = "half of the 95% interval of an estimate, in percent of "
		  "wall" },
	MEASURE("wall", "wall s", KIND_NS, WALL,
		"elapsed time, of the calls or of threads' lives"),
	MEASURE("blocked", "blocked s", KIND_NS, BLOCKED,
		"asleep, waiting for something"),
	MEASURE("runq", "runq s", KIND_NS, RUNQ, "waiting for a CPU"),
	MEASURE("cpu", "cpu s", KIND_NS, CPU, "running on a CPU"),
	MEASURE("stolen", "stolen s", KIND_NS, STOLEN,
		"taken by the hypervisor or interrupts while it ran"),
	MEASURE("calls", "calls", KIND_COUNT, CALLS, "system calls"),
	MEASURE("errors", "errors", KIND_COUNT, ERRORS,
		"system calls that failed"),
	{ .id = "blocked-percent", .title = "% blocked",
	  .kind = KIND_PERCENT, .measure = MEASURE_BLOCKED,
	  .needs = BIT(BLOCKED), .get = get_share,
	  .help = "share of the blocked time of all rows" },
	{ .id = "blocked-error", .title = "+/- s", .kind = KIND_NS,
	  .measure = -1, .needs = BIT(BLOCKED), .get = get_blocked_error,
	  .help = "how far an estimate of blocked may be off" },
	{ .id = "blocked-average", .key = "blocked_average_us",
	  .title = "us/call", .kind = KIND_COUNT, .measure = -1,
	  .needs = BIT(BLOCKED) | BIT(CALLS),
	  .get = get_blocked_average,
	  .help = "microseconds blocked in a call, on average" },
	{ .id = "average", .title = "us/call", .kind = KIND_LATENCY,
	  .measure = -1, .needs = BIT(ENDED) | BIT(CALLS),
	  .get = get_average,
	  .help = "microseconds that a call took, on average" },
	MEASURE("min", "min us", KIND_LATENCY, MIN, "the shortest call"),
	MEASURE("max", "max us", KIND_LATENCY, MAX, "the longest call"),
	PERCENTILE("p50", "p50 us", 0.5, "half of the calls took no longer"),
	PERCENTILE("p90", "p90 us", 0.9, "nine in ten took no longer"),
	PERCENTILE("p99", "p99 us", 0.99, "99 in 100 took no longer"),
	PERCENTILE("p999", "p99.9 us", 0.999,
		   "999 in 1,000 took no longer"),
	{ .id = "requests", .title = "requests", .kind = KIND_COUNT,
	  .measure = MEASURE_REQUESTS, .needs = BIT(REQUESTS),
	  .in_json = true, .get = get_requests,
	  .help = "SMB2 requests: answered, or that calls were made for" },
	MEASURE("async", "async s", KIND_NS, ASYNC,
		"of requests: in progress, but not run by their smbd"),
	PER_REQUEST("calls-per-request", "calls/req", KIND_RATIO, CALLS,
		    "calls for a request, on average"),
	PER_REQUEST("wall-per-request", "us/req", KIND_LATENCY, WALL,
		    "microseconds for a request, on average"),
	PER_REQUEST("cpu-per-request", "cpu us/req", KIND_LATENCY, CPU,
		    "of them on a CPU"),
	PER_REQUEST("blocked-per-request", "blk us/req", KIND_LATENCY,
		    BLOCKED, "of them asleep"),
	MEASURE("times", "times", KIND_COUNT, TIMES,
		"events, requests or answers of ctdb that a phase was for"),
	{ .id = "in-calls", .key = "ended", .title = "in calls s",
	  .kind = KIND_NS, .measure = MEASURE_ENDED, .needs = BIT(ENDED),
	  .in_json = true, .get = get_measure,
	  .help = "what system calls took that ended in a phase" },
	MEASURE("bytes", "moved", KIND_BYTES, BYTES,
		"bytes that reads and writes of all kinds returned"),
	MEASURE("in-flight", "in flight", KIND_COUNT, IN_FLIGHT,
		"calls that had not ended by the report"),
	MEASURE("age", "oldest s", KIND_NS, AGE,
		"how long the oldest call in flight had taken; ~: at least"),
	MEASURE("parked", "parked s", KIND_NS, PARKED,
		"held up by accounting: waiting for its answer"),
	MEASURE("user", "user s", KIND_NS, USER, "CPU time in user mode"),
	MEASURE("system", "system s", KIND_NS, SYSTEM,
		"CPU time in the kernel"),
	MEASURE("switches", "switches", KIND_COUNT, SWITCHES,
		"times it was put on a CPU"),
	MEASURE("vcsw", "vcsw", KIND_COUNT, VCSW,
		"voluntary context switches: it went to sleep"),
	MEASURE("icsw", "icsw", KIND_COUNT, ICSW,
		"involuntary context switches: it was preempted"),
	MEASURE("reads", "reads", KIND_COUNT, READS,
		"read, pread64, readv and the like, not of sockets by recv"),
	MEASURE("writes", "writes", KIND_COUNT, WRITES,
		"write, pwrite64, writev and the like, not by send"),
	MEASURE("read-chars", "read", KIND_BYTES, READ_CHARS,
		"bytes that those reads returned"),
	MEASURE("write-chars", "written", KIND_BYTES, WRITE_CHARS,
		"bytes that those writes took"),
	MEASURE("read-bytes", "from disk", KIND_BYTES, READ_BYTES,
		"bytes fetched from storage"),
	MEASURE("write-bytes", "to disk", KIND_BYTES, WRITE_BYTES,
		"bytes sent to storage"),
	{ .id = "errno", .title = "errno", .kind = KIND_TEXT, .measure = -1,
	  .dim = 1u << DIM_ERRNO, .in_json = true, .get = get_errno,
	  .help = "how the calls failed; empty for those that did not" },
	{ .id = "pid", .title = "pid", .kind = KIND_ID, .measure = -1,
	  .dim = 1u << DIM_PROCESS, .in_json = true, .get = get_pid,
	  .help = "process id" },
	{ .id = "tid", .title = "tid", .kind = KIND_ID, .measure = -1,
	  .dim = 1u << DIM_THREAD, .in_json = true, .get = get_tid,
	  .help = "thread id" },
	{ .id = "abi", .title = "abi", .kind = KIND_TEXT, .measure = -1,
	  .dim = 1u << DIM_SYSCALL, .in_json = true, .get = get_abi,
	  .help = "system call table: x86_64, i386, x32, aarch64, arm" },
	NAME("process", "process", PROCESS, process, "name of the process"),
	NAME("thread", "thread", THREAD, thread, "name of the thread"),
	NAME("client", "client", CLIENT, client,
	     "address of the SMB client"),
	NAME("username", "user", USER, user, "of the SMB session"),
	NAME("share", "share", SHARE, share, "that SMB requests are for"),
	NAME("request", "request", REQUEST, request, "SMB2 command"),
	NAME("status", "status", STATUS, status, "how SMB2 requests ended"),
	{ .id = "phase", .title = "phase", .kind = KIND_TEXT, .measure = -1,
	  .dim = 1u << DIM_PHASE, .in_json = true, .get = get_phase_text,
	  .help = "what smbd's main threads do" },
	NAME("reason", "reason", REASON, reason, "what was waited for"),
	NAME("waker", "waker", WAKER, waker, "who ended the wait"),
	{ .id = "fd", .title = "fd", .kind = KIND_ID, .measure = -1,
	  .dim = 1u << DIM_FD, .in_json = true, .get = get_fd,
	  .help = "file descriptor" },
	NAME("file", "file", FILE, file, "what the descriptor was"),
	NAME("peer", "peer", PEER, peer, "who is at its other end"),
	NAME("caller", "caller", CALLER, caller,
	     "function of the program that made the call"),
	NAME("syscall", "syscall", SYSCALL, syscall,
	     "name of the system call, or [state]"),
	NAME("stack", "stack", STACK, stack,
	     "functions that led to the call, outermost first"),
	{ .id = "chain", .title = "stack, innermost first",
	  .kind = KIND_TEXT, .measure = -1, .dim = 1u << DIM_STACK,
	  .get = get_text, .at = offsetof(struct row, chain),
	  .help = "the same, innermost first" },
};

const int column_count = ARRAY_SIZE(column_table);

const struct column *column_find(const char *id, size_t len)
{
	for (int i = 0; i < column_count; i++)
		if (strlen(column_table[i].id) == len &&
		    !memcmp(column_table[i].id, id, len))
			return &column_table[i];
	return NULL;
}

int column_parse(const char *list, struct column_list *ret, struct why *why)
{
	*ret = (struct column_list){ .n = 0 };
	for (;;) {
		size_t len = strcspn(list, ",");
		const struct column *column = column_find(list, len);

		if (!column)
			return why_set(why, EINVAL, "unknown column '%.*s'; "
				       "--list=columns lists them", (int)len,
				       list);
		for (int i = 0; i < ret->n; i++)
			if (ret->columns[i] == column)
				return why_set(why, EINVAL, "column '%s' is "
					       "given twice", column->id);
		if (ret->n == MAX_COLUMNS)
			return why_set(why, EINVAL, "too many columns");
		ret->columns[ret->n++] = column;
		list += len;
		if (!*list++)
			return 0;
	}
}

static void append(struct column_list *list, const char *ids)
{
	struct column_list more;

	column_parse(ids, &more, NULL);
	for (int i = 0; i < more.n; i++)
		list->columns[list->n++] = more.columns[i];
}

void column_all(struct column_list *ret)
{
	ret->n = 0;
	for (int i = 0; i < column_count && ret->n < MAX_COLUMNS; i++)
		if (column_table[i].in_json)
			ret->columns[ret->n++] = &column_table[i];
}

void column_defaults(unsigned by, unsigned measures, struct column_list *ret)
{
	unsigned plain = dim_bit(DIM_PROCESS) | dim_bit(DIM_THREAD) |
			 dim_bit(DIM_SYSCALL) | dim_bit(DIM_ERRNO) |
			 dim_bit(DIM_STACK);
	bool calls = by & dim_bit(DIM_SYSCALL);
	bool of_calls = calls || by & DIMS_OF_DETAIL;

	*ret = (struct column_list){ .n = 0 };
	if (by & dim_bit(DIM_PHASE))
		append(ret, "wall-percent,wall,cpu,blocked,runq,in-calls,"
			    "calls,times");
	else if (by & DIMS_OF_REQUESTS && calls)
		append(ret, "requests,calls,calls-per-request,"
			    "wall-per-request,cpu-per-request,"
			    "blocked-per-request,wall,errors");
	else if (by & DIMS_OF_REQUESTS)
		append(ret, "requests,errors,wall,average,min,max,p50,p90,"
			    "p99,p999,cpu,blocked,runq,async");
	else if (by & DIMS_OF_WAITS)
		append(ret, "wall-percent,wall,blocked,runq,cpu,vcsw,calls");
	else if (!of_calls)
		append(ret, "wall-percent,wall,blocked,runq,cpu,user,system,"
			    "switches");
	else if (measures & BIT(WALL) && measures & BIT(CALLS))
		append(ret, "wall-percent,wall,blocked,runq,cpu,average,"
			    "max,calls,errors");
	else if (measures & BIT(WALL))
		append(ret, "wall-percent,error-percent,wall,blocked,runq,"
			    "cpu,calls,errors");
	else
		append(ret, "blocked-percent,blocked,blocked-error,"
			    "blocked-average,runq,cpu,calls,errors");
	if (by & dim_bit(DIM_PROCESS))
		append(ret, "pid");
	if (by & dim_bit(DIM_THREAD))
		append(ret, "tid,thread");
	else if (by & dim_bit(DIM_PROCESS))
		append(ret, "process");
	if (by & dim_bit(DIM_ERRNO))
		append(ret, "errno");
	for (int i = 0; i < column_count; i++)
		if (column_table[i].dim & by & ~plain)
			append(ret, column_table[i].id);
	if (calls)
		append(ret, "syscall");
	/* The longest is the last. */
	if (by & dim_bit(DIM_STACK))
		append(ret, "chain");
}

struct sort {
	const struct snapshot *snap;
	const struct column *column;
};

static int compare_values(const struct column *column, const struct value *a,
			  const struct value *b)
{
	if (!a->known || !b->known)
		return b->known - a->known;
	switch (column->kind) {
	case KIND_TEXT:
		return a->number != b->number ?
		       (a->number > b->number) - (a->number < b->number) :
		       strcmp(a->text, b->text);
	case KIND_ID:
		return (a->number > b->number) - (a->number < b->number);
	case KIND_PERCENT:
	case KIND_RATIO:
		return (a->percent < b->percent) - (a->percent > b->percent);
	default:
		return (a->number < b->number) - (a->number > b->number);
	}
}

static int larger_first(const struct row *a, const struct row *b,
			enum measure m)
{
	return (a->cell.value[m] < b->cell.value[m]) -
	       (a->cell.value[m] > b->cell.value[m]);
}

/* Ties by wall, by calls, then by what is unique, so that reports can be
 * compared. */
static int compare_rows(const void *left, const void *right, void *arg)
{
	const struct sort *sort = arg;
	const struct row *a = &sort->snap->rows[*(const int *)left];
	const struct row *b = &sort->snap->rows[*(const int *)right];
	struct value va = sort->column->get(sort->snap, a, sort->column);
	struct value vb = sort->column->get(sort->snap, b, sort->column);
	int diff = compare_values(sort->column, &va, &vb);

	if (!diff)
		diff = larger_first(a, b, MEASURE_WALL);
	if (!diff)
		diff = larger_first(a, b, MEASURE_CALLS);
	return diff ? diff : memcmp(&a->key, &b->key, sizeof(a->key));
}

int *column_order(const struct snapshot *snap, const struct column *column)
{
	struct sort sort = { snap, column };
	int *order = calloc(snap->n_rows + 1, sizeof(*order));

	if (!order)
		return NULL;
	for (size_t i = 0; i < snap->n_rows; i++)
		order[i] = (int)i;
	qsort_r(order, snap->n_rows, sizeof(*order), compare_rows, &sort);
	return order;
}

int column_check(const struct snapshot *snap, const struct column *column,
		 struct why *why)
{
	if (column->needs & ~snap->cfg.measures)
		return why_set(why, EINVAL, "cannot sort by %s: the %s "
			       "collector does not measure it%s", column->id,
			       snap->cfg.collector,
			       snap->cfg.by & dim_bit(DIM_SYSCALL) ?
			       " for single calls" : "");
	if (column->dim && !(column->dim & snap->cfg.by))
		return why_set(why, EINVAL, "cannot sort by %s: rows are not "
			       "grouped by it; see --by", column->id);
	return 0;
}
