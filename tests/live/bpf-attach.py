#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The bpf collector on what runs already: who is accounted, what is in
progress when it comes and goes, and that it leaves nothing behind."""

import glob
import json
import os
import re
import signal
import subprocess
import time

import launched
import live

BPF = ["--collector=bpf", "--format=json"]


def programs_of(pid):
    """The BPF programs that a process holds, by the kernel's numbers."""
    found = set()
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        try:
            with open(path, encoding="ascii") as file:
                found |= set(re.findall(r"^prog_id:\t(\d+)$", file.read(),
                                        re.M))
        except OSError:
            pass
    return found


def alive(programs):
    listed = subprocess.run(["bpftool", "prog", "list"], check=True,
                            capture_output=True, text=True).stdout
    return programs & set(re.findall(r"^(\d+):", listed, re.M))


def rows(report, call):
    return [row for row in report["rows"] if row["syscall"] == call]


class Line:
    """A shell that does as it is told, a line at a time."""

    def __init__(self, *argv):
        self.process = live.Process(argv or ["sh"], stdin=subprocess.PIPE)
        self.pid = self.process.pid

    def tell(self, text):
        self.process.popen.stdin.write(text.encode() + b"\n")

    def reading(self):
        """It waits for the next line."""
        live.until(lambda: live.wchan(self.pid).endswith("pipe_read"),
                   live.DEADLINE, "the shell to wait")

    def end(self):
        self.process.popen.stdin.close()
        return self.process.wait()


@live.timed
def in_progress(tap):
    shell = Line()
    shell.reading()
    tool = live.Tool(["-p", shell.pid, *BPF])
    tool.attached()
    time.sleep(0.3)
    tool.signal(signal.SIGUSR1)
    live.until(tool.reports, live.DEADLINE, "a report on SIGUSR1")
    shell.tell("getconf PAGESIZE >/dev/null")
    shell.reading()
    tool.signal(signal.SIGINT)
    status = tool.wait()
    first, last = tool.reports()
    row = rows(first, "read")[0]
    tap.ok(row["calls"] == 0 and row["in_flight"] == 1
           and row["age_ns"] > 0.3e9 and "age" in row["estimated"],
           "a call in progress at the attachment is in flight, and longer "
           "than it is accounted", row)
    tap.ok(abs(row["blocked_ns"] - first["ledger"]["wall_ns"])
           < 0.01 * first["ledger"]["wall_ns"] + 10**6,
           "a process that stays blocked has a full report",
           first["ledger"], row)
    tap.ok(status == 0 and last["loss"]["calls_partial"] == 1,
           "its end is counted, and marked", status, last["loss"])
    reads = rows(last, "read")[0]
    tap.ok(reads["in_flight"] == 1 and reads["calls"] >= 1
           and reads["wall_ns"] <= last["ledger"]["wall_ns"],
           "and only what is in the interval is booked to it", reads)
    tap.ok({"execve", "wait4"} <= {row["syscall"] for row in last["rows"]
                                   if row.get("calls")},
           "its child was followed",
           sorted(row["syscall"] for row in last["rows"]))
    tap.ok(shell.end() == 0, "the shell was none the worse for it")


@live.timed
def stopped(tap):
    """One that is stopped when we come is in no call."""
    shell = Line()
    shell.reading()
    os.kill(shell.pid, signal.SIGSTOP)
    live.until(lambda: live.wchan(shell.pid) == "do_signal_stop",
               live.DEADLINE, "the shell to stop")
    tool = live.Tool(["-p", shell.pid, *BPF])
    tool.attached()
    time.sleep(0.2)
    os.kill(shell.pid, signal.SIGCONT)
    shell.reading()
    tool.signal(signal.SIGINT)
    tool.wait()
    report = tool.reports()[-1]
    outside = rows(report, "[outside calls]")
    tap.ok(outside and outside[0]["blocked_ns"] > 0.15e9
           and not report["loss"]["calls_unaccounted"],
           "stopped at the attachment: that time is in no call",
           report["rows"], report["loss"])
    shell.end()


def follow(tap):
    for args, wanted in (((), True), (("--no-follow",), False)):
        shell = Line()
        shell.reading()
        tool = live.Tool(["-p", shell.pid, *BPF, *args])
        tool.attached()
        shell.tell("getconf PAGESIZE >/dev/null")
        shell.reading()
        tool.signal(signal.SIGINT)
        tool.wait()
        report = tool.reports()[-1]
        tap.ok((len(report["processes"]) == 2) == wanted,
               f"{' '.join(args) or 'by default'}: children are "
               f"{'' if wanted else 'not '}followed", report["processes"])
        shell.end()


def follow_older(tap):
    """Children that lived before."""
    shell = Line()
    shell.tell("sleep 60 & getconf PAGESIZE >/dev/null")
    shell.reading()
    for args, wanted in (((), 2), (("--no-follow",), 1)):
        tool = live.Tool(["-p", shell.pid, *BPF, *args])
        processes, _ = tool.attached()
        tap.ok(processes == wanted,
               f"{' '.join(args) or 'by default'}: of a shell and the child "
               f"that it had, {wanted} accounted", processes)
        tool.signal(signal.SIGINT)
        tool.wait()
    shell.tell("kill $!")
    shell.end()


def leaves_nothing(tap):
    shell = Line()
    for number in (signal.SIGINT, signal.SIGKILL):
        shell.reading()
        tool = live.Tool(["-p", shell.pid, *BPF])
        tool.attached()
        ours = programs_of(tool.pid)
        tap.ok(len(ours) >= 5 and alive(ours) == ours,
               "attached, there are programs", ours)
        tool.signal(number)
        tool.wait()
        # The kernel frees them a little later.
        live.until(lambda: not alive(ours), live.DEADLINE,
                   f"programs to go after {number.name}")
        tap.ok(True, f"after {number.name} there are none")
        shell.tell("true")
    shell.reading()
    tap.ok(shell.end() == 0, "and the target goes on")


def nothing_changes(tap):
    """Signals, output and status of a target that is fragile."""
    argv = [launched.work("fragile"), "2"]
    bare = launched.Run(argv)
    run = launched.Launched(["--collector=bpf", "-q"], argv)
    failed = json.loads(run.stdout)["failed"]
    tap.ok(bare.status == run.status == 0 and not any(failed.values()),
           "200 signals a second without SA_RESTART: no call fails of us",
           run.status, run.stdout[-400:], bare.stdout[-400:])


def short_lives(tap):
    """Reports all the time while processes are born: none is found twice."""
    lives = live.fewer(300)
    run = launched.Launched(
        ["--collector=bpf", "-q", "-d", "0.002"],
        ["sh", "-c", f"for i in $(seq {lives}); do getconf PAGESIZE; done "
         ">/dev/null"])
    tap.ok(run.status == 0 and run.report["in_flight"] == 0
           and not run.report["loss"]["calls_unaccounted"],
           f"{lives} short lives under a report every 2 ms end with the "
           "last",
           run.status, run.report["loss"], run.report["processes"][:3])


def by_name(tap):
    folder = live.scratch()
    for name in ("wanted-one", "other-one"):
        os.symlink("/bin/sleep", os.path.join(folder, name))
    copies = []
    for name in ("wanted-two", "other-two"):
        path = os.path.join(folder, name)
        with open("/bin/sleep", "rb") as source, open(path, "wb") as to:
            to.write(source.read())
        os.chmod(path, 0o755)
        copies.append(path)
    before = live.Process([copies[0], "60"])
    other = live.Process([copies[1], "60"])
    live.until(lambda: live.wchan(before.pid) and live.wchan(other.pid)
               and "nanosleep" in live.wchan(before.pid)
               and "nanosleep" in live.wchan(other.pid),
               live.DEADLINE, "sleep")
    tool = live.Tool(["--name=^wanted-two$", *BPF])
    processes, _ = tool.attached()
    tap.ok(processes == 1, "--name finds what runs by that name", processes)
    after = live.Process(["sh", "-c", f"{copies[1]} 0; exec {copies[0]} 0.1"])
    after.wait()
    tool.signal(signal.SIGINT)
    tool.wait()
    report = tool.reports()[-1]
    tap.ok({p["pid"] for p in report["processes"]}
           == {before.pid, after.pid},
           "and what begins to run by it, but nobody else",
           report["processes"], before.pid, after.pid, other.pid)
    calls = {row["syscall"] for row in report["rows"] if row.get("calls")}
    tap.ok("clock_nanosleep" in calls and "execve" not in calls,
           "a new one is accounted from its execve on", calls)
    before.kill()
    other.kill()


@live.timed
def everyone(tap):
    shell = Line()
    shell.reading()
    stolen = live.stolen_ns()
    tool = live.Tool(["-a", *BPF, "--by=process,syscall"])
    processes, threads = tool.attached()
    shell.tell("getconf PAGESIZE >/dev/null")
    shell.reading()
    tool.signal(signal.SIGINT)
    status = tool.wait()
    report = tool.reports()[-1]
    seen = {p["pid"] for p in report["processes"]}
    tap.ok(status == 0 and processes > 2 and threads >= processes
           and {shell.pid, os.getpid()} <= seen
           and tool.pid not in seen,
           "-a accounts for every process but ours", status, processes,
           sorted(seen))
    ledger = report["ledger"]
    # It is over in a moment, in which some switches are much.
    tap.ok(abs(ledger["residual_ns"]) < ledger["wall_ns"] / 50
           + live.stolen_ns() - stolen,
           "and its residual is below 2%, and what was stolen", ledger)
    shell.end()


def by_cgroup(tap):
    base = next((path for path in ("/sys/fs/cgroup",
                                   "/sys/fs/cgroup/unified")
                 if os.path.exists(f"{path}/cgroup.procs")), None)
    if not base:
        base = live.scratch()
        if subprocess.run(["mount", "-t", "cgroup2", "none", base],
                          check=False, capture_output=True).returncode:
            tap.skip("--cgroup", "kernel: no cgroup2")
            return
    path = os.path.join(base, f"live-{os.getpid()}")
    os.mkdir(path)
    os.mkdir(os.path.join(path, "below"))
    shells = [Line(), Line()]
    try:
        for shell, folder in zip(shells, (path, path + "/below")):
            with open(f"{folder}/cgroup.procs", "w",
                      encoding="ascii") as file:
                file.write(str(shell.pid))
        tool = live.Tool([f"--cgroup={path}", *BPF])
        processes, _ = tool.attached()
        tap.ok(processes == 2, "--cgroup finds its processes, and those of "
               "cgroups below it", processes)
        tool.signal(signal.SIGINT)
        tool.wait()
    finally:
        for shell in shells:
            shell.end()
        os.rmdir(path + "/below")
        os.rmdir(path)
        if base.startswith("/tmp"):
            subprocess.run(["umount", base], check=False)
    tool = live.Tool(["--cgroup=/proc", *BPF])
    tap.ok(tool.wait() == 125 and "is no cgroup" in tool.stderr,
           "and says what is no cgroup", tool.stderr)


def outcomes(tap):
    argv = ["sh", "-c", "cd /; cd /nowhere; cd /nowhere; cd /"]
    for option, wanted in (("-z", (2, 0)), ("-Z", (2, 2)), ("-q", (4, 2))):
        run = launched.Launched(["--collector=bpf", option], argv)
        row = rows(run.report, "chdir")[0]
        tap.ok((row["calls"], row["errors"]) == wanted,
               f"{option}: {wanted} calls and errors of chdir", row)
    run = launched.Launched(["--collector=bpf", "--by=errno"], argv)
    seen = {row["errno"]: row["calls"] for row in rows(run.report, "chdir")}
    tap.ok(seen == {"": 2, "ENOENT": 2}, "--by=errno keeps them apart", seen)


def privileges(tap):
    sleeper = live.Process([*live.SETPRIV, "sleep", "60"])
    live.until(lambda: "nanosleep" in live.wchan(sleeper.pid), live.DEADLINE,
               "sleep")
    run = launched.Run([live.reachable(live.TOOL, live.NOBODY),
                        "--collector=bpf", "-p", str(sleeper.pid)],
                       live.NOBODY)
    tap.ok(run.status == 125 and "CAP_BPF" in run.stderr
           and run.stderr.count("\n") == 1,
           "without privileges: one sentence that says what is needed",
           run.status, run.stderr)
    caps = "-all,+bpf,+perfmon"
    tool = live.Process(["setpriv", f"--reuid={live.NOBODY}",
                         f"--regid={live.NOBODY}", "--clear-groups",
                         f"--inh-caps={caps}", f"--ambient-caps={caps}",
                         live.reachable(live.TOOL, live.NOBODY),
                         "-p", str(sleeper.pid), *BPF])
    tool.wait_stderr("attached to 1 process")
    with open(f"/proc/{tool.pid}/status", encoding="ascii") as file:
        effective = int(re.search(r"CapEff:\t(\w+)", file.read())[1], 16)
    tap.ok(effective == 1 << 39, "as nobody with CAP_BPF and CAP_PERFMON it "
           "attaches, and keeps CAP_BPF only", hex(effective))
    tool.signal(signal.SIGINT)
    tap.ok(tool.wait() == 0 and
           json.loads(tool.stdout)["collector"] == "bpf",
           "and reports", tool.stderr)
    other = live.Process(["setpriv", f"--reuid={live.NOBODY}",
                          f"--regid={live.NOBODY}", "--clear-groups",
                          f"--inh-caps={caps}", f"--ambient-caps={caps}",
                          live.reachable(live.TOOL, live.NOBODY),
                          "-p", str(os.getpid()), *BPF])
    tap.ok(other.wait() == 125 and "belongs to user" in other.stderr,
           "but not to somebody else's process", other.stderr)
    sleeper.kill()


def namespaces(tap):
    """In a pid namespace of its own, by the ids that hold there."""
    run = launched.Run(["unshare", "-pf", "--kill-child", "--mount-proc",
                        "sh", "-c", "sleep 60 & sleep 0.3; timeout -s INT 2 "
                        f"{live.TOOL} -p $! --collector=bpf "
                        "--format=json -q"])
    report = json.loads(run.stdout or "{}")
    processes = report.get("processes", [])
    tap.ok(len(processes) == 1 and processes[0]["name"] == "sleep"
           and processes[0]["pid"] < 100,
           "in a pid namespace: the ids are those that hold there",
           run.stdout[:500], run.stderr)


def main(tap):
    live.need_bpf()
    live.need("bpftool")
    in_progress(tap)
    stopped(tap)
    follow(tap)
    follow_older(tap)
    leaves_nothing(tap)
    nothing_changes(tap)
    short_lives(tap)
    by_name(tap)
    everyone(tap)
    by_cgroup(tap)
    outcomes(tap)
    privileges(tap)
    namespaces(tap)


live.run(main)
