"""What a person would do on the page, from opening it to the file that goes to a class."""

import re

import pytest
from dom import array, cells, wait_for_step
from running import receive, send, studio

expect = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`").expect
pytestmark = pytest.mark.long

NUMBERS = (2**30 - 12345, 987654321)


def test_the_whole_story(running, watched, line, tmp_path):
    send(line, "configure", settings={"task": "addition", "seed": 0})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    opened = watched(running.url)
    page = opened.page
    assert "token" not in page.url
    page.get_by_label("Speed of the training").select_option("full speed")
    page.get_by_role("button", name="▶ Train").click()
    wait_for_step(page, 2000)
    page.wait_for_function("() => document.querySelector('[data-counter=exact]').textContent === '100 %'")
    page.get_by_label("Speed of the training").select_option("100 updates/s")
    page.get_by_role("button", name="▶ Train").click()
    page.wait_for_function("() => Number(document.querySelector('[data-counter=step]').textContent) > 2000")
    page.get_by_role("button", name="❚❚ Pause").click()
    page.wait_for_function(  # the address is written when the page rests, and shows the last frame
        "() => location.hash.includes(`step=${document.querySelector('[data-counter=step]').textContent}`)"
    )
    page.wait_for_selector(".badge[data-right=true]")
    assert float(page.locator(".badge").get_attribute("data-value")) < 1e-8

    # back through time: from the update, over the gradient, to the error at the first step
    slider = page.get_by_label("Moment of the walk through time")
    page.get_by_role("button", name=re.compile("To the end")).click()
    expect(slider).to_have_value("18")  # 8 forward, the loss, 8 backward, the gradient, the update
    page.get_by_role("button", name=re.compile("One micro-step back")).click()
    expect(slider).to_have_value("17")
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_value("16")
    expect(page.locator(".caption")).to_have_attribute("data-phase", "backward")

    # a unit, its formula and where its terms come from
    cell = page.locator('.panel-unrolled [data-array=h][data-t="3"][data-unit="5"]')
    value = float(cell.get_attribute("data-value"))
    cell.click()
    panel = page.locator(".panel-inspector")
    assert float(panel.locator(".inspector-value [data-value]").first.get_attribute("data-value")) == value
    assert panel.locator("math").count() > 1
    page.wait_for_url(re.compile("selection=h"))
    total = sum(
        float(one)
        for one in panel.locator("table")
        .first.locator("td[data-value]")
        .evaluate_all("all => all.map((one) => one.dataset.value)")
    )
    assert abs(total) < 100

    # numbers of 30 bits
    page.get_by_label("Number 1").fill(str(NUMBERS[0]))
    page.get_by_label("Number 2").fill(str(NUMBERS[1]))
    page.get_by_role("button", name="Try these numbers").click()
    page.wait_for_function("() => document.querySelectorAll('.panel-sum [data-array=y][data-value]').length > 30")
    bits = cells(page, ".panel-sum")["y", 0, "forward"]
    assert sum(round(bits[t, 0]) << t for t in range(len(bits))) == sum(NUMBERS)
    assert str(sum(NUMBERS)) in page.locator(".panel-sum").inner_text()

    page.get_by_role("button", name="Prove", exact=True).click()
    page.wait_for_selector(".verdict[data-state=proved]")
    assert "right for numbers of every length" in page.locator(".verdict").inner_text()
    assert page.locator(".verdict").inner_text().count(" s)") == 1  # how long it took is said once

    # the file, with no server and no network
    before = cells(page, ".panel-unrolled")
    with page.expect_download() as download:
        page.get_by_text("Export", exact=True).click()
    download.value.save_as(tmp_path / "page.html")
    hash_of_page = page.url.partition("#")[2]
    offline = watched((tmp_path / "page.html").as_uri() + "#" + hash_of_page, offline=True)
    offline.page.wait_for_selector('.panel-unrolled [data-array=h][data-t="30"][data-value]')
    assert cells(offline.page, ".panel-unrolled") == before
    assert [url for url in offline.requests if not url.startswith(("data:", "blob:"))] == [
        (tmp_path / "page.html").as_uri()
    ]
    checkpoints = offline.page.get_by_label("Checkpoint of the training")
    last = int(checkpoints.input_value())
    assert last > 20
    checkpoints.press("Home")
    wait_for_step(offline.page, 0)
    assert cells(offline.page, ".panel-unrolled") != before
    checkpoints.press("End")
    offline.page.wait_for_function("() => document.querySelector('[data-counter=step]').textContent !== '0'")
    again = cells(offline.page, ".panel-unrolled")  # computed by the page's own engine
    assert again.keys() == before.keys()
    for key, numbers in before.items():
        assert again[key] == pytest.approx(numbers, rel=1e-9, abs=1e-12)


def test_a_refuted_network_shows_the_wrong_sum(running, watched, line):
    send(line, "configure", settings={"task": "addition", "hidden": 3})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    page = watched(running.url).page
    page.get_by_role("button", name="Prove", exact=True).click()
    page.wait_for_selector(".verdict[data-state=refuted]")
    page.wait_for_selector('.panel-sum [data-right="false"]')


def test_the_server_started_again(watched, tmp_path):
    with studio(tmp_path, "--port", 19865) as first:
        page = watched(first.url)
        page.expected = "WebSocket connection"  # cannot be opened while there is no server
        page.page.get_by_role("button", name="One update").click()
        wait_for_step(page.page, 1)
        first.interrupt()
        page.page.wait_for_function(
            "() => document.body.innerText.includes('again') || document.querySelector('[data-connected=false]')"
        )
    with studio(tmp_path, "--port", 19865):
        page.page.get_by_role("button", name="One update").click()
        wait_for_step(page.page, 2)


def test_two_tabs_see_the_same_run(running, watched, line):
    send(line, "configure", settings={"task": "parity", "seed": 1})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    pages = [watched(running.url).page for _ in range(2)]
    pages[0].get_by_role("button", name="One update").click()
    for page in pages:
        wait_for_step(page, 1)
    pages[1].get_by_role("button", name="One update").click()
    for page in pages:
        wait_for_step(page, 2)
    first, second = (array(cells(page, ".panel-unrolled"), "h", 4, 16) for page in pages)
    assert (first == second).all()


def test_a_link_shows_what_was_shared(running, watched, line):
    send(line, "configure", settings={"task": "addition", "seed": 0})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    first = watched(running.url).page
    first.locator('.panel-unrolled [data-array=h][data-t="2"][data-unit="3"]').click()
    shown = first.locator(".panel-inspector .inspector-value [data-value]").first.get_attribute("data-value")
    first.wait_for_url(re.compile("selection=h"))
    second = watched(f"{running.url}#{first.url.partition('#')[2]}").page
    second.wait_for_selector(".panel-inspector .inspector-value [data-value]")
    assert second.locator(".panel-inspector .inspector-value [data-value]").first.get_attribute("data-value") == shown


def test_malformed_links_and_settings_break_nothing(running, watched, line):
    send(line, "configure", settings={"task": "addition", "seed": 0})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    for broken in (
        "#task=%",
        "#moment=-5&selection=x.y.z&hidden=abc",
        "#" + "a" * 5000,
        "#selection=h.9.9.99.99&chapter=77",
    ):
        page = watched(running.url + broken).page
        assert page.locator(".panel-unrolled [data-array=h]").count() > 0
