#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each example of the manual that needs no smbd does what it is to show."""

import os
import shutil

import live
import manual

SECONDS = 10 * live.DEADLINE


def extraction(tap):
    page = (".Sh EXAMPLES\nWords.\n.Dl $ smbsysacct true\n.Bd -literal\n"
            "# smbsysacct -q |\n  jq '\\e(.a)\n b'\nout $ put\n.Ed\n"
            ".Sh NEXT\n.Dl $ smbsysacct false\n")
    found = manual.examples(page)
    tap.ok(found == ["smbsysacct true",
                     "smbsysacct -q |\n  jq '\\(.a)\n b'"],
           "examples are found in the page", found)
    for command, what in (("smbsysacct -p $(pidof x)", "$(pidof x)"),
                          ("smbsysacct --check -p 4711", "--check")):
        example = manual.Example(command, {}, 1)
        tap.ok(example.unmapped == [what],
               f"{what} of an example has no stand-in, and that is told",
               example.unmapped)


def main(tap):
    for program in ("jq", "git", "bash"):
        live.need(program)
    extraction(tap)
    live.need_bpf()
    nginx = os.path.join(live.scratch(), "nginx")
    shutil.copy(live.MIX, nginx)
    mix = live.Mix("threads", SECONDS)
    live.MIX = nginx
    other = live.Mix("threads", SECONDS)
    for process in (mix, other):
        process.go()
    manual.judge(tap, lambda command: not manual.needs_smbd(command),
                 {"nginx": other.target}, mix.target)


live.run(main)
