#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The classes of -e trace=%CLASS against strace's own, call by call."""

import re
import subprocess

import launched
import live

# Where we differ on purpose; data/classes.csv says why.
OURS = {("socketcall", "network")}
# What we have that a strace may be too old, or too new, to know.
NEW = {"cachestat", "fchmodat2", "map_shadow_stack", "mseal", "setxattrat",
       "getxattrat", "listxattrat", "removexattrat", "open_tree_attr",
       "file_getattr", "file_setattr"}


def listed(what):
    run = launched.Run([live.TOOL, f"--list={what}"])
    if run.status:
        raise live.Fault(run.stderr)
    return set(run.stdout.split())


def by_strace(name, *arguments):
    """The calls that strace shows of all that there are."""
    done = subprocess.run(["strace", "-e", f"trace=%{name}",
                           launched.work("allcalls"), *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    return set(re.findall(r"^([a-z_]\w*)\(.*ENOSYS \(", done.stderr, re.M))


def main(tap):
    live.need("strace")
    classes = listed("%class") - {"%wait", "%bytes", "%fd",
                                     "%newfd"}
    tap.ok(len(classes) >= 10, "there are classes", classes)
    # uretprobe and uprobe, 335 and 336, kill who calls them.
    ranges = [("0", "335"), ("337", "451")]
    if launched.Run([launched.work("allcalls"), "0", "1",
                     "compat"]).status == 0:
        ranges.append(("0", "451", "compat"))
    for name in sorted(classes):
        theirs = set().union(*(by_strace(name[1:], *span)
                               for span in ranges))
        theirs = {call for call in theirs if "0x" not in call}
        ours = listed(name)
        wrong = {call for call in ours ^ theirs
                 if (call, name[1:]) not in OURS and call not in NEW}
        # Of other machines' calls only those of this one can be seen.
        tap.ok(not wrong, f"{name}: {len(theirs)} calls as strace has them",
               *(f"{call}: {'ours' if call in ours else 'strace'} alone"
                 for call in sorted(wrong)))


live.run(main)
