"""A running studio: as a user starts it in an empty folder, or in a thread of this process."""

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from multiprocessing import Pipe

from websockets.sync.client import connect

from throughtime.studio import serving
from throughtime.studio.plan import plan
from throughtime.studio.session import Session
from throughtime.studio.trainer import Answer, Request, Trainer

PATIENCE = 120


class Address:
    """Where a studio is, and a websocket to it as the page opens one."""

    def __init__(self, url):
        self.url = url
        self.base, self.token = self.url.split("/?token=")
        self.host = self.base.removeprefix("http://")

    def page(self, **more):
        options = {"origin": self.base, "max_size": None} | more
        return connect(f"{self.base.replace('http', 'ws')}/ws?token={self.token}", **options)


class Studio(Address):
    """In a process of its own."""

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
        super().__init__(self.wait_for(r"http://\S+"))

    def wait_for(self, pattern):
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        end = time.monotonic() + PATIENCE
        while (found := re.search(pattern, self.printed)) is None:
            assert selector.select(end - time.monotonic()), f"no {pattern} in {self.printed!r}"
            more = os.read(self.process.stdout.fileno(), 65536).decode(errors="replace")
            assert more, f"the studio ended: {self.printed!r}"
            self.printed += more
        return found[0]

    def interrupt(self):
        """Ctrl-C; returns the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.printed += rest.decode(errors="replace")
        return self.process.returncode


@contextmanager
def studio(folder, *arguments):
    running = Studio(folder, *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.interrupt()


@contextmanager
def studio_here(folder):
    """In a thread of this process, so that the lines it comes by are counted."""
    bound, token = serving.listen("127.0.0.1", 18000), "here"
    started, stops = threading.Event(), []

    def ready(stop):
        stops.append(stop)
        started.set()

    def new_folder(name):
        found = folder / "runs" / name
        found.mkdir(parents=True, exist_ok=True)
        return found

    arguments = (lambda: Session(plan({}), None, new_folder), bound, token, ready)
    thread = threading.Thread(target=serving.serve, args=arguments)
    thread.start()
    assert started.wait(PATIENCE)
    try:
        yield Address(serving.address("127.0.0.1", bound.getsockname()[1], token))
    finally:
        stops[0]()
        thread.join(PATIENCE)
        bound.close()


class Requester:
    """Has a trainer in this process answer, and takes its answers out of the pipe."""

    def __init__(self):
        self.here, there = Pipe()
        self.trainer = Trainer(there)

    def answer(self, what, *arguments):
        self.trainer._answer(Request(0, what, arguments))

    def found(self, *requests):
        """What each request led to."""
        for request in requests:
            self.answer(*request)
        self.trainer.quit()
        return self.sent()

    def train(self, plan, folder):
        """Begin, and train to the end."""
        self.answer("begin", plan, None)
        self.answer("train", folder)

    def go_on(self):
        while self.trainer.running:
            self.trainer._go_on()
        return self.sent()

    def sent(self):
        sent = []
        while self.here.poll():
            message = self.here.recv()
            failed = isinstance(message, Answer) and message.failed
            sent.append(failed or message.found if isinstance(message, Answer) else message)
        return sent


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
