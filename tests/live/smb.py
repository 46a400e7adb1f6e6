#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--smb on a smbd that is none: every rule of how requests are matched and
calls are booked, against what it knows itself, to the call."""

import os
import shutil
import signal
import subprocess
import time

import fakesmb
import launched
import live
from fakesmb import COMMANDS, Fake, Watch

SLEEP_NS = 50 * 10**6


def table(reports, part, names, value):
    """Sums by those names, over all reports, without what is 0."""
    sums = {}
    for report in reports:
        for row in report["smb"][part]:
            key = tuple(row.get(name) for name in names)
            key = key if len(names) > 1 else key[0]
            sums[key] = sums.get(key, 0) + row.get(value, 0)
    return {key: number for key, number in sums.items() if number}


def billed(truth):
    return {(key[5:], call): number for key, calls in truth.items()
            if key.startswith("bill ") for call, number in calls.items()}


def total(reports, *path):
    number = 0
    for value in reports:
        for key in path:
            value = value[key]
        number += value
    return number


class Judge:
    """Compares one run with the truth, and with what its test says."""

    def __init__(self, tap, name, watch):
        self.tap = tap
        self.name = name
        self.reports, self.truth = watch.end()

    def same(self, what, ours, theirs):
        self.tap.ok(ours == theirs, f"{self.name}: {what}", ours, theirs)

    def requests(self, statuses, unmatched=0, dropped=0, in_flight=None):
        """Statuses: {(command, status): number}."""
        counted = {}
        for (command, _), number in statuses.items():
            counted[command] = counted.get(command, 0) + number
        ours = table(self.reports, "requests", ["request"], "requests")
        errors = table(self.reports, "requests", ["request"], "errors")
        self.same("requests and errors", (ours, errors),
                  (self.truth["requests"], self.truth["errors"]))
        self.same("requests as they were asked for", ours, counted)
        self.same("statuses", table(self.reports, "statuses",
                                    ["request", "status"], "requests"),
                  statuses)
        self.same("in progress at the end",
                  table(self.reports[-1:], "requests", ["request"],
                        "in_flight"), in_flight or {})
        lost = {**fakesmb.LOSSES, "replies_unmatched": unmatched,
                "requests_dropped": dropped}
        self.same("losses",
                  {key: total(self.reports, "loss", key) for key in lost},
                  lost)
        self.same("losses as it knows them",
                  (unmatched, dropped),
                  (self.truth["unmatched"], self.truth["dropped"]))

    def calls(self):
        self.same("calls by command",
                  table(self.reports, "bill", ["request", "syscall"],
                        "calls"), billed(self.truth))
        for column in ("calls", "times"):
            self.same(f"{column} by phase",
                      table(self.reports, "phases", ["phase"], column),
                      self.truth[column])

    def wall(self):
        """Of its only thread."""
        wall = table(self.reports, "phases", ["phase"], "wall_ns")
        wall = sum(wall.get(phase, 0) for phase in fakesmb.LOOP)
        life = total(self.reports, "ledger", "wall_ns")
        self.tap.ok(abs(wall - life) <= life / 100,
                    f"{self.name}: the phases add up to its life", wall, life)

    def all(self, statuses, **losses):
        self.requests(statuses, **losses)
        self.calls()
        self.wall()


def plain(tap):
    fake = Fake()
    watch = Watch(fake)
    # The first one tells which socket is the client's.
    fake.say("p2 d 0 5 1 1 p3 e 0 0xc0000034 p1 ) p1 r")
    fake.say("p2 d 0 5 2 1 p3 e 0 0 p1 ) p1 r")
    fake.say("d 1 1 3 1 e 1 0xc0000016 ) r")
    fake.say("p1 d 1 16 4 1 p7 e 1 0x80000005 ) r")
    fake.say("p12 d 1 6 5 1 p1 e 1 0 p2 ) r")
    # A turn of no request, and one of a message.
    fake.say("d 1 13 6 1 e 1 0 ) r | p3 r | p4 r")
    fake.event()
    fake.message()
    Judge(tap, "plain requests", watch).all({
        ("CREATE", "OBJECT_NAME_NOT_FOUND"): 1, ("CREATE", "OK"): 1,
        ("SESSION_SETUP", "MORE_PROCESSING_REQUIRED"): 1,
        ("QUERY_INFO", "BUFFER_OVERFLOW"): 1, ("CLOSE", "OK"): 1,
        ("ECHO", "OK"): 1})


def waits(tap):
    """A request that is completed in a later turn."""
    fake = Fake()
    watch = Watch(fake)
    fake.say("p1 d 0 15 1 1 p2 ) p1 r | p2 e 0 0x10c p3 r")
    # Its turn goes on for a while after the reply.
    fake.settle()
    began = time.monotonic_ns()
    time.sleep(SLEEP_NS / 1e9)
    slept = time.monotonic_ns() - began
    fake.event()
    judge = Judge(tap, "a request that waits", watch)
    judge.all({("CHANGE_NOTIFY", "NOTIFY_ENUM_DIR"): 1})
    row = judge.reports[-1]["smb"]["requests"][0]
    tap.ok(row["async_ns"] >= slept,
           "a request that waits: it is not run meanwhile",
           row["async_ns"], slept)
    parts = row["cpu_ns"] + row["blocked_ns"] + row["runq_ns"]
    tap.ok(parts == row["wall_ns"] - row["async_ns"],
           "a request that waits: its time adds up", row)


def compound(tap):
    fake = Fake()
    watch = Watch(fake)
    fake.say("p1 d 0 5 1 1 p1 e 0 0 p1 ) d 0 16 2 5 p2 e 0 0 ) "
             "d 0 6 3 9 p3 e 0 0xc0000128 p1 ) p1 r")
    fake.say("p1 d 0 8 4 1 p1 e 0 0 ) d 0 8 5 5 p1 ) r | p2 e 0 0 r")
    fake.event()
    Judge(tap, "compounds", watch).all({
        ("CREATE", "OK"): 1, ("QUERY_INFO", "OK"): 1,
        ("CLOSE", "FILE_CLOSED"): 1, ("READ", "OK"): 2})


def deferred(tap):
    """A CREATE that is dispatched again, by an event and by a message."""
    fake = Fake()
    watch = Watch(fake)
    fake.say("d 0 5 9 1 p1 ) p1 r | p1 d 0 5 9 1 p2 e 0 0 p1 ) p1 r")
    fake.event()
    fake.say("d 0 5 10 1 p1 ) r | d 0 5 10 1 p2 e 0 0 ) r | p2 r")
    fake.message()
    # Messages are still none of the client's.
    fake.message()
    fake.say("p1 d 0 6 11 1 e 0 0 ) r")
    Judge(tap, "CREATEs that had to wait", watch).all({
        ("CREATE", "OK"): 2, ("CLOSE", "OK"): 1})


def replaced(tap):
    """Addresses are used again."""
    fake = Fake()
    watch = Watch(fake)
    fake.say("d 0 8 1 1 p1 ) p1 r")
    fake.say("d 0 6 2 1 p2 e 0 0 ) r")
    fake.say("d 0 6 3 1 p2 e 0 0 ) r")
    fake.say("d 1 5 4 1 p1 ) r")
    fake.say("d 1 5 5 1 p1 e 1 0 ) r")
    Judge(tap, "an address used again", watch).all(
        {("CLOSE", "OK"): 2, ("CREATE", "OK"): 1}, dropped=2)


def cancelled(tap):
    fake = Fake()
    watch = Watch(fake)
    fake.say("d 1 15 1 1 p1 ) r")
    fake.say("p1 d 0 12 1 1 p2 ) p1 e 1 0xc0000120 p1 r")
    fake.say("d 1 10 2 1 p1 ) r")
    fake.say("d 0 12 2 1 p1 e 1 0xc0000120 p1 ) r")
    # The address of a CANCEL is used again.
    fake.say("d 0 12 3 1 p1 ) r")
    fake.say("d 0 6 4 1 p1 e 0 0 ) r")
    # That of a request which got no reply is a CANCEL's.
    fake.say("d 2 9 5 1 p1 ) r")
    fake.say("d 2 12 6 1 p1 ) r")
    Judge(tap, "CANCEL", watch).all({
        ("CHANGE_NOTIFY", "CANCELLED"): 1, ("LOCK", "CANCELLED"): 1,
        ("CLOSE", "OK"): 1, ("CANCEL", "OK"): 4}, dropped=1)


def unmatched(tap):
    fake = Fake()
    watch = Watch(fake)
    fake.say("d 0 6 1 1 e 0 0 p1 ) r")
    fake.say("p1 e 3 0 p2 r | p2 e 3 0 p1 r")
    fake.event()
    Judge(tap, "replies without a request", watch).all(
        {("CLOSE", "OK"): 1}, unmatched=2)


def nested(tap):
    fake = Fake()
    watch = Watch(fake)
    fake.say("d 1 15 1 1 p1 ) r")
    fake.say("p1 d 0 6 2 1 p1 e 1 0 p2 e 0 0 p1 ) p1 r")
    fake.say("d 1 8 3 1 p1 ) r")
    # One that waits, behind another one in the same turn.
    fake.say("d 0 8 4 1 p1 ) p1 d 2 9 5 1 p1 e 2 0 ) r | e 1 0 e 0 0 p2 r")
    fake.event()
    Judge(tap, "replies within another request", watch).all({
        ("CHANGE_NOTIFY", "OK"): 1, ("CLOSE", "OK"): 1, ("READ", "OK"): 2,
        ("WRITE", "OK"): 1})


def pieces(tap):
    fake = Fake()
    watch = Watch(fake)
    fake.say("d 0 13 1 1 e 0 0 ) r")
    fake.say("p1 d 0 9 2 1 p2 e 0 0 ) r", pieces=2)
    fake.say("p1 d 0 9 3 1 p2 e 0 0 p1 ) r", pieces=5)
    # The report comes in the middle of one.
    script = b"t" + b" " * 99
    fake.client.sendall(b"\0\0\0\x64" + script[:50])
    live.until(fake.took_all, live.DEADLINE, "a piece")
    fake.last = script[50:]
    Judge(tap, "requests in pieces", watch).all({
        ("ECHO", "OK"): 1, ("WRITE", "OK"): 2})


def helpers(tap):
    fake = Fake("4.15-profile", "helper")
    watch = Watch(fake)
    fake.say("d 0 13 1 1 e 0 0 ) r")
    for number, command in enumerate((8, 9, 7, 9)):
        fake.say(f"d 0 {command} {number} 1 p1 j {command} ) | "
                 "p1 e 0 0 p1 r")
        fake.replies(1)
    judge = Judge(tap, "helper threads", watch)
    judge.requests({("ECHO", "OK"): 1, ("READ", "OK"): 1,
                    ("WRITE", "OK"): 2, ("FLUSH", "OK"): 1})
    judge.calls()


def ends(tap):
    for command, dropped in ((8, 1), (0, 0)):
        fake = Fake()
        watch = Watch(fake)
        fake.say("d 1 13 1 1 e 1 0 ) r")
        fake.say(f"d 0 {command} 2 1 p1 ) r | p2 x")
        fake.event(0)
        fake.wait()
        Judge(tap, f"an end with {COMMANDS[command]} open", watch).all(
            {("ECHO", "OK"): 1}, dropped=dropped)


def in_progress(tap):
    fake = Fake()
    watch = Watch(fake)
    fake.say("d 1 13 1 1 e 1 0 ) r")
    fake.say("d 0 15 2 1 ) r")
    began = time.monotonic_ns()
    fake.say("d 2 15 3 1 ) r")
    fake.say("d 3 10 3 1 ) r")
    time.sleep(SLEEP_NS / 1e9)
    slept = time.monotonic_ns() - began
    judge = Judge(tap, "requests in progress", watch)
    judge.all({("ECHO", "OK"): 1}, in_flight={"CHANGE_NOTIFY": 2, "LOCK": 1})
    age = [row.get("age_ns", 0) for row in judge.reports[-1]["smb"]
           ["requests"] if row["request"] == "CHANGE_NOTIFY"]
    tap.ok(age and age[0] >= slept, "requests in progress: the oldest's age",
           age, slept)


def ctdb(tap):
    path = os.path.join(live.scratch(), "ctdbd.socket")
    other = os.path.join(live.scratch(), "winbindd.socket")
    for name, is_ctdb in ((path, True), (other, False)):
        server = fakesmb.listen(name)
        fake = Fake("4.15-profile", "ctdb", name)
        peer = server.accept()[0]
        watch = Watch(fake)
        fake.say("d 0 13 1 1 e 0 0 ) r")
        slept = 0
        for script, replies in (("p1 d 0 5 2 1 p1 w c g p1 e 0 0 ) r", 1),
                                ("d 0 6 3 1 e 0 0 ) w c g p1 r", 1)):
            fake.send(script)
            peer.recv(1)
            fake.settle()
            began = time.monotonic_ns()
            time.sleep(SLEEP_NS / 1e9)
            slept += time.monotonic_ns() - began
            peer.send(b"a")
            fake.replies(replies)
        judge = Judge(tap, "ctdb" if is_ctdb else "another socket", watch)
        if not is_ctdb:
            judge.same("is no ctdb's", table(judge.reports, "phases",
                                             ["phase"], "times")
                       .get("waiting for ctdb", 0), 0)
            continue
        judge.all({("ECHO", "OK"): 1, ("CREATE", "OK"): 1,
                   ("CLOSE", "OK"): 1})
        wall = table(judge.reports, "phases", ["phase"],
                     "wall_ns")["waiting for ctdb"]
        tap.ok(wall >= slept, "ctdb: its answers were waited for", wall,
               slept)


def layouts(tap):
    """All of them at once, each with a command of its own."""
    numbers = [5, 6, 7, 8, 9, 10, 11, 13]
    fakes = [Fake(layout) for layout in fakesmb.LAYOUTS]
    watch = Watch(*fakes)
    for fake, number in zip(fakes, numbers):
        fake.say(f"d 0 {number} 1 1 p1 e 0 0 ) r")
        # Behind this one there is no memory.
        fake.say(f"p1 d 9 {number} 2 5 e 9 0 p2 ) r")
    judge = Judge(tap, "layouts " + ", ".join(fakesmb.LAYOUTS), watch)
    judge.requests({(COMMANDS[number], "OK"): 2 for number in numbers})
    judge.calls()


def blind(tap):
    """Commands are told by their functions where requests cannot be read."""
    fake = Fake("none")
    watch = Watch(fake, args=["-d", "0.2"])
    fake.say("b 1 p1 d 0 6 1 1 p1 e 0 0 ) p1 r")
    live.until(lambda: any("layout" in note for report in
                           watch.tool.reports()
                           for note in report["notes"]),
               live.DEADLINE, "the layout to be found unknown")
    fake.say("b 2 p1 d 0 6 2 1 p2 e 0 0 ) r")
    fake.say("p1 d 0 5 2 1 p2 ) r | p1 e 0 0xc0000022 r")
    fake.event()
    for number in range(19):
        if number != fakesmb.CANCEL:
            fake.say(f"d 1 {number} {number} 1 p1 e 1 0 ) r")
    judge = Judge(tap, "an unknown layout", watch)
    wanted = {(name, "OK"): 1 for name in COMMANDS if name != "CANCEL"}
    judge.all({**wanted, ("CLOSE", "OK"): 2, ("(unknown)", "OK"): 1,
               ("CREATE", "ACCESS_DENIED"): 1})


def by_name(tap):
    """Every smbd: also those that start later, with another library."""
    folder = live.scratch()
    program = shutil.copy(launched.work("smbd-fake"), f"{folder}/smbd")
    first = Fake(program=program)
    watch = Watch(args=["-d", "0.2"])
    same = Fake(program=program)
    library = shutil.copy(fakesmb.LIBRARY, folder)
    other = Fake(program=program, library=library)
    for fake in (first, same):
        fake.say("d 0 13 1 1 p1 e 0 0 ) r")
        fake.say("d 0 13 2 1 p1 e 0 0 ) r")

    def counted(fake):
        return table(watch.tool.reports(), "who", ["pid"],
                     "requests").get(fake.pid, 0)

    def served():
        other.say("d 0 13 1 1 e 0 0 ) r")
        return counted(other)

    live.until(served, live.DEADLINE, "another library to be attached to")
    tap.ok(True, "every smbd: one with another library is found")
    watch.tool.signal(signal.SIGINT)
    watch.tool.wait()
    tap.ok(counted(first) == counted(same) == 2,
           "every smbd: one that starts later, from its first request on",
           counted(first), counted(same))
    for fake in (first, same, other):
        fake.truth()


def deleted(tap):
    """The library of an older package, which is still mapped."""
    library = shutil.copy(fakesmb.LIBRARY, live.scratch())
    fake = Fake("4.15-profile", library=library)
    os.unlink(library)
    watch = Watch(fake)
    fake.say("d 0 6 1 1 p1 e 0 0 ) r")
    Judge(tap, "a deleted library", watch).all({("CLOSE", "OK"): 1})


def refusals(tap):
    sleep = live.Process(["sleep", "1000"])
    pid = str(sleep.pid)
    for args, status, words in (
            (["--smb", "-p", pid], 125, f"process {pid} is no smbd"),
            (["--smb", "-p", pid, "-e", "read"], 2, "-e does not go"),
            (["--smb", "-p", pid, "-c"], 2, "-c does not go"),
            (["--smb", "--name", "sh"], 2, "--name does not go"),
            (["--smb", "true"], 2, "a command does not go"),
            (["--smb", "-p", pid, "--by=phase,syscall"], 2, "--by=phase"),
            (["-p", pid, "--by=request"], 2, "give --smb")):
        run = subprocess.run([live.TOOL, *args], capture_output=True,
                             text=True, check=False, timeout=live.DEADLINE)
        tap.ok(run.returncode == status and words in run.stderr and
               not run.stdout and
               (status == 2 or run.stderr.count("\n") == 1),
               f"{' '.join(args).replace(pid, 'PID')}: {words}".replace(
                   pid, "PID"), run.returncode, run.stdout, run.stderr)
    sleep.kill()


def main(tap):
    live.need_bpf()
    for name in ("smbd-fake", os.path.basename(fakesmb.LIBRARY)):
        launched.work(name)
    for part in live.chosen([plain, waits, compound, deferred, replaced,
                             cancelled, unmatched, nested, pieces,
                             helpers, ends, in_progress, ctdb, layouts,
                             blind, by_name, deleted, refusals]):
        part(tap)


live.run(main)
