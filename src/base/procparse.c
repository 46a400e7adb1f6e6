/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/procparse.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A number after optional blanks; moves *text behind it. */
static bool take_base(const char **text, int base, uint64_t *ret)
{
	const char *p = *text;
	char *end;

	p += strspn(p, " \t");
	/* strtoull() would take a sign, and blanks of more kinds. */
	if (!isxdigit((unsigned char)*p))
		return false;
	errno = 0;
	*ret = strtoull(p, &end, base);
	if (errno || end == p)
		return false;
	*text = end;
	return true;
}

static bool take(const char **text, uint64_t *ret)
{
	return take_base(text, 10, ret);
}

/* Step over @n fields that are separated by blanks. */
static bool skip(const char **text, int n)
{
	while (n--) {
		size_t blanks = strspn(*text, " ");
		size_t len = strcspn(*text + blanks, " \n");

		if (!len)
			return false;
		*text += blanks + len;
	}
	return true;
}

int proc_parse_stat(const char *text, struct proc_stat *ret)
{
	const char *open = strchr(text, '('), *p = strrchr(text, ')');
	uint64_t ppid, threads, vsize, cpu;
	size_t len;

	/* The name can hold blanks and parentheses: it ends at the last. */
	if (!open || !p || p < open)
		return -EINVAL;
	len = (size_t)(p - open - 1);
	if (len >= sizeof(ret->comm))
		return -EINVAL;
	memcpy(ret->comm, open + 1, len);
	ret->comm[len] = '\0';
	p++;
	if (*p != ' ' || !isalpha((unsigned char)p[1]) || p[2] != ' ')
		return -EINVAL;
	ret->state = p[1];
	p += 2;
	if (!take(&p, &ppid) || ppid > INT_MAX || !skip(&p, 9) ||
	    !take(&p, &ret->utime) || !take(&p, &ret->stime) ||
	    !take(&p, &ret->cutime) || !take(&p, &ret->cstime) ||
	    !skip(&p, 2) || !take(&p, &threads) || threads > INT_MAX ||
	    !skip(&p, 1) || !take(&p, &ret->start))
		return -EINVAL;
	ret->ppid = (pid_t)ppid;
	ret->threads = (long)threads;
	ret->bare = take(&p, &vsize) && !vsize;
	ret->cpu = skip(&p, 15) && take(&p, &cpu) && cpu <= INT_MAX ?
		   (int)cpu : -1;
	return 0;
}

int proc_parse_sched(const char *text, struct proc_sched *ret)
{
	return take(&text, &ret->cpu_ns) && take(&text, &ret->runq_ns) &&
	       take(&text, &ret->slices) ? 0 : -EINVAL;
}

/* The number behind "\nLABEL:" or, for the first line, "LABEL:". */
static bool labelled_base(const char *text, const char *label, int base,
			  uint64_t *ret)
{
	size_t len = strlen(label);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, label, len) && p[len] == ':') {
			p += len + 1;
			return take_base(&p, base, ret);
		}
	}
	return false;
}

static bool labelled(const char *text, const char *label, uint64_t *ret)
{
	return labelled_base(text, label, 10, ret);
}

int proc_parse_io(const char *text, struct proc_io *ret)
{
	return labelled(text, "rchar", &ret->read_chars) &&
	       labelled(text, "wchar", &ret->write_chars) &&
	       labelled(text, "syscr", &ret->reads) &&
	       labelled(text, "syscw", &ret->writes) &&
	       labelled(text, "read_bytes", &ret->read_bytes) &&
	       labelled(text, "write_bytes", &ret->write_bytes) ?
	       0 : -EINVAL;
}

int proc_parse_syscall(const char *text, struct proc_syscall *ret)
{
	uint64_t nr, unused, sp;

	*ret = (struct proc_syscall){ .where = WHERE_RUNNING };
	if (!strncmp(text, "running", 7))
		return 0;
	if (!strncmp(text, "-1 ", 3)) {
		text += 3;
		ret->where = WHERE_OUTSIDE;
		return take_base(&text, 16, &ret->sp) ? 0 : -EINVAL;
	}
	if (!take(&text, &nr) || nr > INT_MAX)
		return -EINVAL;
	for (int i = 0; i < 6; i++)
		if (!take_base(&text, 16, &unused))
			return -EINVAL;
	if (!take_base(&text, 16, &sp))
		return -EINVAL;
	/* A kernel thread makes no calls: its registers are all zero. */
	ret->where = nr || sp ? WHERE_CALL : WHERE_OUTSIDE;
	ret->nr = (long)nr;
	ret->sp = sp;
	return 0;
}

int proc_parse_status(const char *text, struct proc_status *ret)
{
	uint64_t uid, tgid;

	if (!labelled(text, "Uid", &uid) || uid > UINT_MAX ||
	    !labelled(text, "Tgid", &tgid) || tgid > INT_MAX ||
	    !labelled(text, "voluntary_ctxt_switches", &ret->vcsw) ||
	    !labelled(text, "nonvoluntary_ctxt_switches", &ret->icsw))
		return -EINVAL;
	if (!labelled_base(text, "SigCgt", 16, &ret->caught))
		ret->caught = 0;
	ret->uid = (uid_t)uid;
	ret->tgid = (pid_t)tgid;
	return 0;
}

int proc_parse_loadavg(const char *text, pid_t *ret_last)
{
	uint64_t last;

	if (!skip(&text, 4) || !take(&text, &last) || last > INT_MAX)
		return -EINVAL;
	*ret_last = (pid_t)last;
	return 0;
}

int proc_parse_machine(const char *text, struct proc_machine *ret)
{
	uint64_t irq, softirq;

	if (strncmp(text, "cpu ", 4))
		return -EINVAL;
	/* cpu user nice system idle iowait irq softirq steal */
	if (!skip(&text, 6) || !take(&text, &irq) || !take(&text, &softirq) ||
	    !take(&text, &ret->stolen))
		return -EINVAL;
	ret->interrupts = irq + softirq;
	return 0;
}
