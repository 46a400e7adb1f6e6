#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sh contrib/try.sh
#
# Builds smbsysacct in a folder of its own (build-try/, or $TRY_DIR), starts
# a workload, copying 10,000 files of 10 KB over and over, and shows where
# its time goes. Leaves nothing behind but that folder.

top=$(cd "$(dirname "$0")/.." && pwd) || exit 125
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"

test $# -eq 0 || die "usage: sh contrib/try.sh"

# --- build -----------------------------------------------------------------

set_up build
configure_script
build=${TRY_DIR:-$top/build-try}
mkdir -p "$build" || die "cannot make the folder $build"
build=$(cd "$build" && pwd)

say "Building in $build"
(
	cd "$build" || exit
	test -e config.status || "$top/configure" -q || exit
	make -s -j"$jobs"
) >"$build/try.log" 2>&1 </dev/null || {
	tail -n 30 "$build/try.log" >&2
	die "The build failed; the whole log is $build/try.log"
}

# --- workload --------------------------------------------------------------

# Two trees of 100 MB, in memory if there is room.
room=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if test -w /dev/shm && test "${room:-0}" -gt 400000; then
	tree=$(mktemp -d /dev/shm/smbsysacct-try.XXXXXX)
else
	tree=$(mktemp -d)
fi || die "no folder for the workload"
workload=
# shellcheck disable=SC2016
at_exit 'rm -rf "$tree"'
# shellcheck disable=SC2016
at_exit 'test -z "$workload" || kill "$workload" 2>/dev/null'

say "Making 10,000 files of 10 KB in $tree"
mkdir "$tree/to" || die "cannot write to $tree"
make_files "$tree/from"

# The shell waits for a line, so that we are attached before it begins.
mkfifo "$tree/go" || die "mkfifo failed"
exec 3<>"$tree/go"
# shellcheck disable=SC2016
sh -c '
	read -r seconds
	end=$(($(date +%s) + seconds))
	while test "$(date +%s)" -lt $end; do
		cp -r "$1/from/." "$1/to"
	done' workload "$tree" <&3 3<&- &
workload=$!

# --- report ----------------------------------------------------------------

set -- "$build/smbsysacct" -p "$workload"
say
say "\$ smbsysacct -p $workload"
"$@" 3<&- 2>"$tree/messages" &
report=$!
# Its message says that it is attached; the workload may begin.
until grep -q attached "$tree/messages" || ! kill -0 $report 2>/dev/null; do
	sleep 0.1
done
cat "$tree/messages"
echo 5 >&3
wait $report
status=$?
wait "$workload" 2>/dev/null
workload=
test $status -eq 0 || die "smbsysacct ended with status $status"

# The same copy once more, launched: its calls are counted.
if "$build/smbsysacct" --version | grep -q seccomp; then
	rm -rf "$tree/to" && mkdir "$tree/to"
	set -- "$build/smbsysacct" -A -c cp -r "$tree/from/." "$tree/to"
	say
	say "\$ smbsysacct -A -c cp -r from to"
	"$@" || die "smbsysacct ended with status $?"
fi

say
say "The first report was attached to a copy that ran already. Its first line says"
say "it in words, each row below is a system call with its time on the CPU, asleep"
say "and waiting for a CPU, and the ledger at the end adds up to all of it; ~ marks"
say "an estimate, and there are none where it was measured by bpf. The second one"
say "launched the copy."
