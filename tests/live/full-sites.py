#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock smbd, as the distribution built it: which of its functions make the
calls, where futex time goes, who wakes it, and on which files it works."""

import signal

import live
import smbd

FILES = 2000
SIZE = 10 * 1024
LONG = 120


class Copy:
    """A copy under several of ours at once; their reports."""

    def __init__(self, server, groupings):
        client = smbd.Client(server, smbd.make_files("sites", FILES, SIZE))
        tools = [live.Tool(["--collector=bpf", "-p", client.server_pid,
                            "--format=json", f"--by={by}"])
                 for by in groupings]
        for tool in tools:
            tool.attached()
        client.copy(LONG)
        # Its process is looked for as the report is made.
        for tool in tools:
            tool.signal(signal.SIGINT)
        for tool in tools:
            if tool.wait():
                raise live.Fault(tool.stderr)
        client.quit()
        self.reports = [tool.reports()[-1] for tool in tools]


def sums(rows, measure):
    found = {}
    for row in rows:
        found[row["syscall"]] = (found.get(row["syscall"], 0)
                                 + row.get(measure, 0))
    return found


def is_named(caller):
    return not caller.startswith(("[", "(")) or " < " in caller


def callers(tap, report, plain):
    ours, wanted = sums(report["rows"], "calls"), sums(plain["rows"], "calls")
    # One of them was attached before the other, and detached before it: of
    # the last replies and what follows these a few are not in both.
    off = {call: (ours.get(call, 0), n) for call, n in wanted.items()
           if ours.get(call, 0) != n}
    tap.ok(sum(abs(a - b) for a, b in off.values()) <= 8,
           "calls by all callers are those of the table: "
           f"{sum(wanted.values())}, but for what came between the ends",
           off)
    if off:
        tap.note(off)
    for call in ("newfstatat", "fcntl", "openat"):
        rows = [row for row in report["rows"] if row["syscall"] == call]
        whole = sum(row["calls"] for row in rows)
        named = sum(row["calls"] for row in rows if is_named(row["caller"]))
        top = sorted(rows, key=lambda row: -row["calls"])[:3]
        tap.ok(whole > FILES and named > 0.9 * whole,
               f"{call}: {named / whole:.1%} are of functions with a name",
               *[row["caller"] for row in rows][:5])
        tap.note(", ".join(f"{row['caller']} {row['calls']}" for row in top))


def locks(tap, report):
    rows = [row for row in report["rows"] if row["syscall"] == "futex"]
    blocked = sum(row["blocked_ns"] for row in rows)
    known = sum(row["blocked_ns"] for row in rows
                if row["reason"] == "futex or lock")
    waits = [row for row in rows if row["reason"] == "futex or lock"]
    times = sum(row.get("vcsw", 0) for row in waits)
    woken = sum(row.get("vcsw", 0) for row in waits
                if row["waker"].startswith(("smbd", "(timer")))
    tap.ok(known > 0.95 * blocked, f"futex waits {blocked / 1e9:.2f} s, "
           f"{known / blocked:.1%} of it for locks or other threads")
    tap.ok(times and woken > 0.9 * times,
           f"and {woken} of {times} times smbd or a timer ended that",
           *[(row["waker"], row.get("vcsw")) for row in waits][:8])


def files(tap, report):
    written = [row for row in report["rows"]
               if row["syscall"] == "pwrite64" and "/sites/" in row["file"]]
    sent = sum(row.get("bytes", 0) for row in written)
    tap.ok(len(written) == FILES and sent == FILES * SIZE,
           f"each of {FILES} files was written to, {sent} bytes in all",
           len(written), sent)
    peers = {row["peer"] for row in report["rows"]
             if row["syscall"] == "sendmsg" and row["file"].startswith("tcp")}
    tap.ok(any(peer.startswith("smbclient ") for peer in peers),
           "and the client is known by its process", *peers)


def main(tap):
    live.need_bpf()
    server = smbd.Server()
    copy = Copy(server, ["caller,syscall", "syscall",
                         "syscall,reason,waker", "syscall,file,peer"])
    callers(tap, copy.reports[0], copy.reports[1])
    locks(tap, copy.reports[2])
    files(tap, copy.reports[3])
    server.stop()


live.run(main)
