# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the lint tests share; read with ". lint.sh". One rule is one TAP line.
# Each script also runs by itself: sh tests/lint/arrows.sh

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
rules=0

# rule MESSAGE COMMAND [ARG...]: the rule holds if the command prints nothing
# and ends with 0. What it prints are the places that break the rule.
rule()
{
	rule_message=$1
	shift
	rules=$((rules + 1))
	if rule_found=$("$@" 2>&1); then
		test -z "$rule_found" && {
			echo "ok $rules - $rule_message"
			return
		}
	else
		rule_found="$rule_found
the check itself ended with an error"
	fi
	echo "not ok $rules - $rule_message"
	printf '%s\n' "$rule_found" | sed 's/^/#   /'
}

skip_rule()	# MESSAGE REASON
{
	rules=$((rules + 1))
	echo "ok $rules - $1 # SKIP $2"
}

skip_all()	# REASON
{
	echo "1..0 # SKIP $1"
	exit 0
}

end_rules()
{
	echo "1..$rules"
}

# sources [FOLDER...]: the C files, one a line, as paths below the top.
sources()
{
	(cd "$top_srcdir" && find "${@:-src}" -name '*.[ch]' -type f) |
		grep -vE '/(syscalls_new|classes_table|flame_assets|arguments_table|reasons_table)\.h$' | sort
}

# texts: every file a person wrote, without what builds leave in the tree.
texts()
{
	(
		cd "$top_srcdir" || exit 1
		find src tests contrib data docs man -type f ! -name '*.o' \
			! -name '*.a' ! -name '*.log' ! -name '*.trs' \
			! -name '*.P*o' ! -name '.dirstamp' ! -name '*.lock' \
			! -name '*.pyc' ! -name '*.sw?' ! -name '*~' \
			! -name syscalls_new.h ! -name classes_table.h \
			! -name flame_assets.h ! -name reasons_table.h \
			! -name arguments_table.h
		ls Makefile.am configure.ac autogen.sh .ci/run ./*.md NEWS \
			2>/dev/null
	) | sort | while read -r f; do
		# A program beside its source was built in the tree.
		test -e "$top_srcdir/$f.c" || echo "$f"
	done
}

# code FILE...: the files with comments, strings and characters blanked, each
# line as FILE:LINE:TEXT.
code()
{
	(cd "$top_srcdir" && LC_ALL=C awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		text = ""
		while (line != "") {
			if (inside) {
				end = index(line, "*/")
				if (!end)
					break
				line = substr(line, end + 2)
				inside = 0
				continue
			}
			if (!match(line, /\/\*|\/\/|"|\047/)) {
				text = text line
				break
			}
			text = text substr(line, 1, RSTART - 1)
			mark = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			if (mark == "//")
				break
			if (mark == "/*") {
				inside = 1
				continue
			}
			# A string or a character: skip to its end.
			text = text mark
			while (line != "") {
				c = substr(line, 1, 1)
				line = substr(line, 2)
				if (c == "\\")
					line = substr(line, 2)
				else if (c == mark)
					break
			}
			text = text mark
		}
		print FILENAME ":" FNR ":" text
	}' "$@")
}
