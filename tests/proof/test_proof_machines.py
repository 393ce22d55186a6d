"""A user's own machine: from a function, a TOML table or a CSV table; and what is said when it is none."""

from __future__ import annotations

import numpy as np
import pytest

from throughtime import tasks
from throughtime.proof import read_machine, specify

BITS = [(0, 0), (0, 1), (1, 0), (1, 1)]

TOML = """
start = "even"
[symbols]
"0" = [0]
"1" = [1]
[states.odd]
"0" = { next = "odd", output = 1 }
"1" = { next = "even", output = 0 }
[states.even]
"0" = { next = "even", output = 0 }
"1" = { next = "odd", output = 1 }
"""

CSV = """state,symbol,next,output
even,0,even,0
even,1,odd,1
odd,0,odd,1
odd,1,even,0
"""


def same(one, other) -> bool:
    """Whether two machines do the same on 200 words, symbol by symbol; their states may be numbered otherwise."""
    words = np.random.default_rng(0).integers(len(other.symbols), size=(200, 30))
    return np.array_equal(one.symbols, other.symbols) and all(
        np.array_equal(one.run(word)[1], other.run(word)[1]) for word in words
    )


# ---------------------------------------------------------------- a function


def test_addition_from_divmod():
    machine = specify(lambda c, x: divmod(c + int(sum(x)), 2), 0, BITS)
    assert machine.state_names == ("0", "1")
    assert machine.symbol_names == ("00", "01", "10", "11")
    assert machine.next.tolist() == [[0, 0, 0, 1], [0, 1, 1, 1]]
    assert machine.outputs[..., 0].tolist() == [[0, 1, 1, 0], [1, 0, 0, 1]]
    assert same(machine, tasks.Addition().machine)


@pytest.mark.parametrize("operands", [3, 4])
def test_more_operands(operands):
    task = tasks.Addition(operands=operands).machine
    machine = specify(lambda c, x: divmod(c + sum(x), 2), 0, task.symbols.tolist())
    assert len(machine.state_names) == operands
    assert same(machine, task)


def test_states_and_symbols_may_have_names_and_outputs_may_be_many():
    machine = specify(
        lambda q, x: ((q + int(x[0])) % 3, [q == 0, q == 2]), 0, {"stay": (0,), "go": (1,)}, name=lambda q: f"at {q}"
    )
    assert machine.state_names == ("at 0", "at 1", "at 2")
    assert machine.symbol_names == ("stay", "go")
    assert machine.outputs.tolist() == [[[1, 0]] * 2, [[0, 0]] * 2, [[0, 1]] * 2]


def test_vectors_of_longer_numbers_are_named_with_commas():
    assert specify(lambda q, x: (q, 0), 0, [(0.5, -1), (1, 0)]).symbol_names == ("0.5,-1", "10")


@pytest.mark.parametrize("message", [2, -1, 0.5, "1", [0, 2], [[0]], None])
def test_what_is_no_bit_is_refused(message):
    with pytest.raises(ValueError, match="must return 0 or 1"):
        specify(lambda q, x: (q, message), 0, [(0,), (1,)])


def test_outputs_of_several_lengths_are_refused():
    with pytest.raises(ValueError, match="equally many outputs"):
        specify(lambda q, x: (q, [0] * int(1 + x[0])), 0, [(0,), (1,)])


def test_ever_new_states_are_refused():
    with pytest.raises(ValueError, match="has more than 7 states"):
        specify(lambda q, x: (q + 1, 0), 0, [(0,)], most=7)
    assert len(specify(lambda q, x: (min(q + 1, 6), 0), 0, [(0,)], most=7).state_names) == 7


@pytest.mark.parametrize("symbols", [[(0,), (0,)], [(0.1234567,), (0.1234568,)], {"a": (1,), "b": (1,)}])
def test_symbols_that_are_the_same_or_would_be_called_the_same_are_refused(symbols):
    """A machine of fewer symbols than were given would be proved for fewer words than was asked."""
    with pytest.raises(ValueError, match="two symbols"):
        specify(lambda q, x: (q, 0), 0, symbols)


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize(("name", "text"), [("m.toml", TOML), ("m.csv", CSV), ("M.CSV", "\ufeff" + CSV)])
def test_parity_from_a_table(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    machine = read_machine(tmp_path / name)
    assert machine.state_names == ("even", "odd")
    assert machine.next.tolist() == [[0, 1], [1, 0]]
    assert same(machine, tasks.Parity().machine)
    assert same(read_machine(str(tmp_path / name)), machine)


def test_the_first_state_of_a_toml_file_is_the_start_unless_it_says_otherwise(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text(TOML.replace('start = "even"', ""), encoding="utf-8")
    assert read_machine(path).state_names == ("odd", "even")


def table_of(machine) -> str:
    """A machine as CSV, with its inputs and outputs in columns."""
    I, O = machine.symbols.shape[1], machine.outputs.shape[2]
    heads = ["state", "symbol", "next", *(f"input {i}" for i in range(I)), *(f"output {o}" for o in range(O))]
    rows = [heads]
    for q, state in enumerate(machine.state_names):
        for a, symbol in enumerate(machine.symbol_names):
            rows.append(
                [
                    state,
                    f"<{symbol}>",
                    machine.state_names[machine.next[q, a]],
                    *machine.symbols[a],
                    *machine.outputs[q, a],
                ]
            )
    return "\n".join(",".join(map(str, row)) for row in rows)


@pytest.mark.parametrize(
    "task", [tasks.Addition(operands=3), tasks.Subtraction(), tasks.Comparison(), tasks.Tomita(language=3)]
)
def test_every_machine_comes_back_from_a_table(tmp_path, task):
    path = tmp_path / "machine.csv"
    path.write_text(table_of(task.machine), encoding="utf-8")
    machine = read_machine(path)
    assert machine.symbol_names == tuple(f"<{name}>" for name in task.machine.symbol_names)
    assert sorted(machine.state_names) == sorted(task.machine.state_names)
    assert same(machine, task.machine)


def test_a_state_that_is_never_reached_is_left_out(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(CSV + "other,0,other,1\nother,1,other,1\n", encoding="utf-8")
    assert read_machine(path).state_names == ("even", "odd")


BAD_CSV = {
    "empty": ("", "first line"),
    "no rows": ("state,symbol,next,output\n", "no rows"),
    "no output": ("state,symbol,next\na,0,a\n", "first line"),
    "no state": ("symbol,next,output\n0,a,1\n", "first line"),
    "a column twice": ("state,symbol,next,output,output\na,0,a,0,1\n", "column"),
    "too few columns": (CSV + "odd,1\n", "line 6: expected 4 columns"),
    "too many columns": (CSV + "odd,1,odd,0,0\n", "line 6: expected 4 columns"),
    "no bit": (CSV.replace("odd,0,odd,1", "odd,0,odd,2"), "line 4.*0 or 1, got '2'"),
    "empty bit": (CSV.replace("odd,0,odd,1", "odd,0,odd,"), "line 4.*0 or 1"),
    "twice": (CSV + "odd,1,odd,0\n", "line 6.*there before"),
    "a symbol of letters": (CSV.replace("even,1", "even,x"), "line 3.*needs its input vector"),
    "a superscript": (CSV.replace("even,1", "even,²"), "line 3.*needs its input vector"),
    "nothing said": (CSV.replace("odd,1,even,0\n", ""), 'nothing is said of state "odd" and symbol "1"'),
    "an unknown state": (CSV.replace("odd,1,even,0", "odd,1,evne,0"), 'nothing is said of state "evne"'),
    "input no number": ("state,symbol,next,output,input\na,x,a,0,one\n", 'line 2, column "input".*a number'),
    "input not finite": ("state,symbol,next,output,input\na,x,a,0,nan\n", "a number, got 'nan'"),
    "another input": ("state,symbol,next,output,input\na,x,b,0,1\nb,x,a,0,2\n", "line 3.*another input vector"),
    "two symbols with one input": ("state,symbol,next,output,input\na,x,a,0,1\na,y,a,0,1\n", "same input vector"),
    "inputs of several lengths": (CSV + "even,00,even,0\nodd,00,even,0\n", "one length"),
    "a field of a megabyte": (CSV + "o" * 10**6 + ",0,even,0\n", "field"),
}


@pytest.mark.parametrize("name", BAD_CSV)
def test_a_bad_csv_table_is_refused_in_one_sentence(tmp_path, name):
    refused(tmp_path / "bad.csv", *BAD_CSV[name])


ONE_STATE = """[symbols]\n"0" = [0]\n[states.q]\n"0" = {}\n"""

BAD_TOML = {
    "empty": ("", r"\[symbols\] and \[states"),
    "no toml": ("[symbols", "end of document"),
    "no states": ('[symbols]\n"0" = [0]\n', r"\[symbols\] and \[states"),
    "symbols a list": ("symbols = [0]\n[states.q]\n", r"\[symbols\] and \[states"),
    "unknown key": (
        'more = 1\n[symbols]\n"0" = [0]\n[states.q]\n"0" = { next = "q", output = 0 }\n',
        "unknown key 'more'",
    ),
    "a symbol that is no list": (TOML.replace("[0]", "0"), 'symbol "0": expected a list of numbers'),
    "a symbol that is no number": (TOML.replace("[0]", '["x"]'), 'symbol "0": expected a number'),
    "a symbol that is true": (TOML.replace("[0]", "[true]"), 'symbol "0": expected a number'),
    "an infinite symbol": (TOML.replace("[0]", "[inf]"), 'symbol "0": expected a number'),
    "a symbol that no double holds": (TOML.replace("[0]", f"[1{400 * '0'}]"), 'symbol "0": expected a number'),
    "an end that no double holds": (TOML.replace("[0]", f"[[0, 1{400 * '0'}]]"), 'symbol "0": expected a number'),
    "two symbols the same": (TOML.replace("[1]", "[0]"), "same input vector"),
    "symbols of two lengths": (TOML.replace("[1]", "[0, 1]"), "one length"),
    "no such symbol": (TOML + '"2" = { next = "odd", output = 1 }\n', 'state "even", symbol "2": no such symbol'),
    "no next": (ONE_STATE.format("{ output = 1 }"), "expected { next ="),
    "no output": (ONE_STATE.format('{ next = "q" }'), "expected { next ="),
    "next a number": (ONE_STATE.format("{ next = 1, output = 1 }"), "expected { next ="),
    "an entry that is no table": (ONE_STATE.format("1"), "expected { next ="),
    "a state that is no table": ('states.q = 1\n[symbols]\n"0" = [0]\n', 'state "q".*no such symbol'),
    "output 2": (ONE_STATE.format('{ next = "q", output = 2 }'), "output of 0 or 1, got 2"),
    "output true": (ONE_STATE.format('{ next = "q", output = true }'), "output of 0 or 1, got True"),
    "outputs of two lengths": (TOML.replace("output = 1 }", "output = [1, 0] }", 1), "equally many outputs"),
    "start a number": (TOML.replace('"even"\n', "1\n", 1), "start must be the name"),
    "start nowhere": (TOML.replace('start = "even"', 'start = "evne"'), 'nothing is said of state "evne"'),
    "next nowhere": (
        TOML.replace('next = "odd", output = 1', 'next = "ood", output = 1'),
        'nothing is said of state "ood"',
    ),
}


@pytest.mark.parametrize("name", BAD_TOML)
def test_a_bad_toml_table_is_refused_in_one_sentence(tmp_path, name):
    refused(tmp_path / "bad.toml", *BAD_TOML[name])


def refused(path, text, complaint):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint) as error:
        read_machine(path)
    assert str(error.value).startswith(path.name)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_other_files_are_refused(tmp_path):
    (tmp_path / "machine.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"machine\.json: a machine is a \.toml or a \.csv file"):
        read_machine(tmp_path / "machine.json")
    with pytest.raises(FileNotFoundError):
        read_machine(tmp_path / "absent.toml")
    for name, content, complaint in [
        ("deep.toml", "x = " + "[" * 20_000, "nested too deeply"),
        ("large.csv", "state,symbol,next,output\n" + "a,0,a,0\n" * 200_000, "at most 1,048,576 are read"),
        (
            "number.toml",
            '[symbols]\n"0" = [1' + "0" * 5000 + ']\n[states.a]\n"0" = { next = "a", output = 0 }',
            "number",
        ),
    ]:
        (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=complaint) as error:
            read_machine(tmp_path / name)
        assert len(str(error.value)) < 400
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ValueError, match=r"folder\.csv is a folder"):
        read_machine(tmp_path / "folder.csv")


@pytest.mark.parametrize("name", ["binary.csv", "binary.toml"])
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xff\xfe\x00state")
    with pytest.raises(ValueError, match=name):
        read_machine(tmp_path / name)
