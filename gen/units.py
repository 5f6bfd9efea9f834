"""Which part of a design its cells belong to."""

from collections import Counter

from .devices import Device


def units(module: dict, device: Device) -> dict[str, dict[str, int]]:
    """LUT4 equivalents, FF, DSP and BRAM of each part of a netlist, as Yosys writes JSON, the largest first.

    Yosys names a cell after the signal that it drives, and a signal after the modules that it was in: the first name
    in which signals differ is the part. What mapping made of several parts counts for the one whose signal it drives.
    """
    kinds = {"ffs": device.ffs, "dsps": device.dsps, "brams": device.brams}
    counts: dict[tuple[str, ...], Counter] = {}
    for name, cell in module["cells"].items():
        path = tuple(name.split(".")[:-1])
        count = counts.setdefault(path, Counter())
        count["lut4_equivalents"] += device.luts.get(cell["type"], 0)
        for kind, types in kinds.items():
            count[kind] += cell["type"].startswith(types)
    depth = _common([path for path, count in counts.items() if path and count.total()])
    parts: dict[str, Counter] = {}
    for path, count in counts.items():
        part = path[depth] if len(path) > depth else "(top)"
        parts.setdefault(part, Counter()).update(count)
    order = sorted(parts, key=lambda part: (-parts[part]["lut4_equivalents"], part))
    return {part: {kind: parts[part][kind] for kind in ("lut4_equivalents", *kinds)} for part in order}


def _common(paths: list[tuple[str, ...]]) -> int:
    """How many names all paths begin with; one fewer if a path ends there."""
    depth = 0
    while paths and all(len(path) > depth and path[depth] == paths[0][depth] for path in paths):
        depth += 1
    return depth
