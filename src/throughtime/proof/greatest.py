"""The greatest noise on inputs, or the greatest error of a step, for which a network is proved right."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, get_args

import numpy as np

from throughtime.proof.budget import Budget
from throughtime.proof.counterexample import Allowance
from throughtime.proof.search import INTERRUPTED, Progress, search_for
from throughtime.proof.system import Net
from throughtime.proof.verdicts import Proof, Proved, Unknown
from throughtime.support.checks import number
from throughtime.tasks.machine import Machine

Quantity = Literal["input noise", "epsilon"]

NEAR, LEAST = 1.05, 2.0**-10
"""The search ends when so many times the greatest was not proved; the least noise that is tried, of the most."""

SHARE, AMPLE = 4, 2
"""An attempt gets one of so many parts of what is left of the budget, or so many times what a proof has taken."""


class Greatest(NamedTuple):
    """The greatest that was proved, and what is known beyond it.

    proof : Proof
        For that value. Where not even the least one is proved, the verdict on that.
    value : float
        The noise, or the ε of the proof; 0 if none is proved.
    beyond : float
        The least value that was not proved; where no attempt failed, the most that is looked for.
    verdict : Proof or None
        The one on it: Refuted, or Unknown. None where no attempt failed.
    """

    proof: Proof
    value: float
    beyond: float
    verdict: Proof | None


def prove_greatest(
    net: Net,
    machine: Machine,
    of: Quantity = "input noise",
    budget: float = 10.0,
    seed: int = 0,
    progress: Progress | None = None,
    epsilon: float = 0.0,
    input_noise: float = 0.0,
) -> Greatest:
    """Look for the greatest input noise, or ε, for which a network is proved.

    By bisection of its logarithm: whatever is proved with more is right with less. What an attempt could not prove in
    its share of the budget, a longer budget may.

    Parameters
    ----------
    net, machine, seed, progress : as for `prove`
    of : "input noise" or "epsilon"
        The two together have no greatest pair: of the other one, what is given is kept.
    budget : float
        Seconds of work, of all attempts together.
    epsilon, input_noise : float
        The least that a proof must allow, as for `prove`.

    Raises
    ------
    ValueError
        As `prove`, or if `of` is something else.
    """
    if of not in get_args(Quantity):
        raise ValueError(f'of must be "input noise" or "epsilon", got {of!r}')
    whole, taken, name, allowed = Budget.of(budget), 0.0, of.replace(" ", "_"), Allowance()
    given = {"epsilon": epsilon, "input_noise": input_noise}
    least = number(name, given[name], 0)

    def attempt(value: float, share: float) -> Proof:
        nonlocal taken
        mine = Budget(share)
        search = search_for(net, machine, mine, seed, progress, **{**given, name: value})
        search.allowed = allowed
        found = search.decided()
        spent = share - max(mine.left, 0) if math.isfinite(share) else 0.0
        whole.left -= spent
        taken = max(taken, spent) if isinstance(found, Proved) else taken
        return found

    proof = attempt(least, whole.left)
    most = 1.0 if of == "epsilon" else most_noise(machine)
    if not isinstance(proof, Proved):
        return Greatest(proof, 0.0, least, proof)
    value, beyond, verdict = proof.epsilon if of == "epsilon" else least, most, None
    while max(value, LEAST * most * (of != "epsilon")) * NEAR < beyond and AMPLE * taken < whole.left:
        tried = math.sqrt(value * beyond) if value > 0 else LEAST * most
        found = attempt(tried, max(whole.left / SHARE, AMPLE * taken))
        if isinstance(found, Proved):
            proof, value = found, tried
        elif isinstance(found, Unknown) and found.reason == INTERRUPTED:
            break
        else:
            beyond, verdict = tried, found
    return Greatest(proof, value, beyond, verdict)


def most_noise(machine: Machine) -> float:
    """Noise that makes two symbols' boxes meet, more than which no machine can have; of one symbol, 1, as a limit."""
    gaps = np.maximum(machine.lo[:, None] - machine.hi, machine.lo - machine.hi[:, None]).max(axis=2)
    np.fill_diagonal(gaps, 2.0)
    return float(gaps.min()) / 2
