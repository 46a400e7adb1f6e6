# SPDX-License-Identifier: GPL-2.0-or-later
"""The smbd that is none (tests/work/smbd-fake.c), its client, and the tool."""

import fcntl
import json
import os
import platform
import signal
import socket
import struct
import termios

import launched
import live

LIBRARY = os.path.join(launched.WORK, "libsmbd-base-samba4.so.0")

LAYOUTS = ["4.10-profile", "4.10", "4.15-profile", "4.15", "4.20-profile",
           "4.20", "4.24-profile", "4.25-profile"]

CANCEL = 12
COMMANDS = ["NEGOTIATE", "SESSION_SETUP", "LOGOFF", "TREE_CONNECT",
            "TREE_DISCONNECT", "CREATE", "CLOSE", "FLUSH", "READ", "WRITE",
            "LOCK", "IOCTL", "CANCEL", "ECHO", "QUERY_DIRECTORY",
            "CHANGE_NOTIFY", "QUERY_INFO", "SET_INFO", "OPLOCK_BREAK"]

# What the threads sleep in when it is somebody else's turn: epoll_wait, poll,
# read; or where there are none epoll_pwait, ppoll.
IDLE = {"x86_64": {"232", "7", "0"}, "aarch64": {"22", "73", "63"}}

LOOP = ["waiting for events", "receiving", "parsing", "running requests",
        "sending", "waiting for ctdb", "other"]

LOSSES = {"requests_unaccounted": 0, "replies_unmatched": 0,
          "requests_dropped": 0, "calls_unaccounted": 0}


def is_idle(pid):
    """Whether each of its threads is in a call that waits for work."""
    try:
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/syscall",
                      encoding="ascii") as file:
                if file.read().split()[0] not in IDLE[platform.machine()]:
                    return False
    except OSError as why:
        raise live.Fault(f"process {pid}: {why}") from why
    return True


class Fake(live.Process):
    """It is in its loop when constructed."""

    def __init__(self, layout="4.15-profile", *options, library=LIBRARY,
                 program=None):
        self.client, client = socket.socketpair()
        self.messages, messages = socket.socketpair(socket.AF_UNIX,
                                                    socket.SOCK_DGRAM)
        events, self.events = os.pipe()
        super().__init__([program or launched.work("smbd-fake"),
                          library, layout,
                          "events", str(events),
                          "messages", str(messages.fileno()), *options],
                         stdin=client,
                         pass_fds=[events, messages.fileno()])
        client.close()
        messages.close()
        os.close(events)
        self.client.settimeout(live.DEADLINE)
        self.last = None
        self.settle()

    def settle(self):
        if platform.machine() not in IDLE:
            raise live.Skip(f"not known on {platform.machine()}: the number "
                            "of epoll_wait")

        def done():
            if self.poll() is not None:
                raise live.Fault(f"smbd-fake ended: {self.stderr}")
            return is_idle(self.pid)

        live.until(done, live.DEADLINE, "smbd-fake to have nothing to do")

    def replies(self, number):
        for _ in range(number):
            if self.client.recv(1) != b"k":
                raise live.Fault(f"no reply of smbd-fake: {self.stderr}")

    def send(self, script, pieces=1):
        """A message; in more pieces, each is taken before the next comes."""
        data = struct.pack(">I", len(script)) + script.encode()
        size = -(-len(data) // pieces)
        for start in range(0, len(data), size):
            self.client.sendall(data[start:start + size])
            if pieces > 1:
                live.until(self.took_all, live.DEADLINE, "a piece")
                if start + size < len(data):
                    self.settle()

    def say(self, script, pieces=1):
        """A message, with those replies that it brings about at once."""
        self.send(script, pieces)
        self.replies(script.split("|")[0].split().count("r"))

    def took_all(self):
        unread = fcntl.ioctl(self.client, termios.TIOCOUTQ, b"\0" * 4)
        return not struct.unpack("i", unread)[0]

    def event(self, replies=1):
        os.write(self.events, b"e")
        self.replies(replies)

    def message(self, replies=1):
        self.messages.send(b"m")
        self.replies(replies)

    def truth(self):
        """What it did until the tool was detached, or until its end."""
        if self.poll() is not None:
            pass
        elif self.last:
            self.client.sendall(self.last)
        else:
            self.say("t")
        if self.wait():
            raise live.Fault(f"smbd-fake ended with {self.status}: "
                             f"{self.stderr}")
        return json.loads(self.stdout)


class Watch:
    """The tool on one of them or more, until end()."""

    def __init__(self, *fakes, args=()):
        self.fakes = fakes
        pids = [word for fake in fakes for word in ("-p", fake.pid)]
        self.tool = live.Tool(["--smb", *pids, "--format=json", *args])
        self.tool.attached()

    def end(self):
        """The reports and the truth: of one process, or the sum."""
        for fake in self.fakes:
            if fake.poll() is None:
                fake.settle()
        if any(fake.poll() is None for fake in self.fakes):
            self.tool.signal(signal.SIGINT)
        if self.tool.wait():
            raise live.Fault(f"ended with {self.tool.status}: "
                             f"{self.tool.stderr}")
        truth = {}
        for fake in self.fakes:
            add(truth, fake.truth())
        return self.tool.reports(), truth


def listen(path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    return server


def add(sums, more):
    for key, value in more.items():
        if isinstance(value, dict):
            add(sums.setdefault(key, {}), value)
        else:
            sums[key] = sums.get(key, 0) + value
