#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls by all entries of the kernel are named right, and counted."""

import json

import launched
import live


def counts(report):
    return {f"{row['abi']} {row['syscall']}": row["calls"]
            for row in report["rows"] if row.get("calls")}


def main(tap):
    for args in ([], ["-A"]):
        run = launched.Launched([*args, "-q", "--by=syscall"],
                                [launched.work("abis")])
        if run.status == 77:
            raise live.Skip(run.stdout.strip())
        truth = json.loads(run.stdout)
        got = counts(run.report)
        for name, count in truth.items():
            # By default only calls that may wait are counted.
            wanted = count if args or name.endswith(" poll") else None
            tap.ok(got.get(name) == wanted, f"{name} {' '.join(args)}: "
                   f"{wanted} calls", got)


live.run(main)
