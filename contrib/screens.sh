#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sh contrib/screens.sh [FOLDER]
#
# Makes the pictures of the dashboard in docs/screens anew (or in FOLDER):
# on an smbd that receives 10,000 files, on nginx under load and on make -j2.
# Takes a minute or two, and root, as smbd does.

top=$(cd "$(dirname "$0")/.." && pwd) || exit 125
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"

test $# -le 1 || die "usage: sh contrib/screens.sh [FOLDER]"
test "$(id -u)" -eq 0 || die "smbd and the bpf collector need root"

set_up build test full
configure_script
build=$top/build-screens
mkdir -p "$build" || die "cannot make the folder $build"

say "Building in $build"
(
	cd "$build" || exit
	test -e config.status || "$top/configure" -q || exit
	make -s -j"$jobs"
) >"$build/build.log" 2>&1 </dev/null || {
	tail -n 30 "$build/build.log" >&2
	die "The build failed; the whole log is $build/build.log"
}

say "Taking pictures"
SMBSYSACCT=$build/smbsysacct top_builddir=$build \
	/usr/bin/python3 -B "$top/tests/bench/screens.py" \
	"${1:-$top/docs/screens}"
