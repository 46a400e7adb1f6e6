# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics: a strict reader of OpenMetrics 1.0 and of Prometheus' older text,
and a client that scrapes them.

What the specification leaves open and this program does not use is an error
here, too: times of samples, exemplars, values that are no decimal numbers.
"""

import http.client
import re

import live

OPEN = ("application/openmetrics-text;version=1.0.0,"
        "text/plain;version=0.0.4;q=0.5")
OPEN_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SUFFIXES = {"counter": ["_total"], "gauge": [""], "info": ["_info"],
            "histogram": ["_bucket", "_count", "_sum"]}
RESERVED = ("_total", "_created", "_info", "_bucket", "_count", "_sum",
            "_gcount", "_gsum")

NAME = r"[a-z][a-z0-9_]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?\d+(?:\.\d+)?)")
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\["\\n])*)"(,|$)')


class Bad(Exception):
    """The text is none, and why."""


def unescape(value):
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value)


def labels_of(text):
    labels, at = {}, 0
    while text and at < len(text):
        found = LABEL.match(text, at)
        if not found or (found[3] and found.end() == len(text)):
            raise Bad(f"no labels: {text}")
        if found[1] in labels:
            raise Bad(f"a label twice: {text}")
        labels[found[1]] = unescape(found[2])
        at = found.end()
    return frozenset(labels.items())


class Metrics:
    """What a text says: families {name: type}, and values
    {sample: {labels: number}}, labels being a frozenset of pairs."""

    def __init__(self, text, plain=False):
        self.plain = plain
        self.text = text
        self.types = {}
        self.units = {}
        self.values = {}
        self._family = None
        self._series = set()
        lines = text.split("\n")
        if lines.pop():
            raise Bad("it does not end with a newline")
        if not plain and (not lines or lines.pop() != "# EOF"):
            raise Bad("it does not end with # EOF")
        for line in lines:
            try:
                if line.startswith("#"):
                    self._comment(line)
                else:
                    self._sample(line)
            except Bad as why:
                raise Bad(f"{why} in {line!r}") from why
        for name, kind in self.types.items():
            if kind == "histogram":
                self._histogram(name)

    def _comment(self, line):
        found = re.fullmatch(rf"# (HELP|TYPE|UNIT) ({NAME}) (.+)", line)
        if not found:
            raise Bad("no comment that is known")
        what, name, rest = found.groups()
        if what == "HELP":
            if name in self.types or name == self._family:
                raise Bad("a family twice")
            self._family = name
        elif name != self._family:
            raise Bad("another family's")
        elif what == "TYPE":
            if name in self.types:
                raise Bad("a type twice")
            if rest not in SUFFIXES or (self.plain and rest == "info"):
                raise Bad("no type that is known")
            if not self.plain and name.endswith(RESERVED):
                raise Bad("a family's name ends like a sample's")
            self.types[name] = rest
        else:
            if self.plain or name in self.units:
                raise Bad("no place for a unit")
            if not name.endswith("_" + rest):
                raise Bad("a name without its unit")
            self.units[name] = rest

    def _sample(self, line):
        found = SAMPLE.fullmatch(line)
        if not found:
            raise Bad("no sample")
        name, labels, value = found[1], labels_of(found[2]), float(found[3])
        kind = self.types.get(self._family)
        suffixes = SUFFIXES.get(kind, [])
        if self.plain and kind != "histogram":
            suffixes = [""]
        if name not in [f"{self._family}{suffix}" for suffix in suffixes]:
            raise Bad("no sample of this family")
        if (name, labels) in self._series:
            raise Bad("a series twice")
        self._series.add((name, labels))
        if kind != "gauge" and value < 0:
            raise Bad("below zero")
        if name.endswith("_info") and value != 1:
            raise Bad("an info that is not 1")
        self.values.setdefault(name, {})[labels] = value

    def _histogram(self, name):
        buckets = {}
        for labels, value in self.values[f"{name}_bucket"].items():
            rest = frozenset(pair for pair in labels if pair[0] != "le")
            bound = dict(labels)["le"]
            buckets.setdefault(rest, []).append((float(bound), value))
        if buckets.keys() != self.values[f"{name}_count"].keys():
            raise Bad(f"{name}: counts of other series than buckets")
        for labels, pairs in buckets.items():
            if pairs != sorted(pairs) or pairs[-1][0] != float("inf"):
                raise Bad(f"{name}: buckets in no order, or no last one")
            values = [value for _, value in pairs]
            if values != sorted(values):
                raise Bad(f"{name}: buckets do not add up")
            if values[-1] != self.values[f"{name}_count"][labels]:
                raise Bad(f"{name}: the count is not that of the last one")

    def value(self, sample, /, **labels):
        """Of one series, or None."""
        return self.values.get(sample, {}).get(frozenset(labels.items()))

    def counters(self):
        """{(name, labels): value} of all that may not fall."""
        rising = {}
        for name, values in self.values.items():
            if name.endswith(("_total", "_bucket", "_count", "_sum")):
                rising.update(((name, labels), value)
                              for labels, value in values.items())
        return rising

    @property
    def series(self):
        return len(self._series)


def fallen(before, after):
    """The counters that are less than they were, or gone."""
    now = after.counters()
    return {key: (value, now.get(key))
            for key, value in before.counters().items()
            if now.get(key, -1) < value}


class Exporter(live.Tool):
    """The tool with --listen, at an address that the kernel chose."""

    def __init__(self, args, address="127.0.0.1", **kw):
        host = f"[{address}]" if ":" in address else address
        super().__init__([f"--listen={host}:0", *args], **kw)
        found = self.wait_stderr(r"metrics are at http://(\S+):(\d+)/metrics")
        self.host, self.port = found[1].strip("[]"), int(found[2])

    def request(self, method="GET", path="/metrics", headers=None):
        """(status, headers, body) of one request."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host,
                                                         self.host)
        connection = http.client.HTTPConnection(host, self.port,
                                                timeout=2 * live.DEADLINE)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def scrape(self, plain=False):
        accept = "*/*" if plain else OPEN
        status, headers, body = self.request(headers={"Accept": accept})
        wanted = PLAIN_TYPE if plain else OPEN_TYPE
        if status != 200 or headers["Content-Type"] != wanted:
            raise live.Fault(f"{status} {headers} {body[:200]}")
        return Metrics(body.decode(), plain)


def need_listen():
    """Skips where it was not built in."""
    version = live.subprocess.run([live.TOOL, "--version"], check=True,
                                  capture_output=True, text=True).stdout
    if "--listen: built without" in version:
        raise live.Skip("build: without libmicrohttpd")
