#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""smbd while 10,000 files of 10 KB are copied into it, beside pidstat.

Both look at the smbd of the client over the same seconds. pidstat ends with
its last whole second, which is less than a tenth of the time.
"""

import os
import re
import signal

import live
import smbd

FILES = 10000
SIZE = 10 * 1024
FEWER = 2000
POINTS = 2.0
LONG = 300


def by_pidstat(text):
    """{column: percent} of the line with the averages."""
    heads = [line for line in text.splitlines() if "%usr" in line]
    averages = [line for line in text.splitlines()
                if line.startswith("Average:") and "%usr" not in line]
    if not heads or "%wait" not in heads[0] or len(averages) != 1:
        raise live.Fault(f"no averages of pidstat: {text[-500:]}")
    # What is left of the first column is a time, of one word or two.
    columns = heads[0][heads[0].index("UID"):].split()
    return {head: float(value)
            for head, value in zip(columns, averages[0].split()[1:])
            if head.startswith("%")}


def by_tool(report, pid):
    """The same from a report by thread; its first thread, as pidstat's."""
    process = [p for p in report["processes"] if p["pid"] == pid][0]
    runq = sum(row.get("runq_ns", 0) for row in report["rows"]
               if row.get("tid") == pid)
    values = {"%usr": process["user_ns"], "%system": process["system_ns"],
              "%CPU": process["cpu_ns"], "%wait": runq,
              "%wait of all its threads": process["runq_ns"]}
    return {head: 100 * value / report["interval_ns"]
            for head, value in values.items()}


def blocked(rows):
    """[(call, nanoseconds)], the longest first, of calls with a name."""
    sums = {}
    for row in rows:
        if not row["syscall"].startswith("["):
            sums[row["syscall"]] = (sums.get(row["syscall"], 0)
                                    + row.get("blocked_ns", 0))
    return sorted(sums.items(), key=lambda item: -item[1])


def arrived(tap, server, count):
    sizes = server.arrived()
    tap.ok(sizes == {SIZE: count}, f"all {count} files arrive",
           f"size: number {sizes}")


@live.timed
def beside_pidstat(tap, server):
    folder = smbd.make_files("many", FILES, SIZE)
    client = smbd.Client(server, folder)
    pid = client.server_pid
    stolen = live.stolen_ns()
    tool = live.Tool(["--collector=proc", "-p", pid, "--format=json",
                      "--by=process,thread,syscall"])
    tool.attached()
    env = dict(os.environ, LC_ALL="C", S_COLORS="never")
    pidstat = live.Process(["pidstat", "-u", "-p", str(pid), "1"], env=env)
    client.copy(LONG)
    tool.signal(signal.SIGINT)
    pidstat.signal(signal.SIGINT)
    tap.ok(tool.wait() == 0, "exit status 0 after Ctrl-C", tool.stderr)
    pidstat.wait()
    client.quit()
    arrived(tap, server, FILES)

    report = tool.reports()[-1]
    theirs, ours = by_pidstat(pidstat.stdout), by_tool(report, pid)
    seconds = report["interval_ns"] / 1e9
    tap.note(f"smbd {pid}, {seconds:.1f} seconds, our own CPU "
             f"{report['cost']['cpu_ns'] / report['interval_ns']:.2%}")
    tap.table(["", "pidstat", "smbsysacct"],
              [[head, f"{theirs[head]:.2f}" if head in theirs else "",
                f"{value:.2f}"] for head, value in ours.items()])
    for head, what in (("%CPU", "CPU"), ("%wait", "run queue")):
        tap.ok(abs(theirs[head] - ours[head]) <= POINTS,
               f"{what} within {POINTS} points of pidstat's",
               f"{ours[head]:.2f} and {theirs[head]:.2f}")

    # The thread that serves requests: those for I/O wait for jobs in futex.
    leader = [row for row in report["rows"] if row.get("tid") == pid]
    for name, rows in (("its first thread", leader),
                       ("all its threads", report["rows"])):
        first = [f"{call} {live.percent(ns, report['interval_ns'])}"
                 for call, ns in blocked(rows)[:5]]
        tap.note(f"blocked, {name}: {', '.join(first)}")
    longest = blocked(leader)
    tap.ok(longest and re.match(r"epoll_p?wait2?$", longest[0][0]),
           "epoll_wait leads what the first thread is blocked in", longest)
    ledger = report["ledger"]
    tap.ok(abs(ledger["residual_ns"]) < 0.02 * ledger["wall_ns"]
           + live.stolen_ns() - stolen,
           "residual below 2% of wall", ledger)


def from_its_parent(tap, server):
    """Attached to the server before there is a client."""
    folder = smbd.make_files("fewer", FEWER, SIZE)
    tool = live.Tool(["--collector=proc", "-p", server.pid, "--format=json",
                      "--by=process,syscall"])
    tool.attached()
    client = smbd.Client(server, folder)
    client.copy(LONG)
    client.quit()
    arrived(tap, server, FILES + FEWER)
    tool.signal(signal.SIGTERM)
    tap.ok(tool.wait() == 0, "attached to the parent: exit status 0",
           tool.stderr)
    report = tool.reports()[-1]
    tap.table(["process", "name", "wall, ms", "CPU, ms", "blocked, ms"],
              [[p["pid"], p["name"], *(live.msec(p.get(key)) for key in
                ("wall_ns", "cpu_ns", "blocked_ns"))]
               for p in report["processes"]])
    session = [p for p in report["processes"]
               if p["pid"] == client.server_pid]
    tap.ok(session and session[0]["cpu_ns"] > 0,
           "attached to the parent: the client's smbd is accounted")


def main(tap):
    live.need_root()
    for program in ("smbd", "smbclient", "pidstat", "setpriv"):
        live.need(program)
    if not os.path.isdir("/dev/shm"):
        raise live.Skip("there is no /dev/shm for the share")
    server = smbd.Server()
    beside_pidstat(tap, server)
    from_its_parent(tap, server)
    server.stop()


live.run(main)
