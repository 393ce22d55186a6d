"""`throughtime export-html` says what its page shows, and the page shows that."""

import json

import pytest

import throughtime as tt
from throughtime.tasks.from_file import DataFile


@pytest.fixture
def weather(here):
    (here / "weather.csv").write_text(
        "sequence,time,pressure,weather\n1,1,1010,rain\n1,2,1016,sunny\n1,3,1016,sunny\n2,1,1010,rain\n"
    )
    data = DataFile.read(here / "weather.csv", inputs="pressure", outputs="weather")
    net = tt.Network(cell="elman", inputs=1, hidden=2, outputs=2, readout="softmax", loss="cross_entropy")
    tt.train(net, data.sequences, steps=1, out=here / "run", columns=data.columns)


def frame(here):
    return json.loads((here / "page.html").read_text().split('id="throughtime-record">')[1].split("</script>")[0])[
        "frames"
    ][0]


def test_without_its_data_inputs_are_drawn(throughtime, here, weather):
    outcome = throughtime("export-html", "run", "-o", "page.html")
    assert outcome.status == 0
    drawn = "inputs drawn at random about the mean of each column, standardised as in training"
    assert f"{drawn}; give --data FILE to see its sequences" in outcome.out
    shown = frame(here)
    assert (shown["example"]["has_targets"], shown["example"]["right"], shown["check"]) == (False, [], None)
    assert shown["example"]["rendered"][:2] == [f"  {drawn};", "  give the file to see its sequences"]


def test_with_its_data_the_first_sequence_is_shown(throughtime, here, weather):
    outcome = throughtime("export-html", "run", "--data", "weather.csv", "-o", "page.html")
    assert outcome.status == 0
    assert "the first of the 2 sequences of weather.csv" in outcome.out
    shown = frame(here)
    assert shown["trace"]["x"][0] == [[-1], [1], [1]]  # 1013 ± 3
    assert shown["trace"]["d"][0] == [[1, 0], [0, 1], [0, 1]]
    assert shown["space"]["labels"] == ["rain", "sunny"]
    assert shown["check"]["greatest"] < 1e-7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--data", "none.csv"), "there is no file none.csv"),
        (("run", "1", "2"), "data file takes no numbers"),
        (
            ("adder", "--data", "weather.csv"),
            "--data is for a network that was trained on a data file, this one does addition",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(throughtime, here, weather, arguments, message):
    tt.train(tt.Network(inputs=2, hidden=2, outputs=1), tt.tasks.Addition(), steps=1, out=here / "adder")
    outcome = throughtime("export-html", *arguments, "-o", "page.html")
    assert outcome.status == 2
    assert message in outcome.complaint
    assert not (here / "page.html").exists()
