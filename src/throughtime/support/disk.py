"""Files written whole or not at all, and the user's cache folder: on Linux, macOS and Windows.

Where systems differ: Windows opens no folder, replaces no file that another program has open, and knows no user ids and
no rights of a group; there, a folder in the user's profile is theirs alone.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path

StrPath = str | os.PathLike[str]
WINDOWS = os.name == "nt"
TRIES = 20
"""How often a file is replaced, over about two seconds, that another program has open on Windows."""

_PREFIX, _SUFFIX = ".throughtime-", ".part"


class NoFolder(FileNotFoundError):
    """There is no folder for a file that is to be written."""

    def __init__(self, path: Path) -> None:
        number = errno.ENOTDIR if path.parent.exists() else errno.ENOENT
        super().__init__(number, f"there is no folder {path.parent} for {path.name}", str(path))

    def __str__(self) -> str:
        return str(self.strerror)


def require_folder(path: Path) -> None:
    """Refuse with `NoFolder`, before there is work to lose, a file that nothing could write."""
    if not path.parent.is_dir():
        raise NoFolder(path)


def write_atomically(path: Path, content: bytes, *, rights: int = 0o666, lasting: bool = True) -> None:
    """Write a file so that a reader, or a crash at any moment, finds the old content or the new one, whole.

    Links are followed. A file that is not regular (a device, a pipe, standard output) is written through.

    Parameters
    ----------
    path : Path
    content : bytes
    rights : int
        Of a new file, less what the umask takes; one that is there keeps its own.
    lasting : bool
        Whether it has to outlast a power cut; if not, it is written faster.

    Raises
    ------
    OSError
        Under the file's own name, if it cannot be written; `NoFolder` if there is no folder for it.
    """
    try:
        require_folder(path)
        if not _written_through(path, content):
            _replace(Path(os.path.realpath(path)), content, rights, lasting)
    except NoFolder:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None


def remove_leftovers(folder: Path, older_than: float = 0.0) -> None:
    """Remove what killed processes have left half written in a folder.

    Parameters
    ----------
    folder : Path
    older_than : seconds
        Only what is so old is removed: 0 only where nobody else writes to the folder.
    """
    with suppress(OSError):
        for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            if time.time() - path.stat().st_mtime >= older_than:
                path.unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where compiled kernels and the studio's token are kept; it need not be there yet.

    `$THROUGHTIME_CACHE`; else `throughtime` in `$XDG_CACHE_HOME`, `%LOCALAPPDATA%` (Windows) or `~/.cache`; else, for a
    user without a home, a folder of theirs in that of temporary files.
    """
    own = os.environ.get("THROUGHTIME_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or (WINDOWS and os.environ.get("LOCALAPPDATA"))
    if base:
        return Path(base, "throughtime")
    try:
        return Path.home() / ".cache" / "throughtime"
    except RuntimeError:  # no $HOME, and a user whom the system does not know
        from tempfile import gettempdir  # with the random numbers that it brings, for such users alone

        return Path(gettempdir(), f"throughtime-{os.getuid() if hasattr(os, 'getuid') else 'user'}")


def is_private(status: os.stat_result) -> bool:
    """Whether what has this status belongs to this user or to root, and nobody else may write it."""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid in (0, os.getuid()) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _written_through(path: Path, content: bytes) -> bool:
    """Write to what is no file that could be replaced; False if it is one, or is not there yet."""
    try:
        status = path.stat()
    except OSError:  # also where a link leads nowhere yet
        return False
    for stream in (sys.stdout, sys.stderr):
        try:
            number = stream.fileno()
            same = os.path.samestat(status, os.fstat(number))
        except (AttributeError, OSError, ValueError):  # it is closed, or none of the system's
            continue
        if same:
            stream.flush()
            with os.fdopen(os.dup(number), "wb") as file:
                file.write(content)
            return True
    if stat.S_ISREG(status.st_mode):
        return False
    # Without O_NONBLOCK, a pipe that nobody reads would be waited for without end.
    number = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(number, "wb") as file:
        if hasattr(os, "set_blocking"):
            os.set_blocking(number, True)
        file.write(content)
    return True


def _replace(path: Path, content: bytes, rights: int, lasting: bool) -> None:
    there = path.exists()
    if there:
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        rights = stat.S_IMODE(path.stat().st_mode)
    temporary = path.with_name(f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if there:
                os.chmod(temporary, rights)
            if lasting:
                os.fsync(file.fileno())
        _take_name(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if lasting:
        _sync_folder(path.parent)


def _take_name(temporary: Path, path: Path) -> None:
    for attempt in range(TRIES):
        try:
            os.replace(temporary, path)
        except PermissionError:
            if not WINDOWS or path.is_dir():
                raise
            time.sleep(0.01 * attempt)
        else:
            return
    raise PermissionError(
        errno.EACCES, "it cannot be replaced while another program has it open; close that and try again"
    )


def _sync_folder(folder: Path) -> None:
    """Have the name of a new file outlast a power cut, where the system can do that for a folder."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(number)
