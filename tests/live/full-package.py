#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package: built, installed in a clean Debian, used, purged.

The clean Debian is debootstrap's, from the mirror of this machine, on a tmpfs
in a mount namespace of its own. That namespace is held by a process that reads
a pipe of ours: whatever ends this script ends the process, and with it go all
mounts. Nothing is ever deleted below one.
"""

import glob
import json
import os
import re
import subprocess

import live

BUILD_SECONDS = 600
APT_SECONDS = 300

# What dpkg, apt and debconf keep for themselves, and passwd's copies.
KEPT = re.compile(r"""\./(
    var/lib/(dpkg|apt)/.* | var/cache/.* | var/log/.* |
    etc/ld\.so\.cache | etc/(passwd|group|shadow|gshadow)- | etc/\.pwd\.lock
    )$""", re.VERBOSE)

LIST = r"find . -xdev -printf '%p %y %m %u:%g %l\n'"
UNITS = ["smbsysacct.service"]
USERS = ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"]


class Root:
    """A clean Debian; gone with this script."""

    def __init__(self):
        self.path = os.path.join(live.scratch(), "root")
        os.mkdir(self.path)
        self.holder = live.Process(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             'mount -t tmpfs -o mode=0755 none "$1" && echo held >&2 && '
             "exec cat", "sh", self.path], stdin=subprocess.PIPE)
        self.holder.wait_stderr("held")

    def outside(self, argv, seconds=live.DEADLINE):
        """(status, stdout, stderr) of a command that sees the mounts."""
        process = live.Process(
            ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt",
             f"--wdns={self.path}", *argv],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive",
                 **{k: v for k, v in os.environ.items()
                    if k.lower().endswith("_proxy")}})
        process.wait(seconds)
        return process.status, process.stdout, process.stderr

    def inside(self, argv, seconds=live.DEADLINE):
        return self.outside(["chroot", self.path, *argv], seconds)

    def must(self, argv, seconds=live.DEADLINE):
        status, out, err = self.inside(argv, seconds)
        if status:
            raise live.Fault(f"{' '.join(argv)} ended with {status}: "
                             f"{(out + err)[-2000:]}")
        return out

    def apt(self, *argv):
        return self.must(["apt-get", "-q", "-y", "--no-install-recommends",
                          *argv], APT_SECONDS)

    def write(self, name, text, mode="644"):
        status, _, err = self.outside(
            ["sh", "-c", 'printf %s "$2" >"$1" && chmod "$3" "$1"', "sh",
             name, text, mode])
        if status:
            raise live.Fault(err)

    def files(self):
        """What there is, and who there is, but for what apt keeps."""
        out = self.outside(["sh", "-c", LIST])[1]
        found = {line for line in out.splitlines()
                 if not KEPT.match(line.split(" ")[0])}
        if len(found) < 1000:
            raise live.Fault(f"a Debian of {len(found)} files")
        for name in USERS:
            text = self.outside(["cat", name])[1]
            found |= {f"{name}: {line}" for line in text.splitlines()}
        return found


def mirrors():
    """(the archive, its release, lines for sources.list) of this machine."""
    out = subprocess.run(
        ["apt-get", "indextargets", "--format",
         "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages"],
        check=True, capture_output=True, text=True).stdout
    with open("/etc/os-release", encoding="ascii") as file:
        name = re.search(r"^VERSION_CODENAME=(\w+)", file.read(), re.M)[1]
    every = sorted({tuple(line.split()) for line in out.splitlines()})
    ours = [u for u, release, part in every
            if release == name and part == "main"]
    if not ours:
        raise live.Fault(f"apt knows of no archive for {name}")
    lines = [f"deb {u} {release} {part}\n" for u, release, part in every
             if release.startswith(name) and part == "main"]
    return ours[0], name, "".join(lines)


def build(tap):
    """The package, built of the tarball; its unit tests have run elsewhere."""
    out = live.scratch()
    env = {**os.environ, "DEB_BUILD_OPTIONS": "nocheck"}
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        env.pop(name, None)
    script = os.path.join(live.SRCDIR, "contrib/packaging/build-deb.sh")
    process = live.Process(["sh", script, out], env=env)
    process.wait(BUILD_SECONDS)
    said = process.stdout + process.stderr
    tap.ok(process.status == 0, "build-deb.sh builds, and lintian is content",
           said[-3000:])
    debs = glob.glob(out + "/smbsysacct_*.deb")
    for what in ("*.dsc", "*.orig.tar.xz", "*.debian.tar.xz", "*.changes"):
        tap.ok(len(glob.glob(f"{out}/{what}")) == 1, f"it makes one {what}",
               said[-1000:])
    if len(debs) != 1:
        raise live.Fault(f"{len(debs)} packages: {said[-2000:]}")
    return debs[0]


def set_up(root):
    archive, name, sources = mirrors()
    status, out, err = root.outside(
        ["debootstrap", "--variant=minbase", name, root.path, archive],
        APT_SECONDS)
    if status:
        raise live.Fault(f"debootstrap: {(out + err)[-2000:]}")
    root.write("etc/apt/sources.list", sources)
    root.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", "755")
    root.apt("update")


def mount(root, add):
    """What a program needs of a system that runs."""
    script = """
        mount -t proc proc proc && mount -t sysfs sysfs sys &&
        mount -t tracefs tracefs sys/kernel/tracing
        """ if add else "umount sys/kernel/tracing sys proc"
    status, _, err = root.outside(["sh", "-c", script])
    if status:
        raise live.Fault(f"mounts: {err}")


def install(tap, root, deb):
    with open(deb, "rb") as file:
        process = subprocess.run(
            ["nsenter", f"--mount=/proc/{root.holder.pid}/ns/mnt", "sh", "-c",
             'cat >"$1/tmp/p.deb"', "sh", root.path],
            stdin=file, check=False)
    if process.returncode:
        raise live.Fault("the package was not copied")
    root.apt("install", "/tmp/p.deb")
    root.must(["rm", "/tmp/p.deb"])
    status = root.inside(["dpkg-query", "-W", "-f", "${Status}",
                          "smbsysacct"])[1]
    tap.ok(status == "install ok installed",
           "it is installed with what it depends on", status)
    status, out, err = root.inside(["dpkg", "--verify", "smbsysacct"])
    tap.ok(status == 0 and not out, "all its files are as they were packed",
           out, err)


def contents(tap, root):
    files = root.must(["dpkg-query", "-L", "smbsysacct"]).split()
    units = [f"/lib/systemd/system/{name}" for name in UNITS if
             os.path.exists(f"{live.SRCDIR}/contrib/metrics/{name}")]
    for path in ("/usr/bin/smbsysacct", "/usr/sbin/smbsysacct-setcap",
                 "/usr/share/man/man1/smbsysacct.1.gz",
                 "/usr/share/man/man8/smbsysacct-setcap.8.gz",
                 "/usr/share/doc/smbsysacct/copyright",
                 "/usr/share/bash-completion/completions/smbsysacct",
                 "/usr/share/zsh/vendor-completions/_smbsysacct",
                 "/usr/share/fish/vendor_completions.d/smbsysacct.fish",
                 *units):
        tap.ok(path in files and root.inside(["test", "-s", path])[0] == 0,
               f"{path} is there", *files)
    modes = root.must(["stat", "-c", "%a %U:%G", "/usr/bin/smbsysacct"])
    tap.ok(modes == "755 root:root\n",
           "it has no privileges before somebody gives them", modes)
    links = root.must(["find", "/etc", "-name", "smbsysacct*"])
    tap.ok(not links, "no unit is enabled", links)


def used(tap, root):
    status, out, err = root.inside(["smbsysacct", "--version"])
    tap.ok(status == 0 and out.startswith("smbsysacct "), "--version", out,
           err)
    status, out, err = root.inside(["smbsysacct", "--check"])
    tap.ok(status == 0 and "launch: by bpf" in out
           and "attach: by bpf" in out, "--check: bpf attaches and launches",
           out, err)
    for collector in ("seccomp", "bpf"):
        status, out, err = root.inside(
            ["smbsysacct", f"--collector={collector}", "--format=json",
             "-o", "/tmp/report", "sh", "-c", "cat /etc/passwd; exit 3"])
        tap.ok(status == 3 and out.startswith("root:"),
               f"{collector}: a command, its output and its status",
               status, out, err)
        report = json.loads(root.must(["cat", "/tmp/report"]))
        calls = {row["syscall"]: row["calls"] for row in report["rows"]
                 if row.get("calls")}
        tap.ok(calls.get("wait4", 0) + calls.get("waitid", 0) >= 1
               and report["collector"] == collector,
               f"{collector}: its calls are counted", calls)
    root.must(["rm", "/tmp/report"])


class Members:
    """nobody, in the group or not, and a process of root's and of its own."""

    def __init__(self, root, tap):
        self.root = root
        self.tap = tap
        self.targets = {
            "its own": self._target(["setpriv", "--reuid=65534",
                                     "--regid=65534", "--clear-groups"]),
            "root's": self._target([])}

    def _target(self, setpriv):
        return live.Process([*setpriv, "sleep", "1000"])

    def _as_nobody(self, groups, argv):
        # setpriv itself has its capabilities until it is another program,
        # and with them it may run anything.
        return self.root.inside(
            ["setpriv", "--reuid=65534", "--regid=65534",
             f"--groups={groups}" if groups else "--clear-groups",
             "sh", "-c", 'exec "$@"', "sh", *argv])

    def attach(self, groups, whose):
        return self._as_nobody(
            groups, ["smbsysacct", "--collector=bpf", "-b", "--seconds=0.2",
                     "-p", str(self.targets[whose].pid)])

    def group(self):
        line = self.root.must(["getent", "group", "smbsysacct"])
        return line.split(":")[2]

    def given(self, all_users):
        """What the members may, and nobody else."""
        name = "--all-users" if all_users else "own processes"
        groups = self.group()
        for whose in self.targets:
            may = all_users or whose == "its own"
            status, out, err = self.attach(groups, whose)
            self.tap.ok(status == (0 if may else 125)
                        and ("clock_nanosleep" in out) == may,
                        f"{name}: a member {'may' if may else 'may not'} "
                        f"attach to {whose} process", status, out, err)
        status, out, err = self._as_nobody("", ["smbsysacct", "--version"])
        self.tap.ok(status in (126, 127) and not out,
                    f"{name}: who is no member cannot even run it", status,
                    out, err)

    def least(self, caps):
        """Without any of them it does not work."""
        for left in caps:
            some = ",".join(cap for cap in caps if cap != left)
            self.root.must(["setcap", some + "=ep", "/usr/bin/smbsysacct"])
            status = self.attach(self.group(), "root's")[0]
            self.tap.ok(status == 125, f"--all-users: {left} is needed",
                        status)


def setcap(tap, root):
    root.apt("install", "libcap2-bin")
    before = root.must(["smbsysacct-setcap", "--show"])
    tap.ok("capabilities: none" in before, "--show: none at first", before)
    members = Members(root, tap)
    status, out, err = members.attach("", "its own")
    tap.ok(status == 125, "bpf is refused at first", status, out, err)
    root.must(["smbsysacct-setcap"])
    once = root.must(["smbsysacct-setcap", "--show"])
    members.given(False)
    root.must(["smbsysacct-setcap", "--all-users"])
    members.given(True)
    members.least(["cap_bpf", "cap_perfmon", "cap_sys_ptrace"])
    root.must(["smbsysacct-setcap"])
    again = root.must(["smbsysacct-setcap", "--show"])
    tap.ok(once == again and re.search(
        r"capabilities: (cap_bpf|cap_perfmon|,){3}=ep$", once),
           "once more it is the same", once, again)
    for _ in range(2):
        root.must(["smbsysacct-setcap", "--remove"])
    after = root.must(["smbsysacct-setcap", "--show"])
    tap.ok(before == after, "--remove: as before, also twice", before, after)
    tap.ok(root.inside(["getent", "group", "smbsysacct"])[0] == 2,
           "--remove: the group is gone")
    refused(tap, root)
    root.apt("purge", "libcap2-bin")


def refused(tap, root):
    """Where it would open a hole it says so and does nothing."""
    root.must(["cp", "/usr/bin/smbsysacct", "/opt/theirs"])
    root.must(["chown", "nobody", "/opt/theirs"])
    root.must(["install", "-d", "-m", "0777", "/opt/open"])
    root.must(["cp", "/usr/bin/smbsysacct", "/opt/open/it"])
    for path, what in (("/opt/theirs", "belong to root"),
                       ("/opt/open/it", "written by others")):
        status, out, err = root.inside(["smbsysacct-setcap",
                                        f"--program={path}"])
        tap.ok(status == 125 and what in err and not out
               and root.must(["getcap", path]) == "",
               f"a program that does not or can: {what}", status, out, err)
    status, out, err = root.inside(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
         "smbsysacct-setcap"])
    tap.ok(status == 125 and "only root" in err, "only root can", err)
    status, _, err = root.inside(["smbsysacct-setcap", "--group=a b"])
    tap.ok(status == 2 and "a group's name" in err, "an odd group", err)
    root.must(["rm", "-r", "/opt/theirs", "/opt/open"])


def main(tap):
    live.need_bpf()
    for program in ("dpkg-buildpackage", "debootstrap", "lintian"):
        live.need(program)
    deb = build(tap)
    root = Root()
    set_up(root)
    before = root.files()
    install(tap, root, deb)
    contents(tap, root)
    mount(root, True)
    used(tap, root)
    setcap(tap, root)
    mount(root, False)
    root.apt("purge", "smbsysacct")
    root.apt("autoremove", "--purge")
    after = root.files()
    tap.note(f"{len(before)} files and users before")
    tap.ok(before == after, "purged, it leaves nothing behind",
           "\n".join(sorted(before ^ after)[:50]))


live.run(main)
