/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address of --listen, what a client says it accepts, and labels. */
#include "fuzz.h"

#include "export/listener.h"
#include "report/exposition.h"

static void check_labels(const char *text)
{
	char labels[LABELS_MAX] = "";
	bool quoted = false;

	for (int i = 0; i < 6; i++)
		exposition_label(labels, "name", text);
	must(strlen(labels) < LABELS_MAX);
	for (const char *p = labels; *p; p++) {
		must(*p != '\n');
		if (*p == '"')
			quoted = !quoted;
		if (quoted && *p == '\\') {
			p++;
			must(*p == '\\' || *p == '"');
		}
	}
	must(!quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct endpoint endpoint;
	struct why why = { 0 };

	if (endpoint_parse(&endpoint, text, &why))
		must(why.err && *why.text);
	else
		must(endpoint.len && strchr(text, ':'));
	if (listener_wants_open(text))
		must(strcasestr(text, "application/openmetrics-text"));
	check_labels(text);
	free(text);
	return 0;
}

FUZZ_CORPUS("listen", "options")
