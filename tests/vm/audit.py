#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The audit collector, in a virtual machine and nowhere else.

Auditing once enabled slows a machine until its next boot, so nothing of this
runs on the host; the guest ends right after.
"""

import json
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

import auditrules   # noqa: E402
import launched     # noqa: E402
import live         # noqa: E402

AUDIT = ["--collector=audit"]
ENABLE = [*AUDIT, "--audit-enable"]
OURS = re.compile(r"smbsysacct-\d+-\d+$")
LOST = ("processes_late", "audit_records_dropped", "audit_records_lost")


def is_clean(report):
    return not any(report["loss"][name] for name in LOST)


def errors_of(report):
    sums = {}
    for row in report["rows"]:
        if row.get("errors"):
            sums[row["syscall"]] = sums.get(row["syscall"], 0) + row["errors"]
    return sums


def strace_errors(path):
    errors = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = re.match(r" *[\d.]+ +[\d.]+ +\d+ +\d+ +(\d+) +(\w+)$",
                             line)
            if found and found[2] != "total":
                errors[found[2]] = int(found[1])
    return errors


def our_rules():
    return [key for key in auditrules.keys() if OURS.match(key)]


def off(tap):
    """Where audit is off nothing enables it without being told to."""
    run = launched.Run([live.TOOL, *AUDIT, "true"])
    tap.ok(run.status == 125 and "--audit-enable" in run.stderr,
           "audit is off: refused, and the way out named", run.status,
           run.stderr)
    run = launched.Run([live.TOOL, "--check"])
    tap.ok(run.status == 0 and "not by audit: audit is not enabled"
           in run.stdout, "--check says so, too", run.status, run.stdout)
    sleeper = live.Process(["sleep", "60"])
    run = launched.Run([live.TOOL, *ENABLE, "-p", str(sleeper.pid)])
    sleeper.kill()
    tap.ok(run.status == 125 and "not measurable" in run.stderr,
           "what runs already is not measurable, even with --audit-enable",
           run.status, run.stderr)
    tap.ok(auditrules.status()[0] == 0, "audit is still off",
           auditrules.status())
    task = auditrules.make(auditrules.FILTER_TASK, auditrules.NEVER, [])
    auditrules.change(auditrules.ADD_RULE, task)
    run = launched.Run([live.TOOL, *ENABLE, "true"])
    auditrules.change(auditrules.DEL_RULE, task)
    tap.ok(run.status == 125 and "task,never" in run.stderr,
           "-a task,never: not measurable, and why", run.status, run.stderr)
    tap.ok(auditrules.status()[0] == 0, "audit is still off",
           auditrules.status())


def counts(tap):
    command = [launched.work("loop"), "getppid", "500"]
    run = launched.Launched(ENABLE, command)
    tap.ok(run.status == 0 and run.counts().get("getppid") == 500
           and is_clean(run.report) and "was enabled" in run.stderr,
           "a loop: to the call; and it is said that audit is enabled now",
           run.status, run.counts(), run.report and run.report["loss"],
           run.stderr)
    tap.ok(auditrules.status()[0] == 1 and not our_rules(),
           "audit is on, and no rule is left", auditrules.status(),
           auditrules.keys())
    run = launched.Launched([*AUDIT, "-e", "trace=getppid"], command)
    tap.ok(run.counts() == {"getppid": 500}, "-e: just these",
           run.counts())


def as_strace(tap):
    """Calls and errors of one process, as strace has them."""
    folder = live.scratch()
    for name, command in (
            ("cp", ["cp", "-r", os.path.join(live.SRCDIR, "tests/vm"),
                    os.path.join(folder, "copy")]),
            ("python3", ["/usr/bin/python3", "-BIS", "-c",
                         "import os\n"
                         "for i in range(50):\n"
                         "  try: os.stat(f'/nowhere{i}')\n"
                         "  except OSError: pass\n"])):
        table = os.path.join(folder, name)
        launched.Run(["strace", "-cf", "-o", table, *command])
        launched.Run(["rm", "-rf", os.path.join(folder, "copy")])
        run = launched.Launched(AUDIT, command)
        launched.Run(["rm", "-rf", os.path.join(folder, "copy")])
        theirs = launched.strace_table(table)
        ours = run.counts()
        # Another process, another moment: none of a program's own.
        wrong = {call: (ours.get(call), theirs.get(call))
                 for call in {*ours, *theirs} if ours.get(call)
                 != theirs.get(call)}
        tap.ok(not wrong and is_clean(run.report),
               f"{name}: {sum(ours.values())} calls as by strace",
               f"(ours, strace's): {wrong}", run.report["loss"])
        tap.ok(errors_of(run.report) == strace_errors(table),
               f"{name}: and its errors", errors_of(run.report),
               strace_errors(table))
        run = launched.Launched(["--collector=seccomp,audit", "-A"], command)
        launched.Run(["rm", "-rf", os.path.join(folder, "copy")])
        wanted = {call: n for call, n in strace_errors(table).items()
                  if call not in launched.NEVER}
        tap.ok(errors_of(run.report) == wanted,
               f"{name}: and under seccomp,audit", errors_of(run.report),
               wanted)


def children(tap):
    run = launched.Launched([*AUDIT, "--by=process,syscall",
                             "-e", "trace=getuid,getppid"], [
        "sh", "-c", f"echo | {launched.work('storm')} 1 200 4"])
    # The shell makes one of each, too.
    counts = launched.counts_of(run.report, {"sh"})
    tap.ok(counts == {"getppid": 200, "getuid": 400}
           or run.report["loss"]["processes_late"],
           "children and theirs: to the call, or said to be late", counts,
           run.report["loss"])


def attach(tap):
    """Started after audit was enabled, so it can be seen."""
    loop = ("import os, sys\n"
            "sys.stdin.readline()\n"
            "for _ in range(300): os.getppid()\n"
            "print('done', flush=True)\n"
            "sys.stdin.readline()\n")
    target = live.Process(["/usr/bin/python3", "-I", "-S", "-c", loop],
                          stdin=live.subprocess.PIPE,
                          stdout=live.subprocess.PIPE)
    live.until(lambda: "read" in live.wchan(target.pid), live.DEADLINE,
               "it to wait")
    path = os.path.join(live.scratch(), "report")
    tool = live.Tool([*AUDIT, "--format=json", "-o", path, "-p", target.pid])
    tool.attached()
    os.write(target.popen.stdin.fileno(), b"\n")
    target.popen.stdout.readline()
    tool.signal(signal.SIGINT)
    status = tool.wait()
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    os.write(target.popen.stdin.fileno(), b"\n")
    tap.ok(status == 0 and launched.counts_of(report).get("getppid") == 300,
           "attached to what started after audit: to the call", status,
           launched.counts_of(report), report["loss"])
    tap.ok(target.wait() == 0 and not our_rules(),
           "the target goes on, and no rule is left", auditrules.keys())


def old(tap, sleeper):
    """It is older than auditing: nothing is known, which is not 0."""
    path = os.path.join(live.scratch(), "report")
    run = launched.Run([live.TOOL, *AUDIT, "--format=json", "-o", path,
                        "--seconds=1", "-p", str(sleeper.pid)])
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    tap.ok(run.status == 0 and not launched.counts_of(report)
           and any("not measurable" in note for note in report["notes"]),
           "a process older than auditing: not measurable, and no 0",
           run.status, report["notes"], launched.counts_of(report))


def killed(tap):
    """Rules of a killed run go with the next, others' never."""
    foreign = auditrules.make(auditrules.FILTER_EXIT, auditrules.ALWAYS,
                              [(auditrules.PID, 999999)], "somebody-elses")
    alike = auditrules.make(auditrules.FILTER_EXIT, auditrules.ALWAYS,
                            [(auditrules.PID, 999998)], "smbsysacct-mine")
    for rule in foreign, alike:
        auditrules.change(auditrules.ADD_RULE, rule)
    target = live.Process(["sleep", "60"])
    tool = live.Tool([*AUDIT, "-p", target.pid])
    tool.attached()
    before = our_rules()
    tool.signal(signal.SIGKILL)
    tool.wait()
    left = our_rules()
    tap.ok(len(before) > 1 and left == before and target.poll() is None,
           "kill -9: its rules are left, the target goes on", before, left)
    other = live.Tool([*AUDIT, "-p", target.pid])
    other.attached()
    living = our_rules()
    tap.ok(living and not set(left) & set(living),
           "the next run takes them away", living)
    run = launched.Run([live.TOOL, *AUDIT, "true"])
    tap.ok(run.status == 0 and our_rules() == living,
           "one after it lets those be whose run lives", run.status,
           our_rules())
    other.signal(signal.SIGTERM)
    status = other.wait()
    tap.ok(status == 0 and "were taken away" in other.stdout,
           "it says what it took away", status, other.stdout)
    target.kill()
    tap.ok(sorted(auditrules.keys()) == ["smbsysacct-mine", "somebody-elses"],
           "others' rules are as they were, even with a key like ours",
           auditrules.keys())
    for rule in foreign, alike:
        auditrules.change(auditrules.DEL_RULE, rule)


def many_short(tap):
    """More processes than rules are allowed at once, one after the other."""
    command = ["sh", "-c", "i=0; while test $i -lt 40; do env true; "
               "i=$((i + 1)); done"]
    for collector in "audit", "seccomp,audit":
        run = launched.Launched([f"--collector={collector}", "-q",
                                 "-e", "trace=access,wait4"], command)
        errors = errors_of(run.report)
        # Each looks for /etc/ld.so.preload in vain, twice.
        # One may be said to be late that was not: by clocks of 10 ms.
        tap.ok(run.status == 0 and errors.get("access") == 81,
               f"{collector}: errors of 40 processes in turn", errors,
               run.report["loss"])
    tap.ok(not our_rules(), "and no rule is left", auditrules.keys())
    run = launched.Run([live.TOOL, "--collector=seccomp,audit",
                        "--no-follow", "-o", "/dev/null", "sleep", "0"])
    tap.ok(run.status == 0 and not our_rules(),
           "--no-follow: no rule is left either", run.status,
           auditrules.keys())


def husk(tap):
    """A process goes on when its first thread has ended."""
    code = ("import ctypes, os, threading, time\n"
            "def work():\n"
            "    time.sleep(1.5)\n"
            "    for _ in range(100): os.getppid()\n"
            "    os._exit(0)\n"
            "threading.Thread(target=work).start()\n"
            "ctypes.CDLL(None).pthread_exit(None)\n")
    run = launched.Launched([*AUDIT, "-e", "trace=getppid"],
                            ["/usr/bin/python3", "-BIS", "-c", code])
    tap.ok(run.counts() == {"getppid": 100},
           "the first thread has ended: the others are counted",
           run.status, run.counts(), run.stderr)


def excepted(tap):
    """A rule of others that hides calls: not known is not 0."""
    hides = auditrules.make(auditrules.FILTER_EXIT, auditrules.NEVER,
                            [(auditrules.PID, 999997)])
    auditrules.change(auditrules.ADD_RULE, hides)
    run = launched.Launched(["--collector=seccomp,audit"], ["sleep", "0"])
    auditrules.change(auditrules.DEL_RULE, hides)
    rows = [row for row in run.report["rows"] if row.get("calls")]
    tap.ok(run.status == 0 and "warning: audit has rules that except"
           in run.stderr and not any("errors" in row for row in rows),
           "rules that except calls: a warning, and errors are not known",
           run.stderr, rows)


def losses(tap):
    """More records than the backlog holds: the loss is told."""
    run = launched.Launched([*AUDIT, "-q"],
                            [launched.work("many"), "64", "0.1"])
    calls = run.counts().get("poll", 0)
    tap.ok(run.status == 0 and (calls == 128 or not is_clean(run.report)),
           "64 threads: to the call, or what is missing is told", calls,
           run.report["loss"])


def refusals(tap):
    run = launched.Run([live.TOOL, "--audit-enable", "true"])
    tap.ok(run.status == 2 and "--collector=audit" in run.stderr,
           "--audit-enable without the collector: a usage error",
           run.status, run.stderr)
    run = launched.Run([live.reachable(live.TOOL, live.NOBODY), *AUDIT,
                        "true"], live.NOBODY)
    tap.ok(run.status == 125 and "CAP_AUDIT_CONTROL" in run.stderr
           and "as root" in run.stderr, "as nobody: what is missing, and the "
           "way out", run.status, run.stderr)
    run = launched.Run(["unshare", "-Ur", live.TOOL, *AUDIT, "true"])
    tap.ok(run.status == 125 and "user namespace" in run.stderr,
           "in a user namespace: refused with the reason", run.status,
           run.stderr)


def loop_ns(prefix=(), calls=20000):
    run = launched.Run([*prefix, launched.work("loop"), "getppid",
                        str(calls)])
    return float(run.stdout)


def costs(tap, never):
    """What a call takes, as ratios; nothing is judged."""
    quiet = ["-q", "-o", "/dev/null"]
    figures = {"audit never enabled": never, "enabled": loop_ns()}
    other = live.Process(["sleep", "600"])
    tool = live.Tool([*AUDIT, "-p", other.pid])
    tool.attached()
    figures["another process is accounted"] = loop_ns()
    tool.signal(signal.SIGTERM)
    tool.wait()
    other.kill()
    figures["accounted by audit"] = loop_ns(
        [live.TOOL, *AUDIT, *quiet], 3000)
    figures["by strace -cf"] = loop_ns(["strace", "-cf", "-o", "/dev/null"],
                                       3000)
    tap.table(["a call of getppid", "ns", "times"],
              [[name, f"{ns:.0f}", f"{ns / never:.1f}"]
               for name, ns in figures.items()])


def main(tap):
    live.need_root()
    never = loop_ns()
    sleeper = live.Process(["sleep", "600"])
    off(tap)
    counts(tap)
    as_strace(tap)
    children(tap)
    attach(tap)
    old(tap, sleeper)
    killed(tap)
    many_short(tap)
    husk(tap)
    excepted(tap)
    losses(tap)
    refusals(tap)
    costs(tap, never)


live.run(main)
