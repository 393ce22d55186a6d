"""Names from outside are text on the page and in its files, whatever they look like; and the page says what is so."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from running import receive, send

from throughtime.studio import export
from throughtime.studio.example import of_sample
from throughtime.studio.frame import Framer
from throughtime.studio.plan import plan
from throughtime.studio.snapshot import Snapshot

pytestmark = pytest.mark.long

EVIL = (
    """"</script><script>window.struck=1</script><!--<img src=x onerror="window.struck=1">'"""
    """ &amp; \\ ` ${1} ]]> \u2028\x01é"""
)
SEEN = EVIL.replace("\u2028", " ").replace("\x01", "")


def plain(text):
    return re.sub(r"[\s\x01]+", " ", text).strip()


def test_an_exported_page_of_evil_names(watched, tmp_path):
    planned = plan({"task": "tomita"})
    frame = json.loads(
        Framer(planned.task, planned.specification).frame(
            Snapshot(0, planned.begin().parameters), of_sample(planned.task, 0)
        )
    )
    frame["example"]["rendered"] = [EVIL]
    frame["space"]["labels"] = [EVIL for _ in frame["space"]["labels"]]
    settings = planned.options() | {"task": EVIL, "cell": EVIL, "activation": EVIL, "optimizer": EVIL}
    verdict = {"state": "unknown", "sentence": EVIL, "seconds": 0.0}
    text = export.page([json.dumps(frame)], history=[], settings=settings, verdict=verdict, title=EVIL)
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    page = watched((tmp_path / "page.html").as_uri(), offline=True).page
    assert plain(page.title()) == plain(SEEN)
    page.locator(".panel-space").scroll_into_view_if_needed()
    assert plain(page.locator(".panel-space .marks li").first.inner_text()) == plain(SEEN)
    assert plain(SEEN) in plain(page.locator(".panel-sum").inner_text())
    for panel, ending in (("space", "SVG"), ("space", "PNG")):
        with page.expect_download() as download:
            page.locator(f".panel-{panel}").get_by_label(f"Save this picture as {ending}").click()
        download.value.save_as(tmp_path / f"picture.{ending}")
    picture = ElementTree.parse(tmp_path / "picture.SVG")
    written = " ".join(one.text or "" for one in picture.iter("{http://www.w3.org/2000/svg}text"))
    assert plain("</script><script>window.struck=1</script>") in plain(written)
    assert not list(picture.iter("{http://www.w3.org/2000/svg}script"))
    assert (tmp_path / "picture.PNG").read_bytes()[:4] == b"\x89PNG"
    assert page.evaluate("() => window.struck") is None


def test_a_file_with_an_evil_name(running, watched, line, tmp_path):
    page = watched(running.url).page
    rows = "".join(f"{s},{t},{s / 9},{(s + t) % 2}\n" for s in range(9) for t in range(4))
    name = """<img src=x onerror="window.struck=1">'&`${1}.csv"""
    (tmp_path / name).write_text(f"sequence,time,x<script>,y&\n{rows}")
    page.locator("#upload").set_input_files(tmp_path / name)
    receive(line, "hello", lambda hello: hello["settings"]["task"] == name)
    page.wait_for_function("(name) => document.querySelector('#setting-task').value === name", arg=name)
    page.wait_for_function("(name) => document.querySelector('.panel-sum').textContent.includes(name)", arg=name)
    with page.expect_download() as download:
        page.get_by_text("Export", exact=True).click()
    assert re.fullmatch(r"[A-Za-z0-9._-]+", download.value.suggested_filename)
    download.value.save_as(tmp_path / "page.html")
    exported = watched((tmp_path / "page.html").as_uri(), offline=True).page
    for one in (page, exported):
        assert one.evaluate("() => window.struck") is None
    send(line, "configure", settings={"task": "addition", "seed": 0})
    receive(line, "frame", lambda frame: frame["step"] == 0)


def test_what_is_refused_is_not_shown_as_if_it_were_so(running, watched, line, tmp_path):
    send(line, "configure", settings={"task": "addition", "seed": 0, "cell": "lstm", "hidden": 128})
    receive(line, "frame", lambda frame: frame["trace"]["specification"]["hidden"] == 128)
    opened = watched(running.url)
    opened.expected = "Failed to load resource: the server responded with a status of 400"
    page = opened.page
    layers = page.get_by_label("Layers")
    layers.fill("4")
    layers.press("Tab")
    page.wait_for_selector(".notice:not([hidden])")
    assert "the studio shows up to 200000" in page.locator(".notice").inner_text()
    page.wait_for_function("() => document.querySelector('#setting-layers').value === '1'")
    (tmp_path / "long.csv").write_text("sequence,time,x,y\n" + "".join(f"1,{t},0.5,1\n" for t in range(1101)))
    page.locator("#upload").set_input_files(tmp_path / "long.csv")
    page.wait_for_function("() => document.querySelector('.notice').textContent.includes('got one of 1,101')")
    page.get_by_role("button", name="Close this notice").click()
    page.wait_for_selector(".notice", state="hidden")
    assert np.isfinite(float(page.locator("[data-counter=loss]").inner_text()))
    send(line, "configure", settings={"task": "addition", "seed": 0})
    receive(line, "frame", lambda frame: frame["step"] == 0)
