#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an unprivileged user gets: as nobody when run by root, else as is."""

import os
import re
import signal
import subprocess

import exact
import live

FAILED = 125


def refused(tap, name, pid, user):
    """The tool on a pid it cannot account: one sentence, and no report."""
    tool = live.Tool(["--collector=proc", "-p", pid, "--format=json"], user)
    status = tool.wait()
    lines = tool.stderr.strip().splitlines()
    tap.note("it says: " + "; ".join(lines))
    tap.ok(status == FAILED, f"{name}: exit status {FAILED}", f"not {status}")
    tap.ok(len(lines) == 1 and len(lines[0].split()) > 4
           and str(pid) in lines[0],
           f"{name}: one sentence that names the pid", *lines)
    tap.ok(tool.stdout == "", f"{name}: nothing on stdout", tool.stdout)


def foreign(user):
    """(pid, what must outlive it) of a process of somebody else."""
    if user:
        mix = live.Mix("sleep", 1)
        return mix.target, mix
    if os.stat("/proc/1").st_uid != os.geteuid():
        return 1, None
    return None, None


def gone():
    """A pid that was just given back."""
    with subprocess.Popen(["true"]) as child:
        return child.pid


def foreigners(tap, user):
    pid, keep = foreign(user)
    if pid:
        refused(tap, "another's process", pid, user)
    else:
        tap.skip("another's process", "every process here is ours")
    if keep:
        keep.go()
        keep.finish()
    refused(tap, "a pid that does not exist", gone(), user)


@live.timed
def own(tap, user):
    run = live.Measured("sleep", 2, user=user)
    rows = exact.compare(run)
    exact.show(tap, run, rows)
    tap.ok(run.status == 0, "own process: exit status 0")
    calls = [row["syscall"] for row in run.report["rows"]
             if row.get("blocked_ns")]
    tap.ok("clock_nanosleep" in calls, "own process: its call is in the rows",
           calls)
    pids = [p["pid"] for p in run.report["processes"]]
    tap.ok(len(pids) == 1, "own process: it alone is accounted", pids)


def killed(tap, user):
    mix = live.Mix("sleep", live.DEADLINE, user=user)
    tool = live.Tool(["--collector=proc", "-p", mix.target,
                      "--format=json"], user)
    tool.attached()
    mix.go()
    mix.signal(signal.SIGKILL)
    mix.wait()
    tap.ok(tool.wait() == 0, "a process that is killed: exit status 0",
           tool.status, tool.stderr)
    tap.ok(len(tool.reports()) == 1, "a process that is killed: a report",
           tool.stdout)


@live.timed
def undumpable(tap, user):
    run = live.Measured("undumpable", 3, user=user)
    rows = exact.compare(run)
    exact.show(tap, run, rows)
    for row in rows:
        tap.ok(row[-1], f"non-dumpable: {row[0]} within {exact.BOUND:.0%}")
    named = [row["syscall"] for row in run.report["rows"]
             if row.get("blocked_ns") and not row["syscall"].startswith("[")]
    tap.ok(not named, "non-dumpable: no call is guessed", named)
    asleep = [row for row in run.report["rows"]
              if row["syscall"] == "[asleep]" and row.get("blocked_ns")]
    tap.ok(len(asleep) == 1, "non-dumpable: one row [asleep]",
           run.report["rows"])
    notes = run.report.get("notes", [])
    for note in notes:
        tap.note(f"note: {note}")
    tap.ok(any(re.search(r"\w+ \w+ \w+", str(note)) for note in notes),
           "non-dumpable: a note says why", notes)


def main(tap):
    user = None
    if os.geteuid() == 0:
        live.need("setpriv")
        user = live.NOBODY
    tap.note(f"as user {user or os.geteuid()}")
    for part in live.chosen([own, foreigners, killed, undumpable]):
        part(tap, user)


live.run(main)
