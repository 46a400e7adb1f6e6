#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""SMB2 requests of a stock smbd, beside what Samba itself counts of them.

smbd's own profiling (smbstatus -P) is the judge of the counts. It sees what
we see but for a request that is refused before its command is looked at.
"""

import itertools
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


def stop(tool):
    """Its reports as one."""
    tool.signal(signal.SIGINT)
    if tool.wait():
        raise live.Fault(f"ended with {tool.status}: {tool.stderr}")
    first, *more = tool.reports()
    for report in more:
        for name, rows in report.get("smb", {}).items():
            first["smb"][name] += rows
        for name, value in report["loss"].items():
            first["loss"][name] += value
        first["rows"] += report["rows"]
    return first


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
    """Of sessions in the clear, and of encrypted ones."""
    server.add_user("root", "secret")
    folder = smbd.make_files("many", FILES, SIZE)
    profile = smbd.Profile(server)
    for name, args in {
            "plain": ["-N"],
            "signed": ["-Uroot%secret", "--client-protection=sign"],
            "encrypted": ["-Uroot%secret", "--client-protection=encrypt"],
    }.items():
        profile.control("profile", "flush")
        tool = smb_tool()
        work(server, folder, *args)
        report = stop(tool)
        judge(tap, name, report, profile.read())
        judge_phases(tap, name, report)
        judge_who(tap, name, report, "nobody" if name == "plain" else "root")


def judge_phases(tap, name, report):
    """Of each smbd that served somebody: they are its main thread's life."""
    parts = report["smb"]
    loop = [row for row in parts["phases"] if "helper" not in row["phase"]]
    calls = sum(row["calls"] for row in parts["bill"]
                if row["request"] not in ("(other smbds)",
                                          "(helper threads)")
                and "calls" in row)
    helpers = sum(row["calls"] for row in parts["phases"]
                  if "helper" in row["phase"])
    tap.ok(sum(row["calls"] for row in loop) + helpers == calls,
           f"{name}: calls of all phases are those of all commands and the "
           "event loop", sum(row["calls"] for row in loop), helpers, calls)
    bad = [row for row in loop if row["wall_ns"] != row["cpu_ns"]
           + row["blocked_ns"] + row["runq_ns"]]
    tap.ok(not bad, f"{name}: each phase's wall is cpu, blocked and run "
           "queue", *bad)


def judge_who(tap, name, report, user):
    """A session may be over before smbstatus has looked."""
    who = report["smb"]["who"]
    rows = [row for row in who if row.get("share") == "share"]
    tap.ok({row["client"] for row in who} == {"127.0.0.1"},
           f"{name}: by the client's address", who)
    tap.ok({row["username"] for row in rows} <= {user},
           f"{name}: if by user and share, by the right ones", rows)


@live.timed
def named(tap, server):
    """Of a session that is still there all is known."""
    copied = smbd.Client(server, smbd.make_files("named", 50, SIZE))
    tool = smb_tool("-p", copied.server_pid)
    copied.copy(LONG)
    who = stop(tool)["smb"]["who"]
    copied.quit()
    rows = [row for row in who if row.get("share") == "share"]
    most = sum(row["requests"] for row in rows)
    tap.ok(rows and {row["username"] for row in rows} == {"nobody"}
           and most > sum(row["requests"] for row in who) / 2,
           "one that goes on: requests by user and share", *who)


def settled(pid):
    """It waits for events, and that is so for a while."""
    def waits():
        return all(live.wchan(pid) in ("ep_poll", "do_epoll_wait")
                   for _ in range(50))

    live.until(waits, live.DEADLINE, "smbd to wait for events")


def calls_by_name(rows):
    return by_name([row for row in rows if not row["syscall"].startswith("[")],
                   "syscall", "calls")


def one_client(tap, server):
    """One smbd, from before a copy until after it, and the same by calls
    alone, as an exact collector counts them."""
    copied = smbd.Client(server, smbd.make_files("one", FILES, SIZE))
    pid = copied.server_pid
    settled(pid)
    tool = smb_tool("-p", pid, "-d", "0.1")
    plain = live.Tool(["-p", pid, "--format=json"])
    plain.attached()
    copied.copy(LONG)
    settled(pid)
    calls = stop(plain)
    report = stop(tool)
    copied.quit()
    parts = report["smb"]
    judge_phases(tap, "one smbd", report)
    # One that has not served a request yet is not known to have phases. The
    # outer ones have the time in them that it took to begin and to detach.
    _, *whole, _ = itertools.dropwhile(
        lambda part: not part["smb"]["phases"], tool.reports())
    wall = sum(part["interval_ns"] for part in whole)
    off = sum(row["wall_ns"] for part in whole
              for row in part["smb"]["phases"]
              if "helper" not in row["phase"]) - wall
    tap.ok(abs(off) < wall / 100, "one smbd: phases add up to wall",
           live.percent(off, wall))
    mine, other = (calls_by_name(rows) for rows in
                   (parts["bill"], calls["rows"]))
    bad = {name: (mine.get(name, 0), other.get(name, 0))
           for name in set(mine) | set(other)
           # The one that was in flight at the attachment.
           if abs(mine.get(name, 0) - other.get(name, 0)) >
           (name.startswith("epoll_"))}
    tap.ok(not bad, "one smbd: the calls of all commands and the event loop "
           "are all its calls", bad)
    tap.note(f"{sum(mine.values())} calls, {sum(other.values())} by calls "
             f"alone; phases of {len(whole)} intervals are "
             f"{live.percent(off, wall)} off")


NEIGHBOURS = 2000
NEW = 50


def per_create(report, call):
    rows = [row for row in report["smb"]["bill"]
            if row["request"] == "CREATE" and row["syscall"] == call]
    return sum(row["calls"] for row in rows) / ours(report)["CREATE"]


def bill(tap, server):
    """What a new name costs in a folder with many, and what saves it."""
    folder = smbd.make_files("crowd", NEW, SIZE)
    crowd = os.path.join(server.share, "crowd", "d0000")
    os.makedirs(crowd)
    for number in range(NEIGHBOURS):
        with open(os.path.join(crowd, f"old{number}"), "wb"):
            pass
    top, name = os.path.dirname(folder), os.path.basename(folder)
    costs = []
    for sensitive in ("auto", "yes"):
        server.set_option("case sensitive", sensitive)
        tool = smb_tool()
        client(server, f"prompt off; recurse on; lcd {top}; mput {name}",
               "-N")
        costs.append(per_create(stop(tool), "getdents64"))
        for number in range(NEW):
            os.unlink(os.path.join(crowd, f"f{number:06}"))
    tap.ok(costs[0] > 1 and costs[1] < 0.5,
           "the folder is read for each new name, unless names are case "
           "sensitive", costs)
    tap.note("getdents64 for a CREATE: %.2f, %.2f" % tuple(costs))
    shutil.rmtree(os.path.dirname(crowd))


def ctdb(tap, _server):
    """A cluster of one: what it costs to ask it."""
    live.need("ctdb")
    cluster = smbd.Ctdb()
    server = smbd.Server(more=["clustering = yes",
                               f"ctdbd socket = {cluster.socket}"])
    tool = smb_tool()
    work(server, smbd.make_files("ctdb", FILES // 10, SIZE), "-N")
    report = stop(tool)
    phases = {row["phase"]: row for row in report["smb"]["phases"]}
    judge_phases(tap, "ctdb", report)
    asked = phases["waiting for ctdb"]
    # Each CREATE has locks of its own to ask for.
    tap.ok(asked["times"] >= ours(report)["CREATE"] and asked["wall_ns"] > 0
           and asked["calls"] >= asked["times"], "ctdb: its part is told",
           asked)
    tap.note(f"{asked['times']} requests to ctdb, "
             f"{asked['wall_ns'] / 1e6:.1f} ms")
    server.stop()
    cluster.stop()


def torture(tap, _server):
    """As many of Samba's own requests as it says it made."""
    live.need("smbtorture")
    server = smbd.Server()
    profile = smbd.Profile(server)
    tool = smb_tool()
    text = subprocess.run(
        ["smbtorture", "//127.0.0.1/share", "-p", str(server.port),
         "-Uguest%x", "--option=torture:progress=no", "smb2.bench.echo",
         "--option=torture:timelimit=2", "--option=torture:nprocs=1"],
        check=True, capture_output=True, text=True, timeout=LONG).stdout
    report = stop(tool)
    judge(tap, "smbtorture", report, profile.read())
    tap.note(re.findall(r"echo\[[^]]*\]", text)[-1:])
    server.stop()


def main(tap):
    live.need_bpf()
    live.need("smbd")
    live.need("smbclient")
    server = smbd.Server()
    for part in live.chosen([counts, named, one_client, bill, ctdb, torture]):
        part(tap, server)
    server.stop()


live.run(main)
