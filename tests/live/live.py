# SPDX-License-Identifier: GPL-2.0-or-later
"""What the live tests share: starting a workload and the tool, and TAP.

A test is a script with a function main(tap), handed to run(). Everything
started here ends with the script, however it ends, and every wait has a
deadline. Exit status: 0 passed, 1 failed, 77 skipped, 99 the harness itself.
"""

import functools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
SRCDIR = os.path.dirname(os.path.dirname(HERE))
BUILDDIR = os.environ.get("top_builddir", os.getcwd())
TOOL = os.environ.get("SMBSYSACCT", os.path.join(BUILDDIR, "smbsysacct"))
MIX = os.environ.get("MIX", os.path.join(BUILDDIR, "tests/work/mix"))

NOBODY = 65534
SETPRIV = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
           "--clear-groups"]

# How many times slower than a machine this one is, as an emulated one: it has
# longer deadlines, and less to do.
SLOW = float(os.environ.get("SMBSYSACCT_TEST_SLOW", "1"))

# Nothing here takes long on an idle machine; this is for a loaded one.
DEADLINE = 30.0 * SLOW


class Skip(Exception):
    """The test cannot run here; the text says why."""


class Fault(Exception):
    """Something the test needs went wrong, before anything was judged."""


class Tap:
    """Numbered results on stdout, remarks as comments."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line, flush=True)

    def ok(self, good, name, *remarks):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}",
              flush=True)
        if not good:
            for remark in remarks:
                self.note(remark)
        return bool(good)

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def table(self, head, rows):
        """Columns as wide as they need to be, all but the first one right."""
        cells = [[str(c) for c in row] for row in [head, *rows]]
        widths = [max(map(len, column)) for column in zip(*cells)]
        for row in cells:
            first = row[0].ljust(widths[0])
            rest = [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
            self.note("  ".join([first, *rest]))


class Trial(Tap):
    """Results that are kept until it is known whether they are to be told."""

    def __init__(self):
        super().__init__()
        self.told = []
        self.miscounted = False

    def note(self, text):
        self.told.append((Tap.note, text))

    def ok(self, good, name, *remarks):
        self.failed += not good
        self.miscounted |= not good and "to the call" in name
        self.told.append((Tap.ok, good, name, *remarks))
        return bool(good)

    def skip(self, name, reason):
        self.told.append((Tap.skip, name, reason))

    def tell(self, tap):
        for function, *args in self.told:
            function(tap, *args)

    def tell_failed(self, tap):
        for function, *args in self.told:
            if function is Tap.ok and not args[0]:
                tap.note("disturbed: " + "; ".join(map(str, args[1:])))


class Process:
    """A child in a session of its own, with its stderr read all the time."""

    alive = []

    def __init__(self, argv, stdin=subprocess.DEVNULL, stdout=None, **kw):
        self.argv = argv
        self.status = None
        self.rusage = None
        self.out = None
        if stdout is None:
            self.out = stdout = tempfile.TemporaryFile()
        # Unbuffered: what is waited for with select must not sit in here.
        self.popen = subprocess.Popen(argv, stdin=stdin, stdout=stdout,
                                      stderr=subprocess.PIPE, bufsize=0,
                                      start_new_session=True, **kw)
        self.pid = self.popen.pid
        Process.alive.append(self)
        self._text = b""
        self._more = threading.Condition()
        self._eof = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            data = self.popen.stderr.read(4096)
            with self._more:
                self._text += data or b""
                self._eof = not data
                self._more.notify_all()
                if not data:
                    return

    @property
    def stderr(self):
        with self._more:
            return self._text.decode("utf-8", "surrogateescape")

    @property
    def stdout(self):
        # The child has the same file offset, which is not to be moved.
        size = os.fstat(self.out.fileno()).st_size
        return os.pread(self.out.fileno(), size, 0).decode(
            "utf-8", "surrogateescape")

    def wait_stderr(self, pattern, seconds=DEADLINE):
        """The match of the pattern on stderr, as soon as it is there."""
        regex = re.compile(pattern)
        with self._more:
            self._more.wait_for(
                lambda: regex.search(self._text.decode(errors="replace"))
                or self._eof, seconds)
            found = regex.search(self._text.decode(errors="replace"))
        if not found:
            raise Fault(f"{self.argv[0]} did not say '{pattern}' but: "
                        f"{self.stderr!r}")
        return found

    def poll(self):
        """Its exit status as the shell counts, or None; reaps it."""
        if self.status is None:
            pid, status, rusage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.status = code if code >= 0 else 128 - code
                self.rusage = rusage
                self.popen.returncode = code
                Process.alive.remove(self)
        return self.status

    def wait(self, seconds=DEADLINE):
        until(lambda: self.poll() is not None, seconds,
              f"{self.argv[0]} to end")
        self._reader.join(1)
        return self.status

    def signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        """The end of its whole session, if it has not ended by itself."""
        if self.poll() is None:
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.wait()

    @property
    def cpu_seconds(self):
        return self.rusage.ru_utime + self.rusage.ru_stime


class Mix(Process):
    """The workload: ready when constructed, works from go() to finish()."""

    def __init__(self, mode, seconds, arg=None, user=None):
        argv = [*(SETPRIV if user else []), reachable(MIX, user), mode,
                str(seconds)]
        if arg is not None:
            argv.append(str(arg))
        super().__init__(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.seconds = float(seconds)
        first = self._line(DEADLINE).split()
        # The same number unless setpriv should ever fork.
        if len(first) != 2 or first[0] != "ready":
            raise Fault(f"mix {mode} is not ready: {first} {self.stderr}")
        self.target = int(first[1])

    def _line(self, seconds):
        text = b""
        end = time.monotonic() + seconds
        while not text.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.popen.stdout], [], [],
                                              left)[0]:
                raise Fault(f"{' '.join(self.argv)} says nothing")
            # One by one, as bytes read ahead would be lost on select.
            byte = self.popen.stdout.read(1)
            if not byte:
                raise Fault(f"{' '.join(self.argv)} has ended: {self.stderr}")
            text += byte
        return text.decode()

    def go(self):
        self.popen.stdin.write(b"go\n")

    def finish(self):
        """Its truths, once it has ended and was waited for."""
        truth = json.loads(self._line(self.seconds + DEADLINE))
        if self.wait():
            raise Fault(f"{' '.join(self.argv)} ended with {self.status}: "
                        f"{self.stderr}")
        return truth


class Tool(Process):
    """The program under test, from its command line on."""

    def __init__(self, args, user=None, **kw):
        super().__init__([*(SETPRIV if user else []), reachable(TOOL, user),
                          *map(str, args)], **kw)

    def attached(self):
        """(processes, threads) as it says once it is attached."""
        found = self.wait_stderr(
            r"attached to (\d+) process\S*, (\d+) thread")
        return int(found[1]), int(found[2])

    def reports(self):
        """Those that are whole."""
        return [json.loads(line)
                for line in self.stdout.splitlines(keepends=True)
                if line.endswith("\n")]


class Measured:
    """A workload accounted from its "go" to its end."""

    def __init__(self, mode, seconds, arg=None, tool_args=(), user=None):
        mix = Mix(mode, seconds, arg, user)
        self.tool = Tool(["--collector=proc", "-p", mix.target,
                          "--format=json", *tool_args],
                         user)
        self.attached = self.tool.attached()
        stolen = stolen_ns()
        mix.go()
        self.truth = mix.finish()
        self.stolen_ns = stolen_ns() - stolen
        self.status = self.tool.wait()
        if self.status:
            raise Fault(f"the tool ended with {self.status}: "
                        f"{self.tool.stderr}")
        self.report = self.tool.reports()[-1]


def stolen_ns():
    """What hypervisor and interrupts took from all CPUs since the start.

    Where the kernel accounts it, it is in no thread's CPU time nor in its
    run queue, and explains what a loaded virtual machine leaves unexplained.
    """
    with open("/proc/stat", encoding="ascii") as file:
        fields = file.readline().split()
    return sum(map(int, fields[6:9])) * 10**9 // os.sysconf("SC_CLK_TCK")


def wchan(pid):
    try:
        with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""


def until(condition, seconds, what):
    """Waits for the condition; its true value, or a Fault at the deadline."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Fault(f"waited {seconds} seconds in vain for {what}")
        time.sleep(0.005)


@functools.lru_cache(maxsize=None)
def reachable(program, user):
    """The program, or a copy where an unprivileged user can run it."""
    if not user or subprocess.run([*SETPRIV, "test", "-x", program],
                                  check=False).returncode == 0:
        return program
    copy = os.path.join(scratch(), os.path.basename(program))
    shutil.copy(program, copy)
    os.chmod(copy, 0o755)
    return copy


_scratch = []


def scratch(base=None):
    """A new directory that goes with the script; all may read in it."""
    path = tempfile.mkdtemp(prefix="live-", dir=base)
    os.chmod(path, 0o755)
    _scratch.append(path)
    return path


def need(program):
    if not shutil.which(program):
        raise Skip(f"{program} is not installed")


def need_root():
    if os.geteuid():
        raise Skip("needs to be root")


def need_bpf():
    """The bpf collector, or a reason why not."""
    need_root()
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        raise Skip("kernel: no BTF")
    listed = subprocess.run([TOOL, "--list=collectors"], check=True,
                            capture_output=True, text=True).stdout
    if "built without libbpf" in listed:
        raise Skip("build: without the bpf collector")


def fewer(number, least=1):
    """So many of what shows with any number; less on a slow machine."""
    return max(least, round(number / SLOW))


def chosen(parts):
    """Those functions of a test that its command line names, or all."""
    names = [part.__name__ for part in parts]
    for word in sys.argv[1:]:
        if word not in names:
            raise Fault(f"no part is called {word}: {', '.join(names)}")
    return [part for part in parts if part.__name__ in sys.argv[1:]] or parts


def timed(part):
    """For parts that compare times. What else the machine does can only put
    them apart, and that for a while: so one good go of three will do, and
    what is wrong with the times themselves is so in each of them. Counts
    are not of that kind: what is not "to the call" is not tried again."""
    @functools.wraps(part)
    def repeated(tap, *args, **kw):
        for left in reversed(range(3)):
            trial = Trial()
            ret = part(trial, *args, **kw)
            if not trial.failed or trial.miscounted or not left:
                break
            trial.tell_failed(tap)
            tap.note("once more:")
        trial.tell(tap)
        return ret

    return repeated


def percent(part, whole):
    return f"{100 * part / whole:.2f}%" if whole else "-"


def msec(ns):
    return "-" if ns is None else f"{ns / 1e6:.1f}"


def clean_up():
    for process in list(Process.alive):
        process.kill()
    for path in _scratch:
        shutil.rmtree(path, ignore_errors=True)


def _terminated(number, _frame):
    sys.exit(128 + number)


def run(main):
    """Runs main(tap) and ends the script with the status of its results."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _terminated)
    tap = Tap()
    try:
        for program in (TOOL, MIX):
            if not os.access(program, os.X_OK):
                raise Fault(f"there is no program {program}")
        main(tap)
        print(f"1..{tap.count}", flush=True)
        status = 1 if tap.failed else 0
    except Skip as why:
        # Said twice: plain runs look at the plan, tap.sh at a remark.
        tap.note(why)
        print(f"1..0 # SKIP {why}", flush=True)
        status = 77
    except Fault as why:
        tap.ok(False, "the test could be carried out", why)
        print(f"1..{tap.count}", flush=True)
        status = 1
    except Exception:
        tap.note(traceback.format_exc())
        print("Bail out! the test itself is broken", flush=True)
        status = 99
    finally:
        clean_up()
    sys.exit(status)
