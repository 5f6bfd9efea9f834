"""Simulator interface: compiles generated Verilog and runs cocotb benches on it, with Verilator or Icarus."""

import contextlib
import importlib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from . import children, extras

_BACKENDS = {"verilator": "Verilator", "icarus": "Icarus"}


class SimulatorError(Exception):
    """Failed build or simulation: one sentence, then the end of the tool's log if any."""


class ToolMissing(SimulatorError):
    """Program that is not installed, and its installation."""


@dataclass(frozen=True)
class Build:
    """Compiled design; any number of runs, also concurrent ones, may share it."""

    directory: Path
    top: str
    simulator: str
    waves: str
    coverage: bool = False

    def run(
        self,
        bench: str,
        *,
        env: Mapping[str, str],
        workdir: Path,
        waves: Path | None = None,
        coverage: Path | None = None,
        timeout: float | None = None,
        plusargs: Sequence[str] = (),
    ) -> None:
        """Run the cocotb tests of the module `bench`, with `env` added to the environment.

        `workdir` receives `simulation.log` and `results.xml` and is the simulation's current directory; concurrent runs
        need one each. `coverage` receives the counts of all coverage points (see `runner.coverage`). Raises
        `SimulatorError` unless all tests passed within `timeout` seconds.
        """
        workdir = Path(workdir).absolute()
        workdir.mkdir(parents=True, exist_ok=True)
        log, results = workdir / "simulation.log", workdir / "results.xml"
        log.unlink(missing_ok=True)
        options = {"coverage": True} if self.coverage else {}
        runner = _backend(self.simulator)(self.top, self.waves, **options)
        if coverage is not None:
            runner.count(Path(coverage).absolute())
        if waves is not None:
            waves = Path(waves).absolute()
            runner.record(waves)
            waves.unlink(missing_ok=True)  # of an earlier run
        runner.job_env, runner.job_timeout = dict(env), timeout
        # Under pytest cocotb's runner exits where a test has failed; the results have the details.
        with contextlib.suppress(SystemExit):
            runner.test(
                bench,
                self.top,
                hdl_toplevel_lang="verilog",
                build_dir=self.directory,
                test_dir=workdir,
                results_xml=str(results),
                log_file=log,
                plusargs=list(plusargs),
            )
        _check(bench, results, log, runner.job_status)
        if waves is not None and not waves.is_file():
            raise SimulatorError(f"{waves} was not written{tail(log)}")


if TYPE_CHECKING:
    from cocotb_tools.runner import Runner
else:  # cocotb is an optional dependency
    Runner = object


class Launcher(Runner):
    """Mixin of cocotb's runners: a job's own environment and time limit, the tools' output in a log."""

    job_env: Mapping[str, str] = {}
    job_timeout: float | None = None
    job_status = 0

    def _set_env_test(self) -> None:
        super()._set_env_test()
        # Rewriting the assertions of every module that a bench imports takes longer than most simulations.
        self.env["COCOTB_REWRITE_ASSERTION_FILES"] = ""
        self.env |= self.job_env  # cocotb's runner gives the process's environment precedence

    def _execute(self, cmds: Sequence[Sequence[str]], cwd: Path) -> None:
        assert self.log_file is not None
        log = Path(self.log_file)
        for command in cmds:
            self.job_status = call(command, cwd=cwd, env=self.env, log=log, timeout=self.job_timeout)


def build(
    verilog: str,
    top: str,
    *,
    simulator: str = "verilator",
    waves: bool | str = False,
    hier_blocks: Sequence[str] = (),
    sources: Sequence[Path] = (),
    coverage: bool = False,
) -> Build:
    """Compile the Verilog text for cocotb, or return the cached build.

    `waves` is "vcd" (or True) or "fst" if runs are to record waves in that format. `hier_blocks` names modules that
    Verilator compiles separately, once for all their instances: for arrays too large to compile as one. `sources` are
    C++ files, and their headers, that the design calls through DPI-C. Icarus ignores both. With `coverage`, runs count
    how often each line, branch and toggle occurs; only Verilator supports it, and only without `hier_blocks`.
    """
    waves = "vcd" if waves is True else waves or ""
    if waves not in ("", "fst", "vcd"):
        raise SimulatorError(f"waves={waves!r} is not a wave format: choose fst or vcd")
    if coverage and simulator != "verilator":
        raise SimulatorError(f"{_BACKENDS[simulator]} does not measure coverage: choose verilator.")
    options = {"coverage": True} if coverage else {}
    backend = _backend(simulator)(top, waves, tuple(hier_blocks), tuple(sources), **options)
    from . import cache  # with its optional dependencies, which the backend has found

    directory = cache.once(
        f"{simulator}-{top}", [verilog, *backend.identity()], lambda directory: backend.compile(verilog, directory)
    )
    return Build(directory, top, simulator, waves, coverage)


def require(program: str, package: str | None = None) -> str:
    """Path of a program. Raises `ToolMissing`."""
    path = shutil.which(program)
    if path is None:
        package = package or program
        raise ToolMissing(f"{program} was not found: install it (Debian: apt-get install {package})")
    return path


def call(
    command: Sequence[str], *, cwd: Path, log: Path, env: Mapping[str, str] | None = None, timeout: float | None = None
) -> int:
    """Run a command with its output appended to `log`; returns its exit status."""
    with log.open("ab") as out:
        streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": subprocess.STDOUT}
        try:
            return children.run(command, cwd=cwd, env=env, timeout=timeout, **streams).returncode
        except subprocess.TimeoutExpired:
            raise SimulatorError(f"The simulation did not end within {timeout:g} s{tail(log)}") from None


def tail(log: Path, lines: int = 20) -> str:
    """End of a log, to be appended to a sentence."""
    text = log.read_text(errors="replace").splitlines()[-lines:] if log.is_file() else []
    return ":\n" + "\n".join(text) if text else "."


def _backend(simulator: str) -> type:
    if simulator not in _BACKENDS:
        raise SimulatorError(f"There is no simulator {simulator!r}: choose {' or '.join(_BACKENDS)}")
    try:  # cocotb is an optional dependency: imported only for simulations
        module = importlib.import_module(f".{simulator}", __package__)
    except ModuleNotFoundError as error:
        if (sentence := extras.missing(error.name or "")) is None:
            raise
        raise ToolMissing(sentence) from None
    return getattr(module, _BACKENDS[simulator])


def _check(bench: str, results: Path, log: Path, status: int) -> None:
    from cocotb_tools.check_results import get_results

    try:
        tests, failed = get_results(results)
    except (RuntimeError, ElementTree.ParseError):
        raise SimulatorError(
            f"The simulation of {bench} ended with exit status {status} and no result{tail(log)}"
        ) from None
    if failed:
        raise SimulatorError(f"{failed} of {tests} tests of {bench} failed: {_failures(results)}")
    if tests == 0:
        raise SimulatorError(f"{bench} contains no cocotb test.")
    if status:
        raise SimulatorError(f"{bench} passed, but the simulator's exit status is {status}{tail(log)}")


def _failures(results: Path) -> str:
    """Message of each failed test, one line each."""
    lines = []
    for case in ElementTree.parse(results).iter("testcase"):
        for failure in (*case.iter("failure"), *case.iter("error")):
            message = failure.get("message") or failure.get("error_msg") or failure.text or "no message"
            lines.append(f"{case.get('name')}: {message.strip()}")
    return "; ".join(lines)
