#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the packages say again, and has to stay the same.

# shellcheck source=tests/lint/lint.sh
. "$(dirname "$0")/lint.sh"

cd "$top_srcdir" || exit 99
debian=contrib/packaging/debian
spec=contrib/packaging/smbsysacct.spec

version=$(sed -n 's/^AC_INIT(\[smbsysacct\], \[\(.*\)\])$/\1/p' configure.ac)

versions()
{
	test -n "$version" || echo "configure.ac: no version"
	head -n 1 $debian/changelog | grep -q "^smbsysacct ($version-" ||
		echo "$debian/changelog: not about $version"
	grep -q "^Version: *$version$" $spec || echo "$spec: not $version"
	grep '^\* ' $spec | head -n 1 | grep -q " $version-[0-9]*$" ||
		echo "$spec: no changelog of $version"
}

# What a developer's build needs, a package's needs, too. What comes with
# debhelper or rpmbuild is not named.
needs()		# COLUMN FILE
{
	awk -F'|' -v column="$1" '/^\tbuild\|/ { print $column }' \
		contrib/lib.sh | sed 's/^\t*//' | sort -u |
		grep -vxE 'gcc|make|autoconf|automake|libc6-dev' |
		while read -r package; do
			grep -qE "^ $package,?( |$)" "$2" ||
				echo "$2: $package of contrib/lib.sh is missing"
		done
}

# By pkg-config, whose name for each library is in configure.ac.
modules()
{
	sed -n 's/^SMB_OPTIONAL(\[[a-z]*\], \[[A-Z]*\], \[\([a-z]*\).*/\1/p' \
		configure.ac | while read -r module; do
		grep -q "^BuildRequires: *pkgconfig($module)" $spec ||
			echo "$spec: pkgconfig($module) is missing"
	done
}

# A package without it would be another one.
musts()
{
	sed -n 's/^SMB_OPTIONAL(\[\([a-z]*\)\].*/\1/p' configure.ac |
		while read -r name; do
			for file in $debian/rules $spec; do
				grep -q -e "--with-$name" "$file" || echo \
					"$file: --with-$name is missing"
			done
		done
}

some()
{
	test "$(grep -c '^SMB_OPTIONAL' configure.ac)" -gt 5 ||
		echo "no optional libraries found in configure.ac"
	test "$(grep -c '^	build|' contrib/lib.sh)" -gt 5 ||
		echo "no packages found in contrib/lib.sh"
}

rule "libraries and packages are found" some
rule "the packages are of the version in configure.ac" versions
rule "Debian's Build-Depends has what contrib/lib.sh has" \
	needs 2 $debian/control
rule "the spec's BuildRequires has each library" modules
rule "packages are built with every library, or not at all" musts
end_rules
