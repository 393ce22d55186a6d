"""The gradients of networks that write, through the joint: against central differences and PyTorch's autograd."""

import numpy as np
import pytest

from oracles.agree import assert_agree
from oracles.differentiate import central_differences
from oracles.step_functions import STEPS
from throughtime.generation import EncoderDecoder, LanguageModel, OneToMany, Vocabulary
from throughtime.generation.files import load
from throughtime.generation.generator import as_state, as_vectors, state_size
from throughtime.network import Network

TEXTS = ["abba", "c", "bacab"]
WRITES, READS = Vocabulary("abc"), Vocabulary("xyz")
SOURCES = ["xy", "zzyx", "y"]


def models():
    rng = np.random.default_rng(0)
    for cell in ("elman", "lstm", "gru", STEPS["odd"]):
        for layers in (1, 2):
            sizes = {"cell": cell, "layers": layers, "hidden": 4 - layers, "embedding": 2, "seed": layers}
            yield LanguageModel(WRITES, **sizes), [""] * 3
            yield OneToMany(4, WRITES, **sizes), rng.standard_normal((3, 4))
            yield EncoderDecoder(READS, WRITES, bidirectional=layers == 2, **sizes), SOURCES


def of(case):
    model, _ = case
    s = model.decoder.specification
    return f"{model.kind}-{s.cell}-{s.layers}"


@pytest.fixture(params=list(models()), ids=of)
def case(request):
    model, source = request.param
    model = model.copy()
    model.parameters[:] += 0.1 * np.random.default_rng(1).standard_normal(len(model.parameters))  # no bias stays 0
    return model, source


def test_central_differences(case):
    model, source = case

    def loss(point):
        other = model.copy()
        other.parameters[:] = point["parameters"]
        return -other.log_probability(source, TEXTS).sum()

    value, gradient = model.gradient(source, TEXTS)
    assert value == pytest.approx(loss({"parameters": model.parameters}), rel=1e-12)
    wanted = central_differences(loss, {"parameters": model.parameters})["parameters"]
    at = 0
    for name, view in model.views.items():
        assert_agree(gradient[at : at + view.size], wanted[at : at + view.size], 1e-6, name)
        at += view.size


def test_two_gradients_in_a_row_are_the_same(case):
    model, source = case
    first, second = (model.gradient(source, TEXTS) for _ in range(2))
    assert first[0] == second[0]
    np.testing.assert_array_equal(first[1], second[1])


def test_each_text_counts_alone(case):
    """What is padded, and who stands beside it, plays no part."""
    model, source = case
    together = model.gradient(source, TEXTS)
    alone = [model.gradient(source[b : b + 1], TEXTS[b : b + 1]) for b in range(3)]
    assert together[0] == pytest.approx(sum(loss for loss, _ in alone), rel=1e-12)
    assert_agree(together[1], sum(gradient for _, gradient in alone), 1e-12)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", STEPS)
def test_the_states_of_a_cell_are_made_of_vectors_and_back(name, layers):
    net = Network(cell=STEPS[name], inputs=2, hidden=3, outputs=2, layers=layers)
    vectors = np.arange(4.0 * state_size(net.specification)).reshape(4, -1)
    state, like = as_state(net.specification, vectors), net.initial_state(4)
    assert (state.names, state.numbers.shape) == (like.names, like.numbers.shape)
    np.testing.assert_array_equal(state.h[0, 1], vectors[1, :3])
    np.testing.assert_array_equal(as_vectors(state), vectors)


def test_a_cell_of_ones_own_is_saved_with_the_model(tmp_path):
    model = EncoderDecoder(READS, WRITES, cell=STEPS["odd"], hidden=3, embedding=2)
    model.save(tmp_path / "model.safetensors")
    loaded = load(tmp_path / "model.safetensors")
    assert loaded.decoder.specification == model.decoder.specification
    np.testing.assert_array_equal(loaded.parameters, model.parameters)
