# SPDX-License-Identifier: GPL-2.0-or-later
"""An initramfs of the host's own files: programs with their libraries.

The archive is written here, as its users, modes and devices are then what
they should be without root and without another tool.
"""

import os
import shutil
import stat
import subprocess

import live

# Of Python's library what no test will import.
NOT_IMPORTED = shutil.ignore_patterns(
    "test", "tests", "idlelib", "lib2to3", "ensurepip", "distutils",
    "tkinter", "turtledemo", "unittest", "pydoc_data", "config-*", "sqlite3",
    "asyncio", "dist-packages", "site-packages", "sitecustomize.py",
    "_test*", "_ssl*", "_hashlib*", "_sqlite3*", "_tkinter*", "_codecs_*",
    "_xx*", "xx*", "nis.*", "_dbm*", "_gdbm*", "readline.*")


class Archive:
    """A cpio archive of the format newc, in the making."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.names = set()
        self.last_inode = 0

    def _entry(self, name, mode, data=b"", mtime=0):
        name = name.strip("/")
        if name in self.names:
            return
        self.names.add(name)
        self.last_inode += 1
        raw = os.fsencode(name) + b"\0"
        # inode, mode, uid, gid, links, mtime, size, four numbers of
        # devices, length of the name, checksum
        fields = (self.last_inode, mode, 0, 0, 1, mtime, len(data),
                  0, 0, 0, 0, len(raw), 0)
        head = "070701" + "".join(f"{field:08x}" for field in fields)
        self._write(head.encode() + raw)
        self._write(data)

    def _write(self, data):
        self.file.write(data + bytes(-len(data) % 4))

    def folder(self, path, mode=0o755):
        path = path.strip("/")
        if path:
            self.folder(os.path.dirname(path))
            self._entry(path, stat.S_IFDIR | mode)

    def link(self, path, to):
        self.folder(os.path.dirname(path))
        self._entry(path, stat.S_IFLNK | 0o777, os.fsencode(to))

    def file_of(self, path, data, mode=0o644, mtime=0):
        self.folder(os.path.dirname(path))
        self._entry(path, stat.S_IFREG | mode, data, mtime)

    def copy(self, source, path):
        """One file of the host, under another name."""
        with open(source, "rb") as file:
            data = file.read()
        # Python's compiled modules have the time of their sources.
        status = os.stat(source)
        self.file_of(path, data, status.st_mode & 0o755,
                     int(status.st_mtime))

    def same(self, path):
        """One file of the host under its own name, links on the way too."""
        done = "/"
        rest = os.path.abspath(path).strip("/").split("/")
        while rest:
            step = os.path.join(done, rest.pop(0))
            if os.path.islink(step):
                to = os.readlink(step)
                self.link(step, to)
                whole = os.path.normpath(os.path.join(done, to, *rest))
                done, rest = "/", whole.strip("/").split("/")
                continue
            done = step
        self.copy(done, done)

    def tree(self, source, path, ignore=None):
        """A folder of the host, under another name."""
        for where, folders, files in os.walk(source):
            left_out = ignore(where, folders + files) if ignore else ()
            folders[:] = [name for name in folders if name not in left_out]
            to = os.path.normpath(os.path.join(
                path, os.path.relpath(where, source)))
            self.folder(to)
            for name in files:
                whole = os.path.join(where, name)
                if name not in left_out and os.path.isfile(whole):
                    self.copy(whole, os.path.join(to, name))

    def close(self):
        self._entry("TRAILER!!!", 0)
        self.file.close()
        return self.names


def libraries(programs):
    """The libraries of these programs, by the paths they are looked for."""
    listed = subprocess.run(["ldd", *programs], capture_output=True,
                            text=True, check=False).stdout
    found = set()
    for line in listed.splitlines():
        words = line.split()
        if "=>" in words and words[-2].startswith("/"):
            found.add(words[-2])
        elif words and words[0].startswith("/") and len(words) == 2 \
                and words[1].startswith("("):
            found.add(words[0])
    # glibc opens it by itself where a thread ends early.
    loaded = "/lib/x86_64-linux-gnu/libgcc_s.so.1", "/lib64/libgcc_s.so.1"
    return found | set(filter(os.path.exists, loaded))


def find(program):
    path = shutil.which(program, path=os.environ.get("PATH", "")
                        + ":/usr/sbin:/sbin")
    if not path:
        raise live.Skip(f"{program} is not installed")
    return path


def add_python(archive):
    """The interpreter that the tests name, and its library."""
    python = "/usr/bin/python3"
    archive.same(python)
    # Of that one, whichever runs this.
    library = subprocess.run(
        [python, "-c", "import sysconfig as s; print(s.get_path('stdlib'))"],
        check=True, capture_output=True, text=True).stdout.strip()
    archive.tree(library, library, NOT_IMPORTED)
    modules = os.path.join(library, "lib-dynload")
    left_out = NOT_IMPORTED(modules, os.listdir(modules))
    return [python, *(os.path.join(modules, name)
                      for name in os.listdir(modules)
                      if name.endswith(".so") and name not in left_out)]


def build(path, programs, folders, files):
    """Writes the archive.

    programs: names of the host's, to be found by the same path in the guest;
    folders: {the host's: the guest's}; files: the same, for single ones.
    """
    archive = Archive(path)
    need_libraries = add_python(archive)
    for link in filter(os.path.islink, ("/bin", "/sbin", "/lib", "/lib64")):
        archive.link(link, os.readlink(link))
    for program in programs:
        found = find(program)
        archive.same(found)
        need_libraries.append(found)
    for source, to in folders.items():
        archive.tree(source, to)
    for source, to in files.items():
        archive.copy(source, to)
        need_libraries.append(source)
    for library in sorted(libraries(need_libraries)):
        archive.same(library)
    for folder in ("proc", "sys", "dev", "run", "root", "var/tmp"):
        archive.folder(folder)
    archive.file_of("etc/passwd", b"root:x:0:0::/root:/bin/sh\n"
                    b"nobody:x:65534:65534::/:/bin/false\n")
    archive.file_of("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    archive.close()
