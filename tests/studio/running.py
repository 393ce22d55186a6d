"""A studio as a user starts it: `throughtime studio` in a process of its own, in an empty folder."""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

from websockets.sync.client import connect

PATIENCE = 60


class Studio:
    def __init__(self, folder, *arguments):
        self.folder = folder
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "XDG_STATE_HOME": str(folder)}
        command = [sys.executable, "-m", "throughtime", "studio", "--no-browser", *map(str, arguments)]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.printed = ""
        self.url = self.wait_for(r"http://\S+")
        self.base, self.token = self.url.split("/?token=")
        self.host = self.base.removeprefix("http://")

    def wait_for(self, pattern):
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        end = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self.printed)) is None:
            assert selector.select(end - time.monotonic()), f"no {pattern} in {self.printed!r}"
            more = os.read(self.process.stdout.fileno(), 65536).decode()
            assert more, f"the studio ended: {self.printed!r}"
            self.printed += more
        return found[0]

    def page(self, **more):
        """A websocket to it, as the page opens one."""
        options = {"origin": self.base, "max_size": None} | more
        return connect(f"{self.base.replace('http', 'ws')}/ws?token={self.token}", **options)

    def interrupt(self):
        """Ctrl-C; returns the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.printed += rest.decode()
        return self.process.returncode


@contextmanager
def studio(folder, *arguments):
    running = Studio(folder, *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.interrupt()


def send(page, kind, **values):
    page.send(json.dumps({"type": kind, **values}))


def receive(page, kind, such_that=lambda message: True):
    """The next message of a kind, and those on the way to it are passed over."""
    while True:
        message = json.loads(page.recv(timeout=PATIENCE))
        assert kind == "error" or message["type"] != "error", message
        if message["type"] == kind and such_that(message):
            return message


def at_rest(frame):
    return not frame["running"]
