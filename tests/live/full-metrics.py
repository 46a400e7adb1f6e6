#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics as they are used: Prometheus scrapes the service of contrib/metrics,
in its sandbox, while smbd works; and a target of 10,000 threads.

Samba's own counters (smbstatus -P) are the judge of what arrives. They are
also put where Samba 4.23 has its endpoint, in its words, for the rules that
join the two. SMBSYSACCT_TEST_METRICS_SECONDS says how long smbd works.
"""

import http.client
import http.server
import json
import os
import re
import signal
import statistics
import subprocess
import threading
import time
import urllib.parse

import live
import openmetrics
import smbd

SECONDS = float(os.environ.get("SMBSYSACCT_TEST_METRICS_SECONDS", "20"))
THREADS = 10000
MAX_SERIES = 6000
EXAMPLES = os.path.join(live.SRCDIR, "contrib/metrics")
UNIT = os.path.join(EXAMPLES, "smbsysacct.service")


def read(name):
    with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
        return file.read()


# --- the unit --------------------------------------------------------------

def settings(*names):
    """{name: [value, ...]} of a unit and of drop-ins, as systemd reads them."""
    found = {}
    for name in names:
        for line in read(name).splitlines():
            key, equals, value = line.partition("=")
            if not equals or line.startswith("#"):
                continue
            if value:
                found.setdefault(key, []).append(value)
            else:
                found.pop(key, None)
    return found


# What ProtectSystem=strict, ProtectHome= and PrivateTmp= make of the file
# systems; the program is put where it can be seen wherever it was built.
SANDBOX = r"""
set -e
mount -t tmpfs none /mnt
cp "$1" /mnt/smbsysacct
shift
while read -r _ path type _; do
    case $path in
    /proc|/proc/*|/sys|/sys/*|/dev|/dev/*) ;;
    *) mount -o remount,bind,ro "$path" 2>/dev/null || true ;;
    esac
done </proc/self/mounts
for path in /proc/sys /sys; do
    mount --bind $path $path
    mount -o remount,bind,ro $path
done
for path in /home /root /run/user; do
    test ! -d $path || mount -t tmpfs -o ro none $path
done
for path in /tmp /var/tmp; do
    mount -t tmpfs none $path
done
cd /
exec "$@"
"""

# MemoryDenyWriteExecute=; kernels before 6.3 do not know it.
DENY = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def in_sandbox(unit):
    """The line that starts it as the unit would, but for the port."""
    bounds = ",".join("+" + word.lower().removeprefix("cap_") for word in
                      unit["CapabilityBoundingSet"][-1].split())
    line = unit["ExecStart"][-1].replace("$$", "$").split()
    if line[0] != "/usr/bin/smbsysacct" or "127.0.0.1:9798" not in line[-1]:
        raise live.Fault(f"what does the unit start? {line}")
    return ["unshare", "--mount", "--propagation=private", "sh", "-c",
            SANDBOX, "sh", live.TOOL, "setpriv", "--no-new-privs",
            f"--bounding-set=-all,{bounds}", "--inh-caps=-all",
            "/usr/bin/python3", "-c", DENY, "/mnt/smbsysacct",
            *line[1:-1]]


class Service(openmetrics.Exporter):
    """The service, without systemd; @more narrows down what it accounts, as
    a test is not alone with its smbd."""

    def __init__(self, unit, *more):
        live.Process.__init__(self, [*in_sandbox(unit), *more,
                                     "--listen=127.0.0.1:0"])
        found = self.wait_stderr(r"metrics are at http://(\S+):(\d+)/")
        self.host, self.port = found[1], int(found[2])


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(re.findall(r"^(\w+):\t(.*)$", file.read(), re.M))


CAPS = {"cap_sys_ptrace": 19, "cap_sys_admin": 21, "cap_perfmon": 38,
        "cap_bpf": 39}


def judge_privileges(tap, name, tool, unit):
    allowed = sum(1 << CAPS[word.lower()]
                  for word in unit["CapabilityBoundingSet"][-1].split())
    status = status_of(tool.pid)
    held = {key: int(status[key], 16) for key in
            ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")}
    tap.ok(held["CapBnd"] == allowed and
           not any(value & ~allowed for value in held.values()) and
           status["NoNewPrivs"] == "1",
           f"{name}: it has no more than the unit gives it", held)


def unit_is_valid(tap):
    live.need("systemd-analyze")
    path = os.path.join(live.scratch(), "smbsysacct.service")
    with open(path, "w", encoding="utf-8") as file:
        file.write(read("smbsysacct.service").replace("/usr/bin/smbsysacct",
                                                      live.TOOL))
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", path],
                         capture_output=True, text=True, check=False)
    tap.ok(run.returncode == 0 and "smbsysacct.service" not in run.stderr,
           "systemd-analyze finds no fault in the unit", run.stderr)


def filtered(tap, unit):
    """The system calls that it makes are those that the unit lets through."""
    live.need("strace")
    log = os.path.join(live.scratch("/dev/shm"), "calls")
    wanted = unit["SystemCallFilter"][-1].split()
    allowed = set(wanted)
    for name in wanted:
        if name.startswith("@"):
            allowed |= expand(name)
    tool = live.Process(
        ["strace", "-f", "-qq", "-e", "signal=none", "-o", log, live.TOOL,
         *unit["ExecStart"][-1].split()[1:-1], "--listen=127.0.0.1:0"])
    found = tool.wait_stderr(r"http://(\S+):(\d+)/")
    connection = http.client.HTTPConnection(found[1], int(found[2]),
                                            timeout=live.DEADLINE)
    connection.request("GET", "/metrics")
    connection.getresponse().read()
    os.killpg(tool.pid, signal.SIGINT)
    tool.wait()
    with open(log, encoding="utf-8", errors="replace") as file:
        made = set(re.findall(r"^\d+ +([a-z_0-9]+)\(", file.read(), re.M))
    tap.ok(len(made) > 20 and not made - allowed,
           "the unit's filter lets its system calls through",
           made - allowed, len(made))


def expand(name):
    """What a set of systemd's stands for."""
    text = subprocess.run(["systemd-analyze", "syscall-filter", name],
                          capture_output=True, text=True, check=True).stdout
    words = {line.strip() for line in text.splitlines()[1:]
             if line.startswith("    ") and not line.strip().startswith("#")}
    return words.union(*(expand(word) for word in words
                         if word.startswith("@")))


# --- Samba's endpoint ------------------------------------------------------

class Endpoint:
    """What Samba counts, as its own endpoint says it."""

    def __init__(self, profile):
        def lines():
            yield "# TYPE smb_smb2_request_inbytes counter"
            yield ("# TYPE smb_smb2_request_duration_microseconds "
                   "histogram")
            for name, value in profile.read().items():
                found = re.fullmatch(r"smb2_(\w+)_count", name)
                if found:
                    labels = f'share="",operation="{found[1]}"'
                    yield (f"smb_smb2_request_inbytes {{ {labels} }} "
                           f"{100 * value}")
                    yield ("smb_smb2_request_duration_microseconds_count "
                           f"{{{labels}}} {value}")

        class Handler(http.server.BaseHTTPRequestHandler):
            """Answers whatever is asked for."""

            def do_GET(self):  # pylint: disable=invalid-name
                """As http.server calls it."""
                body = "".join(line + "\n" for line in lines()).encode()
                try:
                    self.send_response(200)
                    self.send_header("Content-Type",
                                     "text/plain; charset=UTF-8")
                    self.end_headers()
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # Prometheus has been ended.

            def log_message(self, *_args):  # pylint: disable=arguments-differ
                """Nowhere."""

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()


# --- Prometheus ------------------------------------------------------------

class Prometheus(live.Process):
    """With the example's configuration, but for ports and paces."""

    def __init__(self, exporter, endpoint):
        folder = live.scratch()
        config = read("prometheus.yml")
        for old, new in (("127.0.0.1:9798", f"127.0.0.1:{exporter.port}"),
                         ("127.0.0.1:9922", f"127.0.0.1:{endpoint.port}"),
                         ("scrape_interval: 15s", "scrape_interval: 2s\n"
                          "  evaluation_interval: 2s")):
            if config.count(old) != 1:
                raise live.Fault(f"{old} is not in prometheus.yml")
            config = config.replace(old, new)
        for name, text in (("prometheus.yml", config),
                           ("rules.yml", read("rules.yml")),
                           ("alerts.yml", read("alerts.yml"))):
            with open(os.path.join(folder, name), "w",
                      encoding="utf-8") as file:
                file.write(text)
        super().__init__(["prometheus",
                          f"--config.file={folder}/prometheus.yml",
                          f"--storage.tsdb.path={folder}/data",
                          "--web.listen-address=127.0.0.1:0"])
        self.port = int(self.wait_stderr(
            r'msg="Listening on" address=127.0.0.1:(\d+)', 120)[1])

    def ask(self, path, **args):
        """The data of an answer of its API."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=live.DEADLINE)
        connection.request("GET", f"/api/v1/{path}?"
                           + urllib.parse.urlencode(args))
        answer = json.load(connection.getresponse())
        connection.close()
        if answer["status"] == "error" and answer["errorType"] != \
                "unavailable":
            raise live.Fault(f"{path} {args}: {answer['error']}")
        return answer.get("data")

    def query(self, query):
        """{labels without name, host, job and instance: value}."""
        data = self.ask("query", query=query) or {"result": []}
        return {frozenset((key, value) for key, value in
                          one["metric"].items() if key not in
                          ("__name__", "host", "job", "instance")):
                float(one["value"][1]) for one in data["result"]}

    def by(self, label, query):
        """{value of this label: number}, without those that are 0."""
        return {dict(labels)[label]: value for labels, value in
                self.query(query).items() if value}


def work(server, until):
    """Copies there and back and away until then; how often."""
    folder = smbd.make_files("work", 40, 10 * 1024)
    top, name = os.path.split(folder)
    rounds = 0
    while not rounds or time.monotonic() < until:
        subprocess.run(
            ["smbclient", "-s", server.conf, "-p", str(server.port),
             "//127.0.0.1/share", "-m", "SMB3", "-N", "-c",
             f"prompt off; recurse on; lcd {top}; mput {name}; ls {name}/*; "
             f"lcd {live.scratch()}; mget {name}; deltree {name}; "
             "rmdir nothing"], capture_output=True, check=False,
            timeout=10 * live.DEADLINE)
        rounds += 1
    return rounds


def same(tap, prometheus, exporter, profile):
    """All has ended: whoever is asked says the same."""
    query = "smbsysacct_smb2_requests_total"

    def theirs():
        return {name[5:-6]: value for name, value in profile.read().items()
                if name.startswith("smb2_") and value}

    def exported():
        return {dict(labels)["operation"]: int(value) for labels, value in
                exporter.scrape().values[query].items() if value}

    def agree():
        return prometheus.by("operation", query) == exported() == theirs()

    try:
        live.until(agree, 2 * live.DEADLINE, "the same counts")
    except live.Fault:
        pass
    tap.ok(agree() and theirs(), "requests by Prometheus, by the exporter "
           "and by Samba are the same", prometheus.by("operation", query),
           exported(), theirs())
    for query in ("smbsysacct_smb2_duration_seconds_count",
                  "smbsysacct_smb2_errors_total"):
        ours = {dict(labels)["operation"]: int(value) for labels, value in
                exporter.scrape().values[query].items() if value}
        tap.ok(prometheus.by("operation", query) == ours,
               f"{query} is the exporter's",
               prometheus.by("operation", query), ours)
    tap.ok(exporter.scrape().value("smbsysacct_lost_total",
                                   kind="requests_unaccounted") == 0,
           "and none is lost")


def never_fall(tap, prometheus):
    names = [name for name in prometheus.ask("label/__name__/values")
             if re.match(r"smbsysacct_.*_(total|bucket|count|sum)$", name)]
    bad = {name: value for name in names for value in
           prometheus.query(f"max(resets({name}[1h]))").values() if value}
    tap.ok(len(names) > 20 and not bad,
           f"no series of {len(names)} counters has ever fallen", bad)


def rules_work(tap, prometheus):
    def rules():
        return [rule for group in prometheus.ask("rules")["groups"]
                for rule in group["rules"]]

    live.until(lambda: all(rule["health"] != "unknown" for rule in rules()),
               2 * live.DEADLINE, "all rules")
    bad = [(rule["name"], rule.get("lastError")) for rule in rules()
           if rule["health"] != "ok"]
    tap.ok(len(rules()) == 19 and not bad, "each rule can be evaluated", bad)
    records = sorted({rule["name"] for rule in rules()
                      if rule["type"] == "recording"})
    for record in records:
        try:
            live.until(lambda name=record: prometheus.query(name),
                       2 * live.DEADLINE, record)
        except live.Fault:
            pass
        tap.ok(prometheus.query(record), f"{record} has values")
    firing = [alert["labels"] for alert in
              prometheus.ask("alerts")["alerts"]
              if alert["labels"]["alertname"] in
              ("SmbsysacctLoses", "SmbsysacctDown")]
    tap.ok(not firing, "no alert that it is down, or loses", firing)


def promtool(tap, exporter):
    _, _, body = exporter.request(headers={"Accept": "text/plain"})
    for args, text in ((["check", "metrics"], body),
                       (["check", "rules", "rules.yml", "alerts.yml"], b""),
                       (["check", "config", "prometheus.yml"], b"")):
        run = subprocess.run(["promtool", *args], input=text, cwd=EXAMPLES,
                             capture_output=True, check=False)
        tap.ok(run.returncode == 0 and not run.stderr,
               f"promtool {' '.join(args[:2])} is clean", run.stdout,
               run.stderr)


def samba(tap):
    for program in ("smbd", "smbclient", "prometheus", "promtool"):
        live.need(program)
    unit = settings("smbsysacct.service")
    server = smbd.Server()
    profile = smbd.Profile(server)
    exporter = Service(unit, "-p", str(server.pid))
    judge_privileges(tap, "the service", exporter, unit)
    profile.control("profile", "flush")
    prometheus = Prometheus(exporter, Endpoint(profile))
    rounds = work(server, time.monotonic() + SECONDS)
    tap.note(f"{rounds} rounds of work in {SECONDS:.0f} seconds or more")
    same(tap, prometheus, exporter, profile)
    rules_work(tap, prometheus)
    never_fall(tap, prometheus)
    took = prometheus.query('scrape_duration_seconds{job="smbsysacct"}')
    tap.note(f"scrapes: {prometheus.query('scrape_samples_scraped')}, the "
             f"last one took {took} seconds, the longest "
             + str(prometheus.query("max(max_over_time("
                                    "scrape_duration_seconds"
                                    '{job="smbsysacct"}[1h]))')))
    promtool(tap, exporter)
    prometheus.kill()
    exporter.signal(signal.SIGTERM)
    tap.ok(exporter.wait() == 0, "SIGTERM ends the service",
           exporter.status, exporter.stderr)
    unit_is_valid(tap)
    filtered(tap, unit)
    server.stop()


def calls_only(tap):
    """The drop-in without CAP_SYS_ADMIN; smbd comes after it."""
    live.need("smbd")
    unit = settings("smbsysacct.service", "calls-only.conf")
    exporter = Service(unit, "--by=process,syscall")
    judge_privileges(tap, "calls alone", exporter, unit)
    server = smbd.Server()

    def calls():
        values = exporter.scrape().values
        return [value for labels, value in
                values.get("smbsysacct_syscall_calls_total", {}).items()
                if ("pid", str(server.pid)) in labels]

    live.until(calls, live.DEADLINE, "calls of an smbd that came later")
    server.stop()
    ended = time.time()
    live.until(lambda: exporter.scrape().value(
        "smbsysacct_data_time_seconds") > ended, live.DEADLINE,
               "values after its end")
    tap.ok(exporter.poll() is None, "calls alone: it goes on without smbd",
           exporter.stderr)
    exporter.signal(signal.SIGTERM)
    tap.ok(exporter.wait() == 0, "calls alone: SIGTERM ends it",
           exporter.stderr)


def threads(tap):
    """So many in one target: the series are as few, and so is the time."""
    mix = live.Mix("idle", 40 * live.DEADLINE, THREADS)
    mix.go()
    exporter = openmetrics.Exporter(["-d", "2", "-p", mix.target])
    times = []
    for _ in range(40):
        began = time.monotonic()
        metrics = exporter.scrape()
        times.append(time.monotonic() - began)
        time.sleep(0.1)
    tap.ok(metrics.value("smbsysacct_threads") == THREADS + 1,
           f"{THREADS} threads and the main one are accounted",
           metrics.value("smbsysacct_threads"))
    tap.ok(metrics.series < MAX_SERIES, f"{metrics.series} series")
    middle = statistics.median(times)
    tap.note(f"scrapes took {1000 * min(times):.1f} to "
             f"{1000 * max(times):.1f} ms, half of them no more than "
             f"{1000 * middle:.1f} ms; the process took "
             f"{metrics.value('smbsysacct_own_cpu_seconds_total'):.2f} s of "
             "CPU in "
             f"{metrics.value('smbsysacct_accounted_seconds_total'):.1f} s")
    # Which is told above; this is for what would make it useless.
    tap.ok(middle < 1, "half of the scrapes took less than a second", times)
    exporter.signal(signal.SIGINT)
    exporter.wait()
    mix.kill()


def main(tap):
    live.need_bpf()
    openmetrics.need_listen()
    for part in live.chosen([samba, calls_only, threads]):
        part(tap)


live.run(main)
