#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tap.sh TEST - runs one test for make check and hands on clean TAP.
#
# - cmocka writes "not ok N # SKIP name" for a skipped test, where TAP says
#   "ok"; a line "skip: REASON" printed before skip() becomes its reason.
# - several cmocka groups in one program each print a plan: the tests are
#   numbered through and one plan ends the output.
# - exit 77 without any test line skips the whole test with the last line as
#   the reason; exit 99 is a fault of the harness.
# - a failure that has a "not ok" line is not reported a second time as a
#   bad exit status.
# - a test that hangs ends after $TEST_TIMEOUT seconds (600; 1500 of those under
#   vm/), and tests that measure or keep all processors busy (those under live/
#   and vm/) run one at a time, also under make -j.

test=$1
lock=${top_builddir:-.}/tests/live.lock

case $test in
*/vm/*)	limit=${TEST_TIMEOUT:-1500} ;;
*)	limit=${TEST_TIMEOUT:-600} ;;
esac

case $test in
*.sh)	test -x "$test" || set -- sh "$@" ;;
*.py)	set -- /usr/bin/python3 "$@" ;;
esac

CMOCKA_MESSAGE_OUTPUT=TAP
PYTHONDONTWRITEBYTECODE=1
export CMOCKA_MESSAGE_OUTPUT PYTHONDONTWRITEBYTECODE

run()
{
	case $test in
	*/live/* | */vm/*)
		if command -v flock >/dev/null 2>&1; then
			exec 9>"$lock"
			flock 9
		fi
		;;
	esac
	timeout -k 5 "$limit" "$@" 9>&-
}

{
	run "$@" </dev/null
	echo "@@exit $?"
} | awk -v limit="$limit" '
	# A program may end without a newline.
	match($0, /@@exit [0-9]+$/) {
		status = substr($0, RSTART + 7) + 0
		$0 = substr($0, 1, RSTART - 1)
		if ($0 == "")
			next
	}
	/^TAP version/ { next }
	/^1\.\.[0-9]+/ {
		have_plan = 1
		if ($0 ~ /^1\.\.0/)
			whole = $0
		split($0, plan, /[. ]+/)
		planned += plan[2]
		next
	}
	/^skip: / { reason = substr($0, 7); print "# " $0; next }
	/^(not )?ok([ \t]|$)/ {
		n++
		bad = $0 ~ /^not ok/
		sub(/^(not )?ok[ \t]*([0-9]+)?[ \t]*/, "")
		if ($0 ~ /^# *SKIP/) {
			bad = 0
			name = $0
			sub(/^# *SKIP */, "", name)
			$0 = "- " name " # SKIP " (reason != "" ? reason : name)
		}
		reason = ""
		failed += bad
		print (bad ? "not ok " : "ok ") n " " $0
		next
	}
	{ print }
	$0 != "" { last = $0 }
	END {
		if (status == 77 && !n) {
			sub(/^# */, "", last)
			print "1..0 # SKIP " last
			exit 0
		}
		if (status == 99) {
			print "Bail out! a fault of the test itself: " last
			exit 0
		}
		if (status == 124 || status == 137)
			print "# ended after " limit " seconds"
		if (!n && whole != "")
			print whole
		else if (have_plan)
			print "1.." planned
		if (status && !failed)
			exit status
	}'
