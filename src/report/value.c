/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/value.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

char *value_seconds(char *buf, size_t size, bool estimated, int64_t ns,
		    const char *doubt)
{
	if (ns > -NS_PER_MS / 2 && ns < 0)
		ns = 0;
	snprintf(buf, size, "%s%.3f%s", estimated ? "~" : "",
		 (double)ns / NS_PER_SEC, doubt);
	return buf;
}

char *value_bytes(char *buf, size_t size, int64_t bytes)
{
	static const char units[] = "BKMGTP";
	double value = (double)bytes;
	int unit = 0;

	while ((value >= 1024 || value <= -1024) && unit < 5) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, size, unit ? "%.1f%c" : "%.0f%c", value, units[unit]);
	return buf;
}

char *value_text(char *buf, size_t size, const struct column *column,
		 const struct value *value)
{
	const char *mark = value->estimated ? "~" : "";
	const char *doubt = value->doubtful ? "?" : "";

	if (!value->known) {
		snprintf(buf, size, "-");
		return buf;
	}
	switch (column->kind) {
	case KIND_TEXT:
		return text_untrusted(buf, size, value->text);
	case KIND_NS:
		return value_seconds(buf, size, value->estimated,
				     value->number, doubt);
	case KIND_LATENCY:
		snprintf(buf, size, "%s%.2f", mark,
			 (double)value->number / 1000);
		break;
	case KIND_PERCENT:
		snprintf(buf, size, "%s%.2f%s", mark, value->percent, doubt);
		break;
	case KIND_RATIO:
		snprintf(buf, size, "%s%.2f", mark, value->percent);
		break;
	case KIND_BYTES:
		return value_bytes(buf, size, value->number);
	default:
		snprintf(buf, size, "%s%lld%s", mark,
			 (long long)value->number, doubt);
	}
	return buf;
}
