"""The page of the benchmarks: what is behind comes first, and each row has its share of a computed limit."""

from dataclasses import asdict

import pytest
from benchmarks import limits, report
from benchmarks.limits import Limits
from benchmarks.rows import Curve, Figure, Ratio, compare

MACHINE = {
    "processor": "a processor", "cores": 2, "engine": "avx2", "python": "3.12", "threads": 1, "versions": {},
    "limits": {"products": {"float32": 1e11, "float64": 5e10}, "bandwidth": 1e10, "link": 1e-9, "call": 3e-7},
}  # fmt: skip


def results(**rows):
    return {
        "machine": MACHINE,
        "seconds": 60,
        **{kind: [asdict(row) for row in rows.get(kind, [])] for kind in ("Ratio", "Figure", "Curve")},
    }


def test_the_page_begins_with_what_is_behind(tmp_path):
    limit = limits.Limit(5e-6, "products")
    slow = Ratio("LSTM", "B=1", "Peer", 1e-5, 9e-6, 0.9, 0.8, 1.1, 1.3, limit)
    fast = Ratio("GRU", "B=1", "Peer", 1e-5, 2e-5, 2.0, 1.9, 2.1, 1.3, limit)
    many = Figure("updates", 9000, "a second", 18_000, more=True, limit=limits.Limit(36_000, "chain"))
    start = Figure("`add`", 0.2, "s", 0.25)
    curve = Curve("T", "µs", [(1, 1.0), (2, 2.0), (4, 4.0)], 1, "A straight line.")
    keys = ["gradient 1 native", "starts 2 native", "growth 2 native"]
    found = dict(
        zip(keys, [results(Ratio=[fast, slow]), results(Figure=[many, start]), results(Curve=[curve])], strict=True)
    )
    (tmp_path / "pictures").mkdir()
    report.write(tmp_path / "page", found, keys)
    page = (tmp_path / "page").read_text()
    behind, missed, tables = (
        page.index("## Where we are behind"),
        page.index("## Targets that"),
        page.index("## One gradient"),
    )
    assert behind < missed < tables
    assert page[behind:missed].count("\n- ") == 1
    assert "- LSTM, B=1, one gradient, against Peer: 0.9 ×" in page[behind:missed]
    assert page[missed:tables].count("\n- ") == 2
    assert "- updates: 9,000 a second, target 18000 (25 % of the limit: chain)" in page[missed:tables]
    assert "| GRU | B=1 | Peer | 10 µs | 20 µs | **2** (1.9–2.1) | 1.3 | 50 % of products |" in page
    assert "- *T*: A straight line." in page
    assert (tmp_path / "pictures/benchmarks.svg").stat().st_size < 300_000


def test_limits_are_the_largest_part_and_the_call():
    machine = Limits({"float32": 1e9}, 1e9, 1e-9, 1e-7)
    assert machine.of(limits.Work(1e6, 1e5)) == limits.Limit(pytest.approx(1e-3 + 1e-7), "products")
    assert machine.of(limits.Work(1e3, 1e5)).bound == "chain"
    assert machine.of(limits.Work(0, 0, 2**26)) == limits.Limit(pytest.approx(2**25 / 1e9 + 1e-7), "bytes")
    assert machine.of(limits.Work(10)).bound == "call"
    there, back = limits.forward("lstm", 3, 5, 2, 8), limits.passes("lstm", 3, 5, 2, 8)
    assert there.products == 2 * 3 * 5 * ((2 + 8) * 4 * 8 + 8)
    assert back.products == 3 * there.products


def test_times_are_of_one_piece():
    calls = []
    found = compare(lambda: calls.append(1), lambda: None, pieces=10, theirs_pieces=1, pairs=3)
    assert set(found) == {"ours", "theirs", "median", "least", "greatest"}
    assert found["least"] <= found["median"] <= found["greatest"]
    assert len(calls) > 3
