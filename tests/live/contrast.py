#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--contrast: a command by all ways, and what strace would cost what runs.

What is compared is counts, which are exact, and who is slower than whom;
no time is good or bad by itself.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess

import launched
import live

SCHEMA = os.path.join(live.SRCDIR, "docs", "contrast.schema.json")
CALLS = 20000
LONG = 240 * live.SLOW
# A number that no other process has on its command line.
MARK = f"3{os.getpid():07}"
EXACT = ("bpf", "seccomp -A", "strace -cf")


def validator():
    try:
        import jsonschema
    except ImportError:
        return None
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)


def valid(tap, document, name):
    checker = validator()
    if not checker:
        tap.skip(name, "tool: python3-jsonschema is not installed")
        return
    wrong = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"[:300]
             for e in checker.iter_errors(document)]
    tap.ok(not wrong, name, *wrong[:5])


def folder(name="tmp"):
    path = os.path.join(live.scratch(), name)
    os.mkdir(path)
    os.chmod(path, 0o777)
    return path


class Contrast:
    """One run of it to its end, with its JSON if that was asked for."""

    def __init__(self, args, command=(), user=None, path=None):
        self.tmp = folder()
        env = {**os.environ, "TMPDIR": self.tmp}
        if path:
            env["PATH"] = path
        separator = ["--"] if command else []
        self.tool = live.Tool(["--contrast", *args, *separator, *command],
                              user, env=env)
        self.status = self.tool.wait(LONG)
        self.text = self.tool.stdout
        self.stderr = self.tool.stderr

    @property
    def json(self):
        if self.status:
            raise live.Fault(f"ended with {self.status}: {self.stderr}")
        return json.loads(self.text)

    def ways(self):
        return {way["way"]: way for way in self.json["ways"]}


def ran(ways):
    return {name: way for name, way in ways.items() if "reason" not in way}


def counts_of(document, call):
    for row in document["calls"]:
        if row["syscall"] == call:
            return row["calls"]
    return {}


def exact_ways(tap, ways):
    """Those of the exact ones that run here."""
    for name in EXACT:
        if name not in ran(ways):
            tap.note(f"{name}: {ways[name].get('reason')}")
    return [name for name in EXACT if name in ran(ways)]


@live.timed
def loop(tap):
    run = Contrast(["-r", "3", "--format=json"],
                   [launched.work("loop"), "getppid", str(CALLS)])
    ways = run.ways()
    valid(tap, run.json, "a loop: the JSON is what the schema promises")
    exact = exact_ways(tap, ways)
    tap.ok(all(way["runs"] == 3 and way["comparable"]
               for way in ran(ways).values()),
           "a loop: all ways run three times", ways)
    counted = counts_of(run.json, "getppid")
    tap.ok(exact and all(counted.get(name) == [CALLS, CALLS]
                         for name in exact),
           f"a loop: {', '.join(exact)} count each of {CALLS} calls",
           counted)
    for name in exact:
        tap.ok(not ways[name].get("differing"),
               f"a loop: {name} agrees in each call",
               ways[name].get("differing"))
    tap.ok(all(way["factor_low"] <= way["factor"] <= way["factor_high"]
               for name, way in ran(ways).items() if name != "bare"),
           "a loop: factors lie inside their intervals")
    if "strace -cf" in exact:
        strace = ways["strace -cf"]
        # It is not told where two runs differ by more.
        tap.ok(strace["factor"] > 1
               and strace.get("added_ns_per_call", 0) > 0,
               "a loop: strace makes it slower", strace)
    tap.ok(not os.listdir(run.tmp), "a loop: no file is left",
           os.listdir(run.tmp))


def copy(tap):
    """Into a folder that has it all already: the same calls each time."""
    top = live.scratch()
    source, target = os.path.join(top, "from"), os.path.join(top, "to")
    os.mkdir(source)
    os.mkdir(target)
    for i in range(50):
        with open(os.path.join(source, str(i)), "w",
                  encoding="ascii") as file:
            file.write("x" * 5000)
    command = ["cp", "-r", source + "/.", target]
    launched.Run(command)
    run = Contrast(["-r", "2", "--format=json"], command)
    ways = run.ways()
    for name in exact_ways(tap, ways):
        tap.ok(not ways[name]["differing"],
               f"cp: {name} agrees in each call",
               *[f"{call}: {counts_of(run.json, call)}"
                 for call in ways[name]["differing"]])
    tap.ok(all("factor_low" not in way for way in ways.values()),
           "cp: of two rounds there is no interval")


def texts(tap):
    out = os.path.join(live.scratch(), "out")
    run = Contrast(["-r", "1", "-o", out], ["true"])
    tap.ok(run.status == 0 and not run.text, "-o: nothing goes to stdout",
           run.status, run.stderr, run.text)
    with open(out, encoding="utf-8") as file:
        text = file.read()
    tap.ok(text.startswith("true\n\nway ") and "\nbare " in text
           and "\nproc " in text, "-o: the table is in the file", text)
    tap.ok("round 1 of 1\n" in run.stderr
           and "what it prints goes nowhere\n" in run.stderr
           and "\r" not in run.stderr,
           "progress is in lines where no terminal is", run.stderr)
    run = Contrast(["-r", "1", "-q"], ["sh", "-c", "echo x; echo y >&2; cat"])
    tap.ok(run.status == 0 and not run.stderr, "-q: no messages", run.stderr)
    tap.ok("x\n" not in run.text.splitlines(), "nothing of the command shows",
           run.text)
    tap.ok("not compared: bpftrace" in run.text,
           "what cannot take the command is not compared", run.text)


def on_a_terminal(tap):
    """Standard error is one; it is rewritten in place."""
    master, slave = os.openpty()
    with subprocess.Popen([live.TOOL, "--contrast", "-r", "2", "true"],
                          stdin=subprocess.DEVNULL, stderr=slave,
                          stdout=subprocess.PIPE) as process:
        os.close(slave)
        said = b""
        # Its end is an error, as nobody has the other side any more.
        with contextlib.suppress(OSError):
            while data := os.read(master, 4096):
                said += data
        table = process.stdout.read()
    os.close(master)
    lines = said.decode().split("\r\n")
    tap.ok(process.returncode == 0 and b"\nproc " in table,
           "a terminal: the table comes", process.returncode, lines)
    tap.ok("goes nowhere" in lines[0] and len(lines) == 3
           and not lines[2] and "\rsmbsysacct: round 2 of 2: bare" in lines[1],
           "a terminal: one line is rewritten", *lines)


def statuses(tap):
    run = Contrast(["-r", "1", "--format=json"], ["false"])
    ways = run.ways()
    tap.ok("false fails by itself, with exit status 1" in run.stderr,
           "a command that fails is said to", run.stderr)
    tap.ok(all(way["comparable"] for way in ran(ways).values()),
           "ways by which it fails as alone are compared",
           [way for way in ran(ways).values() if not way["comparable"]])
    # It looks who started it.
    script = os.path.join(live.scratch(), "script")
    with open(script, "w", encoding="ascii") as file:
        file.write("#!/bin/sh\nread comm </proc/$PPID/comm\n"
                   "test $comm != strace\n")
    os.chmod(script, 0o755)
    if shutil.which("strace"):
        run = Contrast(["-r", "3", "--format=json"], [script])
        strace = run.ways()["strace -cf"]
        tap.ok(not strace["comparable"] and "factor" not in strace
               and strace["status"] == 1 and strace["runs"] == 1,
               "a way by which it ends otherwise is not compared", strace)
        tap.ok("it ended otherwise: exit status 1"
               in Contrast(["-r", "1"], [script]).text,
               "and the table says so")
    for command, status in ((["/nowhere/at/all"], 127), (["/"], 126)):
        run = Contrast([], command)
        tap.ok(run.status == status and not run.text
               and len(run.stderr.splitlines()) == 1,
               f"{command[0]}: exit status {status}", run.status, run.stderr)


def marked():
    """Processes that have the mark on their command line."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if MARK.encode() in words:
            found.append(int(pid))
    return found


def waits_for(comms):
    """A command that sleeps when it is started by one of these."""
    script = os.path.join(live.scratch(), "script")
    with open(script, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\nread comm </proc/$PPID/comm\n"
                   f"case $comm in {comms}) exec sleep {MARK};; esac\n")
    os.chmod(script, 0o755)
    return script


def interrupted(tap):
    ways = [("the bare command", "*", signal.SIGINT, 130),
            ("the bare command", "*", signal.SIGTERM, 143),
            ("ours", "exe", signal.SIGINT, 130)]
    if shutil.which("strace"):
        ways.append(("strace", "strace", signal.SIGINT, 130))
    for name, comms, number, status in ways:
        name = f"{name}, {signal.Signals(number).name}"
        tmp = folder()
        tool = live.Tool(["--contrast", "-r", "2", "--", waits_for(comms)],
                         env={**os.environ, "TMPDIR": tmp})
        live.until(marked, live.DEADLINE, "the command to sleep")
        tool.signal(number)
        tap.ok(tool.wait() == status, f"{name}: exit status {status}",
               tool.status, tool.stderr)
        tap.ok(not tool.stdout, f"{name}: no half a table", tool.stdout)
        live.until(lambda: not marked(), live.DEADLINE,
                   "the command to be gone")
        live.until(lambda: not launched.ours(), live.DEADLINE,
                   "our helpers to be gone")
        tap.ok(not os.listdir(tmp), f"{name}: no file is left",
               os.listdir(tmp))


def only(*programs):
    """A PATH with these programs alone."""
    path = live.scratch()
    for program in programs:
        os.symlink(shutil.which(program), os.path.join(path, program))
    return path


def without_others(tap):
    run = Contrast(["-r", "1", "--format=json"], ["true"],
                   path=only("true"))
    ways = run.ways()
    tap.ok(all(ways[name].get("reason") == "not installed" for name in
               ("strace -cf", "perf trace -s", "bpftrace")),
           "what is not installed is said not to be", ways)
    tap.ok(ways["bare"]["runs"] == 1 and ways["proc"]["runs"] == 1,
           "the others are compared all the same", ways)
    path = only("true")
    for program, said in (("perf", "Error: no access\n\n  Hint: none"),
                          ("strace", "some words\nmore words\n"),
                          ("bpftrace", "ERROR: one\nx ERROR: two\n ~~~")):
        name = os.path.join(path, program)
        with open(name, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
        os.chmod(name, 0o755)
    ways = Contrast(["-r", "1", "--format=json"], ["true"],
                    path=path).ways()
    tap.ok([ways[name].get("reason") for name in
            ("perf trace -s", "strace -cf", "bpftrace")] ==
           ["Error: no access", "more words", "x ERROR: two"],
           "what fails says why", ways)
    text = Contrast(["-r", "1"], ["true"], path=only("true")).text
    tap.ok("not compared: strace -cf: not installed\n" in text,
           "the text says so, too", text)


def unprivileged(tap):
    user = launched.default_user()
    run = Contrast(["-r", "1", "--format=json"],
                   [launched.work("loop", user), "getppid", "1000"], user)
    ways = run.ways()
    valid(tap, run.json, "without privileges: the JSON is valid")
    reason = ways["bpf"].get("reason", "")
    tap.ok(reason and not reason.startswith("smbsysacct:")
           and "--collector" not in reason,
           f"without privileges: no bpf, because: {reason}", ways["bpf"])
    counted = counts_of(run.json, "getppid")
    for name in ("seccomp -A", "strace -cf"):
        if name in ran(ways):
            tap.ok(counted.get(name) == [1000, 1000],
                   f"without privileges: {name} counts", counted)
        else:
            tap.skip(f"without privileges: {name}", ways[name]["reason"])


class Looping(live.Process):
    """Something that makes calls until it is killed."""

    def __init__(self, user=None):
        super().__init__([*(live.SETPRIV if user else []),
                          launched.work("loop", user), "getppid",
                          str(10 ** 12)])


def strace_missing(tap, target):
    run = Contrast(["-p", target.pid, "--seconds=0.2", "--format=json"],
                   path=only("true"))
    valid(tap, run.json, "attached, without strace: the JSON is valid")
    tap.ok(run.json.get("reason") == "strace is not installed",
           "attached, without strace: nothing is projected, and it says why",
           run.json)


def attached(tap):
    target = Looping()
    run = Contrast(["--collector=proc", "-p", target.pid, "--seconds=0.2",
                    "--format=json"])
    valid(tap, run.json, "attached by proc: the JSON is valid")
    tap.ok("projected" not in run.json and "calls" not in run.json["measured"]
           and "not counted" in run.json["reason"],
           "attached by proc: nothing is projected, and it says why",
           run.json)
    try:
        live.need_bpf()
        live.need("strace")
    except live.Skip as why:
        tap.skip("attached by bpf", why)
        target.kill()
        return
    run = Contrast(["-p", target.pid, "--seconds=0.5", "--format=json"])
    valid(tap, run.json, "attached by bpf: the JSON is valid")
    measured, reason = run.json["measured"], run.json.get("reason")
    tap.ok(run.json["collector"] == "bpf" and measured["calls"] > 0,
           "attached by bpf: calls are counted", run.json)
    projected = run.json.get("projected")
    if projected:
        added = projected["added_ns_per_call"]
        tap.ok(measured["loop_call_strace_ns"] - measured["loop_call_ns"]
               == added, "attached by bpf: strace is measured on a loop",
               run.json)
        factor = 1 + added * measured["calls"] / measured["interval_ns"]
        tap.ok(abs(projected["factor"] / factor - 1) < 1e-6
               and projected["factor"] > 1,
               "attached by bpf: and projected from the calls", projected)
        text = Contrast(["-p", target.pid, "--seconds=0.2"]).text
        tap.ok(re.search(r"^calls a second +\d+ measured$", text, re.M)
               and re.search(r"^strace -cf would add, ns a call +~\d+ "
                             r"projected$", text, re.M),
               "attached by bpf: each figure says what it is", text)
    else:
        tap.skip("attached by bpf: strace is measured", reason)
    strace_missing(tap, target)
    tool = live.Tool(["--contrast", "-p", target.pid, "--seconds",
                      str(int(LONG))])
    tool.attached()
    tool.signal(signal.SIGINT)
    tap.ok(tool.wait() == 0 and "calls a second" in tool.stdout,
           "attached: Ctrl-C ends it with what there is", tool.status,
           tool.stderr, tool.stdout)
    tap.ok(target.poll() is None, "the target goes on")
    target.kill()


def nobody_there(tap):
    process = live.Process(["true"])
    process.wait()
    run = Contrast(["-p", process.pid])
    tap.ok(run.status == 125 and not run.text
           and len(run.stderr.splitlines()) == 1,
           "attached to nobody: exit status 125 and a sentence", run.status,
           run.stderr, run.text)


def with_capabilities(tap):
    """Of a file, where strace has none: it traces our loop all the same."""
    name = "with a file's capabilities"
    try:
        live.need_bpf()
        for program in ("strace", "setcap", "setpriv"):
            live.need(program)
    except live.Skip as why:
        tap.skip(name, why)
        return
    tool = shutil.copy(live.TOOL, live.scratch())
    os.chmod(tool, 0o755)
    if subprocess.run(["setcap", "cap_bpf,cap_perfmon=ep", tool],
                      check=False, capture_output=True).returncode:
        tap.skip(name, "kernel: the folder's files take no capabilities")
        return
    target = Looping(live.NOBODY)
    run = live.Process([*live.SETPRIV, tool, "--contrast", "--seconds=0.2",
                        "--format=json", "-p", str(target.pid)])
    if run.wait(LONG):
        raise live.Fault(f"{name}: {run.stderr}")
    document = json.loads(run.stdout)
    if document["collector"] != "bpf":
        tap.skip(name, f"by {document['collector']}: {document['notes']}")
    else:
        tap.ok("projected" in document, f"{name}: strace is measured",
               document)
    target.kill()


def main(tap):
    if "json" not in launched.Run([live.TOOL, "--version"]).stdout.split():
        raise live.Skip("build: without jansson")
    for part in live.chosen([loop, copy, texts, on_a_terminal, statuses,
                             interrupted, without_others, unprivileged,
                             attached, nobody_there, with_capabilities]):
        part(tap)


live.run(main)
