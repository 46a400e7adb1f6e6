#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard on real programs, in tmux, as pictures of its screen.

screens.py FOLDER: in it, NAME-COLSxROWS.txt of an smbd that receives 10,000
files, by calls and by requests, of nginx under load and of make -j2, at 80x24
and 160x50, and three pictures for the README. Called by contrib/screens.sh.
"""

import os
import shutil
import subprocess
import sys
import threading
import time

# pylint: disable=wrong-import-order
import ways  # finds tests/live
import live
import real
import smbd

SIZES = ((80, 24), (160, 50))
PICTURE = (110, 30)
SERVER = f"smbsysacct-screens-{os.getpid()}"


def tmux(*args):
    return subprocess.run(["tmux", "-L", SERVER, "-u", *args], check=True,
                          stdout=subprocess.PIPE).stdout.decode()


class Screen:
    """A dashboard on a terminal of its own."""

    def __init__(self, cols, rows, args):
        self.name = f"{cols}x{rows}"
        home = live.scratch()
        env = (f"env LANG=C.UTF-8 TERM=tmux-256color XDG_CONFIG_HOME={home} "
               "NO_COLOR= ")
        command = " ".join([live.TOOL, *map(str, args)])
        tmux("-f", "/dev/null", "new-session", "-d", "-s", self.name, "-x",
             str(cols), "-y", str(rows), env + command)

    def text(self, *options):
        return tmux("capture-pane", "-p", *options, "-t", self.name)

    def await_text(self, text):
        live.until(lambda: text in self.text(), live.DEADLINE,
                   f"'{text}' on the screen")

    def key(self, key):
        tmux("send-keys", "-t", self.name, key)

    def keep(self, folder, name):
        path = os.path.join(folder, f"{name}-{self.name}.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.text())

    def picture(self, path, title):
        script = os.path.join(live.SRCDIR, "contrib/screenshot.py")
        with open(path, "wb") as file:
            subprocess.run(["/usr/bin/python3", "-B", script, title],
                           input=self.text("-N", "-e").encode(),
                           stdout=file, check=True)


def screens(args, sizes=SIZES):
    both = [Screen(*size, args) for size in sizes]
    for screen in both:
        screen.await_text("times ours")
    return both


def keep_all(folder, name, both):
    # Some intervals, so that there is something in the sparklines.
    time.sleep(4)
    for screen in both:
        screen.keep(folder, name)


def quit_all(both):
    for screen in both:
        # One that quits at once has gone with its session by the second.
        for _ in range(2):
            subprocess.run(["tmux", "-L", SERVER, "send-keys", "-t",
                            screen.name, "q"], check=False,
                           stderr=subprocess.DEVNULL)
    live.until(lambda: subprocess.run(
        ["tmux", "-L", SERVER, "list-sessions"], check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode,
        live.DEADLINE, "the dashboards to end")


def of_smbd(folder):
    files = smbd.make_files("many", 10000, ways.SIZE)
    server = smbd.Server()
    client = smbd.Client(server, files)
    both = screens(["-p", client.server_pid], (*SIZES, PICTURE))
    copying = threading.Thread(target=client.copy, args=(300,))
    copying.start()
    keep_all(folder, "smbd", both[:2])
    both[2].picture(os.path.join(folder, "dashboard.svg"),
                    "smbsysacct's dashboard on an smbd that receives files")
    both[1].key("3")
    both[1].await_text("intervals >")
    both[1].picture(os.path.join(folder, "latency.svg"),
                    "The latency of a call, as a histogram and over time")
    copying.join()
    quit_all(both)
    client.quit()
    server.stop()
    shutil.rmtree(server.share)
    shutil.rmtree(files)


def of_requests(folder):
    """The same by requests, and what they cost."""
    files = smbd.make_files("many", 10000, ways.SIZE)
    server = smbd.Server()
    client = smbd.Client(server, files)
    both = screens(["--smb", "-p", client.server_pid], (*SIZES, PICTURE))
    copying = threading.Thread(target=client.copy, args=(300,))
    copying.start()
    keep_all(folder, "requests", both[:2])
    for name, key, words in (("bill", "7", "calls/req"),
                             ("phases", "8", "running requests")):
        for screen in both:
            screen.key(key)
            screen.await_text(words)
        for screen in both[:2]:
            screen.keep(folder, name)
        if name == "bill":
            both[2].picture(os.path.join(folder, "bill.svg"),
                            "Which calls each SMB2 command of an smbd costs")
    copying.join()
    quit_all(both)
    client.quit()
    server.stop()
    shutil.rmtree(server.share)
    shutil.rmtree(files)


def of_nginx(folder):
    server = real.Nginx()
    ended = threading.Event()

    def load():
        while not ended.is_set():
            server.load(500)

    loading = threading.Thread(target=load)
    loading.start()
    both = screens(["-p", server.pid])
    keep_all(folder, "nginx", both)
    quit_all(both)
    ended.set()
    loading.join()
    server.stop()


def of_make(folder):
    place = real.sources(400)
    for size in SIZES:
        screen = Screen(*size, ["--top", "--", "make", "-B", "-j2", "-C",
                                place, "CC=gcc"])
        screen.await_text("times ours")
        keep_all(folder, "make", [screen])
        screen.key("2")
        screen.await_text("pid process")
        screen.keep(folder, "make-processes")
        live.until(lambda ended=screen: "ENDED" in ended.text(), 300,
                   "make to end")
        quit_all([screen])


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for work in (of_smbd, of_requests, of_nginx, of_make):
        work(folder)
    for name in sorted(os.listdir(folder)):
        print(os.path.join(folder, name))


main()
