# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands launched under the tool, bare, and under strace -cf."""

import json
import os
import re
import subprocess

import live

# As root the tool would take bpf.
SECCOMP = ["--collector=seccomp"]

WORK = os.path.join(live.BUILDDIR, "tests/work")

# Notified of only as they may wait, by their arguments: counts of these are
# not those of all their calls.
CONDITIONAL = {"futex", "fcntl", "flock", "nanosleep", "clock_nanosleep"}

# In no case notified: the same list as in collect/seccomp/filter.c.
NEVER = {"rt_sigreturn", "exit", "exit_group", "restart_syscall",
         "rt_sigprocmask", "arch_prctl", "rseq", "set_robust_list"}


def work(name, user=None):
    program = os.path.join(WORK, name)
    if not os.access(program, os.X_OK):
        raise live.Fault(f"there is no program {program}")
    return live.reachable(program, user)


def default_user():
    """Whom to be without privileges: nobody if we are root, else ourselves."""
    if os.geteuid():
        return None
    live.need("setpriv")
    return live.NOBODY


def exact_ways():
    """{name: (options, user)} of how each call of a command is counted."""
    ways = {}
    listed = subprocess.run([live.TOOL, "--list=collectors"], check=True,
                            capture_output=True, text=True).stdout
    if "built without libseccomp" not in listed:
        ways["seccomp"] = [*SECCOMP, "-A"], default_user()
    try:
        live.need_bpf()
        ways["bpf"] = ["--collector=bpf"], None
    except live.Skip as why:
        reason = why
    if not ways:
        raise live.Skip(reason)
    return ways


def has_json():
    return subprocess.run([live.TOOL, "--format=json", "--help"],
                          check=False, capture_output=True).returncode == 0


class Run:
    """A command, run to its end in some way: what it printed, its status."""

    def __init__(self, argv, user=None, **kw):
        prefix = live.SETPRIV if user else []
        self.process = live.Process([*prefix, *argv], **kw)
        self.status = self.process.wait(300)
        self.stdout = self.process.stdout
        self.stderr = self.process.stderr


class Launched(Run):
    """A command under the tool, with its report as JSON."""

    def __init__(self, args, command, user=None, **kw):
        folder = live.scratch()
        os.chmod(folder, 0o777)
        self.path = os.path.join(folder, "report.json")
        if not any(arg.startswith("--collector") for arg in args):
            args = [*SECCOMP, *args]
        stolen = live.stolen_ns()
        super().__init__([live.reachable(live.TOOL, user), "--format=json",
                          "-o", self.path, *args, *command], user, **kw)
        self.stolen_ns = live.stolen_ns() - stolen
        self.report = None
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                self.report = json.loads(file.read().splitlines()[-1])

    def counts(self):
        return counts_of(self.report)


def counts_of(report, leave_out=()):
    """{name: calls} of what was counted, but of some processes."""
    sums = {}
    for row in report["rows"]:
        if "calls" in row and row.get("process") not in leave_out:
            sums[row["syscall"]] = (sums.get(row["syscall"], 0)
                                    + row["calls"])
    return sums


def strace_table(path):
    """{name: calls} of a table that strace -c has written."""
    counts = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = re.match(r" *[\d.]+ +[\d.]+ +(?:\d+ +)?(\d+) +(?:\d+ +)?"
                             r"([a-z_]\w*)$", line)
            if found and found[2] != "total":
                counts[found[2]] = int(found[1])
    return counts


def strace_counts(command, user=None):
    """{name: calls} as strace -cf has them."""
    folder = live.scratch()
    os.chmod(folder, 0o777)
    path = os.path.join(folder, "strace")
    run = Run(["strace", "-cf", "-o", path, *command], user)
    counts = strace_table(path)
    if not counts:
        raise live.Fault(f"strace counted nothing: {run.stderr}")
    return counts


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children",
                  encoding="utf-8") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def comm(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def ours():
    """Our helpers that have lost their session: {pid: name}."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        name = comm(pid)
        if name not in ("smbsysacct:recv", "notify-keeper"):
            continue
        try:
            with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                if re.search(r"^PPid:\t1$", file.read(), re.M):
                    found[int(pid)] = name
        except OSError:
            pass
    return found
