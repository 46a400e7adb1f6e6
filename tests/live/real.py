# SPDX-License-Identifier: GPL-2.0-or-later
"""Real programs to be accounted: nginx, and sources for make."""

import http.client
import os
import signal
import socket

import live
import smbd

PAGE = 20000

NGINX = """\
daemon off; master_process on; worker_processes 1; user root;
pid {dir}/pid; error_log {dir}/error;
events {{ worker_connections 64; }}
http {{ access_log {dir}/access; client_body_temp_path {dir}/a;
proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c; uwsgi_temp_path {dir}/d;
scgi_temp_path {dir}/e;
server {{ listen 127.0.0.1:{port}; root {dir}/www; }} }}
"""


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Nginx:
    """A server of one page, that listens."""

    def __init__(self):
        folder, self.port = live.scratch(), smbd.free_port()
        os.mkdir(f"{folder}/www")
        with open(f"{folder}/www/page", "wb") as file:
            file.write(b"x" * PAGE)
        with open(f"{folder}/conf", "w", encoding="utf-8") as file:
            file.write(NGINX.format(dir=folder, port=self.port))
        self.process = live.Process(["nginx", "-c", f"{folder}/conf"])
        self.pid = self.process.pid
        live.until(lambda: answers(self.port), live.DEADLINE,
                   "nginx to listen")

    def load(self, requests):
        """So many over one connection."""
        client = http.client.HTTPConnection("127.0.0.1", self.port)
        for _ in range(requests):
            client.request("GET", "/page")
            if len(client.getresponse().read()) != PAGE:
                raise live.Fault("nginx answered something else")
        client.close()

    def stop(self):
        self.process.signal(signal.SIGTERM)
        self.process.wait()


def sources(count):
    """A folder with a Makefile of so many small files of C."""
    folder = live.scratch()
    names = [f"part{i}" for i in range(count)]
    for name in names:
        with open(f"{folder}/{name}.c", "w", encoding="utf-8") as file:
            file.write("#include <stdio.h>\n"
                       f"int {name}(void) {{ return puts(\"x\"); }}\n")
    with open(f"{folder}/Makefile", "w", encoding="utf-8") as file:
        file.write("all: " + " ".join(f"{name}.o" for name in names) + "\n")
    return folder
