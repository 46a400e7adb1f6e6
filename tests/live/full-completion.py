#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""bash, zsh and fish complete command lines: every option there is, what its
argument may be, and the command behind them."""

import os
import pty
import subprocess

import live

COMPLETION = os.path.join(live.SRCDIR, "contrib", "completion")
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"

BASH = r"""
. "$BASH_COMPLETION"
. "$COMPLETION/bash/smbsysacct"
compopt() { :; }
while IFS= read -r line; do
	printf '%s\n' "$line"
	# Words as readline makes them of a line without quotes.
	read -r -a COMP_WORDS <<<"${line//=/ = }"
	case $line in
	*[\ =])	COMP_WORDS+=('') ;;
	esac
	COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMPREPLY=()
	_smbsysacct smbsysacct "${COMP_WORDS[-1]}" ''
	test ${#COMPREPLY[@]} -eq 0 || printf '\t%s\n' "${COMPREPLY[@]}"
done <"$COMPLETE_LINES"
"""

FISH = r"""
set fish_complete_path $COMPLETION/fish $fish_complete_path
while read -l line
    printf '%s\n' $line
    complete -C $line | string replace -r '\t.*' '' | string replace -r '^' \t
end <$COMPLETE_LINES
"""


class Shell:
    """One that completes lines: {line: what is offered for its last word}."""

    def __init__(self, name):
        self.name = name
        self.dir = live.scratch()
        self.lines = os.path.join(self.dir, "lines")
        self.out = os.path.join(self.dir, "out")
        self.env = {
            **os.environ, "HOME": self.dir, "ZDOTDIR": self.dir,
            "XDG_CONFIG_HOME": self.dir, "XDG_DATA_HOME": self.dir,
            "XDG_CACHE_HOME": self.dir, "TERM": "xterm",
            "PATH": os.path.dirname(live.TOOL) + ":" + os.environ["PATH"],
            "COMPLETION": COMPLETION, "COMPLETE_LINES": self.lines,
            "COMPLETE_OUT": self.out, "LC_ALL": "C.UTF-8",
            "COMPLETE_FPATH": os.path.join(COMPLETION, "zsh"),
            "BASH_COMPLETION": BASH_COMPLETION}

    def complete(self, lines):
        with open(self.lines, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        getattr(self, self.name)()
        found, offered = {}, None
        with open(self.out, encoding="utf-8", errors="replace") as file:
            for line in file.read().splitlines():
                if line.startswith("\t"):
                    offered.add(line[1:])
                else:
                    offered = found.setdefault(line, set())
        if set(found) != set(lines):
            raise live.Fault(f"{self.name} did not get through: "
                             f"{set(lines) - set(found)}")
        return found

    def run(self, argv):
        with open(self.out, "w", encoding="utf-8") as out:
            ran = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.PIPE, text=True,
                                 env=self.env, check=False, timeout=240)
        if ran.returncode or ran.stderr:
            raise live.Fault(f"{self.name}: {ran.returncode} {ran.stderr}")

    def bash(self):
        self.run(["bash", "--norc", "-c", BASH])

    def fish(self):
        self.run(["fish", "-c", FISH])

    def zsh(self):
        """It completes at a terminal only."""
        open(self.out, "w", encoding="utf-8").close()
        os.symlink(os.path.join(live.HERE, "complete.zsh"),
                   os.path.join(self.dir, ".zshrc"))
        ours, theirs = pty.openpty()
        shell = live.Process(["zsh", "-d", "-i"], stdin=theirs,
                             stdout=theirs, env=self.env)
        os.close(theirs)
        os.set_blocking(ours, False)

        def ended():
            try:
                while os.read(ours, 4096):
                    pass
            except OSError:
                pass
            return shell.poll() is not None

        live.until(ended, 240 * live.SLOW, "zsh to complete all lines")
        os.close(ours)


def listed(what):
    lines = subprocess.run([live.TOOL, f"--list={what}"], check=True,
                           capture_output=True, text=True).stdout
    return [line.split() for line in lines.splitlines()]


def names(what):
    return {fields[0] for fields in listed(what)}


class Judge:
    def __init__(self, tap, shell):
        self.tap = tap
        self.shell = shell
        self.cases = []

    def offers(self, line, wanted, only=False, before=""):
        """@before: what of the last word shells may leave out or not."""
        self.cases.append((line, set(wanted), only, before))

    def judge(self):
        found = self.shell.complete(list(dict.fromkeys(
            case[0] for case in self.cases)))
        for line, wanted, only, before in self.cases:
            # fish has the option before it; some end with a space or =.
            got = {word.strip().rstrip("=").removeprefix(before)
                   .partition("  (")[0] for word in found[line]}
            last = line.rpartition(" ")[2]
            if last.startswith("--") and "=" in last:
                option = last.partition("=")[0] + "="
                got = {word.removeprefix(option) for word in got}
            good = got == wanted if only else wanted <= got
            self.tap.ok(good, f"{self.shell.name}: {line}",
                        f"missing {sorted(wanted - got)[:10]}",
                        f"offered {sorted(got)[:10]}")


def cases(judge, victim):
    options = listed("options")
    for letter, name, _, *_ in options:
        if name != "-":
            judge.offers("smbsysacct " + name[:3], {name})
        if letter != "-":
            judge.offers("smbsysacct -", {letter if name == "-" or
                                          judge.shell.name != "bash"
                                          else name})
    judge.offers("smbsysacct --by=", names("dims"), only=True)
    judge.offers("smbsysacct --by pro", {"process"}, only=True)
    judge.offers("smbsysacct --by=process,sys", {"process,syscall"},
                 only=True)
    judge.offers("smbsysacct -U ", names("columns"))
    judge.offers("smbsysacct -U wall,cpu,blocked-p",
                 {"wall,cpu,blocked-percent",
                  "wall,cpu,blocked-per-request"}, only=True)
    judge.offers("smbsysacct -S ", names("columns"))
    judge.offers("smbsysacct --format=", names("formats"), only=True)
    judge.offers("smbsysacct --collector=", names("collectors"), only=True)
    judge.offers("smbsysacct --unwind=", {"auto", "fp", "dwarf"}, only=True)
    judge.offers("smbsysacct --list=", names("lists") | names("%class"),
                 only=True)
    judge.offers("smbsysacct -e trace=", names("%class")
                 | names("syscalls"), before="trace=")
    judge.offers("smbsysacct -e trace=openat,%netw", {"openat,%network"},
                 only=True, before="trace=")
    judge.offers("smbsysacct -e getppi", {"getppid"}, only=True)
    judge.offers("smbsysacct -p ", {str(os.getpid()), str(victim.pid)})
    judge.offers(f"smbsysacct -p {os.getpid()},{victim.pid}",
                 {f"{os.getpid()},{victim.pid}"})
    judge.offers("smbsysacct --name=liveco", {"livecompleted"}, only=True)
    judge.offers("smbsysacct -o /etc/host", {"/etc/hosts"})
    judge.offers("smbsysacct --output=/etc/host", {"/etc/hosts"})
    for name in [fields[1] for fields in options if fields[2] == "files"]:
        for line in (f"{name} /etc/host", f"{name} a /etc/host",
                     f"{name}=a /etc/host", f"-q {name} a -q /etc/host"):
            judge.offers("smbsysacct " + line, {"/etc/hosts"})
        judge.offers(f"smbsysacct {name} a b git chec", {"checkout"})
    # The command, and what the shell knows of it.
    judge.offers("smbsysacct setpri", {"setpriv"})
    judge.offers("smbsysacct -b -d 1 setpri", {"setpriv"})
    for line in ("git chec", "-q git chec", "-bd 1 git chec", "-- git chec",
                 "--by=process -o x git chec", "-Uwall,cpu git chec"):
        judge.offers("smbsysacct " + line, {"checkout"})


def main(tap):
    for program in ("bash", "zsh", "fish", "git"):
        live.need(program)
    if not os.path.exists(BASH_COMPLETION):
        raise live.Skip("bash-completion is not installed")
    path = os.path.join(live.scratch(), "livecompleted")
    with open("/bin/sleep", "rb") as src, open(path, "wb") as copy:
        copy.write(src.read())
    os.chmod(path, 0o755)
    victim = live.Process([path, "600"])
    for name in ("bash", "fish", "zsh"):
        shell = Shell(name)
        judge = Judge(tap, shell)
        cases(judge, victim)
        judge.judge()
    victim.kill()


live.run(main)
