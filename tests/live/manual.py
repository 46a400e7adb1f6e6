# SPDX-License-Identifier: GPL-2.0-or-later
"""The examples of the manual, run with stand-ins for what they name."""

import os
import re
import shlex
import signal
import subprocess

import live

PAGE = os.path.join(live.SRCDIR, "man", "smbsysacct.1")

# So long an example takes that has an end of its own, in seconds.
SHORT = [(r"--seconds=\d+", "--seconds=1"), (r"-d 10\b", "-d 1"),
         (r"-d 1 -n 10\b", "-d 0.3 -n 3"),
         (r"--contrast (?!-p)", "--contrast -r 1 "),
         (r":9798\b", ":0")]

# What is in reports of text by these dimensions: the title of a column.
TITLES = {"username": "user"}

# Other options that are asked for: what then is in the output. Those that
# are in none of these lists have to be put there, with a word to look for.
WORDS = {
    "-A": "", "-b": "", "-q": "", "-p": "", "-d": "", "-n": "",
    "--seconds": "", "--rows": "", "-S": "", "-Z": "errno",
    "-r": "", "--name": "", "--collector": "collector: proc",
    "-c": "% time", "-D": "p50", "--stacks": "caller",
    "-U": "reads", "--slowest": "slowest", "--probe": "vfs",
    "--smb": "", "--listen": "metrics are at", "--contrast": "measured|strace -cf|bare",
}


def source():
    with open(PAGE, encoding="utf-8") as file:
        return file.read()


def unescaped(text):
    """As a reader of the page sees it."""
    for escape, char in ((r"\(dq", '"'), (r"\e", "\\"), (r"\&", ""),
                         (r"\-", "-"), (r"\(aq", "'")):
        text = text.replace(escape, char)
    return text


def complete(text):
    """Whether it is a whole command: quotes are closed, no pipe is open."""
    try:
        shlex.split(text)
    except ValueError:
        return False
    return not text.rstrip().endswith(("|", "\\"))


def examples(page=None):
    """The commands of the section EXAMPLES."""
    section = re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh )", page or source(),
                        re.M | re.S)[1]
    found, taken = [], None
    for line in section.splitlines():
        started = re.match(r"(?:\.Dl )?[$#] (.*)", line)
        if taken is not None:
            taken += "\n" + unescaped(line)
        elif started:
            taken = unescaped(started[1])
        if taken is not None and complete(taken):
            found.append(taken)
            taken = None
    if taken is not None:
        raise live.Fault(f"an example has no end: {taken}")
    return found


def needs_smbd(command):
    return "smbd" in command or "--smb" in command


def options_of(command):
    """The letters and names of its options, up to a command of its own."""
    listed = subprocess.run([live.TOOL, "--list=options"], check=True,
                            capture_output=True, text=True).stdout
    kinds = {}
    for letter, name, kind, *_ in map(str.split, listed.splitlines()):
        kinds[letter] = kinds[name] = kind
    words = shlex.split(command.partition("|")[0])[1:]
    found = {}
    while words and words[0].startswith("-"):
        word = words.pop(0)
        name, _, value = word.partition("=")
        if name not in kinds:
            raise live.Fault(f"{name} is no option: {command}")
        if kinds[name] != "none" and "=" not in word:
            value = words.pop(0)
        found[name] = value
    return found, words


class Example:
    """One, with its stand-ins put in; @pids is by what pgrep looks for."""

    def __init__(self, command, pids, pid):
        self.command = command
        for pattern, short in SHORT:
            command = re.sub(pattern, short, command)
        for name, of_name in pids.items():
            command = command.replace(f"$(pgrep -o {name})", str(of_name))
        command = re.sub(r"-p 4711\b", f"-p {pid}", command)
        self.unmapped = re.findall(r"\$\(.*?\)|\b4711\b", command)
        self.run_as = command
        self.options, self.rest = options_of(command)
        self.unmapped += [name for name in self.options if name not in WORDS
                          and name not in ("--by", "--format", "-o")]

    def ends(self):
        return bool(self.rest) or any(
            option in self.options
            for option in ("--seconds", "-n", "--contrast"))

    def words(self):
        """Regular expressions that all are to be found."""
        found = [WORDS[name] for name in self.options if WORDS.get(name)]
        form = self.options.get("--format", "text")
        if form == "text" and "--listen" not in self.options and \
                "--contrast" not in self.options and \
                "-c" not in self.options:
            found.append("our cost: ")
            found += [rf"\b{TITLES.get(dim, dim)}\b" for dim in
                      filter(None, self.options.get("--by", "").split(","))]
        return found + {"csv": ["^end,end_ns,"], "html": ["<html"],
                        "json": [r"\d"],
                        "openmetrics": ["^# EOF$"]}.get(form, [])

    def run(self, folder):
        """(exit status, all that it has written)"""
        env = {**os.environ,
               "PATH": os.path.dirname(live.TOOL) + ":" + os.environ["PATH"]}
        argv = ["bash", "-o", "pipefail", "-c", self.run_as]
        if not self.ends():
            argv[-1] = "exec " + argv[-1]
        process = live.Process(argv, cwd=folder, env=env)
        if not self.ends():
            process.wait_stderr("attached to")
            if "-d" in self.options:
                live.until(lambda: "our cost: " in process.stdout,
                           live.DEADLINE, f"a report of {self.run_as}")
            process.signal(signal.SIGINT)
        status = process.wait(4 * live.DEADLINE)
        text = process.stdout + process.stderr
        if "-o" in self.options:
            with open(os.path.join(folder, self.options["-o"]),
                      encoding="utf-8") as file:
                text += file.read()
        return status, text

    def judge(self, tap, folder):
        name = " ".join(self.command.split())
        if not tap.ok(not self.unmapped, f"{name}: known",
                      "not known to tests/live/manual.py", self.unmapped):
            return
        status, text = self.run(folder)
        missing = [word for word in self.words()
                   if not re.search(word, text, re.M)]
        tap.ok(status == 0 and not missing, f"{name}: works",
               self.run_as, f"status {status}, not found: {missing}",
               text[-2000:])


def fixtures():
    """A folder with what commands of examples work on."""
    folder = live.scratch()
    os.mkdir(os.path.join(folder, "from"))
    for number in range(20):
        with open(os.path.join(folder, "from", str(number)), "wb") as file:
            file.write(b"x" * 10240)
    os.mkdir(os.path.join(folder, "to"))
    here = os.path.join(folder, "here")
    for args in (["init", "-q", here],
                 ["-C", here, "-c", "user.name=nobody",
                  "-c", "user.email=nobody@example.org", "commit", "-q",
                  "--allow-empty", "-m", "nothing"]):
        subprocess.run(["git", *args], check=True, capture_output=True)
    return folder


def judge(tap, wanted, pids, pid):
    """Those examples for which wanted(command) says so."""
    folder = fixtures()
    found = [example for example in examples() if wanted(example)]
    tap.ok(found, "the manual has examples of this kind")
    for command in found:
        Example(command, pids, pid).judge(tap, folder)

