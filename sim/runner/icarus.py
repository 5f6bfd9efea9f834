"""Icarus Verilog backend: slower than Verilator, but four-state, so that state without a reset is visible as X."""

import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import cocotb_tools.config
import cocotb_tools.runner

from .simulator import Launcher, SimulatorError, require, tail


class Icarus(Launcher, cocotb_tools.runner.Icarus):
    """Compile a design into `sim.vvp`; Icarus does not support hierarchical blocks and C++, which are ignored."""

    def __init__(
        self, top: str, waves: str = "", hier_blocks: Sequence[str] = (), sources: Sequence[Path] = ()
    ) -> None:
        for program in ("iverilog", "vvp"):
            require(program, "iverilog")
        super().__init__()
        self.top, self.wave_format = top, waves
        self.wave_args = ["-none"]

    def identity(self) -> list[str]:
        """Dependencies of a simulation in addition to the design."""
        output = subprocess.run(["iverilog", "-V"], capture_output=True, text=True, check=True).stdout
        return [version("cocotb"), output.splitlines()[0], self.top, str(bool(self.wave_format))]

    def compile(self, verilog: str, directory: Path) -> None:
        source, log = directory / "design.v", directory / "build.log"
        source.write_text(verilog)
        self.build(
            sources=[source],
            hdl_toplevel=self.top,
            build_dir=directory,
            always=True,
            log_file=log,
            timescale=("1ns", "1ps"),
            waves=bool(self.wave_format),
        )
        if self.job_status:
            raise SimulatorError(f"Icarus does not accept the module {self.top}{tail(log)}")

    def record(self, waves: Path) -> None:
        if not self.wave_format:
            raise SimulatorError(f"{waves.name} cannot be recorded: the design was built without waves.")
        if waves.suffix not in (".fst", ".vcd"):
            raise SimulatorError(f"{waves.name} has no known wave format: choose .fst or .vcd")
        self.wave_args = [f"-{waves.suffix[1:]}", f"+dumpfile_path={waves}"]

    def _test_command(self) -> list[list[str]]:
        library = cocotb_tools.config.lib_entry("vpi", "icarus")
        return [["vvp", "-n", "-m", library, str(self.sim_file), *self.wave_args, *self.plusargs]]
