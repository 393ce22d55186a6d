"""Files are whole, whatever stands under their name, on every system."""

import errno
import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from throughtime.support import disk
from throughtime.support.disk import cache_folder, is_private, remove_leftovers, write_atomically


def test_the_new_content_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, name=name, real=real: (done.append(name), real(*a)))
    write_atomically(tmp_path / "f", b"new")
    assert done == ["fsync", "replace", "fsync"]  # the file, its name, the folder that holds the name
    assert (tmp_path / "f").read_bytes() == b"new"
    done.clear()
    write_atomically(tmp_path / "f", b"newer", lasting=False)
    assert done == ["replace"]


def test_a_file_has_the_rights_that_any_new_file_has_and_keeps_its_own(tmp_path):
    write_atomically(tmp_path / "f", b"")
    (tmp_path / "g").write_bytes(b"")
    assert (tmp_path / "f").stat().st_mode == (tmp_path / "g").stat().st_mode
    for rights in (0o600, 0o640, 0o777):
        (tmp_path / "f").chmod(rights)
        write_atomically(tmp_path / "f", b"again")
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == rights


def test_a_link_is_followed(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link, dangling = tmp_path / "folder" / "target", tmp_path / "link", tmp_path / "dangling"
    target.write_text("old")
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "folder" / "new")
    write_atomically(link, b"one")
    write_atomically(dangling, b"two")
    assert link.is_symlink()
    assert dangling.is_symlink()
    assert (target.read_bytes(), (tmp_path / "folder" / "new").read_bytes()) == (b"one", b"two")


def _device(folder, name, minor):
    """A device of the test's own, where one can be made: were the program wrong, root would lose the machine's."""
    own = folder / name
    try:
        os.mknod(own, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        own.open("wb").close()
    except OSError:
        return Path("/dev", name)
    return own


def test_a_device_is_written_through(tmp_path):
    null, full = _device(tmp_path, "null", 3), _device(tmp_path, "full", 7)
    before = os.stat(null)
    write_atomically(null, b"lost")
    after = os.stat(null)
    assert stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    with pytest.raises(OSError, match="No space left") as error:
        write_atomically(full, b"lost")
    assert error.value.filename == str(full)


def test_a_pipe_gets_all_of_it_and_one_that_nobody_reads_is_not_waited_for(tmp_path):
    pipe, content = tmp_path / "pipe", os.urandom(300_000)
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="No such device") as error:
        write_atomically(pipe, content)
    assert error.value.errno == errno.ENXIO
    got, reader = [], os.open(pipe, os.O_RDWR)  # so that it does not end before somebody writes

    def read():
        with os.fdopen(reader, "rb") as file:
            got.append(file.read(len(content)))

    thread = threading.Thread(target=read)
    thread.start()
    write_atomically(pipe, content)
    thread.join(60)
    assert got == [content]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/stderr"])
@pytest.mark.parametrize("into", ["file", "pipe"])
def test_what_goes_to_standard_output_stands_between_what_is_printed(tmp_path, name, into):
    program = (
        "import sys; from pathlib import Path; from throughtime.support.disk import write_atomically as w;"
        f"stream = sys.{name[5:]}; stream.write('before '); w(Path({name!r}), b'CONTENT'); stream.write(' after')"
    )
    found = tmp_path / "out"
    if into == "file":
        with found.open("wb") as file:
            subprocess.run([sys.executable, "-c", program], check=True, timeout=60, **{name[5:]: file})
        assert found.read_bytes() == b"before CONTENT after"
    else:
        done = subprocess.run([sys.executable, "-c", program], check=True, timeout=60, capture_output=True)
        assert getattr(done, name[5:]) == b"before CONTENT after"


def test_a_full_disk_behind_standard_output_is_told_and_the_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "log"
    with path.open("w") as file:

        class Full:
            fileno = file.fileno

            def flush(self):
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(sys, "stdout", Full())
        with pytest.raises(OSError, match="No space left"):
            write_atomically(path, b"more")
    assert path.read_bytes() == b""


def test_a_name_as_long_as_a_name_may_be(tmp_path):
    write_atomically(tmp_path / ("n" * 255), b"long")
    assert (tmp_path / ("n" * 255)).read_bytes() == b"long"


@pytest.mark.parametrize(
    ("name", "reason"), [("missing/f", errno.ENOENT), ("file/f", errno.ENOTDIR), (".", errno.EISDIR)]
)
def test_an_error_names_the_file_that_was_to_be_written(tmp_path, name, reason):
    (tmp_path / "file").write_text("")
    path = tmp_path / name
    with pytest.raises(OSError) as error:  # noqa: PT011  its number is looked at
        write_atomically(path, b"")
    assert (error.value.errno, error.value.filename) == (reason, str(path))


def test_a_disk_that_is_full_is_told_under_the_name_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda number: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
    with pytest.raises(OSError, match="No space left") as error:
        write_atomically(tmp_path / "f", b"new")
    assert error.value.filename == str(tmp_path / "f")
    assert not list(tmp_path.iterdir())


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path, monkeypatch):
    (tmp_path / "f").write_bytes(b"kept")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # as for anyone but root
    with pytest.raises(PermissionError, match="Permission denied"):
        write_atomically(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"kept"


def test_what_a_killed_process_left_is_removed(tmp_path):
    program = (
        "import os, signal, sys; from pathlib import Path; from throughtime.support.disk import write_atomically;"
        "os.replace = lambda *a: os.kill(os.getpid(), signal.SIGKILL); write_atomically(Path(sys.argv[1]), b'half')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "f")], check=False, timeout=60)
    (tmp_path / "other.part").write_text("somebody's")
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(tmp_path, older_than=3600)
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["other.part"]
    remove_leftovers(tmp_path / "missing")


# What Windows does otherwise


def test_where_no_folder_can_be_opened(tmp_path, monkeypatch):
    real = os.open

    def refused(path, *more, **options):
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *more, **options)

    monkeypatch.setattr(os, "open", refused)
    write_atomically(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"


@pytest.mark.parametrize("times", [1, disk.TRIES - 1, disk.TRIES])
def test_a_file_that_another_program_has_open(tmp_path, monkeypatch, times):
    path, waits, real, left = tmp_path / "a b.txt", [], os.replace, iter(range(times))
    path.write_bytes(b"old")

    def replace(*names):
        if next(left, None) is not None:
            raise PermissionError(errno.EACCES, "Access is denied")
        real(*names)

    monkeypatch.setattr(disk, "WINDOWS", True)
    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(time, "sleep", waits.append)
    if times < disk.TRIES:
        write_atomically(path, b"new")
        assert path.read_bytes() == b"new"
    else:
        with pytest.raises(PermissionError, match="while another program has it open") as error:
            write_atomically(path, b"new")
        assert error.value.filename == str(path)
        assert path.read_bytes() == b"old"
    assert len(waits) == times
    assert sum(waits) < 3
    assert [found.name for found in tmp_path.iterdir()] == ["a b.txt"]


def test_where_the_cache_is(tmp_path, monkeypatch):
    for name in ("THROUGHTIME_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "throughtime"
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local App"))
    assert cache_folder() == tmp_path / ".cache" / "throughtime"
    monkeypatch.setattr(disk, "WINDOWS", True)
    assert cache_folder() == tmp_path / "Local App" / "throughtime"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "throughtime"
    monkeypatch.setenv("THROUGHTIME_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_a_user_without_a_home_whom_the_system_does_not_know(monkeypatch):
    for name in ("THROUGHTIME_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda number: (_ for _ in ()).throw(KeyError(number)))
    assert cache_folder() == Path(tempfile.gettempdir(), f"throughtime-{os.getuid()}")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))
    monkeypatch.delattr(os, "getuid")
    assert cache_folder() == Path(tempfile.gettempdir(), "throughtime-user")


def test_what_is_private(monkeypatch):
    def of(owner, rights):
        return os.stat_result((stat.S_IFDIR | rights, 1, 1, 1, owner, 1, 0, 0, 0, 0))

    monkeypatch.setattr(os, "getuid", lambda: 1000)
    for owner, private in ((1000, True), (0, True), (1001, False)):
        assert is_private(of(owner, 0o755)) is private
    for rights, private in ((0o700, True), (0o755, True), (0o775, False), (0o757, False), (0o777, False)):
        assert is_private(of(1000, rights)) is private
    monkeypatch.delattr(os, "getuid")
    assert is_private(of(1, 0o777))


def test_a_port_is_never_shared(monkeypatch):
    """On Windows, where SO_REUSEADDR means that it may be, and a taken port is one that may not be had."""
    from throughtime.studio import serving

    set_options, real = [], socket.socket

    class OfWindows(real):
        def setsockopt(self, level, option, value):
            set_options.append(option)

        def bind(self, address):
            if address[1] == taken:
                raise PermissionError(errno.EACCES, "an attempt was made to access a socket in a way forbidden")
            super().bind(address)

    with real() as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
        monkeypatch.setattr(socket, "socket", OfWindows)
        with serving.listen("127.0.0.1", taken) as found:
            assert found.getsockname()[1] > taken
    assert set(set_options) == {-5}
