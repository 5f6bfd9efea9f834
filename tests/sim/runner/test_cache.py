"""Cache: complete directories only, repair of damage, and one sentence for a folder that cannot be used."""

import errno
import os
import stat
from pathlib import Path

import pytest

from systola.sim.runner import cache, folders
from systola.sim.runner.folders import FolderError


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("SYSTOLA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def program(directory: Path):
    (directory / "tool").write_bytes(b"binary")
    (directory / "tool").chmod(0o755)
    (directory / "inside").mkdir()
    (directory / "inside" / "part").write_text("part")


def forbidden(directory: Path):
    pytest.fail("built again")


@pytest.mark.parametrize(
    "damage",
    [
        lambda made: (made / "tool").write_bytes(b""),
        lambda made: (made / "tool").write_bytes(b"bin"),
        lambda made: (made / "tool").chmod(0o644),
        lambda made: (made / "tool").unlink(),
        lambda made: (made / "inside" / "part").write_text(""),
        lambda made: made.with_name(f"{made.name}.json").unlink(),
        lambda made: made.with_name(f"{made.name}.json").write_text("{"),
    ],
    ids=["empty", "truncated", "not executable", "absent", "empty in a folder", "no list", "truncated list"],
)
def test_a_damaged_entry_is_built_again(place, damage):
    made = cache.once("thing", ["x"], program)
    assert cache.once("thing", ["x"], forbidden) == made
    damage(made)
    assert cache.once("thing", ["x"], program) == made
    assert (made / "tool").read_bytes() == b"binary"
    assert (made / "tool").stat().st_mode & stat.S_IXUSR
    assert (made / "inside" / "part").read_text() == "part"
    assert cache.once("thing", ["x"], forbidden) == made


def test_an_entry_of_a_read_only_cache_is_used(place, monkeypatch):
    made = cache.once("thing", ["x"], program)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cache.once("thing", ["x"], forbidden) == made
    with pytest.raises(FolderError, match="Permission denied"):
        cache.once("thing", ["y"], program)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("file", "Not a directory"),
        ("file/below", "file is not a directory"),
        ("/proc/nothing/x", ""),
        ("x" * 300, "too long"),
    ],
)
def test_a_named_cache_that_cannot_be_used_is_one_sentence(tmp_path, monkeypatch, name, why):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SYSTOLA_CACHE", str(tmp_path / name))
    with pytest.raises(FolderError) as error:
        cache.once("thing", ["x"], forbidden)
    sentence = str(error.value)
    assert sentence.startswith(f"SYSTOLA_CACHE={tmp_path / name} cannot be used (")
    assert why in sentence
    assert sentence.endswith("set SYSTOLA_CACHE to a folder that can be written and has space.")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_cache_without_space_is_one_sentence(place):
    def full(directory):
        (directory / "half").write_text("x")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(FolderError, match=r"No space left on device.*: set SYSTOLA_CACHE to a folder"):
        cache.once("thing", ["x"], full)
    assert not [path for path in place.iterdir() if path.is_dir()]


def test_the_home_directory_is_written_as_a_tilde(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SYSTOLA_CACHE", "~/kept")
    assert cache.once("thing", ["x"], program).parent == tmp_path / "kept"
    assert not (tmp_path / "~").exists()
    monkeypatch.setenv("SYSTOLA_CACHE", "~nobody-of-this-name/kept")
    with pytest.raises(FolderError, match="SYSTOLA_CACHE=~nobody-of-this-name/kept: "):
        cache.once("thing", ["x"], program)


@pytest.mark.parametrize("home", ["file", "/proc/nothing", "relative", None])
def test_without_a_usable_home_a_temporary_folder_serves(tmp_path, monkeypatch, home):
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("SYSTOLA_CACHE", "XDG_CACHE_HOME", "YOWASP_CACHE_DIR", "HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is None:  # a user that is missing in the system's table, as in many containers
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    else:
        monkeypatch.setenv("HOME", home if home != "file" else str(tmp_path / "file"))
    monkeypatch.setattr(folders.tempfile, "tempdir", str(tmp_path / "tmp"))
    own = tmp_path / "tmp" / f"systola-{os.getuid()}"
    if home != "relative":  # ignored: the system has another
        assert cache.once("thing", ["x"], program).parent == own
    folders.tool_environment()
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    environment = folders.tool_environment()
    assert {environment[name] for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME")} == {str(own)}
    assert environment["YOWASP_CACHE_DIR"] == str(own / "YoWASP")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "tmp"]


def test_a_temporary_folder_writable_by_others_is_not_used(tmp_path, monkeypatch):
    for name in ("SYSTOLA_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/proc/nothing")
    monkeypatch.setattr(folders.tempfile, "tempdir", str(tmp_path))
    own = tmp_path / f"systola-{os.getuid()}"
    own.mkdir()
    own.chmod(0o777)
    with pytest.raises(FolderError, match="the cache cannot be used"):
        cache.once("thing", ["x"], program)
    with pytest.raises(FolderError, match="set XDG_CACHE_HOME or TMPDIR"):
        folders.tool_environment()


def test_tools_keep_a_usable_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    assert folders.tool_environment() == dict(os.environ)
    monkeypatch.setattr(folders, "ROOM", 1 << 80)  # larger than any disk
    with pytest.raises(FolderError, match="No space left on device"):
        folders.tool_environment()
