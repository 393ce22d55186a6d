"""Check a proof that a recurrent network computes what a finite machine does, on input sequences of every length.

    python -m checker CERTIFICATE

This folder needs only Python and NumPy, and nothing of the package around it. All it believes of a certificate is which
network and machine it speaks of; it tells them. This text is the argument; `reading` has the form of the file, `sets`
the arithmetic, `network` a step, `checks` what has to be true.

The network. Each layer computes, at every step, the operations of its cell, which the certificate lists: each is done
to x, the states before, parameters, numbers, and operations before it in the list. The first state is what the layer
above, or the readout, gets.

The claim. The specification is a Mealy machine: states (the first is 0), symbols (each an input vector, or all input
vectors of a box), the next state and the output bits for each state and symbol. Feed the network any finite sequence
of symbols, each as any of its vectors, from states that are 0. Let every coordinate of its state be off by up to ε
whenever it is computed, and net_y, the input of the readout, too. Then each output is nearer to the machine's bit than
one half: with a sigmoid readout net_y > 0 where the bit is 1 and < 0 where it is 0, with an identity readout |net_y −
bit| < 1/2.

The proof. The certificate has sets S_q of network states, boxes { z : lo_q ≤ z ≤ hi_q }, each with a state label_q
of the machine and, for each symbol a, a set succ_q(a) that follows. It is checked that
 1. h_0 lies in S_0, and label_0 is the machine's first state;
 2. the label of succ_q(a) is the machine's next state from label_q by a;
 3. from every state in S_q, for every symbol a: the output is right, and the state after it lies in S_succ_q(a), or
    else the same is true from that state and that set for every next symbol, and so on, at most m symbols in all;
 4. no step from any of these states, in floating point of the network's dtype, is off by more than ε.
So from any state in S_q, the machine in label_q, whatever is read, all outputs are right until, at most m symbols
later, the state is in a set whose label is the machine's state then. It starts in S_0: by induction all are right.

Sets of states, in 3, are replaced by larger ones. A coordinate is a row of doubles x_0, x_1, … and a radius r: for any
e_k in [−1, 1], the same in all coordinates, it takes a value in x_0 + Σ_k x_k e_k ± r. Sums, and products with
matrices, are those of the rows. r, what a coordinate is off by on its own, becomes one of the x_k by `shared`. An input
that is anywhere in an interval has an x_k of its own at every step.
 - (1 − w) x + w y = (1 − w0) x + w0 y + t0 (w − w0) + (w − w0) (t − t0) with t = y − x: what w is off by counts once,
   the last product is bounded. Alone, w y is that with x = 0.
 - min(x, y) = x − relu(x − y), max(x, y) = x + relu(y − x).
 - f(z) on [l, u], by `curve`: s z and bounds of g(z) = f(z) − s z, for any s from 0 to the steepest slope of f. The
   sigmoid and tanh are concave where z ≥ 0. There g lies below its tangent at any z0, so that g(z) ≤ g(z0) +
   g'(z0) (z − z0), which is small where z0 is nearly the top. Where z ≤ 0, g is convex; as f(−z) = c − f(z), it is c −
   g(−z). If 0 is no inner point, its greatest and least values beside these are at l and u. relu is convex, and g least
   at l, at u or at 0.

Doubles. U = 2⁻⁵³; a result of +, −, × or / is off by at most U of itself, and by 2⁻¹⁰²² where it underflows. What
overflows is infinite or no number from then on, and no condition holds for it.
 - A row that is computed is off by that in each number; the sum of it is added to r.
 - A matrix product is n products summed in any order, with or without fused multiply-adds: off by at most γ_n
   Σ |terms|, γ_n = n U / (1 − n U) ≤ 2 n U [Higham 2002, §3.1], so for a whole row by 2 n U |M| Σ_k |x_k|.
 - What is never negative, as r, is itself computed as a sum of products of such numbers. No term is rounded more than
   2¹⁶ times, as no row or matrix has more than 2¹⁵ numbers in a row, so that (1 + 2⁻³⁶) times the result, and 2⁻⁹⁶⁰
   for what underflows, is not less than the true value: `up`.
 - exp(x) = 2ᵏ exp(r) for x ≤ 0, x = k ln 2 + r, |r| < 0.35, and exp(r) = 1 + r (1 + r/2 (1 + r/3 (… (1 + r/14)))),
   off by less than 2⁻⁶⁰. r is off by less than U. In a bracket 1 + q, where q = r p / n, what p is off by and two
   roundings of q count for |q| / (1 + q) ≤ 0.42, 0.2, 0.12, … of themselves, and the sum is rounded once: less than
   3 U in all. So exp is right to 4 U of itself; below −700 it is taken to be exp(−700) < 10⁻³⁰⁰.
 - With E = exp(−|z|), S = 1 / (1 + E) or E / (1 + E): E's 4 U count for E / (1 + E)² ≤ 1/4 of themselves. With
   E = exp(−2 |z|), tanh = ±(1 − E) / (1 + E): they count for 2 E / (1 + E)² ≤ 1/2. With at most three more roundings
   both are right to 8 U = 2⁻⁵⁰, and S (1 − S), 1 − tanh² and their differences to s to 2⁻⁴⁸.

Rounding, in 4, is that of the network's dtype, u = 2⁻⁵³ (float32: 2⁻²⁴). A sum of products, no term rounded more than
k times, is off by at most γ_k Σ |terms| as above, by what its terms are off by, and by the smallest normal number
wherever something underflows. A number of the cell is a sum of one term, as it is rounded once. The sigmoid and tanh of
the kernels are taken to be right to 8 units in the last place, 16 u; of all float32 numbers none is off by 3.

Higham, N. J. (2002). Accuracy and Stability of Numerical Algorithms, 2nd edition. SIAM.
"""

from .checks import Proof, Report, check
from .reading import Inexact, Rejected

__all__ = ["Inexact", "Proof", "Rejected", "Report", "check"]
