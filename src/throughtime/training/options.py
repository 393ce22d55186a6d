"""The options of networks and their training. Nothing else is imported here, so that `--help` waits for nothing."""

from __future__ import annotations

from throughtime.support.option import Option

OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        Option("cell", "word", "The kind of cell (see: throughtime cells), or your own as FILE.py:NAME.", of="network"),
        Option(
            "activation", "choice", "The function of an Elman cell.", of="network", choices=("sigmoid", "tanh", "relu")
        ),
        Option("hidden", "whole number", "Hidden units, in each layer and direction.", 1, 2**31 - 1, of="network"),
        Option("layers", "whole number", "Layers of cells.", 1, 2**31 - 1, of="network"),
        Option("bidirectional", "yes or no", "Read in both directions.", of="network"),
        Option("layer_norm", "yes or no", "Normalise each net input over the hidden units.", of="network"),
        Option("dtype", "choice", "The numbers that are computed with.", of="network", choices=("float64", "float32")),
        Option("steps", "whole number", "Updates of the parameters.", 0, of="settings"),
        Option("batch", "whole number", "Sequences for each update.", 1, of="settings"),
        Option(
            "optimizer", "choice", "The optimiser.", of="settings",
            choices=("gradient-descent", "momentum", "rmsprop", "adam"),
        ),
        Option("learning_rate", "number", "The optimiser's learning rate.", 0, of="settings"),
        Option(
            "schedule", "word", "How the learning rate changes: constant, cosine[:FINAL], step:EVERY[:FACTOR] or "
            "warm-up:STEPS.",
            of="settings",
        ),
        Option("clip", "number", "The greatest norm of a gradient; 0 for none.", 0, of="settings"),
        Option("noise", "number", "Standard deviation of noise on the states.", 0, of="settings"),
        Option("input_noise", "number", "Standard deviation of noise on the inputs.", 0, of="settings"),
        Option("dropout", "number", "Probability that an input of a layer is 0 in a training step.", 0, of="settings"),
        Option(
            "recurrent_dropout", "number", "Probability that a recurrent weight is 0 in a training step.", 0,
            of="settings",
        ),
        Option("weight_decay", "number", "AdamW's weight decay.", 0, of="settings"),
        Option("cell_penalty", "number", "A penalty on the squared cell states of an LSTM.", 0, of="settings"),
        Option("window", "whole number", "Truncate back-propagation to so many time steps.", 1, of="settings"),
        Option(
            "update", "choice", "Change parameters after the backward pass, or at each step inside.", of="settings",
            choices=("per-batch", "per-step"),
        ),
        Option("seed", "whole number", "Decides everything that is random.", 0, of="settings"),
    )
}  # fmt: skip
"""The options of a network and of its training, by their names. A task has its own, see `plan.own`."""
