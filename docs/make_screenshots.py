"""Make the screenshots of docs/studio.md from the real thing, in Debian's Chromium: python docs/make_screenshots.py."""

import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).parent / "pictures"
SHOTS = (("light", 1440, 900), ("light", 390, 844), ("dark", 1440, 900))


@contextmanager
def studio():
    """A studio in an empty folder; its address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "throughtime", "studio", "--no-browser", "--port", "8800"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        try:
            for line in process.stdout:
                if found := re.search(r"http://\S+", line):
                    yield found[0]
                    break
        finally:
            process.terminate()
            process.wait()


def ready(page, step):
    """Wait until the page shows the network after a number of updates, at rest."""
    page.wait_for_function(
        "(step) => document.querySelector('[data-counter=step]').textContent === String(step)", arg=step
    )
    page.wait_for_selector(".badge[data-right]")


def pictures(browser, address, folder):
    """A network that has just learned to add, a cell of it and where its error went, in light and dark, wide and
    narrow.
    """
    for theme, width, height in SHOTS:
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, color_scheme=theme, reduced_motion="reduce")
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(".panel-unrolled [data-array=h][data-value]")
        if page.locator("[data-counter=step]").text_content() != "2000":
            page.get_by_label("Speed of the training").select_option("full speed")
            page.get_by_role("button", name="▶ Train").click()
            ready(page, 2000)
            page.get_by_role("button", name="Prove", exact=True).click()
            page.wait_for_selector(".verdict[data-state=proved]")
        ready(page, 2000)
        page.get_by_label("Number 1").fill("91")
        page.get_by_label("Number 2").fill("46")
        page.get_by_role("button", name="Try these numbers").click()
        page.wait_for_function("() => document.querySelector('.panel-sum').innerText.includes('137')")
        page.get_by_role("button", name=re.compile("To the end")).click()
        page.locator('.panel-unrolled [data-array=h][data-t="3"][data-unit="5"]').click()
        page.mouse.move(0, 0)
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"studio-{width}-{theme}.png")
        context.close()


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    with studio() as address, sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        pictures(browser, address, folder)
        browser.close()
