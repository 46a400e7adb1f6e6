# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's packaged kernel, fetched but not installed, in the build folder."""

import glob
import os
import platform
import re
import shutil
import subprocess

import live

CACHE = os.path.join(live.BUILDDIR, "vm-cache")


def _run(argv, **kw):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, **kw)


def newest(version):
    """The name of the newest package of this version that apt offers."""
    if not shutil.which("apt-get"):
        raise live.Skip("kernel: this one is Debian's, and there is no "
                        "apt-get here to fetch it with")
    names = _run(["apt-cache", "pkgnames", "linux-image-"]).stdout.split()
    if not names:
        raise live.Skip("apt knows of no kernel at all: run apt-get update")
    pattern = re.compile(rf"linux-image-{re.escape(version)}-(\d+)"
                         r"-cloud-amd64")
    found = [(int(match[1]), match[0])
             for match in map(pattern.fullmatch, names) if match]
    if not found:
        raise live.Skip(f"kernel: apt offers no linux-image-{version}-*"
                        "-cloud-amd64 here")
    return max(found)[1]


def fetch(version):
    """(path of the kernel, name of its package)."""
    if platform.machine() != "x86_64":
        raise live.Skip("arch: the kernel for the virtual machine is x86-64's")
    package = newest(version)
    folder = os.path.join(CACHE, package)
    kernels = os.path.join(folder, "boot", "vmlinuz-*")
    if not glob.glob(kernels):
        part = folder + ".part"
        shutil.rmtree(part, ignore_errors=True)
        os.makedirs(part)
        done = _run(["apt-get", "-q", "download", package], cwd=part)
        debs = glob.glob(os.path.join(part, "*.deb"))
        if done.returncode or not debs:
            said = done.stderr.strip().splitlines() or ["without a word"]
            raise live.Skip(f"apt-get download {package} failed: {said[-1]}")
        done = _run(["dpkg-deb", "-x", debs[0], part])
        if done.returncode:
            raise live.Fault(f"dpkg-deb: {done.stderr}")
        os.unlink(debs[0])
        # Modules are most of it, and none is loaded.
        shutil.rmtree(os.path.join(part, "lib"), ignore_errors=True)
        shutil.rmtree(os.path.join(part, "usr"), ignore_errors=True)
        os.rename(part, folder)
    return glob.glob(kernels)[0], package
