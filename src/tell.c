/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void tell(const struct tell *to, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (to->show)
		show_say(to->show, text);
	else if (!to->options->quiet)
		fprintf(stderr, "smbsysacct: %s\n", text);
}

void tell_warnings(struct tell *to, const struct ledger *ledger)
{
	static const char warning[] = "warning: ";
	char safe[512];

	for (; to->told_notes < ledger->n_notes; to->told_notes++) {
		const char *note = ledger->notes[to->told_notes];

		if (!strncmp(note, warning, sizeof(warning) - 1))
			tell(to, "%s", text_untrusted(safe, sizeof(safe),
						      note));
	}
}

void tell_attached(const struct tell *to, const struct gauges *now,
		   const struct collector_ops *ops)
{
	tell(to, "attached to %llu process%s, %llu thread%s, by %s; Ctrl-C "
	     "ends and reports", (unsigned long long)now->processes,
	     now->processes == 1 ? "" : "es",
	     (unsigned long long)now->threads, now->threads == 1 ? "" : "s",
	     ops->name);
}

void tell_launched(const struct tell *to, const struct command *command,
		   const struct collector_ops *ops)
{
	const struct options *o = to->options;

	if (command->no_new_privs)
		tell(to, "setuid programs that %s starts will not gain "
		     "privileges: without being root, seccomp is to be had "
		     "with no_new_privs only", *o->command);
	if (o->all_calls && ops->holds_up)
		tell(to, "-A: any call can fail with EINTR where a signal's "
		     "handler lacks SA_RESTART; leave -A out where that "
		     "matters");
}

void tell_refused(const struct tell *to, const struct refusals *refusals,
		  const struct collector_ops *ops)
{
	if (!refusals->best)
		return;
	tell(to, "by %s, as %s was not to be had: %s%s%s", ops->name,
	     refusals->best->name, refusals->why.text,
	     *refusals->why.grant ? "; this would do it: " : "",
	     refusals->why.grant);
}
