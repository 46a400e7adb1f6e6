#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""A command under a dashboard: its output is seen, its status is ours, and
it goes on without us, however we go."""

import os
import re
import signal

import dashwork
import launched
import live
import tmux

# Writes lines until it is told to end, to both; tells of its stdin first.
WRITER = """
printf writer > /proc/self/comm
echo stdin is $(readlink /proc/self/fd/0)
trap 'echo told; exit 7' USR1
i=0
while test $i -lt "$1"; do
    i=$((i + 1))
    echo line $i
    echo error $i >&2
    sleep 0.02
done
exit ${2:-0}
"""


def collectors():
    found = ["proc", "seccomp"]
    if not os.geteuid() and os.path.exists("/sys/kernel/btf/vmlinux"):
        found.append("bpf")
    return found


def launch(args, command, what="[Ff]light", **kw):
    term = tmux.Terminal([live.TOOL, "--top", "-d", "0.3", *args, "--",
                          *command], **kw)
    term.expect(what)
    return term


def writer(lines, status=0):
    return ["sh", "-c", WRITER, "writer", str(lines), str(status)]


def command_of(term, name="writer"):
    """The command's process."""
    def find():
        return [pid for pid in below(term.pid) if launched.comm(pid) == name]
    return live.until(find, live.DEADLINE, "the command to begin")[0]


def below(pid):
    found = []
    for child in launched.children(pid):
        found += [child, *below(child)]
    return found


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] in "RSD"
    except OSError:
        return False


def output_file(term, name="output"):
    text = term.text(name) or ""
    return [line for line in text.split("\n") if line]


def whole(lines, n):
    """All that the writer writes, and in its order."""
    return ([line for line in lines if "line" in line]
            == [f"line {i + 1}" for i in range(n)]
            and [line for line in lines if "error" in line]
            == [f"error {i + 1}" for i in range(n)])


def watched(tap, collector):
    """From its beginning to its end, and q."""
    name = f"{collector}: "
    term = launch([f"--collector={collector}", "--command-output=output"],
                  writer(60, 5))
    term.keys("6")
    tap.ok(term.shows("^output of the command: lines")
           and term.shows("^stdin is /dev/null$|^line ")
           and term.shows("following"), name + "its output is seen",
           term.screen())
    tap.ok(term.shows("^line 60$"), name + "the last of it, as it comes",
           term.screen())
    term.keys("Home")
    tap.ok(term.shows("^stdin is /dev/null$") and term.shows("End follows"),
           name + "Home: the first of it", term.screen())
    top = dashwork.title_row(term) + 1
    term.keys("Down")
    tap.ok(dashwork.turns(lambda: term.lines()[top] == "line 1"),
           name + "Down: a line on", term.screen())
    term.keys("NPage")
    tap.ok(dashwork.turns(lambda: term.lines()[top] in
                          ("line 11", "error 10", "error 11", "line 10")),
           name + "PgDn: further on", term.screen())
    term.keys("End")
    tap.ok(term.shows("^line 60$") and term.shows("following"),
           name + "End: the last of it", term.screen())
    tap.ok(term.shows("ENDED"), name + "it has ended, and this stays",
           term.lines()[0])
    term.keys("1")
    tap.ok(term.shows(r" syscall$"), name + "views go on",
           term.screen())
    before = term.status
    term.keys("q")
    status = term.wait()
    tap.ok(before is None and status == 5 and term.modes_kept(),
           name + "q: its status is ours", status)
    report = "\n".join(term.all_lines())
    tap.ok(f"collector: {collector}" in report,
           name + "q: the report is printed", report)
    tap.ok(whole(output_file(term), 60),
           name + "--command-output has all of it", output_file(term))
    term.close()


def quits(tap, collector):
    """The question, and what goes on behind us."""
    name = f"{collector}: "
    term = launch([f"--collector={collector}", "--command-output=output"],
                  writer(100))
    command = command_of(term)
    term.keys("q")
    tap.ok(term.shows("^ *Quit\\?") and term.status is None,
           name + "q while it runs: asks", term.screen())
    term.keys("n")
    tap.ok(term.shows(lambda text: "Quit?" not in text)
           and term.status is None, name + "another key: stays",
           term.screen())
    term.keys("q")
    term.expect("Quit\\?")
    term.resize(30, 100)
    term.keys("y")
    status = term.wait()
    tap.ok(status == 0 and runs(command) and term.modes_kept(),
           name + "y: we end, and it goes on", status, term.screen())
    tap.ok("collector: " in "\n".join(term.all_lines()),
           name + "y: with the report", term.screen())
    tap.ok(dashwork.turns(lambda: whole(output_file(term), 100)),
           name + "y: and its output", output_file(term)[-3:])
    term.close()


def killed(tap, collector):
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
        name = f"{collector}, {number.name}: "
        term = launch([f"--collector={collector}",
                       "--command-output=output"], writer(60))
        command = command_of(term)
        term.keys("6")
        term.expect("^line 5$|^line 1\\d$")
        term.signal(number)
        term.wait()
        tap.ok(runs(command), name + "the command goes on")
        tap.ok(dashwork.turns(lambda term=term: whole(output_file(term),
                                                      60)),
               name + "its output has all lines", output_file(term)[-3:])
        term.close()
    name = f"{collector}, the terminal is lost: "
    term = launch([f"--collector={collector}", "--command-output=output"],
                  writer(60))
    command = command_of(term)
    term.hang_up()
    term.wait_closed()
    tap.ok(runs(command), name + "the command goes on")
    tap.ok(dashwork.turns(lambda: whole(output_file(term), 60)),
           name + "its output has all lines", output_file(term)[-3:])
    term.close()


def nameless(tap):
    """Without a file of the user's: it can still be written to."""
    term = launch(["--collector=proc"], writer(60))
    command = command_of(term)
    target = os.readlink(f"/proc/{command}/fd/1")
    tap.ok("deleted" in target, "without --command-output: a nameless file",
           target)
    term.signal(signal.SIGKILL)
    term.wait()
    gone = dashwork.turns(lambda: not runs(command))
    tap.ok(gone, "SIGKILL: the command comes to its end")
    term.close()


def statuses(tap):
    for what, command, status in (
            ("a signal", ["sh", "-c", "kill -SEGV $$"], 139),
            ("success", ["true"], 0)):
        term = launch(["--collector=proc"], command, "ENDED")
        term.keys("q")
        tap.ok(term.wait() == status, f"{what}: status {status}",
               term.status, term.screen())
        term.close()
    for command, status, words in (
            ("no-such-command", 127, "no-such-command"), ("/", 126, "/")):
        for collector in collectors():
            term = tmux.Terminal([live.TOOL, "--top",
                                  f"--collector={collector}", "--", command])
            got = term.wait()
            lines = [line for line in term.all_lines() if line]
            tap.ok(got == status and words in "".join(lines)
                   and len(" ".join(lines)) < 200
                   and b"\x1b" not in term.raw(),
                   f"{collector}, {command}: {status} and a sentence",
                   got, *lines)
            term.close()


def stopped(tap):
    """Our Ctrl-Z is ours alone; so is Ctrl-C."""
    term = tmux.Terminal(["bash", "--norc", "--noprofile", "-i"])
    term.expect("bash.*#|\\$ ?$")
    term.type(f"{live.TOOL} --top -d 0.3 --collector=proc "
              "--command-output=output -- sh -c 'printf writer > "
              "/proc/self/comm; while sleep 0.02; do echo more; done'")
    term.keys("Enter")
    term.expect("[Ff]light")
    command = command_of(term)
    term.keys("C-z")
    term.expect("Stopped")
    n = len(output_file(term))
    tap.ok(dashwork.turns(lambda: len(output_file(term)) > n + 5),
           "Ctrl-Z: the command goes on")
    term.type("fg")
    term.keys("Enter")
    tap.ok(dashwork.turns(lambda: dashwork.on(term)), "fg: we go on",
           term.screen())
    term.expect("F1Help")
    term.keys("C-c")
    tap.ok(term.shows("Quit\\?") and runs(command),
           "Ctrl-C: the question, and nothing to the command", term.screen())
    term.keys("n")
    os.kill(command, signal.SIGKILL)
    tap.ok(term.shows("ENDED"), "killed: ENDED", term.lines()[0])
    term.keys("q")
    term.type("echo status=$?")
    term.keys("Enter")
    tap.ok(term.shows("^status=137"), "killed: its status is ours",
           term.screen())
    term.close()


def hostile(tap):
    """Control characters in arguments and output stay there."""
    evil = "\x1b]2;PWNED\x07\x9b31m\u202eX\\"
    script = ("printf '\\033]2;PWNED\\007\\233\\302\\23331m\\r\\tX\\0Y"
              "\\342\\200\\256end\\n'; printf 'no line end'")
    term = launch(["--collector=proc", "--command-output=output"],
                  ["sh", "-c", script, evil], "ENDED")
    term.keys("6")
    tap.ok(term.shows("no line end$") and "\\033]2;PWNED" in term.screen(),
           "control characters in output: as numbers", term.screen())
    for key in ("1", "2", "3"):
        term.keys(key)
        term.settled()
    term.keys("q")
    term.wait()
    raw = term.raw().decode(errors="surrogateescape")
    tap.ok(not re.search("[\x80-\x9f\x07\u202e\udc80-\udcff]|\x1b[]P]", raw),
           "no escape of it comes to the terminal",
           repr(re.findall(".{20}[\x80-\x9f\x07\u202e\udc80-\udcff]|"
                           "\x1b[]P].{9}", raw)[:5]))
    with open(term.path("output"), "rb") as file:
        got = file.read()
    tap.ok(got == b"\x1b]2;PWNED\x07\x9b\xc2\x9b31m\r\tX\0Y\xe2\x80\xaeend\n"
           b"no line end", "the file has it byte for byte", got)
    term.close()


def much(tap):
    """More than is kept for the view; the file has all of it."""
    script = ("i=0; while test $i -lt 200; do i=$((i+1)); seq 1 5000; done; "
              "echo the end")
    term = launch(["--collector=proc", "--command-output=output"],
                  ["sh", "-c", script], "ENDED")
    term.keys("6")
    tap.ok(term.shows("^the end$") and term.shows("first ones are gone"),
           "much output: its end is seen", term.screen())
    term.keys("q")
    term.wait()
    want = "".join(f"{i}\n" for i in range(1, 5001)) * 200 + "the end\n"
    tap.ok(term.text("output") == want, "much output: the file has it all",
           os.path.getsize(term.path("output")), len(want))
    term.close()


def main(tap):
    live.need("tmux")
    parts = live.chosen([watched, quits, killed, nameless, statuses, stopped,
                         hostile, much])
    for part in parts:
        if part in (watched, quits, killed):
            for collector in collectors():
                part(tap, collector)
        else:
            part(tap)
    live.until(lambda: not launched.ours(), live.DEADLINE,
               "our processes to end with the commands")
    tap.ok(True, "none of our processes is left behind")


live.run(main)
