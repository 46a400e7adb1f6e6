#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Habits of the C code that a search can check.

# shellcheck source=tests/lint/lint.sh
. "$(dirname "$0")/lint.sh"

# _exit() is left alone: a forked child has no other way out.
exits()
{
	# shellcheck disable=SC2046
	code $(sources src | grep -v '^src/main\.c$') | grep -E \
		'(^|[^A-Za-z0-9_.>])(exit|quick_exit|abort|errx?|verrx?)[ ]*\(' ||
		test $? -eq 1
}

# A heuristic: declarations in the first column, and static ones in a
# function, that are data and neither const nor the signal flag. In a program
# for the BPF machine a global is a map, which the collector has as well.
globals()
{
	# shellcheck disable=SC2046
	code $(sources src | grep '\.c$' | grep -v '\.bpf\.c$') | awk '
	{
		where = $0
		sub(/^[^:]*:[^:]*:/, "")
		sub(where == "" ? "" : /[ \t]+$/, "")
		n = length(where) - length($0)
	}
	/\(|sig_atomic_t|(^|[^A-Za-z_])const([^A-Za-z_]|$)/ { next }
	/^(typedef|enum|union|extern|return|goto|#|})/ { next }
	/^struct [A-Za-z0-9_]+( \{)?;?$/ { next }
	/^[A-Za-z_][A-Za-z0-9_ \t*]*(\[[^]]*\])*[ \t]*(=.*|;)$/ ||
	/^[ \t]+static [^(]*(=.*|;)$/ { print where }'
}

unfinished()
{
	marks='TO''DO|FIX''ME|XX''X'
	(
		cd "$top_srcdir" || exit
		texts | tr '\n' '\0' |
			xargs -0 grep -nIwE "$marks" /dev/null
		test $? -le 123
	)
}

# A header says what it is before anything else, and can be read twice.
headers()
{
	sources src | grep '\.h$' | while read -r f; do
		awk -v f="$f" '
		BEGIN { said = 0 }
		/^#/ && !first { first = NR; if (!said) print f \
			": no comment that says what it is above line " NR }
		!first && !/SPDX/ && /[A-Za-z]/ { said = 1 }
		/^#(ifndef|pragma once)/ { guard = 1 }
		END { if (!guard) print f ": no include guard" }
		' "$top_srcdir/$f"
	done
}

licence()
{
	texts | grep -E '\.(c|h|sh|awk|py|am|ac)$' | while read -r f; do
		head -n 3 "$top_srcdir/$f" |
			grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
			echo "$f: no SPDX line among the first three"
	done
}

# Nothing of one developer's machine.
paths()
{
	(
		cd "$top_srcdir" || exit
		texts | tr '\n' '\0' | xargs -0 grep -nIE \
			"(^|[^A-Za-z0-9_.)}/*-])/(ho""me|wo""rk|ro""ot|Us""ers)/" \
			/dev/null
		test $? -le 123
	)
}

# Makefile.am, with what it includes, has to name each file, or a folder it
# is in: what it does not name is not in the tarball.
unnamed()
{
	texts | awk -v top="$top_srcdir" '
	BEGIN {
		read_names(top "/Makefile.am")
		read_names(top "/tests/tests.am")
	}
	function read_names(makefile,	line, n, i, word) {
		while ((getline line <makefile) > 0) {
			if (line ~ /^#/)
				continue
			n = split(line, word, /[ \t=\\]+/)
			for (i = 1; i <= n; i++)
				named[word[i]] = 1
		}
	}
	{
		sub(/^\.\//, "")
		if (!/\//)
			next
		path = $0
		if (path in named)
			next
		# A test program is named without its .c.
		if (path ~ /^tests\/.*\.c$/)
			sub(/\.c$/, "", path)
		while (path != "") {
			if (path in named)
				next
			if (!sub(/\/[^\/]*$/, "", path))
				break
		}
		print
	}'
}

some()
{
	test "$(sources src | wc -l)" -gt 10 || echo "no sources found"
	test "$(texts | wc -l)" -gt 20 || echo "no texts found"
}

rule "sources are found" some
rule "only main.c ends the program" exits
rule "no mutable globals" globals
rule "nothing is marked as unfinished" unfinished
rule "each header opens with what it is, and has a guard" headers
rule "each source names its licence" licence
rule "no absolute paths into somebody's folders" paths
rule "Makefile.am names each file" unnamed
end_rules
