"""`throughtime prove`: right for every length, or an input on which the network is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from throughtime.cli.models import Model, ModelArgument, ModelOption, open_model
from throughtime.cli.progress import searching
from throughtime.cli.shell import DONE, INTERRUPTED, WRONG, Failure, Json, document, line
from throughtime.support.disk import require_folder
from throughtime.support.documents import printable

if TYPE_CHECKING:
    from throughtime.proof import Greatest, Machine, Proof
    from throughtime.proof.greatest import Quantity

UNKNOWN = 3

QUANTITIES: dict[str, Quantity] = {"input-noise": "input noise", "epsilon": "epsilon"}

EPILOG = """\b
Example:
  throughtime prove
  throughtime prove runs/addition-elman-0 --certificate adder.json
  throughtime prove --input-noise 0.01
  throughtime prove --greatest input-noise --certificate loose.json
  throughtime prove --epsilon 1e-4 --certificate runs/addition-elman-0/certificate.json
  throughtime prove model.safetensors --machine machine.toml

The exit status is 0 if the network is proved right for every length, 1 if it is
wrong on some input, 3 if neither could be shown, 130 if Ctrl-C came first."""

MachineOption = Annotated[
    Path | None,
    typer.Option(
        "--machine",
        metavar="FILE",
        help="A machine as a .toml or .csv table.  [default: that of the network's task]",
    ),
]


def prove(
    path: ModelArgument = None,
    model_path: ModelOption = None,
    machine_file: MachineOption = None,
    budget: Annotated[
        float,
        typer.Option(help="Seconds of work after which to give up; the work is counted before it is done.", min=0),
    ] = 10.0,
    seed: Annotated[int, typer.Option(help="Decides the random walks.", min=0)] = 0,
    certificate: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write the certificate of a proof to a file.")
    ] = None,
    epsilon: Annotated[
        float,
        typer.Option(
            help="The least error of a step that the proof allows.  [default: of the network's dtype]",
            min=0,
            show_default=False,
        ),
    ] = 0.0,
    verbose: Annotated[bool, typer.Option("--verbose", help="Where an undecided search ended.")] = False,
    input_noise: Annotated[
        float, typer.Option(help="What each input may be off by, at every step.", min=0, show_default=False)
    ] = 0.0,
    greatest: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT", help="input-noise or epsilon: look for the greatest one that is proved in the budget."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Prove that a network is right on inputs of every length, or find a shortest one on which it is wrong."""
    from throughtime.proof import Proved, prove_greatest, why_not
    from throughtime.proof import prove as attempt
    from throughtime.proof.checker.reading import near

    if certificate is not None:
        require_folder(certificate)
    if not epsilon < 1:
        raise Failure(f"--epsilon must be from 0 to below 1, got {epsilon:g}")
    if greatest not in (None, *QUANTITIES):
        raise Failure(f'--greatest must be input-noise or epsilon, got "{printable(str(greatest))}"')
    model = open_model(path, model_path)
    machine = machine_of(model, machine_file)
    if machine_file is None and (reason := why_not(model.network, model.task())):
        raise Failure(reason)
    most: Greatest | None = None
    with searching(not json) as progress:
        how: dict[str, Any] = {"epsilon": epsilon, "input_noise": input_noise, "progress": progress}
        if greatest is None:
            found = attempt(model.network, machine, budget, seed, **how)
        else:
            most = prove_greatest(model.network, machine, QUANTITIES[greatest], budget, seed, **how)
            found = most.proof
    proof = advised(found, model.noise)
    if certificate is not None and isinstance(proof, Proved):
        proof.certificate.save(certificate)
    if json:
        document({"model": str(model.path), **as_json(proof), **({} if most is None else greatest_as_json(most))})
    else:
        tell(proof, verbose)
        if most is not None and isinstance(proof, Proved):
            tell_greatest(most, QUANTITIES[str(greatest)])
        if certificate is not None and isinstance(proof, Proved):
            line("saved", str(certificate))
        if isinstance(proof, Proved):
            line("covers", f"every program whose steps are within {near(proof.epsilon, -1)} of those in real numbers")
    leave(proof)


def leave(proof: Proof) -> None:
    """End the command with the exit status of a verdict."""
    from throughtime.proof import Unknown
    from throughtime.proof.search import INTERRUPTED as PRESSED

    if isinstance(proof, Unknown):
        raise typer.Exit(INTERRUPTED if proof.reason == PRESSED else UNKNOWN)
    raise typer.Exit(WRONG if proof.verdict == "refuted" else DONE)


def machine_of(model: Model, file: Path | None) -> Machine:
    """The machine that a model is held against: that of a file, or of its task."""
    if file is not None:
        from throughtime.proof import read_machine

        return read_machine(file)
    from throughtime.proof import why_not

    task = model.task()
    if task is None or task.machine is None:
        reason = f"{model.path} {model.past}" if task is None else why_not(model.network, task)
        raise Failure(f"{reason}: give what it should do as --machine FILE")
    machine: Machine = task.machine
    return machine


def advised(proof: Proof, noise: Any) -> Proof:
    """The proof, without the advice to train with noise if the network was."""
    from throughtime.proof import Unknown

    if not isinstance(proof, Unknown) or not isinstance(noise, float) or not noise > 0:
        return proof
    return replace(
        proof, advice="a longer budget may decide it, or training on: throughtime train --resume RUN --until-proved"
    )


def tell(proof: Proof, verbose: bool = False) -> None:
    """Print the verdict, and what is known beside it."""
    from throughtime.proof import Proved, Unknown

    line("undecided" if isinstance(proof, Unknown) else proof.verdict, proof.text)
    if not isinstance(proof, Proved) and proof.details:
        line("", proof.details)
    if verbose and isinstance(proof, Unknown) and proof.search:
        line("search", proof.search)


def tell_greatest(found: Greatest, of: str) -> None:
    """Print the greatest that is proved, and what is known of more."""
    from throughtime.proof.checker.reading import near

    least = near(found.beyond, 1)  # rounded to where it is true
    beyond = f"more, up to {least}, is undecided"
    if found.verdict is not None:
        how = "refuted" if found.verdict.verdict == "refuted" else "undecided"
        beyond = f"with {least} it is {how}"
    line("greatest", f"{of} {near(found.value, -1)} is proved; {beyond}")


def greatest_as_json(found: Greatest) -> dict[str, Any]:
    """The same for a JSON document."""
    verdict = None if found.verdict is None else found.verdict.verdict
    return {"greatest": found.value, "beyond": {"value": found.beyond, "verdict": verdict}}


def as_json(proof: Proof) -> dict[str, Any]:
    """The verdict for a JSON document."""
    from throughtime.proof import Refuted

    verdict: dict[str, Any] = {"verdict": proof.verdict, "text": proof.text, "seconds": proof.seconds}
    if proof.verdict == "proved":
        names: tuple[str, ...] = ("sets", "m", "margin", "epsilon", "check_seconds")
    elif isinstance(proof, Refuted):
        verdict["inputs"] = proof.inputs.tolist()
        names = ("word", "step", "expected", "given", "shortest")
    else:
        names = ("reason", "right_to", "tolerance", "sets", "failed", "advice")
    return verdict | {name: getattr(proof, name) for name in names}
