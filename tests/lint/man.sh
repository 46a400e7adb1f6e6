#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The man page against the program: each option and each column is in both.

# shellcheck source=tests/lint/lint.sh
. "$(dirname "$0")/lint.sh"

page=$top_srcdir/man/smbsysacct.1
prog=${SMBSYSACCT:-$top_srcdir/smbsysacct}

command -v mandoc >/dev/null 2>&1 || skip_all "tool: mandoc is not installed"
test -x "$prog" || {
	echo "# no program $prog: build first, or set SMBSYSACCT"
	exit 99
}

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# Wide, so that no option is broken at a hyphen; without overstriking.
mandoc -Tascii -Owidth=1000 "$page" 2>/dev/null |
	sed "s/.$(printf '\b')//g" >"$tmp/page"
"$prog" --help >"$tmp/help" 2>&1
"$prog" --list=columns >"$tmp/columns" 2>&1

# options FILE: the options in it, one a line, long and short.
options()
{
	tr -c 'A-Za-z0-9=\n-' ' ' <"$1" | tr ' ' '\n' |
		sed -n -E 's/^(--[a-z][a-z0-9-]*[a-z0-9]).*/\1/p
			s/^(-[A-Za-z])$/\1/p' | sort -u
}

# The page may talk of other programs' options. Its own ones are the tags
# of the list below OPTIONS.
page_options()
{
	awk '/^[A-Z]/ { on = $0 ~ /OPTIONS/ } on && /^ +-/ &&
		match($0, /^ +/) && RLENGTH <= 8' "$tmp/page" >"$tmp/tags"
	options "$tmp/tags"
}

columns()
{
	awk 'NF && $1 ~ /^%?[a-z][a-z0-9_.-]*$/ { print $1 }' "$tmp/columns"
}

undocumented()
{
	page_options >"$tmp/in_page"
	options "$tmp/help" >"$tmp/in_help"
	comm -13 "$tmp/in_page" "$tmp/in_help" |
		sed 's/$/: in --help, not below OPTIONS of the page/'
}

unknown()
{
	comm -23 "$tmp/in_page" "$tmp/in_help" |
		sed 's/$/: below OPTIONS of the page, not in --help/'
}

columns_undocumented()
{
	columns | while read -r id; do
		awk -v id="$id" '$1 == id { found = 1 }
			END { exit !found }' "$tmp/page" ||
			echo "$id: no entry in the page begins with it"
	done
}

some_options()
{
	test "$(options "$tmp/help" | wc -l)" -ge 5 || {
		echo "--help shows fewer than 5 options:"
		cat "$tmp/help"
	}
}

some_columns()
{
	test "$(columns | wc -l)" -ge 5 || {
		echo "--list=columns shows fewer than 5 columns:"
		cat "$tmp/columns"
	}
}

# But whether other manuals are installed here.
format()
{
	mandoc -Tlint -W style "$page" 2>/dev/null |
		grep -v 'referenced manual not found'
	return 0
}

rule "mandoc finds nothing to remark in the page" format
rule "--help lists the options" some_options
rule "each option is in the page" undocumented
rule "each option of the page is in the program" unknown
rule "--list=columns lists the columns" some_columns
rule "each column is in the page" columns_undocumented
end_rules
