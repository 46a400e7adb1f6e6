# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What contrib/*.sh share: messages, clean-up, and packages.
# Read with ". lib.sh" after setting top to the checkout.

: "${top:?}"
PATH=$PATH:/usr/sbin:/sbin
export PATH

say()
{
	printf '%s\n' "$*"
}

# We failed, not the thing we look at: the exit status says so.
die()
{
	printf '%s\n' "$*" >&2
	exit 125
}

# --- clean-up: at_exit COMMAND, run in the opposite order ------------------

exit_commands=

at_exit()
{
	exit_commands="$*
$exit_commands"
}

run_exit_commands()
{
	trap '' HUP INT TERM
	eval "$exit_commands"
	exit_commands=
}

trap run_exit_commands EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- packages --------------------------------------------------------------

# What is needed, one a line: Debian's name, Fedora's name, and how to see
# that it is there. Seeing beats asking the package manager: a compiler in
# /usr/local is a compiler.
package_table()
{
	cat <<-'EOF'
	build|gcc|gcc|command -v gcc
	build|libc6-dev|glibc-devel|test -e /usr/include/stdio.h
	build|make|make|command -v make
	build|autoconf|autoconf|command -v autoconf
	build|automake|automake|command -v automake
	build|pkg-config|pkgconf-pkg-config|command -v pkg-config
	build|libaudit-dev|audit-libs-devel|pkg-config --exists audit
	build|libseccomp-dev|libseccomp-devel|pkg-config --exists libseccomp
	build|libbpf-dev|libbpf-devel|pkg-config --exists libbpf
	build|libdw-dev|elfutils-devel|pkg-config --exists libdw
	build|liblzma-dev|xz-devel|pkg-config --exists liblzma
	build|libiberty-dev|binutils-devel|test -e /usr/include/libiberty/demangle.h
	build|clang|clang|command -v clang
	build|bpftool|bpftool|command -v bpftool
	build|libjansson-dev|jansson-devel|pkg-config --exists jansson
	build|libmicrohttpd-dev|libmicrohttpd-devel|pkg-config --exists libmicrohttpd
	build|libncurses-dev|ncurses-devel|pkg-config --exists ncursesw
	test|libcmocka-dev|libcmocka-devel|pkg-config --exists cmocka
	test|python3|python3|test -x /usr/bin/python3
	test|python3-jsonschema|python3-jsonschema|/usr/bin/python3 -c 'import jsonschema'
	test|jq|jq|command -v jq
	test|git|git|command -v git
	test|bash|bash|command -v bash
	test|shellcheck|ShellCheck|command -v shellcheck
	test|mandoc|mandoc|command -v mandoc
	test|strace|strace|command -v strace
	test|util-linux|util-linux|command -v flock
	sanitize|gcc|libasan|true
	sanitize|gcc|libubsan|true
	deb|debhelper|debhelper|command -v dh
	deb|dpkg-dev|dpkg-dev|command -v dpkg-buildpackage
	full|debootstrap|debootstrap|command -v debootstrap
	deb|lintian||command -v lintian || command -v dnf
	rpm|rpm|rpm-build|command -v rpmbuild
	rpm|rpmlint|rpmlint|command -v rpmlint
	full|libcap2-bin|libcap|command -v setcap
	deb|xz-utils|xz|command -v xz
	rpm|xz-utils|xz|command -v xz
	full|samba|samba|command -v smbd
	full|smbclient|samba-client|command -v smbclient
	full|samba-testsuite|samba-test|command -v smbtorture
	full|ctdb|ctdb|test -x /usr/sbin/ctdbd
	test|bpftool|bpftool|command -v bpftool
	full|nginx-light|nginx|command -v nginx
	full|postgresql|postgresql-server|ls /usr/lib/postgresql/*/bin/initdb || command -v initdb
	full|postgresql-contrib|postgresql-contrib|ls /usr/lib/postgresql/*/bin/pgbench || command -v pgbench
	full|bash-completion|bash-completion|test -e /usr/share/bash-completion/bash_completion
	full|zsh|zsh|command -v zsh
	full|fish|fish|command -v fish
	full|bpftrace|bpftrace|command -v bpftrace
	full|chromium|chromium|command -v chromium || command -v chromium-browser
	full|chromium-driver|chromedriver|command -v chromedriver
	full|prometheus|golang-github-prometheus|command -v promtool
	full|systemd|systemd|command -v systemd-analyze
	full|sysstat|sysstat|command -v pidstat
	full|htop|htop|command -v htop
	test|tmux|tmux|command -v tmux
	full|procps|procps-ng|command -v ps
	full|xz-utils|xz|command -v xz
	full|qemu-system-x86|qemu-system-x86-core|command -v qemu-system-x86_64
	EOF
}

# missing_packages COLUMN GROUP...: the names of what is not there.
missing_packages()
{
	mp_column=$1
	shift
	package_table | while IFS='|' read -r group debian fedora seen; do
		case " $* " in
		*" $group "*) ;;
		*) continue ;;
		esac
		sh -c "$seen" </dev/null >/dev/null 2>&1 && continue
		case $mp_column in
		debian)	echo "$debian" ;;
		*)	echo "$fedora" ;;
		esac
	done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

as_root()
{
	if test "$(id -u)" = 0; then
		"$@"
	elif test -t 0; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# Packages start their daemons unless this file says 101, "not allowed". One
# that is there already is put aside and comes back, also after a Ctrl-C.
policy=/usr/sbin/policy-rc.d
policy_aside=$policy.aside-by-smbsysacct

hold_daemons()
{
	at_exit release_daemons
	if test -e "$policy" && ! test -e "$policy_aside"; then
		as_root mv "$policy" "$policy_aside" || return
	fi
	printf '#!/bin/sh\n# of smbsysacct, while it installs\nexit 101\n' |
		as_root tee "$policy" >/dev/null &&
		as_root chmod 755 "$policy"
}

release_daemons()
{
	if test -e "$policy" && grep -q 'of smbsysacct' "$policy"; then
		as_root rm -f "$policy"
	fi
	if test -e "$policy_aside"; then
		as_root mv "$policy_aside" "$policy"
	fi
}

apt_get()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o DPkg::Lock::Timeout=300 "$@"
}

apt_install()
{
	apt_get install -y --no-install-recommends "$@"
}

# The lists may be missing or old: fetch them where an install fails.
install_debian()
{
	hold_daemons || return
	apt_install "$@" || {
		say "refreshing the package lists"
		apt_get update && apt_install "$@"
	}
	id_status=$?
	release_daemons
	return $id_status
}

install_fedora()
{
	as_root dnf -q -y --setopt=install_weak_deps=False install "$@"
}

# set_up GROUP...: install what the groups need and is not there. Says what
# before it does, and nothing at all where nothing is missing.
set_up()
{
	if command -v apt-get >/dev/null 2>&1; then
		manager=debian
	elif command -v dnf >/dev/null 2>&1; then
		manager=fedora
	else
		manager=none
	fi
	missing=$(missing_packages $manager "$@")
	test -n "$missing" || return 0

	test $manager != none ||
		die "Neither apt-get nor dnf is here; please install: $missing"
	if test "$(id -u)" != 0 && ! command -v sudo >/dev/null 2>&1; then
		die "Not root and no sudo here; please install: $missing"
	fi
	say "Installing what is missing (no daemon is started): $missing"
	install_log=$(mktemp) || die "mktemp failed"
	at_exit "rm -f '$install_log'"
	# shellcheck disable=SC2086
	install_$manager $missing >"$install_log" 2>&1 </dev/null || {
		tail -n 15 "$install_log" >&2
		die "The package manager (its last words are above) could not install: $missing"
	}
	still=$(missing_packages $manager "$@")
	test -z "$still" ||
		die "Installed, but still not found: $still"
}

# --- a workload ------------------------------------------------------------

# make_files FOLDER: 10,000 files of 10 KB in FOLDER, which it makes, 100 to a
# folder.
make_files()
{
	mkdir "$1" "$1/00" || die "cannot write to $1"
	mf_i=0
	while test $mf_i -lt 100; do
		head -c 10240 /dev/urandom >"$1/00/$mf_i" ||
			die "cannot write to $1"
		mf_i=$((mf_i + 1))
	done
	mf_i=1
	while test $mf_i -lt 100; do
		cp -r "$1/00" "$1/$(printf %02d $mf_i)" ||
			die "cannot write to $1"
		mf_i=$((mf_i + 1))
	done
}

# --- building --------------------------------------------------------------

# shellcheck disable=SC2034
jobs=$(nproc 2>/dev/null || echo 1)

# configure_script: make ./configure where it is missing or old.
configure_script()
{
	test ! -e "$top/config.status" ||
		die "The checkout is configured in place; run 'make distclean' in $top first"
	if test -x "$top/configure" &&
		test ! "$top/configure.ac" -nt "$top/configure" &&
		test ! "$top/Makefile.am" -nt "$top/Makefile.in" &&
		test ! "$top/tests/tests.am" -nt "$top/Makefile.in"; then
		return
	fi
	cs_log=$(cd "$top" && autoreconf -fi 2>&1) || {
		printf '%s\n' "$cs_log" >&2
		die "autoreconf failed"
	}
}
