"""What cannot be proved is said once, in the same words wherever it is asked."""

import pytest

from throughtime import cell, exp, tanh, tasks
from throughtime.network import Network
from throughtime.proof import prove, why_not
from throughtime.training.plan import plan


@cell
def growing(p, x, h):
    h = exp(x @ p.V + h @ p.U)
    return h


@cell
def ячейка(p, x, h):
    h = tanh(x @ p.V + h @ p.U)
    return h


@cell
def other_letters(p, x, h):
    h = tanh(x @ p.V + h @ p.U + p.ב)
    return h


def network(**fields):
    return Network(**{"inputs": 2, "hidden": 2, "outputs": 1} | fields)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"bidirectional": True}, "a bidirectional network cannot be proved"),
        ({"output": "last step"}, 'a network with output "last step" cannot be proved'),
        ({"readout": "softmax", "loss": "cross_entropy"}, 'a network with readout "softmax" cannot be proved'),
        ({"cell": "slstm"}, "a proof cannot read softplus, which the cell slstm is made of"),
        ({"cell": "minlstm"}, "a proof cannot read /, which the cell minlstm is made of"),
        ({"cell": growing}, "a proof cannot read exp, which the cell growing is made of"),
        ({"cell": ячейка}, "a proof has names of Latin and Greek letters, digits and _, not ячейка: rename it"),
        ({"cell": other_letters}, "a proof has names of Latin and Greek letters, digits and _, not ב: rename it"),
        ({"layer_norm": True}, "nothing can be proved for a network with layer normalisation"),
    ],
)
def test_networks(fields, reason):
    net = network(**fields)
    assert why_not(net).startswith(reason)
    with pytest.raises(ValueError, match=f"^{reason}"):
        prove(net, tasks.Addition().machine)


@pytest.mark.parametrize("name", tasks.names)
def test_tasks(name):
    reason = why_not(plan(name), tasks.find(name))
    if name in ("adding-problem", "copy-memory", "recall"):
        assert reason == f"{name} is no finite machine, so that nothing can be proved for sequences of every length"
    elif name == "reber":
        assert "words that the grammar never makes" in reason
    else:
        assert reason is None
