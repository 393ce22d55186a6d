"""`throughtime studio`: watch a network learn, and walk through its time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from throughtime.cli.models import RUNS, new_run_folder, newest_run, stored_task
from throughtime.cli.shell import DONE, Failure, line, say

if TYPE_CHECKING:
    from throughtime.training.plan import Plan

EPILOG = """\b
Examples:
  throughtime studio
  throughtime studio runs/addition-elman-0
  throughtime studio model.safetensors --port 9000
  throughtime studio --behind https://hub.example/user/me/proxy/8765/

Ctrl-C ends it and saves the run."""


def studio(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]",
            help="A run's folder, which continues where it stands, or a .safetensors file.  "
            "[default: the newest run in ./runs; if there is none, an adder that has learned nothing yet]",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(help="Where to listen; the next free one if it is taken.", min=1, max=65535)
    ] = 8765,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    reachable: Annotated[
        bool,
        typer.Option(
            "--reachable-by-others",
            help="Confirm a --host that other computers can reach: everyone with the printed address "
            "can use the studio, and nothing that is sent is encrypted.",
        ),
    ] = False,
    behind: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The address at which a reverse proxy shows the studio, such as JupyterHub's "
            "https://hub.example/user/me/proxy/8765/; it goes on to listen at --host.",
        ),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Open a page where a network learns, and walk through its time."""
    # read when NumPy is imported: its threads would take the core on which the network trains
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from throughtime.studio import guard, serving
    from throughtime.studio.aside import busy
    from throughtime.studio.session import Session

    if not guard.is_loopback(host) and not reachable:
        raise Failure(
            f"--host {host} may be reached by other computers, and nothing that is sent is encrypted: "
            "add --reachable-by-others if this is meant, or leave out --host"
        )
    proxy = None if behind is None else guard.Proxy.at(behind)
    plan, folder = _opened(path)
    try:
        # a proxy knows the port: no other will do
        bound = serving.listen(host, port) if proxy is None else serving.listen(host, port, tried=1)
    except OSError as error:
        raise Failure(f"cannot listen at {host}, port {port}: {error.strerror or error}") from None
    token = guard.stored_token()
    url = serving.address(host, bound.getsockname()[1], token) if proxy is None else f"{proxy.address}?token={token}"

    def ready(_: Callable[[], None]) -> None:
        line("studio", url)
        line("", f"shows {folder or path or 'a new network'} · Ctrl-C ends it and saves the run")
        if not no_browser and proxy is None:  # behind one, the browser is elsewhere
            import threading
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()

    say("starting; the first time, the kernels are compiled")
    saved = serving.serve(lambda: Session(plan, folder, _new_folder), bound, token, ready, proxy)
    if saved:
        line("saved", str(saved))
    if busy():  # a kernel that is being compiled, say: what it would make is not wanted any more
        sys.stdout.flush()
        os._exit(DONE)


def _new_folder(name: str) -> Path:
    try:
        return new_run_folder(name)
    except Failure as error:
        raise ValueError(str(error).partition("; choose")[0]) from None


def _opened(path: Path | None) -> tuple[Plan, Path | None]:
    from throughtime.studio import opened
    from throughtime.studio.plan import plan

    if path is None:
        if any(RUNS.rglob("model.safetensors")) and stored_task(newest := newest_run()) is not None:
            path = newest
        else:
            return plan({}), None
    elif not path.exists():
        raise Failure(f"there is nothing at {path}")
    found = opened.of_path(path)
    return found.plan, found.folder
