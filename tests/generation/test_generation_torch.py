"""The joint against PyTorch: its modules for encoder and decoder, its embeddings, its automatic differentiation."""

import os
from types import SimpleNamespace

import numpy as np
import pytest

if os.environ.get("THROUGHTIME_TORCH") == "required":
    import torch
else:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")

from oracles.agree import assert_agree
from oracles.layout import unpack
from oracles.torch_twin import Twin, tensor
from throughtime.generation import EncoderDecoder, OneToMany, Vocabulary

pytestmark = pytest.mark.torch

READ = torch.tensor([[0, 1, 2, 2], [0, 3, 0, 0]])
TEXTS, TOLD, LENGTHS = ["abb", "c"], torch.tensor([[1, 2, 2, 0], [3, 0, 0, 0]]), np.array([4, 2])
SOURCES, SOURCE, SOURCE_LENGTHS = ["xyz", "yy"], torch.tensor([[1, 2, 3, 0], [2, 2, 0, 0]]), np.array([4, 3])


def twin(net, x, lengths, state):
    q = SimpleNamespace(s=net.specification, net=net, x=np.zeros(0), state=net.initial_state(2), lengths=lengths)
    part = Twin(q)
    part.x = x
    part.h_0, part.C_0 = state if state else (part.h_0, part.C_0)
    return part


def as_state(net, vectors):
    """The first L·H numbers are h, layer by layer, the others C."""
    s = net.specification
    h, C = vectors[:, : s.layers * s.hidden], vectors[:, s.layers * s.hidden :]
    return [part.reshape(2, s.layers, s.hidden).transpose(0, 1) if part.numel() else part for part in (h, C)]


def written(model, embedding, state):
    """−ln p and the decoder's twin."""
    decoder = twin(model.decoder, embedding[READ], LENGTHS, state)
    net_y, _ = decoder.outputs()
    E = torch.nn.functional.cross_entropy(net_y.transpose(1, 2), TOLD, reduction="none")
    return (E * (torch.arange(4) < torch.tensor(LENGTHS)[:, None])).sum(), decoder


def assert_all_agree(gradient, loss, parts):
    """The parts in the order of the model's parameters: a leaf, or a network's twin."""
    at = 0
    for part in parts:
        leaves = part.p if isinstance(part, Twin) else {"": part}
        size = sum(leaf.numel() for leaf in leaves.values())
        got = gradient[at : at + size]
        named = unpack(part.s, got) if isinstance(part, Twin) else {"": got.reshape(part.shape)}
        for name, wanted in zip(
            leaves, torch.autograd.grad(loss, list(leaves.values()), retain_graph=True), strict=True
        ):
            assert_agree(named[name], wanted.numpy(), 1e-10, name)
        at += size
    assert at == len(gradient)


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_encoder_decoder(cell, bidirectional, layers):
    model = EncoderDecoder(
        Vocabulary("xyz"),
        Vocabulary("abc"),
        cell=cell,
        bidirectional=bidirectional,
        layers=layers,
        hidden=3,
        embedding=2,
    )
    got, gradient = model.gradient(SOURCES, TEXTS)
    embeddings = {name: tensor(model.views[f"{name}.embedding"]) for name in ("encoder", "decoder")}
    encoder = twin(model.encoder, embeddings["encoder"][SOURCE], SOURCE_LENGTHS, None)
    vectors, _ = encoder.outputs()
    loss, decoder = written(model, embeddings["decoder"], as_state(model.decoder, vectors))
    assert got == pytest.approx(loss.item(), rel=1e-12)
    assert_all_agree(gradient, loss, [embeddings["encoder"], encoder, embeddings["decoder"], decoder])


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_one_to_many(cell):
    model = OneToMany(4, Vocabulary("abc"), cell=cell, layers=2, hidden=3, embedding=2)
    x = np.random.default_rng(0).standard_normal((2, 4))
    got, gradient = model.gradient(x, TEXTS)
    leaves = {name: tensor(model.views[name]) for name in ("affine.W", "affine.b", "decoder.embedding")}
    vectors = torch.tensor(x) @ leaves["affine.W"] + leaves["affine.b"]
    loss, decoder = written(model, leaves["decoder.embedding"], as_state(model.decoder, vectors))
    assert got == pytest.approx(loss.item(), rel=1e-12)
    assert_all_agree(gradient, loss, [*leaves.values(), decoder])
