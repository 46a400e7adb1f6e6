/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

/*
 * An interrupted sigreturn loses the program's state; an interrupted exit
 * leaves threads behind; restart_syscall is the kernel's own; the rest is
 * called where glibc aborts, or crashes, on EINTR. uretprobe and uprobe kill
 * the caller when filtered (6.11 to 6.13, CVE-2025-21834).
 */
static const char *const never[] = {
	"rt_sigreturn", "sigreturn", "exit", "exit_group", "restart_syscall",
	"uretprobe", "uprobe", "rt_sigprocmask", "sigprocmask", "arch_prctl",
	"rseq", "set_robust_list",
};

#define LOW32 0xffffffffULL

/*
 * As which calls may wait; any one of the lines of a call is enough. The
 * numbers are of linux/futex.h, fcntl.h, sys/file.h and time.h. Not the
 * futex operations that lock with priority inheritance: these never fail
 * with EINTR by themselves, futex(2). A sleep that is interrupted says how
 * much is left of it, where there is room for that: one that did not begin
 * cannot.
 */
static const struct {
	const char *name;
	struct scmp_arg_cmp when;
} conditions[] = {
	{ "futex", { 1, SCMP_CMP_MASKED_EQ, 0x7f, 0 } },	/* WAIT */
	{ "futex", { 1, SCMP_CMP_MASKED_EQ, 0x7f, 9 } },	/* WAIT_BITSET */
	{ "futex_time64", { 1, SCMP_CMP_MASKED_EQ, 0x7f, 0 } },
	{ "futex_time64", { 1, SCMP_CMP_MASKED_EQ, 0x7f, 9 } },
	{ "fcntl", { 1, SCMP_CMP_MASKED_EQ, LOW32, 7 } },	/* SETLKW */
	{ "fcntl", { 1, SCMP_CMP_MASKED_EQ, LOW32, 38 } },	/* OFD_SETLKW */
	{ "fcntl64", { 1, SCMP_CMP_MASKED_EQ, LOW32, 7 } },
	{ "fcntl64", { 1, SCMP_CMP_MASKED_EQ, LOW32, 14 } },	/* SETLKW64 */
	{ "fcntl64", { 1, SCMP_CMP_MASKED_EQ, LOW32, 38 } },
	{ "flock", { 1, SCMP_CMP_MASKED_EQ, 4, 0 } },		/* no LOCK_NB */
	{ "nanosleep", { 1, SCMP_CMP_EQ, 0, 0 } },		/* no room */
	{ "clock_nanosleep", { 3, SCMP_CMP_EQ, 0, 0 } },
	{ "clock_nanosleep", { 1, SCMP_CMP_MASKED_EQ, 1, 1 } },	/* absolute */
	{ "clock_nanosleep_time64", { 3, SCMP_CMP_EQ, 0, 0 } },
	{ "clock_nanosleep_time64", { 1, SCMP_CMP_MASKED_EQ, 1, 1 } },
};

/* What is to become a filter, for one ABI after the other. */
struct plan {
	const struct callset *notified;
	const struct callnames *names;
	bool all;		/* whatever their arguments are */
	bool by_default;	/* all but a few: also what nobody knows */
	int abi;
};

static uint32_t arch_of(int abi)
{
	switch (abi) {
#if defined(__x86_64__)
	case ABI_COMPAT:
		return SCMP_ARCH_X86;
	case ABI_X32:
		return SCMP_ARCH_X32;
#elif defined(__aarch64__)
	case ABI_COMPAT:
		return SCMP_ARCH_ARM;
#endif
	case ABI_NATIVE:
		return seccomp_arch_native();
	default:
		return 0;
	}
}

void filter_limit(struct callset *chosen, const struct callnames *names,
		  bool all)
{
	struct callset wait = { 0 };

	callset_add_class(&wait, names, "wait");
	if (!all)
		callset_intersect(chosen, &wait);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		callset_put(chosen, names, never[i], false);
}

/* libseccomp takes numbers of the machine's own ABI, or its own for calls
 * that this lacks, and looks them up by their names. */
static int number_for_libseccomp(const struct plan *plan, int nr)
{
	if (plan->abi == ABI_NATIVE)
		return nr;
	return seccomp_syscall_resolve_name(callnames_get(plan->names,
							  plan->abi, nr));
}

/* A call that libseccomp does not know for this ABI stays as it is. */
static int add_rule(scmp_filter_ctx ctx, const struct plan *plan,
		    uint32_t action, int nr, const struct scmp_arg_cmp *when)
{
	int number = number_for_libseccomp(plan, nr), err;

	if (number == __NR_SCMP_ERROR)
		return 0;
	err = seccomp_rule_add_exact_array(ctx, action, number, when ? 1 : 0,
					   when);
	return err == -EDOM || err == -EFAULT || err == -EEXIST ? 0 : err;
}

static int add_call(scmp_filter_ctx ctx, const struct plan *plan, int nr)
{
	const char *name = callnames_get(plan->names, plan->abi, nr);
	bool conditional = false;
	int err = 0;

	for (size_t i = 0; !plan->all && !err && i < ARRAY_SIZE(conditions);
	     i++)
		if (!strcmp(conditions[i].name, name)) {
			conditional = true;
			err = add_rule(ctx, plan, SCMP_ACT_NOTIFY, nr,
				       &conditions[i].when);
		}
	return conditional ? err :
	       add_rule(ctx, plan, SCMP_ACT_NOTIFY, nr, NULL);
}

static int add_calls(scmp_filter_ctx ctx, const struct plan *plan)
{
	int err = 0;

	for (int nr = 0; !err && nr < CALLSET_NUMBERS; nr++) {
		bool in = callset_has(plan->notified, plan->abi, nr);

		if (!callnames_get(plan->names, plan->abi, nr))
			continue;
		if (plan->by_default && !in)
			err = add_rule(ctx, plan, SCMP_ACT_ALLOW, nr, NULL);
		else if (!plan->by_default && in)
			err = add_call(ctx, plan, nr);
	}
	return err;
}

static int make_abi(scmp_filter_ctx *ret, const struct plan *plan)
{
	scmp_filter_ctx ctx = seccomp_init(plan->by_default ?
					   SCMP_ACT_NOTIFY : SCMP_ACT_ALLOW);
	uint32_t arch = arch_of(plan->abi);
	int err = ctx ? 0 : -ENOMEM;

	/* What is not known stays as it was. */
	if (!err)
		err = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
				       SCMP_ACT_ALLOW);
	/* A tree: calls chosen by arguments pass through it each time. */
	if (!err)
		seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err && arch != seccomp_arch_native()) {
		err = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
		if (!err)
			err = seccomp_arch_add(ctx, arch);
	}
	if (!err)
		err = add_calls(ctx, plan);
	if (err && ctx)
		seccomp_release(ctx);
	else
		*ret = ctx;
	return err;
}

/* libseccomp writes to a descriptor only. */
static int export(scmp_filter_ctx ctx, struct sock_fprog *ret)
{
	_cleanup_(close_fd) int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;
	int err;

	if (fd < 0)
		return -errno;
	err = seccomp_export_bpf(ctx, fd);
	if (err)
		return err;
	if (fstat(fd, &st))
		return -errno;
	ret->filter = malloc((size_t)st.st_size);
	if (!ret->filter)
		return -ENOMEM;
	if (pread(fd, ret->filter, (size_t)st.st_size, 0) != st.st_size)
		return -EIO;
	ret->len = (unsigned short)((size_t)st.st_size /
				    sizeof(*ret->filter));
	return 0;
}

/* Whether everything is notified but what is in no case: numbers that
 * nobody knows are then notified, too. */
static bool is_everything(const struct callset *notified,
			  const struct callnames *names)
{
	struct callset all;

	callset_fill(&all);
	filter_limit(&all, names, true);
	return callset_equal(&all, notified);
}

int filter_build(struct sock_fprog *ret, const struct callset *notified,
		 const struct callnames *names, bool all, struct why *why)
{
	struct plan plan = {
		.notified = notified, .names = names, .all = all,
		.by_default = all && is_everything(notified, names),
	};
	scmp_filter_ctx sum = NULL, ctx = NULL;
	int err = 0;

	*ret = (struct sock_fprog){ 0 };
	for (plan.abi = ABI_NATIVE; !err && plan.abi <= ABI_X32; plan.abi++) {
		if (!arch_of(plan.abi))
			continue;
		err = make_abi(&ctx, &plan);
		if (!err && !sum) {
			sum = ctx;
		} else if (!err) {
			err = seccomp_merge(sum, ctx);
			if (err)
				seccomp_release(ctx);
		}
	}
	if (!err)
		err = export(sum, ret);
	if (sum)
		seccomp_release(sum);
	if (err) {
		free(ret->filter);
		ret->filter = NULL;
		return why_set(why, EIO, "libseccomp cannot build the filter: "
			       "%s", strerror(-err));
	}
	return 0;
}
