"""What a hostile page may send: messages, requests and files that are nearly right, the same ones for the same seed."""

import io
import json
import random
import struct
import zipfile
from copy import deepcopy

import numpy as np

MESSAGES = [
    {"type": "configure", "settings": {"task": "parity", "cell": "elman", "hidden": 3, "noise": 0.1, "seed": 1}},
    {"type": "step", "count": 1},
    {"type": "example", "operands": ["12", 7]},
    {"type": "example", "sample": 3},
    {"type": "restore", "step": 0},
    {"type": "pace", "frames_per_second": 10, "updates_per_second": 100},
    {"type": "pause"},
    {"type": "reset"},
]
VALUES = [
    None, True, False, -1, 0, 1e308, -0.0, 2**63, 10**400, 0.5, "", "x" * 300, "\u0000", "</script>", "\ud800", "١٢",
    "1e3", [], {}, [[[[]]]], {"a": {"b": {}}}, "__proto__", "constructor", ["1"] * 1000, {"type": "train"},
]  # fmt: skip
TEXTS = [
    "NaN", "[" * 20_000, '{"a":' * 20_000, '{"type": "step", "count": NaN}', '{"type": "step", "count": Infinity}',
    '{"type": "restore", "step": ' + "9" * 6000 + "}", "\ufeff{}", '{"type": "pause"', "'", '{"type": "step", "type": '
    '3}',
]  # fmt: skip


def messages(seed, count):
    """Texts and bytes; none of them trains for long or looks for a proof."""
    rng = random.Random(seed)
    for _ in range(count):
        kind = rng.random()
        if kind < 0.1:
            yield rng.choice(TEXTS)
            continue
        document = json.loads(json.dumps(rng.choice(MESSAGES)))
        for _ in range(rng.randint(1, 3)):
            _spoil(document, rng)
        text = json.dumps(document)
        if kind < 0.4:
            text = _scrambled(text, rng)
        yield text.encode("utf-8", "surrogatepass") if rng.random() < 0.3 else text.encode(errors="replace").decode()


def _spoil(document, rng):
    place = document
    while rng.random() < 0.6:
        inner = [value for value in place.values() if isinstance(value, dict) and value]
        if not inner:
            break
        place = rng.choice(inner)
    name = rng.choice([*place, "extra"])
    match rng.randrange(3):
        case 0:
            place[name] = deepcopy(rng.choice(VALUES))
        case 1:
            place.pop(name, None)
        case _:
            place[rng.choice([*place, "settings", "operands", "seed", "hidden"])] = deepcopy(rng.choice(VALUES))


def _scrambled(text, rng):
    characters = list(text)
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(characters))
        match rng.randrange(3):
            case 0:
                characters[at] = chr(rng.randrange(1, 0x2FF))
            case 1:
                del characters[at]
            case _:
                characters[at:at] = characters[: rng.randrange(20)]
        characters = characters or ["{"]
    return "".join(characters)


def uploads():
    """Names and contents of files that are none, one by one."""
    good = "sequence,time,x,y\n1,1,0.5,0\n1,2,0.7,1\n"
    yield "empty.csv", b""
    yield "header.csv", b"sequence,time,x,y\n"
    yield "not-utf-8.csv", b"sequence,time,x,y\n1,1,\xff\xfe,0\n"
    yield "zeros.csv", bytes(10_000)
    yield "quote.csv", b'sequence,time,x,y\n1,1,"0.5,0\n'
    yield "columns.csv", (",".join(["sequence", "time", "y", *(f"x{k}" for k in range(5000))]) + "\n").encode()
    yield "long-field.csv", ("sequence,time,x,y\n1,1," + "1" * 200_000 + ",0\n").encode()
    yield "huge.csv", (good + "1,3,1e999,0\n").encode()
    yield "steps.csv", ("sequence,time,x,y\n" + "".join(f"1,{t},0.5,1\n" for t in range(3000))).encode()
    yield "no-ending", good.encode()
    yield "a.exe", good.encode()
    yield "", good.encode()
    yield "nested.jsonl", b'{"x": ' + b"[" * 100_000 + b"\n"
    yield "digits.jsonl", b'{"x": [[' + b"9" * 10_000 + b']], "y": [[1]]}\n'
    yield "nan.jsonl", b'{"x": [[NaN]], "y": [[1]]}\n'
    yield "array.jsonl", b"[1, 2]\n"
    yield "types.jsonl", b'{"x": {"a": 1}, "y": "z"}\n'
    yield "ragged.jsonl", b'{"x": [[1], [1, 2]], "y": [[1], [1]]}\n'
    yield "surrogate.jsonl", b'{"x": [["\\ud800"]], "y": [[1]]}\n'
    yield "text.npz", b"no zip at all"
    yield "cut.npz", _npz(x=np.zeros((2, 3, 1)), y=np.zeros((2, 3, 1)))[:-30]
    yield "spoilt.npz", _npz(x=np.zeros((2, 3, 1)), y=np.zeros((2, 3, 1))).replace(b"\x93NUMPY", b"\x93NUMBY")
    yield "pickled.npz", _npz(x=np.array([[[{}]]], dtype=object), y=np.zeros((1, 1, 1)))
    yield "bomb.npz", _zip({"x.npy": _npy_header("<f8", (10**9, 10**3, 10**3)), "y.npy": b""})
    yield "inflated.npz", _zip({"x.npy": bytes(10**7), "y.npy": b""})
    yield "dates.npz", _npz(x=np.zeros((1, 1, 1), "datetime64[s]"), y=np.zeros((1, 1, 1)))
    yield "none.npz", _npz(x=np.zeros((0, 0, 0)), y=np.zeros((0, 0, 0)))
    yield "other.npz", _npz(a=np.zeros(3))
    yield "strange.npz", _zip({"../../x.npy": b"", "x.npy": b"\x93NUMPY\x01\x00\xff\xff{"})
    yield "empty.safetensors", b""
    yield "size.safetensors", struct.pack("<Q", 2**63) + b"{}"
    yield "small.safetensors", struct.pack("<Q", 3) + b"{}"
    for k, header in enumerate(_headers()):
        text = json.dumps(header).encode() if not isinstance(header, bytes) else header
        yield f"header-{k}.safetensors", struct.pack("<Q", len(text)) + text + bytes(64)
    yield "\x1b[31mred\x00\n.csv", b"nothing"
    yield "../../../etc/passwd.csv", b"nothing"
    yield '</script><img src=x onerror="alert(1)">.csv', b"nothing"


def _headers():
    tensor = {"U": {"dtype": "F64", "shape": [8], "data_offsets": [0, 64]}}
    network = {"cell": "elman", "inputs": 1, "hidden": 1, "outputs": 1}
    described = [
        [], "x", {"holds": []}, {"holds": "network"}, {"holds": "network", "format": 1},
        {"holds": "network", "format": 1, "network": []}, {"holds": "network", "format": 1, "network": {"cell": {}}},
        {"holds": "network", "format": 1, "network": network | {"hidden": 10**30}},
        {"holds": "network", "format": 1, "network": network | {"layers": 2**40}},
        {"holds": "network", "format": 1, "network": network | {"hidden": -1}},
        {"holds": "network", "format": 1, "network": network | {"extra": 1}},
        {"holds": "network", "format": 1, "network": network, "task": ["addition"]},
        {"holds": "network", "format": 1, "network": network, "task": {"name": "addition"}},
    ]  # fmt: skip
    for one in described:
        yield {"__metadata__": {"throughtime": json.dumps(one)}} | tensor
    yield {"__metadata__": {"throughtime": "[" * 100_000}} | tensor
    yield {"__metadata__": {"throughtime": 3}}
    yield {"U": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 64]}}
    yield {"U": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}}
    yield b"[" * 5000
    yield b"\xff\xfe"


def _npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _zip(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def _npy_header(kind, shape):
    header = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
