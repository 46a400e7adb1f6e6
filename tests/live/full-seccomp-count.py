#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real work under the seccomp collector as an unprivileged user: a clone of a
repository, and a build of this project with two jobs."""

import os
import shutil
import subprocess

import launched
import live

seccomp_count = __import__("seccomp-count")


def open_to_all(top):
    for where, _, names in os.walk(top):
        os.chmod(where, 0o777)
        for name in names:
            path = os.path.join(where, name)
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode | 0o666)


def clone(tap, user):
    folder = live.scratch()
    repo = os.path.join(folder, "repo")
    os.chmod(folder, 0o777)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org",
           "-C", repo]
    os.mkdir(repo)
    for i in range(20):
        with open(os.path.join(repo, f"file{i}"), "w",
                  encoding="ascii") as file:
            file.write(f"{i}\n" * 1000)
    for args in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *args], check=True, capture_output=True)
    open_to_all(folder)
    to = os.path.join(folder, "clone")
    # The number of random names it tries is by chance.
    seccomp_count.compare(
        tap, "git clone", ["git", "-c", f"safe.directory={repo}", "-c",
                           f"safe.directory={repo}/.git", "clone", "-q",
                           repo, to], user,
        lambda: shutil.rmtree(to, ignore_errors=True), {"getrandom"})


def build(tap, user):
    """Its counts depend on how two jobs meet: output and status count."""
    folder = live.scratch()
    os.chmod(folder, 0o777)
    source = os.path.join(folder, "source")
    shutil.copytree(live.SRCDIR, source, symlinks=True, ignore=shutil
                    .ignore_patterns(".git", "build*", "autom4te.cache"))
    shutil.copytree(os.path.join(live.SRCDIR, "build-aux"),
                    os.path.join(source, "build-aux"))
    where = os.path.join(folder, "build")
    os.mkdir(where)
    open_to_all(folder)
    run = launched.Run(["sh", "-c", f"cd {where} && {source}/configure -q"],
                       user)
    if run.status:
        raise live.Fault(f"configure failed: {run.stderr[-500:]}")
    for args in ([], ["-A"]):
        name = f"make -j2 {' '.join(args)}"
        launched.Run(["make", "-s", "-C", where, "clean"], user)
        run = launched.Launched([*args, "-q", "--by=process"],
                                ["make", "-s", "-C", where, "-j2"], user)
        tap.ok(run.status == 0, f"{name}: exit status 0", run.status,
               run.stderr[-500:])
        version = launched.Run([os.path.join(where, "smbsysacct"),
                                "--version"], user)
        tap.ok("seccomp" in version.stdout, f"{name}: what it built runs",
               version.stdout, version.stderr)
        ledger = run.report["ledger"]
        tap.note(f"{name}: {len(run.report['processes'])} processes, "
                 f"residual "
                 f"{live.percent(ledger['residual_ns'], ledger['wall_ns'])}"
                 f", loss {run.report['loss']}")


def main(tap):
    for program in ("strace", "git", "make", "cc"):
        live.need(program)
    user = launched.default_user()
    clone(tap, user)
    build(tap, user)


live.run(main)
