#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--record and --replay: the same reports, whatever becomes of the file."""

import os
import random
import re
import resource
import signal

import dashwork
import launched
import live
import recordwork

CALLS = live.fewer(20000, 1000)
CUTS = live.fewer(200, 50)
PARTS = 4


def read(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def script(record, times):
    """Makes its calls in parts, each once another interval is recorded."""
    loop = launched.work("loop")
    there = f"$(grep -a -o SBLK {record} 2>/dev/null | wc -l)"
    return ["sh", "-c", "; ".join(
        f"{loop} poll {CALLS} >/dev/null; "
        f"until [ {there} -gt {number} ]; do sleep 0.05; done"
        for number in range(1, times + 1)) + "; exit 7"]


def record(args, times):
    """A command recorded, with its report in a file: their paths, its run."""
    folder = live.scratch()
    paths = [os.path.join(folder, name) for name in ("record", "report")]
    run = launched.Run([live.TOOL, "--collector=bpf",
                        f"--record={paths[0]}", "-o", paths[1], *args,
                        *script(paths[0], times)])
    if not os.path.exists(paths[0]):
        raise live.Fault(f"nothing was recorded: {run.status} {run.stderr}")
    os.chmod(paths[0], 0o644)
    return *paths, run


def json_of(path):
    return [launched.json.loads(line) for line in read(path).splitlines()]


def in_whole(tap):
    path, report, run = record(["--format=json"], 2)
    tap.ok(run.status == 7, "recording leaves the command's status alone",
           run.status, run.stderr)
    [wanted] = json_of(report)
    tap.ok(launched.counts_of(wanted)["poll"] == 2 * CALLS,
           "the live report has each call", launched.counts_of(wanted))
    recordwork.same(tap, "in whole", [wanted],
                    recordwork.replay(path, "--format=json"))
    if live.shutil.which("setpriv"):
        recordwork.same(tap, "by nobody", [wanted],
                        recordwork.replay(path, "--format=json",
                                          user=live.NOBODY))
    return path


def by_interval(tap):
    """The path of what it has recorded."""
    path, report, _ = record(["--format=json", "-d", "0.2"], PARTS)
    wanted = json_of(report)
    tap.ok(len(wanted) == recordwork.blocks(path),
           "with -d, a block for each report", len(wanted),
           recordwork.blocks(path))
    recordwork.same(tap, "by interval", wanted,
                    recordwork.replay(path, "--format=json", "-d", "0.2"))
    recordwork.same(tap, "-n 3", wanted[:3],
                    recordwork.replay(path, "--format=json", "-d", "0.2",
                                      "-n", "3"))
    [whole] = recordwork.reports(recordwork.replay(path, "--format=json"))
    tap.ok(launched.counts_of(whole)["poll"] == PARTS * CALLS and
           whole["interval_ns"] == sum(r["interval_ns"] for r in wanted) and
           whole["cost"]["cpu_ns"] == sum(r["cost"]["cpu_ns"]
                                          for r in wanted),
           "in whole, what the intervals are together",
           launched.counts_of(whole), whole["interval_ns"])
    [half] = recordwork.reports(recordwork.replay(
        path, "--format=json", f"--seconds={wanted[0]['interval_ns'] / 2e9:.6f}"))
    tap.ok(not recordwork.differences(wanted[0], half),
           "--seconds: of the record, in whole intervals",
           *recordwork.differences(wanted[0], half))
    return path


def as_text(tap):
    path, report, _ = record([], 1)
    recordwork.same_text(tap, "text", read(report), recordwork.replay(path))
    path, report, _ = record(["-c", "-w"], 1)
    recordwork.same_text(tap, "-c -w", read(report),
                         recordwork.replay(path, "-c", "-w"))
    path, report, _ = record(["--slowest=9", "-D", "--by=process,syscall"], 1)
    recordwork.same_text(tap, "as it was asked for", read(report),
                         recordwork.replay(path, "-D"))


def other_ways(tap, path):
    """What was not asked for when it was recorded."""
    for args, words in (
            (["--by=errno"], r"errno"), (["-D"], r"\|"),
            (["--by=process,syscall", "-S", "calls", "--rows=3"],
             r" loop +poll$"),
            (["-U", "calls,p99,syscall"], r"p99"), (["-c"], r"usecs/call"),
            (["--by=process"], r"pid process$")):
        run = recordwork.replay(path, *args)
        tap.ok(run.returncode == 0 and re.search(words, run.stdout, re.M),
               f"{' '.join(args)} of a record", run.returncode, run.stderr,
               run.stdout[:500])
    folder = live.scratch()
    for args, words in (
            (["--smb"], "made without --smb"),
            (["--slowest=3"], "made without --slowest"),
            (["--by=stack"], "made without --by=stack"),
            (["-p", "1"], "does not go with --replay"),
            (["true"], "does not go with --replay"),
            (["--record=" + os.path.join(folder, "again")],
             "does not go with --replay")):
        run = recordwork.replay(path, *args)
        tap.ok(run.returncode == 2 and words in run.stderr and
               len(run.stderr.splitlines()) == 1,
               f"{args[0]} of a record: refused, with the reason",
               run.returncode, run.stderr)
    tap.ok(not os.listdir(folder), "and nothing is written")


def killed(tap):
    """What was in the file when it was killed stays; its path."""
    path = os.path.join(live.scratch(), "record")
    target = live.Process([launched.work("many"), "3", "600", "20"])
    tool = live.Tool(["--collector=bpf", "-p", target.pid,
                      "-o", "/dev/null", f"--record={path}"])
    tool.attached()
    live.until(lambda: recordwork.blocks(path) >= 3, live.DEADLINE,
               "three intervals, one a second")
    before = recordwork.blocks(path)
    tool.signal(signal.SIGKILL)
    tool.wait()
    tap.ok(target.poll() is None, "kill -9: the target goes on")
    target.kill()
    run = recordwork.replay(path, "--format=json", "-d", "0.001")
    tap.ok(run.returncode == 0 and
           len(recordwork.reports(run)) >= before,
           "kill -9: all intervals that were over are read", run.returncode,
           run.stderr, before, len(run.stdout.splitlines()))
    tap.ok(os.listdir(os.path.dirname(path)) == ["record"],
           "kill -9: nothing else is left there",
           os.listdir(os.path.dirname(path)))
    return path


def ends_in_words(run, path):
    """A report, or one line that says what is wrong with the file."""
    lines = run.stderr.splitlines()
    if run.returncode == 0:
        return run.stdout and len(lines) <= 1
    return run.returncode == 125 and len(lines) == 1 and path in lines[0]


def cut(tap, path):
    data = read(path, "rb")
    cut_path = os.path.join(live.scratch(), "cut")
    rng = random.Random(1)
    bad, read_on = [], 0
    for _ in range(CUTS):
        size = rng.randrange(len(data))
        with open(cut_path, "wb") as file:
            file.write(data[:size])
        run = recordwork.replay(cut_path, "-c")
        if not ends_in_words(run, cut_path):
            bad.append(f"{size}: {run.returncode} {run.stderr}")
        read_on += run.returncode == 0
    tap.ok(not bad, f"cut at {CUTS} places: read as far as it goes, or told",
           *bad[:5])
    tap.note(f"{read_on} of them had a whole interval")
    with open(cut_path, "wb") as file:
        file.write(data[:-1])
    run = recordwork.replay(cut_path)
    tap.ok(run.returncode == 0 and
           "ends in the middle of a block" in run.stderr and
           "ends in the middle of a block" in run.stdout,
           "a torn one: that is told, and in the report", run.stderr)


def of_others(tap, path):
    """Other versions, damage, and what is no record."""
    data = read(path, "rb")
    other = os.path.join(live.scratch(), "other")
    for name, content, status, words in (
            ("of another format", data.replace(b"record 1", b"record 7", 1),
             125, "format 7"),
            ("no record", b"pid,name\n1,init\n", 125, "no record"),
            ("empty", b"", 125, "no record"),
            ("damaged", data[:-2] + bytes([data[-2] ^ 1])
             + data[-1:], 0, "what precedes it is shown")):
        with open(other, "wb") as file:
            file.write(content)
        run = recordwork.replay(other)
        tap.ok(run.returncode == status and words in run.stderr and
               ends_in_words(run, other), f"{name}: said so",
               run.returncode, run.stderr)
    run = recordwork.replay(os.path.join(os.path.dirname(other), "none"))
    tap.ok(run.returncode == 125 and "No such file" in run.stderr,
           "one that is not there", run.stderr)
    with open(other, "wb") as file:
        file.write(b"a thesis\n")
    run = launched.Run([live.TOOL, f"--record={other}", "-q", "true"])
    tap.ok(run.status == 125 and "is no record" in run.stderr and
           read(other) == "a thesis\n",
           "recording does not overwrite what is no record", run.status,
           run.stderr)


def full(tap):
    """The disk is full: accounting goes on, and the record is whole."""
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE,
                           (6000, resource.RLIM_INFINITY))

    path = os.path.join(live.scratch(), "record")
    target = live.Process([launched.work("many"), "3", "600", "20"])
    tool = live.Tool(["--collector=bpf", "-d", "0.05", "-o", "/dev/null",
                      "-p", target.pid, f"--record={path}"],
                     preexec_fn=limited)
    tool.wait_stderr("ends here: File too large")
    size = os.path.getsize(path)
    tap.ok(tool.poll() is None and target.poll() is None,
           "no room: accounting goes on, and so does the target", tool.stderr)
    tool.signal(signal.SIGINT)
    tap.ok(tool.wait() == 0 and tool.stderr.count("ends here") == 1,
           "no room: it ends well, and told it once", tool.status,
           tool.stderr)
    target.kill()
    run = recordwork.replay(path)
    tap.ok(run.returncode == 0 and not run.stderr and
           size == os.path.getsize(path) <= 6000,
           "no room: what fitted is a whole record", run.returncode,
           run.stderr, size)


def on_the_dashboard(tap, path):
    intervals = recordwork.blocks(path)
    every_call = rf"^ .* {PARTS * CALLS} .* poll$"
    term = dashwork.opened(f"--replay={path}", "--by=syscall", rows=30,
                           cols=120)
    tap.ok(dashwork.on(term), "a record on a terminal: the dashboard")
    tap.ok(term.shows(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  sh -c .*"
                      r"REPLAY 00:\d\d of 00:\d\d 1x"),
           "the header has the record's date, and where it is",
           term.screen())
    tap.ok(term.shows(r"ENDED") and term.status is None,
           "it plays to its end, and stays", term.screen())
    term.keys("C")
    tap.ok(term.shows(every_call), "all since the start: each call",
           term.screen())
    term.keys("p", "[")
    tap.ok(term.shows(lambda text: re.search(r"REPLAY .*PAUSED", text)
                      and not re.search(every_call, text, re.M)),
           "[: back to the first interval, where there was less, and a "
           "pause holds", term.screen())
    term.keys("}", "}")
    tap.ok(term.shows(r"REPLAY \S+ of \S+ 4x"), "}: faster", term.screen())
    term.keys("{")
    tap.ok(term.shows(r"REPLAY \S+ of \S+ 2x"), "{: slower", term.screen())
    steps = 0
    while steps < 100 and "ENDED" not in term.settled():
        term.keys("r")
        steps += 1
    tap.ok(steps >= intervals - 1 and term.shows(r"ENDED") and
           term.shows(every_call), "r: the next interval, to the last",
           steps, intervals, term.screen())
    term.keys("[", "]")
    tap.ok(term.shows(lambda text: "ENDED" in text and
                      re.search(every_call, text, re.M)),
           "[ and ]: back, and on to the end", term.screen())
    term.keys("F9")
    tap.ok(term.shows("nobody is there to be signalled"),
           "a record cannot be signalled", term.screen())
    term.keys("q")
    tap.ok(term.wait() == 0 and
           re.search(rf" {PARTS * CALLS} .* poll$", "\n".join(term.all_lines()),
                     re.M), "q: the report of all", term.screen())
    term.close()


def main(tap):
    live.need_bpf()
    path = in_whole(tap)
    intervals = by_interval(tap)
    as_text(tap)
    other_ways(tap, path)
    torn = killed(tap)
    cut(tap, torn)
    of_others(tap, torn)
    full(tap)
    on_the_dashboard(tap, intervals)


live.run(main)
