#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Records of a stock smbd that serves a copy: the same tables as live, in each
format and on the dashboard; and cut at a thousand places."""

import os
import random
import re
import signal

import dashwork
import launched
import live
import recordwork
import smbd

FILES = 2000
SIZE = 10 * 1024
LONG = 300
CUTS = 1000


def formats():
    """Those that this build has, of those that have tables."""
    text = launched.Run([live.TOOL, "--version"]).stdout
    built = re.search(r"^formats: (.*)$", text, re.M)[1].split()
    return [name for name in ("json", "text", "csv") if name in built]


def copy(server, folder, *args):
    """A copy accounted and recorded: the record, what was reported."""
    base = live.scratch()
    paths = [os.path.join(base, name) for name in ("record", "report")]
    tool = live.Tool(["--smb", f"--record={paths[0]}", "-o", paths[1], *args])
    tool.attached()
    client = smbd.Client(server, folder)
    client.copy(LONG)
    client.quit()
    tool.signal(signal.SIGINT)
    if tool.wait():
        raise live.Fault(f"ended with {tool.status}: {tool.stderr}")
    with open(paths[1], encoding="utf-8") as file:
        return paths[0], file.read()


def judge(tap, name, args, path, text):
    run = recordwork.replay(path, *args)
    if name == "json":
        reports = [launched.json.loads(line) for line in text.splitlines()]
        recordwork.same(tap, name, reports, run)
        requests = {row["request"]: row["requests"]
                    for row in reports[0]["smb"]["requests"]}
        tap.ok(requests.get("WRITE", 0) >= FILES,
               f"{name}: the copy is in it", requests)
        tap.ok(reports[0]["slowest_requests"], f"{name}: single requests, too")
        tap.note(f"{os.path.getsize(path)} bytes for "
                 f"{reports[0]['interval_ns'] / 1e9:.1f} s with "
                 f"{sum(requests.values())} requests")
        return reports[0], path
    if name == "text":
        recordwork.same_text(tap, name, text, run)
    else:
        tap.ok(run.returncode == 0 and sorted(text.splitlines())
               == sorted(run.stdout.splitlines()), f"{name}: the same",
               run.stderr, run.stdout[:500])
    return None


def on_the_dashboard(tap, path, report):
    requests = {row["request"]: row["requests"]
                for row in report["smb"]["requests"]}
    term = dashwork.opened(f"--replay={path}", what="REPLAY", rows=40,
                           cols=140)
    term.keys("C", ")")
    wanted = [rf"^ .*\b{requests[name]}\b.* {name}$"
              for name in ("CREATE", "WRITE", "CLOSE")]
    tap.ok(term.shows(lambda text: "ENDED" in text and
                      all(re.search(what, text, re.M) for what in wanted)),
           "the dashboard: as many requests of each command", requests,
           term.screen())
    term.keys("q")
    tap.ok(term.wait() == 0, "and it ends well")
    term.close()


def cut(tap, path):
    with open(path, "rb") as file:
        data = file.read()
    short = os.path.join(live.scratch(), "short")
    rng = random.Random(1)
    bad, read_on = [], 0
    for _ in range(live.fewer(CUTS, 100)):
        size = rng.randrange(len(data))
        with open(short, "wb") as file:
            file.write(data[:size])
        run = recordwork.replay(short)
        lines = run.stderr.splitlines()
        if (run.returncode not in (0, 125) or len(lines) > 1 or
                (run.returncode and short not in run.stderr)):
            bad.append(f"{size}: {run.returncode} {run.stderr}")
        read_on += run.returncode == 0
    tap.ok(not bad and read_on, f"cut at {CUTS} places: what precedes is "
           "read, or told", read_on, *bad[:5])


def main(tap):
    live.need_bpf()
    for program in ("smbd", "smbclient", "setpriv"):
        live.need(program)
    if not os.path.isdir("/dev/shm"):
        raise live.Skip("there is no /dev/shm for the share")
    server = smbd.Server()
    folder = smbd.make_files("many", FILES, SIZE)
    whole = None
    for name in formats():
        args = [f"--format={name}",
                *(["--slowest=10"] if name != "csv" else [])]
        path, text = copy(server, folder, *args)
        whole = judge(tap, name, args, path, text) or whole
    server.stop()
    if whole:
        report, path = whole
        on_the_dashboard(tap, path, report)
        cut(tap, path)


live.run(main)
