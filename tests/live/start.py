#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to a launched command while the tool is still starting: a
Ctrl-C, or a signal that ends it before it has begun."""

import os
import pty
import select
import signal
import time

import launched
import live

COLLECTORS = ["bpf", "seccomp", "proc"]
STEPS_MS = range(0, 100, 4)
KILLS = 25

# At its end a sanitizer's search for leaks starts a task that is called as we
# are, and waits for ever if that is killed.
NO_LEAKS = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}


def typed(argv, delay):
    """Runs it on a terminal of its own and types Ctrl-C; (status, output)."""
    # Before the execve as after it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    pid, terminal = pty.fork()
    if not pid:
        try:
            os.execv(argv[0], argv)
        finally:
            os._exit(99)
    # A key that is hit before there is a terminal is nobody's.
    live.until(lambda: os.tcgetpgrp(terminal) == pid, live.DEADLINE,
               "it to have a terminal")
    time.sleep(delay)
    os.write(terminal, b"\x03")
    text = b""
    end = time.monotonic() + live.DEADLINE
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            text += os.read(terminal, 4096)
        except OSError:
            break
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode()


def ctrl_c(tap, collector):
    """At whatever moment: it ends the command, or keeps it from starting."""
    bad = []
    ways = set()
    for ms in STEPS_MS:
        status, text = typed([live.TOOL, f"--collector={collector}", "sh",
                              "-c", "sleep 8; echo THE END"], ms / 1000)
        ways.add("kept" if "interrupted before sh was run" in text else
                 "early" if "before it began" in text else "ended")
        # 130: said by us, or by the shell; -2: we died as it did.
        if status not in (130, -signal.SIGINT) or "THE END" in text:
            bad.append((ms, status, text))
    tap.note(f"{collector}: {sorted(ways)}")
    tap.ok(not bad, f"{collector}: Ctrl-C at any moment of the start", *bad)


def killed(tap, args):
    """Killed before it began: nothing is started in its place."""
    bad, kills = [], 0
    for _ in range(KILLS):
        tool = live.Tool([*args, "-q", "-o", "/dev/null", "sh", "-c",
                          "sleep 0.2; echo RAN"], env=NO_LEAKS)
        end = time.monotonic() + 5
        while tool.poll() is None and time.monotonic() < end:
            # Only ourselves are called so, until the execve.
            newborn = [pid for pid in launched.children(tool.pid)
                       if launched.comm(pid) == "smbsysacct"]
            if newborn:
                os.kill(newborn[0], signal.SIGKILL)
                kills += 1
                break
        status = tool.wait()
        if newborn and (status == 0 or "RAN" in tool.stdout):
            bad.append((status, tool.stdout, tool.stderr))
    tap.note(f"{args}: killed {kills} times")
    tap.ok(not bad, f"{' '.join(args)}: a command that is killed before it "
           "began is not started again", *bad)


def main(tap):
    for collector in COLLECTORS:
        if collector == "bpf":
            try:
                live.need_bpf()
            except live.Skip as skip:
                tap.skip(collector, str(skip))
                continue
        ctrl_c(tap, collector)
    killed(tap, ["-f"])
    killed(tap, ["--collector=proc"])


live.run(main)
