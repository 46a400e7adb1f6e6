#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Launching, its ends, and its refusals: each one a sentence and a status."""

import json
import os
import signal
import subprocess

import launched
import live

USAGE, OURS, NOT_RUN, NOT_FOUND = 2, 125, 126, 127


def refusal(tap, name, argv, status, *words):
    """One sentence, the status, no report, and the command did not run."""
    folder = live.scratch()
    mark = os.path.join(folder, "ran")
    run = launched.Run([arg.replace("MARK", mark) for arg in argv])
    lines = run.stderr.strip().splitlines()
    tap.note(f"{name}: {run.stderr.strip()}")
    tap.ok(run.status == status, f"{name}: status {status}", run.status)
    tap.ok(len(lines) == 1 and all(word in lines[0] for word in words)
           and not os.path.exists(mark) and not run.stdout,
           f"{name}: one sentence, and nothing was run", run.stderr,
           run.stdout)


def refusals(tap):
    tool, deny = live.TOOL, launched.work("deny")
    folder = live.scratch()
    script = os.path.join(folder, "script")
    for name, text, mode in (("text", "echo x\n", 0o755),
                             ("plain", "#!/bin/sh\n", 0o644),
                             ("lost", "#!/no/such/interpreter\n", 0o755)):
        with open(f"{script}-{name}", "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(f"{script}-{name}", mode)
    refusal(tap, "no such command", [tool, "no-such-command-here"],
            NOT_FOUND, "no-such-command-here")
    refusal(tap, "no such file", [tool, "./no/such"], NOT_FOUND, "./no/such")
    refusal(tap, "not executable", [tool, script + "-plain"], NOT_RUN)
    refusal(tap, "a directory", [tool, "/"], NOT_RUN)
    refusal(tap, "no interpreter", [tool, script + "-lost"], NOT_FOUND,
            "interpreter")
    refusal(tap, "no format", [tool, script + "-text"], NOT_RUN, "#!")
    refusal(tap, "-p and a command",
            [tool, *launched.SECCOMP, "-p", "1", "touch", "MARK"], USAGE)
    refusal(tap, "attach with seccomp",
            [tool, "--collector=seccomp", "-p", "1"], USAGE, "seccomp")
    refusal(tap, "-e of what is not safe",
            [tool, *launched.SECCOMP, "-e", "trace=openat", "touch", "MARK"],
            USAGE, "-A")
    refusal(tap, "-e of what does not exist",
            [tool, "-e", "trace=opennat", "touch", "MARK"], USAGE,
            "opennat")
    for what, word in (("seccomp", "seccomp"), ("old", "5.5"),
                       ("continue", "5.5")):
        refusal(tap, f"denied: {what}",
                [deny, what, tool, *launched.SECCOMP, "touch", "MARK"],
                OURS, word)
    refusal(tap, "no such folder for the report",
            [tool, "-o", folder + "/no/file", "touch", "MARK"], OURS, "-o")


def nested(tap):
    run = launched.Run([live.TOOL, *launched.SECCOMP, "-q", "-o",
                        "/dev/null", live.TOOL, *launched.SECCOMP,
                        "true"])
    tap.ok(run.status == OURS and "supervised" in run.stderr,
           "the tool under the tool: refused with a sentence", run.status,
           run.stderr)


def old_flags(tap):
    """Linux 5.5 to 6.5: slower, and the same counts."""
    path = os.path.join(live.scratch(), "report")
    run = launched.Run([launched.work("deny"), "flags", live.TOOL,
                        *launched.SECCOMP, "-q",
                        "--format=json", "-o", path, launched.work("loop"),
                        "poll", "500"])
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    counts = {row["syscall"]: row["calls"] for row in report["rows"]
              if "calls" in row}
    tap.ok(run.status == 0 and counts.get("poll") == 500,
           "without the flags of newer kernels: 500 calls of poll",
           run.stderr, counts)


def start(args, command):
    path = os.path.join(live.scratch(), "report.json")
    tool = live.Tool([*launched.SECCOMP, "--format=json", "-o", path, *args,
                      *command],
                     stdout=subprocess.PIPE)
    return tool, path


def report_of(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def first_line(tool):
    line = tool.popen.stdout.readline()
    if not line:
        raise live.Fault(f"it printed nothing: {tool.stderr}")
    return line


SLEEPER = ["sh", "-c", "echo ready; sleep 60; exit 0"]


def interrupted(tap):
    tool, path = start([], ["/usr/bin/python3", "-S", "-I", "-c", """
import signal, sys, time
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("told", flush=True)
    sys.exit(9)
"""])
    first_line(tool)
    tool.signal(signal.SIGINT)
    told = tool.popen.stdout.read()
    status = tool.wait()
    tap.ok(told == b"told\n" and status == 9,
           "SIGINT: the command has it first, and its status is ours",
           told, status, tool.stderr)
    tap.ok("ledger" in report_of(path), "SIGINT: and a report")

    tool, path = start([], ["sh", "-c", "trap '' INT; echo ready; sleep 60"])
    first_line(tool)
    pids = launched.children(tool.pid)
    tool.signal(signal.SIGINT)
    tool.signal(signal.SIGTERM)
    status = tool.wait()
    tap.ok(status == 0, "a command that ignores SIGINT: SIGTERM detaches",
           status)
    kill_all(pids)


def kill_all(pids):
    for pid in pids:
        for child in launched.children(pid):
            os.kill(child, signal.SIGKILL)
        if launched.comm(pid) not in ("smbsysacct:recv", "notify-keeper"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def detached(tap):
    for number in (signal.SIGTERM, signal.SIGHUP):
        name = signal.Signals(number).name
        lines = os.path.join(live.scratch(), "lines")
        tool, path = start(["-A"], ["sh", "-c", "echo ready; exec \"$@\"",
                                    "sh", launched.work("once"), "3000",
                                    lines])
        first_line(tool)
        live.until(lambda: os.path.exists(lines)
                   and os.path.getsize(lines) > 100, live.DEADLINE,
                   "the command to be at work")
        tool.signal(number)
        status = tool.wait()
        tap.ok(status == 0 and "detached" in tool.stderr,
               f"{name}: detaches, with status 0", status, tool.stderr)
        tap.ok("ledger" in report_of(path), f"{name}: with a report")
        rest = tool.popen.stdout.read()
        with open(lines, encoding="ascii") as file:
            numbers = file.read().split()
        tap.ok(rest == b"done\n" and numbers == list(map(str, range(3000))),
               f"{name}: the command goes on to its right end", rest,
               len(numbers))


def orphans(tap):
    """The command ends, and what it started goes on: so do we."""
    tool, path = start([], ["sh", "-c",
                            "setsid sh -c 'sleep 0.7; sleep 0.7' >/dev/null "
                            "2>&1 & echo ready; exit 4"])
    first_line(tool)
    status = tool.wait()
    report = report_of(path)
    # A sleep makes no call that is notified: a look may miss one on a slow
    # machine.
    names = [p["name"] for p in report["processes"] if "(" not in p["name"]]
    tap.ok(status == 4 and "go on" in tool.stderr,
           "a daemon: we stay, say so, and end as the command did", status,
           tool.stderr)
    tap.ok(len(names) in (3, 4) and report["interval_ns"] > 10**9,
           "a daemon: all that it starts is accounted", names)


def outputs(tap):
    run = launched.Run([live.TOOL, *launched.SECCOMP, "-q", "-c", "sh", "-c",
                        "echo out; sleep 0.01; sleep 0.01"])
    tap.ok(run.stdout == "out\n", "the report goes to standard error",
           run.stdout)
    head = run.stderr.splitlines()[0]
    tap.ok(head.split() == ["%", "time", "blocked~", "usecs/call", "calls",
                            "errors", "syscall"], "-c: strace's columns, and "
           "what its seconds are", head)
    tap.ok(any(line.split()[-1:] == ["wait4"] for line in
               run.stderr.splitlines()), "-c: a row for wait4", run.stderr)
    run = launched.Run([live.TOOL, *launched.SECCOMP, "-q", "-d", "0.2",
                        "--format=json",
                        "sleep", "0.7"])
    reports = [json.loads(line) for line in run.stderr.splitlines()]
    tap.ok(len(reports) >= 3 and run.status == 0,
           "-d: a report for each interval", run.stderr)
    run = launched.Launched(["-q", "-A", "-e", "trace=%file"], ["ls", "/"])
    named = {row["syscall"] for row in run.report["rows"]
             if row.get("calls")}
    tap.ok("openat" in named and not named & {"mmap", "close", "write"},
           "-A -e trace=%file: calls of that class alone", named)


def main(tap):
    refusals(tap)
    nested(tap)
    old_flags(tap)
    interrupted(tap)
    detached(tap)
    orphans(tap)
    outputs(tap)
    live.until(lambda: not launched.ours(), live.DEADLINE,
               "our processes to end with the commands")
    tap.ok(True, "none of our processes is left behind")


live.run(main)
