#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sh contrib/contrast.sh [ROUNDS]
#
# Measures what accounting costs beside strace and others, and writes the
# tables into README, between its lines "contrast" and "end of contrast":
# a copy of 10,000 small files in memory by --contrast, and the same files
# copied into an smbd, where it is a server that is accounted. Takes some ten
# minutes on a machine that does nothing else; root, as it is about bpf, too.
# Builds in build-try/ or $TRY_DIR, as contrib/try.sh does.

top=$(cd "$(dirname "$0")/.." && pwd) || exit 125
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"

rounds=${1:-5}
case $#$rounds in
[01]*[!0-9]* | [!01]*) die "usage: sh contrib/contrast.sh [ROUNDS]" ;;
esac
test "$(id -u)" = 0 || die "Run it as root: without, there is no bpf"
begins='<!-- contrast -->'
ends='<!-- end of contrast -->'
for line in "$begins" "$ends"; do
	grep -qxF -e "$line" "$top/README" || die "README has no line '$line'"
done

# --- build -----------------------------------------------------------------

set_up build test full
build=${TRY_DIR:-$top/build-try}
mkdir -p "$build" || die "cannot make the folder $build"
build=$(cd "$build" && pwd)
test -e "$build/config.status" || configure_script

say "Building in $build"
(
	cd "$build" || exit
	test -e config.status || "$top/configure" -q || exit
	make -s -j"$jobs"
) >"$build/contrast.log" 2>&1 </dev/null || {
	tail -n 30 "$build/contrast.log" >&2
	die "The build failed; the whole log is $build/contrast.log"
}

# --- a copy in memory ------------------------------------------------------

room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
test -w /dev/shm || die "/dev/shm cannot be written to"
test "${room:-0}" -gt 400000 ||
	die "/dev/shm has no room for two times 100 MB"
tree=$(mktemp -d /dev/shm/smbsysacct-contrast.XXXXXX) ||
	die "no folder for the workload"
# shellcheck disable=SC2016
at_exit 'rm -rf "$tree"'

mkdir "$tree/to" || die "cannot write to $tree"
make_files "$tree/from"
# The first copy makes files, all others write over them: not among them.
(cd "$tree" && cp -r from/. to) || die "cannot write to $tree"

say "Copying 10,000 files of 10 KB in memory, $rounds rounds"
(
	cd "$tree" && "$build/smbsysacct" --contrast -r "$rounds" \
		-o "$tree/copy" -- cp -r from/. to
) || die "smbsysacct ended with status $?"
# Room for the other copy.
rm -rf "$tree/from" "$tree/to"

# --- a copy into a server --------------------------------------------------

say "Copying 10,000 files of 10 KB into smbd, $rounds rounds"
top_builddir=$build SMBSYSACCT=$build/smbsysacct /usr/bin/python3 -B \
	"$top/tests/bench/collectors.py" "$rounds" >"$tree/smbd" ||
	die "tests/bench/collectors.py ended with status $?"

# --- README ----------------------------------------------------------------

{
	echo
	echo "10,000 files of 10 KB, on $(nproc) CPUs, Linux" \
		"$(uname -r | sed 's/[^0-9.].*//'), in memory:"
	echo
	sed -e 's/^/    /' -e 's/ *$//' "$tree/copy"
	echo
	echo "The same files copied by smbclient into an smbd, which is" \
		"attached to (\`-p\`) or"
	echo "launched:"
	echo
	sed -e 's/^/    /' -e 's/ *$//' "$tree/smbd" | awk 'NF'
	echo
} >"$tree/tables"

awk -v tables="$tree/tables" -v begins="$begins" -v ends="$ends" '
	$0 == ends { inside = 0 }
	!inside { print }
	$0 == begins {
		inside = 1
		while ((getline line <tables) > 0)
			print line
	}' "$top/README" >"$tree/README" || die "cannot write $tree"
# Not moved there, as it may be a link.
cat "$tree/README" >"$top/README" || die "cannot write README"
say "README has the new tables:"
cat "$tree/tables"
