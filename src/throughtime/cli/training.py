"""The work of `throughtime train`, from the given options to the last line."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from throughtime import tasks
from throughtime.cli import check, describe
from throughtime.cli import plan as planning
from throughtime.cli import prove as proving
from throughtime.cli.datafile import described, read, read_like
from throughtime.cli.models import RUNS, find_task, new_run_folder, open_model, stored_task
from throughtime.cli.plan import Given
from throughtime.cli.progress import CLASSIC_HEADER, article_entry, classic_line, progress, searching
from throughtime.cli.shell import INTERRUPTED, WRONG, Failure, about, document, labelled, line, say, say_on_the_way
from throughtime.cli.values import cell
from throughtime.network import Network
from throughtime.tasks import Addition
from throughtime.training import recipes
from throughtime.training.checkpoint import load_run, resume
from throughtime.training.folder import refuse_lessons
from throughtime.training.loop import Callback, NotFinite, Run, proceed
from throughtime.weights.files import MODEL, save_network

if TYPE_CHECKING:
    from throughtime.proof import Proof


@dataclass
class Session:
    """One call of the command.

    given : the options that were given
    task : what is learned
    out : the run's folder
    seed : what was asked for, where rounds of training have seeds of their own
    log : single sums that were predicted while training
    rounds : the verdicts after rounds of training, where it goes on until one is that the network is proved
    proof : that on the network at their end
    """

    given: Given
    task: Any
    out: Path
    seed: int
    log: list[recipes.Logged] = field(default_factory=list)
    rounds: list[Proof] = field(default_factory=list)
    proof: Proof | None = None

    @property
    def json(self) -> bool:
        """Whether one document is all that is printed."""
        return "json" in self.given

    @property
    def talks(self) -> bool:
        """Whether it is people who read what is printed."""
        return not self.json and "quiet" not in self.given

    def round(self, number: int, proof: Proof) -> None:
        """Keep the verdict on a round, and say it."""
        self.rounds.append(proof)
        if self.talks and proof.verdict != "proved":
            say_on_the_way(labelled(f"round {number}", str(proof)))

    def header(self, network: Network) -> None:
        """Say what is trained."""
        if self.talks:
            header = f"{describe.task(self.task)} · {describe.network(network)} · seed {self.seed}"
            lines = described(self.task.columns, self.task) if self.task.columns else []
            say_on_the_way("\n".join([header, *(labelled(*one) for one in lines)]))


def run(given: Given) -> None:
    """Train as the options say."""
    started = time.perf_counter()
    if "cell" in given:
        given["cell"] = cell(given["cell"])
    if "resume" in given:
        session, trained = _resumed(given)
    elif "task" not in given:
        raise Failure("say what to train on, such as: throughtime train addition. Names: throughtime tasks")
    elif given.get("recipe") == "classic":
        session, trained = _classic(given)
    else:
        session, trained = _new(given)
    if trained.stopped == "interrupted":
        _interrupted(session, trained, started)
    _finish(session, trained, started)


def _new(given: Given) -> tuple[Session, Run]:
    plan = planning.plan(given)
    run, steps, seed = plan.run(), plan.settings.steps, plan.settings.seed
    with _folder(given, plan.name) as out:
        session = Session(given, plan.task, out, seed)
        session.header(run.network)
        with progress(0, steps, session.talks) as shown, _told_whose(given):
            callbacks = [*shown, *_sums(session, steps)]
            if "until_proved" in given:
                from throughtime.proof.lessons import train_until_proved

                run, session.proof = train_until_proved(
                    run.network, plan.task, verdict=session.round, callbacks=callbacks, out=out,
                    threads=given.get("threads"), **vars(plan.settings),
                )  # fmt: skip
                return session, run
            return session, proceed(
                run, plan.sequences, callbacks=callbacks, out=out, threads=given.get("threads"), new=True
            )


def _classic(given: Given) -> tuple[Session, Run]:
    planning.check_classic(given)
    hidden, seed, article = given.get("hidden", 16), given.get("seed", 0), "article_log" in given
    with _folder(given, f"addition-elman-{seed}") as out:
        session = Session(given, Addition(bits=recipes.CLASSIC_BITS), out, seed)

        def log(logged: recipes.Logged) -> None:
            session.log.append(logged)
            if session.talks and article:
                say(article_entry(logged, recipes.CLASSIC_BITS))
            elif session.talks:
                say(classic_line(logged))

        if session.talks:
            say(f"{describe.task(session.task)} · the classic recipe, {hidden} sigmoid units · seed {seed}")
            if not article:
                say(CLASSIC_HEADER)
        trained = recipes.classic(
            hidden=hidden,
            seed=seed,
            pairs=given.get("steps", 10_000),
            learning_rate=given.get("learning_rate", 0.1),
            update=given.get("update", "per-batch").replace("-", " "),
            log=log,
            out=out,
        )
        save_network(trained.network, out / MODEL, session.task.name)
        return session, trained


def _resumed(given: Given) -> tuple[Session, Run]:
    planning.check_resume(given)
    folder = given["resume"]
    task = _task_of_run(given, folder)
    with _failures_of(folder), _told_whose(given):
        before = load_run(folder, None if task.columns else task)
        steps = given.get("steps", before.settings.steps)
        if steps < before.step:
            raise Failure(f"the run in {folder} has taken {before.step} steps already: give more of them than {steps}")
        seed = before.settings.seed
        if "until_proved" in given:
            from throughtime.proof.lessons import resume_until_proved, seed_of

            seed = seed_of(folder, before)
        else:
            refuse_lessons(folder)
        session = Session(given, task, folder, seed)
        session.header(before.network)
        with progress(before.step, steps, session.talks) as shown:
            callbacks = [*shown, *_sums(session, steps)]
            if "until_proved" in given:
                run, session.proof = resume_until_proved(
                    folder, task, verdict=session.round, callbacks=callbacks, threads=given.get("threads")
                )
                return session, run
            return session, resume(
                folder, task.sequences, steps=steps, callbacks=callbacks, threads=given.get("threads")
            )


def _task_of_run(given: Given, folder: Path) -> Any:
    word = given.get("task")
    if word is not None and tasks.is_data(word):
        return _data_of_run(given, folder)
    if word is not None and ":" in word:
        return find_task(word, planning.of_task(given))
    stored = stored_task(folder)
    if stored is None and open_model(folder).task_name is not None:
        raise Failure(f"the run in {folder} was made by the classic recipe, which is not continued: run it again")
    if stored is None:
        raise Failure(f"the run in {folder} was trained on data: give the same file again, before --resume")
    if word is not None and (word != stored.name or "option" in given):
        raise Failure(f"the run in {folder} continues with {describe.task(stored)}: leave out the task")
    return stored


def _data_of_run(given: Given, folder: Path) -> Any:
    """The data file, if it holds what a run learned from."""
    run, path, options = load_run(folder), Path(given["task"]), given.get("option", [])
    s, columns = run.network.specification, run.columns
    if run.task is not None:
        raise Failure(f"the run in {folder} continues with {describe.task(run.task)}: leave out {path}")
    if columns is None:  # of a version that kept no columns, and did not standardise
        return read(path, options, False, s.dtype, s.readout)
    return read_like(path, options, columns, s.dtype)


@contextmanager
def _folder(given: Given, name: str) -> Iterator[Path]:
    """The folder of a new run; none stays behind if there is nothing to keep in it."""
    out = given.get("out") or new_run_folder(name)
    try:
        with _failures_of(out):
            yield out
    finally:
        if "out" not in given:
            with suppress(OSError):  # it is not empty
                out.rmdir()


@contextmanager
def _failures_of(out: Path) -> Iterator[None]:
    try:
        yield
    except NotFinite as error:
        raise Failure(f"{error}, and are saved in {out}", WRONG) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(about(error, error.filename or out)) from None


@contextmanager
def _told_whose(given: Given) -> Iterator[None]:
    """An error in the code of a user's own task is reported as theirs."""
    try:
        yield
    except (Failure, NotFinite, OSError, MemoryError):
        raise
    except Exception as error:
        if ":" not in given.get("task", ""):
            raise
        place = extract_tb(error.__traceback__)[-1]
        raise Failure(
            f"training on {given['task']} failed: {type(error).__name__}: {error} "
            f"({place.filename}, line {place.lineno})"
        ) from None


def _sums(session: Session, steps: int) -> list[Callback]:
    task = session.task
    if session.json and task.reads_numbers and task.inputs == 2 and task.bits < 64:
        return [recipes.sample_sums(task, max(1, steps // 10), session.log.append, session.seed)]
    return []


def _document(session: Session, trained: Run, started: float, checked: dict[str, Any]) -> dict[str, Any]:
    history = trained.history
    return {
        "task": session.task.name,
        "cell": trained.network.specification.cell,
        "parameters": len(trained.network.parameters),
        "steps": trained.step,
        "seed": session.seed,
        "rounds": [proof.verdict for proof in session.rounds],
        "stopped": trained.stopped,
        "loss": history.last.loss if len(history) else None,
        "seconds_training": history.last.seconds if len(history) else 0.0,
        "seconds_total": time.perf_counter() - started,
        **checked,
        "log": [asdict(logged) for logged in session.log],
        "out": str(session.out),
    }


def _interrupted(session: Session, trained: Run, started: float) -> None:
    if session.json:
        document(_document(session, trained, started, {"exact": None}))
    until = ["--until-proved"] if "until_proved" in session.given else []
    again = (
        "throughtime train addition --recipe classic"
        if session.given.get("recipe") == "classic"
        else " ".join(["throughtime train", *_task_words(session), "--resume", shlex.quote(str(session.out)), *until])
    )
    raise Failure(
        f"interrupted after step {trained.step} of {trained.settings.steps}, saved in {session.out}; to continue: "
        f"{again}",
        INTERRUPTED,
    )


def _task_words(session: Session) -> list[str]:
    """TASK and its options, where a run cannot be continued without them."""
    word = session.given.get("task", "")
    if tasks.is_data(word) and "resume" not in session.given:  # a new run keeps how its file is read
        return [shlex.quote(word)]
    if not (tasks.is_data(word) or ":" in word):
        return []
    return [shlex.quote(word), *(shlex.quote(f"--option={option}") for option in session.given.get("option", []))]


def _finish(session: Session, trained: Run, started: float) -> None:
    """Check the network, and say how well it does, where it is and what can be done with it."""
    task, network = session.task, trained.network
    found = check.check(task, network, bits=task.bits)
    checked = check.as_json(task, network, found)
    if "plot" in session.given:
        from throughtime.analysis import plots

        plots.save(plots.learning(trained.history), session.given["plot"])
    if session.talks:
        check.tell(task, network, found, task.bits)
    proof = session.proof or _verdict(session, network, found)
    if proof is not None:
        if session.talks and session.rounds and session.proof is not session.rounds[-1]:
            line("note", "the last round lost what an earlier one had learned: the network is that one's")
        proof = proving.advised(proof, trained.settings.noise)
        checked["proof"] = proving.as_json(proof)
        if session.talks:
            proving.tell(proof)
    if session.talks:
        line("saved", str(session.out))
        if "plot" in session.given:
            line("drawn", str(session.given["plot"]))
        wrong = found is None or found.wrong > 0 or (session.proof is not None and session.proof.verdict != "proved")
        say(f"Next: {' · '.join(_next(session, trained, wrong))}")
    if session.json:
        document(_document(session, trained, started, checked))
    if session.proof is not None:
        proving.leave(session.proof)


PROOF_BUDGET = 10.0


def _verdict(session: Session, network: Network, found: Any) -> Proof | None:
    """Of a network that answered right wherever it was checked, if anything can be proved of it."""
    from throughtime.proof import prove, why_not

    if found is None or found.wrong or why_not(network, session.task) is not None:
        return None
    with searching(session.talks) as progress:
        return prove(network, session.task.machine, PROOF_BUDGET, progress=progress)


_NUMBERS = (107, 27, 56, 8, 90, 1, 33, 74, 5, 12)


def _next(session: Session, trained: Run, wrong: bool) -> list[str]:
    out, word = shlex.quote(str(session.out)), session.given.get("task", "")
    is_newest = RUNS in session.out.parents
    path, model = ("", "") if is_newest else (f" {out}", f" --model {out}")
    how = "--until-proved" if "until_proved" in session.given else f"--steps {2 * trained.settings.steps or 1000}"
    more = ["throughtime train", *_task_words(session), f"--resume {out} {how}"]
    again = [" ".join(more)] if wrong and session.given.get("recipe") != "classic" else []
    if session.task.columns:
        return [*again, f"throughtime evaluate{path} --data FILE", f"throughtime info{path}"]
    numbers = "".join(f" {number}" for number in _NUMBERS[: session.task.inputs]) if session.task.reads_numbers else ""
    own = f" --task {word}" if ":" in word else ""
    trace, shown = f"throughtime trace{numbers}{model}{own}", [] if own else [f"throughtime studio{path}"]
    if session.task.command is not None:
        return [*again, f"throughtime {session.task.command}{numbers}{model}", trace, *shown]
    return [*again, trace, f"throughtime evaluate{path}{own}", *shown]
