#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sh contrib/packaging/build-rpm.sh [--nocheck] [OUTDIR]
#
# Makes the RPM and its source package in OUTDIR (build-rpm of the checkout),
# of nothing but the tarball, as the user who runs it; then asks rpmlint. On
# Debian, where rpm knows of no installed package, the libraries are Debian's
# and what is built is a trial of the spec, not a package for Fedora.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 125
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"
# shellcheck source=contrib/packaging/tarball.sh
. "$top/contrib/packaging/tarball.sh"

nocheck=
test "$1" != --nocheck || {
	nocheck=$1
	shift
}
test $# -le 1 ||
	die "usage: sh contrib/packaging/build-rpm.sh [--nocheck] [OUTDIR]"
set_up build rpm
out=$(out_folder "${1:-$top/build-rpm}") || exit
work=$(work_folder) || exit
at_exit "rm -rf '$work'"

spec=$top/contrib/packaging/smbsysacct.spec
make_tarball "$work"
version=$(tarball_version "$work")
now=$(sed -n 's/^Version: *//p' "$spec")
test "$now" = "$version" ||
	die "smbsysacct.spec is about $now, configure.ac about $version"

# Debian's rpm has no macros of systemd, and no database of packages.
nodeps=
unitdir=
test -e /etc/fedora-release || {
	nodeps=--nodeps
	unitdir=/usr/lib/systemd/system
}
say "Building smbsysacct $version"
# shellcheck disable=SC2086
rpmbuild -ba $nodeps $nocheck ${unitdir:+--define "_unitdir $unitdir"} \
	--define "_topdir $work/rpm" --define "_sourcedir $work" \
	--define "_smp_mflags -j$jobs" "$spec" \
	>"$work/log" 2>&1 </dev/null || {
	tail -n 60 "$work/log" >&2
	die "rpmbuild failed; the end of its log is above"
}
find "$work/rpm" -name '*.rpm' -exec cp {} "$out" \; ||
	die "cannot write to $out"

status=0
if command -v rpmlint >/dev/null 2>&1; then
	find "$work/rpm" -name '*.rpm' -exec rpmlint \
		-c "$top/contrib/packaging/rpmlint.toml" "$spec" {} + || status=1
else
	say "rpmlint is not here: the packages were not checked"
fi
ls -l "$out"
exit $status
