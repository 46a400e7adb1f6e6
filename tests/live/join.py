#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Joining what another session accounts by seccomp."""

import glob
import json
import os
import signal
import socket
import stat
import subprocess
import time

import launched
import live

FAILED = 125
CALL = "clock_nanosleep"

# Does as it is told, line by line: so many calls, a child that is told
# likewise through a pipe, or its end.
WORK = """
import os, sys, time
def work(lines):
    for line in lines:
        word, _, number = line.decode().strip().partition(" ")
        if word == "do":
            for i in range(int(number)):
                time.sleep(1e-6)
        elif word == "fork":
            there, here = os.pipe()
            pid = os.fork()
            if not pid:
                os.close(here)
                work(open(there, "rb", buffering=0))
                os._exit(0)
            child = here
            os.write(1, b"%d\\n" % pid)
            continue
        elif word == "tell":
            os.write(child, b"do %d\\n" % int(number))
            continue
        elif word == "end":
            os.close(child)
            os.wait()
        os.write(1, b"done\\n")
os.write(1, b"%d\\n" % os.getpid())
work(open(0, "rb", buffering=0))
"""


class Place:
    """An XDG_RUNTIME_DIR."""

    def __init__(self, user=None):
        self.path = os.path.join(live.scratch(), "runtime")
        os.mkdir(self.path, 0o700)
        if user:
            os.chown(self.path, user, user)
        self.env = {**os.environ, "XDG_RUNTIME_DIR": self.path}

    @property
    def meeting(self):
        return os.path.join(self.path, "smbsysacct")

    def sockets(self):
        return sorted(map(os.path.basename,
                          glob.glob(os.path.join(self.meeting, "*"))))


class Server(live.Tool):
    """A session with its command, which has made no call yet."""

    def __init__(self, place, *args, user=None):
        # In a folder that the user can write to.
        self.report = os.path.join(place.path, f"report-{id(self)}")
        super().__init__(["--collector=seccomp", "--format=json", "-o",
                          self.report, *args, "/usr/bin/python3", "-c",
                          WORK], user, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, env=place.env)
        self.target = int(self.line())
        self.place = place
        # It offers once the command was started, which may run before.
        live.until(lambda: f"{self.pid}.sock" in place.sockets(),
                   live.DEADLINE, "the socket")

    def line(self):
        # pylint: disable=protected-access
        return live.Mix._line(self, live.DEADLINE).strip()

    def tell(self, *words):
        self.popen.stdin.write(" ".join(map(str, words)).encode() + b"\n")

    def do(self, number):
        self.tell("do", number)
        return self.line() == "done"

    def finish(self):
        """The calls in all reports."""
        self.popen.stdin.close()
        if self.wait():
            raise live.Fault(f"the session ended with {self.status}: "
                             f"{self.stderr}")
        with open(self.report, encoding="utf-8") as file:
            return sum(calls_in(json.loads(line)) for line in file)


def calls_in(report, pid=None):
    return sum(row["calls"] for row in report["rows"]
               if row.get("syscall") == CALL and "calls" in row
               and (pid is None or row["pid"] == pid))


def join(place, pid, *args, user=None):
    tool = live.Tool(["--collector=join", "-p", pid, "--format=json", *args],
                     user, env=place.env)
    tool.attached()
    return tool


def ended(tool):
    """Its last report, once it was interrupted."""
    tool.signal(signal.SIGINT)
    return last(tool)


def last(tool):
    if tool.wait():
        raise live.Fault(f"{tool.argv} ended with {tool.status}: "
                         f"{tool.stderr}")
    return tool.reports()[-1]


def noted(report, words):
    return any(words in note for note in report.get("notes", []))


def counts(tap):
    place = Place()
    # Its own reports are to make no difference.
    server = Server(place, "-d", "0.1")
    server.do(300)
    first = join(place, server.target)
    server.do(200)
    second = join(place, server.target)
    server.do(50)
    report = ended(first)
    server.do(25)
    other = ended(second)
    tap.ok(calls_in(report) == 250, "calls since it joined, and no others",
           f"{calls_in(report)} of 250")
    tap.ok(calls_in(other) == 75, "another that joined has its own",
           f"{calls_in(other)} of 75")
    tap.ok(report["collector"] == "join", "the report says how",
           report["collector"])
    tap.ok(noted(report, f"joined to smbsysacct {server.pid}, which launched "
                 "it"), "the report says whom", report.get("notes"))
    tap.ok(noted(report, "have to expect EINTR are counted"),
           "notes of the other come along", report.get("notes"))
    mode = stat.S_IMODE(os.stat(place.meeting).st_mode)
    tap.ok(mode == 0o700, "the folder is private", oct(mode))
    total = server.finish()
    tap.ok(total == 575, "who was joined has counted all", total)
    tap.ok(not place.sockets(), "its socket is gone", place.sockets())


def intervals(tap):
    place = Place()
    server = Server(place)
    tool = join(place, server.target, "-d", "3600")
    sums = []
    for number in (40, 60):
        server.do(number)
        before = len(tool.reports())
        tool.signal(signal.SIGUSR1)
        live.until(lambda: len(tool.reports()) > before, live.DEADLINE,
                   "a report")
        sums.append(calls_in(tool.reports()[-1]))
    server.do(5)
    server.finish()
    report = last(tool)
    tap.ok(sums == [40, 60], "reports have what is theirs", sums)
    tap.ok(calls_in(report) == 5, "the end of the command is the joiner's, "
           "with all that came before it", calls_in(report))
    tap.ok(not noted(report, "has ended"), "and needs no word",
           report.get("notes"))


def children(tap):
    place = Place()
    server = Server(place)
    server.tell("fork")
    child = int(server.line())
    live.until(lambda: knows(place, child), live.DEADLINE,
               "the session to know of a child")
    whole = join(place, server.target, "--by=process,syscall")
    alone = join(place, server.target, "--no-follow")
    part = join(place, child)
    server.do(30)
    server.tell("tell", 70)
    if server.line() != "done":
        raise live.Fault("the child has not done it")
    server.tell("end")
    server.line()
    report = last(part)
    tap.ok(calls_in(report) == 70 and
           {p["pid"] for p in report["processes"]} == {child},
           "a child is joined alone, and its end is the end",
           calls_in(report), report["processes"])
    tap.ok(noted(report, "which launched what started it"),
           "the report says that it is one", report.get("notes"))
    report = ended(alone)
    tap.ok(calls_in(report) == 30, "with --no-follow there is no child",
           calls_in(report))
    report = ended(whole)
    tap.ok(calls_in(report, child) == 70 and calls_in(report) == 100,
           "with what it started else", calls_in(report))
    server.finish()


# Everything is done by a child of the command's and what that starts, each
# too short to be found by looks.
SHELLS = "sh -c 'read go; for i in $(seq 150); do /bin/true; done; true'; true"


def descendants(tap):
    place = Place()
    path = os.path.join(place.path, "report")
    server = live.Tool(["--collector=seccomp", "-A", "-o", path, "sh", "-c",
                        SHELLS], stdin=subprocess.PIPE, env=place.env)
    live.until(place.sockets, live.DEADLINE, "the socket")
    outer = child_of(server.pid, "sh")
    inner = child_of(outer, "sh")
    live.until(lambda: knows(place, inner), live.DEADLINE,
               "the session to know of a child")
    whole = join(place, outer, "--by=process,syscall")
    part = join(place, inner, "--by=process,syscall")
    server.popen.stdin.write(b"go\n")
    server.popen.stdin.close()
    if server.wait():
        raise live.Fault(f"{server.argv} ended with {server.status}")
    whole, part = last(whole), last(part)
    wanted = all_calls(whole) - all_calls(whole, outer)
    tap.ok(wanted > 1000, "the children of a child are accounted", wanted)
    tap.ok(all_calls(part) == wanted, "a child is joined with all that it "
           "starts, to the call", f"{all_calls(part)} of {wanted}",
           part["loss"])
    tap.ok(not part["loss"]["processes_orphaned"], "and of all it is known "
           "whose they are", part["loss"])


def all_calls(report, pid=None):
    return sum(row.get("calls", 0) for row in report["rows"]
               if pid is None or row["pid"] == pid)


def child_of(pid, name):
    """Its child of that name, once it is there."""
    def find():
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, encoding="latin-1") as file:
                    head, _, tail = file.read().rpartition(")")
            except OSError:
                continue
            child, _, comm = head.partition(" (")
            if comm == name and int(tail.split()[1]) == pid:
                return int(child)
        return None
    live.until(find, live.DEADLINE, f"a child of {pid}")
    return find()


def knows(place, pid):
    """Whether some session accounts it: a trial that ends at once."""
    tool = live.Tool(["--collector=join", "-p", pid, "--seconds=0.001"],
                     env=place.env)
    return tool.wait() == 0


def stopped_joiner(tap):
    place = Place()
    server = Server(place)
    tool = join(place, server.target)
    tool.signal(signal.SIGSTOP)
    tap.ok(server.do(500), "a joiner that is stopped: the command goes on")
    total = server.finish()
    tap.ok(total == 500, "a joiner that is stopped: so does its session",
           total)
    tool.signal(signal.SIGCONT)
    report = last(tool)
    tap.ok(calls_in(report) == 500, "a joiner that was stopped has it all",
           calls_in(report), report.get("notes"))


def killed_joiner(tap):
    place = Place()
    server = Server(place)
    tool = join(place, server.target)
    tool.signal(signal.SIGKILL)
    tool.wait()
    tap.ok(server.do(100), "a joiner that is killed: the command goes on")
    report = ended(join(place, server.target))
    tap.ok(calls_in(report) == 0, "after one that was killed, another joins",
           calls_in(report))
    total = server.finish()
    tap.ok(total == 100, "a joiner that is killed: nothing is lost", total)


def killed_server(tap):
    place = Place()
    server = Server(place)
    tool = join(place, server.target, "-d", "3600")
    server.do(100)
    tool.signal(signal.SIGUSR1)
    live.until(tool.reports, live.DEADLINE, "a report")
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    report = last(tool)
    tap.ok(calls_in(tool.reports()[0]) == 100, "before it is killed it is "
           "asked", tool.reports()[0]["rows"])
    tap.ok(noted(report, f"smbsysacct {server.pid} was killed"),
           "a session that is killed: the joiner ends, and says so",
           report.get("notes"))
    tap.ok("was killed" in tool.stderr, "at once", tool.stderr)
    tap.ok(server.do(50), "a session that is killed: the command goes on")
    tap.ok(place.sockets() == [f"{server.pid}.sock"], "its socket stays",
           place.sockets())
    later = Server(place)
    tap.ok(place.sockets() == [f"{later.pid}.sock"],
           "until another session comes", place.sockets())
    later.finish()
    server.popen.stdin.close()


def killed_in_a_report(tap):
    """The joiner has asked, a second after the first report, and waits for
    the answer in the second one."""
    place = Place()
    server = Server(place)
    tool = join(place, server.target, "-d", "1.5")
    server.do(10)
    live.until(tool.reports, live.DEADLINE, "a report")
    os.kill(server.pid, signal.SIGSTOP)
    time.sleep(2.3)
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    report = last(tool)
    tap.ok(noted(report, "was killed"), "a session that is killed while a "
           "report waits: the joiner ends", report.get("notes"))
    tap.ok(report["in_flight"] == 0, "and knows of no call in progress",
           report["in_flight"])
    server.popen.stdin.close()


def stopped_server(tap):
    """Beside another, who does not have to wait for it."""
    place = Place()
    stopped = Server(place)
    server = Server(place)
    os.kill(stopped.pid, signal.SIGSTOP)
    report = ended(join(place, server.target))
    tap.ok(noted(report, f"joined to smbsysacct {server.pid}"),
           "beside one that is stopped the right one is found",
           report.get("notes"))
    refused(tap, "one that is stopped", place, stopped.target,
            f"smbsysacct {stopped.pid}, which may be the one that accounts "
            "this, is stopped")
    os.kill(stopped.pid, signal.SIGCONT)
    server.finish()
    stopped.finish()


def shut_folder(tap):
    place = Place()
    os.mkdir(place.meeting, 0o755)
    tool = live.Tool(["--collector=seccomp", "true"], env=place.env)
    tool.wait()
    tap.ok("other sessions cannot join this one" in tool.stderr and
           "is not private" in tool.stderr, "a folder that is not private: "
           "who cannot be joined says so", tool.stderr)


def refused(tap, name, place, pid, words, *args, user=None):
    tool = live.Tool(["--collector=join", "-p", pid, *args], user,
                     env=place.env)
    status = tool.wait()
    lines = tool.stderr.strip().splitlines()
    tap.note("it says: " + "; ".join(lines))
    tap.ok(status == FAILED and len(lines) == 1 and words in lines[0]
           and not tool.stdout, f"{name}: one sentence", status, *lines)


def refusals(tap):
    place = Place()
    refused(tap, "no session", place, os.getpid(), "no smbsysacct of yours")
    server = Server(place)
    refused(tap, "another's child", place, os.getpid(),
            f"process {os.getpid()} by seccomp")
    refused(tap, "some of them", place, f"{server.target},{os.getpid()}",
            f"accounts some of these processes, but not {os.getpid()}")
    refused(tap, "a choice of calls", place, server.target, "-e and -A",
            "-e", "trace=read")
    os.chmod(place.meeting, 0o770)
    refused(tap, "a folder that is not private", place, server.target,
            "is not private")
    os.chmod(place.meeting, 0o700)
    if os.geteuid() == 0:
        refused(tap, "another user", place, server.target, "root",
                user=live.NOBODY)
    server.finish()


def hostile(tap):
    place = Place()
    server = Server(place)
    path = os.path.join(place.meeting, f"{server.pid}.sock")
    tool = join(place, server.target)
    clients = []
    for message in (b"x", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 60000, b""):
        clients.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        clients[-1].connect(path)
        clients[-1].send(message)
    # And some that say nothing.
    for _ in range(12):
        clients.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        clients[-1].connect(path)
    tap.ok(server.do(100), "garbage at the socket: the command goes on")
    report = ended(tool)
    tap.ok(calls_in(report) == 100, "garbage at the socket: the joiner too",
           calls_in(report))
    for client in clients:
        client.close()
    fake = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    fake.bind(os.path.join(place.meeting, "1.sock"))
    fake.listen()
    report = answer_garbage(fake, place, server.target, tap)
    tap.ok(report is not None, "beside one that talks garbage the right one "
           "is found", report)
    total = server.finish()
    tap.ok(total == 100, "garbage at the socket: nothing is lost", total)
    tool = live.Tool(["--collector=join", "-p", os.getpid()], env=place.env)
    talk_garbage(fake)
    tap.ok(tool.wait() == FAILED and "does not make sense" in tool.stderr and
           len(tool.stderr.splitlines()) == 1,
           "one that talks garbage alone: one sentence", tool.stderr)


def talk_garbage(fake):
    fake.settimeout(live.DEADLINE)
    client = fake.accept()[0]
    client.settimeout(live.DEADLINE)
    client.recv(4096)
    client.send(os.urandom(32))
    client.close()


def answer_garbage(fake, place, pid, tap):
    tool = live.Tool(["--collector=join", "-p", pid, "--format=json"],
                     env=place.env)
    talk_garbage(fake)
    tool.attached()
    tap.note(tool.stderr)
    return ended(tool)


def choice(tap):
    """Without a word about collectors, and without privileges."""
    user = launched.default_user()
    place = Place(user)
    server = Server(place, user=user)
    tool = live.Tool(["-p", server.target, "--format=json"], user,
                     env=place.env)
    tool.attached()
    server.do(60)
    report = ended(tool)
    tap.ok(report["collector"] == "join" and calls_in(report) == 60,
           "it is chosen where it serves", report["collector"],
           calls_in(report))
    tap.ok("by join" in tool.stderr, "and said so", tool.stderr)
    server.finish()
    # Where it does not, that is no news.
    mix = live.Mix("sleep", live.DEADLINE, user=user)
    tool = live.Tool(["-p", mix.target, "--format=json"], user,
                     env=place.env)
    tool.attached()
    report = ended(tool)
    tap.ok(report["collector"] == "proc" and not noted(report, "join"),
           "it is not spoken of where it does not", report.get("notes"))
    mix.kill()


def main(tap):
    if "built without libseccomp" in subprocess.run(
            [live.TOOL, "--list=collectors"], check=True,
            capture_output=True, text=True).stdout:
        raise live.Skip("build: without the seccomp collector")
    tests = [counts, intervals, children, stopped_joiner, killed_joiner,
             killed_server, killed_in_a_report, stopped_server, shut_folder,
             descendants, refusals, hostile, choice]
    for test in live.chosen(tests):
        test(tap)


live.run(main)
