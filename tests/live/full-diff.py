#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--diff of a stock smbd under two configurations, and under one and the
same: what a copy of many files into a folder of many costs.

Of what is the same one comparison in twenty may differ by chance, and is made
anew. The figure itself is for who sets SMBSYSACCT_TEST_TWENTY.
"""

import json
import os
import shutil
import signal
import subprocess

import live
import smbd

RUNS = 5
TRIES = 4
FILES = 40
NEIGHBOURS = 400
SIZE = 4096
LONG = 120


class Copies:
    """An smbd, and a client that copies the same files again and again."""

    def __init__(self):
        self.server = smbd.Server()
        self.folder = smbd.make_files("crowd", FILES, SIZE)
        self.crowd = os.path.join(self.server.share, "crowd", "d0000")
        self.out = live.scratch()
        self.n = 0
        os.makedirs(self.crowd)
        for number in range(NEIGHBOURS):
            with open(os.path.join(self.crowd, f"old{number}"), "wb"):
                pass
        self.client()

    def client(self):
        """Once; the next finds the folder as it was."""
        top, name = os.path.split(self.folder)
        run = subprocess.run(
            ["smbclient", "-s", self.server.conf, "-p",
             str(self.server.port), "//127.0.0.1/share", "-m", "SMB3", "-N",
             "-c", f"prompt off; recurse on; lcd {top}; mput {name}"],
            capture_output=True, text=True, timeout=LONG, check=False)
        if run.returncode:
            raise live.Fault(f"smbclient: {run.stdout[-300:]} {run.stderr}")
        for number in range(FILES):
            os.unlink(os.path.join(self.crowd, f"f{number:06}"))

    def run(self):
        """A copy under accounting; the name of its report."""
        self.n += 1
        path = os.path.join(self.out, str(self.n))
        # Whatever other smbds there are.
        tool = live.Tool(["--smb", "-p", self.server.pid, "--format=json",
                          "-o", path])
        tool.attached()
        self.client()
        tool.signal(signal.SIGINT)
        if tool.wait(LONG):
            raise live.Fault(f"ended with {tool.status}: {tool.stderr}")
        return path

    def sides(self, options):
        """Runs of each value of an option in turns, so that both have the
        same of what else goes on; files by commas."""
        files = [[], []]
        for _ in range(RUNS):
            for side, (name, value) in enumerate(options):
                if options[0] != options[1]:
                    self.server.set_option(name, value)
                files[side].append(self.run())
        return [",".join(names) for names in files]

    def stop(self):
        self.server.stop()
        shutil.rmtree(self.crowd)


def compare(sides, *args):
    tool = live.Tool(["--format=json", *args, "--diff", *sides])
    status = tool.wait(LONG)
    if not tool.stdout:
        raise live.Fault(f"ended with {status}: {tool.stderr}")
    return status, json.loads(tool.stdout), tool.stderr


def per_create(report, call):
    """What it has of the calls for a CREATE; {} where that is nothing."""
    found = [c for row in report["rows"] if row["row"] == f"{call}/CREATE"
             for c in row["comparisons"]
             if (c["of"], c["per"]) == ("calls", "request")]
    return found[0] if found else {}


def two(tap, copies):
    """Names are looked for among all of a folder, unless they are case
    sensitive."""
    sides = copies.sides([("case sensitive", "yes"),
                          ("case sensitive", "auto")])
    status, report, stderr = compare(
        sides, "--budget", "getdents64/CREATE<0.5", "CREATE/s>0")
    call = per_create(report, "getdents64")
    row = [row for row in report["rows"]
           if row["row"] == "getdents64/CREATE"]
    tap.ok(status == 1 and call.get("differs")
           and call["before"] < 0.5 < 1 < call["after"],
           "a folder that is read for each new name is found by the call's "
           "name", status, report["verdict"], call, row)
    tap.ok("'getdents64/CREATE<0.5' is violated" in stderr
           and stderr.count("\n") == 1, "and breaks a budget", stderr)
    tap.note(report["verdict"])
    for row in report["rows"][:8]:
        for c in row["comparisons"]:
            if c["differs"]:
                tap.note(f"{row['row']}: {c}")


def same(tap, copies):
    option = ("case sensitive", "auto")
    for _ in range(TRIES):
        status, report, _ = compare(copies.sides([option, option]))
        if not status:
            break
        tap.note(f"by chance: {report['verdict']}")
    tap.ok(status == 0 and report["tested"] and report["compared"] > 100,
           "the same does not differ", status, report["verdict"])
    tap.note(report["verdict"])


def twenty(tap, copies):
    option = ("case sensitive", "auto")
    differing = 0
    for _ in range(20):
        status, report, _ = compare(copies.sides([option, option]))
        differing += status
        tap.note(report["verdict"])
    tap.ok(differing <= 1, f"of 20 times the same {20 - differing} have no "
           "significant difference")


def main(tap):
    live.need_bpf()
    live.need("smbd")
    live.need("smbclient")
    copies = Copies()
    parts = [two, same]
    if os.environ.get("SMBSYSACCT_TEST_TWENTY"):
        parts.append(twenty)
    for part in live.chosen(parts):
        part(tap, copies)
    copies.stop()


live.run(main)
