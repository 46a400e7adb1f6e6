#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Flame graphs in a browser, as a picture and as a page, from a file.

They are drawn of stacks whose times are known, by a program of this test,
so that no time is measured here.
"""

import os
import subprocess
import xml.etree.ElementTree

import browser
import live

DRAW = os.path.join(live.BUILDDIR, "tests/live/flame-draw")
NS = "{http://www.w3.org/2000/svg}"
EVIL = '<img src="x" onerror="window.harm=1"></script><script>window.harm=2'
MS = 10**6

# 1,000 ms: 400 on the CPU, 100 in the run queue, 500 blocked.
STACKS = [
    ("main;read", "[blocked: disk]", 300 * MS),
    ("main;read", "[on CPU]", 50 * MS),
    ("main;loop;read", "[blocked: lock]", 200 * MS),
    ("main;loop", "[run queue]", 100 * MS),
    ("main", "[on CPU]", 149.6 * MS),
    ("other", "[on CPU]", 150 * MS),
    (f"other;{EVIL}", "[on CPU]", 50 * MS),
    ("other;narrow", "[on CPU]", 0.4 * MS),
]

# What is drawn: of each frame its name, class, and place.
FRAMES = """
return [...document.querySelectorAll("#frames > g")].map(g => {
    const rect = g.querySelector("rect");
    const text = g.querySelector("text");
    return {
        about: g.getAttribute("aria-label"),
        class: g.getAttribute("class"),
        x: Number(rect.getAttribute("x")), y: Number(rect.getAttribute("y")),
        w: Number(rect.getAttribute("width")),
        seen: rect.getBoundingClientRect().width,
        text: text ? text.textContent : "", index: g.dataset.index,
    };
});
"""


def draw(form, title="A title", stacks=None):
    lines = "".join(f"{stack};{leaf} {int(ns)}\n"
                    for stack, leaf, ns in stacks or STACKS)
    done = subprocess.run([DRAW, form, title, "first & second\nline"],
                          input=lines.encode(), capture_output=True,
                          check=False, timeout=live.DEADLINE)
    if done.returncode:
        raise live.Fault(f"{DRAW} {form}: {done.stderr.decode()}")
    return done.stdout


def near(one, two, within=1.0):
    return abs(one - two) <= within


class View:
    """A graph in the browser."""

    def __init__(self, tap, chrome, path, form):
        self.tap, self.chrome, self.form = tap, chrome, form
        self.url = "file://" + path
        chrome.requests()
        chrome.complaints()
        chrome.open(self.url)

    def ok(self, good, name, *remarks):
        return self.tap.ok(good, f"{self.form}: {name}", *remarks)

    def frames(self):
        return self.chrome.run(FRAMES)

    def frame(self, name):
        for frame in self.frames():
            if frame["about"].startswith(name + ": "):
                return frame
        return None

    def selector(self, name):
        return f'[data-index="{self.frame(name)["index"]}"]'

    def text(self, selector):
        return self.chrome.run("return document.querySelector("
                               "arguments[0]).textContent", selector)


def drawn(view):
    root, read = view.frame("all"), view.frame("read")
    width = view.chrome.run("return Number(document.getElementById('flame')"
                            ".getAttribute('width'))")
    view.ok(near(root["w"], width - 20) and near(root["seen"], root["w"]),
            "the root is as wide as the picture", root, width)
    view.ok(near(read["w"], root["w"] * 0.2), "a frame has its part", read)
    view.ok(view.text("#narrow") == "2 frames too narrow to draw",
            "what is too narrow is counted", view.text("#narrow"))
    view.chrome.hover(view.selector("main"))
    said = view.text(".details")
    view.ok(said == "main: 799.60 ms, 79.96% of all; on CPU 25.0%, run "
            "queue 12.5%, blocked 62.5%", "a frame tells what it is", said)


def zoomed(view):
    root = view.frame("all")["w"]
    view.chrome.click(view.selector("loop"))
    view.ok(near(view.frame("loop")["w"], root)
            and near(view.frame("main")["w"], root)
            and not view.frame("other"), "a click zooms", view.frames())
    view.ok(near(view.frame("read")["w"], root * 2 / 3),
            "what is above grows with it", view.frame("read"))
    view.chrome.click("#reset")
    view.ok(near(view.frame("loop")["w"], root * 0.3) and view.frame("other"),
            "reset shows all of it", view.frame("loop"))
    view.chrome.run("document.querySelector('[data-index=\"0\"]').focus()")
    view.chrome.keys("up", "right", "enter")
    view.ok(near(view.frame("other")["w"], root), "and so do keys",
            view.frames())
    view.ok(view.frame("narrow"), "what was too narrow is drawn then")
    view.chrome.keys("escape")
    view.ok(near(view.frame("all")["w"], root) and view.frame("main"),
            "Escape shows all of it", view.frames())


def searched(view):
    cases = [("read", "matched 55.0%"), ("^LOOP$", "matched 30.0%"),
             ("lock", "matched 20.0%"), ("blocked", "matched 50.0%"),
             ("[on CPU]", "matched 40.0%"), ("(", "matched 0.0%"),
             ("main|read", "matched 80.0%"), ("nothing", "matched 0.0%")]
    for term, wanted in cases:
        view.chrome.keys("escape", "control+f", term)
        said = view.text(".matched")
        view.ok(said == wanted, f"a search for {term}: {wanted}", said)
    view.chrome.keys("escape", "control+f", "read")
    hits = [f for f in view.frames() if f["class"].endswith(" hit")]
    view.ok(len(hits) == 2 and all(f["about"].startswith("read: ")
                                   for f in hits),
            "what is found stands out", hits)
    view.chrome.click('button[value="2"]')
    said = view.text(".matched")
    view.ok(said == "matched 100.0%", "of what is shown", said)
    view.chrome.click('button[value="012"]')
    view.chrome.keys("escape")
    view.ok(view.text(".matched") == ""
            and not any(f["class"].endswith("miss") for f in view.frames()),
            "Escape ends the search")


def by_state(view):
    root = view.frame("all")["w"]
    for value, about, main in [
            ("0", "all: 400.00 ms, 100.00% of all on CPU", 199.6 / 400),
            ("1", "all: 100.00 ms, 100.00% of all run queue", 1),
            ("2", "all: 500.00 ms, 100.00% of all blocked", 1),
            ("012", "all: 1.000 s, 100.00% of all; on CPU 40.0%, run queue "
             "10.0%, blocked 50.0%", 0.7996)]:
        view.chrome.click(f'button[value="{value}"]')
        said = view.frame("all")["about"]
        view.ok(said == about, f"states {value}: {about}", said)
        view.ok(near(view.frame("main")["w"], root * main)
                and near(view.frame("all")["w"], root),
                f"states {value}: the widths are of these",
                view.frame("main"))
        pressed = view.chrome.run(
            "return [...document.querySelectorAll('.group "
            "[aria-pressed=\"true\"]')].map(b => b.value)")
        view.ok(pressed == [value], f"states {value}: the button tells",
                pressed)
    # A place that has nothing of it cannot stay in view.
    view.chrome.click(view.selector("other"))
    view.chrome.click('button[value="2"]')
    view.ok(near(view.frame("all")["w"], root) and view.frame("main"),
            "a view that has nothing of a state is left", view.frames())
    view.chrome.click('button[value="012"]')


def inverted(view):
    before = view.frame("all")["y"], view.frame("main")["y"]
    view.chrome.click("#invert")
    after = view.frame("all")["y"], view.frame("main")["y"]
    view.chrome.click("#invert")
    view.ok(before[0] > before[1] and after[0] == 0 and after[1] > 0,
            "the root is at the bottom, or at the top", before, after)


def listed(view):
    """The table, which pages have."""
    def rows():
        return view.chrome.run(
            "return [...document.querySelectorAll('tbody tr')].map(tr => "
            "[...tr.cells].map(td => td.textContent))")
    zero = "0"
    first = ["read", "", "550.00 ms", "50.00 ms", zero, "500.00 ms"]
    view.ok(rows()[0] == first + first[2:], "the largest is the first",
            *rows())
    view.chrome.click("th:nth-child(7) button")
    view.ok(rows()[0] == ["main", "", "149.60 ms", "149.60 ms", zero, zero,
                          "799.60 ms", "199.60 ms", "100.00 ms",
                          "500.00 ms"],
            "sorted by what functions take with all they call", *rows())
    view.chrome.run("document.querySelector('tbody button').click()")
    view.ok(view.text(".matched") == "matched 80.0%",
            "a function of the table is looked for", view.text(".matched"))
    view.chrome.keys("escape")
    view.ok(view.chrome.run("""
        const script = document.createElement("script");
        script.textContent = "window.harm = 3";
        document.body.append(script);
        return window.harm === undefined"""),
            "the policy lets no other script run")
    view.chrome.complaints()


def harmless(view):
    view.ok(view.chrome.run("return window.harm === undefined && "
                            "!document.querySelector('img')"),
            "a name is text")
    view.ok(view.frame(EVIL)["text"].startswith("<img s"),
            "and stays as it is", view.frames())
    complaints = view.chrome.complaints()
    view.ok(not complaints, "the console has nothing to say", *complaints)
    asked = view.chrome.requests()
    view.ok(asked == [view.url], "no other address was asked for", *asked)


def static(tap, view, picture):
    """What viewers without scripts show is what the script draws."""
    root = xml.etree.ElementTree.fromstring(picture)
    still = []
    for group in root.iter(NS + "g"):
        title = group.find(NS + "title")
        if title is None:
            continue
        rect = group.find(NS + "rect")
        still.append((title.text, group.get("class"),
                      float(rect.get("x")), float(rect.get("width"))))
    moving = view.frames()
    scale = moving[0]["w"] / still[0][3]
    same = len(still) == len(moving) and all(
        about == frame["about"] and kind == frame["class"]
        and near(x * scale, frame["x"]) and near(w * scale, frame["w"])
        for (about, kind, x, w), frame in zip(still, moving))
    tap.ok(same, "the script draws what was drawn without it",
           *still, *moving)
    texts = [text.text for text in root.iter(NS + "text")]
    tap.ok("A title" in texts and "first & second" in texts
           and "line" in texts, "title and subtitle are in the picture",
           *texts)


def main(tap):
    if not os.access(DRAW, os.X_OK):
        raise live.Fault(f"there is no program {DRAW}")
    folded = draw("folded").decode()
    tap.ok(sum(int(line.rsplit(" ", 1)[1]) for line in folded.splitlines())
           == 1000 * MS, "folded lines add up", folded)
    # A screen of its own size: the picture is made to fit.
    with browser.Browser(1300, 900) as chrome:
        for form in ("svg", "html"):
            path = os.path.join(live.scratch(), "flame." + form)
            made = draw(form)
            with open(path, "wb") as file:
                file.write(made)
            view = View(tap, chrome, path, form)
            if form == "svg":
                static(tap, view, made)
            for part in (drawn, zoomed, searched, by_state, inverted,
                         harmless):
                part(view)
            if form == "html":
                listed(view)


live.run(main)
