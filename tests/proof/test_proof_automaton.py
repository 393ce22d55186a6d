"""The automaton that a network has become: minimised, as a picture, as Graphviz text and as a table."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import built_networks as built
import numpy as np
import pytest
from known_networks import prove

from throughtime import tasks
from throughtime.proof import Automaton, Machine, Proved, automaton_of
from throughtime.proof.drawing import draw

ADDITION = tasks.Addition().machine

MACHINES = {
    "addition": tasks.Addition(),
    "three operands": tasks.Addition(operands=3),
    "subtraction": tasks.Subtraction(),
    "parity": tasks.Parity(),
    "modulo 5": tasks.Counter(modulus=5),
    **{f"tomita {k}": tasks.Tomita(language=k) for k in range(1, 8)},
}


def tells(automaton, word) -> np.ndarray:
    """What an automaton tells, symbol by symbol."""
    q, found = 0, []
    for letter in word:
        found.append(automaton.outputs[q, letter])
        q = automaton.next[q, letter]
    return np.array(found)


def agree(automaton, machine) -> bool:
    words = np.random.default_rng(0).integers(len(machine.symbols), size=(300, 30))
    return all(np.array_equal(tells(automaton, word), machine.run(word)[1]) for word in words)


@pytest.fixture(scope="module")
def adder() -> Automaton:
    proof = prove(built.elman(ADDITION), ADDITION)
    assert isinstance(proof, Proved)
    return automaton_of(proof)


def test_that_of_a_proof_has_a_state_for_each_set():
    proof = prove(built.elman(ADDITION), ADDITION)
    automaton = automaton_of(proof)
    assert len(automaton.next) == proof.sets
    assert agree(automaton, ADDITION)


@pytest.mark.parametrize("name", MACHINES)
def test_minimised_it_is_the_machine(name):
    """The tasks' machines have the fewest states that will do, and they are numbered as they are reached, or nearly."""
    machine = MACHINES[name].machine
    least = automaton_of(built.elman(machine), machine).minimised()
    assert agree(least, machine)
    assert len(least.next) == len(machine.next)
    assert sorted(s for states in least.goes_with for s in states) == list(range(len(machine.next)))
    met = [least.goes_with[q][0] for q in range(len(least.next))]  # its states, as the machine numbers them
    assert met[0] == 0
    for q, row in enumerate(least.next):
        assert [met[to] for to in row] == machine.next[met[q]].tolist()
        assert (least.outputs[q] == machine.outputs[met[q]]).all()


def test_a_proved_adder_is_two_states(adder):
    least = adder.minimised()
    assert least.names == ["carry 0", "carry 1"]
    assert least.next.tolist() == [[0, 0, 0, 1], [0, 1, 1, 1]]
    assert least.as_table() == (
        "state    00           01           10           11\n"
        "carry 0  carry 0 / 0  carry 0 / 1  carry 0 / 1  carry 1 / 0\n"
        "carry 1  carry 0 / 1  carry 1 / 0  carry 1 / 0  carry 1 / 1"
    )
    assert least.minimised().next.tolist() == least.next.tolist()


def moore(machine, states=40) -> int:
    """The number of states of the least machine that tells the same, by trying all pairs of states for longer words."""
    reached = {0}
    for state in (queue := [0]):
        for to in machine.next[state].tolist():
            if to not in reached:
                reached.add(to)
                queue.append(to)
    apart = {(p, q) for p in reached for q in reached if (machine.outputs[p] != machine.outputs[q]).any()}
    for _ in range(states):
        apart |= {
            (p, q)
            for p in reached
            for q in reached
            if any((int(a), int(b)) in apart for a, b in zip(machine.next[p], machine.next[q], strict=True))
        }
    classes = {frozenset(q for q in reached if (p, q) not in apart) for p in reached}
    return len(classes)


def test_random_machines_are_minimised_as_by_trying_all_pairs():
    rng = np.random.default_rng(1)
    shrunk = 0
    for _ in range(60):
        S, A = int(rng.integers(1, 9)), int(rng.integers(1, 4))
        machine = Machine(
            symbols=np.arange(float(A))[:, None],
            next=rng.integers(S, size=(S, A)),
            outputs=(rng.random((S, A, 1)) < 0.15).astype(np.int64),
            state_names=tuple(f"q{q}" for q in range(S)),
            symbol_names=tuple("abc"[:A]),
        )
        automaton = Automaton(machine.next, machine.outputs, tuple((q,) for q in range(S)), machine)
        least = automaton.minimised()
        assert len(least.next) == moore(machine)
        assert agree(least, machine)
        order = [0, *least.next.ravel().tolist()]
        assert [order.index(q) for q in range(len(least.next))] == sorted(
            order.index(q) for q in range(len(least.next))
        )
        shrunk += len(least.next) < S
    assert shrunk > 10


def test_states_that_are_kept_together_are_named_after_all_they_go_with():
    machine = Machine(np.eye(2), np.array([[1, 1], [0, 0]]), np.zeros((2, 2, 1), int), ("day", "night"), ("a", "b"))
    automaton = Automaton(machine.next, machine.outputs, ((0,), (1,)), machine)
    assert automaton.minimised().names == ["day or night"]
    twice = Automaton(np.array([[1, 2], [0, 0], [0, 0]]), np.zeros((3, 2, 1), int), ((0,), (1,), (1,)), machine)
    assert twice.names == ["day", "night · 1", "night · 2"]


# ---------------------------------------------------------------- of networks


def test_that_of_a_wrong_network_is_the_finest_that_closes():
    machine = tasks.Parity().machine
    other = Machine(machine.symbols, machine.next, 1 - machine.outputs, machine.state_names, machine.symbol_names)
    automaton = automaton_of(built.elman(machine), other)
    assert agree(automaton, machine)
    assert not agree(automaton, other)


def test_a_network_needs_its_machine():
    with pytest.raises(ValueError, match="needs the machine"):
        automaton_of(built.two_unit_adder())


def test_what_does_not_close_is_refused():
    rotation = built.empty(cell="elman", activation="relu", inputs=1, hidden=1, outputs=1)
    rotation["V"][:], rotation["U"][:] = 1.0, 1.0  # h counts the ones, without end
    machine = Machine(np.array([[0.0], [1.0]]), np.zeros((1, 2), int), np.zeros((1, 2, 1), int), ("q",), ("0", "1"))
    with pytest.raises(ValueError, match="no automaton of at most 1500 states can be closed"):
        automaton_of(rotation, machine)


# ---------------------------------------------------------------- pictures and text


def awkward(states=3) -> Automaton:
    """Names that mean something in XML and in Graphviz, and symbols too."""
    names = ('a "b" <c> & \\d', "naïve → ∞", "x" * 100, *(f"q{q}" for q in range(3, states)))[:states]
    machine = Machine(
        np.arange(9.0)[:, None],
        np.arange(9 * states).reshape(states, 9) % states,
        np.ones((states, 9, 2), np.int64),
        names,
        ("<0>", '"1"', "&amp;", "\\n", "4", "5", "6", "7", "8"),
    )
    return Automaton(machine.next, machine.outputs, tuple((q,) for q in range(states)), machine)


SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("states", [1, 2, 3, 7, 40])
def test_the_picture_is_well_formed_and_shows_every_state_and_arrow(states):
    automaton = awkward(states)
    root = ElementTree.fromstring(automaton.as_svg())
    assert root.tag == f"{SVG}svg"
    width, height = float(root.get("width")), float(root.get("height"))
    circles = list(root.iter(f"{SVG}circle"))
    assert len(circles) == states
    for circle in circles:
        x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
        assert r <= x <= width - r
        assert r <= y <= height - r
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert sorted(titles) == sorted([*automaton.names, *(", ".join(found) for found in automaton.edges().values())])
    for path in root.iter(f"{SVG}path"):
        assert not re.search("nan|inf", path.get("d"))


def test_control_characters_in_names_are_written_out():
    machine = Machine(
        np.zeros((1, 1)),
        np.zeros((2, 1), int),
        np.zeros((2, 1, 1), int),
        ("a\x00b", "\x1b[31m]]>\ud800"),
        ("x\ny\x07",),
    )
    automaton = Automaton(machine.next, machine.outputs, ((0,), (1,)), machine)
    titles = [title.text for title in ElementTree.fromstring(automaton.as_svg()).iter(f"{SVG}title")]
    assert "a\\x00b" in titles
    assert "\\x1b[31m]]>\\ud800" in titles
    assert "x\ny\\x07/0" in titles
    assert '  0 [label="a\\\\x00b"];' in automaton.as_dot().splitlines()
    for text in (automaton.as_svg(), automaton.as_dot(), automaton.as_table()):
        assert all(character.isprintable() or character == "\n" for character in text)
    assert len(automaton.as_table().splitlines()) == 3


def test_the_colour_tells_the_state_of_the_machine(adder):
    circles = ElementTree.fromstring(adder.as_svg()).iter(f"{SVG}circle")
    colours = {}
    for circle, (state,) in zip(circles, adder.goes_with, strict=True):
        colours.setdefault(state, set()).add(circle.get("fill"))
    assert len(colours[0]) == len(colours[1]) == 1
    assert colours[0] != colours[1]


def test_kinds_beyond_the_colours_have_other_outlines():
    names = [str(q) for q in range(20)]
    circles = ElementTree.fromstring(draw(names, list(range(20)), {})).iter(f"{SVG}circle")
    assert len({(circle.get("fill"), circle.get("stroke-dasharray")) for circle in circles}) == 20


def test_a_crowded_picture_has_no_labels_but_titles():
    names = [str(q) for q in range(9)]
    root = ElementTree.fromstring(draw(names, [0] * 9, {(q, to): ["0/1"] for q in range(9) for to in range(9)}))
    assert len(list(root.iter(f"{SVG}text"))) == 9
    assert len(list(root.iter(f"{SVG}title"))) == 9 + 81


def test_the_graphviz_text_has_every_state_and_arrow():
    automaton = awkward()
    lines = automaton.as_dot().splitlines()
    assert lines[0] == "digraph automaton {"
    assert lines[-1] == "}"
    string = r'"((?:[^"\\]|\\.)*)"'
    read = lambda text: re.sub(r"\\(.)", r"\1", text)  # noqa: E731
    nodes = [re.fullmatch(rf"  (\d+) \[label={string}\];", line) for line in lines]
    arrows = [re.fullmatch(rf"  (\d+) -> (\d+) \[label={string}\];", line) for line in lines]
    assert [read(node[2]) for node in nodes if node] == automaton.names
    assert {(int(a[1]), int(a[2])): read(a[3]) for a in arrows if a} == {
        edge: ", ".join(found) for edge, found in automaton.edges().items()
    }
    assert "  start -> 0;" in lines


def test_edges_carry_what_is_read_and_told(adder):
    least = adder.minimised()
    assert least.edges() == {
        (0, 0): ["00/0", "01/1", "10/1"], (0, 1): ["11/0"], (1, 0): ["00/1"], (1, 1): ["01/0", "10/0", "11/1"]
    }  # fmt: skip


def test_a_table_has_a_row_for_each_state():
    rows = awkward().as_table().splitlines()
    assert len(rows) == 4
    assert rows[0].startswith("state")
    assert rows[2].startswith("naïve → ∞")
    assert " / 11" in rows[2]
