#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The bpf collector on real programs, beside strace on the very same run:
nginx under load, PostgreSQL with pgbench, git, make -j2. A call is counted by
both, or begins or ends where one of them was not there yet or any more."""

import glob
import os
import shutil
import signal
import subprocess
import time

import launched
import live
import real
import smbd


def compare(tap, name, ours, strace, edges, report, aside=()):
    """@edges: so many calls of one kind may be at an edge."""
    wanted = {call for call in {*ours, *strace}
              if ours.get(call) or strace.get(call)}
    wanted -= {"restart_syscall", *aside}
    wrong = {call: (ours.get(call, 0), strace.get(call, 0))
             for call in wanted
             if abs(ours.get(call, 0) - strace.get(call, 0)) > edges}
    equal = sum(ours.get(call) == strace.get(call) for call in wanted)
    calls = sum(strace.values())
    tap.ok(not wrong and calls,
           f"{name}: {calls} calls of {len(wanted)} kinds, {equal} of these "
           f"to the call, the others to {edges}", f"(ours, strace's): {wrong}")
    loss = report["loss"]
    tap.ok(not loss["calls_unaccounted"] and not loss["threads_unaccounted"],
           f"{name}: nothing was lost", loss)
    ledger = report["ledger"]
    tap.note(f"{name}: residual "
             f"{live.percent(ledger['residual_ns'], ledger['wall_ns'])}")


def launch(tap, name, command, edges, **kw):
    """strace and its command under ours; strace's own calls left out."""
    table = os.path.join(live.scratch(), "strace")
    run = launched.Launched(["--collector=bpf", "-q",
                             "--by=process,syscall"],
                            ["strace", "-cf", "-o", table, *command], **kw)
    tap.ok(run.status == 0, f"{name}: status 0", run.stderr[-500:])
    compare(tap, name, launched.counts_of(run.report, {"strace"}),
            launched.strace_table(table), edges, run.report)


def family(pid):
    found = [pid]
    for child in launched.children(pid):
        found += family(child)
    return found


def settled(pid):
    """Its family, once that has been the same for a second."""
    last, since = family(pid), time.monotonic()
    while time.monotonic() < since + 1:
        time.sleep(0.05)
        if family(pid) != last:
            last, since = family(pid), time.monotonic()
    return last


def attach(tap, name, pid, load, edges, aside=()):
    """Ours first and last, strace meanwhile."""
    pids = settled(pid)
    table = os.path.join(live.scratch(), "strace")
    tool = live.Tool(["--collector=bpf", "-p", pid, "--format=json"])
    tool.attached()
    strace = live.Process(["strace", "-cf", "-o", table,
                           *[f"-p{one}" for one in pids]])
    for one in pids:
        strace.wait_stderr(rf"Process {one} attached")
    load()
    strace.signal(signal.SIGINT)
    strace.wait()
    tool.signal(signal.SIGINT)
    tool.wait()
    report = tool.reports()[-1]
    compare(tap, name, launched.counts_of(report),
            launched.strace_table(table), edges, report, aside)


def nginx(tap):
    live.need("nginx")
    server = real.Nginx()

    def load():
        for _ in range(5):
            server.load(400)

    attach(tap, "nginx, 2,000 requests", server.pid, load, 3)
    server.stop()


def postgres(tap):
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or \
        [os.path.dirname(shutil.which("initdb") or "")]
    programs, port = found[-1], smbd.free_port()
    if not os.access(f"{programs}/pgbench", os.X_OK):
        raise live.Skip("PostgreSQL with pgbench is not installed")
    folder = live.scratch()
    os.chown(folder, live.NOBODY, live.NOBODY)
    as_user = [*live.SETPRIV, "env", "PGUSER=nobody", "PGHOST=127.0.0.1",
               f"PGPORT={port}"]
    subprocess.run([*as_user, f"{programs}/initdb", "-D", f"{folder}/data",
                    "-A", "trust"], check=True, capture_output=True)
    server = live.Process([*as_user, f"{programs}/postgres", "-D",
                           f"{folder}/data", "-k", folder, "-p", str(port),
                           "-c", "fsync=off", "-c", "autovacuum=off"])
    server.wait_stderr("ready to accept connections", 60)
    bench = [*as_user, f"{programs}/pgbench", "-q"]
    subprocess.run([*bench, "-i", "postgres"], check=True,
                   capture_output=True)

    def load():
        subprocess.run([*as_user, f"{programs}/pgbench", "-n", "-c", "2",
                        "-t", "300", "postgres"], check=True,
                       capture_output=True)

    # Its helpers wake up by the clock, also at the edges.
    attach(tap, "PostgreSQL, 600 transactions", server.pid, load, 12)
    server.signal(signal.SIGINT)
    server.wait()


def git(tap):
    live.need("git")
    folder = live.scratch()
    env = {**os.environ, "HOME": folder, "GIT_CONFIG_NOSYSTEM": "1",
           "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x",
           "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@x"}
    shutil.copytree(os.path.join(live.SRCDIR, "src"), f"{folder}/one")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run(["git", "-C", f"{folder}/one", *words], check=True,
                       env=env, capture_output=True)
    launch(tap, "git clone", ["git", "clone", "-q", "--no-hardlinks",
                              f"{folder}/one", f"{folder}/two"], 4, env=env)


def make(tap):
    launch(tap, "make -j2", ["make", "-s", "-j2", "-C", real.sources(12),
                             "CC=gcc"], 4)


def main(tap):
    live.need_bpf()
    live.need("strace")
    git(tap)
    make(tap)
    nginx(tap)
    postgres(tap)


live.run(main)
