"""The lesson's chapter on proof in a real browser: every sentence that says what its figures show."""

import json
import re

import numpy as np
import pytest
from dom import PATIENCE
from lesson_page import known, number, press, value

import throughtime as tt
from throughtime.proof import checker
from throughtime.studio.lesson import certificate, lesson

pytestmark = pytest.mark.long

SEEDS = 5
ADDITION = tt.tasks.Addition(bits=8)


def network(parameters, **fields):
    return tt.Network.of(tt.Network(inputs=2, outputs=1, **fields).specification, parameters)


def test_an_lstm_right_on_all_pairs_is_wrong_at_a_longer_sum(chapter):
    section = chapter("proof")
    for seed in range(SEEDS):
        if seed:
            press(section, "again")
        assert not known(section, "passed")
        assert not known(section, "left")
        assert section.locator(".paper").first.is_hidden()
        picture = section.locator(".canvas")
        assert float(picture.get_attribute("data-gap")) < 0  # they overlap
        press(section, "learn")
        parameters = np.array(picture.get_attribute("data-parameters").split(), float)
        net = network(parameters, cell="lstm", hidden=8)
        assert ADDITION.evaluate(net, bits=8).wrong == 0
        assert value(section, "passed") == "65,536"
        a, b, predicted = (int(text.strip("+= ")) for text in section.locator(".paper tbody th").all_inner_texts()[1:])
        answers = section.locator(".paper .answer").all()[::-1]
        wrong = [t for t, cell in enumerate(answers) if cell.get_attribute("data-right") == "false"]
        assert predicted - (a + b) == sum((1 if (a + b) >> t & 1 == 0 else -1) << t for t in wrong) != 0
        digits, left = int(value(section, "digits")), int(value(section, "left"))
        assert wrong[0] + 1 == digits > 8
        x = np.array([[a >> t & 1, b >> t & 1] for t in range(len(answers))], float)
        y = net.predict(x[np.newaxis])[0]
        assert [int(v > 0.5) for v in y[:, 0]] == [predicted >> t & 1 for t in range(len(answers))]
        assert 1 < left <= digits  # begins inside, and leaves before it goes wrong


@pytest.fixture(scope="module")
def certificates():
    found = [certificate(0)]
    while len(found) < SEEDS:
        text = certificate(len(found))
        assert text not in found
        found.append(text)
    return found


@pytest.fixture
def pages(tmp_path, certificates, chromium):
    """The chapter with each certificate in the page's place."""
    sections = []
    for seed, text in enumerate(certificates):
        path = tmp_path / f"{seed}.html"
        page = chromium.new_page(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE)
        path.write_text(lesson().replace(certificates[0], text), encoding="utf-8")
        page.goto(path.as_uri())
        page.evaluate("document.getElementById('proof').scrollIntoView()")
        page.wait_for_selector("#proof .picture > *")
        sections.append((page.locator("#proof"), json.loads(text)))
    yield sections
    for section, _ in sections:
        section.page.close()


def numbers(texts):
    return np.array([float.fromhex(text) for text in texts])


def answer(section):
    section.locator(".stamp").wait_for()
    return section.locator(".stamp").inner_text(), section.locator(".verdict .score").last.inner_text()


def test_the_sets_are_drawn_and_every_input_leads_from_set_to_set(pages):
    for section, file in pages:
        section.locator("[data-light=sets]").evaluate("p => p.scrollIntoView({block: 'center'})")
        section.locator("svg.sets").wait_for(state="visible")
        start, chosen = section.locator("polygon[data-set='0']"), section.locator("polygon[data-chosen]")
        assert not any(section.locator(".state").get_attribute("data-value").replace(" ", "").replace("0", ""))
        assert 0 < max(abs(numbers(file["sets"][0][end])).max() for end in ("lo", "hi")) < 1e-3  # next to h = 0
        assert 0 not in {to for one in file["sets"] for to in one["succ"]}  # nothing leads there
        assert chosen.get_attribute("data-set") == "0"
        ring, green, label = (
            section.locator(css).bounding_box() for css in ("polygon[data-set='0']", ".state", ".begin")
        )
        assert abs(ring["x"] + ring["width"] / 2 - green["x"] - green["width"] / 2) < 1
        assert abs(label["x"] - green["x"]) < 40
        for shape in section.locator("polygon.set").all():
            assert max(shape.bounding_box()[side] for side in ("width", "height")) >= 8  # seen
            q = int(shape.get_attribute("data-set"))
            succ = file["sets"][q]["succ"]
            leads = ", ".join(f"{a >> 1} + {a & 1} → {to}" for a, to in enumerate(succ))
            says = f"Set {q}, carry {file['sets'][q]['label']}. It leads to sets: {leads}."
            assert shape.get_attribute("aria-label") == says == shape.locator("title").text_content()
            shape.focus()
            assert section.locator(".pointed").inner_text() == says
        assert start.count() == 1
        press(section, "00")
        sets, net_weights = file["sets"], numbers(file["weights"])
        assert value(section, "sets") == str(len(sets)) == str(section.locator("polygon.set").count())
        section.page.wait_for_selector("#proof .image", state="attached")
        lasting = {0}
        for _ in sets:
            lasting = {to for q in lasting for to in sets[q]["succ"]}
        sides = [[], []]
        for q in lasting:
            shape = section.locator(f"polygon[data-set='{q}']")
            assert f"carry-{sets[q]['label']}" in shape.get_attribute("class")
            sides[sets[q]["label"]] += [float(p.split(",")[0]) for p in shape.get_attribute("points").split()]
        assert max(sides[0]) < min(sides[1])  # the carry goes from left to right
        net = network(net_weights, cell="elman", hidden=16)
        h, q, outside = np.zeros(16), 0, 0
        random = np.random.default_rng(0)
        for a in [0, *random.integers(0, 4, 40)]:
            if h.any():
                press(section, f"{a:02b}")
            V, U, b = net["V"], net["U"], net["b_h"]
            h = 1 / (1 + np.exp(-(np.array([a >> 1, a & 1]) @ V + h @ U + b)))
            q = sets[q]["succ"][a]
            assert chosen.get_attribute("data-set") == str(q)
            shown = np.array(section.locator(".state").get_attribute("data-value").split(), float)
            assert shown == pytest.approx(h, abs=1e-9)
            inside = (numbers(sets[q]["lo"]) <= h).all() and (h <= numbers(sets[q]["hi"])).all()
            outside = 0 if inside else outside + 1
            assert outside < file["m"]  # in a set again, at most one input later
            images = section.locator(".image").evaluate_all("all => all.map((image) => ({...image.dataset}))")
            assert [int(image["to"]) for image in images] == [s["succ"][a] for s in sets]
        report = checker.check(json.dumps(file))
        assert value(section, "firsts") == str(4 * len(sets))
        assert 4 * len(sets) + 4 * (4 * len(sets) - int(value(section, "inside"))) == report.images
        assert file["m"] == 2  # one more input


def test_the_browser_checks_the_proof_and_says_what_it_has_checked(pages):
    for section, file in pages:
        assert not known(section, "took")
        assert not known(section, "margin")
        press(section, "check")
        stamp, says = answer(section)
        report = checker.check(json.dumps(file))
        assert (stamp, says) == ("right for numbers of every length", f"{report.images} images checked: accepted")
        assert section.locator(".stamp[data-accepted]").count() == 1
        assert int(value(section, "took")) > 0
        assert number(value(section, "margin")) == pytest.approx(report.margin, rel=0.01)
        assert number(value(section, "rounding")) == pytest.approx(report.rounding, rel=0.01)
        assert number(value(section, "epsilon")) == pytest.approx(float.fromhex(file["epsilon"]), rel=0.01)
        assert value(section, "checked") == str(report.images)


def test_a_damaged_certificate_is_rejected_with_the_reason(pages):
    for section, file in pages:

        def verdict(action, section=section):
            press(section, action)
            stamp, says = answer(section)
            assert value(section, "verdict") == (stamp if stamp.startswith("right") else says)
            return stamp, says

        assert verdict("digit") == ("rejected", "sha256 is not the hash of the weights")
        stamp, says = verdict("sign")
        assert stamp == "rejected"
        assert re.match(r"set \d+(, symbol \d)+: (the output may be wrong|the states are not inside set \d+)$", says)
        assert verdict("whole")[0] == "right for numbers of every length"
        chosen = int(value(section, "chosen"))
        stamp, says = verdict("shrink")
        assert (stamp, says.split(": ")[1]) == ("rejected", f"the states are not inside set {chosen}")
        assert section.locator("[data-wrong]").get_attribute("data-set") == str(chosen)
        other = len(file["sets"]) - 1
        section.locator(f"polygon[data-set='{other}']").focus()
        section.page.keyboard.press("Enter")
        assert value(section, "chosen") == str(other)
        assert verdict("shrink") == ("rejected", says := verdict("shrink")[1])
        assert says.endswith(f"not inside set {other}")


def test_the_check_is_shown_while_it_goes_on(chapter):
    section = chapter("proof", reduced_motion="no-preference")
    press(section, "check")
    section.page.wait_for_function(
        "() => [...document.querySelectorAll('#proof .score')]"
        ".some((p) => /^[1-9]\\d* images checked$/.test(p.textContent))"
    )
    section.locator(".stamp[data-accepted]").wait_for()
    assert section.locator(".set[data-checked]").count() == section.locator(".set").count()


def test_the_picture_that_the_text_speaks_of_is_there(chapter):
    section = chapter("proof")
    for light, css in (("tested", ".canvas"), ("sets", "svg.sets"), ("path", ".canvas"), ("verdict", "svg.sets")):
        section.locator(f"[data-light={light}]").first.evaluate("p => p.scrollIntoView({block: 'center'})")
        section.locator(css).wait_for(state="visible")
    assert section.locator(".canvas").is_hidden()
