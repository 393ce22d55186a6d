"""Errors that were made in admired hand-written back-propagation, to be planted in our kernels (DESIGN.md).

Each is (name, file in kernels/, pattern, replacement, check). When the kernels are rewritten, only this table is edited:
`BACKWARD` is all from the head of a kernel's `backward` to the place where the pattern begins. The patterns are regular
expressions in which `.` stands for any character, line ends too; the first match is replaced.
"""

BACKWARD = r"(def backward\(.*?)"

FORMS = "tests/kernels/test_gradients.py::test_every_form"
OUTSIDE = "tests/kernels/test_gradients.py::test_backward_from_outside"
TWICE = "tests/kernels/test_two_batches.py::test_the_same_tape_twice"

# Both directions, each in its own way: the first step is t = 0 or the last, so `0 < t` is the first step of one of them.
EACH_CELL = [
    (
        "gradients written into the array of the parameters",
        "network.py", r"(def _{cell}_backward.*?weights\(s, )gradient", r"\1parameters", FORMS,
    ),
    (
        "the first step never back-propagated",
        "{cell}.py", BACKWARD + r"if t < lengths\[s\]", r"\1if 0 < t < lengths[s]", FORMS,
    ),
    (
        "δ_t paired with h_t instead of h_{t-1}",
        "{cell}.py", BACKWARD + r"before\(first, backwards\)", r"\1first + 1", FORMS,
    ),
    (
        "the last batch's ∂h_0 left in the accumulator for the next",
        "{cell}.py", BACKWARD + r"copy_row\(row\(d_h_last, s\), row\(d_h_after, s\)\)", r"\1pass", TWICE,
    ),
    (
        "the bias gradient of one time step only",
        "{cell}.py", BACKWARD + r"add_rows\(deltas, 0, db\)", r"\1add_rows(rows(deltas, 0, B), 0, db)", FORMS,
    ),
]  # fmt: skip

ONE_CELL = [
    ("δ of the forget gate computed and never stored", "lstm.py", r"store\(delta, H \+ j, n, ", "print(", FORMS),
    ("δ of the output gate computed and never stored", "lstm.py", r"store\(delta, 3 \* H \+ j, n, ", "print(", FORMS),
    ("δ of the reset gate computed and never stored", "gru.py", r"store\(delta, j, n, ", "print(", FORMS),
    ("δ of q computed and never stored", "gru.py", r"store\(delta, 3 \* H \+ j, n, ", "print(", FORMS),
    ("no gradient for h_0", "elman.py", r"d_h_after = d_h_0\b", "d_h_after = d_h_0.copy()", OUTSIDE),
    ("no gradient for h_0", "gru.py", r"d_h_after = d_h_0\b", "d_h_after = d_h_0.copy()", OUTSIDE),
    ("no gradient for h_0", "lstm.py", r"= d_h_0, d_C_0\b", "= d_h_0.copy(), d_C_0", OUTSIDE),
    ("no gradient for C_0", "lstm.py", r"= d_h_0, d_C_0\b", "= d_h_0, d_C_0.copy()", OUTSIDE),
    ("∂E by the layer below not reset", "network.py", r"clear\(rows\(d_below.*?\n", "pass\n", TWICE),
    ("∂C kept whole where the forget gate lets a part pass", "lstm.py", r"(d_C_after, j, n, dC) \* f", r"\1", FORMS),
    ("∂h kept whole where the update gate lets a part pass", "gru.py", r"(d_h_after, j, n, dh) \* z", r"\1", FORMS),
    ("the gradient of c_n made of δ_ñ instead of δ_q", "gru.py", r"(deltas, )3( \* H, dc)", r"\g<1>2\2", FORMS),
    ("the gradient of b_y left out", "network.py", r"add_rows\(delta_y, 0, db_y\)", "pass", FORMS),
    ("a transposed product on the way back through U", "elman.py", r"(panels\(U, 0, H, )True", r"\1False", FORMS),
    ("a transposed product on the way back through U_n", "gru.py", r"(panels\(U, 2 \* H, H, )True", r"\1False", FORMS),
    ("a transposed gradient of U", "elman.py", r"_gradient\((rows\(fed.*?\)), deltas,", r"_gradient(deltas, \1,", FORMS),
]  # fmt: skip

MUTATIONS = {
    f"{cell}: {name}": (file.format(cell=cell), pattern.replace("{cell}", cell), replacement, check)
    for name, file, pattern, replacement, check in EACH_CELL
    for cell in ("elman", "lstm", "gru")
} | {
    f"{file.removesuffix('.py')}: {name}": (file, pattern, replacement, check)
    for name, file, pattern, replacement, check in ONE_CELL
}
