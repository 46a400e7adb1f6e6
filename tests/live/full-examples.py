#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each example of the manual that is about smbd, with one that works."""

import threading

import live
import manual
import smbd

FILES = 200
SIZE = 10 * 1024


def main(tap):
    for program in ("smbd", "smbclient", "jq", "git", "bash"):
        live.need(program)
    live.need_bpf()
    server = smbd.Server()
    client = smbd.Client(server, smbd.make_files("files", FILES, SIZE))
    over = threading.Event()
    wrong = []

    def work():
        """One copy after the other, until all examples were run."""
        try:
            while not over.is_set():
                client.copy(4 * live.DEADLINE)
                client.again()
        except live.Fault as why:
            wrong.append(why)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        manual.judge(tap, manual.needs_smbd, {"smbd": server.pid},
                     client.server_pid)
    finally:
        over.set()
        thread.join()
    tap.ok(not wrong, "the client could work all the time", *wrong)
    server.stop()


live.run(main)
