#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The live tests on Linux 6.1, as Debian 12 has it, in a virtual machine.

full-6.1.py [WORD...]: those alone that have a word in their names.
"""

import sys

import boot
import live

from boot import Test

# What measures time is left out, as an emulated machine is too slow for the
# bounds, and what is the same on any kernel, as it is slow. A list a guest.
SECCOMP = [
    Test("live/seccomp-abi.py"),
    Test("live/seccomp-launch.py"),
    Test("live/seccomp-count.py", pinned=True),
    Test("live/seccomp-harm.py", "fragile", "setuid", "ends", "listener",
         pinned=True),
    Test("live/seccomp-kill.py", "6", pinned=True),
    Test("live/seccomp-odd.py", "forbidden", "daemons", "killed_at_once",
         "one_after_the_other", pinned=True),
]

OTHERS = [
    Test("vm/older.py"),
    Test("live/join.py", "counts", "killed_joiner", "killed_server"),
    Test("live/bpf-count.py"),
    Test("live/bpf-attach.py"),
    Test("live/bpf-split.py", "stops", "refuses", "operations"),
    Test("live/objects.py", "files", "pairs", "in_flight",
         "strangers"),
    Test("live/reasons.py", "kinds", "attaches"),
    Test("live/stacks.py", "in_c", "too_many", "together"),
    Test("live/slowest.py", "leaves_out", "text", "refusals"),
    Test("live/probe.py", "recursion", "jumps", "pairs", "places",
         "attached"),
    Test("live/smb.py", "plain", "compound", "ctdb", "blind"),
    Test("live/proc-exact.py", "sleep", "waits"),
    Test("live/proc-user.py", "foreigners", "killed", "undumpable"),
    # The last one: no boot is as it was once audit was enabled.
    Test("vm/audit.py", once=True),
]


def main(tap):
    words = sys.argv[1:]
    boot.run(tap, "6.1.0", [
        [test for test in tests
         if not words or any(word in test.name for word in words)]
        for tests in (SECCOMP, OTHERS)])


live.run(main)
