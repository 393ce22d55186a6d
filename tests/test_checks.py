"""Single values from outside: what is taken, as what, and in which words others are refused."""

import numpy as np
import pytest

from throughtime.support.checks import flag, number, whole_number


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_whole_numbers_of_any_type_become_ints(value):
    found = whole_number("hidden", value, 1)
    assert found == 3
    assert type(found) is int


@pytest.mark.parametrize(
    "value",
    [True, np.True_, 3.0, np.float64(3), "3", None, [3], np.array([3]), pytest.param(10**5000, id="long"), -1, 2**64],
)
def test_what_is_no_whole_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^hidden must be a whole number .*got .+$") as refused:
        whole_number("hidden", value, 0)
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    ("value", "kind"), [(2, int), (0.5, float), (np.float32(0.5), float), (np.int8(2), int), (np.array(0.5), float)]
)
def test_numbers_of_any_type_become_plain(value, kind):
    found = number("noise", value, 0)
    assert found == value
    assert type(found) is kind


@pytest.mark.parametrize(
    "value",
    [True, np.False_, "1", None, float("nan"), np.inf, -0.1, 1 + 0j, pytest.param(10**400, id="long"), np.array([1.0])],
)
def test_what_is_no_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^noise must be a number of at least 0, got .+$"):
        number("noise", value, 0)


def test_a_range_is_said():
    assert number("f", 1, 0, 1) == 1
    with pytest.raises(ValueError, match=r"^f must be a number from 0 to 1, got 1.5$"):
        number("f", 1.5, 0, 1)
    with pytest.raises(ValueError, match=r"^n must be a whole number from 1 to 9, got 10$"):
        whole_number("n", 10, 1, 9)


def test_flags():
    assert flag("shuffle", True) is True
    assert flag("shuffle", np.False_) is False
    for value in (0, 1, "true", None):
        with pytest.raises(ValueError, match=r"^shuffle must be true or false, got "):
            flag("shuffle", value)
