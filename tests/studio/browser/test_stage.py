"""The page as a stage: what is looked at together is seen together, moves, and is taken away as a picture."""

import io
import json
import re
from xml.etree import ElementTree

import pytest
from dom import stopped, wait_for_step
from running import receive, send

pytestmark = pytest.mark.long

FRAME = 17
"""Milliseconds from one to the next."""

SIZES = [(1440, 900), (1280, 720), (1024, 768), (390, 844)]

BOX = """(where) => { const { left, top, right, bottom } = document.querySelector(where).getBoundingClientRect();
    return [left, top, right, bottom]; }"""

INK_OF = """(element) => { const range = document.createRange();
    range.selectNodeContents(element);
    const { left, right } = range.getBoundingClientRect();
    return [left, right]; }"""
"""Where the words of an element begin and end, which may be outside of it."""

INK = f"(where) => ({INK_OF})(document.querySelector(where))"

PICTURE = "() => document.querySelector('.space-picture canvas').toDataURL()"


@pytest.fixture
def adder(running, watched, line):
    """Opens the page of an adder that has learned for so many updates."""

    def opened(size=(1280, 720), steps=0, cell="elman", **options):
        send(line, "configure", settings={"task": "addition", "seed": 0, "cell": cell})
        receive(line, "frame", lambda frame: frame["step"] == 0)
        send(line, "example", operands=[91, 46])  # whatever other tests have typed
        receive(line, "frame", lambda frame: frame["example"]["operands"] == ["91", "46"])
        if steps:
            send(line, "step", count=steps)
            receive(line, "frame", lambda frame: frame["step"] == steps)
        found = watched(running.url, viewport={"width": size[0], "height": size[1]}, **options)
        wait_for_step(found.page, steps)
        return found.page

    return opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES[:2])
def test_sum_network_and_states_are_seen_together(adder, size, scheme):
    page = adder(size, color_scheme=scheme)
    picked = (".player", ".paper", ".unrolled", ".space-picture", ".panel-controls .own")
    left, top, right, bottom = zip(*(page.evaluate(BOX, where) for where in picked), strict=True)
    assert min(left) >= 0
    assert min(top) >= 0
    assert max(right) <= size[0]
    assert max(bottom) <= size[1]
    states = page.evaluate(BOX, ".space-picture")
    assert states[2] - states[0] > 380
    assert states[3] - states[1] > 250
    page.locator('.panel-unrolled [data-array=h][data-t="3"][data-unit="5"]').click()
    page.wait_for_selector(".drawer .inspector-value [data-value]")
    drawer, numbers = page.evaluate(BOX, ".drawer"), page.evaluate(BOX, ".panel-controls .own")
    assert drawer[2] <= page.evaluate(BOX, ".unrolled")[0]  # beside the picture, and above the numbers that one tries
    assert drawer[3] <= numbers[1]
    assert numbers[3] <= size[1]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_window_and_a_chosen_cell_is_in_sight(adder, size):
    page = adder(size, color_scheme="dark")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("End")
    page.locator('.panel-unrolled [data-array=delta_h][data-t="6"][data-unit="15"]').click()
    page.wait_for_selector(".drawer .inspector-value [data-value]")
    page.locator(".drawer .source[data-array=delta_h], .drawer .leads[data-array=delta_h]").first.click()
    page.wait_for_function(
        """() => { const chosen = document.querySelector(".cell[aria-selected]");
            if (chosen.dataset.t === "6") return false; // the one before
            const cell = chosen.getBoundingClientRect();
            const drawer = document.querySelector(".drawer").getBoundingClientRect();
            const apart = drawer.right <= cell.left || drawer.top >= cell.bottom - 1;
            return apart && cell.top >= 0 && cell.bottom <= innerHeight && drawer.bottom <= innerHeight + 1; }"""
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [390, 685, 801, 900, 960, 961, 1280])
def test_nothing_is_cut_off_or_covered_in_a_window_of_any_width(adder, width):
    page = adder((width, 720), cell="lstm")
    for inner, panel in ((".paper", "sum"), (".unrolled", "unrolled"), (".space-picture", "space")):
        box, around = page.evaluate(BOX, inner), page.evaluate(BOX, f".panel-{panel}")
        assert around[0] <= box[0] < box[2] <= around[2], inner
    forward, backward = (page.evaluate(INK, f".track-labels :{which}-child") for which in ("first", "last"))
    assert forward[1] < backward[0]
    speed, track = page.evaluate(BOX, ".player-bar select"), page.evaluate(BOX, ".track")
    assert backward[1] < speed[0] or track[3] <= speed[1]
    begin = page.evaluate(BOX, ".panel-unrolled")[0]
    names = page.locator(".lane-label small, .pass-label").evaluate_all(f"all => all.map({INK_OF})")
    assert min(left for left, _ in names) > begin + 4


def test_the_walk_begins_at_its_beginning(adder):
    page = adder(steps=20)
    assert page.get_by_label("Moment of the walk through time").input_value() == "0"
    assert page.locator(".caption").inner_text().startswith("Forward, step 1 of 8.")
    page.get_by_label("Task", exact=True).select_option("parity")
    page.wait_for_function("() => document.querySelector('.caption').textContent.includes('reads x = 0; its') || "
                           "document.querySelector('.caption').textContent.includes('reads x = 1; its')")  # fmt: skip
    assert page.get_by_label("Moment of the walk through time").input_value() == "0"


def test_the_drawer_opens_and_closes_by_keyboard(adder):
    page = adder()
    drawer = page.locator(".panel-inspector")
    assert not drawer.is_visible()
    cell = page.locator('.panel-unrolled [data-array=h][data-t="0"][data-unit="0"]')
    for close in ("Escape", "Enter"):
        cell.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".panel-inspector .inspector-value [data-value]")
        if close == "Enter":
            page.get_by_role("button", name="Close the chosen cell").focus()
        page.keyboard.press(close)
        drawer.wait_for(state="hidden")
        assert page.evaluate("() => document.activeElement.matches('.cell')")


@pytest.mark.parametrize("panel", ["unrolled", "space"])
def test_a_canvas_is_saved_as_vectors(adder, panel):
    page = adder((1440, 1000))
    page.keyboard.press("End")
    page.wait_for_selector(".caption[data-phase=update]")
    with page.expect_download() as download:
        page.locator(f".panel-{panel}").get_by_role("button", name="Save this picture as SVG").click()
    picture = ElementTree.parse(download.value.path()).getroot()
    tags = [element.tag.split("}")[1] for element in picture.iter()]
    assert "image" not in tags
    words = {"".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    if panel == "space":
        marks = [path.get("d") for path in picture.iter("{http://www.w3.org/2000/svg}path")]
        assert sum(d.count("M") for d in marks) > 512
        return
    assert tags.count("rect") > 8 * 2 * 16
    values = page.locator(".panel-unrolled [data-array=h]").evaluate_all("all => all.map(one => one.dataset.value)")
    assert {f"{float(value):.2f}" for value in values if float(value) >= 0.01} <= words


@pytest.mark.parametrize(("motion", "least", "most"), [("no-preference", 20, 40), ("reduce", 2, 2)])
def test_states_move_from_update_to_update_unless_no_motion_is_wanted(adder, motion, least, most):
    """Of so many different pictures, over 40 frames."""
    page = adder(steps=200, reduced_motion=motion)
    time = stopped(page)
    seen = {page.evaluate(PICTURE)}
    page.get_by_title("One update of the weights").click()
    while page.locator("[data-counter=step]").inner_text() != "201":
        time.run_for(FRAME)
    for _ in range(40):
        time.run_for(FRAME)
        seen.add(page.evaluate(PICTURE))
    assert least <= len(seen) <= most


def test_training_slows_down_while_the_network_learns(running, watched, line):
    send(line, "configure", settings={"task": "addition", "seed": 0, "steps": 1200})
    receive(line, "frame", lambda frame: frame["step"] == 0)
    page = watched("about:blank", wait=False).page
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(json.loads(text))))
    page.goto(running.url)
    page.wait_for_selector("[data-array=x]")
    assert page.get_by_label("Speed of the training").input_value() == "by itself"
    page.get_by_role("button", name="▶ Train").click()
    wait_for_step(page, 1200)
    paces = [message["updates_per_second"] for message in sent if message["type"] == "pace"]
    before, meanwhile, after = paces[0], min(paces), paces[-1]
    assert paces.index(before) < paces.index(meanwhile) < len(paces) - 1
    assert meanwhile < before
    assert meanwhile < after


def test_a_film_of_the_states_repeats_for_ever(adder):
    image = pytest.importorskip("PIL.Image")
    page = adder(steps=100, reduced_motion="no-preference")
    page.get_by_role("button", name="Record").click()
    page.get_by_label("Speed of the training").select_option("10 updates/s")
    page.get_by_role("button", name="▶ Train").click()
    page.wait_for_function("() => Number(document.querySelector('[data-counter=step]').textContent) >= 150")
    page.get_by_role("button", name=re.compile("Pause")).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the GIF").click()
    assert download.value.suggested_filename == "throughtime-states.gif"
    film = image.open(io.BytesIO(download.value.path().read_bytes()))
    assert film.info["loop"] == 0
    assert film.n_frames > 10
    canvas = page.evaluate(BOX, ".space-picture")
    assert film.size == (round(canvas[2] - canvas[0]), round(canvas[3] - canvas[1]))


def test_a_mistake_made_while_a_link_asks_leaves_it_its_step(adder, running, watched):
    adder(steps=5)
    page = watched(running.url + "#task=parity&seed=3&step=2").page
    question = page.get_by_text("Following it ends the run that is here: 5 updates")
    question.wait_for()
    page.locator(".panel-controls summary").click()
    page.locator("#setting-schedule").fill("never")
    page.locator("#setting-schedule").press("Enter")
    page.wait_for_selector(".notice:not([hidden])")
    page.get_by_role("button", name="Follow the link").click()
    page.wait_for_function("() => document.getElementById('setting-task').value === 'parity'")
    wait_for_step(page, 2)


def test_a_link_asks_before_it_ends_a_run(adder, running, watched):
    first = adder(steps=50)
    link = running.url + "#task=parity&seed=3"
    second = watched(link).page
    question = second.get_by_text("This link shows another network. Following it ends the run that is here: 50 updates")
    question.wait_for()
    assert "addition-elman-0" in question.inner_text()
    second.get_by_role("button", name="Keep this run").click()
    question.wait_for(state="hidden")
    second.wait_for_url(re.compile("task=addition"))
    assert first.locator("[data-counter=step]").inner_text() == "50"
    third = watched(link).page
    third.get_by_role("button", name="Follow the link").click()
    for page in (first, third):
        wait_for_step(page, 0)
        page.wait_for_function("() => document.getElementById('setting-task').value === 'parity'")
    third.get_by_role("button", name="One update").click()
    wait_for_step(third, 1)
    refused = watched(running.url + "#task=parity&hidden=500&learning_rate=0").page  # before it is asked
    refused.get_by_text(re.compile("hidden must be a whole number from 1 to 128|learning_rate must be")).wait_for()
    assert refused.get_by_text("Following it ends the run").is_hidden()
    refused.wait_for_url(re.compile("hidden=4|hidden=16|hidden=8"))  # the address is that of the run again
    assert refused.locator("[data-counter=step]").inner_text() == "1"
    third.get_by_role("button", name="Reset").click()
    wait_for_step(third, 0)
    fourth = watched(running.url + "#task=addition&seed=5").page  # nothing is lost: it is followed at once
    fourth.wait_for_function("() => document.getElementById('setting-task').value === 'addition'")
