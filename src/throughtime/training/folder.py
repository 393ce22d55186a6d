"""The folder of a run: who may write to it, and what it must not hold before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from throughtime.weights.files import CHECKPOINT, HISTORY, LESSONS, MODEL, RUN, Stored, load_tensors

if TYPE_CHECKING:
    from filelock import FileLock

LOCK = ".lock"


def make(folder: Path) -> None:
    """Make the folder, if it is not there; a ValueError if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make the folder {folder}: {error.strerror}") from None


def take(folder: Path) -> FileLock:
    """The lock on a folder, taken: the system frees it when this process ends, however that is."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(
            f"another process trains in {folder}: wait until it has ended, or choose another folder"
        ) from None
    except NotImplementedError:
        raise ValueError(f"{folder} is on a file system without locks: choose a folder on another one") from None
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None
    return lock


@contextmanager
def locked(folder: Path) -> Iterator[FileLock]:
    """The lock on a folder, freed at the end."""
    lock = take(folder)
    try:
        yield lock
    finally:
        lock.release()


@contextmanager
def held(folder: Path, new: bool = False) -> Iterator[FileLock]:
    """The lock on a run's folder, for more than one run; taken before anything is read, and of no folder of others."""
    if new:
        make(folder)
        refuse_taken(folder, new)
    elif not (folder / RUN).is_file():
        Stored.read(folder)  # which says so
    with locked(folder) as lock:
        yield lock


def refuse_taken(folder: Path, new: bool = False) -> None:
    """Refuse a folder that holds a run, where a new one begins; or files under the names of ours that are no run's.

    A run that was killed while it began leaves a checkpoint and an empty history: these are nobody's.
    """
    if (folder / RUN).exists():
        if new:
            raise ValueError(f"{folder} holds a run already: continue it with --resume, or choose another folder")
        return
    foreign = [name for name in (MODEL, CHECKPOINT, HISTORY) if (folder / name).exists()]
    if foreign and MODEL not in foreign and (folder / HISTORY).is_file() and not (folder / HISTORY).stat().st_size:
        if CHECKPOINT not in foreign:
            return
        with suppress(ValueError):
            load_tensors(folder / CHECKPOINT, "checkpoint")
            return
    if foreign:
        raise ValueError(f"{folder} holds {foreign[0]}, but no run: choose another folder, so that nothing is lost")


def has_lessons(folder: Path) -> bool:
    """Whether the run in a folder learns from its errors until it is proved."""
    return (folder / LESSONS).is_file()


def refuse_lessons(folder: Path) -> None:
    """Refuse to continue a run that learns from its errors as one that does not, to other bits."""
    if has_lessons(folder):
        raise ValueError(
            f"the run in {folder} learns from its errors until it is proved: give --until-proved too, in Python use "
            "resume_until_proved"
        )
