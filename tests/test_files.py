"""Models on disk: bit for bit, whole at every moment, and one sentence for every file that holds none."""

import itertools
import json
import os
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save, save_file

import throughtime
from throughtime.network import Network
from throughtime.weights import files

FORMS = [
    {"layers": layers, "bidirectional": both, "bias": bias, "dtype": dtype}
    for layers, both, bias, dtype in itertools.product((1, 2), (False, True), (True, False), ("float64", "float32"))
]


def one_sentence(error):
    text = str(error.value)
    assert text
    assert "\n" not in text
    assert error.value.__suppress_context__ or error.value.__context__ is None


def metadata(**changes):
    described = {
        "holds": "network",
        "format": 1,
        "network": Network(inputs=2, hidden=3, outputs=1).specification.as_dict(),
    }
    return {"throughtime": json.dumps(described | changes)}


def tensors():
    return dict(Network(inputs=2, hidden=3, outputs=1).views)


def contiguous(arrays):
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_saved_and_read_bit_for_bit(tmp_path, cell):
    for number, form in enumerate(FORMS):
        net = Network(cell=cell, inputs=3, hidden=4, outputs=2, readout="softmax", output="last step", **form)
        bits = np.random.default_rng(number).integers(0, 2**31, net.parameters.shape)
        net.parameters[:] = bits * np.float64(1e-12) - 3e-4
        net.parameters[:4] = [-0.0, np.finfo(form["dtype"]).tiny / 4, np.finfo(form["dtype"]).max, 1 / 3]
        path = tmp_path / f"{number}.safetensors"
        net.save(path)
        read = files.load(path)
        assert read.specification == net.specification
        assert read.parameters.dtype == net.parameters.dtype
        assert read.parameters.tobytes() == net.parameters.tobytes()
        read.parameters[0] = 7  # what was read may be written
        path.with_suffix(".again").write_bytes(path.read_bytes())
        assert files.load(str(path.with_suffix(".again"))).parameters.tobytes() == net.parameters.tobytes()


def test_the_same_network_is_the_same_file(tmp_path):
    net = Network(cell="lstm", inputs=2, hidden=3, outputs=1)
    net.save(tmp_path / "a")
    net.copy().save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_other_programs_can_read_it(tmp_path):
    """The layout is plain safetensors: a length, a JSON header, then the numbers."""
    net = Network(cell="gru", inputs=2, hidden=3, outputs=1)
    net.save(tmp_path / "m")
    content = (tmp_path / "m").read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    assert set(header) - {"__metadata__"} == set(net.names)
    first, last = header["reset.U"]["data_offsets"]
    stored = np.frombuffer(content[8 + size + first : 8 + size + last]).reshape(header["reset.U"]["shape"])
    np.testing.assert_array_equal(stored, net["reset.U"])


@pytest.mark.parametrize("fails", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch, fails, error):
    path = tmp_path / "m.safetensors"
    net = Network(inputs=2, hidden=3, outputs=1)
    net.save(path)
    old = path.read_bytes()

    def fail(*_):
        raise error

    monkeypatch.setattr(os, fails, fail)
    net.parameters[:] = 5
    with pytest.raises(type(error)):
        net.save(path)
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["m.safetensors"]


GOOD = save(contiguous(tensors()), metadata())
OTHER_SHAPE = tensors() | {"V": np.zeros((3, 2))}
WITH_NAN = tensors() | {"U": np.full((3, 3), np.nan)}
WITH_INFINITY = tensors() | {"b_h": np.full(3, np.inf)}
RENAMED = {("Q" if name == "V" else name): array for name, array in tensors().items()}
FLOAT32 = {name: array.astype(np.float32) for name, array in tensors().items()}
SPECIFICATION = Network(inputs=2, hidden=3, outputs=1).specification.as_dict()
BAD = {
    "empty": (b"", "holds no network: it is empty"),
    "text": (b"hello, world, this is no model", "damaged, or not a safetensors file"),
    "cut in the header": (GOOD[:50], "damaged, or not a safetensors file"),
    "cut in the numbers": (GOOD[:-1], "damaged, or not a safetensors file"),
    "longer than it says": (GOOD + b"\0", "damaged, or not a safetensors file"),
    "a giant header": (struct.pack("<Q", 2**63) + GOOD[8:], "damaged, or not a safetensors file"),
    "a header longer than the file": (struct.pack("<Q", 10**6) + GOOD[8:], "damaged, or not a safetensors file"),
    "a pickle": (b"\x80\x04cos\nsystem\n(S'touch owned'\ntR.", "damaged, or not a safetensors file"),
    "foreign": (save({"w": np.zeros(3)}), r'its metadata has no "throughtime" entry'),
    "foreign with metadata": (save({"w": np.zeros(3)}, {"format": "pt"}), r'its metadata has no "throughtime" entry'),
    "metadata that is no JSON": (save({"w": np.zeros(3)}, {"throughtime": "{"}), "holds no throughtime network"),
    "metadata that is a list": (save({"w": np.zeros(3)}, {"throughtime": "[1]"}), "holds no throughtime network"),
    "a checkpoint": (save(contiguous(tensors()), metadata(holds="checkpoint")), "holds no throughtime network"),
    "a later format": (save(contiguous(tensors()), metadata(format=2)), "has format 2; this version of throughtime "
    "reads 1"),
    "no specification": (save(contiguous(tensors()), metadata(network=None)), "describes no network: a network's spec"),
    "an unknown cell": (
        save(contiguous(tensors()), metadata(network=SPECIFICATION | {"cell": "transformer"})),
        'describes no network: cell must be "elman", "lstm", "gru", ',
    ),
    "an unknown field": (save(contiguous(tensors()), metadata(network=SPECIFICATION | {"heads": 8})), "describes no "
    "network"),
    "layers without end": (
        save(contiguous(tensors()), metadata(network=SPECIFICATION | {"layers": 2**31 - 1})),
        "holds other parameters than its network needs",
    ),
    "another size": (
        save(contiguous(tensors()), metadata(network=SPECIFICATION | {"hidden": 4})),
        "holds other parameters than its network needs",
    ),
    "a name too few": (
        save(contiguous({n: a for n, a in tensors().items() if n != "W"}), metadata()),
        "holds other parameters than its network needs",
    ),
    "another name": (save(contiguous(RENAMED), metadata()), "its network needs V, U, b_h, W, b_y"),
    "another shape": (
        save(contiguous(OTHER_SHAPE), metadata()), r"V must be float64 of shape \(2, 3\), got float64 of \(3, 2\)"
    ),
    "another precision": (save(contiguous(FLOAT32), metadata()), "V must be float64 of shape .* got float32"),
    "nan": (save(contiguous(WITH_NAN), metadata()), "U holds numbers that are not finite"),
    "infinity": (save(contiguous(WITH_INFINITY), metadata()), "b_h holds numbers that are not finite"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_its_one_sentence(tmp_path, monkeypatch, kind):
    content, message = BAD[kind]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}:? .*{message}") as error:
        files.load(path)
    one_sentence(error)
    assert os.listdir(tmp_path) == ["bad.safetensors"]


def test_the_file_that_the_bad_ones_are_made_of_is_good(tmp_path):
    (tmp_path / "good").write_bytes(GOOD)
    assert files.load(tmp_path / "good").specification.hidden == 3


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing", "there is no file"),
        (".", "is a directory; give the .safetensors file in it"),
        ("file/below", "there is no file"),
        ("a" * 5000, "cannot be read: File name too long"),
        ("nul\0byte", "there is no file"),
        ("/dev/null", "is not a file"),
    ],
)
def test_a_path_without_a_model_gets_its_one_sentence(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    with pytest.raises(ValueError, match=message) as error:
        files.load(path)
    one_sentence(error)


def test_types_that_numpy_has_not(tmp_path):
    header = json.dumps({"V": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}, "__metadata__": metadata()})
    path = tmp_path / "m"
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + b"\0" * 4)
    # Where the library ml_dtypes is, NumPy has them after all, and then there are too few of them.
    with pytest.raises(ValueError, match=r"holds no network|holds other parameters") as error:
        files.load(path)
    one_sentence(error)


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    save_file(contiguous(tensors()), tmp_path / "m", metadata())
    monkeypatch.setattr(files, "LARGEST_FILE", 100)
    with pytest.raises(ValueError, match="GiB; a network has less"):
        files.load(tmp_path / "m")


def test_no_code_can_be_loaded():
    """Nothing in the package unpickles, evaluates or runs what a file holds."""
    source = Path(throughtime.__file__).parent
    forbidden = re.compile(
        r"\b(pickle|joblib\.load|marshal|shelve|dill|allow_pickle=True|(?<!\.)eval\(|(?<!\.)exec\("
        r"|(?<![\x22])torch\.load)"
    )
    # Names of parameters; the user's own folder of compiled kernels, see there; kernels written from a graph, whose
    # names are checked words; a script we wrote.
    kernels = {source / "kernels" / name for name in ("compiled.py", "cache.py", "shape.py")}
    ours = {*kernels, source / "bridges" / "numpy_script.py"}
    for path in set(source.rglob("*.py")) - ours:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert not forbidden.search(line), f"{path}:{number}: {line}"
