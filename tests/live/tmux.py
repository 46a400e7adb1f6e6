# SPDX-License-Identifier: GPL-2.0-or-later
"""A program in a real terminal, by a tmux server of its own.

What is seen is what tmux has made of the program's output; that output itself
is kept as well, byte for byte. The program gets its keys from tmux, which
sends those of xterm. It ends with the script, as all that live.py starts.
"""

import os
import re
import subprocess
import time

import live

CONFIG = """\
set -g status off
set -g remain-on-exit on
set -g remain-on-exit-format ""
set -g history-limit 20000
set -s escape-time 0
"""

# As a shell would run it: its status is for us, and so are the terminal's
# modes before and after. Waits until its output is looked at. Whoever hangs
# up means the program, of which this one is to tell.
RUNNER = """\
read _ < go
trap : HUP INT
stty -a > stty-before
(%s; echo $BASHPID > pid; exec "$@")
status=$?
echo $status > status.new
stty -a > stty-after 2>/dev/null
mv status.new status
"""

# So long may it take until a key has done what it does.
PATIENCE = 10 * live.SLOW


class Terminal:
    """A terminal of a size with a program in it."""

    count = 0

    def __init__(self, argv, rows=24, cols=80, env=None, ignored=""):
        live.need("tmux")
        live.need("bash")
        Terminal.count += 1
        self.folder = live.scratch()
        self.config = os.path.join(self.folder, "config")
        for name, text in (("tmux.conf", CONFIG), ("runner", RUNNER % (
                f"trap '' {ignored}" if ignored else ":"))):
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write(text)
        os.mkfifo(self.path("go"))
        self.env = {"PATH": os.environ["PATH"], "HOME": self.folder,
                    "TERM": "tmux-256color", "LANG": "C.UTF-8",
                    "XDG_CONFIG_HOME": self.config, "TMPDIR": self.folder,
                    **(env or {})}
        self.server = live.Process(
            ["tmux", "-u", "-D", "-S", self.path("socket"), "-f",
             self.path("tmux.conf")], env=dict(os.environ, LANG="C.UTF-8"))
        live.until(lambda: os.path.exists(self.path("socket")),
                   live.DEADLINE, "tmux to begin")
        words = [f"{name}={value}" for name, value in self.env.items()]
        self.tmux("new-session", "-d", "-x", str(cols), "-y", str(rows),
                  "-c", self.folder, "env", "-i", *words, "bash", "runner",
                  *map(str, argv))
        # A new window has the size of the session, whatever tmux is told.
        self.resize(rows, cols)
        self.tmux("pipe-pane", "-O", f"exec cat > {self.path('raw')}")
        live.until(lambda: os.path.exists(self.path("raw")), live.DEADLINE,
                   "tmux to keep the output")
        with open(self.path("go"), "w", encoding="ascii") as file:
            file.write("go\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def text(self, name):
        """What is in a file of the folder, or None."""
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return file.read()
        except OSError:
            return None

    def tmux(self, *args):
        run = subprocess.run(["tmux", "-u", "-S", self.path("socket"),
                              *args], capture_output=True, check=False)
        if run.returncode:
            raise live.Fault(f"tmux {args[0]}: {run.stderr!r}")
        return run.stdout.decode("utf-8", "surrogateescape")

    # --- what comes out -----------------------------------------------------

    def screen(self, *how):
        """The lines that are seen; with "-e" their attributes as well."""
        return self.tmux("capture-pane", "-p", *how).rstrip("\n")

    def lines(self):
        return self.screen().split("\n")

    def all_lines(self):
        """Those that have scrolled off too."""
        return self.screen("-J", "-S", "-").split("\n")

    def raw(self):
        """All that was ever written to the terminal."""
        with open(self.path("raw"), "rb") as file:
            return file.read()

    def flag(self, name):
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def shows(self, what, seconds=None):
        """Whether the screen has a pattern, or is as a function asks for."""
        check = what if callable(what) else (
            lambda text: re.search(what, text, re.M))
        end = time.monotonic() + (seconds or PATIENCE)
        while True:
            found = check(self.screen())
            if found or time.monotonic() > end:
                return found
            time.sleep(0.02)

    def expect(self, what):
        """The same, of what the test needs to go on."""
        found = self.shows(what)
        if not found:
            raise live.Fault(f"no {what} on the screen:\n{self.screen()}")
        return found

    def settled(self):
        """The screen, once it stays as it is for a moment."""
        last, since = self.screen(), time.monotonic()
        end = since + PATIENCE
        while time.monotonic() - since < 0.1 and time.monotonic() < end:
            now = self.screen()
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.02)
        return last

    # --- what goes in -------------------------------------------------------

    def keys(self, *names):
        """By tmux's names: "q", "F1", "Enter", "C-l", "Escape"."""
        self.tmux("send-keys", *names)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def click(self, row, col, button=0):
        """A mouse at a place, counted from 0; 64 and 65 are the wheel."""
        presses = [button] if button >= 64 else [button, 3]
        for code in presses:
            if self.flag("mouse_sgr_flag") == "1":
                end = "m" if code == 3 else "M"
                self.type(f"\x1b[<{button};{col + 1};{row + 1}{end}")
            else:
                places = [code + 32, col + 33, row + 33]
                self.tmux("send-keys", "-H", "1b", "5b", "4d",
                          *(f"{byte:02x}" for byte in places))

    def resize(self, rows, cols):
        self.tmux("resize-window", "-x", str(cols), "-y", str(rows))

    # --- beginning and end --------------------------------------------------

    @property
    def pid(self):
        return int(live.until(lambda: self.text("pid"), live.DEADLINE,
                              "the program to begin"))

    @property
    def status(self):
        """As the shell has it; None while the program runs."""
        text = self.text("status")
        return None if text is None else int(text)

    def wait(self, seconds=live.DEADLINE):
        live.until(lambda: self.status is not None, seconds,
                   f"the program to end; on the screen:\n{self.screen()}")
        return self.status

    def wait_closed(self, seconds=live.DEADLINE):
        """The same, where there is no screen any more."""
        live.until(lambda: self.status is not None, seconds,
                   "the program to end")
        return self.status

    def modes_kept(self):
        """Whether the terminal is as it was before, but for its size."""
        before, after = (self.text(f"stty-{when}").split("\n")[1:]
                         for when in ("before", "after"))
        return before == after

    def signal(self, number):
        os.kill(self.pid, number)

    def hang_up(self):
        """The terminal goes, while all else stays."""
        self.tmux("kill-pane")

    def close(self):
        self.server.kill()
