# SPDX-License-Identifier: GPL-2.0-or-later
"""A Samba server of one's own on loopback, and a client that copies into it.

Everything is in temporary folders, the share on a tmpfs; nothing of an
installed server is touched, and none is needed to be running.
"""

import fcntl
import os
import re
import shutil
import socket
import subprocess
import termios

import live

CONF = """\
[global]
    server role = standalone server
    netbios name = LIVETEST
    map to guest = Bad User
    guest account = nobody
    interfaces = lo
    bind interfaces only = yes
    smb ports = {port}
    server min protocol = SMB2
    load printers = no
    printcap name = /dev/null
    disable spoolss = yes
    lock directory = {dir}/lock
    state directory = {dir}/state
    cache directory = {dir}/cache
    pid directory = {dir}/pid
    private dir = {dir}/private
    ncalrpc dir = {dir}/ncalrpc
    log file = {dir}/log.%m
    {more}
[share]
    path = {share}
    guest ok = yes
    read only = no
    force user = root
"""

# So many in a folder: a share looks for each new name among its neighbours.
PER_FOLDER = 100


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def children(pid):
    """The children of a process, by what each process says of its parent."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8",
                      errors="replace") as file:
                parent = file.read().rpartition(")")[2].split()[1]
        except OSError:
            continue  # It has ended since.
        if int(parent) == pid:
            found.append(int(name))
    return found


def is_session(pid):
    """Serves a client: the others have names of their duties."""
    with open(f"/proc/{pid}/comm", encoding="utf-8",
              errors="replace") as file:
        name = file.read().strip()
    # Samba 4.18 and later append the client's address.
    return name == "smbd" or name.startswith("smbd[")


class Server:
    """smbd, ready for clients when constructed; @under runs it."""

    def __init__(self, under=(), more=()):
        self.dir = live.scratch()
        self.share = live.scratch("/dev/shm")
        self.port = free_port()
        for name in ("lock", "state", "cache", "pid", "private", "ncalrpc"):
            os.mkdir(os.path.join(self.dir, name))
        self.conf = os.path.join(self.dir, "smb.conf")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(CONF.format(port=self.port, dir=self.dir,
                                   share=self.share,
                                   more="\n    ".join(more)))
        # It must not outlive a test that is killed.
        self.process = live.Process(
            [*under, "setpriv", "--pdeathsig=KILL", shutil.which("smbd"),
             "-s", self.conf, "-F", "--no-process-group", "-l", self.dir])
        self.pid = self.process.pid
        live.until(self._answers, live.DEADLINE, "smbd to listen")
        if under:
            self.pid = self._own_pid()

    def set_option(self, name, value):
        """Of the share, which is the last section; for new clients."""
        with open(self.conf, "a", encoding="utf-8") as file:
            file.write(f"    {name} = {value}\n")
        subprocess.run(["smbcontrol", "-s", self.conf, "smbd",
                        "reload-config"], check=True, capture_output=True)
        # It answers one message after the other.
        subprocess.run(["smbcontrol", "-s", self.conf, "smbd", "ping"],
                       check=True, capture_output=True)

    def add_user(self, name, password):
        """Somebody who can log on, as a user of the machine that is one."""
        subprocess.run(["smbpasswd", "-c", self.conf, "-a", "-s", name],
                       input=f"{password}\n{password}\n", text=True,
                       check=True, capture_output=True)

    def _own_pid(self):
        """What smbd says of itself, where another process started it."""
        with open(os.path.join(self.dir, "pid", "smbd.pid"),
                  encoding="ascii") as file:
            return int(file.read())

    def _answers(self):
        if self.process.poll() is not None:
            raise live.Fault(f"smbd has ended: {self.process.stderr}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def arrived(self):
        """The number of whole files on the share, by their size."""
        sizes = {}
        for folder, _, names in os.walk(self.share):
            for name in names:
                size = os.path.getsize(os.path.join(folder, name))
                sizes[size] = sizes.get(size, 0) + 1
        return sizes

    def stop(self):
        self.process.kill()


class Profile:
    """What smbd counts from now on."""

    def __init__(self, server):
        self.server = server
        live.need("smbcontrol")
        live.need("smbstatus")
        for word in ("on", "flush"):
            self.control("profile", word)

    def control(self, *words):
        subprocess.run(["smbcontrol", "-s", self.server.conf, "smbd", *words],
                       check=True, capture_output=True)

    def read(self):
        text = subprocess.run(["smbstatus", "-s", self.server.conf, "-P"],
                              check=True, capture_output=True,
                              text=True).stdout
        return {name: int(value) for name, value in
                re.findall(r"^(\S+_count):\s+(\d+)$", text, re.M)}


CTDB_CONF = """\
[logging]
    location = file:{dir}/ctdb.log
[database]
    volatile database directory = {dir}/volatile
    persistent database directory = {dir}/persistent
    state database directory = {dir}/state
"""


class Ctdb:
    """A cluster of one node, ready when constructed.

    One of its files has a fixed place below /run, which it gets for itself.
    """

    def __init__(self):
        self.dir = live.scratch()
        self.socket = os.path.join(self.dir, "run", "ctdbd.socket")
        for name in ("run", "var", "events/legacy", "volatile", "persistent",
                     "state"):
            os.makedirs(os.path.join(self.dir, name))
        with open(os.path.join(self.dir, "nodes"), "w",
                  encoding="ascii") as file:
            file.write("127.0.0.1\n")
        with open(os.path.join(self.dir, "ctdb.conf"), "w",
                  encoding="utf-8") as file:
            file.write(CTDB_CONF.format(dir=self.dir))
        self.env = {**os.environ, "CTDB_TEST_MODE": "yes",
                    "CTDB_BASE": self.dir}
        self.process = live.Process(
            ["unshare", "-m", "setpriv", "--pdeathsig=KILL", "sh", "-c",
             "mount -t tmpfs none /run && mkdir /run/ctdb && "
             "exec /usr/sbin/ctdbd -i"], env=self.env)
        live.until(self._runs, 4 * live.DEADLINE, "ctdb to run")

    def _runs(self):
        if self.process.poll() is not None:
            raise live.Fault(f"ctdbd has ended: {self.process.stderr}")
        state = subprocess.run(["ctdb", "-t", "5", "runstate"], check=False,
                               capture_output=True, text=True, env=self.env)
        return "RUNNING" in state.stdout

    def stop(self):
        subprocess.run(["ctdb", "shutdown"], check=False, env=self.env,
                       capture_output=True)
        self.process.kill()


class Client:
    """smbclient, connected when constructed, waiting to copy a folder."""

    def __init__(self, server, folder):
        self.share = server.share
        self.folder = folder
        for name in ("begun", "done"):
            shutil.rmtree(os.path.join(self.share, name), ignore_errors=True)
        before = set(children(server.pid))
        self.process = live.Process(
            ["smbclient", "-s", server.conf, "-p", str(server.port),
             "//127.0.0.1/share", "-N", "-m", "SMB3"],
            stdin=subprocess.PIPE)
        for line in ("prompt off", "recurse on",
                     f"lcd {os.path.dirname(folder)}", "mkdir begun"):
            self._tell(line)
        self._until_there("begun", live.DEADLINE)
        new = [pid for pid in children(server.pid)
               if pid not in before and is_session(pid)]
        if len(new) != 1:
            raise live.Fault(f"which smbd serves the client? {new}")
        self.server_pid = new[0]

    def _check(self):
        if self.process.poll() is not None:
            raise live.Fault("smbclient has ended: "
                             + self.process.stdout[-500:])

    def _tell(self, line):
        """One line, once it has read the one before.

        It looks for lines with select, and misses those that its own buffer
        took in together with an earlier one.
        """
        pipe = self.process.popen.stdin

        def empty():
            self._check()
            return not any(fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))

        live.until(empty, live.DEADLINE, "smbclient to read its commands")
        pipe.write(line.encode() + b"\n")

    def _until_there(self, name, seconds):
        def there():
            self._check()
            return os.path.isdir(os.path.join(self.share, name))

        live.until(there, seconds, f"smbclient to have {name}")

    def copy(self, seconds):
        """Copies, and returns as soon as the last file has arrived."""
        self._tell(f"mput {os.path.basename(self.folder)}")
        self._tell("mkdir done")
        self._until_there("done", seconds)

    def again(self):
        """Ready for another copy(), over the files of the last one."""
        shutil.rmtree(os.path.join(self.share, "done"))

    def quit(self):
        self._tell("quit")
        if self.process.wait():
            raise live.Fault(f"smbclient ended with {self.process.status}: "
                             + self.process.stdout[-500:])


def make_files(name, count, size):
    """A folder of folders of so many files, all of the same random bytes."""
    top = os.path.join(live.scratch("/dev/shm"), name)
    data = os.urandom(size)
    for number in range(count):
        folder = os.path.join(top, f"d{number // PER_FOLDER:04}")
        if number % PER_FOLDER == 0:
            os.makedirs(folder)
        path = os.path.join(folder, f"f{number:06}")
        with open(path, "wb") as file:
            file.write(data)
    return top
