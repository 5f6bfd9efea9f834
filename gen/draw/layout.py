"""Layout of boxes, lines and labels: Graphviz's layered layout, by PyGraphviz, which includes Graphviz."""

import re
import subprocess
import sys
from dataclasses import dataclass, field

from .model import OUTSIDE, THIN, Box, Connection, Diagram, Path
from .shapes import Kind

TITLE, SMALL = 12.0, 9.5
"""Sizes of text, in points."""
BROAD = 0.6
"""Width of a letter relative to the font size, for the widest font that a reader may have."""

PLACE = """
import sys, pygraphviz
graph = pygraphviz.AGraph(sys.stdin.buffer.read().decode())
graph.layout(prog="dot")
sys.stdout.buffer.write(graph.to_string().encode())
"""

Point = tuple[float, float]


@dataclass
class Layout:
    """Layout in points, with y downwards: centres and sizes of boxes, frames, and Bezier curves of lines."""

    width: float
    height: float
    boxes: dict[str, tuple[float, float, float, float]] = field(default_factory=dict)
    frames: dict[Path, tuple[float, float, float, float]] = field(default_factory=dict)
    curves: list[list[Point]] = field(default_factory=list)
    labels: list[Point | None] = field(default_factory=list)


def arrange(diagram: Diagram) -> Layout:
    """Compute the layout of a diagram. Raises ModuleNotFoundError without PyGraphviz (extra `draw`)."""
    import pygraphviz

    for sides in (True, False):
        graph = _graph(diagram, sides)
        # Graphviz runs in a separate process, because a failed assertion in it ends the process.
        run = subprocess.run([sys.executable, "-c", PLACE], input=graph.to_string().encode(), capture_output=True)
        if run.returncode == 0:
            return _read(pygraphviz.AGraph(run.stdout.decode()), diagram)
    raise RuntimeError(f"Graphviz did not place the diagram: {run.stderr.decode().strip()}")


def _graph(diagram: Diagram, sides: bool):
    """Graph for Graphviz; with `sides`, inputs are at the left and outputs at the right."""
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, strict=False, rankdir="LR", nodesep="0.22", ranksep="0.42")
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    _clusters(graph, diagram, ())
    for side, rank in (("input", "source"), ("output", "sink")) if sides else ():
        if keys := [box.key for box in diagram.boxes.values() if box.side == side]:
            graph.add_subgraph(keys, rank=rank)
    for number, line in enumerate(diagram.lines):
        graph.add_edge(line.source, line.target, key=str(number), **_edge(diagram, line))
    return graph


def _clusters(graph, diagram: Diagram, path: Path):
    """Add a subgraph for a cluster, with its boxes and the clusters inside it."""
    title = diagram.clusters[path]
    inner = graph.add_subgraph(name="cluster " + "/".join(path), label=_table(len(title) * TITLE * BROAD, 16))
    inner.graph_attr.update(labeljust="l", margin="10")
    for box in diagram.boxes.values():
        if box.shape in ("port", "bus"):
            if path == ():
                _node(graph, box)
        elif box.cluster == path:
            _node(inner, box)
    for each in diagram.clusters:
        if each and each[:-1] == path:
            _clusters(inner, diagram, each)


def _node(graph, box: Box):
    width, height = size(box)
    graph.add_node(box.key, width=f"{width / 72:.4f}", height=f"{height / 72:.4f}")


def size(box: Box) -> Point:
    """Width and height of a box, calculated from its text."""
    texts = [len(heading(box)) * TITLE * BROAD, *(len(text) * SMALL * BROAD for text in box.lines)]
    width, height = max(texts) + 16, 12 + TITLE * 1.25 + SMALL * 1.35 * len(box.lines)
    if box.shape == "grid":
        rows, cols = (min(each, 4) for each in box.grid)
        width, height = max(width, 34.0 * cols + 12), height + 24 * rows + 4
    if box.shape == "memory":
        width, height = width + 6, height + 16
    if box.shape == "queue":
        width += 22
    if box.shape == "port":
        width += 12
    if box.count > 1:
        width, height = width + 8, height + 8
    return max(round(width), 48), round(height)


def heading(box: Box) -> str:
    """First line of text in a box: its title, preceded by the number of parts if there are several."""
    return f"{box.count} x {box.title}" if box.count > 1 else box.title


def texts(diagram: Diagram, line: Connection) -> list[str]:
    """Label of a line: names and shapes of the data that it carries."""
    if line.kind in (Kind.AXI, Kind.AXI_LITE):
        channels = set(line.channels)
        only = " read" if channels <= {"ar", "r"} else " write" if channels <= {"aw", "w", "b"} else ""
        return [line.kind.value + only]
    if line.kind in THIN:
        return []
    if line.source.startswith(OUTSIDE) or line.target.startswith(OUTSIDE):
        return []  # the box of the port shows name and shape
    names = [name for name in line.names if name]
    shown = [", ".join(names)] if names else []
    if len(names) > 2 and len(shown[0]) > 24:
        shown = [f"{', '.join(names[:2])}, ..."]
    if len(line.texts) == 1:
        (text,) = line.texts
        several = len(line.sources) > 1 and diagram.boxes[line.target].count == 1
        shown.append(f"{len(line.sources)} x {text}" if several else text)
    return shown


def _edge(diagram: Diagram, line: Connection) -> dict[str, str]:
    weight = {Kind.CONTROL: "0", Kind.WIRE: "0", Kind.DATA: "4", Kind.STREAM: "4"}.get(line.kind, "2")
    found = {
        "weight": weight,
        "dir": "both" if line.forward and line.back else "forward" if line.forward else "back",
        "arrowsize": "0.7",
    }
    if line.kind in THIN and not (line.source + line.target).count(OUTSIDE):
        found["constraint"] = "false"
    if shown := texts(diagram, line):
        width = max(map(len, shown)) * SMALL * BROAD + 6
        found["label"] = _table(width, SMALL * 1.25 * len(shown) + 2)
    return found


def _table(width: float, height: float) -> str:
    """Empty label of a fixed size, so that the layout does not depend on the fonts of the machine."""
    cell = f'FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height:.0f}"'
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR><TD {cell}></TD></TR></TABLE>>'


def _read(graph, diagram: Diagram) -> Layout:
    left, bottom, right, top = map(float, graph.graph_attr["bb"].split(","))
    layout = Layout(right - left, top - bottom)

    def point(text: str) -> Point:
        x, y = map(float, text.split(","))
        return round(x - left, 1), round(top - y, 1)

    for key in diagram.boxes:
        layout.boxes[key] = (*point(graph.get_node(key).attr["pos"]), *size(diagram.boxes[key]))
    for inner in _subgraphs(graph):
        if (inner.name or "").startswith("cluster "):
            path = tuple(filter(None, inner.name.removeprefix("cluster ").split("/")))
            x0, y0, x1, y1 = inner.graph_attr["bb"].split(",")
            layout.frames[path] = (*point(f"{x0},{y1}"), *point(f"{x1},{y0}"))
    for number, line in enumerate(diagram.lines):
        attributes = graph.get_edge(line.source, line.target, key=str(number)).attr
        layout.curves.append(_curve(attributes["pos"], point))
        layout.labels.append(point(attributes["lp"]) if attributes["lp"] else None)
    return layout


def _subgraphs(graph):
    for inner in graph.subgraphs():
        yield inner
        yield from _subgraphs(inner)


def _curve(text: str, point) -> list[Point]:
    """Points of a Bezier curve, from and to the tips of its arrowheads."""
    start = re.search(r"s,(\S+)", text)
    end = re.search(r"e,(\S+)", text)
    points = [point(each) for each in re.sub(r"\b[se],\S+\s*", "", text).split()]
    return [point(start[1]) if start else points[0], *points, point(end[1]) if end else points[-1]]
