#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--diff: what changed is found, and what did not is not.

Counts are exact. Times are judged by chance, as the tool does: of what is the
same one comparison in twenty may differ, and is made anew here. The figure
itself is for who sets SMBSYSACCT_TEST_TWENTY.
"""

import json
import os

import launched
import live

CALLS = 400
RUNS = 5
TRIES = 5
LONG = 60 * live.SLOW


class Diff:
    """--diff to its end, with its JSON unless it is to be text."""

    def __init__(self, *args, text=False):
        how = [] if text else ["--format=json"]
        self.tool = live.Tool([*how, "--diff", *args])
        self.status = self.tool.wait(LONG)
        self.text = self.tool.stdout
        self.stderr = self.tool.stderr
        self.json = None
        if not text and self.text:
            self.json = json.loads(self.text)

    def differing(self, what):
        """Names of rows in which this differs."""
        return {row["row"] for row in self.json["rows"]
                for c in row["comparisons"]
                if c["differs"] and c["of"] == what}

    def remarks(self):
        if not self.json:
            return self.status, self.stderr, self.text[-2000:]
        return (self.status, self.stderr, self.json["verdict"],
                *[(row["row"], c) for row in self.json["rows"]
                  for c in row["comparisons"] if c["differs"]])


class Side:
    """Runs of a loop, each with a report of its own."""

    def __init__(self, name, how, user, calls):
        self.folder = os.path.join(live.scratch(), name)
        os.mkdir(self.folder)
        os.chmod(self.folder, 0o777)
        self.how, self.user = how, user
        self.command = [launched.work("loop", user), "getppid", str(calls)]
        self.files = []

    def run(self, *args):
        path = os.path.join(self.folder, f"{len(self.files)}")
        tool = live.Tool(["-q", *self.how, *(args or ["--format=json", "-o"]),
                          path, *(["-o", "/dev/null"] if args else []), "--",
                          *self.command], self.user)
        if tool.wait(LONG):
            raise live.Fault(f"{tool.argv}: {tool.status} {tool.stderr}")
        self.files.append(path)

    def __str__(self):
        return ",".join(self.files)

    def whole(self):
        """All of them in one file."""
        path = os.path.join(self.folder, "all")
        with open(path, "w", encoding="utf-8") as out:
            for name in self.files:
                with open(name, encoding="utf-8") as file:
                    out.write(file.read())
        return path


def sides(how, user, *calls):
    """Run in turns, so that both have the same of what else goes on."""
    made = [Side(f"side{n}", how, user, count)
            for n, count in enumerate(calls)]
    for _ in range(RUNS):
        for side in made:
            side.run()
    return made


def comparison(diff, row, of, per):
    found = [c for r in diff.json["rows"] if r["row"] == row
             for c in r["comparisons"] if (c["of"], c["per"]) == (of, per)]
    return found[0] if found else {}


def twice(tap, name, how, user):
    """Twice as many of one call, and of the others as many."""
    one, two = sides(how, user, CALLS, 2 * CALLS)
    diff = Diff(str(one), str(two))
    calls = comparison(diff, "getppid", "calls", "run")
    tap.ok(diff.status == 1 and diff.differing("calls") == {"getppid"}
           and (calls["before"], calls["after"]) == (CALLS, 2 * CALLS)
           and abs(calls["factor"] - 2) < 0.001,
           f"{name}: twice as many calls are found, by name", calls,
           *diff.remarks())
    valid(tap, f"{name}: as its schema says", diff.json)
    back = Diff(two.whole(), one.whole())
    calls = comparison(back, "getppid", "calls", "run")
    tap.ok(back.status == 1 and back.differing("calls") == {"getppid"}
           and abs(calls["factor"] - 0.5) < 0.001,
           f"{name}: and half as many, of a file with all runs", calls,
           *back.remarks())
    text = Diff(str(one), str(two), text=True)
    first = text.text.splitlines()[0]
    tap.ok(text.status == 1 and first.startswith("B ")
           and any(line.split("*")[-1].split() ==
                   ["calls", "per", "run", "getppid"]
                   for line in text.text.splitlines() if "*" in line),
           f"{name}: and told in words", *text.remarks())
    tap.note(first)


def same(tap, name, how, user):
    """The same twice."""
    for _ in range(TRIES):
        diff = Diff(*map(str, sides(how, user, CALLS, CALLS)))
        if diff.differing("calls") or diff.status == 0:
            break
        tap.note(f"{name}: by chance, {diff.json['verdict']}")
    tap.ok(not diff.differing("calls"), f"{name}: the same has the same "
           "counts", *diff.remarks())
    tap.ok(diff.status == 0 and diff.json["differing"] == 0
           and diff.json["tested"] and diff.json["compared"] > 10,
           f"{name}: the same does not differ", *diff.remarks())


def few(tap, how, user):
    """Of one run each nothing is certain."""
    one, two = (Side(f"few{n}", how, user, n * CALLS) for n in (1, 2))
    one.run()
    two.run()
    diff = Diff(str(one), str(two))
    calls = comparison(diff, "getppid", "calls", "run")
    tap.ok(diff.status == 0 and not diff.json["tested"]
           and "say nothing of chance" in diff.json["verdict"]
           and "p" not in calls and abs(calls["factor"] - 2) < 0.001,
           "one run each: factors, and no more", *diff.remarks())
    valid(tap, "one run each: as its schema says", diff.json)


def records(tap, how, user):
    """Records are as good as reports, and can be compared with these."""
    one, two = (Side(f"record{n}", how, user, n * CALLS) for n in (1, 2))
    for _ in range(3):
        one.run()
        two.run("--record")
    diff = Diff(str(one), str(two))
    calls = comparison(diff, "getppid", "calls", "run")
    tap.ok(diff.status == 1 and diff.differing("calls") == {"getppid"}
           and (calls["before"], calls["after"]) == (CALLS, 2 * CALLS),
           "reports with records: twice as many calls", calls,
           *diff.remarks())


def mistakes(tap, how, user):
    side = Side("mistakes", how, user, 1)
    side.run()
    good, = side.files
    side.how = [*how, "--by=process,syscall"]
    side.run()
    other = side.files[-1]
    bad = os.path.join(side.folder, "bad")
    with open(bad, "w", encoding="utf-8") as file:
        file.write("{")
    for name, args, status, words in (
            ("one side", [good], 2, "--diff needs two"),
            ("no file", [good, "/nowhere"], 125, "/nowhere: No such"),
            ("no report", [good, bad], 125, "is no JSON, at its line 1"),
            ("no record", [good, live.TOOL], 125, live.TOOL),
            ("other rows", [good, other], 125, "the same --by"),
            ("a target", [good, good, "-p", "1"], 2, "does not go with"),
            ("a command", [good, good, "true"], 2, "does not go with")):
        diff = Diff(*args, text=True)
        tap.ok(diff.status == status and words in diff.stderr
               and diff.stderr.count("\n") == 1 and not diff.text,
               f"a mistake: {name}", *diff.remarks())


def valid(tap, name, document):
    try:
        import jsonschema
    except ImportError:
        tap.skip(name, "tool: python3-jsonschema is not installed")
        return
    path = os.path.join(live.SRCDIR, "docs", "diff.schema.json")
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    wrong = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"[:300]
             for e in kind(schema).iter_errors(document)]
    tap.ok(not wrong, name, *wrong[:5])


def twenty(tap, name, how, user):
    differing = 0
    for _ in range(20):
        diff = Diff(*map(str, sides(how, user, CALLS, CALLS)))
        differing += diff.status != 0
        if diff.status:
            tap.note(diff.json["verdict"])
    tap.ok(differing <= 1, f"{name}: of 20 times the same {20 - differing} "
           "have no significant difference")


def main(tap):
    if not launched.has_json():
        raise live.Skip("build: without jansson")
    ways = launched.exact_ways()
    for name, (how, user) in ways.items():
        twice(tap, name, how, user)
        same(tap, name, how, user)
        if os.environ.get("SMBSYSACCT_TEST_TWENTY"):
            twenty(tap, name, how, user)
    few(tap, how, user)
    records(tap, how, user)
    mistakes(tap, how, user)


live.run(main)
