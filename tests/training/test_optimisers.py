"""Each optimiser against its equation, worked in NumPy from the gradients of the network as it goes, and against
PyTorch.
"""

import numpy as np
import pytest

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.training import schedules
from throughtime.training.kinds import as_dict, from_dict
from throughtime.training.loop import train
from throughtime.training.optimisers import OPTIMISERS as KINDS
from throughtime.training.optimisers import Adam, GradientDescent, Momentum, RMSprop

RNG = np.random.default_rng(3)
DATA = Batch(RNG.normal(size=(6, 5, 2)), RNG.random((6, 5, 1)), np.array([5, 2, 4, 5, 1, 3]))
NET = Network(cell="gru", inputs=2, hidden=3, outputs=1, seed=4)
OPTIMISERS = [GradientDescent(0.3), Momentum(0.1, 0.8), RMSprop(0.02, 0.7, 1e-6), Adam(0.03, 0.8, 0.95, 1e-7)]


def steps_of(optimizer, gradients_at, theta, count, rates, clip=None, decay=0.0):
    """θ after `count` steps of the textbook's rule."""
    m = v = np.zeros_like(theta)
    for k in range(1, count + 1):
        g = gradients_at(theta, k - 1)
        if clip is not None:
            g = g * min(1, clip / np.linalg.norm(g))
        rate = rates[k - 1]
        theta = (1 - rate * decay) * theta
        match optimizer:
            case GradientDescent():
                theta = theta - rate * g
            case Momentum(momentum=mu):
                m = mu * m + g
                theta = theta - rate * m
            case RMSprop(decay=rho, epsilon=e):
                v = rho * v + (1 - rho) * g**2
                theta = theta - rate * g / (np.sqrt(v) + e)
            case Adam(beta_1=b1, beta_2=b2, epsilon=e):
                m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
                theta = theta - rate * (m / (1 - b1**k)) / (np.sqrt(v / (1 - b2**k)) + e)
    return theta


def gradient_of_pairs(theta, step):
    rows = slice(2 * (step % 3), 2 * (step % 3) + 2)
    part = DATA[rows]
    return Network.of(NET.specification, theta).gradient(part.x, part.y, part.lengths)[1] / 2


@pytest.mark.parametrize("optimizer", OPTIMISERS, ids=lambda o: type(o).__name__)
@pytest.mark.parametrize(("clip", "decay"), [(None, 0.0), (0.05, 0.0), (None, 0.3)])
def test_against_its_equation(optimizer, clip, decay):
    run = train(
        NET, DATA, steps=7, batch=2, optimizer=optimizer, clip=clip, weight_decay=decay, shuffle=False,
        schedule=schedules.Cosine(0.1),
    )  # fmt: skip
    rates = optimizer.learning_rate * schedules.Cosine(0.1).factors(np.arange(7), 7)
    wanted = steps_of(optimizer, gradient_of_pairs, NET.parameters, 7, rates, clip, decay)
    np.testing.assert_allclose(run.network.parameters, wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.torch
@pytest.mark.parametrize("optimizer", OPTIMISERS, ids=lambda o: type(o).__name__)
def test_against_torch(optimizer):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")
    theta = torch.nn.Parameter(torch.tensor(NET.parameters))
    match optimizer:
        case GradientDescent(rate):
            peer = torch.optim.SGD([theta], rate)
        case Momentum(rate, mu):
            peer = torch.optim.SGD([theta], rate, momentum=mu)
        case RMSprop(rate, rho, e):
            peer = torch.optim.RMSprop([theta], rate, alpha=rho, eps=e)
        case Adam(rate, b1, b2, e):
            peer = torch.optim.AdamW([theta], rate, betas=(b1, b2), eps=e, weight_decay=0.2)
    for step in range(7):
        theta.grad = torch.tensor(gradient_of_pairs(theta.detach().numpy().copy(), step))
        peer.step()
    decay = 0.2 if isinstance(optimizer, Adam) else 0.0
    run = train(NET, DATA, steps=7, batch=2, optimizer=optimizer, weight_decay=decay, shuffle=False)
    np.testing.assert_allclose(run.network.parameters, theta.detach().numpy(), rtol=1e-10, atol=1e-12)


def test_schedules_by_value():
    step = np.array([0, 1, 4, 9])
    np.testing.assert_array_equal(schedules.Constant().factors(step, 10), 1)
    np.testing.assert_allclose(schedules.Cosine(0.2).factors(np.array([0, 5, 10]), 11), [1, 0.6, 0.2])
    np.testing.assert_allclose(schedules.StepDecay(4, 0.5).factors(step, 10), [1, 1, 0.5, 0.25])
    np.testing.assert_allclose(schedules.WarmUp(5).factors(step, 10), [0.2, 0.4, 1, 1])


@pytest.mark.parametrize("optimizer", OPTIMISERS, ids=lambda o: type(o).__name__)
def test_written_down_and_read_again(optimizer):
    assert from_dict("optimizer", KINDS, as_dict(KINDS, optimizer)) == optimizer


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="beta_2 must be a number from 0 to below 1, got 1"):
        Adam(beta_2=1)
    with pytest.raises(ValueError, match="learning_rate must be a number of at least 0, got -1"):
        GradientDescent(-1)
    with pytest.raises(ValueError, match="optimizer must be one of"):
        from_dict("optimizer", KINDS, {"name": "sgd"})
