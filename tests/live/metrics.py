#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics: the text to the letter, counts to the call, and a server that
clients cannot hold up."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import fakesmb
import live
import openmetrics
from openmetrics import Exporter, Metrics, fallen

USAGE, FAILED = 2, 125

# Does as it is told, line by line: so many calls, and so many that fail.
WORK = """
import os, sys
for line in open(0, "rb", buffering=0):
    good, bad = map(int, line.split())
    for i in range(good):
        os.sched_getscheduler(0)
    for i in range(bad):
        try:
            os.getpgid(2 ** 22 + 1)
        except ProcessLookupError:
            pass
    os.write(1, b"done\\n")
"""
GOOD, BAD = "sched_getscheduler", "getpgid"


class Work(live.Process):
    """Counts its calls."""

    def __init__(self):
        super().__init__([sys.executable, "-I", "-S", "-c", WORK],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.good = self.bad = 0
        self.do(1, 1)
        self.good = self.bad = 0

    def begin(self, good, bad):
        self.popen.stdin.write(b"%d %d\n" % (good, bad))
        self.good += good
        self.bad += bad

    def done(self):
        if self.popen.stdout.readline() != b"done\n":
            raise live.Fault(f"the workload has ended: {self.stderr}")

    def do(self, good, bad):
        self.begin(good, bad)
        self.done()


def calls(metrics, what, call):
    return metrics.value(f"smbsysacct_syscall_{what}_total",
                         syscall=call) or 0


def counts(metrics):
    return (calls(metrics, "calls", GOOD), calls(metrics, "errors", GOOD),
            calls(metrics, "calls", BAD), calls(metrics, "errors", BAD))


def exact(tap):
    work = Work()
    tool = Exporter(["-p", work.pid])
    before, fell = tool.scrape(), {}
    for good, bad in ((1, 0), (1000, 7), (12345, 99)):
        work.begin(good, bad)
        for _ in range(3):
            now = tool.scrape()
            fell.update(fallen(before, now))
            before = now
        work.done()
        wanted = (work.good, 0, work.bad, work.bad)

        def arrived():
            nonlocal before
            now = tool.scrape()
            fell.update(fallen(before, now))
            before = now
            return counts(now) >= wanted

        live.until(arrived, live.DEADLINE, f"counts of {wanted}")
        tap.ok(counts(before) == wanted, f"counts after {good} more calls",
               counts(before), wanted)
        count = before.value("smbsysacct_syscall_duration_seconds_count",
                             syscall=GOOD)
        tap.ok(count == work.good, "and in the histogram", count, work.good)
    tap.ok(not fell, "no counter has fallen", fell)
    plain = tool.scrape(plain=True)
    tap.ok(counts(plain) == wanted, "the older text has the same",
           counts(plain), wanted)
    names = {"smbsysacct_lost_total", "smbsysacct_own_cpu_seconds_total",
             "smbsysacct_ledger_wall_seconds_total", "smbsysacct_threads",
             "smbsysacct_syscall_wall_seconds_total",
             "smbsysacct_syscall_cpu_seconds_total",
             "smbsysacct_syscall_blocked_seconds_total",
             "smbsysacct_syscall_runq_seconds_total"}
    tap.ok(names <= set(before.values), "and there is the rest",
           names - set(before.values))
    tap.ok(before.value("smbsysacct_collector_info", name="bpf",
                        exact="true") == 1, "bpf is exact",
           before.values.get("smbsysacct_collector_info"))
    work.kill()
    tap.ok(tool.wait() == 0 and not tool.stdout,
           "it ends with its target, and reports nothing",
           tool.status, tool.stdout, tool.stderr)


def raw(tool, data):
    """What is answered to these bytes, until the end."""
    with socket.create_connection((tool.host, tool.port),
                                  timeout=2 * live.DEADLINE) as client:
        answer = b""
        try:
            client.sendall(data)
            while True:
                more = client.recv(65536)
                if not more:
                    return answer
                answer += more
        except ConnectionError:
            return answer


def protocol(tap, tool):
    status, headers, body = tool.request("HEAD")
    tap.ok((status, body) == (200, b"") and
           int(headers["Content-Length"]) > 1000, "HEAD has no body",
           status, headers, body[:100])
    status, headers, body = tool.request(path="/")
    tap.ok(status == 200 and b"/metrics" in body, "/ points there",
           status, body)
    for path in ("/metric", "/metrics/", "//metrics", "/%2e%2e/etc/passwd"):
        status, _, body = tool.request(path=path)
        tap.ok(status == 404, f"{path} is not found", status, body[:100])
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
        status, headers, _ = tool.request(method)
        tap.ok(status == 405 and headers["Allow"] == "GET, HEAD",
               f"{method} is not allowed", status, headers)
    status, headers, _ = tool.request(path="/metrics?a=b&c=%00")
    tap.ok(status == 200 and headers["Connection"].lower() == "close",
           "a query changes nothing; one request a connection", status,
           headers)


BAD_REQUESTS = {
    "nothing of HTTP": b"\0\1\2\3\r\n\r\n",
    "no version": b"GET\r\n\r\n",
    "a head without end": b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 200000,
    "headers without end": b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 50000,
    "a long path": b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
    "a body": b"POST /metrics HTTP/1.1\r\nHost: x\r\n"
              b"Content-Length: 1000000000\r\n\r\n" + b"a" * 100000,
    "pieces of a body": b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
                        b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\na",
    "a version of its own": b"GET /metrics HTTP/9.9\r\n\r\n",
}


def hostile(tap, tool):
    for name, data in BAD_REQUESTS.items():
        answer = raw(tool, data)
        tap.ok(not answer or answer.startswith(b"HTTP/1."),
               f"{name}: an answer, or none", answer[:200])
    two = raw(tool, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
    tap.ok(two.count(b"HTTP/1.1 200") == 1, "one request a connection",
           two)
    tap.ok(tool.scrape().series > 10, "and it goes on")


def slow(tap, tool):
    """They take places, of which there are not so many, for some time."""
    head = b"GET /metrics HTTP/1.1\r\nHost: x\r\n"
    idle = []
    for i in range(20):
        client = socket.create_connection((tool.host, tool.port))
        client.sendall(head[:i])
        idle.append(client)
    # It does not read, and has no room.
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.connect((tool.host, tool.port))
        deaf.sendall(head + b"\r\n")
        tap.ok(tool.scrape().series > 10,
               "20 slow clients and a deaf one hold nobody up")
        before = tool.scrape().value("smbsysacct_data_time_seconds")
        live.until(lambda: tool.scrape().value(
            "smbsysacct_data_time_seconds") > before, live.DEADLINE,
                   "newer values")
    for _ in range(80):
        idle.append(socket.create_connection((tool.host, tool.port)))
    tap.ok(tool.scrape().series > 10,
           "with all places taken a scrape waits, and is answered")
    for client in idle:
        client.close()


def dripping(tap, tool):
    """A byte now and then is activity; there is an end to it, too."""
    with socket.create_connection((tool.host, tool.port)) as client:
        client.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        client.settimeout(0.2)

        def ended():
            try:
                client.sendall(b"a")
                return client.recv(4096) == b""
            except socket.timeout:
                return False
            except ConnectionError:
                return True

        live.until(ended, 2 * live.DEADLINE, "the slow client's end")
    tap.ok(tool.scrape().series > 10, "a client that drips is cut off")


def crowd(tap, tool):
    """Many at a time, each with its answer."""
    clients = []
    for _ in range(30):
        client = socket.create_connection((tool.host, tool.port),
                                          timeout=2 * live.DEADLINE)
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        clients.append(client)
    good = 0
    for client in clients:
        text = b""
        while True:
            more = client.recv(65536)
            if not more:
                break
            text += more
        client.close()
        good += Metrics(text.partition(b"\r\n\r\n")[2].decode(),
                        plain=True).series > 10
    tap.ok(good == len(clients), f"{len(clients)} clients at once", good)


def server(tap):
    work = Work()
    tool = Exporter(["-p", work.pid])
    for part in (protocol, hostile, crowd, slow, dripping):
        part(tap, tool)
    work.do(10, 0)
    live.until(lambda: counts(tool.scrape())[0] == 10, live.DEADLINE,
               "10 calls")
    tap.ok(True, "and after all that it counts")
    with socket.create_connection((tool.host, tool.port)):
        tool.signal(signal.SIGTERM)
        tap.ok(tool.wait() == 0, "SIGTERM ends it, whoever is connected",
               tool.status, tool.stderr)
    lines = tool.stderr.splitlines()
    tap.ok(all(line.startswith("smbsysacct: ") for line in lines) and
           "127.0.0.1" not in "".join(lines[2:]),
           "what clients do is no message", tool.stderr)
    work.kill()


def sentence(tap, name, args, status, words):
    tool = live.Tool(args)
    tool.wait()
    lines = tool.stderr.splitlines()
    tap.ok(tool.status == status and len(lines) == 1 and words in lines[0],
           f"{name} is refused", tool.status, tool.stderr)


def refusals(tap):
    target = ["-p", os.getpid()]
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:9798"):
        sentence(tap, address, [f"--listen={address}", *target], USAGE,
                 "--listen-any")
    sentence(tap, "a name", ["--listen=host.example:1", *target], USAGE,
             "names are not looked up")
    sentence(tap, "no port", ["--listen=127.0.0.1", *target], USAGE,
             "an address and a port")
    sentence(tap, "--listen-any alone", ["--listen-any", *target], USAGE,
             "give both")
    for more in (["-c"], ["-d", "1", "-n", "2"], ["--top"]):
        sentence(tap, f"{more[-1]} with --listen",
                 ["--listen=127.0.0.1:0", *more, *target], USAGE,
                 "does not go with --listen")
    for more in (["--by=thread"], ["--by=errno"], ["--by=file"],
                 ["--stacks"], ["--slowest=3"], ["-S", "wall"]):
        sentence(tap, f"{more[0]} with metrics",
                 ["--format=openmetrics", *more, *target], USAGE, "metrics")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence(tap, "a port in use",
                 [f"--listen=127.0.0.1:{port}", *target], FAILED, "in use")
    sentence(tap, "an address of another machine",
             ["--listen=192.0.2.1:0", "--listen-any", *target], FAILED,
             "does not have the address")


def addresses(tap):
    work = Work()
    hosts = [("0.0.0.0", ["--listen-any"])]
    if os.path.exists("/proc/net/if_inet6"):
        hosts += [("::1", []), ("::", ["--listen-any"])]
    for host, more in hosts:
        tool = Exporter([*more, "-p", work.pid], host)
        tap.ok(tool.scrape().series > 10, f"it listens at {host}")
        tool.signal(signal.SIGINT)
        tap.ok(tool.wait() == 0, "Ctrl-C ends it", tool.stderr)
    work.kill()


def named(tap):
    """A service goes on while its targets come and go."""
    program = os.path.join(live.scratch(), f"metrics{os.getpid()}")
    shutil.copy(shutil.which("sleep"), program)
    name = os.path.basename(program)
    tool = Exporter([f"--name=^{name}$"])

    def processes():
        return tool.scrape().value("smbsysacct_processes")

    tap.ok(processes() == 0, "nothing of that name runs")
    before = None
    for _ in range(2):
        sleeper = live.Process([program, "1000"])
        live.until(lambda: processes() == 1, live.DEADLINE, "the first")
        sleeper.kill()
        live.until(lambda: processes() == 0, live.DEADLINE, "its end")
        now = tool.scrape()
        tap.ok(not before or not fallen(before, now),
               "no counter falls with a process", before and
               fallen(before, now))
        before = now
    tap.ok(tool.poll() is None, "it goes on without them")
    tool.signal(signal.SIGINT)
    tap.ok(tool.wait() == 0, "Ctrl-C ends it", tool.stderr)


def by_process(tap):
    works = [Work(), Work()]
    tool = Exporter(["--by=process,syscall", "-p",
                     ",".join(str(work.pid) for work in works)])
    works[0].do(5, 0)
    works[1].do(0, 6)

    def value(work, call):
        for labels, number in tool.scrape().values[
                "smbsysacct_syscall_calls_total"].items():
            labels = dict(labels)
            if (labels["pid"], labels["syscall"]) == (str(work.pid), call):
                return number
        return 0

    live.until(lambda: value(works[0], GOOD) == 5 and
               value(works[1], BAD) == 6, live.DEADLINE, "both counts")
    tap.ok(value(works[0], BAD) == value(works[1], GOOD) == 0,
           "each process has its own")
    tool.signal(signal.SIGINT)
    tool.wait()
    for work in works:
        work.kill()


EXAMPLES = os.path.join(live.SRCDIR, "contrib/metrics")


def examples(tap):
    """SMB2 requests, and that whatever examples name is to be had."""
    fake = fakesmb.Fake()
    tool = Exporter(["--smb", "-p", fake.pid])
    fake.say("p2 d 0 5 1 1 p3 e 0 0xc0000034 p1 ) p1 r")
    fake.say("p2 d 0 5 2 1 p3 e 0 0 p1 ) p1 r")
    fake.say("d 1 14 3 1 e 1 0 ) r")
    fake.settle()

    def requests(what):
        values = metrics.values.get(f"smbsysacct_smb2_{what}_total", {})
        return {dict(labels)["operation"]: number
                for labels, number in values.items() if number}

    def arrived():
        nonlocal metrics
        metrics = tool.scrape()
        return sum(requests("requests").values()) >= 3

    metrics = tool.scrape()
    live.until(arrived, live.DEADLINE, "three requests")
    tap.ok(requests("requests") == {"create": 2, "find": 1} and
           requests("errors") == {"create": 1},
           "SMB2 requests, as Samba calls them", requests("requests"),
           requests("errors"))
    tap.ok(metrics.value("smbsysacct_smb2_duration_seconds_count",
                         operation="create") == 2, "and their histogram")
    known = set(tool.scrape(plain=True).values)
    for name in ("rules.yml", "alerts.yml", "grafana.json"):
        with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
            text = file.read()
        # Names with colons are of rules.
        named = set(re.findall(r"(?<![\w:])smbsysacct_\w+(?![\w:])", text))
        tap.ok(len(named) > 3 and not named - known,
               f"all metrics that {name} names are to be had",
               named - known)
    with open(os.path.join(EXAMPLES, "grafana.json"),
              encoding="utf-8") as file:
        board = json.load(file)
    tap.ok(len({panel["id"] for panel in board["panels"]}) ==
           len(board["panels"]) == 10, "the dashboard is one")
    tool.signal(signal.SIGINT)
    tool.wait()
    fake.kill()


def reports(tap):
    """The format without a server, and of a command; and at the end of it."""
    path = os.path.join(live.scratch(), "report")
    tool = Exporter(["-o", path, live.MIX, "sleep", "0.2"],
                    stdin=subprocess.PIPE)
    tool.popen.stdin.write(b"go\n")
    status = tool.wait()
    with open(path, encoding="utf-8") as file:
        metrics = Metrics(file.read())
    tap.ok(status == 0 and metrics.series > 10,
           "of a command, with a report at its end", status, tool.stderr)
    work = Work()
    for collector, right in (("bpf", "true"), ("proc", "false")):
        tool = live.Tool([f"--collector={collector}", "-p", work.pid,
                          "--format=openmetrics", "--seconds=0.3"])
        tap.ok(tool.wait() == 0, f"{collector}: exit status 0", tool.stderr)
        metrics = Metrics(tool.stdout)
        tap.ok(metrics.value("smbsysacct_collector_info", name=collector,
                             exact=right) == 1 and metrics.value(
            "smbsysacct_measure_info", measure="blocked_seconds",
            exact=right) == 1, f"{collector}: what is exact is told",
               metrics.text[:2000])
    tool = live.Tool(["-p", work.pid, "--format=openmetrics", "-d", "1"])
    tap.ok(tool.wait() == USAGE and "--seconds" in tool.stderr,
           "one file has no second report", tool.status, tool.stderr)
    work.kill()


def main(tap):
    live.need_bpf()
    openmetrics.need_listen()
    parts = live.chosen([refusals, exact, server, addresses, named,
                         by_process, examples, reports])
    for part in parts:
        part(tap)


live.run(main)
