#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""2,000 threads: all found, for less than 3% of a core.

Beside it, as remarks, what other tools take for looking at the same threads.
"""

import os
import pty
import shutil
import struct
import fcntl
import termios
import threading
import time

import live

THREADS = 2000
SECONDS = 10
BOUND = 0.03


def drain(fd):
    """Reads what a program draws, or it would stop drawing."""
    try:
        while os.read(fd, 65536):
            pass
    except OSError:
        pass  # The other side of a terminal was closed.


def cpu_now(pid):
    """CPU seconds of a running process by its own accounting."""
    with open(f"/proc/{pid}/stat", encoding="utf-8",
              errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def beside_pidstat(target):
    if not shutil.which("pidstat"):
        return ["pidstat -t", "not installed", ""]
    began = time.monotonic()
    other = live.Process(["pidstat", "-t", "-p", str(target), "1",
                          str(SECONDS)])
    other.wait(SECONDS + live.DEADLINE)
    share = other.cpu_seconds / (time.monotonic() - began)
    lines = other.stdout.count("|__mix")
    return ["pidstat -t 1", f"{share:.2%}",
            f"{lines // (SECONDS + 1)} threads a second"]


def beside_htop(target):
    if not shutil.which("htop"):
        return ["htop", "not installed", ""]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    # Its settings are not to be those of whoever runs this, nor be kept.
    env = dict(os.environ, TERM="xterm", HTOPRC="/dev/null")
    other = live.Process(["htop", "-d", "10", "-p", str(target)], stdin=slave,
                         stdout=slave, env=env)
    os.close(slave)
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    live.until(lambda: cpu_now(other.pid) > 0 or other.poll() is not None,
               live.DEADLINE, "htop to begin")
    began, cpu = time.monotonic(), cpu_now(other.pid)
    time.sleep(SECONDS)
    share = (cpu_now(other.pid) - cpu) / (time.monotonic() - began)
    other.kill()
    os.close(master)
    return ["htop -d 10", f"{share:.2%}", ""]


@live.timed
def main(tap):
    mix = live.Mix("idle", 4 * SECONDS + 2 * live.DEADLINE, THREADS)
    mix.go()
    tool = live.Tool(["--collector=proc", "-p", mix.target, "--format=json",
                      f"--seconds={SECONDS}"])
    processes, threads = tool.attached()
    status = tool.wait(SECONDS + live.DEADLINE)
    tap.ok(status == 0, "exit status 0", status, tool.stderr)
    report = tool.reports()[-1]
    interval = report["interval_ns"]
    says = sum(report["cost"].values()) / interval
    took = tool.cpu_seconds * 1e9 / interval
    tap.table(["of a core", "CPU", ""],
              [["smbsysacct", f"{took:.2%}", f"says {says:.2%} itself"],
               beside_pidstat(mix.target), beside_htop(mix.target)])

    tap.ok((processes, threads) == (1, THREADS + 1),
           f"attached to {THREADS} threads and the main one",
           f"{threads} of {processes} processes")
    lives = report["ledger"]["wall_ns"] / interval
    tap.ok(abs(lives - THREADS - 1) < 0.02 * THREADS,
           "the wall time of all of them is accounted",
           f"of {lives:.1f} threads")
    tap.ok(took < BOUND, f"less than {BOUND:.0%} of a core", f"{took:.2%}")
    # Beyond start and end, which the report cannot hold.
    tap.ok(abs(says - took) < 0.3 * took, "the cost it reports is its own",
           f"{says:.2%} reported, {took:.2%} taken")
    mix.kill()


live.run(main)
