#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Wherever it is started there is a report, and it says by what and why."""

import json
import os
import re

import launched
import live

# What a container without privileges is: other ids, no capability that
# counts, and no way to gain one.
NAMESPACE = ["unshare", "-Urpf", "--mount-proc"]
POWERLESS = ["setpriv", "--no-new-privs", "--bounding-set=-all",
             "--inh-caps=-all"]

# Attaches to a child of its own for a moment.
ATTACH = ("sleep 30 & target=$!; "
          "\"$0\" -p $target --seconds=0.3 \"$@\"; status=$?; "
          "kill $target; exit $status")


def attach(tool, *args):
    return ["sh", "-c", ATTACH, tool, *args]


def in_a_container(tap, name, prefix, user, cause):
    tool = live.reachable(live.TOOL, user)
    run = launched.Run([*prefix, tool, "sh", "-c",
                        "sleep 0.05; echo out; exit 3"], user)
    tap.ok(run.status == 3 and run.stdout == "out\n"
           and re.search(r"^collector: seccomp$", run.stderr, re.M),
           f"{name}: a command is launched, and reported", run.status,
           run.stdout, run.stderr)
    said = re.findall(r"^smbsysacct: by (\w+), as bpf was not to be had: "
                      r"(.*)$", run.stderr, re.M)
    tap.ok(len(said) == 1 and said[0][0] == "seccomp" and cause in said[0][1],
           f"{name}: one line says by what, and why not by bpf", run.stderr)
    run = launched.Run([*prefix, *attach(tool)], user)
    tap.ok(run.status == 0 and re.search(r"^collector: proc$", run.stdout,
                                         re.M)
           and "nanosleep" in run.stdout,
           f"{name}: attached, and reported", run.status, run.stdout,
           run.stderr)
    said = re.findall(r"^smbsysacct: by proc, as bpf .*$", run.stderr, re.M)
    tap.ok(len(said) == 1 and cause in said[0],
           f"{name}: one line says so", run.stderr)
    run = launched.Run([*prefix, tool, "--check"], user)
    lines = run.stdout.splitlines()
    tap.ok(run.status == 0
           and "attach: by proc, which is the choice" in lines
           and "launch: by seccomp, which is the choice" in lines
           and any(line.startswith("attach: not by bpf: ") and cause in line
                   for line in lines),
           f"{name}: --check explains", run.status, run.stdout, run.stderr)


def grants(tap):
    """The line to copy is there where it would help, and nowhere else."""
    tool = live.reachable(live.TOOL, live.NOBODY)
    run = launched.Run([tool, "--check"], live.NOBODY)
    line = f"to have bpf: sudo setcap cap_bpf,cap_perfmon=ep {tool}"
    tap.ok(run.status == 0 and line in run.stdout.splitlines(),
           "as nobody: the line that grants bpf", run.stdout)
    run = launched.Run([*POWERLESS, tool, "--check"], live.NOBODY)
    tap.ok(run.status == 0 and "setcap" not in run.stdout,
           "where files cannot give capabilities it is not proposed",
           run.stdout)
    run = launched.Run([tool, "--collector=bpf", "sleep", "0"], live.NOBODY)
    tap.ok(run.status == 125 and "setcap" in run.stderr
           and "without --collector" in run.stderr,
           "--collector=bpf: refused, with both ways out", run.status,
           run.stderr)


def checks(tap):
    tool = live.TOOL
    sleeper = live.Process(["sleep", "60"])
    run = launched.Run([tool, "--check", "-p", str(sleeper.pid)])
    by = re.findall(r"^attach: by (\w+), which is the choice$", run.stdout,
                    re.M)
    tap.ok(run.status == 0 and len(by) == 1 and "launch:" not in run.stdout,
           "--check -p: of attaching only", run.status, run.stdout)
    report = launched.Run([tool, "-p", str(sleeper.pid), "--seconds=0.1",
                           "--format=json"])
    tap.ok(json.loads(report.stdout)["collector"] == by[0]
           and f", by {by[0]}; Ctrl-C" in report.stderr,
           "and what it names is what accounts", by, report.stderr)
    run = launched.Run([tool, "--check", "-p", str(sleeper.pid),
                        "--collector=seccomp"])
    tap.ok(run.status == 0 and "attach: not by seccomp: it only launches"
           in run.stdout and "which is the choice" not in run.stdout,
           "with --collector the choice is that one or none", run.stdout)
    sleeper.kill()
    run = launched.Run([tool, "--check", "-p", str(sleeper.pid)])
    tap.ok(run.status == 125 and len(run.stderr.splitlines()) == 1
           and not run.stdout, "--check of nobody: one sentence",
           run.status, run.stdout, run.stderr)
    run = launched.Run([tool, "--check", "/nonexistent/command"])
    tap.ok(run.status == 127 and len(run.stderr.splitlines()) == 1,
           "--check of no command: one sentence", run.status, run.stderr)
    run = launched.Run([tool, "-q", "sh", "-c", "exit 0"])
    tap.ok(not re.search(r"^smbsysacct:", run.stderr, re.M),
           "-q: no line but the report's", run.stderr)


def measures(tap):
    """What --check says of a measure holds in the report."""
    run = launched.Run([live.TOOL, "--check", "true"])
    lines = run.stdout.splitlines()
    start = next(i for i, line in enumerate(lines) if " bpf " in line)
    starts = [found.start() for found in re.finditer(r"\S+", lines[start])]
    table = {}
    for line in lines[start + 2:]:
        cells = [line[a:b].strip() for a, b in zip([0, *starts],
                                                   [*starts, None])]
        if len(cells) > 1 and cells[1] in ("exact", "~", "(exact)", "(~)",
                                           "-"):
            table[cells[0]] = cells[1:]
    names = lines[start].split()
    for name in ("seccomp", "bpf"):
        serves = any(line.startswith(f"launch: not by {name}:")
                     for line in lines) is False
        if not serves:
            continue
        at = names.index(name)
        report = launched.Launched([f"--collector={name}", "--by=process"],
                                   ["sh", "-c", "sleep 0.1"]).report
        row = {key for row in report["rows"] for key in row}
        wrong = {measure: cells[at] for measure, cells in table.items()
                 if measure in ("user", "system", "cpu", "calls", "errors")
                 and (cells[at] == "-") != (f"{measure}_ns" not in row
                                            and measure not in row)}
        tap.ok(len(table) > 10 and not wrong,
               f"--check of {name} and its report agree", wrong, row)


def without_seccomp(tap):
    """Neither bpf nor seccomp: a command is launched all the same."""
    tool = live.reachable(live.TOOL, live.NOBODY)
    # A listener is there already: the kernel allows one.
    run = launched.Run([tool, "-q", "-o", "/dev/null", tool, "sh", "-c",
                        "sleep 0.05; echo out; exit 3"], live.NOBODY)
    tap.ok(run.status == 3 and run.stdout == "out\n"
           and re.search(r"^collector: proc$", run.stderr, re.M)
           and "seccomp was not used: " in run.stderr,
           "under another smbsysacct: by proc, with what seccomp lacks",
           run.status, run.stdout, run.stderr)
    run = launched.Run([tool, "--collector=proc", "sh", "-c", "kill -9 $$"],
                       live.NOBODY)
    tap.ok(run.status == 128 + 9, "the command's end is ours", run.status)
    run = launched.Run([tool, "--collector=proc", "/"], live.NOBODY)
    tap.ok(run.status == 126 and len(run.stderr.splitlines()) == 1,
           "a folder is no command", run.status, run.stderr)
    report = launched.Launched(
        ["--collector=proc"], [launched.work("mix", live.NOBODY), "short"],
        live.NOBODY).report
    tap.ok(report["interval_ns"] > 0 and report["processes"],
           "what is short has a report", report)


def main(tap):
    checks(tap)
    measures(tap)
    if os.geteuid():
        raise live.Skip("needs root, to be somebody else")
    live.need("setpriv")
    live.need("unshare")
    grants(tap)
    without_seccomp(tap)
    for user in None, live.NOBODY:
        who = "nobody" if user else "root"
        if launched.Run([*NAMESPACE, "true"], user).status:
            tap.skip(f"a user namespace of {who}",
                     "kernel: user namespaces are not to be had")
            continue
        for name, prefix in (
                (f"namespaces of {who}", NAMESPACE),
                (f"and without capabilities, {who}",
                 [*NAMESPACE, *POWERLESS])):
            in_a_container(tap, name, prefix, user, "user namespace")


live.run(main)
