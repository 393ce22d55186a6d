"""Prove a network right for sequences of every length, or find one on which it is wrong."""

from throughtime.proof.automaton import Automaton, automaton_of
from throughtime.proof.certificate import Certificate
from throughtime.proof.machines import read_specification, specify
from throughtime.proof.search import prove
from throughtime.proof.system import why_not
from throughtime.proof.verdicts import Proof, Proved, Refuted, Unknown
from throughtime.tasks.specification import Specification

__all__ = [
    "Automaton",
    "Certificate",
    "Proof",
    "Proved",
    "Refuted",
    "Specification",
    "Unknown",
    "automaton_of",
    "prove",
    "read_specification",
    "specify",
    "why_not",
]
