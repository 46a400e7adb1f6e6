# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of --record and --replay share."""

import json
import re
import subprocess

import live

BLOCK = b"SBLK"


def replay(path, *args, user=None):
    """The run of a replay; nothing else can be waited for in it."""
    prefix = live.SETPRIV if user else []
    return subprocess.run(
        [*prefix, live.reachable(live.TOOL, user), f"--replay={path}",
         *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, errors="surrogateescape", timeout=10 * live.DEADLINE,
        check=False)


def reports(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


def blocks(path):
    """How many intervals are in a file, as far as it is written now."""
    try:
        with open(path, "rb") as file:
            return max(0, file.read().count(BLOCK) - 1)
    except OSError:
        return 0


def sorted_report(report):
    """Rows that are alike in what they are sorted by have no order."""
    if isinstance(report, dict):
        return {key: sorted_report(value) for key, value in report.items()
                if key != "record"}
    if isinstance(report, list):
        return sorted(map(sorted_report, report), key=json.dumps)
    return report


def differences(live_report, replayed):
    """What is not the same in two reports, by its name."""
    one, other = sorted_report(live_report), sorted_report(replayed)
    return [f"{key}: {str(one.get(key))[:300]}\n{str(other.get(key))[:300]}"
            for key in sorted({*one, *other})
            if one.get(key) != other.get(key)]


def same(tap, name, live_reports, run):
    """All reports of a replay are those that were made live."""
    replayed = reports(run) if not run.returncode else []
    tap.ok(len(replayed) == len(live_reports),
           f"{name}: as many reports", run.returncode, run.stderr,
           len(live_reports), len(replayed))
    wrong = [line for one, other in zip(live_reports, replayed)
             for line in differences(one, other)]
    tap.ok(replayed and not wrong, f"{name}: the same, to the nanosecond",
           *wrong[:5])
    tap.ok(replayed and all(report["record"]["command_line"]
                            for report in replayed),
           f"{name}: and where it comes from", run.stdout[:300])


def same_text(tap, name, text, run):
    """But for the first line, which says that it is a record."""
    head, _, rest = run.stdout.partition("\n")
    tap.ok(re.match(r"record of \S.*, Linux \S+, begun \d{4}-\d\d-\d\d "
                    r"\d\d:\d\d:\d\d UTC by smbsysacct \S+: ", head),
           f"{name}: its first line", head)
    one, other = (sorted(part.splitlines()) for part in (text, rest))
    tap.ok(text and one == other, f"{name}: else the same",
           *[line for line in other if line not in one][:5])
