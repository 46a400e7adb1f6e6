#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""SMB2 requests of a stock smbd, beside what Samba itself counts of them.

smbd's own profiling (smbstatus -P) is the judge of the counts. It sees what
we see but for a request that is refused before its command is looked at.
"""

import json
import os
import re
import shutil
import signal
import subprocess

import live
import smbd

FILES = 1000
SIZE = 10 * 1024
LONG = 120

# As smbstatus -P calls them.
COMMANDS = {
    "NEGOTIATE": "negprot", "SESSION_SETUP": "sesssetup", "LOGOFF": "logoff",
    "TREE_CONNECT": "tcon", "TREE_DISCONNECT": "tdis", "CREATE": "create",
    "CLOSE": "close", "FLUSH": "flush", "READ": "read", "WRITE": "write",
    "LOCK": "lock", "IOCTL": "ioctl", "CANCEL": "cancel",
    "ECHO": "keepalive", "QUERY_DIRECTORY": "find",
    "CHANGE_NOTIFY": "notify", "QUERY_INFO": "getinfo",
    "SET_INFO": "setinfo", "OPLOCK_BREAK": "break",
}


class Profile:
    """What smbd counts from now on."""

    def __init__(self, server):
        self.server = server
        live.need("smbcontrol")
        live.need("smbstatus")
        for word in ("on", "flush"):
            self.control("profile", word)

    def control(self, *words):
        subprocess.run(["smbcontrol", "-s", self.server.conf, "smbd", *words],
                       check=True, capture_output=True)

    def read(self):
        text = subprocess.run(["smbstatus", "-s", self.server.conf, "-P"],
                              check=True, capture_output=True,
                              text=True).stdout
        return {name: int(value) for name, value in
                re.findall(r"^(\S+_count):\s+(\d+)$", text, re.M)}


def by_name(rows, name, value):
    sums = {}
    for row in rows:
        sums[row[name]] = sums.get(row[name], 0) + row.get(value, 0)
    return sums


def ours(report):
    return by_name(report["smb"]["requests"], "request", "requests")


def judge(tap, name, report, profile):
    """Counts by command, and of all."""
    counted = ours(report)
    theirs = {command: profile.get(f"smb2_{key}_count", 0)
              for command, key in COMMANDS.items()}
    bad = [(command, counted.get(command, 0), theirs[command])
           for command in COMMANDS
           if counted.get(command, 0) != theirs[command]]
    tap.ok(not bad, f"{name}: every command as often as Samba says", *bad)
    tap.ok(sum(counted.values()) == profile["request_count"],
           f"{name}: all requests", sum(counted.values()),
           profile["request_count"])
    lost = {key: report["loss"][key] for key in
            ("requests_unaccounted", "replies_unmatched",
             "requests_dropped", "calls_unaccounted")}
    tap.ok(not any(lost.values()), f"{name}: nothing is lost", lost)
    tap.note(f"{name}: {sum(counted.values())} requests: "
             + ", ".join(f"{k} {v}" for k, v in sorted(counted.items())))


def smb_tool(*args):
    tool = live.Tool(["--smb", "--format=json", *args])
    tool.attached()
    return tool


def stop(tap, tool):
    tool.signal(signal.SIGINT)
    if tool.wait():
        raise live.Fault(f"ended with {tool.status}: {tool.stderr}")
    return tool.reports()[-1]


def client(server, command, *args):
    """smbclient runs a command; what it says."""
    run = subprocess.run(
        ["smbclient", "-s", server.conf, "-p", str(server.port),
         "//127.0.0.1/share", "-m", "SMB3", *args, "-c", command],
        capture_output=True, text=True, timeout=LONG, check=False)
    if run.returncode:
        raise live.Fault(f"smbclient: {run.stdout[-300:]} {run.stderr}")
    return run.stdout


def work(server, folder, *args):
    """Much of what a client does."""
    top, name = os.path.dirname(folder), os.path.basename(folder)
    back = live.scratch()
    client(server, f"prompt off; recurse on; lcd {top}; mput {name}", *args)
    client(server, f"prompt off; recurse on; lcd {back}; mget {name}", *args)
    client(server, f"ls {name}/*; allinfo {name}; cd {name}; ls d0000/*; "
           "rename d0000 other; du", *args)
    client(server, f"deltree {name}", *args)
    shutil.rmtree(back)


def counts(tap, server):
    folder = smbd.make_files("many", FILES, SIZE)
    profile = Profile(server)
    tool = smb_tool()
    work(server, folder, "-N")
    report = stop(tap, tool)
    judge(tap, "plain", report, profile.read())
    print(json.dumps(report["smb"]["who"]))


def main(tap):
    live.need_bpf()
    live.need("smbd")
    live.need("smbclient")
    server = smbd.Server()
    for part in live.chosen([counts]):
        part(tap, server)
    server.stop()


live.run(main)
