/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acct/ledger.h"
#include "model/abi.h"
#include "model/errname.h"
#include "model/smb2.h"
#include "model/syscall.h"

const char *naming_who(struct snapshot *snap,
			    const struct ledger *ledger,
			    const struct key *key)
{
	const struct who *who = ledger_who(ledger, key);

	return snapshot_text(snap, who ? who->name : "?");
}

const char *naming_process(struct snapshot *snap,
				const struct ledger *ledger,
				const struct key *key)
{
	struct key whose = key_project(key, dim_bit(DIM_PROCESS));
	const struct who *who = ledger_who(ledger, &whose);
	char text[128];

	if (!key->pid)
		return snapshot_text(snap, "(others)");
	if (key->tid != TID_CHILDREN)
		return naming_who(snap, ledger, &whose);
	snprintf(text, sizeof(text), "%s (its ended children)",
		 who ? who->name : "?");
	return snapshot_text(snap, text);
}

static const char *thread_name(struct snapshot *snap,
			       const struct ledger *ledger,
			       const struct key *key)
{
	if (key->tid == TID_CHILDREN)
		return snapshot_text(snap, "(ended children)");
	if (key->tid == TID_PROCESS)
		return snapshot_text(snap, "(ended threads, rounding)");
	return naming_who(snap, ledger, key);
}

const char *naming_call(struct snapshot *snap,
			     const struct ledger *ledger,
			     const struct key *key)
{
	static const char *const states[] = {
		[STATE_RUNNING] = "[running]",
		[STATE_OUTSIDE] = "[outside calls]",
		[STATE_ASLEEP] = "[asleep]",
		[STATE_BOOKED] = "[asleep]",
		[STATE_REST] = "[not asked for]",
	};
	char text[128];

	if (key->abi == ABI_STATE)
		return snapshot_text(snap, states[key->nr]);
	if (key->abi == ABI_WCHAN) {
		bool known = key->nr >= 0 &&
			     (size_t)key->nr < ledger->labels.n;

		snprintf(text, sizeof(text), "[asleep in %s]",
			 known ? ledger->labels.texts[key->nr] : "?");
		return snapshot_text(snap, text);
	}
	if (key->nr < 0)
		return snapshot_text(snap, "[other calls]");
	return snapshot_text(snap, syscall_name(text, sizeof(text), key->abi,
				       key->nr));
}

const char *naming_function(struct snapshot *snap,
			    const struct ledger *ledger,
			    const struct key *key)
{
	bool known = key->nr >= 0 && (size_t)key->nr < ledger->labels.n;

	return snapshot_text(snap, known ? ledger->labels.texts[key->nr] : "?");
}

static const char *error_name(struct snapshot *snap, const struct key *key)
{
	char text[32];

	if (!key->error)
		return snapshot_text(snap, "");
	return snapshot_text(snap, errname(text, sizeof(text), key->error));
}

/* Whose it is, by the ledger's number of the name; NULL: not known. */
static bool keep_label(struct snapshot *snap, const struct ledger *ledger,
		       int32_t label, const char **ret)
{
	*ret = NULL;
	if (label <= 0 || (size_t)label > ledger->labels.n)
		return true;
	*ret = snapshot_text(snap, ledger->labels.texts[label - 1]);
	return *ret;
}

static const char *request_name(struct snapshot *snap, int32_t request)
{
	return snapshot_text(snap, request == REQUEST_HELPERS ? "(helper threads)" :
			  request == REQUEST_OTHERS ? "(other smbds)" :
			  request == REQUEST_NONE ? "(event loop)" :
			  smb2_command(request - 1));
}

/* NULL where memory ran out. */
static const char *detail_name(struct snapshot *snap,
			       const struct ledger *ledger, int32_t label,
			       const char *none)
{
	const char *name;

	if (!keep_label(snap, ledger, label, &name))
		return NULL;
	return name ? name : snapshot_text(snap, none);
}

/* The other way round, for who reads it: what matters comes first. */
static const char *chain_of(struct snapshot *snap, const char *stack)
{
	static const char between[] = " < ";
	size_t size = sizeof(between) * strlen(stack) + 1, n = 0;
	const char *end = stack + strlen(stack), *from;
	char *chain = malloc(size);
	const char *ret;

	if (!chain)
		return NULL;
	for (;; end = from - 1) {
		for (from = end; from > stack && from[-1] != ';'; from--)
			;
		n += (size_t)snprintf(chain + n, size - n, "%s%.*s",
				      n ? between : "", (int)(end - from),
				      from);
		if (from == stack)
			break;
	}
	ret = snapshot_text(snap, chain);
	free(chain);
	return ret;
}

static bool name_detail(struct snapshot *snap, const struct ledger *ledger,
			struct row *row)
{
	const struct key *key = &row->key;
	const struct {
		enum dim dim;
		int32_t label;
		const char *none;
		const char **name;
	} parts[] = {
		{ DIM_STACK, key->stack, "(no stack)", &row->stack },
		{ DIM_CALLER, key->caller, "(no stack)", &row->caller },
		{ DIM_REASON, key->reason, "(not waiting)", &row->reason },
		{ DIM_WAKER, key->waker, key->reason ? "(nobody)" :
		  "(not waiting)", &row->waker },
		{ DIM_FILE, key->file, "(no descriptor)", &row->file },
		{ DIM_PEER, key->peer, "(nobody)", &row->peer },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!(snap->cfg.by & dim_bit(parts[i].dim)))
			continue;
		*parts[i].name = detail_name(snap, ledger, parts[i].label,
					     parts[i].none);
		if (!*parts[i].name)
			return false;
	}
	if (snap->cfg.by & dim_bit(DIM_STACK))
		row->chain = chain_of(snap, row->stack);
	return row->chain || !(snap->cfg.by & dim_bit(DIM_STACK));
}

static bool name_request(struct snapshot *snap, const struct ledger *ledger,
			 struct row *row)
{
	const struct key *key = &row->key;
	unsigned by = snap->cfg.by;
	bool named = true;
	char text[32];

	if (by & dim_bit(DIM_REQUEST))
		named &= !!(row->request = request_name(snap, key->request));
	if (by & dim_bit(DIM_STATUS))
		named &= !!(row->status = snapshot_text(snap, smb2_status(text,
					sizeof(text), key->status)));
	if (by & dim_bit(DIM_PHASE))
		named &= !!(row->phase = snapshot_text(snap, smb2_phase(key->nr)));
	return named && keep_label(snap, ledger, key->client, &row->client) &&
	       keep_label(snap, ledger, key->user, &row->user) &&
	       keep_label(snap, ledger, key->share, &row->share);
}

bool naming_rows(struct snapshot *snap, const struct ledger *ledger)
{
	for (size_t i = 0; i < snap->n_rows; i++) {
		struct row *row = &snap->rows[i];
		unsigned by = snap->cfg.by;
		bool named = true;

		if (by & dim_bit(DIM_PROCESS))
			named &= !!(row->process = naming_process(snap, ledger,
								&row->key));
		if (by & dim_bit(DIM_THREAD))
			named &= !!(row->thread = thread_name(snap, ledger,
							      &row->key));
		if (by & dim_bit(DIM_SYSCALL))
			named &= !!(row->syscall = naming_call(snap, ledger,
							     &row->key));
		if (by & dim_bit(DIM_ERRNO))
			named &= !!(row->error = error_name(snap,
							    &row->key));
		if (by & (DIMS_OF_REQUESTS | dim_bit(DIM_PHASE)))
			named &= name_request(snap, ledger, row);
		if (by & DIMS_OF_DETAIL)
			named &= name_detail(snap, ledger, row);
		if (!named)
			return false;
	}
	return true;
}
