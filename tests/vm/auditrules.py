# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's audit rules, without auditctl: see linux/audit.h."""

import os
import socket
import struct

NETLINK_AUDIT = 9
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_ACK = 1, 4
GET, ADD_RULE, DEL_RULE, LIST_RULES = 1000, 1011, 1012, 1013

FILTER_TASK, FILTER_EXIT = 1, 4
NEVER, ALWAYS = 0, 2
PID, FILTERKEY = 0, 210
EQUAL = 0x40000000
FIELDS, WORDS = 64, 64

# flags, action, field_count, mask, fields, values, fieldflags, buflen
RULE = struct.Struct(f"=III{WORDS}I{FIELDS}I{FIELDS}I{FIELDS}II")


class Socket:
    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                    NETLINK_AUDIT)
        self.socket.settimeout(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, kind, payload=b"", flags=NLM_F_REQUEST | NLM_F_ACK):
        self.socket.sendto(struct.pack("=IHHII", 16 + len(payload), kind,
                                       flags, 1, 0) + payload, (0, 0))

    def receive(self):
        """(type, payload)"""
        data = self.socket.recv(65536)
        return struct.unpack_from("=IHHII", data)[1], data[16:]

    def acknowledged(self):
        while True:
            kind, payload = self.receive()
            if kind == NLMSG_ERROR:
                return -struct.unpack_from("=i", payload)[0]


def make(filter_, action, fields, key=""):
    """A rule of all calls where each of the fields has its value."""
    fields = [*fields, *([(FILTERKEY, len(key))] if key else [])]
    pad = [0] * (FIELDS - len(fields))
    mask = [0xffffffff] * (WORDS - 1) + [0]
    return RULE.pack(filter_, action, len(fields), *mask,
                     *[name for name, _ in fields], *pad,
                     *[value for _, value in fields], *pad,
                     *[EQUAL] * len(fields), *pad,
                     len(key)) + key.encode()


def change(kind, rule):
    with Socket() as link:
        link.send(kind, rule)
        error = link.acknowledged()
    if error:
        raise OSError(error, os.strerror(error))


def keys():
    """The keys of all rules; "" of those without."""
    found = []
    with Socket() as link:
        link.send(LIST_RULES, flags=NLM_F_REQUEST)
        while True:
            kind, payload = link.receive()
            if kind == NLMSG_DONE:
                return found
            if kind == LIST_RULES:
                size = RULE.unpack_from(payload)[-1]
                found.append(payload[RULE.size:RULE.size + size].decode())


def status():
    """(enabled, pid of the daemon)"""
    with Socket() as link:
        link.send(GET, flags=NLM_F_REQUEST)
        while True:
            kind, payload = link.receive()
            if kind == GET:
                _, enabled, _, pid = struct.unpack_from("=IIII", payload)
                return enabled, pid
