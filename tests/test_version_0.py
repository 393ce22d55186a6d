"""Models, runs and certificates of version 0.1.0, from before the cells were read from their step functions.

They were written by an engine that `arrays.safetensors` names: on that engine every bit is the same, on others the
rounding may differ. Runs have noise, so they continue alike only where it is made by the compiled generator.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
from numba.core import config

from throughtime.kernels.machine import ENGINE
from throughtime.network import load
from throughtime.proof import Certificate, checker
from throughtime.tasks import Addition
from throughtime.training.checkpoint import resume
from throughtime.weights.files import load_tensors

HERE = Path(__file__).parent / "fixtures" / "version_0"
ARRAYS, WRITTEN = load_tensors(HERE / "arrays.safetensors", "arrays")
SAME_BITS = WRITTEN["engine"] == ENGINE.name and not config.DISABLE_JIT
MODELS = sorted(path.stem for path in HERE.glob("*-float*.safetensors"))


def assert_same(found, written):
    assert found.dtype == written.dtype
    if SAME_BITS:
        np.testing.assert_array_equal(found, written)
    np.testing.assert_allclose(found, written, rtol=1e-5 if found.dtype == np.float32 else 1e-11, atol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_a_model_gives_the_same_outputs_and_the_same_gradient(model):
    net = load(HERE / f"{model}.safetensors")
    y = ARRAYS["y"] if net.specification.output == "every step" else ARRAYS["y"][:, 0]
    assert_same(net.predict(ARRAYS["x"], ARRAYS["lengths"]), ARRAYS[f"{model}.y"])
    assert_same(net.gradient(ARRAYS["x"], y, ARRAYS["lengths"])[1], ARRAYS[f"{model}.gradient"])


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="the noise is another one")
@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_a_run_continues(cell, tmp_path):
    folder = shutil.copytree(HERE / f"run-{cell}", tmp_path / "run")
    assert_same(resume(folder, Addition(bits=6), steps=20).network.parameters, ARRAYS[f"run-{cell}"])


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_a_certificate_is_accepted(cell):
    assert checker.check(Certificate.load(HERE / f"certificate-{cell}.json").text).sets > 0
