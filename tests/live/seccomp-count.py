#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts under the seccomp collector, as an unprivileged user, against what
a program knows itself and against strace -cf."""

import os
import shutil

import launched
import live

# Threads that meet or do not meet at a lock: no two runs are the same.
BY_CHANCE = {"futex"}


def by_themselves(tap, user):
    calls, threads = live.fewer(5000), live.fewer(1000)
    for args in ([], ["-A"]):
        for name, argv, call, count in (
                ("a loop of poll", ["loop", "poll", str(calls)], "poll",
                 calls),
                ("64 threads", ["many", "64", "0.2"], "poll", 128),
                (f"{threads} threads at once", ["many", str(threads), "0.5"],
                 "poll", 2 * threads)):
            argv = [launched.work(argv[0], user), *argv[1:]]
            run = launched.Launched([*args, "-q"], argv, user)
            counts = run.counts()
            loss = run.report["loss"]
            tap.ok(run.status == 0 and counts.get(call) == count
                   and not loss["calls_unaccounted"],
                   f"{name} {' '.join(args)}: {count} calls of {call}",
                   run.status, counts, loss)


def compare(tap, name, command, user, prepare=lambda: None, chance=()):
    """The same command in four ways: bare, ours, ours with -A, strace."""
    prepare()
    bare = launched.Run(command, user)
    prepare()
    strace = launched.strace_counts(command, user)
    for args in ([], ["-A"]):
        title = f"{name} {' '.join(args)}"
        prepare()
        run = launched.Launched([*args, "-q"], command, user)
        tap.ok((run.status, run.stdout) == (bare.status, bare.stdout),
               f"{title}: output and status as without us", run.status,
               run.stdout[-300:], run.stderr[-300:])
        if not run.report:
            continue
        ours = run.counts()
        if args:
            wanted = {call for call in {*ours, *strace}
                      if call not in launched.NEVER}
        else:
            wanted = set(ours) - launched.CONDITIONAL
        wanted -= BY_CHANCE | set(chance)
        wrong = {call: (ours.get(call), strace.get(call)) for call in wanted
                 if ours.get(call) != strace.get(call)}
        tap.ok(not wrong, f"{title}: {len(wanted)} calls as often as by "
               "strace", f"(ours, strace's): {wrong}", run.report["loss"])


def copy(tap, user):
    folder = live.scratch()
    os.chmod(folder, 0o777)
    to = os.path.join(folder, "copy")
    source = os.path.join(live.SRCDIR, "src")
    if user:
        source = shutil.copytree(source, os.path.join(folder, "src"))
        for where, _, _ in os.walk(source):
            os.chmod(where, 0o755)
    compare(tap, "cp -r", ["cp", "-r", source, to], user,
            lambda: shutil.rmtree(to, ignore_errors=True))


def main(tap):
    live.need("strace")
    user = launched.default_user()
    tap.note(f"as user {user or os.geteuid()}")
    by_themselves(tap, user)
    copy(tap, user)
    compare(tap, "python3 -c", ["/usr/bin/python3", "-I", "-S", "-c",
                                "print(sum(range(10)))"], user)
    lives = live.fewer(1000)
    compare(tap, f"{lives} short processes",
            ["sh", "-c", f"i=0; while [ $i -lt {lives} ]; do /bin/true; "
             "i=$((i+1)); done; echo $i"], user)


if __name__ == "__main__":
    live.run(main)
