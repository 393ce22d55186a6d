"""Errors that were made in admired hand-written back-propagation, to be planted in ours.

Each is (name, file of the package, pattern, replacement, check): in the sweep over time, in what writes a cell's
kernels, and in the derivation of its backward pass. When these are rewritten, only this table is edited. The patterns
are regular expressions in which `.` stands for any character, line ends too; the first match is replaced.
"""

NORMALISATION = "kernels/normalisation.py"
SWEEP, ROWS, PRODUCTS, DERIVATION, NETWORK = (
    "kernels/sweep.py", "kernels/written_rows.py", "kernels/written_products.py", "cells/derivation.py",
    "kernels/network.py"
)  # fmt: skip
BACKWARD = r"(def backward\(.*?)"
STORED = r"(def backward\(.*?if laid.phase\(place\) == phase)"

FORMS = "tests/kernels/test_gradients.py::test_every_form"
OUTSIDE = "tests/kernels/test_gradients.py::test_backward_from_outside"
NORMALISED = "tests/kernels/test_layer_norm.py::test_gradient_against_central_differences"
MASKS = "tests/kernels/test_dropout.py::test_gradient_with_masks"
RECURRENT = "tests/training/test_recurrent_dropout.py::test_two_steps_against_complex_steps_through_plain_numpy"
TWICE = "tests/kernels/test_two_batches.py::test_the_same_tape_twice"

ERRORS = [
    ("gradients written into the array of the parameters", SWEEP, r"s\.bias, gradient, at", "s.bias, p, at", FORMS),
    # Both directions: the first step is t = 0 or the last, so `0 < t` is the first step of one of them.
    ("the first step never back-propagated", SWEEP, BACKWARD + r"if t < lengths\[q\]", r"\1if 0 < t < lengths[q]",
        FORMS),
    (
        "δ_t paired with h_t instead of h_{t-1}", SWEEP,
        BACKWARD + r"fed \+ before\(first, backwards\)", r"\1fed + (first + 1)", FORMS,
    ),
    (
        "the last batch's ∂h_0 left in the accumulator for the next", SWEEP,
        r"_take_states\(s, numbers, d_last[^\n]*", "pass", TWICE,
    ),
    ("no gradient for the initial states", SWEEP, r"tape, tape\.d_first, layer", "tape, tape.d_last, layer", OUTSIDE),
    ("the bias gradient of one row only", PRODUCTS, r"add_rows\(deltas, \{slot\}", "add_rows(deltas[:1], {slot}",
        FORMS),
    ("δ of the first gate computed and never stored", ROWS, STORED, r"\1 and k != 0", FORMS),
    ("δ of the second gate computed and never stored", ROWS, STORED, r"\1 and k != 1", FORMS),
    ("δ of the fourth gate computed and never stored", ROWS, STORED, r"\1 and k != 3", FORMS),
    ("∂E by the states not handed on", ROWS, r"if step\.elsewhere\(place\):", "if True:", FORMS),
    ("∂E by the layer below not reset", NETWORK, r"clear\(rows\(d_below.*?\n", "pass\n", TWICE),
    (
        "a product's ∂ kept whole where the first factor lets a part pass", DERIVATION,
        r"_to\(o\.of\[1\], \[_Part\(v, a, 1\)\]\)", "_to(o.of[1], [_Part(v, None, 1)])", FORMS,
    ),
    (
        "a product's ∂ kept whole where the second factor lets a part pass", DERIVATION,
        r"_to\(a, \[_Part\(v, o\.of\[1\], 1\)\]\)", "_to(a, [_Part(v, None, 1)])", FORMS,
    ),
    ("what is subtracted handed on as if it were added", DERIVATION, r"(other, )-(part\.sign)", r"\1\2", FORMS),
    ("S' = y for y(1 − y)", DERIVATION, r'self\.add\("\*", y, self\.add\("-", one, y\)\)', "y", FORMS),
    ("the slope of tanh with y for y²", DERIVATION, r'self\.add\("\*", y, y\)', "y", FORMS),
    ("relu open everywhere", DERIVATION, r'self\.add\("where_positive", place, v\)', "v", FORMS),
    ("the gradient of c_n made of δ_ñ", PRODUCTS, r"laid\.bias_slot\(name\)", "min(2, laid.bias_slot(name))", FORMS),
    (
        "the mask of dropout left out on the way back", NETWORK,
        r"put_mask_on\(mask_at\(s, tape, layer\), d_below, d_below\)", "pass", MASKS,
    ),
    (
        "the mask on recurrent weights left out on the way back", "training/recurrent.py",
        r"gradient \*= self\._mask", "pass", RECURRENT,
    ),
    ("one mask on recurrent weights for all steps", "training/recurrent.py", r" \+ np\.uint64\(step\)", "", RECURRENT),
    ("the mean of ∂n kept on the way back", NORMALISATION, r"d_n\[j\] - mean - n", "d_n[j] - n", NORMALISED),
    ("the deviation held constant on the way back", NORMALISATION, r" - n\[j\] \* along", "", NORMALISED),
    ("the gradient of b_y left out", NETWORK, r"add_rows\(delta_y, 0, db_y\)", "pass", FORMS),
    ("a transposed product on the way back through U", PRODUCTS, r"\{back\}, rows", "{back and self.is_x(r)}, rows",
        FORMS),
    (
        "a transposed gradient of U", PRODUCTS,
        r"(add_gradient\()(\{self\.source\(run\)\}), (\{self\.slots\(run, 'deltas'\)\})",
        r"\1{self.source(run) if self.is_x(run) else self.slots(run, 'deltas')}, "
        r"{self.slots(run, 'deltas') if self.is_x(run) else self.source(run)}", FORMS,
    ),
]  # fmt: skip

MUTATIONS = {name: (file, pattern, replacement, check) for name, file, pattern, replacement, check in ERRORS}
