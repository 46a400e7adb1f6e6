#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every JSON line is what docs/report.schema.json promises."""

import copy
import json
import os

import launched
import live

SCHEMA = os.path.join(live.SRCDIR, "docs", "report.schema.json")
BY = [None, "syscall", "process", "thread", "process,syscall",
      "thread,syscall", "process,thread,syscall"]
COUNT = 3


def errors(validator, report):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"[:200]
            for e in validator.iter_errors(report)]


def one_grouping(tap, validator, mix, by):
    name = f"--by={by}" if by else "the default"
    tool = live.Tool(["--collector=proc", "-p", mix.target, "--format=json",
                      "-d", "0.5",
                      "-n", COUNT, *([f"--by={by}"] if by else [])])
    status = tool.wait()
    tap.ok(status == 0, f"{name}: exit status 0", status, tool.stderr)
    reports = tool.reports()
    tap.ok(len(reports) == COUNT, f"{name}: {COUNT} reports", len(reports))
    wrong = [e for report in reports for e in errors(validator, report)]
    tap.ok(reports and not wrong, f"{name}: valid", *wrong[:5])
    rows = [row for report in reports for row in report["rows"]]
    if by:
        for dim, key in (("process", "pid"), ("thread", "tid")):
            # "(ended threads)" and the like stand for many.
            missing = [row for row in rows if key not in row
                       and not row.get(dim, "").startswith("(")]
            tap.ok(dim not in by.split(",") or not missing,
                   f"{name}: rows have what they are grouped by, {key}",
                   *missing[:3])
    return reports[-1] if reports else None


def launched_too(tap, validator):
    """A launched command, whose reports have counts."""
    for args in ([], ["-A", "--by=process,thread,syscall"], ["-H"]):
        run = launched.Launched([*args, "-q"], ["sh", "-c", "sleep 0.1"])
        wrong = errors(validator, run.report)
        tap.ok(run.report["rows"] and not wrong,
               f"a launched command, {' '.join(args)}: valid", *wrong[:5])


def attached_too(tap, validator, mix):
    """By bpf, where all measures are."""
    try:
        live.need_bpf()
    except live.Skip as why:
        tap.note(f"bpf: {why}")
        return
    for by in (*BY[1:], "errno"):
        tool = live.Tool(["--collector=bpf", "-p", mix.target, "-n", COUNT,
                          "--format=json", "-d", "0.3", f"--by={by}"])
        tool.wait()
        reports = tool.reports()
        wrong = [e for report in reports for e in errors(validator, report)]
        tap.ok(len(reports) == COUNT and not wrong,
               f"bpf, --by={by}: valid", tool.stderr, *wrong[:5])


def recorded_too(tap, validator, mix):
    path = os.path.join(live.scratch(), "record")
    tool = live.Tool(["--collector=proc", "-p", mix.target, "--seconds=0.5",
                      f"--record={path}"])
    tool.wait()
    tool = live.Tool([f"--replay={path}", "--format=json"])
    tool.wait()
    reports = tool.reports()
    wrong = [e for report in reports for e in errors(validator, report)]
    tap.ok(len(reports) == 1 and "record" in reports[0] and not wrong,
           "a record: valid", tool.stderr, *wrong[:5])


def broken(schema, report):
    """(what was done to it, the report no longer valid)"""
    for key in schema["required"]:
        bad = copy.deepcopy(report)
        del bad[key]
        yield f"without {key}", bad
    for key, value in (("version", []), ("measures", "wall"),
                       ("interval_ns", "1"), ("interval_ns", -1),
                       ("rows", {}), ("loss", 0), ("ledger", None)):
        bad = copy.deepcopy(report)
        bad[key] = value
        yield f"with {key} = {json.dumps(value)}", bad
    for part, key, value in (("ledger", "wall_ns", "much"),
                             ("cost", "cpu_ns", None)):
        bad = copy.deepcopy(report)
        bad[part][key] = value
        yield f"with {part}.{key} = {json.dumps(value)}", bad
    bad = copy.deepcopy(report)
    bad["rows"][0]["blocked_ns"] = "long"
    yield "with a word for a time", bad


def main(tap):
    try:
        import jsonschema
    except ImportError:
        raise live.Skip("python3-jsonschema is not installed") from None
    if not os.path.exists(SCHEMA):
        raise live.Fault(f"there is no {SCHEMA}")
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)

    mix = live.Mix("threads", 4 * live.DEADLINE)
    mix.go()
    report = None
    for by in BY:
        report = one_grouping(tap, validator, mix, by) or report
    if "seccomp" in launched.Run([live.TOOL, "--version"]).stdout.split():
        launched_too(tap, validator)
    attached_too(tap, validator, mix)
    recorded_too(tap, validator, mix)
    if not tap.ok(report and report["rows"], "a report to break"):
        return
    for what, bad in broken(schema, report):
        tap.ok(errors(validator, bad), f"the schema rejects a report {what}")


live.run(main)
