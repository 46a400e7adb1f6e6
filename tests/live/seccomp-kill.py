#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 of each of our processes, at random moments: the command goes on.

seccomp-kill.py [TIMES]: so often, with each of our three processes in turn,
with and without -A. The command has to end with its own status, and to have
made each of its calls once: no line of its file is missing or there twice.
"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import launched
import live

LINES = live.fewer(3000, 1000)
# From so many kills on it is no chance when they hit.
MANY = 10
NAMES = {"session": "smbsysacct", "receiver": "smbsysacct:recv",
         "keeper": "notify-keeper"}


def ours(tool, role):
    """The process of this role, once it has its name.

    The session, once keeper, receiver and command are there: killed before,
    it has started nothing.
    """
    if role == "session":
        live.until(lambda: len(launched.children(tool.pid)) >= 3,
                   live.DEADLINE, "the command to be there")
        return tool.pid

    def find():
        return [pid for pid in launched.children(tool.pid)
                if launched.comm(pid) == NAMES[role]]
    return live.until(find, live.DEADLINE, f"the {role} to be there")[0]


def read_to_end(pipe):
    """All the command prints: the pipe ends with its last process."""
    data = b""
    while True:
        more = pipe.read(65536)
        if not more:
            return data
        data += more


class Counter:
    """The command writes numbers."""

    name = "a counter"

    def __init__(self):
        self.path = os.path.join(live.scratch("/dev/shm"), "lines")
        self.argv = [launched.work("once"), str(LINES), self.path]

    def wrong(self, output):
        if output.strip() != b"done":
            return f"it printed {output!r}"
        with open(self.path, encoding="utf-8") as file:
            lines = file.read().split()
        if lines != [str(i) for i in range(LINES)]:
            return f"{len(lines)} lines, {len(set(lines))} different ones"
        return None


class Tar:
    """The command packs a tree and sums it up."""

    name = "tar"

    def __init__(self):
        tree = live.scratch("/dev/shm")
        for i in range(live.fewer(300)):
            with open(os.path.join(tree, f"f{i:03}"), "wb") as file:
                file.write(hashlib.sha256(str(i).encode()).digest() * 300)
        self.argv = ["sh", "-c", f"for i in 1 2 3; do tar -cf - --sort=name "
                     f"-C {tree} . | sha256sum; done"]
        self.good = subprocess.run(self.argv, check=True,
                                   stdout=subprocess.PIPE).stdout

    def wrong(self, output):
        return None if output == self.good else f"it printed {output!r}"


def duration(command, args):
    began = time.monotonic()
    tool = live.Tool([*launched.SECCOMP, *args, "-q", "-o", "/dev/null",
                      *command.argv],
                     stdout=subprocess.PIPE)
    output = read_to_end(tool.popen.stdout)
    tool.wait()
    if command.wrong(output):
        raise live.Fault(f"{command.name} without a kill: "
                         f"{command.wrong(output)} {tool.stderr}")
    return time.monotonic() - began


def once(command, args, role, moment):
    """What went wrong, or None; and whether the kill came in time."""
    tool = live.Tool([*launched.SECCOMP, *args, "-q", "-o", "/dev/null",
                      *command.argv],
                     stdout=subprocess.PIPE)
    began = time.monotonic()
    victim = ours(tool, role)
    time.sleep(max(0, began + moment - time.monotonic()))
    try:
        os.kill(victim, signal.SIGKILL)
        hit = tool.poll() is None or role == "session"
    except ProcessLookupError:
        hit = False
    output = read_to_end(tool.popen.stdout)
    wrong = command.wrong(output)
    status = tool.wait()
    expected = 7 if isinstance(command, Counter) else 0
    if not wrong and role != "session" and status != expected:
        wrong = f"exit status {status}: {tool.stderr}"
    return wrong, hit


def main(tap):
    stopped(tap)
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 24
    if not os.path.isdir("/dev/shm"):
        raise live.Skip("there is no /dev/shm for the files")
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    tap.note(f"random moments by seed {seed}")
    kinds = [(command, args) for command in (Counter(), Tar())
             for args in ([], ["-A"])]
    lengths = [duration(command, args) for command, args in kinds]
    tally = {}
    wrongs = []
    for i in range(times):
        role = list(NAMES)[i % 3]
        command, args = kinds[i // 3 % len(kinds)]
        length = lengths[i // 3 % len(kinds)]
        wrong, hit = once(command, args, role, rng.uniform(0, length))
        count = tally.setdefault(role, [0, 0])
        count[0] += 1
        count[1] += hit
        if wrong:
            wrongs.append(f"{i}: {command.name} {args} {role}: {wrong}")
    for role, (tried, hit) in tally.items():
        tap.note(f"{role}: {tried} kills, {hit} of them while it ran")
        # Of a few, all may miss by chance.
        if tried >= MANY:
            tap.ok(hit * 2 >= tried,
                   f"{role}: most kills came while it ran")
    tap.ok(not wrongs, f"the command came to its right end {times} of "
           f"{times} times", *wrongs[:5])
    live.until(lambda: not launched.ours(), live.DEADLINE,
               "our processes to end with the command")
    tap.ok(True, "none of our processes is left behind")


def stopped(tap):
    """The receiver is stopped for a while: the keeper answers for it."""
    counter = Counter()
    for args in ([], ["-A"]):
        name = f"a stopped receiver {' '.join(args)}"
        if os.path.exists(counter.path):
            os.unlink(counter.path)
        tool = live.Tool([*launched.SECCOMP, *args, "-q", "--format=json",
                          "-o", "/dev/stderr",
                          *counter.argv], stdout=subprocess.PIPE)
        receiver = ours(tool, "receiver")

        def size():
            try:
                return os.path.getsize(counter.path)
            except OSError:
                return 0

        live.until(lambda: size() > 100, live.DEADLINE, "some lines")
        os.kill(receiver, signal.SIGSTOP)
        before = size()
        live.until(lambda: size() > before + 500, live.DEADLINE,
                   f"{name}: the command to go on")
        os.kill(receiver, signal.SIGCONT)
        output = read_to_end(tool.popen.stdout)
        status = tool.wait()
        tap.ok(not counter.wrong(output) and status == 7,
               f"{name}: the command ends as it should",
               counter.wrong(output), status)
        lost = json.loads(tool.stderr)["loss"]["calls_unaccounted"]
        tap.ok(lost > 0, f"{name}: what the keeper answered is shown as "
               "loss", tool.stderr[:500])


live.run(main)
