#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# sh contrib/check.sh [--full]
#
# Builds with gcc, clang, the sanitizers and without any optional library,
# runs the tests, and ends with one line: N passed, N failed, N skipped.
# --full installs servers as well (and starts none by itself), adds the tests
# that need them or a virtual machine, all live tests under the sanitizers,
# make distcheck and an installation; nothing may skip then
# but for a missing kernel feature or architecture. Builds go below
# build-check/ of the checkout.

top=$(cd "$(dirname "$0")/.." && pwd) || exit 125
# shellcheck source=contrib/lib.sh
. "$top/contrib/lib.sh"

full=no
for arg in "$@"; do
	case $arg in
	--full)	full=yes ;;
	*)	die "usage: sh contrib/check.sh [--full]" ;;
	esac
done

groups="build test sanitize"
test $full = no || groups="$groups full deb rpm"
# shellcheck disable=SC2086
set_up $groups
configure_script

base=${CHECK_DIR:-$top/build-check}
mkdir -p "$base" || die "cannot make the folder $base"
base=$(cd "$base" && pwd)

passed=0
failed=0
skipped=0
again=0
skips=$base/skips
: >"$skips"
began=$(date +%s)

# --- one step: a command whose success is one result -----------------------

# step NAME COMMAND...: output goes to a log that is shown on failure.
step()
{
	step_name=$1
	step_log=$base/$(printf '%s' "$1" | tr -cs 'A-Za-z0-9-' _).log
	step_began=$(date +%s)
	shift
	if "$@" >"$step_log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		say "ok      $step_name ($(($(date +%s) - step_began)) s)"
	else
		failed=$((failed + 1))
		say "FAILED  $step_name; the end of its log:"
		tail -n 60 "$step_log" | sed 's/^/        /'
		return 1
	fi
}

configure_and_make()	# FOLDER CONFIGURE-ARGUMENT...
{
	cam_dir=$base/$1
	shift
	chmod -R u+w "$cam_dir" 2>/dev/null
	rm -rf "$cam_dir" && mkdir "$cam_dir" && cd "$cam_dir" &&
		"$top/configure" -q "$@" &&
		make -j"$jobs" &&
		make -j"$jobs" check TESTS=
}

# --- tests of one build ----------------------------------------------------

# count FOLDER RESULT...: how many of its results are among these.
count()
{
	count_dir=$1
	shift
	find "$count_dir" -name '*.trs' -exec cat {} + |
		grep -cE "^:test-result: ($(echo "$*" | tr ' ' '|'))"
}

# failed_tests FOLDER: those with a failure, as paths without an ending.
failed_tests()
{
	(cd "$1" && find tests -name '*.trs' -exec \
		grep -lE '^:test-result: (FAIL|ERROR|XPASS)' {} + |
		sed 's/\.trs$//' | sort)
}

# what_failed LOG: what was not right, with what is remarked on it, and the end.
what_failed()
{
	awk '/^(PASS|FAIL|SKIP): tests\// { next }
	/^ok / { remarks = 0 }
	/^not ok / { remarks = 12 }
	remarks-- > 0' "$1" | cut -c 1-1000 | head -n 200 | sed 's/^/        /'
	tail -n 10 "$1" | cut -c 1-1000 | sed 's/^/        | /'
}

show_failures()	# FOLDER
{
	failed_tests "$1" | while read -r test; do
		say "        --- $test"
		what_failed "$1/$test.log"
	done
}

# again FOLDER: what failed of the live tests, when a machine may have been
# busy with something else, has one more go, alone. That it was needed is said,
# with what had failed; where more than a few fail it is not the machine, and a
# count that was wrong is none of its doing.
again()
{
	again_all=$(failed_tests "$1")
	again_live=$(echo "$again_all" | grep -E '^tests/(live|vm)/')
	test -n "$again_live" &&
		test "$again_live" = "$again_all" &&
		test "$(echo "$again_live" | wc -l)" -le 6 || return 0
	for again_test in $again_live; do
		grep -q '^not ok .*to the call' "$1/$again_test.log" && continue
		say "again   ${1##*/}: $again_test failed at first:"
		what_failed "$1/$again_test.log"
		cp "$1/$again_test.log" "$1/$again_test.log.first"
		again_file=$(cd "$top" && ls "$again_test".py "$again_test".sh \
			2>/dev/null)
		(cd "$1" && make -k check TESTS="$again_file") \
			>>"$tests_log" 2>&1 </dev/null && tests_status=0
		again=$((again + 1))
	done
}

# The reasons are in the logs, as the driver of the tests writes them:
# "SKIP: tests/x.sh 3 - name # SKIP reason" or "SKIP: tests/x.sh - reason".
list_skips()	# FOLDER
{
	find "$1" -name '*.log' ! -name test-suite.log -exec \
		grep -hE '^SKIP: tests/' {} + | sort |
		sed -E -e 's/ # SKIP /: /' -e 't done' \
			-e 's/^(SKIP: [^ ]*) - /\1: /' -e ': done' \
			-e 's/^SKIP: //'
}

# tests FOLDER TARGET: make TARGET there and add up what it ran. A skip that
# starts with "build:" in the build without libraries is no skip: the other
# builds run that test.
tests()
{
	tests_dir=$base/$1
	tests_log=$base/$1-$2.log
	find "$tests_dir" -name '*.trs' -exec rm -f {} +
	tests_status=0
	tests_began=$(date +%s)
	(cd "$tests_dir" && make -k "$2") >"$tests_log" 2>&1 </dev/null ||
		tests_status=$?
	again "$tests_dir"
	tests_passed=$(count "$tests_dir" PASS XFAIL)
	tests_failed=$(count "$tests_dir" FAIL ERROR XPASS)
	list_skips "$tests_dir" >"$base/skips-now"
	if test "$1" = plain; then
		grep -v ': build: ' "$base/skips-now" >"$base/skips-left"
		mv "$base/skips-left" "$base/skips-now"
	fi
	tests_skipped=$(wc -l <"$base/skips-now")
	sed "s/^/$1: /" "$base/skips-now" >>"$skips"

	if test $((tests_passed + tests_failed)) -eq 0 ||
		{ test $tests_status -ne 0 && test "$tests_failed" -eq 0; }
	then
		tests_failed=$((tests_failed + 1))
		tail -n 60 "$tests_log" | sed 's/^/        /'
	fi
	passed=$((passed + tests_passed))
	failed=$((failed + tests_failed))
	skipped=$((skipped + tests_skipped))
	if test "$tests_failed" -eq 0; then
		say "ok      $1: make $2: $tests_passed passed" \
			"($(($(date +%s) - tests_began)) s)"
	else
		say "FAILED  $1: make $2: $tests_failed of" \
			"$((tests_passed + tests_failed)); their logs:"
		show_failures "$tests_dir"
	fi
}

# --- an installation below a folder of its own -----------------------------

installs()
{
	root=$base/root
	rm -rf "$root"
	cd "$base/gcc" && make install DESTDIR="$root" || return
	"$root/usr/local/bin/smbsysacct" --version || return
	share=$root/usr/local/share
	for file in man/man1/smbsysacct.1 bash-completion/completions/smbsysacct \
		zsh/site-functions/_smbsysacct \
		fish/vendor_completions.d/smbsysacct.fish; do
		test -s "$share/$file" || {
			echo "make install has left out $share/$file"
			return 1
		}
	done
	make uninstall DESTDIR="$root" || return
	left=$(find "$root" -type f)
	test -z "$left" || {
		echo "make uninstall left: $left"
		return 1
	}
}

# --- the run ---------------------------------------------------------------

step "gcc, warnings are errors: build" \
	configure_and_make gcc CC=gcc --enable-werror \
	--with-jansson --with-audit --with-libseccomp --with-libbpf \
	--with-ncurses --with-libdw --with-liblzma --with-libmicrohttpd &&
	if test $full = yes; then
		tests gcc check-full
	else
		tests gcc check
	fi

step "clang, warnings are errors: build" \
	configure_and_make clang CC=clang --enable-werror &&
	tests clang check-unit

step "gcc with ASan and UBSan: build" \
	configure_and_make sanitize CC=gcc --enable-werror \
	--enable-sanitizers &&
	if test $full = yes; then
		tests sanitize check-untimed
	else
		tests sanitize check-short
	fi

step "gcc without optional libraries: build" \
	configure_and_make plain CC=gcc --enable-werror \
	--without-jansson --without-audit --without-libseccomp \
	--without-libbpf --without-ncurses --without-libdw \
	--without-liblzma --without-libiberty --without-libmicrohttpd &&
	tests plain check-unit

if test $full = yes; then
	# The live tests ran twice; here it is whether they are in the tarball.
	# shellcheck disable=SC2016
	step "make distcheck" make -C "$base/gcc" distcheck \
		TESTS='$(unit_tests) $(fuzz_tests) tests/live/seccomp-abi.py'
	step "make install DESTDIR=, make uninstall" installs
fi

# --- the sum ---------------------------------------------------------------

status=0
test $failed -eq 0 || status=1
if test -s "$skips"; then
	say "skipped:"
	sed 's/^/        /' "$skips"
	if test $full = yes &&
		grep -vE ': (kernel|arch): ?' "$skips" >"$base/skips-bad"; then
		say "These may not skip under --full:"
		sed 's/^/        /' "$base/skips-bad"
		status=1
	fi
fi
test $again -eq 0 || say "run once more: $again tests, see above"
say "after $(($(date +%s) - began)) seconds; builds and logs are in $base"
say "$passed passed, $failed failed, $skipped skipped"
exit $status
