/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/outfile.h"
#include "base/procparse.h"
#include "compare/tracecost.h"
#include "keep.h"
#include "tui/dash.h"
#include "tui/term.h"

#define FIRST_NS (NS_PER_SEC / 4)

struct show {
	struct show_cfg cfg;
	struct dash_cfg dash_cfg;
	char target[128], args[160];
	struct dash *dash;
	struct terminal *term;
	int signal_fd;
	sigset_t old_mask;
	struct snapshot_cfg interval, all;
	bool has_interval;
	struct snapshot *head, *rows;
	int64_t turned_ns;	/* when the interval began */
	bool had_details;	/* in the last interval */
	int output_timer;	/* -1: none */
	struct tracecost *cost;
	struct why cost_why;
	struct dash_frame frame;
	bool quit;
};

int show_wanted(const struct options *o, struct why *why)
{
	if (o->top) {
		int err = term_check(why);

		return err ? err : 1;
	}
	if ((o->mode != MODE_ATTACH && o->mode != MODE_REPLAY) ||
	    options_text(o))
		return 0;
	return !term_check(NULL);
}

/* --- what is outside of it --------------------------------------------------- */

/* A size, a stop by another than our own Ctrl-Z, and the way back. */
static int catch_signals(struct show *show, struct why *why)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGWINCH);
	sigaddset(&mask, SIGTSTP);
	sigaddset(&mask, SIGCONT);
	sigprocmask(SIG_BLOCK, &mask, &show->old_mask);
	show->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return show->signal_fd >= 0 ? 0 :
	       why_set(why, errno, "cannot catch signals: %s",
		       strerror(errno));
}

static bool read_stat(const struct show *show, pid_t pid,
		      struct proc_stat *ret)
{
	char buf[1024];

	return procfs_read(show->cfg.procfs, buf, sizeof(buf), "%d/stat",
			   pid) > 0 && !proc_parse_stat(buf, ret);
}

static int64_t age_of(const struct show *show)
{
	struct proc_stat stat;
	long ticks = sysconf(_SC_CLK_TCK);

	if (!show->cfg.pid || !read_stat(show, show->cfg.pid, &stat))
		return 0;
	return clock_boot_ns() - (int64_t)stat.start * (NS_PER_SEC / ticks);
}

/* Not another one that has got its number. */
static void send_signal(struct show *show)
{
	const struct dash_request *request = dash_request(show->dash);
	pid_t pid = request->process.pid;
	struct proc_stat stat;
	char text[128];
	bool lives = read_stat(show, pid, &stat) &&
		     stat.start == request->process.process_start;
	int err = lives && kill(pid, request->signal) ? errno : 0;

	if (!lives)
		snprintf(text, sizeof(text), "process %d has ended", pid);
	else if (err == EPERM)
		snprintf(text, sizeof(text), "process %d may not be signalled "
			 "from here: privileges were given up; kill(1) may",
			 pid);
	else if (err)
		snprintf(text, sizeof(text), "process %d: %s", pid,
			 strerror(err));
	else
		snprintf(text, sizeof(text), "signal %d was sent to %d",
			 request->signal, pid);
	dash_say(show->dash, text);
}

/* Nothing that is there is lost by a typing error. */
static int write_new(const char *path, const char *text, size_t len,
		     struct why *why)
{
	struct outfile *out = NULL;
	struct stat st;
	int err;

	if (!lstat(path, &st))
		return why_set(why, EEXIST, "%s exists; give a new name", path);
	err = outfile_open(&out, path, why);
	if (!err)
		err = outfile_write(out, text, len, why);
	outfile_close(out);
	/* What to do about -o is of no use here. */
	if (err)
		why->text[strcspn(why->text, ";")] = '\0';
	return err;
}

static void write_view(struct show *show)
{
	const char *path = dash_request(show->dash)->path;
	struct why why = { .err = 0 };
	char *text = NULL, said[600];
	size_t len = 0;
	int err = dash_write(show->dash, &text, &len);

	if (err)
		why_set(&why, -err, "out of memory");
	else
		err = write_new(path, text, len, &why);
	free(text);
	if (err)
		snprintf(said, sizeof(said), "%s", why.text);
	else
		snprintf(said, sizeof(said), "written to %s", path);
	dash_say(show->dash, said);
}

static void suspend(struct show *show)
{
	sigset_t stop, mask;

	term_leave(show->term);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, &mask);
	/* Us alone: a command of ours goes on. Where there is no shell to
	 * continue us, the kernel takes it for nothing. */
	raise(SIGTSTP);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	term_enter(show->term);
}

/* --- drawing ----------------------------------------------------------------- */

static void draw(struct show *show)
{
	struct canvas canvas;
	int rows, cols;

	term_size(show->term, &rows, &cols);
	canvas_init(&canvas, rows, cols, term_utf8(show->term));
	canvas.letters = term_letters(show->term);
	dash_draw(show->dash, &canvas);
	term_show(show->term, &canvas);
	canvas_done(&canvas);
}

static void read_output(struct show *show)
{
	struct tail *output = show->cfg.output;

	if (!output)
		return;
	tail_read(output);
	show->frame.output = output->text;
	show->frame.output_len = output->text ? output->len : 0;
	show->frame.output_before = output->before;
}

static void put_frame(struct show *show, bool fresh)
{
	show->frame.head = show->head;
	show->frame.rows = show->rows;
	show->frame.fresh = fresh;
	read_output(show);
	dash_show(show->dash, &show->frame);
	show->frame.fresh = false;
}

/* Rows of these have nothing of the calls that the header is about. */
static bool is_beside(unsigned by)
{
	return by & (DIMS_OF_REQUESTS | dim_bit(DIM_PHASE)) &&
	       !(by & dim_bit(DIM_SYSCALL));
}

/* The rows that the present view has, of the last interval or of all. */
static int take_rows(struct show *show, bool fresh, struct why *why)
{
	bool all = dash_cumulative(show->dash);
	struct snapshot_cfg cfg = all ? show->all : show->interval;
	struct snapshot *rows = NULL, *head = NULL;
	bool apart = all || is_beside(dash_by(show->dash));
	int err;

	cfg.by = dash_by(show->dash);
	cfg.smb = false;
	err = snapshot_take(&rows, all ? &show->cfg.eras->all :
			    eras_last(show->cfg.eras), &cfg, why);
	if (!err && apart) {
		cfg = show->interval;
		cfg.smb = false;
		cfg.by = dim_bit(DIM_SYSCALL);
		err = snapshot_take(&head, eras_last(show->cfg.eras), &cfg,
				    why);
	}
	if (err) {
		snapshot_free(rows);
		return err;
	}
	if (show->head != show->rows)
		snapshot_free(show->head);
	snapshot_free(show->rows);
	show->rows = rows;
	show->head = apart ? head : rows;
	put_frame(show, fresh);
	return 0;
}

int show_interval(struct show *show, const struct snapshot_cfg *interval,
		  const struct snapshot_cfg *all, struct why *why)
{
	int err;

	show->interval = *interval;
	show->all = *all;
	show->has_interval = true;
	show->turned_ns = clock_mono_ns();
	show->had_details = dash_details(show->dash);
	show->frame.age_ns = age_of(show);
	err = take_rows(show, true, why);
	if (!err)
		draw(show);
	return err;
}

void show_ended(struct show *show)
{
	show->frame.ended = true;
	put_frame(show, false);
	draw(show);
}

void show_moment(struct show *show, int64_t at_ns, int64_t total_ns,
		 int64_t wall_ns, bool ended, bool now)
{
	show->frame.replay_ns = at_ns;
	show->frame.replay_total_ns = total_ns;
	show->frame.replay_wall_ns = wall_ns;
	show->frame.ended = ended;
	if (!now)
		return;
	show->turned_ns = clock_mono_ns();
	put_frame(show, false);
	draw(show);
}

double show_speed(const struct show *show)
{
	return dash_speed(show->dash);
}

int64_t show_seek_ns(const struct show *show)
{
	return dash_request(show->dash)->seek_ns;
}

/* --- the session's side ------------------------------------------------------ */

int64_t show_due_ns(const struct show *show)
{
	int64_t delay = dash_delay_ns(show->dash);

	if (dash_paused(show->dash))
		return INT64_MAX;
	/* The first interval is short, so that there is something to see. */
	if (!show->has_interval && delay > FIRST_NS)
		delay = FIRST_NS;
	return show->turned_ns + delay;
}

void show_poll(const struct show *show, struct pollfd *fds)
{
	fds[0] = (struct pollfd){ term_fd(show->term), POLLIN, 0 };
	fds[1] = (struct pollfd){ show->signal_fd, POLLIN, 0 };
	fds[2] = (struct pollfd){ show->cost ? tracecost_fd(show->cost) : -1,
				  POLLIN, 0 };
	fds[3] = (struct pollfd){ show->output_timer, POLLIN, 0 };
}

static unsigned react(struct show *show, unsigned reactions)
{
	/* The last interval has no calls by thread, if nobody wanted them. */
	bool finer = dash_details(show->dash) && !show->had_details &&
		     show->cfg.collector->details && !dash_paused(show->dash);
	unsigned ret = 0;

	if (reactions & REACT_QUIT) {
		show->quit = true;
		return SHOW_QUIT;
	}
	if (reactions & REACT_SUSPEND)
		suspend(show);
	if (reactions & REACT_REPAINT)
		term_enter(show->term);
	if (reactions & REACT_KILL)
		send_signal(show);
	if (reactions & REACT_WRITE)
		write_view(show);
	if (reactions & REACT_RESET)
		ret |= SHOW_RESET;
	if (reactions & REACT_SEEK)
		ret |= SHOW_SEEK;
	if (reactions & REACT_NOW)
		ret |= SHOW_TURN;
	if (reactions & REACT_ROWS && finer)
		ret |= SHOW_TURN;
	if (reactions & REACT_ROWS && show->has_interval &&
	    take_rows(show, false, NULL))
		dash_say(show->dash, "out of memory for the rows");
	return ret;
}

static unsigned read_inputs(struct show *show)
{
	struct input input;
	unsigned ret = 0;
	int err;

	while (!(ret & SHOW_QUIT) &&
	       (err = term_read(show->term, &input)) == 1)
		ret |= react(show, dash_input(show->dash, &input));
	/* Without its terminal it is of no use to anybody. */
	return ret & SHOW_QUIT || err >= 0 ? ret : SHOW_QUIT;
}

static void read_signals(struct show *show)
{
	struct signalfd_siginfo info;

	while (read(show->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTSTP)
			suspend(show);
		else if (info.ssi_signo == SIGCONT)
			term_enter(show->term);
		else
			term_resize(show->term);
	}
}

static void read_cost(struct show *show)
{
	struct tracecost_figures figures;
	int ret = tracecost_read(show->cost, &figures, &show->cost_why);

	if (!ret)
		return;
	if (ret > 0) {
		show->frame.trace = TRACE_KNOWN;
		show->frame.trace_ns = (double)(figures.traced_ns -
						figures.bare_ns);
	} else {
		show->frame.trace = TRACE_NONE;
		show->frame.trace_why = show->cost_why.text;
	}
	tracecost_stop(show->cost);
	show->cost = NULL;
	put_frame(show, false);
}

/* Whatever is shown: what it has too much of is taken off the disk. */
static void look_at_output(struct show *show)
{
	uint64_t times;

	if (read(show->output_timer, &times, sizeof(times)) > 0)
		tail_read(show->cfg.output);
}

unsigned show_serve(struct show *show, const struct pollfd *fds)
{
	unsigned ret = 0;

	if (fds[1].revents)
		read_signals(show);
	if (fds[2].revents)
		read_cost(show);
	if (fds[0].revents)
		ret = read_inputs(show);
	if (fds[3].revents)
		look_at_output(show);
	if (fds[0].revents || fds[1].revents || fds[2].revents)
		draw(show);
	return ret;
}

unsigned show_detail(const struct show *show)
{
	return dash_by(show->dash) & DIMS_OF_DETAIL;
}

bool show_details(const struct show *show)
{
	return dash_details(show->dash);
}

void show_say(struct show *show, const char *text)
{
	dash_say(show->dash, text);
	draw(show);
}

/* --- beginning and end -------------------------------------------------------- */

static struct dash_cfg dash_cfg(const struct show_cfg *cfg)
{
	const struct collector_ops *ops = cfg->collector;
	const struct options *o = cfg->options;
	unsigned by_call = cfg->measures & ops->by_call;
	unsigned exact = measure_bit(MEASURE_CALLS) |
			 measure_bit(MEASURE_WALL);

	return (struct dash_cfg){
		.collector = ops->name,
		.target = cfg->target,
		.exact = (by_call & exact & ~ops->estimated) == exact,
		.histograms = ops->modes & COLLECT_HISTOGRAMS,
		.errors = ops->modes & COLLECT_ERRORS,
		.command = o->mode == MODE_LAUNCH,
		.all_calls = options_count_all(o, ops),
		.detail = ops->modes & COLLECT_DETAIL,
		.smb = o->smb,
		.replay = cfg->replay,
		.by = o->smb && !o->has_by ? dim_bit(DIM_REQUEST) : o->by,
		.sort = o->sort ? column_find(o->sort, strlen(o->sort)) :
				  NULL,
	};
}

/* What /proc separates by NUL. */
static void read_args(struct show *show, pid_t pid)
{
	ssize_t n = procfs_read(show->cfg.procfs, show->args,
				sizeof(show->args), "%d/cmdline", pid);

	for (ssize_t i = 0; i < n - 1; i++)
		if (!show->args[i])
			show->args[i] = ' ';
	if (n <= 0)
		*show->args = '\0';
}

/* A process is known by its name; a command was named by the user. */
static void name_target(struct show *show)
{
	const struct options *o = show->cfg.options;
	struct proc_stat stat;

	if (o->mode != MODE_ATTACH || !o->n_pids ||
	    !read_stat(show, *o->pids, &stat))
		return;
	snprintf(show->target, sizeof(show->target), "%s %d", stat.comm,
		 *o->pids);
	if (o->n_pids > 1)
		snprintf(show->target + strlen(show->target), 32,
			 " and %zu more", o->n_pids - 1);
	show->dash_cfg.target = show->target;
	read_args(show, *o->pids);
}

static void load_settings(struct show *show)
{
	char *text = keep_read("dashboard");

	if (text)
		dash_load(show->dash, text);
	free(text);
	if (show->cfg.options->delay_ns)
		dash_set_delay(show->dash, show->cfg.options->delay_ns);
}

/* That they could not be kept is not worth a failure. */
static void save_settings(const struct show *show)
{
	char *text = NULL;
	size_t len = 0;

	if (!dash_save(show->dash, &text, &len))
		keep_write("dashboard", text, len);
	free(text);
}

static int time_output(struct show *show, struct why *why)
{
	const struct itimerspec second = { { 1, 0 }, { 1, 0 } };

	if (!show->cfg.output)
		return 0;
	show->output_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC |
							     TFD_NONBLOCK);
	if (show->output_timer < 0 ||
	    timerfd_settime(show->output_timer, 0, &second, NULL))
		return why_set(why, errno, "cannot set a timer: %s",
			       strerror(errno));
	return 0;
}

int show_open(struct show **ret, const struct show_cfg *cfg, struct why *why)
{
	struct show *show = calloc(1, sizeof(*show));
	int err;

	if (!show)
		return why_set(why, ENOMEM, "out of memory");
	show->cfg = *cfg;
	show->dash_cfg = dash_cfg(cfg);
	show->dash_cfg.args = show->args;
	name_target(show);
	show->signal_fd = show->output_timer = -1;
	show->cost = cfg->cost;
	show->cost_why = *cfg->cost_why;
	show->turned_ns = clock_mono_ns();
	err = dash_new(&show->dash, &show->dash_cfg, why);
	if (!err)
		err = catch_signals(show, why);
	if (!err)
		err = time_output(show, why);
	if (!err)
		err = term_open(&show->term, !cfg->options->no_colour, why);
	if (err) {
		show_close(show);
		return err;
	}
	load_settings(show);
	if (!show->cost) {
		show->frame.trace = TRACE_NONE;
		show->frame.trace_why = show->cost_why.text;
	}
	put_frame(show, false);
	draw(show);
	*ret = show;
	return 0;
}

void show_close(struct show *show)
{
	if (!show)
		return;
	if (show->quit)
		save_settings(show);
	term_close(show->term);
	tracecost_stop(show->cost);
	if (show->output_timer >= 0)
		close(show->output_timer);
	if (show->signal_fd >= 0) {
		close(show->signal_fd);
		sigprocmask(SIG_SETMASK, &show->old_mask, NULL);
	}
	if (show->head != show->rows)
		snapshot_free(show->head);
	snapshot_free(show->rows);
	dash_free(show->dash);
	free(show);
}
