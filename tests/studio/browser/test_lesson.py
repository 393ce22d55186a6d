"""The lesson in a real browser, from file://: every sentence that says what its figures show is looked at there."""

import re
import subprocess
import sys

import numpy as np
import pytest
from dom import FRAMES, stopped
from lesson_page import known as is_known
from lesson_page import number, press, value

from throughtime.network import Network
from throughtime.studio.lesson import PAGE, lesson
from throughtime.tasks import Addition
from throughtime.training import recipes

pytestmark = pytest.mark.long

SEEDS = 5
LOG = "3.45638663 3.63389116 3.91366595 3.72191702 3.5852713 2.53352328 0.57691441 1.42589952 0.47477457 0.21595037"
PER_STEP = (
    "3.45638663 3.63415232 3.91209704 3.72247466 3.57577557 2.51239693 0.58530627 1.42261125 0.43115219 0.1969151"
)
"""Errors of every thousandth pair, as published [docs/math.md#the-classic-recipe]."""


def test_the_lesson_is_one_small_file():
    assert len(lesson().encode()) < 600_000


def test_a_network_that_knows_nothing_learns_to_add(chapter):
    section = chapter("adds")

    def gap():
        return float(section.locator("canvas").get_attribute("data-gap"))

    for seed in range(SEEDS):
        if seed:
            section.get_by_role("button", name="Another network").click()
        assert (value(section, "updates"), int(value(section, "right"))) == ("0", pytest.approx(0, abs=5))
        assert gap() < 0  # no side for each
        section.locator("[data-action=learn]").click()
        assert value(section, "updates") == "2000"
        assert value(section, "right") == "200"
        assert section.locator(".paper .answer[data-right=true]").count() == 8
        assert section.locator(".paper .result th").inner_text() == "= 134"
        assert gap() > 0.05, f"network {seed}: two sides"
    assert value(section, "all") == "2,000"
    assert section.locator(".legend").is_hidden()
    section.locator("[data-action=reveal]").click()
    assert section.locator(".legend").inner_text().split("\n") == ["no carry", "carry 1"]


def test_an_adder_has_fewer_numbers_than_pairs(chapter):
    said = chapter("update").locator("details").first.text_content()
    net = Network(inputs=2, hidden=16, outputs=1)
    assert f"only {len(net.parameters)} numbers" in said
    x = Addition(bits=8).sample(np.random.default_rng(0), 4096).x
    most = int((x * 2.0 ** np.arange(8)[:, None]).sum(1).max())
    assert most == 127
    assert f"128 · 128 = {(most + 1) ** 2:,} pairs of numbers from 0 to {most}" in said
    recipe = recipes.default(Addition(), "elman", "sigmoid").settings
    assert f"{recipe['steps']:,} updates show it {recipe['steps'] * recipe['batch']:,}" in said


def test_learning_can_be_watched_and_paused(chapter):
    section = chapter("adds", reduced_motion="no-preference")
    time = stopped(section.page)
    reached = [0]
    for name in ("▶ Let it learn", "Pause", "Go on"):
        section.get_by_role("button", name=name).click()
        time.run_for(FRAMES)
        reached.append(int(value(section, "updates")))
    assert 0 == reached[0] < reached[1] == reached[2] < reached[3] < 2000


@pytest.mark.parametrize("name", ["adds", "forward"])
def test_numbers_of_the_readers_own_are_added_or_refused_in_a_sentence(chapter, name):
    section = chapter(name)
    first, second = (section.get_by_label(f"{which} number, from 0 to 127") for which in ("first", "second"))
    says, answer = section.locator(".paper caption"), section.locator(".paper .result th")
    assert (value(section, "a"), value(section, "b")) == ("107", "27")
    for wrong in ("", "-1", "128", "3,5", "3.5", "1e2", "0x1", "NaN", "9" * 400):
        first.fill(wrong)
        assert (
            says.inner_text() == f"“{wrong[:40]}” is no whole number from 0 to 127, whose sum has eight binary digits."
        )
        assert first.get_attribute("aria-invalid") == "true"
        assert (value(section, "a"), value(section, "b")) == ("107", "27")
    for a, b in ((0, 0), (127, 127), (90, 37)):
        first.fill(f" {a} ")
        second.fill(str(b))
        assert says.inner_text() == ""
        assert (value(section, "a"), value(section, "b")) == (str(a), str(b))
        for row, number_ in zip(section.locator(".paper .operand").all(), (a, b), strict=True):
            assert "".join(row.locator("td").all_inner_texts()) == f"{number_:08b}"
        if name == "forward":
            section.locator("[data-action=loss]").click()
        right = section.locator(".paper .answer[data-right=true]").count()
        predicted = int(answer.inner_text().removeprefix("= "))
        assert (predicted ^ (a + b)).bit_count() == 8 - right
    press(section, "other" if name == "forward" else "learn")
    assert first.input_value() == (value(section, "a") if name == "forward" else "90")


def test_without_u_there_is_one_answer_to_each_pair(chapter):
    section = chapter("memory")
    section.locator("[data-action=learn]").click()
    assert value(section, "updates") == "2000"
    assert value(section, "remembers") == "100 %"
    assert 50 < float(value(section, "forgets").removesuffix(" %")) < 75
    answers = [float(text) for text in section.locator(".pairs .answer").all_inner_texts()]
    assert answers == pytest.approx(shares(), abs=0.08)


def shares():
    """How often the digit of a sum is 1, for each pair of digits: of seven random steps, and a last of 0 and 0."""
    carry, ones, seen = np.array([1.0, 0.0]), np.zeros(4), np.zeros(4)
    for t in range(8):
        pairs = [0.25] * 4 if t < 7 else [1.0, 0, 0, 0]
        after = np.zeros(2)
        for k, share in enumerate(pairs):
            for c in (0, 1):
                total = k // 2 + k % 2 + c
                seen[k] += share * carry[c]
                ones[k] += share * carry[c] * (total % 2)
                after[total // 2] += share * carry[c]
        carry = after
    return ones / seen


def test_the_loss_of_one_unit_falls_at_every_press(chapter):
    section = chapter("unit")
    for x in (-3, -1, 0, 0.35, 2, 3):
        for target in ("1", "0"):
            section.get_by_role("button", name="Begin anew").click()
            section.locator("input[type=range]").fill(str(x))
            if value(section, "target") != target:
                section.locator("[data-action=target]").click()
            for pressed in range(1, 13):
                press(section, "step")
                assert value(section, "steps") == str(pressed)
                assert number(value(section, "loss")) < number(value(section, "before"))


def test_one_unit_says_its_numbers(chapter):
    section = chapter("unit")
    slider = section.locator("input[type=range]")
    slopes = []
    for x in np.linspace(-3, 3, 13):
        slider.fill(str(x))
        net = -1.5 * x + 0.5
        y = 1 / (1 + np.exp(-net))
        assert float(section.locator(".point").get_attribute("data-value")) == pytest.approx(y, abs=1e-15)
        slopes.append(number(value(section, "slope")))
        assert slopes[-1] == pytest.approx(y * (1 - y), rel=1e-3)
        assert number(value(section, "loss")) == pytest.approx((y - 1) ** 2 / 2, rel=1e-3)
    assert max(slopes) <= 0.25
    assert min(slopes) < 0.01  # it fades towards both ends
    box = section.locator(".curve").bounding_box()
    page = section.page
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.down()
    before = slider.input_value()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + 100)
    page.mouse.up()
    assert float(slider.input_value()) < float(before)  # w is negative


def states(x, V=6.0, U=6.0, b=-3.0):
    h, found = 0.0, []
    for read in x:
        h = 1 / (1 + np.exp(-(V * read + U * h + b)))
        found.append(h)
    return found


def test_a_loop_is_folded_out_and_its_copies_share_their_weights(chapter):
    section = chapter("copies")
    loop = section.locator(".edge.loop")
    arrows, circles = section.locator(".edge.U:not(.loop)"), section.locator(".node.h")

    def folded():
        assert loop.is_visible() == (sum(circle.is_visible() for circle in circles.all()) == 1)
        return loop.is_visible()

    assert not folded()
    assert sum(circle.is_visible() for circle in circles.all()) == 5
    for action, expected in (("up", True), ("up", True), ("out", False), ("out", False), ("up", True)):
        press(section, action)
        assert folded() == expected
    section.get_by_role("button", name="Fold it out").click()
    assert not folded()

    def shown():
        return [float(circle.get_attribute("data-value")) for circle in circles.all()]

    slider = section.locator(".slider[data-part=U] input")
    assert shown() == pytest.approx(states([0, 1, 0, 0, 0]), abs=1e-12)
    assert float(value(section, "last")) > 0.9  # remembered to the end
    widths = set()
    for U in (3, 0, -4, 6):
        slider.fill(str(U))
        assert shown() == pytest.approx(states([0, 1, 0, 0, 0], U=U), abs=1e-12)
        assert (
            len({(arrow.get_attribute("stroke-width"), arrow.get_attribute("data-sign")) for arrow in arrows.all()})
            == 1
        )
        widths.add(arrows.first.get_attribute("stroke-width"))
        if U == 3:
            assert shown()[-1] < 0.15  # fades
    assert len(widths) == 4
    slider.fill("0")
    alone = shown()
    section.locator(".node.x").nth(1).click()
    assert [a == b for a, b in zip(alone, shown(), strict=True)] == [True, False, True, True, True]
    section.locator(".node.x").nth(3).press("Enter")
    assert shown() == pytest.approx(states([0, 0, 0, 1, 0], U=0), abs=1e-12)


def shown(section, array):
    """The numbers of a walk's row, [steps][units]."""
    cells = section.locator(f".walk [data-array={array}]").evaluate_all("all => all.map((c) => ({...c.dataset}))")
    steps = max(int(cell["t"]) for cell in cells) + 1
    return np.array([[float(cell["value"]) for cell in cells if int(cell["t"]) == t] for t in range(steps)])


def known(section, array):
    return section.locator(f".walk [data-array={array}][data-known]").count()


def test_the_forward_pass_is_walked_step_by_step(chapter):
    section = chapter("forward")
    T = 8
    for t in range(T):
        assert (known(section, "h"), known(section, "y"), known(section, "error")) == (16 * (t + 1), t + 1, 0)
        assert not is_known(section, "loss")
        assert not is_known(section, "wrong")
        assert value(section, "step") == str(t + 1)
        y = shown(section, "y")[t, 0]
        assert number(value(section, "y")) == pytest.approx(y, rel=1e-2)
        assert (
            value(section, "digit")
            == str(int(y > 0.5))
            == section.locator(".paper .answer").nth(T - 1 - t).inner_text()
        )
        assert value(section, "target") == str((107 + 27) >> t & 1)
        section.locator("[data-action=next]").click()
    assert known(section, "error") == T
    assert is_known(section, "loss")
    assert is_known(section, "wrong")
    assert shown(section, "x").astype(int).tolist() == [[107 >> t & 1, 27 >> t & 1] for t in range(T)]
    y, d = shown(section, "y"), shown(section, "d")
    assert shown(section, "error") == pytest.approx((y - d) ** 2 / 2, abs=1e-12)
    assert number(value(section, "loss")) == pytest.approx(((y - d) ** 2 / 2).sum(), rel=1e-3)
    assert value(section, "wrong") == str(int(((y > 0.5) != (d > 0.5)).sum())) != "0"  # it still errs
    press(section, "output")
    lines = section.locator(".formula-lines").inner_text()
    assert number(lines.split()[-1]) == pytest.approx(y[-1, 0], rel=1e-3)
    section.locator(".walk [data-array=h][data-t='0']").first.click()
    assert number(section.locator(".formula-lines").inner_text().split()[-1]) == pytest.approx(
        shown(section, "h")[0, 0], rel=1e-3
    )
    press(section, "other")
    assert [one.input_value() for one in section.locator(".paper input").all()] == ["53", "75"]


def test_errors_go_backward_and_the_gradient_adds_up(chapter):
    section = chapter("backward")
    T = 8
    assert (known(section, "delta_y"), known(section, "delta_h")) == (1, 16)  # step 8 is there
    section.locator(".walk [data-array=delta_h][data-t='0']").first.click()
    assert "not yet known" in section.locator(".formula-lines").inner_text()
    section.locator(".walk [data-array=delta_h][data-t='7']").first.click()
    rests = []
    for t in range(T):
        if t:
            press(section, "next")
        assert section.locator(".steps input").get_attribute("aria-valuetext") == str(T - t)
        assert known(section, "delta_h") == 16 * (t + 1)
        last = section.locator(".walk [data-array=delta_h][data-known]").evaluate_all(
            "all => all.map((c) => +c.dataset.t)"
        )
        assert min(last) == T - 1 - t  # from the last step to the first
        rests.append(number(value(section, "rest")))
        formula = section.locator(".formula-lines").inner_text()
        last_is_zero = "+\n0\n)" in formula
        assert last_is_zero == (t == 0)  # nothing comes back into the last step
        assert "𝑊" in formula
        assert "𝑈" in formula
    assert rests[-1] == 0
    assert all(rest > 0 for rest in rests[:-2])  # what is missing; step 1 adds nothing, as h_0 is 0
    delta_y = shown(section, "delta_y")
    assert np.abs(delta_y).min() > 0
    assert 0 < int(value(section, "reach")) < T - 1
    assert number(value(section, "share").removesuffix(" %")) < 1


def test_every_weight_moves_against_its_gradient_and_the_loss_falls(chapter):
    section = chapter("update")
    assert value(section, "taken") == "0"
    gradient, change = (map.bounding_box()["width"] for map in section.locator(".U canvas").all())
    assert gradient == pytest.approx(change, rel=0.02)  # side by side
    assert gradient > 200
    for pressed in range(1, 11):
        section.locator("[data-action=once]").click()
        assert value(section, "taken") == str(pressed)
        assert value(section, "against") == value(section, "all") == "321"
        data = section.locator(".score").evaluate("s => ({...s.dataset})")
        assert float(data["after"]) < float(data["before"])
    for _ in range(3):
        section.locator("[data-action=often]").click()
        data = section.locator(".score").evaluate("s => ({...s.dataset})")
        assert float(data["after"]) < float(data["before"])
    assert value(section, "digits") == "8"
    assert section.locator(".paper .result th").inner_text() == "= 134"
    assert int(value(section, "others")) < 20  # it has learned one sum by heart
    section.get_by_role("button", name="Begin anew").click()
    assert value(section, "taken") == "0"


@pytest.mark.parametrize(("order", "expected"), [("after", LOG), ("inside", PER_STEP)])
def test_the_public_log_appears_again(chapter, order, expected):
    section = chapter("program")
    assert not is_known(section, "error")
    assert section.locator(".log").is_hidden()
    for width in (1280, 390):  # no line of the listing is cut at its side
        section.page.set_viewport_size({"width": width, "height": 720})
        assert section.locator(".listing").evaluate("l => l.scrollWidth <= l.clientWidth")
    if order == "inside":
        section.get_by_role("button", name="Update at every step instead").click()
    section.locator(".buttons .primary").click()
    log = section.locator(".log").inner_text()
    assert " ".join(re.findall(r"Error: (\S+)", log)) == expected
    assert value(section, "pair") == "10000"
    assert number(value(section, "error")) == float(expected.split()[-1])
    if order == "after":
        done = subprocess.run([sys.executable, PAGE / "lesson/classic.py"], capture_output=True, text=True, check=True)
        assert log.split() == done.stdout.split()  # as NumPy prints it
        assert (
            section.locator(".listing").inner_text().split() == (PAGE / "lesson/classic.py").read_text("utf-8").split()
        )


def test_no_line_begins_with_a_full_stop(chapter):
    page = chapter("adds").page
    for width in range(360, 1300, 47):
        page.set_viewport_size({"width": width, "height": 800})
        parted = page.evaluate("""() => [...document.querySelectorAll("button.act")].filter((button) => {
            const after = document.createRange(), next = button.nextSibling;
            if (!/^[.,:;)]/.test(next?.textContent ?? "")) return false;
            after.setStart(next, 0), after.setEnd(next, 1);
            return after.getBoundingClientRect().left < button.getBoundingClientRect().right - 3;
        }).map((button) => button.textContent)""")
        assert not parted, width


@pytest.mark.parametrize("width", [1440, 1280, 1024, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_at_every_width_and_by_everyone(chapter, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    section = chapter("adds", viewport={"width": width, "height": 720 if width > 400 else 844}, color_scheme=scheme)
    page = section.page
    for one in page.locator(".chapter").all():
        one.scroll_into_view_if_needed()
        page.wait_for_function("id => document.querySelector(`#${id} .picture > *`)", arg=one.get_attribute("id"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing stands out to the side"
    found = axe.run(page, options={"resultTypes": ["violations"]})
    assert not found.response["violations"], found.generate_report()


def test_nothing_is_said_before_it_is_known(chapter):
    page = chapter("adds").page
    for one in page.locator(".chapter").all():
        one.scroll_into_view_if_needed()
        page.wait_for_selector(f"#{one.get_attribute('id')} .picture > *", state="attached")
    page.wait_for_function("() => document.querySelector('#proof [data-name=inside]').textContent !== '…'")
    assert not [text for text in page.locator("output.live:visible").all_inner_texts() if text in ("", "…")]


@pytest.mark.parametrize("width", [1280, 390])
def test_the_chapters_and_the_words_are_within_reach(chapter, width):
    page = chapter("update", viewport={"width": width, "height": 720}).page
    menu = page.locator(".menu")
    summary = menu.locator("summary")
    if width == 1280:  # beside the figures, of which it hides nothing
        picture = page.locator("#update .picture").bounding_box()
        assert picture["x"] + picture["width"] <= menu.bounding_box()["x"]
    summary.press("Enter")
    assert menu.locator("ol a").count() == page.locator("header .contents a").count() == 14
    menu.press("Escape")
    assert menu.get_attribute("open") is None
    summary.click()
    menu.get_by_role("link", name="Gates").click()
    page.wait_for_function("() => location.hash === '#gates'")
    assert menu.get_attribute("open") is None
    top = page.locator("#gates h2").bounding_box()["y"]
    assert 0 <= top < 200
    if width == 390:  # a chapter's title, and then its figure
        assert top < page.locator("#gates .picture").bounding_box()["y"]
    summary.click()
    menu.get_by_role("link", name="Words and symbols").click()
    words = page.locator("#words")
    page.wait_for_function("() => document.getElementById('words').open")  # once the address has changed
    assert words.locator("dt").first.is_visible()
    for link in words.locator("a").all():
        assert page.locator(f".chapter{link.get_attribute('href')}").count() == 1


def test_every_answer_to_the_main_questions_is_in_the_open(chapter):
    page = chapter("adds").page
    assert page.locator("#adds details, #program details").count() == 0
