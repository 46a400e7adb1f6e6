# SPDX-License-Identifier: GPL-2.0-or-later
"""A Chromium without a screen, driven by chromedriver's own protocol (W3C
WebDriver: JSON over HTTP), so that no other package is needed."""

import json
import os
import re
import shutil
import urllib.error
import urllib.request

import live

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"control": "\ue009", "escape": "\ue00c", "enter": "\ue007",
        "up": "\ue013", "right": "\ue014"}


class Browser:
    """Use as a context. All that goes wrong is a Fault."""

    def __init__(self, width=1200, height=800):
        live.need("chromedriver")
        chromium = (shutil.which("chromium")
                    or shutil.which("chromium-browser"))
        if not chromium:
            raise live.Skip("chromium is not installed")
        # In a folder of its own, as it keeps settings and a cache.
        env = {**os.environ, "HOME": live.scratch()}
        self.driver = live.Process(["chromedriver", "--port=0"],
                                   env=env)
        port = live.until(
            lambda: re.search(r"fully on port (\d+)", self.driver.stdout),
            live.DEADLINE, "chromedriver to listen")[1]
        self.base = f"http://127.0.0.1:{port}"
        args = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                f"--window-size={width},{height}"]
        if not os.geteuid():
            args.append("--no-sandbox")
        wanted = {"goog:chromeOptions": {"binary": chromium, "args": args},
                  "goog:loggingPrefs": {"browser": "ALL",
                                        "performance": "ALL"}}
        answer = self._ask("POST", "/session",
                           {"capabilities": {"alwaysMatch": wanted}})
        self.base += f"/session/{answer['sessionId']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._ask("DELETE", "")
        finally:
            self.driver.kill()

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method,
            data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=live.DEADLINE) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise live.Fault(f"{method} {path}: "
                             f"{error.read().decode()[:600]}") from error
        except OSError as error:
            raise live.Fault(f"{method} {path}: {error}") from error

    def open(self, url):
        self._ask("POST", "/url", {"url": url})

    def run(self, script, *args):
        """What the script returns; it finds its arguments as such."""
        return self._ask("POST", "/execute/sync",
                         {"script": script, "args": list(args)})

    def find(self, selector):
        """The first element of a CSS selector."""
        return self._ask("POST", "/element", {"using": "css selector",
                                              "value": selector})[ELEMENT]

    def click(self, selector):
        self._ask("POST", f"/element/{self.find(selector)}/click", {})

    def hover(self, selector):
        origin = {ELEMENT: self.find(selector)}
        self._ask("POST", "/actions", {"actions": [{
            "type": "pointer", "id": "mouse",
            "actions": [{"type": "pointerMove", "origin": origin,
                         "x": 0, "y": 0, "duration": 0}]}]})

    def keys(self, *texts):
        """Types each text, or with one of KEYS in it all of it at once."""
        for text in texts:
            pressed = [KEYS.get(part, part) for part in text.split("+")]
            if len(pressed) == 1 and text not in KEYS:
                strokes = [(kind, c) for c in text
                           for kind in ("keyDown", "keyUp")]
            else:
                strokes = ([("keyDown", c) for c in pressed]
                           + [("keyUp", c) for c in reversed(pressed)])
            self._ask("POST", "/actions", {"actions": [{
                "type": "key", "id": "keyboard",
                "actions": [{"type": kind, "value": c}
                            for kind, c in strokes]}]})

    def complaints(self):
        """What the console has got since it was last asked."""
        return [f"{entry['level']}: {entry['message']}" for entry in
                self._ask("POST", "/se/log", {"type": "browser"})]

    def requests(self):
        """The addresses that were asked for since this was last asked."""
        entries = self._ask("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"]
                    for entry in entries]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def screenshot(self):
        """A picture as base64."""
        return self._ask("GET", "/screenshot")
