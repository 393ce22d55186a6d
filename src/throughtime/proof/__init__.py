"""Prove a network right for sequences of every length, or find one on which it is wrong."""

from throughtime.proof.certificate import Certificate
from throughtime.proof.search import prove
from throughtime.proof.verdicts import Proof, Proved, Refuted, Unknown
from throughtime.specification import Specification

__all__ = ["Certificate", "Proof", "Proved", "Refuted", "Specification", "Unknown", "prove"]
