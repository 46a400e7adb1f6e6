# SPDX-License-Identifier: GPL-2.0-or-later
"""A Samba server of one's own on loopback, and a client that copies into it.

Everything is in temporary folders, the share on a tmpfs; nothing of an
installed server is touched, and none is needed to be running.
"""

import fcntl
import os
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

    def __init__(self, under=()):
        self.dir = live.scratch()
        self.share = live.scratch("/dev/shm")
        self.port = free_port()
        for name in ("lock", "state", "cache", "pid", "private", "ncalrpc"):
            os.mkdir(os.path.join(self.dir, name))
        self.conf = os.path.join(self.dir, "smb.conf")
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(CONF.format(port=self.port, dir=self.dir,
                                   share=self.share))
        # It must not outlive a test that is killed.
        self.process = live.Process(
            [*under, "setpriv", "--pdeathsig=KILL", shutil.which("smbd"),
             "-s", self.conf, "-F", "--no-process-group", "-l", self.dir])
        self.pid = self.process.pid
        live.until(self._answers, live.DEADLINE, "smbd to listen")
        if under:
            self.pid = self._own_pid()

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
