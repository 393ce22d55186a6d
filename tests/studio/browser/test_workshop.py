"""The studio's panels on the engine of the page itself, from file:// with the network off: the lesson's last page, and
an exported page.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from dom import array, cells, serious_faults, wait_for_step

from throughtime import Network, tasks
from throughtime.studio import export
from throughtime.studio.example import of_operands, of_sample
from throughtime.studio.plan import plan
from throughtime.training.loop import proceed

pytestmark = pytest.mark.long

LARGEST_PAGE = 500_000


@pytest.fixture
def workshop(watched, lesson_address):
    def opened(more="", **options):
        watching = watched(f"{lesson_address}#workshop{more}", offline=True, **options)
        watching.page.wait_for_function("() => !document.querySelector('.bar button.primary').disabled")
        return watching.page

    return opened


def train(page, end):
    """At full speed, to the end of the run; its address is written when the page rests, and shows the last frame."""
    page.get_by_label("Speed of the training").select_option("null")
    page.get_by_role("button", name="▶ Train").click()
    page.wait_for_function("step => location.hash.includes(`step=${step}`)", arg=end)


def try_numbers(page, *numbers):
    for k, number in enumerate(numbers):
        page.get_by_label(f"Number {k + 1}").fill(str(number))
    page.get_by_role("button", name="Try these numbers").click()
    page.wait_for_function(
        "text => document.querySelector('.panel-sum')?.textContent.includes(text)", arg=str(numbers[0])
    )


def network_of(page, specification):
    """The network that the page shows, by the weights that it writes."""
    page.locator(".panel-weights").scroll_into_view_if_needed()
    page.wait_for_selector(".panel-weights [data-array=b_y][data-value]")
    shown = cells(page, ".panel-weights")
    net = Network(specification)
    for name, view in net.views.items():
        place = shown[name, 0, "forward"]
        flat = [place[0, unit] for unit in range(view.size)]
        view[...] = np.reshape(flat, view.shape)
    return net


def test_a_network_learns_to_add_and_every_number_is_numpys(workshop):
    page = workshop()
    assert page.locator("[data-counter=step]").inner_text() == "0"
    train(page, 2000)
    assert page.locator("[data-counter=step]").inner_text() == "2000"
    assert page.locator("[data-counter=exact]").inner_text() == "100 %"
    try_numbers(page, 107, 27)
    assert page.locator(".paper .result th").inner_text() == "=134"
    assert page.locator(".verdict-mark").inner_text() == "right"
    assert page.locator(".badge").get_attribute("data-right") == "true"
    net = network_of(page, plan({}).specification)
    x, d = tasks.Addition().encode(107, 27)
    trace = net.trace(x, d)
    page.locator(".panel-unrolled").scroll_into_view_if_needed()
    found = cells(page, ".panel-unrolled")
    for name, width in (("h", 16), ("delta_h", 16), ("y", 1), ("delta_y", 1)):
        expected = getattr(trace, name)[0]
        np.testing.assert_allclose(array(found, name, 8, width), expected, rtol=1e-11, atol=1e-14, err_msg=name)
    page.keyboard.press("Home")
    captions = []
    for moment in range(17):
        page.wait_for_function("(n) => document.querySelector('.player input').value === String(n)", arg=moment)
        captions.append(page.locator(".caption").inner_text())
        page.keyboard.press("ArrowRight")
    assert captions[0].startswith("Forward, step 1 of 8.")
    assert len(set(captions)) == 17  # eight steps forward, the loss, eight steps backward
    page.locator(".panel-space").scroll_into_view_if_needed()
    assert page.locator(".panel-space .marks li").all_inner_texts() == ["carry 0", "carry 1"]
    assert page.locator(".panel-space .stop").count() == 8
    page.locator(".panel-history").scroll_into_view_if_needed()
    assert page.locator("[data-curve=exact]").get_attribute("data-value") is not None


def test_a_network_is_refuted_then_trained_then_proved(workshop):
    page = workshop("&seed=1")
    page.get_by_role("button", name="Prove").click()
    page.wait_for_selector(".verdict[data-state=refuted]")
    wrong = "document.querySelectorAll('.paper .answer[data-right=false]').length"
    page.wait_for_function(f"() => {wrong} === 1")  # the sum that was found takes the example's place
    train(page, 2000)
    page.get_by_role("button", name="Prove").click()
    page.wait_for_selector(".verdict[data-state=proved]")
    assert "your browser has checked the proof" in page.locator(".verdict").inner_text()
    assert page.get_by_role("button", name="Check the proof").is_visible()


def test_settings_make_another_network_and_a_link_leads_to_it(workshop):
    page = workshop()
    page.locator("#setting-cell").select_option("lstm")
    page.wait_for_selector(".panel-unrolled [data-array=f]")
    page.locator("#setting-hidden").fill("5")
    page.locator("#setting-hidden").press("Enter")
    page.wait_for_selector(".panel-unrolled [data-array=f][data-unit='5']", state="detached")
    assert page.locator(".panel-unrolled [data-array=f][data-unit='4']").count() > 0
    page.get_by_role("button", name="One update").click()
    wait_for_step(page, 1)
    page.wait_for_function("() => /^#workshop&.*cell=lstm.*hidden=5.*step=1/.test(location.hash)")
    other = workshop(page.evaluate("location.hash").removeprefix("#workshop"))
    wait_for_step(other, 1)
    assert other.locator("#setting-hidden").input_value() == "5"
    assert cells(other, ".panel-unrolled") == cells(page, ".panel-unrolled")  # the same bits
    for task in ("parity", "multiplication", "counter", "comparison", "subtraction"):
        page.locator("#setting-task").select_option(task)
        page.wait_for_function("task => location.hash.includes(`task=${task}`)", arg=task)
        wait_for_step(page, 0)
        page.get_by_role("button", name="One update").click()
        wait_for_step(page, 1)


def test_what_it_cannot_do_is_said_and_not_offered(workshop):
    page = workshop()
    assert page.get_by_role("button", name="Check the proof").count() == 0  # there is none yet
    assert page.locator("input[type=file]").is_hidden()
    assert page.get_by_role("link", name="Export").is_hidden()
    page.locator(".panel-controls summary").click()
    said = page.locator(".panel-controls").inner_text()
    for part in ("Files are opened by", "Both directions, float32, dropout, dropout of states, noise on inputs"):
        assert part in said
    for name in ("dtype", "bidirectional", "dropout", "recurrent_dropout", "input_noise", "window"):
        assert page.locator(f"#setting-{name}").count() == 0
    page.locator("#setting-schedule").fill("never")
    page.locator("#setting-schedule").press("Enter")
    page.wait_for_selector(".notice:not([hidden])")
    assert page.locator(".notice").inner_text().startswith("schedule must be constant, cosine")


def test_the_lesson_and_the_workshop_lead_to_one_another(workshop):
    page = workshop()
    page.get_by_role("button", name="One update").click()
    wait_for_step(page, 1)
    page.get_by_role("link", name="the lesson").click()
    page.wait_for_selector("#adds .paper")
    assert page.locator("#workshop").is_hidden()
    page.get_by_role("link", name="Open the workshop").click()
    page.wait_for_selector(".panel-unrolled")
    assert page.locator("#app").is_hidden()
    assert page.locator("[data-counter=step]").inner_text() == "1"  # as it was left


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_at_every_width_and_by_everyone(workshop, width, height, scheme):
    page = workshop(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": height})
    page.get_by_role("button", name="One update").click()
    wait_for_step(page, 1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing stands out to the side"
    assert serious_faults(page) == []


@pytest.fixture(scope="module")
def proved():
    """A trained adder, its plan, and the page of it."""
    planned = plan({"seed": 0})
    run = planned.run()
    proceed(run, planned.sequences)
    planned = replace(planned, network=run.network)
    return planned, export.of_plan(planned, of_operands(planned.task, (107, 27)), run.step)


def exported(watched, folder, page):
    (folder / "page.html").write_text(page, encoding="utf-8")
    return watched((folder / "page.html").as_uri(), offline=True).page


def test_an_exported_page_has_its_verdict_checks_it_takes_numbers_and_trains(watched, proved, tmp_path):
    planned, text = proved
    assert len(text.encode()) < LARGEST_PAGE
    page = exported(watched, tmp_path, text)
    assert page.locator(".verdict").inner_text().startswith("✓ right for numbers of every length")
    found = array(cells(page, ".panel-unrolled"), "h", 8, 16)
    trace = planned.network.trace(*planned.task.encode(107, 27))
    np.testing.assert_array_equal(found, trace.h[0])  # as Python computed it
    page.get_by_role("button", name="Check the proof").click()
    page.wait_for_function("() => document.querySelector('.verdict').textContent.includes('your browser has checked')")
    assert page.locator(".verdict").get_attribute("data-state") == "proved"
    try_numbers(page, 91, 46)
    assert page.locator(".paper .result th").inner_text() == "=137"
    trace = planned.network.trace(*planned.task.encode(91, 46))
    found = array(cells(page, ".panel-unrolled"), "delta_h", 8, 16)
    np.testing.assert_allclose(found, trace.delta_h[0], rtol=1e-11, atol=1e-14)
    page.get_by_role("button", name="One update").click()
    wait_for_step(page, 2001)
    page.wait_for_selector(".verdict[data-state=unknown]")  # it is another network now
    assert page.get_by_text("Check the proof").is_hidden()
    page.get_by_role("button", name="Reset").click()
    wait_for_step(page, 0)


def test_an_exported_page_goes_on_from_its_network_and_back_to_it(watched, proved, tmp_path):
    page = exported(watched, tmp_path, proved[1])
    train(page, 4000)
    assert page.locator("[data-counter=step]").inner_text() == "4000"
    page.get_by_label("Checkpoint of the training").press("Home")
    wait_for_step(page, 2000)
    page.get_by_role("button", name="Check the proof").wait_for()  # it is that network again


@pytest.mark.parametrize("damage", ["weights", "sets"])
def test_an_exported_page_with_a_damaged_proof_is_not_believed(watched, proved, tmp_path, damage):
    head, record, tail = proved[1].partition('id="throughtime-record">')
    text, end, rest = tail.partition("</script>")
    content = json.loads(text)
    certificate = json.loads(content["certificate"])
    if damage == "weights":
        certificate["weights"][0] = certificate["weights"][1]
    else:
        certificate["sets"][0]["hi"] = certificate["sets"][0]["lo"]
    content["certificate"] = json.dumps(certificate)
    page = exported(watched, tmp_path, head + record + json.dumps(content).replace("<", "\\u003c") + end + rest)
    page.get_by_role("button", name="Check the proof").click()
    page.wait_for_selector(".verdict[data-state=unknown]")
    assert "your browser rejects the proof" in page.locator(".verdict").inner_text()


def test_a_page_whose_network_no_browser_trains_shows_it(watched, tmp_path):
    planned = plan({"task": "tomita", "bidirectional": True})
    page = exported(watched, tmp_path, export.of_plan(planned, of_sample(planned.task, 0)))
    assert page.get_by_role("button", name="Train").count() == page.get_by_label("Number 1").count() == 0
    assert page.locator(".panel-unrolled [data-array=h]").count() > 0
