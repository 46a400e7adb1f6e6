#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a launched command finds is what it would find without us."""

import json
import os
import shutil
import signal
import stat

import launched
import live

SEES = """
grep -E '^(SigBlk|SigIgn|SigCgt|SigPnd|ShdPnd|Cap|NoNewPrivs|Uid|Gid|Groups)' \
    /proc/self/status
ulimit -aS; ulimit -aH; umask; ls /proc/self/fd
cat /proc/self/oom_score_adj /proc/self/timerslack_ns
cut -d' ' -f5 /proc/self/sessionid /proc/self/cgroup
env | sort
"""


def strange_signals():
    """As a parent may leave them: all of this is inherited."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2,
                                              signal.SIGTERM})


def world(tap, user=None):
    command = ["sh", "-c", SEES]
    # The first thread that Python makes changes what its children inherit.
    launched.Run(["true"])
    for name, setup in (("plain", None), ("strange signals",
                                          strange_signals)):
        bare = launched.Run(command, user, preexec_fn=setup)
        for args in ([], ["-A"]):
            run = launched.Launched([*args, "-q"], command, user,
                                    preexec_fn=setup)
            lines = list(zip(bare.stdout.splitlines(),
                             run.stdout.splitlines()))
            wrong = [pair for pair in lines if pair[0] != pair[1]
                     and not pair[0].startswith("NoNewPrivs")]
            tap.ok(not wrong and len(run.stdout) > 500
                   and bare.status == run.status,
                   f"{name} {' '.join(args)}: signals, limits, descriptors "
                   "and the rest are as without us", wrong, run.stderr)


def fragile(tap):
    for args in ([], ["-A"]):
        name = f"handlers without SA_RESTART {' '.join(args)}"
        run = launched.Launched(args, [launched.work("fragile"), "2"])
        truth = json.loads(run.stdout)
        tap.note(f"{name}: {truth}")
        tap.ok(run.status == 0 and truth["signals"] > 100
               and truth["rounds"] > 100, f"{name}: it ran to its end",
               run.status, truth)
        if not args:
            failed = {call: n for call, n in truth["failed"].items() if n}
            tap.ok(not failed, f"{name}: no call failed", failed)
        warned = "fragile handles signal" in run.stderr
        tap.ok(warned == bool(args), f"{name}: a warning by name "
               "with -A alone", run.stderr)
        noted = any("fragile handles" in note
                    for note in run.report["notes"])
        tap.ok(noted == bool(args), f"{name}: and in the report",
               run.report["notes"])


def setuid(tap):
    folder = live.scratch()
    program = os.path.join(folder, "id")
    shutil.copy(shutil.which("id"), program)
    os.chmod(program, 0o4755)
    command = [*live.SETPRIV, program, "-u"]
    bare = launched.Run(command)
    run = launched.Launched(["-q"], command)
    tap.ok(bare.stdout == run.stdout, "launched by root: a setuid program "
           f"has its user, {bare.stdout.strip()}", run.stdout, run.stderr)
    run = launched.Launched([], ["true"], live.NOBODY)
    tap.ok("setuid" in run.stderr, "launched by a user: a sentence that it "
           "has not", run.stderr)
    run = launched.Launched([], ["true"])
    tap.ok(run.stderr == "", "launched by root: not a word", run.stderr)


def ends(tap):
    for command, status in ((["sh", "-c", "exit 3"], 3),
                            (["sh", "-c", "kill -TERM $$"], 128 + 15),
                            (["sh", "-c", "kill -SEGV $$"], 128 + 11)):
        run = launched.Launched(["-q"], command)
        tap.ok(run.status == status, f"{command[-1]}: status {status}",
               run.status)
        tap.ok(run.report, f"{command[-1]}: and a report")


def listener(tap):
    """No descriptor of ours is left in the command."""
    run = launched.Launched(["-q", "-A"], ["ls", "-l", "/proc/self/fd"])
    tap.ok("seccomp" not in run.stdout and "anon_inode" not in run.stdout,
           "the command has no copy of the listener", run.stdout)
    path = launched.Launched(["-q"], ["true"]).path
    mode = stat.S_IMODE(os.stat(path).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    tap.ok(mode == 0o666 & ~mask, "a report has the mode of any new file",
           oct(mode))


def users_world(tap):
    user = launched.default_user()
    if user:
        world(tap, user)


def main(tap):
    parts = [world, users_world, fragile, ends, listener]
    if os.geteuid() == 0:
        parts.append(setuid)
    for part in live.chosen(parts):
        part(tap)


live.run(main)
