/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/audit/link.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libaudit.h>

#include "base/caps.h"

#define ANSWER_MS 2000
/* As much as waits while we do not get a CPU; it is taken as it fills. */
#define RECEIVE_BYTES (16 << 20)
#define MAX_RULES 4096

static int explain(int err, const struct procfs *fs, struct why *why)
{
	if (!caps_are_real(fs) || err == ECONNREFUSED)
		return why_set(why, EPERM, "audit belongs to the machine and "
			       "this is a user namespace: run it outside");
	if (err == EPERM || err == EACCES)
		return why_set(why, EPERM, "audit needs CAP_AUDIT_CONTROL, "
			       "CAP_AUDIT_READ and the machine's own pid "
			       "namespace: run it as root, outside of a "
			       "container");
	if (err == EPROTONOSUPPORT || err == EAFNOSUPPORT || err == EINVAL)
		return why_set(why, ENOTSUP, "this kernel is built without "
			       "audit");
	return why_set(why, err, "cannot talk to audit: %s", strerror(err));
}

static int open_log(struct audit_link *link)
{
	struct sockaddr_nl self = {
		.nl_family = AF_NETLINK,
		.nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1),
	};
	int bytes = RECEIVE_BYTES;
	struct stat st;

	link->log = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC |
				       SOCK_NONBLOCK, NETLINK_AUDIT);
	if (link->log < 0 ||
	    bind(link->log, (struct sockaddr *)&self, sizeof(self)) ||
	    fstat(link->log, &st))
		return -errno;
	link->inode = st.st_ino;
	if (setsockopt(link->log, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		       sizeof(bytes)))
		setsockopt(link->log, SOL_SOCKET, SO_RCVBUF, &bytes,
			   sizeof(bytes));
	return 0;
}

int audit_link_open(struct audit_link *link, const struct procfs *fs,
		    struct why *why)
{
	struct audit_state state;
	int err;

	/* Its words are for who writes programs, and go to syslog. */
	set_aumessage_mode(MSG_QUIET, DBG_NO);
	*link = (struct audit_link)AUDIT_LINK_NONE;
	link->control = audit_open();
	if (link->control < 0)
		return explain(errno, fs, why);
	err = audit_link_state(link, &state, why);
	if (!err)
		err = open_log(link);
	return err ? explain(-err, fs, why) : 0;
}

void audit_link_close(struct audit_link *link)
{
	if (link->control >= 0)
		close(link->control);
	if (link->log >= 0)
		close(link->log);
	*link = (struct audit_link)AUDIT_LINK_NONE;
}

/* The next answer on the control socket; it is freed with nothing. */
static int get_answer(struct audit_link *link, struct audit_reply *reply,
		      struct why *why)
{
	struct pollfd fd = { .fd = link->control, .events = POLLIN };
	int n;

	n = poll(&fd, 1, ANSWER_MS);
	if (n == 1)
		n = audit_get_reply(link->control, reply, GET_REPLY_NONBLOCKING,
				    0);
	else
		n = n < 0 ? -errno : -ETIMEDOUT;
	if (n > 0 && reply->type == NLMSG_ERROR && reply->error->error)
		n = reply->error->error;
	if (n > 0)
		return 0;
	return why_set(why, n ? -n : EPROTO, "audit does not answer: %s",
		       strerror(n ? -n : EPROTO));
}

/* The words of struct audit_status in the order of linux/audit.h. */
enum { WORD_ENABLED = 1, WORD_DAEMON = 3, WORD_LIMIT = 5, WORD_LOST = 6,
       WORD_BACKLOG = 7, WORD_WAITS = 10, N_WORDS };

int audit_link_state(struct audit_link *link, struct audit_state *ret,
		     struct why *why)
{
	uint32_t words[N_WORDS] = { 0 };
	struct audit_reply reply;
	size_t size;
	int err = audit_request_status(link->control);

	if (err < 0)
		return why_set(why, -err, "audit does not tell its status: %s",
			       strerror(-err));
	do {
		err = get_answer(link, &reply, why);
	} while (!err && reply.type != AUDIT_GET);
	if (err)
		return err;
	size = reply.nlh->nlmsg_len - NLMSG_HDRLEN;
	memcpy(words, reply.status, size < sizeof(words) ? size :
							   sizeof(words));
	*ret = (struct audit_state){
		.enabled = words[WORD_ENABLED],
		.daemon = words[WORD_DAEMON],
		.backlog_limit = words[WORD_LIMIT],
		.backlog = words[WORD_BACKLOG],
		.lost = words[WORD_LOST],
		.waits = words[WORD_WAITS],
		.has_waits = size > WORD_WAITS * sizeof(*words),
	};
	return 0;
}

int audit_link_enable(struct audit_link *link, struct why *why)
{
	int err = audit_set_enabled(link->control, 1);

	return err < 0 ? why_set(why, -err, "cannot enable audit: %s",
				 strerror(-err)) : 0;
}

int audit_link_add(struct audit_link *link, union rule *rule,
		   struct why *why)
{
	int err = audit_add_rule_data(link->control, &rule->data,
				      (int)rule->data.flags,
				      (int)rule->data.action);

	return err < 0 ? why_set(why, -err, "audit does not take a rule: %s",
				 strerror(-err)) : 0;
}

int audit_link_delete_data(struct audit_link *link,
			   struct audit_rule_data *data, struct why *why)
{
	int err = audit_delete_rule_data(link->control, data,
					 (int)data->flags, (int)data->action);

	return err < 0 ? why_set(why, -err, "a rule of audit is left, take it "
				 "off with auditctl: %s", strerror(-err)) : 0;
}

int audit_link_delete(struct audit_link *link, union rule *rule,
		      struct why *why)
{
	return audit_link_delete_data(link, &rule->data, why);
}

static int keep_rule(struct rule_list *list, const void *data, size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	list->rules[list->n] = copy;
	list->sizes[list->n++] = size;
	return 0;
}

int audit_link_list(struct audit_link *link, struct rule_list *ret,
		    struct why *why)
{
	struct audit_reply reply = { 0 };
	int err = audit_request_rules_list_data(link->control);

	if (err < 0)
		return why_set(why, -err, "audit does not tell its rules: %s",
			       strerror(-err));
	*ret = (struct rule_list){
		.rules = calloc(MAX_RULES, sizeof(*ret->rules)),
		.sizes = calloc(MAX_RULES, sizeof(*ret->sizes)),
	};
	err = ret->rules && ret->sizes ? 0 : -ENOMEM;
	while (!err && ret->n < MAX_RULES) {
		err = get_answer(link, &reply, why);
		if (err || reply.type == NLMSG_DONE)
			break;
		if (reply.type == AUDIT_LIST_RULES)
			err = keep_rule(ret, reply.ruledata,
					reply.nlh->nlmsg_len - NLMSG_HDRLEN);
	}
	if (err == -ENOMEM)
		why_set(why, ENOMEM, "out of memory");
	if (err)
		rule_list_free(ret);
	return err;
}

void rule_list_free(struct rule_list *list)
{
	while (list->n)
		free(list->rules[--list->n]);
	free(list->rules);
	free(list->sizes);
	*list = (struct rule_list){ 0 };
}

size_t audit_link_read(struct audit_link *link, char *buf, size_t size)
{
	char message[NLMSG_HDRLEN + MAX_AUDIT_MESSAGE_LENGTH];
	struct nlmsghdr head;
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	ssize_t n;

	for (;;) {
		n = recvfrom(link->log, message, sizeof(message),
			     MSG_DONTWAIT, (struct sockaddr *)&from, &len);
		/* What found no room is in the socket's drops. */
		if (n < 0 && (errno == ENOBUFS || errno == EINTR))
			continue;
		if (n < 0)
			return 0;
		/* The length in the header is wrong on some kernels. */
		if (n < NLMSG_HDRLEN || from.nl_pid)
			continue;
		memcpy(&head, message, sizeof(head));
		if (head.nlmsg_type == AUDIT_SYSCALL)
			break;
	}
	n -= NLMSG_HDRLEN;
	if ((size_t)n > size)
		n = (ssize_t)size;
	memcpy(buf, message + NLMSG_HDRLEN, (size_t)n);
	return (size_t)n;
}

/* The columns of /proc/net/netlink: sk Eth Pid Groups Rmem Wmem Dump Locks
 * Drops Inode. */
uint64_t audit_link_drops(const struct audit_link *link,
			  const struct procfs *fs)
{
	unsigned long long drops, inode, ret = 0;
	char line[256];
	int fd = procfs_open(fs, "self/net/netlink");
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");

	if (!file) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %llu %llu",
			   &drops, &inode) == 2 && inode == link->inode)
			ret = drops;
	fclose(file);
	return ret;
}
