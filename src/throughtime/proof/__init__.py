"""Prove a network right for sequences of every length, or find one on which it is wrong."""

from throughtime.proof.automaton import Automaton, automaton_of
from throughtime.proof.certificate import Certificate
from throughtime.proof.greatest import Greatest, prove_greatest
from throughtime.proof.machines import read_machine, specify
from throughtime.proof.search import prove
from throughtime.proof.system import why_not
from throughtime.proof.verdicts import Proof, Proved, Refuted, Unknown
from throughtime.tasks.machine import Machine

__all__ = [
    "Automaton",
    "Certificate",
    "Greatest",
    "Machine",
    "Proof",
    "Proved",
    "Refuted",
    "Unknown",
    "automaton_of",
    "prove",
    "prove_greatest",
    "read_machine",
    "specify",
    "why_not",
]
