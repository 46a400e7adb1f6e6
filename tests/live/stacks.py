#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who makes the calls: shares of three places that a program knows itself,
with and without frame pointers; sums equal to the table without stacks."""

import os
import shutil
import subprocess

import launched
import live

SITES = ("site_a", "site_b", "site_c")


class Worker(live.Process):
    """Says that it is ready, works from go() on, prints what it did."""

    def __init__(self, argv):
        super().__init__(list(map(str, argv)), stdin=subprocess.PIPE)
        live.until(lambda: "ready" in self.stdout, live.DEADLINE,
                   f"{argv[0]} to begin")

    def go(self):
        self.popen.stdin.write(b"\n")
        self.popen.stdin.close()

    def truth(self):
        return {line.split()[0]: list(map(int, line.split()[1:]))
                for line in self.stdout.splitlines()[1:]}


def accounted(argv, args, by="stack,syscall"):
    """(report, truth) of a worker from its go() to its end."""
    worker = Worker(argv)
    tool = live.Tool(["--collector=bpf", "-p", worker.pid, "--format=json",
                      f"--by={by}", *args])
    tool.attached()
    worker.go()
    worker.wait()
    if tool.wait():
        raise live.Fault(tool.stderr)
    return tool.reports()[-1], worker.truth()


def rows_of(report, syscall):
    return [row for row in report["rows"] if row.get("syscall") == syscall]


def total(rows, measure):
    return sum(row.get(measure, 0) for row in rows)


def by_site(rows, measure):
    """The innermost is what the compiler has put into the site, if any."""
    sums = {}
    for row in rows:
        site = next((site for site in SITES if site in row["stack"]),
                    row["stack"])
        sums[site] = sums.get(site, 0) + row.get(measure, 0)
    return sums


def off(rows, measure, truth):
    """By how much the worst site's share is off."""
    ours = by_site(rows, measure)
    whole = total(rows, measure) or 1
    real = sum(truth.values())
    return max(abs(ours.get(site, 0) / whole - n / real)
               for site, n in truth.items())


@live.timed
def shares(tap, program, name, args, bound, reads=1500000, sleeps=400):
    report, truth = accounted([program, reads, sleeps], args)
    reads_of = {site: truth[site][0] for site in SITES}
    slept = {site: truth[site][1] for site in SITES}
    rows = rows_of(report, "pread64")
    worst = off(rows, "calls", reads_of)
    tap.ok(worst <= bound, f"{name}: shares of calls within {bound:.0%}",
           f"{worst:.2%}", by_site(rows, "calls"), reads_of)
    tap.ok(total(rows, "calls") == sum(reads_of.values()),
           f"{name}: {total(rows, 'calls')} calls by all, to the call",
           sum(reads_of.values()))
    rows = rows_of(report, "clock_nanosleep")
    worst = off(rows, "wall_ns", slept)
    tap.ok(worst <= bound, f"{name}: shares of time asleep within {bound:.0%}",
           f"{worst:.2%}", by_site(rows, "wall_ns"), slept)
    tap.ok(total(rows, "calls") == 3 * sleeps,
           f"{name}: sleeps by all, to the call", total(rows, "calls"))
    return report


def in_c(tap):
    pointers = launched.work("sites-fp")
    none = launched.work("sites-nofp")
    report = shares(tap, pointers, "frame pointers", [], 0.01)
    exact = [row for row in rows_of(report, "pread64")
             if "max_ns" in row]
    tap.ok(len(exact) >= 3, "frame pointers are found out to be there",
           *report["rows"][:4])
    shares(tap, pointers, "frame pointers, as told", ["--unwind=fp"], 0.01)
    shares(tap, pointers, "frame pointers, not to be used",
           ["--unwind=dwarf"], 0.03)
    report = shares(tap, none, "no frame pointers", [], 0.03)
    tap.ok(all("calls" in row["estimated"]
               for row in rows_of(report, "pread64")
               if "main" in row["stack"]),
           "no frame pointers: marked as estimates", *report["rows"][:4])


@live.timed
def whole_stacks(tap):
    """From main() to libc's function, outermost first."""
    for program in ("sites-fp", "sites-nofp"):
        report, _ = accounted([launched.work(program), 100000, 0], [])
        rows = rows_of(report, "pread64")
        sums = {}
        for row in rows:
            frames = row["stack"].split(";")
            if "main" in frames:
                path = tuple(frames[frames.index("main"):][:3])
                sums[path] = sums.get(path, 0) + row["calls"]
        wanted = {("main", "run", site) for site in SITES}
        got = sum(sums.get(path, 0) for path in wanted)
        tap.ok(got > 0.97 * total(rows, "calls"),
               f"{program}: stacks from main() on: "
               f"{got / total(rows, 'calls'):.1%}", sums)


OTHERS = {
    "C++": ("g++", ".cc", ["-O2", "-fomit-frame-pointer"], r"""
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
#define SITE(name, n) __attribute__((noinline)) void name(int fd) \
    { char c; if (pread(fd, &c, 1, 0) == 1) n++; asm volatile(""); }
namespace work {
    long na, nb, nc;
    SITE(site_a, na) SITE(site_b, nb) SITE(site_c, nc)
}
int main(int argc, char **argv)
{
    int fd = open(argv[0], O_RDONLY);
    puts("ready"); fflush(stdout); getchar();
    for (long i = 0; i < atol(argv[1]); i++)
        (i % 10 < 7 ? work::site_a : i % 10 < 9 ? work::site_b :
         work::site_c)(fd);
    printf("site_a %ld\nsite_b %ld\nsite_c %ld\n", work::na, work::nb,
           work::nc);
}
"""),
    "Rust": ("rustc", ".rs", ["-O"], r"""
use std::os::unix::fs::FileExt;
use std::io::Write;
macro_rules! site { ($name:ident) => {
    #[inline(never)]
    fn $name(f: &std::fs::File, n: &mut u64) {
        let mut b = [0u8; 1];
        if f.read_at(&mut b, 0).unwrap() == 1 { *n += 1; }
        std::hint::black_box(n);
    } } }
site!(site_a); site!(site_b); site!(site_c);
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let f = std::fs::File::open(&args[0]).unwrap();
    println!("ready"); std::io::stdout().flush().unwrap();
    let mut s = String::new(); std::io::stdin().read_line(&mut s).unwrap();
    let (mut a, mut b, mut c) = (0, 0, 0);
    for i in 0..args[1].parse::<u64>().unwrap() {
        match i % 10 { 0..=6 => site_a(&f, &mut a),
                       7..=8 => site_b(&f, &mut b),
                       _ => site_c(&f, &mut c) }
    }
    println!("site_a {a}\nsite_b {b}\nsite_c {c}");
}
"""),
}


@live.timed
def other_languages(tap):
    for name, (compiler, suffix, flags, text) in OTHERS.items():
        if not shutil.which(compiler):
            tap.note(f"{name}: there is no {compiler}")
            continue
        folder = live.scratch()
        source = os.path.join(folder, "work" + suffix)
        program = os.path.join(folder, "work")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run([compiler, *flags, source, "-o", program], check=True)
        report, truth = accounted([program, 1500000], [])
        rows = rows_of(report, "pread64")
        worst = off(rows, "calls", {k: v[0] for k, v in truth.items()})
        tap.ok(worst <= 0.03, f"{name}: shares of calls within 3%",
               f"{worst:.2%}", by_site(rows, "calls"), truth)


def too_many(tap):
    report, truth = accounted([launched.work("deep"), 17],
                              ["--unwind=fp"])
    rows = rows_of(report, "getppid")
    tap.ok(total(rows, "calls") == truth["getppid"][0],
           f"{truth['getppid'][0]} stacks: calls are equal to the call",
           total(rows, "calls"))
    lost = report["loss"]["stacks_refused"]
    tap.ok(len(rows) > 10000 and lost >= truth["getppid"][0] - len(rows),
           f"{len(rows)} of them are kept, and the others counted: {lost}")


def asleep(tap):
    """A process that stays in one call throughout: where that is."""
    for program in ("sites-fp", "sites-nofp"):
        worker = Worker([launched.work(program), 1, 0])
        tool = live.Tool(["--collector=bpf", "-p", worker.pid,
                          "--format=json", "--by=stack,syscall,reason",
                          "--seconds=0.5"])
        tool.wait()
        worker.kill()
        rows = tool.reports()[-1]["rows"]
        waits = [row for row in rows if row["blocked_ns"] > 0]
        tap.ok(waits and all("main" in row["stack"]
                             and row["syscall"] == "read"
                             and row["reason"] == "pipe" for row in waits),
               f"{program}: a call that does not end has its stack", *rows)


def together(tap):
    """All that can be known of calls, at once."""
    dims = "thread,syscall,errno,stack,caller,reason,waker,fd,file,peer"
    run = launched.Launched(["--collector=bpf", "-q", f"--by={dims}"],
                            [launched.work("once")])
    plain = launched.Launched(["--collector=bpf", "-q"],
                              [launched.work("once")])
    counts = {}
    for row in run.report["rows"]:
        if row.get("calls"):
            counts[row["syscall"]] = (counts.get(row["syscall"], 0)
                                      + row["calls"])
    wanted = {call: n for call, n in plain.counts().items() if n}
    tap.ok(counts == wanted, f"by {dims}: {sum(counts.values())} calls, "
           "to the call", counts, wanted)


def forks(tap):
    """Programs that end before anybody looks."""
    run = launched.Launched(
        ["--collector=bpf", "-q", "--by=caller,syscall"],
        ["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do ls / >/dev/null; done"])
    counts = {}
    for row in run.report["rows"]:
        if row.get("calls"):
            counts[row["syscall"]] = (counts.get(row["syscall"], 0)
                                      + row["calls"])
    plain = launched.Launched(
        ["--collector=bpf", "-q"],
        ["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do ls / >/dev/null; done"])
    both = {call: n for call, n in plain.counts().items() if n}
    tap.ok({call: counts.get(call) for call in both} == both,
           "short programs: all calls, to the call", counts, both)


def main(tap):
    live.need_bpf()
    for test in live.chosen([in_c, whole_stacks, other_languages, too_many,
                             asleep, together, forks]):
        test(tap)


live.run(main)
