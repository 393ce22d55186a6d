"""Between the commands and the shell: what is printed, what goes wrong, and the exit status."""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import sys
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, NoReturn

import typer

from throughtime.cli.options import USAGE_ERROR, Commands
from throughtime.support.disk import NoFolder
from throughtime.support.documents import printable

DONE, WRONG, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
BROKEN_PIPE = 128 + 13  # as of a program that SIGPIPE ended

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


class Failure(Exception):
    """An error in one line: what is wrong, and what to do."""

    def __init__(self, message: str, status: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.status = status


class OneLineErrors(Commands):
    """The commands; what goes wrong in one is reported in one line on stderr."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command and leave with its status."""
        for name in ("stdout", "stderr"):
            if getattr(sys, name) is None:  # it was closed by who called: nobody reads what is written
                setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the program ends
            elif hasattr(stream := getattr(sys, name), "reconfigure"):
                stream.reconfigure(errors="throughtime.named")
        with failures_reported(), warnings.catch_warnings():
            # without the tracebacks that Numba adds
            warnings.showwarning = lambda message, *_: note(str(message).strip().partition("\n")[0])
            status = super().main(*args, **extra | {"standalone_mode": False})
            sys.stdout.flush()
        sys.exit(status if isinstance(status, int) else DONE)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with failures_reported(ctx):
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


_NAMED = {
    "−": "-", "→": "->", "←": "<-", "∘": "*", "≤": "<=", "≥": ">=", "∂": "d", "‖": "||", "∞": "inf", "Σ": "sum ",
    "∏": "product ", "\u0303": "~",
}  # fmt: skip


def _named(error: UnicodeError) -> tuple[str, int]:
    """The replacements for signs that a terminal lacks: δ as delta, ⁵ as ^5."""
    assert isinstance(error, UnicodeEncodeError)
    shown = ""
    for sign in error.object[error.start : error.end]:
        word = unicodedata.name(sign, "").partition(" LETTER ")[2].lower()
        number = unicodedata.digit(sign, None)
        if sign in _NAMED:
            shown += _NAMED[sign]
        elif word and "GREEK" in unicodedata.name(sign):
            shown += word
        elif number is not None and "SCRIPT" in unicodedata.name(sign):
            shown += f"{'^' if 'SUPER' in unicodedata.name(sign) else '_'}{number}"
        else:
            shown += "?"
    return shown, error.end


codecs.register_error("throughtime.named", _named)


@contextmanager
def failures_reported(parent: Any = None) -> Iterator[None]:
    """Say what went wrong in one line on stderr and leave; `parent` is the context of the command's program."""
    try:
        yield
    except Failure as error:
        _leave(str(error), error.status)
    except USAGE_ERROR as error:
        _leave(_about_usage(error, getattr(error, "ctx", None), parent))
    except KeyboardInterrupt:
        _leave("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _leave("", BROKEN_PIPE)
    except OSError as error:
        _leave(about(error, error.filename or "standard output"))
    except MemoryError as error:
        _leave(f"not enough memory, choose smaller sizes. {error}")
    except RecursionError:
        _leave("the input is nested too deeply")
    except (ValueError, OverflowError) as error:
        _leave(str(error))


def _about_usage(error: Any, context: Any, parent: Any) -> str:
    """One line about arguments, with the command whose help says more."""
    message = error.format_message().rstrip(".")
    message = re.sub(r"^Invalid value for '(--[^']*)': (?=must be)", r"\1 ", message)
    if context is not None:
        command = context.command_path
    elif parent is not None and parent.invoked_subcommand:  # an option without its value has no context of its own
        command = f"{parent.command_path} {parent.invoked_subcommand}"
    else:
        command = "throughtime"
    end = "" if message.endswith("?") else "."
    return f"{message[:1].lower()}{message[1:]}{end} See: {command} --help"


def _leave(message: str, status: int = BAD_INPUT) -> NoReturn:
    try:
        sys.stdout.flush()
    except OSError:  # what is left in the buffer can go nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if message:
        text = printable(" ".join(message.split()))
        print(text if status == INTERRUPTED else f"error: {text}", file=sys.stderr)
    raise SystemExit(status)


def about(error: OSError, place: Any) -> str:
    """One line about an error of the operating system."""
    if isinstance(error, NoFolder):
        return str(error)
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{place} cannot be written: {reason}; make room, or write to another place"
    return f"{place}: {reason}"


def say(text: str) -> None:
    """Print something now, while other files are being written too; control characters are written out."""
    try:
        print(printable(text), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(about(error, "standard output")) from None


def say_on_the_way(text: str) -> None:
    """Print something while work goes on, which it does though nobody reads any more, as in `train … | head -1`."""
    with suppress(BrokenPipeError):
        say(text)


def note(text: str) -> None:
    """Print, beside the result, something that one must know to read it."""
    print(f"note: {printable(text)}", file=sys.stderr, flush=True)


def line(label: str, text: str) -> None:
    """Print one line of a report."""
    say(labelled(label, text))


def labelled(label: str, text: str) -> str:
    """One line of a report; line ends in a text are written out: none from outside passes for a line."""
    return f"  {label:<9} {text}".replace("\n", "\\n")


def document(values: Any) -> None:
    """Print the JSON document of a command; numbers that are not finite become null."""
    with numbers_of_any_size():
        text = json.dumps(_plain(values), indent=2, ensure_ascii=False, allow_nan=False)
    print(re.sub("[\x7f-\x9f]", lambda control: f"\\u{ord(control[0]):04x}", text))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):  # a float64 of NumPy is one too
        return float(value) if value - value == 0 else None
    return value


@contextmanager
def numbers_of_any_size() -> Iterator[None]:
    """Lift Python's limit on the digits of a number; who uses it bounds them."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)
