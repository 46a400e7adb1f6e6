#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each shell script passes shellcheck, with the files it sources.

# shellcheck source=tests/lint/lint.sh
. "$(dirname "$0")/lint.sh"

command -v shellcheck >/dev/null 2>&1 ||
	skip_all "tool: shellcheck is not installed"

scripts()
{
	texts | grep -E '\.sh$|^\.ci/run$|/completion/bash/'
}

# Not told: functions that a command line calls by name (rule, step, at_exit).
check()
{
	cd "$top_srcdir" && shellcheck -x -e SC2317,SC2329 -f gcc "$1"
}

# A list, not a pipe: rule counts in this shell.
for script in $(scripts); do
	rule "shellcheck: $script" check "$script"
done
end_rules
