#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--budget: rules kept and broken by exact counts, and the exit statuses."""

import os
import signal

import launched
import live

CALLS = 300
LONG = 60 * live.SLOW


class Run:
    """One run of the tool to its end: its status, and what it says of
    budgets."""

    def __init__(self, *args, user=None):
        self.tool = live.Tool(["-q", *args], user)
        self.status = self.tool.wait(LONG)
        self.stderr = self.tool.stderr
        self.lines = [line for line in self.stderr.splitlines()
                      if line.startswith("smbsysacct: ")]

    def remarks(self):
        return self.status, self.stderr[-1500:]


def ends(tap, name, run, status, *lines):
    """With this status and these lines, and no other."""
    tap.ok(run.status == status
           and run.lines == ["smbsysacct: " + line for line in lines],
           name, *run.remarks())


def judge(tap, name, how, user=None):
    """A loop, whose calls are known."""
    loop = [launched.work("loop", user), "getppid", str(CALLS)]
    exact, few = f"calls(getppid)={CALLS}", f"calls(getppid)<{CALLS}"
    broken = f"budget '{few}' is violated: it is {CALLS}"

    def run(*args):
        return Run(*how, *args, user=user)

    ends(tap, f"{name}: a rule that is kept", run("--budget", exact, *loop),
         0)
    ends(tap, f"{name}: one that is not",
         run(f"--budget={few}", "--", *loop), 1, broken)
    ends(tap, f"{name}: several, in each way to give them",
         run("--budget", exact, "calls(fsync)=0", f"--budget={few}; {exact}",
             *loop), 1, broken)
    unknown = run("--budget", "age(getppid)<1s;" + exact, *loop)
    tap.ok(unknown.status == 125 and len(unknown.lines) == 1
           and "cannot be judged" in unknown.lines[0],
           f"{name}: what is not known is neither", *unknown.remarks())
    both = run("--budget", "age(getppid)<1s", few, *loop)
    tap.ok(both.status == 1 and len(both.lines) == 2,
           f"{name}: what is broken comes first", *both.remarks())


def failing(tap, how, user=None):
    """A command that fails has failed first."""
    rule = "--budget=calls(*)<1"

    def run(*command):
        return Run(*how, rule, *command, user=user)

    failed = run("sh", "-c", "exit 3")
    tap.ok(failed.status == 3 and "is violated" in failed.stderr,
           "a command's own status comes first", *failed.remarks())
    died = run("sh", "-c", "kill -TERM $$")
    tap.ok(died.status == 128 + signal.SIGTERM
           and "is violated" in died.stderr,
           "and the signal that it died of", *died.remarks())
    missing = run("/nowhere/at/all")
    tap.ok(missing.status == 127, "and that there is none",
           *missing.remarks())


def mistakes(tap):
    """Nothing is run."""
    mark = os.path.join(live.scratch(), "mark")
    for name, args, words in (
            ("no such call", ["--budget", "calls(raed)<5"],
             "at character 7: no system call"),
            ("no unit", ["--budget", "wall(read)<5"],
             "at character 13: a time needs ns, us, ms or s"),
            ("a second rule that is none",
             ["--budget", "calls(read)<5", "calls(read)<"],
             "at character 13: a number"),
            ("requests without --smb", ["--budget", "openat/CREATE<=6"],
             "give --smb"),
            ("calls that are not asked for",
             ["-e", "trace=openat", "--budget", "calls(read)<5"],
             "that -e leaves out"),
            ("rows by something else",
             ["--by=process", "--budget", "calls(read)<5"],
             "add syscall to --by"),
            ("--check", ["--check", "--budget", "calls(read)<5"],
             "which --check does not make")):
        run = Run(*args, "--", "touch", mark)
        tap.ok(run.status == 2 and words in run.stderr
               and not os.path.exists(mark), f"a mistake: {name}",
               *run.remarks())


def attached(tap):
    """What sleeps is blocked."""
    sleeper = live.Process(["sleep", "1000"])
    live.until(lambda: "sleep" in live.wchan(sleeper.pid), live.DEADLINE,
               "it to sleep")
    for rule, status in (("blocked(*)>50%", 0), ("blocked(*)<50%", 1)):
        run = Run("--collector=proc", "-p", str(sleeper.pid), "--seconds",
                  "0.3", "--budget", rule)
        tap.ok(run.status == status, f"attached: {rule}", *run.remarks())
    sleeper.kill()


def files(tap, how, user=None):
    """A report and a record that were written before."""
    loop = [launched.work("loop", user), "getppid", str(CALLS)]
    folder = live.scratch()
    os.chmod(folder, 0o777)
    report, record = (os.path.join(folder, name) for name in
                      ("report.json", "record"))
    if not launched.has_json():
        tap.skip("reports and records are judged", "build: without jansson")
        return
    for args in (["--format=json", "-o", report],
                 ["--record", record, "-o", "/dev/null"]):
        run = Run(*how, *args, "--", *loop, user=user)
        if run.status:
            raise live.Fault(f"{args}: {run.remarks()}")
    few = f"calls(getppid)<{CALLS}"
    for name, args in (("a report", ["--diff", report]),
                       ("a record", ["-b", "--replay", record])):
        kept = Run(*args, "--budget", f"calls(getppid)={CALLS}")
        broken = Run(*args, "--budget", few)
        tap.ok(kept.status == 0 and broken.status == 1
               and f"'{few}' is violated: it is {CALLS}" in broken.stderr,
               f"{name} is judged", kept.remarks(), broken.remarks())


def main(tap):
    ways = launched.exact_ways()
    for name, (how, user) in ways.items():
        judge(tap, name, how, user)
    failing(tap, how, user)
    files(tap, how, user)
    mistakes(tap)
    attached(tap)


live.run(main)
