#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Launching where something is odd: little room, no permission, a loaded
machine, helpers that are killed one after the other. The command has to come
to its right end, or has to be refused before it began."""

import json
import os
import random
import resource
import signal
import subprocess
import time

import launched
import live

LINES = live.fewer(3000, 1000)
OURS = 125


class Counter:
    """The command, under way, writing numbers to a file."""

    def __init__(self, args=(), lines=LINES):
        self.lines = lines
        self.path = os.path.join(live.scratch("/dev/shm"), "lines")
        self.tool = live.Tool([*launched.SECCOMP, *args, "-q",
                               "--format=json", "-o",
                               "/dev/stderr", launched.work("once"),
                               str(lines), self.path],
                              stdout=subprocess.PIPE)

    def size(self):
        try:
            return os.path.getsize(self.path)
        except OSError:
            return 0

    def under_way(self):
        before = self.size()
        live.until(lambda: self.size() > before + 200, live.DEADLINE,
                   "the command to go on")

    def helper(self, name):
        def find():
            return [pid for pid in launched.children(self.tool.pid)
                    if launched.comm(pid) == name]
        return live.until(find, live.DEADLINE, f"a {name}")[0]

    def wrong(self):
        """What its output lacks, once it is at its end."""
        output = self.tool.popen.stdout.read()
        with open(self.path, encoding="ascii") as file:
            numbers = file.read().split()
        if output != b"done\n" or numbers != list(map(str,
                                                     range(self.lines))):
            return f"it printed {output!r}, and {len(numbers)} lines"
        return None


KEEPER, RECEIVER = "notify-keeper", "smbsysacct:recv"


def one_after_the_other(tap):
    """A keeper that was killed is made again: nobody is left without one."""
    for name, victims, end in (
            ("the keeper, then SIGTERM to us", [KEEPER], signal.SIGTERM),
            ("the keeper twice, then the receiver",
             [KEEPER, KEEPER, RECEIVER], None),
            ("the receiver, then the keeper", [RECEIVER, KEEPER], None),
            ("the keeper, then us", [KEEPER], signal.SIGKILL)):
        for args in ([], ["-A"]):
            counter = Counter(args, 4 * LINES)
            counter.under_way()
            for victim in victims:
                pid = counter.helper(victim)
                os.kill(pid, signal.SIGKILL)
                live.until(lambda pid=pid: pid not in
                           launched.children(counter.tool.pid),
                           live.DEADLINE, "its death to be noticed")
                counter.helper(KEEPER)
                counter.under_way()
            if end:
                counter.tool.signal(end)
            wrong = counter.wrong()
            counter.tool.wait()
            tap.ok(not wrong, f"{name} {' '.join(args)}: the command comes "
                   "to its right end", wrong, counter.tool.stderr[-300:])


def early_ends(tap):
    """SIGTERM at random moments of starting, on a busy machine."""
    burners = [live.Process(["sh", "-c", "while :; do :; done"])
               for _ in range(os.cpu_count())]
    rng = random.Random(7)
    wrongs, begun = [], 0
    for i in range(live.fewer(25, 6)):
        counter = Counter(lines=300)
        time.sleep(rng.uniform(0.005, 0.06) * live.SLOW)
        counter.tool.signal(signal.SIGTERM)
        output = counter.tool.popen.stdout.read()
        counter.tool.wait()
        if output == b"" and not counter.size():
            continue    # Ended before the command began.
        begun += 1
        with open(counter.path, encoding="ascii") as file:
            count = len(file.read().split())
        if output != b"done\n" or count != 300:
            wrongs.append(f"{i}: {output!r}, {count} lines")
    for burner in burners:
        burner.kill()
    tap.note(f"{begun} commands had begun")
    tap.ok(not wrongs, "SIGTERM while we start: who had begun comes to the "
           "right end", *wrongs)


def little_room(tap):
    """A low limit of descriptors, also the hard one."""
    for limit in (256, 64, 24, 16, 12, 8):
        def lower(limit=limit):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

        run = launched.Run([live.TOOL, *launched.SECCOMP, "-q", "-c", "sh",
                            "-c", "sleep 0.05; echo ran"], preexec_fn=lower)
        ran = run.status == 0 and run.stdout == "ran\n"
        refused = run.status == OURS and not run.stdout
        tap.ok(ran or refused, f"{limit} descriptors: it runs, or is "
               f"refused ({'runs' if ran else 'refused'})", run.status,
               run.stdout, run.stderr)


def forbidden(tap):
    for what in ("unshare", "pidfd"):
        path = os.path.join(live.scratch(), "report")
        run = launched.Run([launched.work("deny"), what, live.TOOL,
                            *launched.SECCOMP, "-q",
                            "--format=json", "-o", path,
                            launched.work("loop"), "poll", "3000"])
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        calls = sum(row.get("calls", 0) for row in report["rows"]
                    if row["syscall"] == "poll")
        tap.ok(run.status == 0 and calls == 3000,
               f"denied: {what}: it runs, and all is counted", run.stderr,
               calls, report["loss"])
    run = launched.Run([launched.work("deny"), "tables", live.TOOL,
                        *launched.SECCOMP, "true"])
    tap.ok(run.status == OURS and len(run.stderr.splitlines()) == 1,
           "denied: tables: refused with a sentence", run.status,
           run.stderr)


def bad_formats(tap):
    """An execve that fails is the command's failure, however fast it is."""
    script = os.path.join(live.scratch(), "script")
    with open(script, "w", encoding="ascii") as file:
        file.write("#!/no/such/interpreter\n")
    os.chmod(script, 0o755)
    found = [launched.Run([live.TOOL, *launched.SECCOMP, script]).status
             for _ in range(live.fewer(40))]
    tap.ok(found == [127] * len(found),
           f"no interpreter: 127, {len(found)} times", found)


def daemons(tap):
    """A daemon that only waits costs us next to nothing."""
    run = launched.Launched(["-q"], [
        "/usr/bin/python3", "-S", "-I", "-c",
        "import os, time\n"
        "if os.fork(): os._exit(0)\n"
        "os.setsid()\n"
        "if os.fork(): os._exit(0)\n"
        "time.sleep(2)\n"])
    cost = run.report["cost"]["cpu_ns"] / run.report["interval_ns"]
    tap.ok(run.status == 0 and run.report["interval_ns"] > 1.9e9
           and cost < 0.25, "a daemon that waits: we stay, at no cost",
           run.status, f"{cost:.1%} of a core", run.stderr)


def is_zombie(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0] == "Z"


def stopped_session(tap):
    """What ended while we were stopped is not longer for it."""
    path = os.path.join(live.scratch(), "report")
    tool = live.Tool([*launched.SECCOMP, "-q", "--format=json", "-o", path,
                      "sh", "-c",
                      "echo ready; sleep 0.5; exit 0"],
                     stdout=subprocess.PIPE)
    tool.popen.stdout.readline()
    command = [pid for pid in launched.children(tool.pid)
               if launched.comm(pid) == "sh"][0]
    # The command may begin before we account it, from our poll() on.
    live.until(lambda: "poll" in live.wchan(tool.pid), live.DEADLINE,
               "the session's loop")
    tool.signal(signal.SIGSTOP)
    live.until(lambda: is_zombie(command), live.DEADLINE,
               "the command to end")
    time.sleep(1.5)
    tool.signal(signal.SIGCONT)
    tool.wait()
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    walls = [p.get("wall_ns", 0) for p in report["processes"]]
    tap.ok(max(walls) < 1.6e9, "a session that was stopped: lives are not as "
           "long as its stop", walls, report["loss"])


def killed_at_once(tap):
    """Threads that are parked when all are killed."""
    code = ("import threading, os, select\n"
            "def f():\n"
            "    while True: select.poll().poll(0)\n"
            "for _ in range(6): threading.Thread(target=f).start()\n"
            "import time; time.sleep(0.05); os._exit(5)\n")
    for args in ([], ["-A"]):
        bad = []
        for _ in range(live.fewer(15, 3)):
            run = launched.Launched([*args, "-q"], ["/usr/bin/python3", "-S",
                                                    "-I", "-c", code])
            notes = " ".join(run.report["notes"])
            if run.status != 5 or "killed" in notes:
                bad.append((run.status, notes, run.stderr))
        tap.ok(not bad, f"threads killed while parked {' '.join(args)}: "
               "the receiver lives on", *bad[:3])


def main(tap):
    if not os.path.isdir("/dev/shm"):
        raise live.Skip("there is no /dev/shm for the files")
    for test in live.chosen([bad_formats, little_room, forbidden, daemons,
                             stopped_session, killed_at_once, early_ends,
                             one_after_the_other]):
        test(tap)
    live.until(lambda: not launched.ours(), live.DEADLINE,
               "our processes to end with the commands")
    tap.ok(True, "none of our processes is left behind")


live.run(main)
