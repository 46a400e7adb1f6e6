#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sh contrib/packaging/build-deb.sh [OUTDIR]
#
# Makes the Debian package, its source package, and the tarball below both in
# OUTDIR (build-deb of the checkout), of nothing but the tarball, as the user
# who runs it; then asks lintian. Installs what is missing to build with.

top=$(cd "$(dirname "$0")/../.." && pwd) || exit 125
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"
# shellcheck source=contrib/packaging/tarball.sh
. "$top/contrib/packaging/tarball.sh"

test $# -le 1 || die "usage: sh contrib/packaging/build-deb.sh [OUTDIR]"
command -v dpkg-architecture >/dev/null 2>&1 || command -v apt-get >/dev/null ||
	die "Debian's tools are needed; on Fedora there is build-rpm.sh"
set_up build deb
out=$(out_folder "${1:-$top/build-deb}") || exit
work=$(work_folder) || exit
at_exit "rm -rf '$work'"

make_tarball "$work"
version=$(tarball_version "$work")
tar -C "$work" -xf "$work/smbsysacct-$version.tar.xz" || die "tar failed"
mv "$work/smbsysacct-$version.tar.xz" "$work/smbsysacct_$version.orig.tar.xz"
source=$work/smbsysacct-$version
cp -R "$source/contrib/packaging/debian" "$source/debian" || die "cp failed"
now=$(cd "$source" && dpkg-parsechangelog -S Version) || die "no changelog"
test "${now%-*}" = "$version" ||
	die "debian/changelog is about $now, configure.ac about $version"

# clang and bpftool may have been installed by hand.
deps=
dpkg-checkbuilddeps "$source/debian/control" 2>"$work/deps" || {
	say "dpkg does not know of all that is needed to build:"
	cat "$work/deps"
	deps=-d
}
say "Building smbsysacct $now"
# shellcheck disable=SC2086
(cd "$source" && dpkg-buildpackage -us -uc -F $deps -j"$jobs") \
	>"$work/log" 2>&1 </dev/null || {
	tail -n 60 "$work/log" >&2
	die "dpkg-buildpackage failed; the end of its log is above"
}
find "$work" -maxdepth 1 -type f -name 'smbsysacct*_*' \
	-exec cp {} "$out" \; || die "cannot write to $out"

status=0
if command -v lintian >/dev/null 2>&1; then
	user=
	test "$(id -u)" != 0 || user=--allow-root
	lintian $user --pedantic --fail-on error,warning \
		"$work"/smbsysacct_*.changes || status=1
else
	say "lintian is not here: the packages were not checked"
fi
ls -l "$out"
exit $status
