#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What calls work on, under the bpf collector: by file, descriptor and peer,
against a program that knows what it did."""

import json
import os
import re
import socket
import subprocess

import launched
import live

MANY = 100000


def account(by, mode, *args):
    """The run of a mode of the program, and what it printed."""
    folder = live.scratch()
    run = launched.Launched(["--collector=bpf", "-q", f"--by={by}"],
                            [launched.work("objects"), mode, folder,
                             *map(str, args)])
    if run.status:
        raise live.Fault(f"the tool ended with {run.status}: {run.stderr}")
    return run.report, json.loads(run.stdout)


def sums(rows, what=("calls", "bytes")):
    return {key: sum(row.get(key, 0) for row in rows) for key in what}


def printed(name):
    """As src/base/text.h says."""
    return re.sub(r"[\0-\x1f\x7f\\]",
                  lambda found: f"\\{ord(found[0]):03o}", name)


def is_of(row, name):
    """Of the deep one the end alone is known."""
    name = printed(name)
    if not name.startswith("..."):
        return row["file"] == name
    return row["file"].startswith("...") and row["file"].endswith(name[3:])


def of(report, wanted, pid=None):
    return [row for row in report["rows"]
            if is_of(row, wanted["name"])
            and row.get("syscall") == wanted["call"]
            and (pid is None or row["pid"] == pid)]


def compare(tap, report, truth, by_fd):
    wrong = []
    for wanted in truth["objects"]:
        rows = of(report, wanted)
        if by_fd and wanted["fd"] >= 0:
            rows = [row for row in rows if row["fd"] == wanted["fd"]]
        if sums(rows) != {key: wanted[key] for key in ("calls", "bytes")}:
            wrong.append((wanted, rows))
    tap.ok(truth["objects"] and not wrong,
           f"{len(truth['objects'])} sums of calls and bytes are right",
           *wrong[:3])


def no_loss(tap, report):
    tap.ok(not any(report["loss"].values()), "nothing is lost",
           report["loss"])


def files(tap):
    report, truth = account("file,syscall", "files")
    compare(tap, report, truth, False)
    no_loss(tap, report)
    by_fd, truth = account("fd,syscall", "files")
    compare(tap, by_fd, truth, True)
    bare, _ = account("syscall", "files")
    for row in bare["rows"]:
        if "calls" not in row:
            continue
        rows = [of_it for of_it in report["rows"]
                if of_it["syscall"] == row["syscall"]]
        # What it says of itself is as long as the names that it was given.
        what = ["calls"] + ["bytes"] * (row["syscall"] != "write")
        if sums(rows, what) != sums([row], what):
            tap.ok(False, "sums over files are those without", row, rows)
            return
    tap.ok(True, "sums over files are those without")


def names(tap):
    report, truth = account("file,syscall", "names")
    compare(tap, report, truth, False)
    no_loss(tap, report)
    run = launched.Run([live.TOOL, "--collector=bpf", "-q", "--by=file",
                        "-o", "/dev/stderr", "--",
                        launched.work("objects"), "names", live.scratch()])
    tap.ok("\033" not in run.stderr and "/\\033[31mred" in run.stderr
           and "a\\012b" in run.stderr, "and are safe to print",
           run.stderr[:2000])


def reuse(tap):
    report, truth = account("fd,syscall", "reuse", 1000)
    compare(tap, report, truth, True)
    no_loss(tap, report)


def pairs(tap):
    report, truth = account("fd,peer,syscall", "pairs")
    compare(tap, report, truth, False)
    no_loss(tap, report)
    for wanted in truth["objects"]:
        us, peer = ("pid", "child") if wanted["peer"] == "child" \
            else ("child", "pid")
        rows = of(report, wanted, truth[us])
        tap.ok(rows and all(row["peer"] == f"objects {truth[peer]}"
                            for row in rows),
               f"{wanted['call']} on {wanted['name']}: at its other end "
               f"is the {wanted['peer']}", wanted, rows)


def limit(tap):
    report, truth = account("file,syscall", "reuse", MANY)
    wanted = sum(1 + i % 3 for i in range(MANY))
    rows = [row for row in report["rows"] if row["syscall"] == "write"
            and re.search(r"/f\d+$|no room", row["file"])]
    tap.ok(sums(rows) == {"calls": wanted, "bytes": 4 * wanted},
           f"{wanted} writes to {MANY} files are all counted",
           sums(rows), wanted)
    lost = [row for row in report["rows"] if row["file"] == "(no room)"]
    tap.ok(0 < report["loss"]["objects_refused"] == sums(lost)["calls"],
           f"{sums(lost)['calls']} of them found no room for their file, "
           f"which is loss", report["loss"])
    tap.ok(report["loss"]["calls_unaccounted"] == 0, "no call is lost",
           report["loss"], truth["pid"])


def in_flight(tap):
    """A call that began before the attachment has its object, too."""
    program = live.Process([launched.work("objects"), "sleep",
                            live.scratch()], stdin=subprocess.PIPE)
    pid = json.loads(live.until(lambda: program.stdout, live.DEADLINE,
                                "the program"))["pid"]
    live.until(lambda: "pipe" in live.wchan(pid), live.DEADLINE,
               "a read of a pipe")
    tool = live.Tool(["--collector=bpf", "-p", pid, "--no-follow", "-d", "0.2",
                      "--format=json", "--by=fd,peer,syscall"])
    tool.attached()
    live.until(lambda: len(tool.reports()) > 2, live.DEADLINE, "reports")
    program.popen.stdin.close()
    program.wait()
    tool.wait()
    rows = [[row for row in report["rows"] if row["syscall"] == "read"]
            for report in tool.reports()]
    link = rows[0][0]["file"] if rows[0] else ""
    tap.ok(link.startswith("pipe:[") and all(
        row["file"] == link and row["fd"] == rows[0][0]["fd"]
        for some in rows for row in some), "a read in progress is of its "
           "pipe, at all times", *rows)
    tap.ok(rows[0] and rows[0][0]["peer"].startswith("objects "),
           "whose other end a process has that is not accounted", rows[0])
    tap.ok(all(row["wall_ns"] >= 0 for some in rows for row in some),
           "and nothing is taken back that was not told", *rows)


STRANGER = """
import socket, sys
u = socket.socket(socket.AF_UNIX)
u.connect(sys.argv[1])
t = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
v = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
for line in sys.stdin:
    u.send(b"x" * 10)
    t.send(b"y" * 20)
    v.send(b"z" * 30)
"""


def strangers(tap):
    """Processes that are not accounted, at the other end."""
    path = os.path.join(live.scratch(), "socket")
    output = path + ".json"
    open(output, "w", encoding="utf-8").close()
    servers = [socket.socket(socket.AF_UNIX), socket.socket(),
               socket.socket(socket.AF_INET6)]
    servers[0].bind(path)
    servers[1].bind(("127.0.0.1", 0))
    servers[2].bind(("::", 0))
    for server in servers:
        server.listen(1)
    ports = [server.getsockname()[1] for server in servers[1:]]
    tool = live.Tool(["--collector=bpf", "-q", "--format=json", "-d", "0.3",
                      "--by=file,peer,syscall", "-o", output, "--",
                      "/usr/bin/python3", "-c", STRANGER, path, *ports],
                     stdin=subprocess.PIPE)
    accepted = [server.accept() for server in servers]
    names = [f"unix {path}", f"-> 127.0.0.1:{ports[0]}",
             f"-> 127.0.0.1:{ports[1]}"]

    def sent(report):
        return [next((row for row in report["rows"]
                      if row["syscall"] == "sendto"
                      and row["file"].endswith(name)), None)
                for name in names]

    ours = f"{launched.comm(os.getpid())} {os.getpid()}"

    def all_right():
        """Who is at the other end is not looked for all the time."""
        tool.popen.stdin.write(b"go\n")
        with open(output, encoding="utf-8") as file:
            found = [sent(json.loads(line)) for line in file
                     if line.endswith("\n")]
        return next((rows for rows in found if all(rows) and
                     all(row["peer"] == ours for row in rows)), None)

    rows = live.until(all_right, live.DEADLINE, "three peers' names")
    tool.popen.stdin.close()
    tool.wait()
    for connection, _ in accepted:
        connection.close()
    for row, size, name in zip(rows, (10, 20, 30), names):
        tap.ok(row["bytes"] == size * row["calls"],
               f"{row['calls']} calls on {name} send us {size} bytes each",
               row)


def main(tap):
    live.need_bpf()
    for part in live.chosen([files, names, reuse, pairs, limit, in_flight,
                             strangers]):
        part(tap)


live.run(main)
