#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands in the README are ones that the program understands, and its
files are there."""

import os
import re
import subprocess

import live

STAND_INS = [(r"\$\(pgrep -o \w+\)", "1"), (r"\bPID\b", "1"),
             (r"=N\b", "=1"), (r"\.\.\.", "")]


def commands(text):
    """Those that begin a line of a block, and those within a sentence."""
    blocks = re.findall(r"^ {4}(?:[$#] )?(smbsysacct .*)$", text, re.M)
    spans = [" ".join(span.split()) for span in
             re.findall(r"`(smbsysacct [^`]*)`", text)]
    for command in dict.fromkeys(blocks + spans):
        # Not what is said of it.
        yield re.split(r"\s{2,}#|\s{2,}\|", command)[0].strip()


def main(tap):
    path = os.path.join(live.SRCDIR, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = list(commands(text))
    tap.ok(len(found) > 15, "there are commands in the README", found)
    tool = os.path.dirname(live.TOOL)
    for command in found:
        # An error of the shell, as with a ":" of a prompt, is one, too.
        typed = command
        for pattern, value in STAND_INS:
            typed = re.sub(pattern, value, typed)
        # All options are looked at before the list is shown.
        typed = typed.replace("smbsysacct", "smbsysacct --list=lists", 1)
        ran = subprocess.run(
            ["bash", "-c", typed], check=False, capture_output=True,
            text=True, env={**os.environ,
                            "PATH": tool + ":" + os.environ["PATH"]})
        tap.ok(ran.returncode == 0 and "collectors" in ran.stdout,
               f"understood: {command}", typed, ran.returncode, ran.stderr)
    for name in sorted(set(re.findall(r"\]\(([^):#]+)\)", text))):
        tap.ok(os.path.exists(os.path.join(live.SRCDIR, name)),
               f"the file is there: {name}")


live.run(main)
