# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the dashboard share: whom it watches, and how it opens."""

import os
import re

import live
import tmux

# Its second thread asks for what is not there. Tells which signals it had.
WORK = r"""
import os, select, signal, sys, threading, time

with open("/proc/self/comm", "wb") as file:
    file.write(bytes.fromhex(sys.argv[1]))


def told(number, frame):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM:
        os._exit(0)


def second():
    while True:
        os.getppid()
        try:
            os.stat("/nonexistent")
        except OSError:
            pass
        select.select([], [], [], 0.005)


for number in (signal.SIGUSR1, signal.SIGTERM):
    signal.signal(number, told)
threading.Thread(target=second, daemon=True).start()
print("ready", flush=True)
zero = os.open("/dev/zero", os.O_RDONLY)
while True:
    for i in range(20):
        os.read(zero, 4096)
    time.sleep(0.02)
"""

# The looks of 256 colours by which the selected row is found, and the column
# that rows are sorted by.
SELECTED, SORTED = "48;5;25m", "48;5;75m"


class Target(live.Process):
    """Two threads that call getppid, stat, select, read and sleep."""

    def __init__(self, name="alpha", *more):
        name = name if isinstance(name, bytes) else name.encode()
        # The header has the beginning of its command line.
        super().__init__(["/usr/bin/python3", "-c" + "exec(__import__('os')."
                          "environ['WORK'])", name.hex(), *more],
                         env=dict(os.environ, WORK=WORK))
        live.until(lambda: "ready" in self.stdout, live.DEADLINE,
                   "the target to begin")

    def goes_on(self):
        """It is there, and runs."""
        if self.poll() is not None:
            return False
        with open(f"/proc/{self.pid}/stat", encoding="utf-8",
                  errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] in "RSD"


def opened(*args, what="% wall|blocked [s%]", **kw):
    """A dashboard that has something to show."""
    term = tmux.Terminal([live.TOOL, *args], **kw)
    term.expect(what)
    return term


def on(term):
    """Whether the terminal is a dashboard's now."""
    return term.flag("alternate_on") == "1"


def title_row(term):
    """Below the names of the views."""
    for number, line in enumerate(term.lines()):
        if re.match(r" ?1 (Sysc|C)alls", line):
            return number + 1
    raise live.Fault(f"no views on the screen:\n{term.screen()}")


def rows(term):
    """The lines of the table."""
    return [line for line in term.lines()[title_row(term) + 1:-1] if line]


def plain(line):
    return re.sub(r"\x1b\[[0-9;]*m|\x1b\([B0]|\x0e|\x0f", "", line)


def selected(term):
    """The row that the cursor is on."""
    top = title_row(term) + 1
    for line in term.screen("-e").split("\n")[top:]:
        if SELECTED in line:
            return plain(line)
    return ""


def sorted_by(term):
    """The title of the column that rows are sorted by."""
    line = term.screen("-e").split("\n")[title_row(term)]
    found = re.search(re.escape(SORTED) + r"([^\x1b]*)", line)
    return found[1].strip() if found else ""


def turns(what):
    """Whether it becomes true soon."""
    try:
        return live.until(what, tmux.PATIENCE, "what is asked for")
    except live.Fault:
        return False
