#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sizes: a file has at most 600 lines; a function of more than 80 is named
# in a remark. Tables (initializers) and data files are exempt.

# shellcheck source=tests/lint/lint.sh
. "$(dirname "$0")/lint.sh"

files()
{
	texts | grep -E '\.(c|h|sh|awk|py|am|ac)$'
}

long_files()
{
	cd "$top_srcdir" || return
	# shellcheck disable=SC2046
	awk '
	function check() {
		if (n > 600)
			print name ": " n " lines"
	}
	FNR == 1 { check(); name = FILENAME }
	{ n = FNR }
	END { check() }' $(files)
}

# Kernel style: a function's braces stand in the first column, a table's
# opening brace does not.
long_functions()
{
	cd "$top_srcdir" || return
	# shellcheck disable=SC2046
	awk '
	/^{/ { start = FNR; head = last }
	/^}/ && start {
		if (FNR - start - 1 > 80)
			print FILENAME ":" start ": " FNR - start - 1 \
				" lines: " head
		start = 0
	}
	FNR == 1 { start = 0 }
	/^[^ \t]/ { last = $0 }' $(sources src tests)
}

rule "no file is longer than 600 lines" long_files
long_functions | sed 's/^/# a function above 80 lines: /'
end_rules
