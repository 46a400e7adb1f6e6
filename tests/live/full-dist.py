#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""make dist: the same commit is the same tarball, byte by byte, whoever makes
it and wherever; all that is in git is in it; and it builds without autotools
and git.

In a checkout two clones are compared; in an unpacked tarball, where there is
no commit, that it makes itself again.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile

import live

MINUTES = 60.0 * live.SLOW

# Left out on purpose.
LEFT_OUT = {".gitignore"}

# What make must not need, once there is a tarball.
MAKERS = ("autoconf", "automake", "aclocal", "autoheader", "autoreconf",
          "git", "m4")


def sh(where, command, env=None, **kw):
    """What it writes to stdout, or a Fault."""
    env = {**os.environ, **(env or {})}
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        env.pop(name, None)
    done = subprocess.run(["sh", "-ec", command], cwd=where, env=env,
                          timeout=4 * MINUTES, capture_output=True,
                          text=True, check=False, **kw)
    if done.returncode:
        raise live.Fault(f"'{command}' ended with {done.returncode}: "
                         f"{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def is_checkout():
    return os.path.exists(os.path.join(live.SRCDIR, ".git"))


def tree(where, umask):
    """A copy of the sources, at another place, with other modes and times."""
    if is_checkout():
        # By its path, so that a clone of somebody else's checkout is allowed.
        sh(where, f"umask {umask}; git -c safe.directory='*' clone -q "
           f"--no-local '{live.SRCDIR}' tree")
        sh(where + "/tree", f"umask {umask}; ./autogen.sh")
    else:
        sh(where, f"umask {umask}; mkdir tree; tar -C '{live.SRCDIR}' "
           "--exclude=./build-check --exclude=./vm-cache -cf - . | "
           "tar -C tree -xf -; chmod -R u+w tree")
        # As it was unpacked: the time of the files is all there is.
        stamp = os.stat(os.path.join(live.SRCDIR, "configure.ac")).st_mtime_ns
        for base, _, names in os.walk(where + "/tree"):
            for name in names:
                os.utime(os.path.join(base, name), ns=(stamp, stamp))
    return where + "/tree"


def tarball(where, umask, env, own=False):
    """The file that make dist makes there."""
    top = tree(where, umask)
    if own and not os.geteuid():
        sh(where, f"chown -R {live.NOBODY}:{live.NOBODY} .")
    user = live.SETPRIV if own and not os.geteuid() else []
    os.mkdir(where + "/build")
    if user:
        os.chown(where + "/build", live.NOBODY, live.NOBODY)
    done = subprocess.run(
        [*user, "sh", "-ec", f"umask {umask}; '{top}/configure' -q; "
         "make -s dist"],
        cwd=where + "/build", timeout=4 * MINUTES, capture_output=True,
        text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": where, **env})
    if done.returncode:
        raise live.Fault(f"make dist: {(done.stdout + done.stderr)[-2000:]}")
    found = [name for name in os.listdir(where + "/build")
             if name.endswith(".tar.xz")]
    if len(found) != 1:
        raise live.Fault(f"make dist made {found}")
    return f"{where}/build/{found[0]}"


def difference(one, other):
    """What a person would want to know."""
    both = []
    for path in (one, other):
        with tarfile.open(path) as tar:
            both.append([(m.name, m.mode, m.mtime, m.uid, m.gid, m.size,
                          hashlib.sha256(tar.extractfile(m).read())
                          .hexdigest() if m.isfile() else "")
                         for m in tar.getmembers()])
    return sorted(set(both[0]) ^ set(both[1]))[:20]


def same(tap, base):
    # A deeper path of another length, another time zone, language,
    # user and umask, and other wishes for xz.
    first = os.path.join(base, "one")
    second = os.path.join(base, "another/place")
    os.makedirs(first)
    os.makedirs(second)
    one = tarball(first, "022", {"TZ": "UTC", "LC_ALL": "C"})
    other = tarball(second, "077",
                    {"TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8",
                     "LANGUAGE": "de", "XZ_OPT": "-0",
                     "XZ_DEFAULTS": "--check=none", "USER": "somebody"},
                    own=True)
    sums = []
    for path in (one, other):
        with open(path, "rb") as file:
            sums.append(hashlib.sha256(file.read()).hexdigest())
    tap.note(f"{os.path.basename(one)}: sha256 {sums[0]}")
    tap.ok(sums[0] == sums[1], "made twice, it is the same",
           *difference(one, other))
    return one


def whole(tap, path):
    with tarfile.open(path) as tar:
        members = tar.getmembers()
        names = {m.name.partition("/")[2] for m in members if m.isfile()}
        odd = [m.name for m in members
               if not (m.isfile() or m.isdir()) or m.uid or m.gid
               or m.mode not in (0o644, 0o755)]
        times = {m.mtime for m in members}
    tap.ok(not odd, "plain files and folders of nobody in particular",
           *odd[:20])
    tap.ok(len(times) == 1, "all of one time", *sorted(times)[:20])
    if is_checkout():
        listed = set(sh(live.SRCDIR, "git -c safe.directory='*' ls-files -z "
                        "--cached").split("\0")) - {""}
        # As they are committed: the clones have no other ones.
        head = set(sh(live.SRCDIR, "git -c safe.directory='*' ls-tree -rz "
                      "--name-only HEAD").split("\0")) - {""}
        missing = sorted((head | (listed & head)) - names - LEFT_OUT)
        tap.ok(not missing, "all that is in git is in it", *missing[:20])
        more = sorted(names - head)
        tap.note("and what the autotools make: " + " ".join(more))
        tap.ok(all("/" not in name or name.startswith("build-aux/")
                   for name in more), "and nothing that a build makes", *more)


def builds(tap, path, base):
    """Without the autotools, whose names end a build that asks for them."""
    where = os.path.join(base, "unpacked")
    traps = os.path.join(base, "traps")
    os.mkdir(where)
    os.mkdir(traps)
    for name in MAKERS:
        with open(os.path.join(traps, name), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho \"$0 was run\" >&2\nexit 1\n")
        os.chmod(file.name, 0o755)
    sh(where, f"tar --strip-components=1 -xf '{path}'")
    shutil.rmtree(os.path.join(base, "one"))
    said = sh(where, "./configure -q CFLAGS=-O0 && make -s -j2 && ./smbsysacct --version",
              {"PATH": traps + ":" + os.environ["PATH"]})
    tap.ok("smbsysacct " in said,
           "it builds in place, without autotools and git", said[-2000:])


def main(tap):
    for program in ("make", "xz", "tar"):
        live.need(program)
    base = live.scratch()
    path = same(tap, base)
    whole(tap, path)
    builds(tap, path, base)


live.run(main)
