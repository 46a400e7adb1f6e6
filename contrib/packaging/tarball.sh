# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the builders of packages share; read with ". tarball.sh" after lib.sh.

: "${top:?}"

# out_folder FOLDER: made where it is not there, and its whole name.
out_folder()
{
	{ mkdir -p "$1" && cd "$1" && pwd; } ||
		die "cannot make the folder $1"
}

work_folder()
{
	mktemp -d "${TMPDIR:-/tmp}/smbsysacct-package.XXXXXX" ||
		die "mktemp failed"
}

# make_tarball FOLDER: smbsysacct-VERSION.tar.xz there, of this checkout.
make_tarball()
{
	configure_script
	mt_log=$1/tarball.log
	mkdir "$1/tarball" || die "cannot write to $1"
	(cd "$1/tarball" && "$top/configure" -q && make dist) \
		>"$mt_log" 2>&1 </dev/null || {
		tail -n 30 "$mt_log" >&2
		die "make dist failed; the end of its log is above"
	}
	mv "$1"/tarball/smbsysacct-*.tar.xz "$1" ||
		die "make dist made no tarball"
	rm -rf "$1/tarball"
}

# tarball_version FOLDER: of the tarball that is there.
tarball_version()
{
	tv_file=$(cd "$1" && echo smbsysacct-*.tar.xz)
	tv_file=${tv_file#smbsysacct-}
	echo "${tv_file%.tar.xz}"
}
