"""A real Chromium on a real studio; skipped, with the reason, where either is missing."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from dom import PATIENCE
from lesson_page import note_foreign
from running import receive, studio

from throughtime.studio.lesson import lesson

WHERE = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`: pip install playwright")
    path = next(filter(None, map(shutil.which, WHERE)), None)
    if path is None:
        pytest.skip(f"no browser is installed: {', '.join(WHERE)} were looked for")
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory, chromium):
    with studio(tmp_path_factory.mktemp("studio"), "--port", 19765) as running:
        yield running


class Watched:
    """A page of which every complaint and every request is noted."""

    def __init__(self, browser, **options):
        usual = {"viewport": {"width": 1440, "height": 1000}, "reduced_motion": "reduce"}
        self.context = browser.new_context(**usual | options)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints, self.requests = [], []
        self.expected = None
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", lambda websocket: self.requests.append(websocket.url))

    def _heard(self, message):
        if message.type in ("error", "warning") and not (self.expected and message.text.startswith(self.expected)):
            self.complaints.append(message.text)


@pytest.fixture
def watched(chromium):
    opened = []

    def open_page(address, wait=True, **options):
        opened.append(Watched(chromium, **options))
        opened[-1].page.goto(address)
        if wait:
            opened[-1].page.wait_for_selector("[data-array=x]")
        return opened[-1]

    yield open_page
    for one in opened:
        one.context.close()
        assert not one.complaints
        local = ("http://127.0.0.1:", "ws://127.0.0.1:", "file://", "data:", "blob:")
        assert all(url.startswith(local) for url in one.requests), one.requests


@pytest.fixture
def line(running):
    """A websocket beside the page's own: what it is sent, the page is sent too."""
    with running.page() as line:
        receive(line, "frame")
        yield line


@pytest.fixture(scope="session")
def lesson_address(tmp_path_factory):
    path = tmp_path_factory.mktemp("lesson") / "lesson.html"
    path.write_text(lesson(), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def chapter(chromium, lesson_address):
    """Opens a chapter as a reader does who wants no motion: what trains, trains at once."""
    contexts = []

    def opened(name, **options):
        context = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 720}, "reduced_motion": "reduce"} | options
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        complaints = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: note_foreign(request.url, complaints))
        contexts.append((context, complaints))
        page.goto(lesson_address)
        page.evaluate("name => document.getElementById(name).scrollIntoView()", name)
        page.wait_for_selector(f"#{name} .picture > :not([hidden])")
        return page.locator(f"#{name}")

    yield opened
    for context, complaints in contexts:
        context.close()
        assert not complaints
