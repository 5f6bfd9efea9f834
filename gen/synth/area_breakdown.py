"""Attribution of the cells of a design to its parts."""

from collections import Counter
from collections.abc import Iterable

from .devices import Device

Path = tuple[str, ...]

WHOLE, MANY = 0.75, 32
"""A part with at least the share WHOLE of the LUTs is divided into its own parts, if these are at most MANY."""


def area_breakdown(module: dict, device: Device) -> dict[str, dict[str, int]]:
    """LUT4 equivalents, FF, DSP and BRAM of each part of a netlist in Yosys's JSON format; the largest part first.

    Yosys names a cell after the signal that it drives, and a signal after the path of its module. The first element in
    which these paths differ is the part. A cell with logic of several parts counts for the part whose signal it drives.
    A part with nearly all LUTs is divided further; its remaining cells are listed under its name in parentheses.
    """
    kinds = {"lut4_equivalents": (), "ffs": device.ffs, "dsps": device.dsps, "brams": device.brams}
    counts: dict[Path, Counter] = {}
    for name, cell in module["cells"].items():
        count = counts.setdefault(tuple(name.split(".")[:-1]), Counter())
        count["lut4_equivalents"] += device.luts.get(cell["type"], 0)
        for kind, types in kinds.items():
            count[kind] += cell["type"].startswith(types) if types else 0
    opened = [_common([path for path, count in counts.items() if path and count.total()])]
    while (large := _nearly_whole(counts, opened)) is not None:
        opened.append(large)
    parts = _parts(counts, opened)
    names = _names(parts, opened)
    order = sorted(parts, key=lambda part: (-parts[part]["lut4_equivalents"], names[part]))
    return {names[part]: {kind: parts[part][kind] for kind in kinds} for part in order}


def _common(paths: list[Path]) -> Path:
    """Longest common prefix of all paths."""
    depth = 0
    while paths and all(len(path) > depth and path[depth] == paths[0][depth] for path in paths):
        depth += 1
    return paths[0][:depth] if paths else ()


def _part(path: Path, opened: Iterable[Path]) -> Path:
    """Part that a path belongs to: one element longer than its longest prefix among the divided parts."""
    within = max((len(one) for one in opened if path[: len(one)] == one), default=0)
    return path[: within + 1]


def _parts(counts: dict[Path, Counter], opened: list[Path]) -> dict[Path, Counter]:
    parts: dict[Path, Counter] = {}
    for path, count in counts.items():
        part = _part(path, opened)
        outside = part in opened[0:1] or path[: len(opened[0])] != opened[0]
        parts.setdefault(opened[0] if outside else part, Counter()).update(count)
    return parts


def _nearly_whole(counts: dict[Path, Counter], opened: list[Path]) -> Path | None:
    """Part that should be divided further, None if there is none."""
    parts = _parts(counts, opened)
    total = sum(count["lut4_equivalents"] for count in parts.values())
    for part, count in parts.items():
        inside = {path[: len(part) + 1] for path in counts if len(path) > len(part) and path[: len(part)] == part}
        if part not in opened and count["lut4_equivalents"] >= WHOLE * total and 1 <= len(inside) <= MANY:
            return part
    return None


def _names(parts: Iterable[Path], opened: list[Path]) -> dict[Path, str]:
    """Name of each part: the last element of its path, or the path after the common prefix if that is ambiguous."""
    last = Counter(part[-1] if part else "" for part in parts)
    names = {}
    for part in parts:
        name = part[-1] if part and last[part[-1]] == 1 else ".".join(part[len(opened[0]) :])
        names[part] = "(top)" if part == opened[0] else f"({name})" if part in opened else name
    return names
