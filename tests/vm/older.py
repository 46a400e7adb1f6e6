#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Linux 6.1 does another way than newer ones: nothing wakes who waits
for notifications when the last thread ends, and that it has ended shows once
it was reaped; wake-ups go to another CPU; the verifier knows less."""

import ctypes
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

import launched     # noqa: E402
import live         # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
RECEIVER = "smbsysacct:recv"


def receiver_of(tool):
    def find():
        return [pid for pid in launched.children(tool.pid)
                if launched.comm(pid) == RECEIVER]
    return live.until(find, live.DEADLINE, "the receiver")[0]


def follows(tap):
    """Wake-ups are not synchronous: the receiver keeps to the target's CPU."""
    for cpu in range(2):
        tool = live.Tool([*launched.SECCOMP, "-q", "-o", "/dev/null",
                          "taskset", "-c", str(cpu), launched.work("loop"),
                          "poll", "20000"])
        receiver = receiver_of(tool)
        live.until(lambda pid=receiver, cpu=cpu:
                   os.sched_getaffinity(pid) == {cpu}
                   or tool.poll() is not None, live.DEADLINE,
                   "the receiver to follow")
        tap.ok(tool.poll() is None, f"the receiver keeps to CPU {cpu}, as "
               "the target does", tool.status, tool.stderr)
        tool.kill()


def ends_of_nobodys(tap):
    """A daemon that nobody reaps has ended all the same."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)   # Its new parent, that is us.
    for args in ([], ["-A"]):
        path = os.path.join(live.scratch(), "report")
        tool = live.Tool([*launched.SECCOMP, *args, "-q", "--format=json",
                          "-o", path,
                          "sh", "-c", "setsid sleep 0.5 & exit 4"])
        began = time.monotonic()
        try:
            status = tool.wait(live.DEADLINE / 5)
        except live.Fault:
            status = None
        tap.ok(status == 4, "a daemon that nobody reaps ends, and so do we "
               + " ".join(args), status, tool.stderr)
        tap.note(f"after {time.monotonic() - began:.1f} s")
        tool.kill()
    tap.ok(left() == {"notify-keeper": 2, "sleep": 2},
           "the keepers stay until they are told", left())
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0)
    live.until(lambda: reap() or not left(), live.DEADLINE,
               "the keepers to end")
    tap.ok(True, "with the daemons reaped they end")


def left():
    """What was left to us: {name: how many}."""
    names = list(map(launched.comm, launched.children(os.getpid())))
    return {name: names.count(name) for name in names}


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def loads(tap):
    """The verifier takes the programs whatever is asked for."""
    for args in ([], ["-D"], ["-H"], ["--by=errno"], ["-z"], ["-Z"],
                 ["-e", "trace=%file"], ["-e", "trace=openat", "-Z"]):
        path = os.path.join(live.scratch(), "report")
        form = [] if "-D" in args else ["--format=json"]
        run = launched.Run([live.TOOL, "--collector=bpf", "-q", *form, *args,
                            "-o", path, "sh", "-c", "cd /nowhere"])
        with open(path, encoding="utf-8") as file:
            text = file.read()
        tap.ok(run.status == 2 and len(text) > 300,
               f"bpf {' '.join(args)}: loaded, and reported", run.status,
               run.stderr, text[:500])
        if form:
            json.loads(text)


def main(tap):
    loads(tap)
    follows(tap)
    ends_of_nobodys(tap)


live.run(main)
