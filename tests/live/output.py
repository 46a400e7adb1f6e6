#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where reports go, whole or not at all, and what a kill leaves behind."""

import json
import os
import signal
import stat
import subprocess
import threading
import time

import live

OLD = "what was there before\n"


def start(mode, seconds, *args, **kw):
    """A workload at work and the tool attached to it."""
    mix = live.Mix(mode, seconds)
    tool = live.Tool(["--collector=proc", "-p", mix.target, *args], **kw)
    tool.attached()
    mix.go()
    return mix, tool


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write_old(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write(OLD)


def is_report(text):
    if not text.endswith("\n"):
        return False
    try:
        return all("ledger" in json.loads(line)
                   for line in text.splitlines())
    except ValueError:
        return False


def in_the_middle(seconds):
    """Not a wait for anything: just a moment that lies well inside a run."""
    time.sleep(seconds)


def unharmed(tap, mix, name):
    truth = mix.finish()
    computed, starved, wall = (truth[key] for key in
                               ("cpu_ns", "starved_ns", "wall_ns"))
    # Others may have had the CPU when it wanted to compute.
    tap.ok(0.2 * wall < computed + starved and computed < 0.4 * wall,
           f"{name}: the target ends as it should", "it wanted to compute "
           "for 30% of its time", computed, starved, wall)


def killed(tap, folder):
    path = os.path.join(folder, "kept")
    for name, args, good in (
            ("kill -9", [], lambda text: text == OLD),
            ("kill -9 between reports", ["-d", "0.1"], is_report)):
        write_old(path)
        mix, tool = start("sleep", 2, "--format=json", "-o", path, *args)
        in_the_middle(1)
        tap.ok(tool.poll() is None, f"{name}: the tool was at work",
               tool.stderr)
        tool.signal(signal.SIGKILL)
        tool.wait()
        what = "has whole reports" if args else "is as it was"
        tap.ok(good(read(path)), f"{name}: the file {what}", read(path))
        unharmed(tap, mix, name)
    tap.note(f"left in the folder: {sorted(os.listdir(folder))}")


def replaced(tap, folder):
    path = os.path.join(folder, "replaced")
    link = os.path.join(folder, "link")
    for name, out in (("a file", path), ("a link to a file", link)):
        write_old(path)
        if out == link:
            os.symlink("replaced", link)
        mix, tool = start("sleep", 1, "--format=json", "-o", out)
        in_the_middle(0.5)
        tap.ok(read(path) == OLD, f"{name}: as it was until the end",
               read(path))
        mix.finish()
        tap.ok(tool.wait() == 0, f"{name}: exit status 0", tool.stderr)
        tap.ok(is_report(read(path)), f"{name}: then a whole report",
               read(path))
        tap.ok(tool.stdout == "", f"{name}: nothing on stdout", tool.stdout)
    tap.ok(os.path.islink(link), "a link to a file: it is still a link")
    left = sorted(os.listdir(folder))
    tap.ok(left == ["link", "replaced"], "nothing else is left", left)


def growing(tap, folder):
    """With interval reports: at every moment old, or so many whole ones."""
    path = os.path.join(folder, "growing")
    write_old(path)
    mix, tool = start("sleep", 1.5, "--format=json", "-d", "0.1", "-o", path)
    torn = []
    while mix.poll() is None:
        text = read(path)
        if text != OLD and not is_report(text):
            torn.append(text[-200:])
        time.sleep(0.002)
    tool.wait()
    tap.ok(not torn, "interval reports: whole at every moment", *torn[:3])
    tap.ok(is_report(read(path)) and read(path).count("\n") > 5,
           "interval reports: all of them at the end", read(path))


def in_place(tap, folder):
    # Its stdout is a file here, which must not be replaced by another one.
    mix, tool = start("sleep", 0.5, "--format=json", "-o", "/dev/stdout")
    mix.finish()
    tap.ok(tool.wait() == 0 and is_report(tool.stdout),
           "/dev/stdout, a file: a report", tool.status, tool.stdout,
           tool.stderr)
    mix, tool = start("sleep", 0.5, "--format=json", "-o", "/dev/stdout",
                      stdout=subprocess.PIPE)
    mix.finish()
    status = tool.wait()
    text = tool.popen.stdout.read().decode()
    tap.ok(status == 0 and is_report(text), "/dev/stdout, a pipe: a report",
           status, text, tool.stderr)

    path = os.path.join(folder, "fifo")
    os.mkfifo(path)
    got = []
    reader = threading.Thread(target=lambda: got.append(read(path)),
                              daemon=True)
    reader.start()
    mix, tool = start("sleep", 0.5, "--format=json", "-o", path)
    mix.finish()
    tap.ok(tool.wait() == 0, "a fifo: exit status 0", tool.stderr)
    reader.join(live.DEADLINE)
    tap.ok(got and is_report(got[0]), "a fifo: its reader gets the report",
           got)
    tap.ok(stat.S_ISFIFO(os.stat(path).st_mode), "a fifo: it still is one")


def impossible(tap, folder):
    mix, tool = start("sleep", 0.5, "--format=json", "-o", "/dev/full")
    mix.finish()
    status = tool.wait()
    tap.note("it says: " + tool.stderr.strip().splitlines()[-1])
    tap.ok(status not in (0, 2) and status < 128,
           "/dev/full: a failure by exit status", status)
    tap.ok("/dev/full" in tool.stderr, "/dev/full: a sentence that names it",
           tool.stderr)

    path = os.path.join(folder, "no such folder", "file")
    mix = live.Mix("sleep", 0.5)
    tool = live.Tool(["--collector=proc", "-p", mix.target, "--format=json",
                      "-o", path])
    status = tool.wait()
    tap.ok(status not in (0, 2) and status < 128 and path in tool.stderr,
           "a missing folder: refused at once, with a sentence", status,
           tool.stderr)
    mix.go()
    mix.finish()


def interrupted(tap):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        name = signal.Signals(number).name
        mix, tool = start("sleep", 1.5, "--format=json")
        in_the_middle(0.7)
        tool.signal(number)
        tap.ok(tool.wait() == 0, f"{name}: exit status 0", tool.status)
        tap.ok(is_report(tool.stdout) and len(tool.reports()) == 1,
               f"{name}: a report", tool.stdout, tool.stderr)
        unharmed(tap, mix, name)


def hostile(tap):
    for args in (["--format=json"], [], ["--by=process,thread,syscall"]):
        mix, tool = start("hostile", 0.5, *args)
        mix.finish()
        status = tool.wait()
        name = "a hostile name, " + (args[0] if args else "as text")
        tap.ok(status == 0, f"{name}: exit status 0", tool.stderr)
        text = tool.stdout + tool.stderr
        tap.ok(len(tool.stdout) > 20 and not set(text) & set("\x1b\a"),
               f"{name}: no control characters", repr(text))


def main(tap):
    folder = live.scratch()
    killed(tap, folder)
    replaced(tap, live.scratch())
    growing(tap, live.scratch())
    in_place(tap, folder)
    impossible(tap, folder)
    interrupted(tap)
    hostile(tap)


live.run(main)
