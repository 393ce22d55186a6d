"""A certificate that is to be tampered with."""

from __future__ import annotations

import json

import built_networks as built
import pytest
from known_networks import ADDITION, prove

from throughtime.proof import Proved


@pytest.fixture(scope="module")
def proof() -> Proved:
    proved = prove(built.two_unit_adder(), ADDITION)
    assert isinstance(proved, Proved)
    return proved


@pytest.fixture
def content(proof):
    return json.loads(proof.certificate.text)
