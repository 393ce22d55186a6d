"""JSON, TOML and text files from outside, and the memory that is refused before it is taken."""

import os

import pytest

from throughtime.support import memory
from throughtime.support.documents import json_object, json_value, printable, text_of, toml_table


@pytest.mark.parametrize("text", ["", "{", "[1,", "NaN", '{"a": Infinity}', "[" * 100_000, b"\xff", "1" * 5000 + "x"])
def test_what_is_not_json_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError, match=r"^run\.json is (not JSON: .+|nested too deeply)$"):
        json_value(text, "run.json")


def test_json():
    assert json_object(b'{"a": [1, 2.5, null]}', "it") == {"a": [1, 2.5, None]}
    with pytest.raises(ValueError, match="it must be a JSON object, got list"):
        json_object("[]", "it")


@pytest.mark.parametrize("text", ["a", "a = ", "a = " + "[" * 50_000, "a = 1\na = 2"])
def test_what_is_not_toml_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError, match=r"^run\.toml is "):
        toml_table(text, "run.toml")


def test_text_files(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes("\ufeffdé".encode())
    assert text_of(file) == "dé"
    with pytest.raises(ValueError, match="has 6 bytes; at most 4 are read"):
        text_of(file, 4)
    file.write_bytes(b"a\xff")
    with pytest.raises(ValueError, match="not text in UTF-8: byte 2"):
        text_of(file)
    with pytest.raises(ValueError, match="is a folder"):
        text_of(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="not a regular file"):
            text_of(tmp_path / "pipe")


def test_a_terminal_gets_no_escape_sequences():
    assert printable("a\x1b[2J\r\x9b–é\n") == "a\\x1b[2J\\r\\x9b–é\n"


def test_memory(monkeypatch):
    assert 10**7 < memory.available() < 10**15
    memory.require(1000, "a small thing")
    with pytest.raises(memory.TooLarge, match=r"^a network of 5 layers needs about 1,000.0 TB .*: choose fewer$"):
        memory.require(1e15, "a network of 5 layers", "choose fewer")
    monkeypatch.setattr(memory.Path, "read_text", lambda self: (_ for _ in ()).throw(OSError()))
    assert memory.available() > 10**7
    monkeypatch.delattr(memory.os, "sysconf", raising=False)
    assert memory.available() == 4 * 2**30
