"""Diagram of a component: boxes, nested to a given depth, and the lines between them."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from ...hw.array.mesh import Extend
from ...hw.component import Component, Parameters
from ...hw.stream.register import StreamRegister
from ...hw.stream.skid import StreamSkid
from ...hw.stream.spill import StreamSpill
from .labels import parameters_of, shown, snake, stem
from .model import OUTSIDE, THIN, Box, Connection, Diagram, Path, lines_to_draw, merge_directions
from .shapes import WIDE, Kind
from .survey import SELF, Part, Port, Survey, View, Wire

REGISTERS = (StreamRegister, StreamSkid, StreamSpill)
"""Components that are drawn as part of a line, without a box."""
FEW = 4
"""Maximum number of equal parts that may be opened, or drawn separately if they are connected to each other."""
READABLE, TANGLED = 20, 40
"""Maximum numbers of boxes and of lines at which the default depth is increased further."""
DEEPEST = 8
LOGIC = "logic"
"""Key of the box for logic between two ports of the drawn component."""
PLAIN = ("i", "o", "write", "read", "out", "row", "i_data", "o_data", "req", "rsp")
"""Port names that are too general for the label of a line."""
RESPONSE = re.compile(r"_(req|rsp)$")
"""The two halves of a memory port."""
WORD, BROAD = 32, 64
"""Minimum width in bits at which a path with a channel at only one end is drawn as a bus, and a plain value as data."""


def diagram(name: str, component: type[Component], parameters: Parameters, depth: int | None = None) -> Diagram:
    """Diagram at a given depth; by default the deepest with at most :data:`READABLE` boxes."""
    survey = Survey()
    found = _Drawing(survey, name, component, parameters, depth or 1).diagram()
    if depth:
        return found
    for deeper in range(2, DEEPEST + 1):
        drawing = _Drawing(survey, name, component, parameters, deeper)
        further = drawing.diagram()
        inside = [box for box in further.boxes.values() if box.shape not in ("port", "bus")]
        if len(inside) > READABLE or len(further.lines) > TANGLED or len(further.clusters) == len(found.clusters):
            break
        found = further
    return found


class _Drawing:
    """Component opened to a given depth: its parts by path, and the boxes and lines made from them."""

    def __init__(self, survey: Survey, name: str, component: type[Component], parameters: Parameters, depth: int):
        self.name, self.survey = name, survey
        self.parts: dict[Path, Part] = {}
        self.opened: dict[Path, View] = {}
        self.following: dict[tuple[Path, str], list[tuple[Path, str, int]]] = {}
        self._open((), Part(name, component, parameters, {}), depth)
        self.group: dict[Path, str] = {}  # path to the key of its box
        self.boxes: dict[str, Box] = {}
        self._group()

    def _open(self, path: Path, part: Part, depth: int):
        self.parts[path] = part
        if depth == 0 or part.component is None or (path and not self._opens(part)):
            return
        view = self.survey.view(part.component, part.parameters)
        if not view.parts and path:
            return
        if not view.parts:
            view = _whole(self.name, part, view)
        self.opened[path] = view

        def place(pin):
            return (path if pin[0] == SELF else (*path, pin[0]), pin[1])

        for link in view.links:
            self.following.setdefault(place(link.source), []).append((*place(link.target), link.bits))
        equal = Counter((stem(name), inner.component) for name, inner in view.parts.items())
        for name, inner in view.parts.items():
            self._open((*path, name), inner, depth - 1 if equal[stem(name), inner.component] <= FEW else 0)

    def _opens(self, part: Part) -> bool:
        """Whether a part is opened: not memories, grids, buffers, nor parts that contain parts of their own class."""
        if part.component is None or part.mesh or ".stream." in part.component.__module__:
            return False
        inner = self.survey.view(part.component, part.parameters).parts.values()
        inner = [each for each in inner if each.component and each.component not in REGISTERS]
        return bool(inner) and all(each.component is not part.component for each in inner)

    def diagram(self) -> Diagram:
        lines = self._lines()
        used = {key for line in lines for key in (line.source, line.target)}
        boxes = {key: box for key, box in self.boxes.items() if key in used or box.shape not in ("port", "bus")}
        clusters = {path: self._frame(path) for path in self.opened}
        return Diagram(self.name, boxes, clusters, lines)

    def _frame(self, path: Path) -> str:
        part = self.parts[path]
        name, kind = (path[-1] if path else self.name), part.kind
        details = [*([] if snake(kind) == name else [kind]), *parameters_of(part.parameters)]
        return ": ".join([name, ", ".join(details)]) if details else name

    # Boxes

    def _leaves(self) -> Iterator[tuple[Path, Part]]:
        return ((path, part) for path, part in self.parts.items() if path not in self.opened)

    def _group(self):
        """Assign a box to each part; adjacent equal parts share one box."""
        alike: dict[tuple, list[Path]] = {}
        for path, part in self._leaves():
            if not _is_wire(part):
                detail = (mesh.cell, mesh.cols) if (mesh := part.mesh) else part.text or parameters_of(part.parameters)
                alike.setdefault((path[:-1], stem(path[-1]), part.component, detail), []).append(path)
        links = {
            (source, target)
            for source, name in self.following
            if source not in self.opened
            for (target, port), bits in self._reached((source, name)).items()
            if target and _kind(self.parts[source].ports[name], self.parts[target].ports[port], bits) not in THIN
        }
        for paths in alike.values():
            among = any((a, b) in links for a, b in itertools.permutations(paths, 2))
            grid = self.parts[paths[0]].mesh is not None
            apart = among and len(paths) <= FEW and not grid
            for same in [[path] for path in paths] if apart else [paths]:
                box = self._box(same)
                self.boxes[box.key] = box
                self.group |= dict.fromkeys(same, box.key)
        ports = self.opened[()].ports.values()
        for port in ports:
            if port.kind is not Kind.CONTROL or all(each.kind is Kind.CONTROL for each in ports):
                self._port(port)

    def _box(self, paths: list[Path]) -> Box:
        path, part = paths[0], self.parts[paths[0]]
        title = path[-1] if len(paths) == 1 else shown(stem(path[-1]))
        common = {"key": "/".join(path), "cluster": path[:-1]}
        if part.component is None:
            return Box(**common, shape="memory", title=title, lines=(part.text,), count=len(paths))
        if mesh := part.mesh:
            rows = sum(same.rows for each in paths if (same := self.parts[each].mesh))
            cell, cols = mesh.cell.__name__, mesh.cols
            return Box(**common, shape="grid", title=title, lines=(f"{rows} x {cols} {cell}",), grid=(rows, cols))
        kind = part.kind
        lines = () if snake(kind) == title else (kind,)
        return Box(
            **common,
            shape=self._shape(part),
            title=title,
            lines=(*lines, *parameters_of(part.parameters)),
            count=len(paths),
        )

    def _shape(self, part: Part) -> str:
        if ".stream." in part.module and "Buffer" in part.kind:
            return "queue"
        return "memory" if ".memory." in part.module and self._stores(part) else "box"

    def _stores(self, part: Part) -> bool:
        """Whether a part contains a memory, at any depth."""
        if part.component is None:
            return True
        if ".stream." in part.component.__module__:
            return False
        return any(self._stores(each) for each in self.survey.view(part.component, part.parameters).parts.values())

    def _port(self, port: Port):
        """Add the box of a port; the channels of a bus, and ports that differ by a number, share one box."""
        bus = port.kind in (Kind.AXI, Kind.AXI_LITE)
        key = _outside(port)
        members = {p.member for p in self.opened[()].ports.values() if _outside(p) == key}
        members = {RESPONSE.sub("", member) for member in members}
        title = min(members) if len(members) == 1 else shown(key.removeprefix(OUTSIDE))
        master = port.driven == (port.name.split(".")[-1] in ("aw", "w", "ar"))
        side = "output" if (master if bus else port.driven) else "input"
        text = () if bus else (port.text,)
        self.boxes.setdefault(key, Box(key, (), "bus" if bus else "port", title, text, count=len(members), side=side))

    # Lines

    def _reached(self, source: tuple[Path, str]) -> dict[tuple[Path, str], int]:
        """Pins of boxes that a pin drives, also through clusters and parts drawn as lines; bits of each path."""
        pending, most, found = [(*source, 1 << 30)], {}, {}
        while pending:
            path, port, bits = pending.pop()
            for target, name, more in self.following.get((path, port), []):
                width = min(bits, more)
                if most.get((target, name), 0) >= width:
                    continue
                most[target, name] = width
                if target and target in self.opened:
                    pending.append((target, name, width))
                elif target and _is_wire(self.parts[target]):
                    out = (p.name for p in self.parts[target].ports.values() if p.driven and p.kind is not Kind.CONTROL)
                    pending += ((target, each, width) for each in out)
                else:
                    found[target, name] = width
        return found

    def _lines(self) -> list[Connection]:
        lines: dict[tuple, Connection] = {}
        for path, name in self.following:
            if path and (path in self.opened or _is_wire(self.parts[path])):
                continue
            source = self._pin(path, name)
            for target, bits in self._reached((path, name)).items():
                self._add(lines, path, source, self._pin(*target), bits)
        lines = {key: line for key, line in lines.items() if line.source != line.target or self._loops(line)}
        return lines_to_draw(merge_directions(lines))

    def _loops(self, line: Connection) -> bool:
        """Whether a line from a box to itself is drawn: a link between equal parts."""
        box = self.boxes[line.source]
        return box.count > 1 and box.shape not in ("grid", "port") and line.kind not in THIN

    def _pin(self, path: Path, name: str) -> tuple[str, Port]:
        if path == ():
            port = self.opened[()].ports[name]
            return _outside(port), port
        return self.group[path], self.parts[path].ports[name]

    def _add(
        self, lines: dict[tuple, Connection], path: Path, source: tuple[str, Port], target: tuple[str, Port], bits: int
    ):
        (a, sent), (b, taken) = source, target
        if a not in self.boxes or b not in self.boxes:
            return
        if a.startswith(OUTSIDE) and b.startswith(OUTSIDE):
            if bits >= WIDE:
                self.boxes.setdefault(LOGIC, Box(LOGIC, (), "box", "logic"))
                self._add(lines, path, source, (LOGIC, sent), bits)
                self._add(lines, path, (LOGIC, taken), target, bits)
            return
        kind, back = _kind(sent, taken, bits), False
        port = sent if sent.kind is kind else taken
        channel = port.name.split(".")[-1]
        if kind in (Kind.AXI, Kind.AXI_LITE):
            back = channel in ("r", "b")
        elif kind is Kind.MEMORY:
            back = "rsp" in port.name or "found" in port.name or (b, a, kind) in lines
        key = (b, a, kind) if back else (a, b, kind)
        line = lines.setdefault(key, Connection(*key))
        line.back |= back
        line.forward |= not back
        if not back:
            line.sources[path] = None
        if kind in (Kind.AXI, Kind.AXI_LITE):
            line.channels[channel] = None
        else:
            line.names[_name(sent, taken)] = None
            grid = "grid" in (self.boxes[a].shape, self.boxes[b].shape)
            part = " x " in sent.text and bits < sent.width and not grid
            line.texts[f"{bits} bits" if part else sent.text or taken.text] = None


def _whole(name: str, part: Part, view: View) -> View:
    """View of a component without submodules: one box between its ports."""
    inside = Part(name, part.component, part.parameters, view.ports)
    links = [
        Wire((name, port.name), (SELF, port.name), port.width)
        if port.driven
        else Wire((SELF, port.name), (name, port.name), port.width)
        for port in view.ports.values()
    ]
    return View(view.ports, {name: inside}, links)


def _outside(port: Port) -> str:
    """Key of the box of a port of the component. Ports that differ by a number share a box, as do the request and the
    response of a memory port.
    """
    return OUTSIDE + stem(RESPONSE.sub("", port.member) if port.kind is Kind.MEMORY else port.member)


def _is_wire(part: Part) -> bool:
    """Whether a part is drawn as part of a line: registers of a stream, and sign extension of lanes."""
    return part.component in REGISTERS or (part.mesh is not None and part.mesh.cell is Extend)


def _kind(sent: Port, taken: Port, bits: int) -> Kind:
    if sent.kind is taken.kind and sent.kind in (Kind.AXI, Kind.AXI_LITE):
        return sent.kind
    if Kind.CONTROL in (sent.kind, taken.kind) or (bits < WIDE and sent.width >= WIDE):
        return Kind.CONTROL
    if Kind.MEMORY in (sent.kind, taken.kind):
        return Kind.MEMORY
    for kind in (Kind.AXI, Kind.AXI_LITE):
        if kind in (sent.kind, taken.kind):
            return kind if bits >= WORD else Kind.WIRE
    if Kind.STREAM in (sent.kind, taken.kind):
        return Kind.STREAM
    lanes = "x" in sent.text or "x" in taken.text
    return Kind.DATA if lanes or max(sent.width, taken.width) >= BROAD else Kind.WIRE


def _name(sent: Port, taken: Port) -> str:
    """Name of the port with the more specific name of two."""
    names = [RESPONSE.sub("", stem(port.member)) for port in (sent, taken)]
    return next((name for name in names if name not in PLAIN and "#" not in name), "")
