#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard on terminals of all kinds and sizes, whose names are hostile,
that are stopped, hung up or lost: no harm to them, nor to the target."""

import os
import re
import signal

import dashwork
import launched
import live
import tmux

PROC = ["--collector=proc", "-d", "0.3"]
SIZES = [(8, 40), (50, 160), (7, 39), (1, 2), (8, 300), (100, 40), (12, 60),
         (24, 80)]

# Names of processes, none of which may reach a terminal as it is.
HOSTILE = {"an escape sequence": b"\x1b]2;PWNED\x07",
           "C1 controls": b"\xc2\x9b31m\xc2\x90q\x9b32m",
           "marks of the bidi algorithm": b"\xe2\x80\xaeRTL\xe2\x81\xa7",
           "broken UTF-8": b"\xff\xfe\xc3(\xf0\x9f\xe2",
           "line ends": b"a\nb\r\tc\x08\x0e",
           "wide and combining": "日本é語e\u0301".encode()}
BIDI = set("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e"
           "\u2066\u2067\u2068\u2069")


def consistent(term):
    """Whether the screen is as if all of it had been drawn just now."""
    shown = term.settled()
    written = len(term.raw())
    # Whoever is told to go on draws all anew, and a key could do more.
    term.signal(signal.SIGCONT)
    dashwork.turns(lambda: len(term.raw()) > written)
    return shown == term.settled()


def sizes(tap):
    target = dashwork.Target()
    term = dashwork.opened(*PROC, "-p", target.pid)
    term.keys("Z")
    term.expect("PAUSED")
    for rows, cols in SIZES:
        name = f"{cols}x{rows}"
        small = rows < 8 or cols < 40
        term.resize(rows, cols)
        what = r"^needs 40x8|^needs\b|^ne" if small else (
            lambda text, rows=rows: len(text.split("\n")) == rows
            and "F1Help" in text.split("\n")[-1])
        bad = []
        if not term.shows(what):
            bad.append(term.screen())
        for key in ("2", "F1", "q", "Down", "F9", "q", "1"):
            term.keys(key)
            if not consistent(term):
                bad.append(f"{key}:\n{term.screen()}")
        tap.ok(not bad and term.status is None,
               f"{name}: {'says so' if small else 'all of it is used'}, and "
               "the screen is consistent", *bad)
    for i in range(200):
        term.signal(signal.SIGWINCH)
        if not i % 5:
            term.resize(5 + i % 40, 20 + 7 * i % 100)
    term.resize(24, 80)
    tap.ok(term.shows(lambda text: len(text.split("\n")) == 24
                      and "F1Help" in text) and consistent(term),
           "a storm of SIGWINCH: consistent in the end", term.screen())
    term.keys("q")
    tap.ok(term.wait() == 0 and term.modes_kept(), "and it quits",
           term.screen())
    term.close()


def hostile(tap):
    targets = {name: dashwork.Target(comm, comm + b"\xff\x9b31m")
               for name, comm in HOSTILE.items()}
    pids = ",".join(str(target.pid) for target in targets.values())
    bpf = not os.geteuid() and os.path.exists("/sys/kernel/btf/vmlinux")
    how = ["--collector=bpf", "-d", "0.3"] if bpf else PROC
    term = dashwork.opened(*how, "-p", pids, rows=30, cols=120)
    term.keys("Z")
    for target in targets.values():
        term.keys("2", "/")
        term.type(str(target.pid))
        term.keys("Enter")
        term.expect("F1Help")
        dashwork.turns(lambda target=target: str(target.pid)
                       in dashwork.selected(term))
        term.keys("Enter")
        term.expect(" of ")
        term.keys("Enter")
        term.settled()
        for key in ("2", "3", "4", "5", "1"):
            term.keys(key)
            term.settled()
        term.keys("H", "H", "Escape")
        term.expect("^F1Help")
        term.keys("BSpace", "BSpace")
        term.expect(r"In flight$|In flight +[^o ]")
    term.keys("2")
    term.expect("pid process")
    tap.ok("日本é語" in term.screen(), "a name in UTF-8 is shown as it is",
           term.screen())
    tap.ok("\\033]2;PWNED\\007" in term.screen(),
           "control characters are shown as numbers", term.screen())
    term.keys("w")
    term.type("view")
    term.keys("Enter")
    term.expect("written to view")
    term.keys("q")
    term.wait()
    text = term.raw().decode(errors="surrogateescape")
    written = term.text("view") or ""
    for what, out in (("terminal", text), ("written view", written)):
        tap.ok(out and not re.search("[\udc80-\udcff]", out),
               f"the {what} gets valid UTF-8 alone",
               repr(re.findall(".{9}[\udc80-\udcff].{9}", out)[:5]))
        tap.ok(not set(out) & BIDI,
               f"the {what} gets no marks of the bidi algorithm",
               repr(re.findall(f".{{30}}[{''.join(BIDI)}]", out)[:5]))
        tap.ok(not re.search("[\x80-\x9f\x07\x0e\x90]|\x1b[]P_^X]", out),
               f"the {what} gets no escape of a name",
               repr(re.findall(".{30}[\x80-\x9f\x07\x0e\x90]|\x1b[]P_^X].{9}",
                               out)[:5]))
    tap.ok("PWNED" not in term.flag("pane_title"),
           "the terminal's title is not theirs")
    term.close()
    for target in targets.values():
        target.kill()


def settings(tap):
    target = dashwork.Target()
    args = ["--collector=proc", "-p", target.pid]
    term = dashwork.opened(*args)
    kept = os.path.join(term.config, "smbsysacct", "dashboard")
    term.keys("+", "u", "B")
    term.expect("every 2 s")
    tap.ok(not os.path.exists(kept), "settings: not kept while it runs")
    term.keys("q")
    term.wait()
    with open(kept, encoding="utf-8") as file:
        before = file.read()
    tap.ok("delay = 2.0" in before and "rates = yes" in before
           and re.search("^sort = blocked ", before, re.M),
           "settings: kept when it is quit", before)
    config = {"XDG_CONFIG_HOME": term.config}
    term.close()
    for number in (signal.SIGTERM, signal.SIGKILL):
        term = dashwork.opened(*args, env=config)
        tap.ok(term.shows("every 2 s"), "settings: taken again",
               term.screen())
        term.keys("+")
        term.expect("every 5 s")
        term.signal(number)
        term.wait()
        with open(kept, encoding="utf-8") as file:
            after = file.read()
        tap.ok(after == before, f"settings: not kept on a "
               f"{signal.Signals(number).name}", after)
        term.close()
    with open(kept, "w", encoding="latin-1") as file:
        file.write("delay = -5\nsort = no such . \xff\n\nrates\nx = y\n"
                   "rates = yes\n" + "delay = 1e99\n" * 3)
    term = dashwork.opened(*args, env=config, cols=120)
    tap.ok(term.shows("every 1 s") and term.shows("blocked %"),
           "settings: what is wrong is left out, and the rest taken",
           term.screen())
    term.close()


def colours(tap):
    target = dashwork.Target()
    args = [*PROC, "-p", target.pid]
    for name, more, env, coloured in (
            ("NO_COLOR=1", [], {"NO_COLOR": "1"}, False),
            ("NO_COLOR empty", [], {"NO_COLOR": ""}, True),
            ("-C", ["-C"], {}, False), ("by default", [], {}, True)):
        term = dashwork.opened(*args, *more, env=env)
        for key in ("F1", "q", "F6", "q", "2"):
            term.keys(key)
            term.settled()
        term.keys("q")
        term.wait()
        codes = set(re.findall(rb"\x1b\[([0-9;]+)m", term.raw()))
        has = any(re.search(rb"(^|;)([349]\d|10\d)(;|$)", code)
                  for code in codes)
        tap.ok(has == coloured, f"{name}: {'' if coloured else 'no '}colours",
               codes)
        term.close()
    for lang in ({"LANG": "C"}, {"LC_ALL": "C"}):
        name = " ".join("=".join(pair) for pair in lang.items())
        term = dashwork.opened(*args, env=lang)
        for key in ("F1", "q", "2", "C"):
            term.keys(key)
            term.settled()
        term.keys("q")
        term.wait()
        tap.ok(not re.search(rb"[\x80-\xff]", term.raw()),
               f"{name}: ASCII only", term.screen())
        term.close()


def kinds(tap):
    target = dashwork.Target()
    args = ["-p", target.pid]
    for kind in ("vt100", "vt220", "linux", "xterm", "xterm-256color",
                 "screen", "screen-256color", "tmux-256color"):
        term = dashwork.opened(*PROC, *args, env={"TERM": kind})
        term.keys("Z", "2")
        shown = term.shows("pid process")
        term.keys("\\")
        term.type("alphx")
        term.keys("BSpace")
        term.type("a")
        tap.ok(shown and term.shows(r"Filter: alpha\s*$")
               and term.shows(" alpha$"), f"TERM={kind}: keys do as they "
               "should", term.screen())
        term.keys("Enter")
        term.shows("filter: alpha")
        tap.ok(consistent(term), f"TERM={kind}: the screen is as it should",
               term.screen())
        term.keys("q")
        tap.ok(term.wait() == 0 and term.modes_kept(),
               f"TERM={kind}: the terminal is as before", term.screen())
        term.close()
    for kind in ("dumb", "no-such-terminal", ""):
        for name, top in (("-p", []), ("--top -p", ["--top"])):
            term = tmux.Terminal([live.TOOL, *PROC[:1], *top, *args],
                                 env={"TERM": kind})
            if not top:
                term.shows("attached to 1 process")
                term.keys("C-c")
            status = term.wait()
            lines = [line for line in term.all_lines() if line]
            good = (status == 125 and len(" ".join(lines)) < 200
                    and "-b" in " ".join(lines)) if top else (
                        status == 0 and "collector: proc" in
                        "\n".join(lines))
            tap.ok(good and b"\x1b" not in term.raw(), f"TERM={kind}, {name}: "
                   f"{'a sentence, 125' if top else 'text'}", status, *lines)
            term.close()


def losses(tap):
    """The terminal goes; so do we, and the target stays."""
    for name, ignored in (("SIGHUP", ""), ("no SIGHUP", "HUP")):
        for top in ("1", "F1", "w"):
            target = dashwork.Target()
            term = dashwork.opened(*PROC, "-p", target.pid, ignored=ignored)
            term.keys(top)
            term.settled()
            pid = term.pid
            term.hang_up()
            ended = dashwork.turns(lambda term=term: term.status is not None)
            tap.ok(ended and target.goes_on(),
                   f"the terminal is lost, {name}, key {top}: it ends, the "
                   "target does not", launched.comm(pid))
            term.close()


def killed(tap):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        target = dashwork.Target()
        term = dashwork.opened(*PROC, "-p", target.pid)
        name = number.name
        term.signal(number)
        status = term.wait()
        tap.ok(status == 0 and term.modes_kept() and not dashwork.on(term),
               f"{name}: ends with 0, the terminal is as before", status)
        tap.ok(any("collector: proc" in line for line in term.all_lines()),
               f"{name}: with the report", term.screen())
        tap.ok(target.goes_on(), f"{name}: the target goes on")
        term.close()
    target = dashwork.Target()
    term = dashwork.opened(*PROC, "-p", target.pid)
    term.signal(signal.SIGKILL)
    tap.ok(term.wait() == 137 and target.goes_on(),
           "SIGKILL: the target goes on", term.status)
    term.close()


def state(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0]


def stopped(tap):
    target = dashwork.Target()
    term = tmux.Terminal(["bash", "--norc", "--noprofile", "-i"])
    term.type("PS1='prompt> '")
    term.keys("Enter")
    term.expect("^prompt>")
    term.type(f"{live.TOOL} {' '.join(PROC)} -p {target.pid}")
    term.keys("Enter")
    term.expect("% blocked")
    pid = [child for child in launched.children(term.pid)
           if launched.comm(child) == "smbsysacct"][0]
    for name, stop in (("Ctrl-Z", lambda: term.keys("C-z")),
                       ("SIGTSTP", lambda: os.kill(pid, signal.SIGTSTP))):
        stop()
        good = (term.shows("Stopped") and state(pid) == "T"
                and not dashwork.on(term))
        term.type("stty -a | grep -c ' icanon'")
        term.keys("Enter")
        tap.ok(good and term.shows("^1$"), f"{name}: the shell has a sane "
               "terminal", term.screen())
        tap.ok(target.goes_on() and state(target.pid) != "T",
               f"{name}: the target is not stopped")
        term.type("clear; fg")
        term.keys("Enter")
        back = dashwork.turns(lambda: dashwork.on(term))
        age = term.shows(r"up (\d:\d\d:\d\d)")
        tap.ok(back and age and term.shows(
            lambda text, age=age: age[1] not in text and "up " in text)
            and "F1Help" in term.lines()[-1], f"{name}, fg: on it goes",
            term.screen())
    os.kill(pid, signal.SIGSTOP)
    live.until(lambda: state(pid) == "T", live.DEADLINE, "the stop")
    term.type("stty -echo; fg >/dev/null")
    term.keys("Enter")
    tap.ok(dashwork.turns(lambda: state(pid) != "T") and term.shows("F1Help"),
           "SIGSTOP, fg: on it goes", term.screen())
    term.keys("q")
    term.expect("^prompt>")
    background(tap, term, target)
    term.close()
    # It is a shell's child, but there is no job control.
    term = dashwork.opened(*PROC, "-p", target.pid)
    term.keys("C-z", "2")
    tap.ok(term.shows("pid process$"), "Ctrl-Z without job control: nothing",
           term.screen())
    term.close()


def background(tap, term, target):
    """It does not take the terminal from whoever has it."""
    term.type(f"clear; {live.TOOL} {PROC[0]} -p {target.pid} & "
              f"sleep 0.5; {live.TOOL} --top -p {target.pid} & wait $!; "
              "echo status=$?")
    term.keys("Enter")
    tap.ok(term.shows("attached to 1 process") and not dashwork.on(term),
           "-p in the background: text", term.screen())
    tap.ok(term.shows("^status=125") and term.shows("foreground"),
           "--top in the background: a sentence, 125", term.screen())
    term.type("kill %1; wait %1; clear")
    term.keys("Enter")
    term.expect("^prompt>")


def main(tap):
    live.need("tmux")
    for part in live.chosen([sizes, hostile, settings, colours, kinds,
                             losses, killed, stopped]):
        part(tap)


live.run(main)
