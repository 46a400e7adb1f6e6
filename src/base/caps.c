/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct caps {
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static struct __user_cap_header_struct header(void)
{
	return (struct __user_cap_header_struct){
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
}

bool caps_have(int cap)
{
	struct __user_cap_header_struct head = header();
	struct caps caps = { 0 };

	if (syscall(SYS_capget, &head, caps.data))
		return false;
	return caps.data[cap / 32].effective >> (cap % 32) & 1;
}

bool caps_are_real(const struct procfs *fs)
{
	unsigned inside, outside, count;
	char buf[128];

	/* Without the file there are no user namespaces. */
	return procfs_read(fs, buf, sizeof(buf), "self/uid_map") <= 0 ||
	       (sscanf(buf, "%u %u %u", &inside, &outside, &count) == 3 &&
		!inside && !outside && count == UINT32_MAX);
}

bool caps_see_all(const struct procfs *fs)
{
	return !geteuid() || (caps_have(CAP_SYS_PTRACE) && caps_are_real(fs));
}

/* A container's boundary: no file and no sudo can give what is beyond it. */
static bool are_in_bounds(int n, const int *caps)
{
	for (int i = 0; i < n; i++)
		if (prctl(PR_CAPBSET_READ, caps[i], 0, 0, 0) != 1)
			return false;
	return true;
}

/* To be copied into a shell: whole, as one word there, or not at all. */
static void grant_to_file(const char *caps, struct why *why)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+-";
	char exe[256], line[sizeof(why->grant)];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *quote;
	int n;

	if (len <= 0 || len >= (ssize_t)sizeof(exe) - 1)
		return;
	exe[len] = '\0';
	if (strchr(exe, '\''))
		return;
	quote = exe[strspn(exe, plain)] ? "'" : "";
	n = snprintf(line, sizeof(line), "sudo setcap %s=ep %s%s%s", caps,
		     quote, exe, quote);
	if (n > 0 && (size_t)n < sizeof(line))
		why_grant(why, "%s", line);
}

void caps_grant(const struct procfs *fs, int n, const int *caps,
		const char *const *names, struct why *why)
{
	bool file = are_in_bounds(n, caps);
	char text[96] = "";
	size_t used = 0;

	/* Nothing at all can be given to who has no_new_privs. */
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
	    !caps_are_real(fs) || (file && !geteuid()))
		return;
	for (int i = 0; i < n && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"%s%s%s", file ? i ? "," : "" : " --cap-add=",
			file ? "cap_" : "", names[i]);
	if (file)
		grant_to_file(text, why);
	else if (!access("/run/.containerenv", F_OK))
		why_grant(why, "podman run%s ...", text);
	else if (!access("/.dockerenv", F_OK))
		why_grant(why, "docker run%s ...", text);
}

bool caps_use(int cap, bool on)
{
	struct __user_cap_header_struct head = header();
	struct caps caps = { 0 };
	uint32_t bit = 1u << (cap % 32), *effective;
	bool was;

	if (syscall(SYS_capget, &head, caps.data))
		return false;
	effective = &caps.data[cap / 32].effective;
	was = *effective & bit;
	*effective &= ~bit;
	if (on)
		*effective |= bit & caps.data[cap / 32].permitted;
	/* Who may not is refused where it matters. */
	syscall(SYS_capset, &head, caps.data);
	return was;
}

int caps_keep(uint64_t keep, struct why *why)
{
	struct __user_cap_header_struct head = header();
	struct caps caps = { 0 };

	if (syscall(SYS_capget, &head, caps.data))
		return why_set(why, errno, "capget: %s", strerror(errno));
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t part = (uint32_t)(keep >> (32 * i));

		caps.data[i].effective &= part;
		caps.data[i].permitted &= part;
		caps.data[i].inheritable &= part;
	}
	if (syscall(SYS_capset, &head, caps.data))
		return why_set(why, errno, "cannot give up privileges: %s",
			       strerror(errno));
	return 0;
}
