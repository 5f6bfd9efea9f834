"""Simulation of a design in its harness as a process without a bench, at the full speed of Verilator."""

import contextlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import cache, children
from .dram import DramSettings, SettingsField, check_image, load_image, save_image
from .harness import Harness, HarnessedDesign
from .harness_verilog import MODELS
from .ports import Ports
from .simulator import SimulatorError

SOURCES = (Path(str(MODELS / "dram.cpp")), Path(str(MODELS / "dram.h")))
"""C++ that a simulation with a harness needs under Verilator."""


@dataclass(frozen=True)
class Driven:
    """Program that simulates a design in its harness, and a description of its parts."""

    program: Path
    harnessed: HarnessedDesign


@dataclass(frozen=True)
class Stop:
    """Result of a run: whether it ended with an interrupt or at its limit, its cycles, and its seconds."""

    interrupted: bool
    cycles: int
    seconds: float


def build(verilog: str, top: str, ports: Ports | None = None, harness: Harness | None = None) -> Driven:
    """Compile a design in its harness (default: one instance, one DRAM), or return the cached build."""
    from .verilator import Verilator  # with its optional dependencies

    harnessed = (harness or Harness()).around(verilog, top, ports, driver=True)
    backend = Verilator(harnessed.top, main=Path(str(MODELS / "drive.cpp")), sources=SOURCES)
    identity = [harnessed.verilog, *backend.identity()]
    folder = cache.once(f"run-{top}", identity, lambda directory: backend.compile(harnessed.verilog, directory))
    return Driven(folder / "simulation", harnessed)


class SimulationSession:
    """Process of a `Driven` design, out of reset; a context manager.

    Raises `SimulatorError`, one sentence, for parts that the design or its harness does not have, and if the process
    fails.
    """

    def __init__(self, driven: Driven):
        self.plan, self.largest = driven.harnessed.plan, driven.harnessed.bytes
        self._folder = contextlib.ExitStack()
        self.folder = self._folder.enter_context(children.temporary())
        self._errors = (self.folder / "errors").open("w+")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._errors}
        self._process = children.Child([driven.program], text=True, cwd=self.folder, **pipes)
        self._stdin, self._stdout = self._process.pipes()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End the process."""
        self._process.end()
        for file in (self._stdin, self._stdout, self._errors):
            file.close()
        self._folder.close()

    def configure(self, settings: DramSettings, memory: int = 0):
        """Set the behaviour of a DRAM."""
        self._check("memory", memory, len(self.plan.memories))
        for field, value in settings.fields():
            self._set(memory, field, value)

    def load(self, image: np.ndarray | Path, memory: int = 0):
        """Replace the contents of a DRAM by bytes from address 0 on, an array or a file; all others become zero."""
        self._check("memory", memory, len(self.plan.memories))
        if isinstance(image, Path):
            check_image(image.stat().st_size, self.largest)
            self._command(f"load {memory} {image.absolute()}")
        else:
            path = self.folder / "image.bin"
            save_image(path, image, self.largest)
            self._command(f"load {memory} {path}")
            path.unlink()

    def dump(self, size: int, first: int = 0, memory: int = 0) -> np.ndarray:
        """Return `size` bytes of a DRAM from address `first` on."""
        self._check("memory", memory, len(self.plan.memories))
        check_image(first + size, self.largest)
        path = self.folder / "result.bin"
        self._command(f"dump {memory} {first} {size} {path}")
        found = load_image(path, size)
        path.unlink()
        return found

    def write(self, offset: int, value: int, instance: int = 0):
        """Write a register."""
        self._access(f"write {instance} {offset} {value & 0xFFFF_FFFF}", offset, instance)

    def read(self, offset: int, instance: int = 0) -> int:
        """Read a register."""
        return int(self._access(f"read {instance} {offset}", offset, instance))

    def run(self, limit: int, instance: int | None = None) -> Stop:
        """Simulate until the interrupt of an instance (None: until those of all), at most `limit` cycles."""
        if instance is not None:
            self._check("instance", instance, self.plan.instances)
        interrupted, cycles, seconds = self._command(f"run {limit} {-1 if instance is None else instance}").split()
        return Stop(interrupted == "1", int(cycles), float(seconds))

    def tick(self, cycles: int):
        """Simulate this many cycles unconditionally."""
        self._command(f"tick {cycles}")

    def reset(self):
        """Reset all instances; settings and contents of the DRAMs are retained."""
        self._command("reset")

    def record(self, instance: int = 0):
        """Begin to record the changes of an instance's `busy`."""
        self._check("instance", instance, self.plan.instances)
        if not self.plan.groups.busy:
            raise SimulatorError(f"{self.plan.design} cannot be traced: it has no port `busy`.")
        self._set(instance, SettingsField.RECORD, 0)

    def recorded(self, instance: int = 0) -> list[tuple[int, int]]:
        """End recording and return (cycle, busy) for each change. The first cycle after `record` has number 1."""
        self._set(instance, SettingsField.RECORD_END, 0)
        lines = (self.folder / f"trace{instance}_0.txt").read_text().splitlines()
        return [(int(cycle), int(busy, 16)) for cycle, busy in map(str.split, lines)]

    def _set(self, number: int, field: SettingsField, value: int):
        self._command(f"set {number} {field.value} {value}")

    def _access(self, command: str, offset: int, instance: int) -> str:
        self._check("instance", instance, self.plan.instances)
        if not self.plan.groups.registers:
            raise SimulatorError(f"{self.plan.design} has no registers: no ports s_axil_*.")
        return self._command(command, f"Register {offset:#x} of instance {instance}: ")

    def _command(self, command: str, where: str = "") -> str:
        try:
            self._stdin.write(f"{command}\n")
            self._stdin.flush()
            response = self._stdout.readline().strip()
        except BrokenPipeError:
            response = ""
        word, _, rest = response.partition(" ")
        if word == "error":
            raise SimulatorError(f"{where}{rest}.")
        if word != "ok":
            status = self._process.wait()
            errors = (self.folder / "errors").read_text().strip()
            raise SimulatorError(f"The simulation of {self.plan.design} ended with exit status {status}: {errors}")
        return rest

    def _check(self, what: str, number: int, many: int):
        if not 0 <= number < many:
            raise SimulatorError(f"{what} is {number}: {self.plan.design} in its harness has {many}, from 0 on.")
