# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmarks share: ways to run something, which take turns so that
all see the same machine, and their figures as ratios."""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "live"))
# pylint: disable=wrong-import-position
import live  # noqa: E402
import smbd  # noqa: E402

WORK = os.path.join(live.BUILDDIR, "tests/work")
LOOP = os.path.join(WORK, "loop")
STRACE = ["strace", "-cf", "-o", "/dev/null"]
SIZE = 10 * 1024
LONG = 900


def loop_ns(prefix, call, count):
    """Nanoseconds of one call under a prefix, as the loop measures it."""
    done = subprocess.run([*prefix, LOOP, call, str(count)], check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return float(done.stdout)


def rounds_of(ways, rounds):
    """{name: [figure of each round]} of {name: function}."""
    figures = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            figures[name].append(way())
    return figures


def ratio(figures, part, whole, bare=None):
    """Median over the rounds of part/whole, each less bare if given."""
    zero = figures[bare] if bare else [0] * len(figures[part])
    return statistics.median(
        (a - z) / (b - z) if b > z else float("nan")
        for a, b, z in zip(figures[part], figures[whole], zero))


def print_table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows])
              for i in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(str(cell).ljust(width) if i == 0 else
                        str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))))
    print(flush=True)


def copy_seconds(under, folder, attach=None):
    """A copy into an smbd that runs under a command, or is attached to."""
    server = smbd.Server(under)
    client = smbd.Client(server, folder)
    tool = attach(server.pid) if attach else None
    began = time.monotonic()
    client.copy(LONG)
    seconds = time.monotonic() - began
    client.quit()
    if tool:
        tool.signal(signal.SIGINT)
        tool.wait(60)
    server.stop()
    shutil.rmtree(server.share)
    return seconds
