#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""smbd started under the seccomp collector, as root, while 10,000 files of
10 KB are copied into it."""

import os
import re
import signal

import launched
import live
import smbd

FILES = 10000
SIZE = 10 * 1024
LONG = 300


def compare_files(folder, share):
    """Names of files that are not on the share as they are in the folder."""
    wrong = []
    top = os.path.join(share, os.path.basename(folder))
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            copy = os.path.join(top, os.path.relpath(path, folder))
            try:
                with open(path, "rb") as a, open(copy, "rb") as b:
                    if a.read() != b.read():
                        wrong.append(copy)
            except OSError as why:
                wrong.append(str(why))
    return wrong


def smbds(server):
    """The server's processes, by what they say of their parents."""
    found = [server.pid]
    for pid in found:
        found += smbd.children(pid)
    return found


def copied(tap, args):
    name = "smbd under " + " ".join(["smbsysacct", *args])
    out = os.path.join(live.scratch(), "report")
    server = smbd.Server([live.TOOL, *launched.SECCOMP, *args, "-q",
                          "--format=json", "-o", out,
                          "--by=process,syscall"])
    folder = smbd.make_files("many", FILES, SIZE)
    client = smbd.Client(server, folder)
    session = client.server_pid
    pids = smbds(server)
    client.copy(LONG)
    client.quit()
    wrong = compare_files(folder, server.share)
    tap.ok(not wrong, f"{name}: all {FILES} files arrive intact", *wrong[:5])
    os.kill(server.pid, signal.SIGTERM)
    server.process.wait(LONG)
    with open(out, encoding="utf-8") as file:
        report = live.json.load(file)
    rows = [row for row in report["rows"] if row["pid"] == session
            and row.get("blocked_ns") and not row["syscall"].startswith("[")]
    rows.sort(key=lambda row: -row["blocked_ns"])
    tap.table(["the client's smbd: call", "calls", "blocked, ms"],
              [[row["syscall"], row.get("calls", "-"),
                live.msec(row["blocked_ns"])] for row in rows[:6]])
    ledger = report["ledger"]
    tap.note(f"wall {live.msec(ledger['wall_ns'])} ms, residual "
             f"{live.percent(ledger['residual_ns'], ledger['wall_ns'])}, "
             f"parked {live.msec(ledger.get('parked_ns'))} ms; "
             f"loss {report['loss']}")
    waits = [row for row in rows
             if re.match(r"epoll_p?wait2?$", row["syscall"])]
    tap.ok(waits and waits[0].get("calls", 0) > FILES,
           f"{name}: epoll_wait is counted and shows as blocked", waits)
    known = {p["pid"] for p in report["processes"]}
    missing = [pid for pid in pids if pid not in known]
    tap.ok(not missing, f"{name}: each of {len(pids)} smbd processes is in "
           "the table", missing)


def main(tap):
    live.need_root()
    for program in ("smbd", "smbclient", "setpriv"):
        live.need(program)
    if not os.path.isdir("/dev/shm"):
        raise live.Skip("there is no /dev/shm for the share")
    for args in ([], ["-A"]):
        copied(tap, args)


live.run(main)
