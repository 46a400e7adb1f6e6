#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The first process of the guest: mounts, runs the tests, and turns it off.

What is to be run is in /plan.json. On the second serial line there is

    @begin NAME
    what the test prints, TAP
    @end NAME STATUS SECONDS

for each test, and @done at last; the first line is the kernel's. One that fails
ends with @failed, and begins once more: an emulated machine has its moments.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
import termios
import time
import traceback
import tty

LIBC = ctypes.CDLL(None, use_errno=True)
MOUNTS = [("proc", "/proc", "proc", 0), ("sysfs", "/sys", "sysfs", 0),
          ("devtmpfs", "/dev", "devtmpfs", 0),
          ("tmpfs", "/dev/shm", "tmpfs", 0o1777),
          ("tmpfs", "/tmp", "tmpfs", 0o1777),
          ("cgroup2", "/sys/fs/cgroup", "cgroup2", 0),
          ("tracefs", "/sys/kernel/tracing", "tracefs", 0)]
RESTART = 0x01234567
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
TIMED_OUT = 124


def mount(source, target, kind, mode):
    os.makedirs(target, exist_ok=True)
    options = f"mode={mode:o}" if mode else ""
    if LIBC.mount(source.encode(), target.encode(), kind.encode(), 0,
                  options.encode()):
        print(f"mount {target}: {os.strerror(ctypes.get_errno())}",
              flush=True)


def bring_up_loopback():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sH14x", b"lo", IFF_UP))


def open_line(path):
    """The serial line, which is to change nothing of what goes through."""
    line = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    return line


def start(argv, env, line):
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(line, 1)
        os.dup2(line, 2)
        os.execve(argv[0], argv, env)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(99)


def wait_for(pid, seconds):
    """The status of this one; whoever else ends is reaped on the way."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(-1, os.WNOHANG)
        if found == pid:
            return os.waitstatus_to_exitcode(status)
        if found:
            continue
        left = end - time.monotonic()
        if left <= 0:
            return TIMED_OUT
        signal.sigtimedwait({signal.SIGCHLD}, min(left, 1))


def end_all():
    """Nothing of one test is there in the next one."""
    try:
        os.kill(-1, signal.SIGKILL)
        while True:
            os.waitpid(-1, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def run(test, env, line, failed="@end"):
    """failed: how it ends if it does not pass."""
    os.write(line, f"@begin {test['name']}\n".encode())
    began = time.monotonic()
    pid = start(test["argv"], env, line)
    status = wait_for(pid, test["seconds"])
    end_all()
    took = time.monotonic() - began
    end = failed if status == 1 else "@end"
    os.write(line, f"\n{end} {test['name']} {status} {took:.1f}\n".encode())
    return end == "@end"


def main():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    for what in MOUNTS:
        mount(*what)
    bring_up_loopback()
    os.symlink("/proc/self/fd", "/dev/fd")
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        os.symlink(f"/proc/self/fd/{number}", f"/dev/{name}")
    with open("/plan.json", encoding="utf-8") as file:
        plan = json.load(file)
    line = open_line("/dev/ttyS1")
    os.chdir(plan["folder"])
    for test in plan["tests"]:
        if test["once"]:
            run(test, plan["environment"], line)
        elif not run(test, plan["environment"], line, "@failed"):
            run(test, plan["environment"], line)
    os.write(line, b"@done\n")
    # The last bytes have to leave the line before the machine does.
    termios.tcdrain(line)


try:
    main()
except BaseException:
    traceback.print_exc()
    sys.stderr.flush()
finally:
    # Under -no-reboot that is the end of qemu.
    LIBC.reboot(RESTART)
