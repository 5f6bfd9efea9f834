"""Boxes and lines of a diagram; merging and selection of lines."""

from dataclasses import dataclass, field, replace

from .shapes import Kind

Path = tuple[str, ...]
"""Instance names from the top downwards; the component itself is the empty path."""

OUTSIDE = "port "
"""Prefix of the keys of ports of the drawn component."""
THIN = (Kind.WIRE, Kind.CONTROL)


@dataclass(frozen=True)
class Box:
    """Box of a diagram. `shape` is "box", "memory", "queue", "grid" (with rows and columns), "port" or "bus"."""

    key: str
    cluster: Path
    shape: str
    title: str
    lines: tuple[str, ...] = ()
    count: int = 1
    grid: tuple[int, int] = (0, 0)
    side: str = ""


@dataclass
class Connection:
    """Connection from one box to another, with requests or data in direction `forward` and responses in `back`.

    `names` and `texts` are those of its ports. `sources` are the parts of the box that drive it.
    """

    source: str
    target: str
    kind: Kind
    names: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    channels: dict[str, None] = field(default_factory=dict)
    sources: dict[Path, None] = field(default_factory=dict)
    forward: bool = False
    back: bool = False


@dataclass
class Diagram:
    title: str
    boxes: dict[str, Box]
    clusters: dict[Path, str]
    lines: list[Connection]


def merge_directions(lines: dict[tuple, Connection]) -> list[Connection]:
    """Merge lines of the same name in opposite directions, such as requests and responses, or both sides of a link."""
    kept: dict[tuple, Connection] = {}
    for (a, b, kind), line in lines.items():
        other = kept.get((b, a, kind))
        if (
            other
            and kind in (Kind.STREAM, Kind.DATA)
            and line.names == other.names
            and (all(line.names) or line.texts == other.texts)
        ):
            other.back = True
            other.texts = line.texts
        elif line.kind is Kind.MEMORY and not line.forward:  # responses without requests
            kept[b, a, kind] = replace(line, source=b, target=a, forward=True, back=False)
        else:
            kept[a, b, kind] = line
    return list(kept.values())


def lines_to_draw(lines: list[Connection]) -> list[Connection]:
    """Lines to draw: without control between boxes that have data lines, and without plain wires parallel to data."""
    pairs = {frozenset((line.source, line.target)) for line in lines if line.kind not in THIN}
    lines = [line for line in lines if line.kind not in THIN or frozenset((line.source, line.target)) not in pairs]
    joined = {key for line in lines if line.kind is not Kind.CONTROL for key in (line.source, line.target)}
    lines = [line for line in lines if line.kind is not Kind.CONTROL or not {line.source, line.target} <= joined]
    thin = {frozenset((line.source, line.target)): line for line in reversed(lines) if line.kind in THIN}
    return [line for line in lines if line.kind not in THIN or thin[frozenset((line.source, line.target))] is line]
