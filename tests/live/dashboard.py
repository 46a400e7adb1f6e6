#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard on a terminal: when it opens, and what each key does."""

import os
import re
import time

import dashwork
import live
import tmux

BPF = ["--collector=bpf", "-d", "0.3"]

# By number: what the line of titles has.
VIEWS = {"1": r"us/call .* syscall$", "2": r"% wall .*pid process$",
         "3": r"\d+ calls  p50", "4": r" errno +syscall$",
         "5": r"^ *oldest s +in flight ", "6": r" syscall +caller$",
         "7": r" reason +waker$", "8": r" peer +file$"}


def opens(tap):
    """On a terminal, unless text is asked for."""
    target = dashwork.Target()
    proc = ["--collector=proc", "-p", target.pid]
    asked = {"-b": ["-b"], "-c": ["-c"], "-n": ["-n", "1", "-d", "0.2"],
             "-o": ["-o", "report"], "--seconds": ["--seconds=0.4"],
             "--format=json": ["--format=json"]}
    terms = {name: tmux.Terminal([live.TOOL, *proc, *args])
             for name, args in asked.items()}
    words = " ".join(map(str, [live.TOOL, *proc]))
    terms["a pipe"] = tmux.Terminal(["sh", "-c", f"{words} | cat"])
    terms["no terminal to read from"] = tmux.Terminal(
        ["sh", "-c", f"{words} </dev/null"])
    for name, term in terms.items():
        dashwork.turns(lambda term=term: "attached to 1 process"
                       in "\n".join(term.all_lines()))
        term.keys("C-c")
        status = term.wait()
        # A shell that had the Ctrl-C as well has a status of its own.
        tap.ok(status in (0, 130) and b"1049h" not in term.raw(),
               f"{name}: text, no dashboard", status, term.screen())
        term.close()
    term = dashwork.opened(*proc)
    tap.ok(dashwork.on(term), "-p on a terminal: a dashboard")
    term.keys("q")
    term.wait()
    term.close()


def header(tap, term, target):
    line = term.lines()[0]
    tap.ok(line.startswith(f"alpha {target.pid} and 1 more: 2 processes, "
                           "4 threads, up ")
           and line.endswith("bpf, exact  every 0.3 s"),
           "the header: name, pid, threads, age, collector, interval", line)
    bar = term.screen("-e").split("\n")[1]
    tap.ok(re.match(r"^\[.*\]$", dashwork.plain(bar))
           and len(set(re.findall(r"48;5;(\d+)m", bar))) > 1,
           "the header: a bar of several colours", repr(bar))
    tap.ok(term.shows(r" sleep [\d.]+%.* events [\d.]+%"),
           "the header: its legend", term.screen())
    tap.ok(term.shows(r"^calls \d+/s .* errors \d+/s .* in flight \d, "
                      r"residual"), "the header: rates", term.screen())


def views(tap, term):
    for key, what in VIEWS.items():
        term.keys(key)
        tap.ok(term.shows(what), f"{key}: a view", term.screen())
    for key, order in (("Tab", "12345678"), ("Right", "12345678"),
                       ("BTab", "87654321"), ("Left", "87654321")):
        good = True
        for number in order:
            term.keys(key)
            good = good and term.shows(VIEWS[number])
        tap.ok(good, f"{key}: all views in turn", term.screen())
        if key == "Right":
            term.keys("1")
            term.expect(VIEWS["1"])
    # The last turn ended at the first view.


def into(tap, term, target):
    term.keys("2")
    term.expect(VIEWS["2"])
    term.keys("g", "/")
    term.type("beta")
    term.keys("Enter")
    term.expect(r"\d beta")
    term.keys("Enter")
    of = rf" of beta {target.pid}"
    tap.ok(term.shows(VIEWS["1"]) and term.shows(of + "$"),
           "Enter on a process: its calls", term.screen())
    term.keys("/")
    term.type("getppid")
    term.keys("Enter")
    dashwork.turns(lambda: "getppid" in dashwork.selected(term))
    term.keys("3")
    tap.ok(term.shows(rf"^getppid of beta {target.pid}: \d+ calls  p50"),
           "3 on a call: its latency", term.screen())
    term.keys("1")
    term.expect(VIEWS["1"])
    dashwork.turns(lambda: "getppid" in dashwork.selected(term))
    term.keys("Enter")
    tap.ok(term.shows(of + ": getppid$") and term.shows(r" caller$"),
           "Enter on a call: who makes it", term.screen())
    dashwork.turns(lambda: "(no stack)" not in dashwork.rows(term)[0])
    term.keys("Enter")
    tap.ok(term.shows(r"stack, innermost first$")
           and term.shows("who called whom")
           and term.shows(r"^  getppid"),
           "Enter on a caller: its stacks", term.screen())
    term.keys("BSpace")
    tap.ok(term.shows(r" caller$"), "Backspace: up to the callers",
           term.screen())
    term.keys("BSpace")
    tap.ok(term.shows(of + "$") and term.shows(VIEWS["1"]),
           "Backspace: up to the calls", term.screen())
    term.keys("Escape")         # takes the search away
    term.keys("BSpace")
    tap.ok(term.shows(VIEWS["2"]), "Backspace: up to the processes",
           term.screen())
    term.keys("1")
    term.expect(VIEWS["1"])


def moves(tap, term):
    """While the rows stay as they are."""
    n = len(dashwork.rows(term))
    for keys, at in (("Down", 1), ("Down", 2), ("Up", 1), ("Up", 0),
                     ("End", -1), ("Home", 0), ("G", -1), ("g", 0),
                     ("NPage", -1), ("PPage", 0), ("Space", -1), ("Home", 0)):
        term.keys(keys)
        tap.ok(dashwork.turns(lambda at=at: dashwork.selected(term).split()
                              == dashwork.rows(term)[at].split()),
               f"{keys}: to row {at % n}", dashwork.selected(term))


def finds(tap, term):
    term.keys("/")
    tap.ok(term.shows("^Search:"), "/: asks", term.screen())
    term.type("GETPP")
    tap.ok(dashwork.turns(lambda: "getppid" in dashwork.selected(term)),
           "/: finds while it is typed, whatever the case", term.screen())
    term.keys("Enter", "n")
    tap.ok(term.shows("^nothing else has that"), "n: nothing else",
           term.screen())
    term.keys("Escape")
    term.expect("^F1Help")
    term.keys("F3")
    term.type("e")
    term.keys("Enter")
    first = dashwork.selected(term)
    term.keys("n")
    tap.ok(dashwork.turns(lambda: dashwork.selected(term) != first),
           "F3, n: the next one", first, term.screen())
    term.keys("Escape", "\\")
    term.type("getppix")
    term.keys("BSpace")
    term.type("d")
    term.keys("Enter")
    tap.ok(term.shows("filter: getppid$")
           and [row.split()[-1] for row in dashwork.rows(term)]
           == ["getppid"], "\\: only rows with the text", term.screen())
    term.keys("Escape")
    tap.ok(term.shows(lambda text: "filter" not in text
                      and " read" in text), "Escape: all rows", term.screen())
    term.keys("F4")
    term.type("nosuchcall")
    tap.ok(term.shows("no row has what the filter asks for"),
           "F4: no row with it, in words", term.screen())
    term.keys("Escape")
    term.expect(r" read$")


def sorts(tap, term):
    for key, title in zip("PTBQNOEAM", (
            "cpu s", "wall s", "blocked s", "runq s", "syscall", "calls",
            "errors", "us/call", "max us")):
        term.keys(key)
        tap.ok(dashwork.turns(lambda title=title:
                              dashwork.sorted_by(term) == title),
               f"{key}: by {title}", dashwork.sorted_by(term))
    term.keys("O")
    dashwork.turns(lambda: dashwork.sorted_by(term) == "calls")
    term.keys(">", ".", ",")
    right = dashwork.turns(lambda: dashwork.sorted_by(term) == "errors")
    term.keys("<")
    left = dashwork.turns(lambda: dashwork.sorted_by(term) == "calls")
    tap.ok(right and left, "< >: the columns beside it",
           dashwork.sorted_by(term))
    before = dashwork.rows(term)
    term.keys("I")
    tap.ok(dashwork.turns(lambda: dashwork.rows(term) == before[::-1]),
           "I: the other way round", term.screen())
    term.keys("R")
    tap.ok(dashwork.turns(lambda: dashwork.rows(term) == before),
           "R: and back", term.screen())
    term.keys("s")
    tap.ok(term.shows("Sort by"), "s: a menu", term.screen())
    term.keys("Escape")
    tap.ok(term.shows(lambda text: "Sort by" not in text),
           "s, Escape: none", term.screen())
    term.keys("F6")
    tap.ok(term.shows("Sort by"), "F6: a menu", term.screen())
    term.keys("Home", "Down", "Down", "Enter")
    by_menu = dashwork.turns(lambda: dashwork.sorted_by(term) == "errors")
    tap.ok(by_menu and not re.search("Sort by", term.screen()),
           "F6: what is chosen there", term.screen())
    term.keys("T")


def calls_of(term, call):
    found = re.search(rf"^ *[\d.]+ +(\d+) .* {call}$", term.screen(), re.M)
    return int(found[1]) if found else 0


def times(tap, term):
    term.keys("Z")
    paused = term.shows("PAUSED")
    before = term.settled()
    time.sleep(1)
    tap.ok(paused and term.screen() == before, "Z: all numbers stay",
           before, term.screen())
    term.keys("r")
    tap.ok(term.shows(lambda text: text != before and "PAUSED" in text),
           "r: the interval ends now", term.screen())
    moves(tap, term)
    finds(tap, term)
    sorts(tap, term)
    before = term.settled()
    term.keys("p")
    tap.ok(term.shows(lambda text: text != before and "PAUSED" not in text),
           "p: on it goes", term.screen())
    for key, pace in (("+", "0.5"), ("-", "0.2"), ("=", "0.5"),
                      ("-", "0.2")):
        term.keys(key)
        tap.ok(term.shows(f"every {pace} s"), f"{key}: every {pace} s",
               term.lines()[0])
    term.keys("C")
    tap.ok(term.shows("ALL SINCE THE START"), "C: all since the start",
           term.lines()[0])
    many = dashwork.turns(lambda: calls_of(term, "read") > 2000)
    term.keys("x")
    tap.ok(many and dashwork.turns(lambda: calls_of(term, "read") < 1500),
           "x: all is forgotten", term.screen())
    term.keys("c", "u")
    tap.ok(term.shows(r"\d/s .*[\d.]+%.* read$"), "u: shares and rates",
           term.screen())
    term.keys("u")
    tap.ok(term.shows(lambda text: not re.search(r"\d/s .* read$", text,
                                                 re.M)),
           "u: seconds and counts again", term.screen())
    term.keys("2", "H")
    tap.ok(term.shows("tid thread$") and len(dashwork.rows(term)) == 4,
           "H: threads", term.screen())
    term.keys("H")
    tap.ok(term.shows(VIEWS["2"]), "H: processes again", term.screen())


def writes(tap, term):
    term.keys("1", "w")
    term.type("view")
    term.keys("Enter")
    tap.ok(term.shows("^written to view"), "w: says that it is written",
           term.screen())
    text = term.text("view") or ""
    tap.ok(re.search(r"^alpha \d+ and 1 more", text)
           and re.search(r" syscall$", text, re.M)
           and re.search(r" getppid$", text, re.M) and "\x1b" not in text
           and "F10" not in text, "w: the view is in the file", text)
    term.keys("w")
    term.type("/no/such/folder/view")
    term.keys("Enter")
    tap.ok(term.shows(r"/no/such/folder/view.*No such file"),
           "w: a sentence if it cannot be", term.screen())
    term.keys("w")
    term.type("view")
    term.keys("Enter")
    tap.ok(term.shows("^view exists") and term.text("view") == text,
           "w: what is there stays", term.screen())
    term.keys("w", "Escape")
    tap.ok(term.shows("^F1Help"), "w, Escape: not written", term.screen())


def signals(tap, term, alpha, beta):
    term.keys("1", "Escape", "Escape", "F9")
    tap.ok(term.shows("^whom\\?"), "F9 on a call of all: whom?",
           term.screen())
    term.keys("2", "/")
    term.type(str(beta.pid))
    term.keys("Enter")
    dashwork.turns(lambda: "beta" in dashwork.selected(term))
    for last in ("Escape", "Enter"):
        term.keys("F9")
        term.expect("Send a signal")
        term.keys("Down", "Down", "Down", last)
        term.expect(r"^F1Help" if last == "Escape" else
                    f"^signal 10 was sent to {beta.pid}")
        if last == "Escape":
            tap.ok("USR1" not in beta.stdout, "F9, Escape: no signal")
    tap.ok(dashwork.turns(lambda: "SIGUSR1" in beta.stdout)
           and "SIGUSR1" not in alpha.stdout,
           "F9, Enter: a signal to that process alone", beta.stdout,
           alpha.stdout)
    term.keys("k")
    term.expect("Send a signal")
    term.keys("Enter")
    tap.ok(term.shows("alpha .*1 process, 2 threads") and beta.wait() == 0,
           "F9: ended by it, and the dashboard goes on", term.screen())


def mouse(tap, term):
    tap.ok(term.flag("mouse_any_flag") == "1", "the mouse is asked for")
    tabs = dashwork.title_row(term) - 1
    term.click(tabs, term.lines()[tabs].index("Errors"))
    tap.ok(term.shows(VIEWS["4"]), "click on a view: it", term.screen())
    term.click(tabs, term.lines()[tabs].index("Syscalls"))
    term.expect(VIEWS["1"])
    term.keys("Z")
    term.expect("PAUSED")
    title = dashwork.title_row(term)
    term.click(title, term.lines()[title].index("calls"))
    tap.ok(dashwork.turns(lambda: dashwork.sorted_by(term) == "calls"),
           "click on a title: sorted by it", term.screen())
    row = dashwork.rows(term)[2]
    term.click(title + 3, 20)
    tap.ok(dashwork.turns(lambda: dashwork.selected(term).split()
                          == row.split()), "click on a row: it",
           dashwork.selected(term))
    term.click(title + 3, 20, 64)
    tap.ok(dashwork.turns(lambda: dashwork.selected(term).split()
                          == dashwork.rows(term)[0].split()),
           "the wheel: rows above", dashwork.selected(term))
    line = len(term.lines()) - 1
    term.click(line, term.lines()[line].index("Pause"))
    tap.ok(term.shows(lambda text: "PAUSED" not in text),
           "click on a key's name: as the key", term.lines()[0])


def repaints(tap, term):
    with open(term.flag("pane_tty"), "w", encoding="ascii") as file:
        file.write("\x1b[3;1HGARBAGE\x1b[20;20HGARBAGE")
    term.expect("GARBAGE")
    term.keys("C-l")
    tap.ok(term.shows(lambda text: "GARBAGE" not in text),
           "Ctrl-L: all is drawn anew", term.screen())
    term.keys("i")
    tap.ok(term.shows("collector: bpf|lost|loss"), "i: what was lost",
           term.screen())
    term.keys("q")
    term.expect("^F1Help")
    for key in ("F1", "h", "?"):
        term.keys(key)
        tap.ok(term.shows("Keys; arrows scroll") and term.shows(
            "^.* mouse +click: .*wheel\\b"),
               f"{key}: the keys", term.screen())
        term.keys("q")
        term.expect("^F1Help")


def ends(tap, term, target):
    """Each way of quitting: the screen as it was, then the report."""
    others = {key: dashwork.opened("-p", target.pid, "--collector=proc")
              for key in ("F10", "C-c")}
    for key, end in [("q", term), *others.items()]:
        end.keys(key)
        status = end.wait()
        shown = end.raw().decode(errors="replace").rpartition("\x1b[?1049l")
        tap.ok(status == 0 and end.modes_kept() and not dashwork.on(end),
               f"{key}: quits with 0, the terminal is as it was", status)
        tap.ok(shown[1] and "collector: " in shown[2]
               and "residual" in shown[2]
               and any("collector: " in line for line in end.all_lines()),
               f"{key}: then the report", shown[2])
        end.close()
    tap.ok(target.goes_on(), "the target goes on")


def main(tap):
    live.need_bpf()
    live.need("tmux")
    opens(tap)
    alpha, beta = dashwork.Target("alpha"), dashwork.Target("beta")
    term = dashwork.opened("-p", f"{alpha.pid},{beta.pid}", *BPF, rows=32,
                           cols=130)
    header(tap, term, alpha)
    views(tap, term)
    into(tap, term, beta)
    times(tap, term)
    writes(tap, term)
    signals(tap, term, alpha, beta)
    mouse(tap, term)
    repaints(tap, term)
    ends(tap, term, alpha)
    tap.note(f"settings: {os.listdir(term.config)}")


live.run(main)
