# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a kernel in qemu and hands on the results of the tests in there.

Without KVM, which is not everywhere: a guest that is slow is slow everywhere,
and needs no privileges. A guest has two processors, which take turns in one
thread: with a thread each qemu 7.2 was seen to leave one of them in a loop for
ever, after the kernel had changed its own code, and on a busy host they wait
for one another most of the time. So that two guests run at a time instead.
"""

import json
import os
import re
import select
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "live"))

import image    # noqa: E402
import kernel   # noqa: E402
import live     # noqa: E402

# Where things are in the guest.
SRC, BUILD = "/src", "/build"

# How many times slower it is than a machine: deadlines are longer by that.
SLOW = 10

# What the tests call by name.
PROGRAMS = """sh bash bpftool cat chmod chown cp cut env false find getconf
    grep head id kill ls mkdir mount mv rm sed seq setpriv setsid sha256sum
    sleep sort strace tail tar taskset test timeout touch tr true umount uname
    unshare wc""".split()

# What the kernel says is a failure of its own then.
COMPLAINTS = re.compile(r"Kernel panic|BUG:|Oops|WARNING: CPU|"
                        r"general protection|Call Trace|blocked for more")


class Test:
    """One script to run in the guest, and how long it may take there.

    pinned: to one processor. To wake somebody on another one takes longer,
    which makes most of the time of what is notified. once: it cannot be
    carried out a second time.
    """

    def __init__(self, script, *args, seconds=240, pinned=False, once=False):
        self.script = script
        self.args = args
        self.seconds = seconds
        self.once = once
        self.prefix = ["/usr/bin/taskset", "-c", "1"] if pinned else []
        self.name = os.path.splitext(os.path.basename(script))[0]

    def plan(self):
        return {"name": self.name, "seconds": self.seconds,
                "once": self.once,
                "argv": [*self.prefix, "/usr/bin/python3", "-B",
                         os.path.join(SRC, "tests", self.script),
                         *self.args]}


def make_image(path, tests):
    plan = path + ".plan"
    with open(plan, "w", encoding="utf-8") as file:
        json.dump({"folder": BUILD,
                   "environment": {
                       "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                       "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
                       "HOME": "/root", "TMPDIR": "/tmp",
                       "top_builddir": BUILD, "top_srcdir": SRC,
                       "SMBSYSACCT": BUILD + "/smbsysacct",
                       "SMBSYSACCT_TEST_SLOW": str(SLOW),
                       "SANITIZERS": os.environ.get("SANITIZERS", "")},
                   "tests": [test.plan() for test in tests]}, file)
    work = os.path.join(live.BUILDDIR, "tests/work")
    files = {os.path.join(work, name): f"{BUILD}/tests/work/{name}"
             for name in os.listdir(work)
             if ("." not in name or ".so" in name)
             and os.access(os.path.join(work, name), os.X_OK)
             and os.path.isfile(os.path.join(work, name))}
    files[live.TOOL] = BUILD + "/smbsysacct"
    files[plan] = "/plan.json"
    files[os.path.join(HERE, "guest.py")] = "/init"
    folders = {os.path.join(live.SRCDIR, name): f"{SRC}/{name}"
               for name in ("docs", "src", "tests/live", "tests/vm")}
    image.build(path, PROGRAMS, folders, files)
    os.unlink(plan)


class Guest:
    """qemu, from its start to its end."""

    def __init__(self, vmlinuz, initramfs, parameters, console):
        live.need("qemu-system-x86_64")
        self.console = console
        self.process = live.Process(
            ["qemu-system-x86_64", "-nodefaults", "-no-user-config",
             "-display", "none", "-no-reboot", "-machine", "pc",
             "-accel", "tcg,thread=single", "-cpu", "max", "-smp", "2",
             "-m", "1024", "-kernel", vmlinuz, "-initrd", initramfs,
             "-append", " ".join(["console=ttyS0", "quiet", "panic=-1",
                                  "mitigations=off", "tsc=reliable",
                                  "softlockup_panic=1", "watchdog_thresh=30",
                                  *parameters]),
             "-monitor", f"unix:{console}.monitor,server=on,wait=off",
             "-chardev", f"file,id=console,path={console}",
             "-serial", "chardev:console",
             "-chardev", "stdio,id=results", "-serial", "chardev:results"],
            stdout=subprocess.PIPE)
        self.rest = b""

    def lines(self, deadline):
        """What it says, line by line, until its end or the deadline."""
        pipe = self.process.popen.stdout
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                return
            data = os.read(pipe.fileno(), 65536)
            if not data:
                return
            *whole, self.rest = (self.rest + data).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace").rstrip("\r")

    def said(self):
        """What the kernel had to say."""
        try:
            with open(self.console, encoding="utf-8",
                      errors="replace") as file:
                return file.read().splitlines()
        except OSError:
            return []


class Batch:
    """Results of one guest, handed on test by test: others come between."""

    lock = threading.Lock()

    def __init__(self, tap):
        self.tap = tap
        self.kept = []

    def note(self, text):
        self.kept.append((self.tap.note, text))

    def ok(self, *args):
        self.kept.append((self.tap.ok, *args))

    def skip(self, *args):
        self.kept.append((self.tap.skip, *args))

    def forget(self):
        """What failed is said, and does not count."""
        failed = [args for function, *args in self.kept
                  if function == self.tap.ok and not args[0]]
        if any("to the call" in args[1] for args in failed):
            self.flush()
        self.kept = []
        for _, *remarks in failed:
            self.note("failed at first: " + "; ".join(map(str, remarks)))

    def flush(self):
        with Batch.lock:
            for function, *args in self.kept:
                function(*args)
        self.kept = []


class Reader:
    """Turns the guest's TAP into ours, a test at a time."""

    def __init__(self, tap, prefix):
        self.tap = tap
        self.prefix = prefix
        self.name = None
        self.ended = []
        self.done = False
        self._reset()

    def _reset(self):
        self.count = self.failed = 0
        self.planned = None
        self.bailed = None
        self.skipped = False

    def title(self, text):
        return f"{self.prefix} {self.name}: {text}"

    def line(self, text):
        if text.startswith("@begin "):
            self._reset()
            self.name = text.split()[1]
        elif text.startswith("@failed "):
            self.tap.forget()
        elif text.startswith("@end "):
            _, _, status, seconds = text.split()
            self._end(int(status), seconds)
        elif text == "@done":
            self.done = True
        elif self.name:
            self._result(text)

    def _result(self, text):
        found = re.match(r"(not )?ok \d+ - (.*?)(?: # SKIP (.*))?$", text)
        if found:
            self.count += 1
            self.failed += bool(found[1])
            if found[3] is not None:
                self.tap.skip(self.title(found[2]), found[3])
            else:
                self.tap.ok(not found[1], self.title(found[2]))
        elif re.match(r"1\.\.0 # SKIP ", text):
            self.skipped = True
            self.tap.skip(self.title("all of it"), text[11:])
        elif re.match(r"1\.\.\d+$", text):
            self.planned = int(text[3:])
        elif text.startswith("Bail out!"):
            self.bailed = text
        elif text.strip():
            self.tap.note(text if not text.startswith("# ") else text[2:])

    def _end(self, status, seconds):
        self.tap.note(f"{self.name} took {seconds} s in the guest")
        self.ended.append(self.name)
        good = (self.skipped and status == 77
                or self.planned == self.count > 0
                and status == (1 if self.failed else 0))
        if not good:
            self.tap.ok(False, self.title("it ran to its end"),
                        f"status {status}, {self.count} results of "
                        f"{self.planned}", self.bailed or "")
        self.name = None
        self.tap.flush()


def complaints(guest):
    return [line for line in guest.said() if COMPLAINTS.search(line)]


def boot(tap, kernel_of, tests, parameters, seconds):
    """Boots one guest, runs the tests there, and judges how that went."""
    vmlinuz, prefix = kernel_of
    folder = live.scratch()
    initramfs = os.path.join(folder, "initramfs")
    make_image(initramfs, tests)
    began = time.monotonic()
    guest = Guest(vmlinuz, initramfs, parameters,
                  os.path.join(folder, "console"))
    reader = Reader(tap, prefix)
    for line in guest.lines(began + seconds):
        if line.startswith("@begin ") and not reader.ended:
            tap.note(f"booted in {time.monotonic() - began:.1f} s, an "
                     f"initramfs of {os.path.getsize(initramfs) >> 20} MB")
        reader.line(line)
        if reader.done:
            break
    if reader.done:
        guest.process.wait()
    guest.process.kill()
    tap.note(f"{time.monotonic() - began:.0f} s from power on to the end")
    missing = [test.name for test in tests if test.name not in reader.ended]
    tail = guest.said()[-40:]
    tap.ok(reader.done and not missing,
           f"{prefix}: a guest ran all of {len(tests)} tests to the end",
           f"within {seconds} seconds it did not: {missing}", *tail,
           guest.process.stderr)
    wrong = complaints(guest)
    tap.ok(not wrong, f"{prefix}: its kernel had no complaint", *wrong[:20],
           *tail)
    tap.flush()


def guarded(tap, *args):
    """A guest that cannot be had at all is a failure, not a lack of tests."""
    try:
        boot(tap, *args)
    except (live.Fault, OSError) as why:
        tap.ok(False, "a guest could be booted", why)
        tap.flush()


def run(tap, version, guests, parameters=(), seconds=1300):
    """Boots a guest for each list of tests, all of them at a time.

    parameters: more of the kernel's, as audit=1; seconds: for all of it.
    """
    live.need("qemu-system-x86_64")
    for program in PROGRAMS:
        image.find(program)
    vmlinuz, package = kernel.fetch(version)
    tap.note(package)
    threads = [threading.Thread(target=guarded, daemon=True, args=(
        Batch(tap), (vmlinuz, version), tests, parameters, seconds))
        for tests in guests if tests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
