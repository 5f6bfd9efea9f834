"""Child processes and temporary folders: removed with the process that created them, however it ends."""

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from systola.sim.runner import children
from systola.sim.runner.folders import FolderError

PROGRAM = """
import signal, subprocess, sys
from pathlib import Path
from systola.sim.runner import children
for number in children.SIGNALS:
    signal.signal(number, signal.SIG_DFL)  # nohup and background shells let children ignore some of them
children.stop_on_signals(lambda: print("stopped", flush=True))
with children.temporary() as folder:
    inner = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    (folder / "file").touch()
    print(folder, flush=True)
    children.run([sys.executable, "-c", outer])
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def gone(pid: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_descendants_and_removes_the_folder(number):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], **streams) as process:
        folder, descendant = process.stdout.readline().strip(), int(process.stdout.readline())
        assert os.path.isfile(f"{folder}/file")
        assert alive(descendant)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (128 + number, "stopped\n", "")
    assert gone(descendant)
    assert not os.path.exists(folder)


def test_a_child_that_takes_too_long_ends_with_its_descendants():
    code = "import subprocess, sys, os; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    with pytest.raises(subprocess.TimeoutExpired) as error:
        children.run([sys.executable, "-c", code], timeout=3, stdout=subprocess.PIPE)
    assert gone(int(error.value.stdout))


@pytest.mark.skipif(sys.platform != "linux", reason="the call is Linux's")
def test_a_child_can_end_with_its_parent():
    inner = "from systola.sim.runner.children import die_with_parent as d; import os, time; d(); "
    inner += "print(os.getpid(), flush=True); time.sleep(60)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    with subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE) as process:
        child = int(process.stdout.readline())
        process.kill()
    assert gone(child)


def test_a_temporary_folder_without_space_is_one_sentence():
    with pytest.raises(FolderError, match="No space left on device; set TMPDIR to a folder with space"):
        with children.temporary() as folder:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not folder.exists()


def test_no_temporary_folder_is_one_sentence(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nothing")
    with pytest.raises(FolderError, match=r"no temporary file can be written: .*; set TMPDIR to a folder with space"):
        with children.temporary():
            pass
