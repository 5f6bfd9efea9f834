"""SVG text of a diagram with its layout."""

import math
from xml.sax.saxutils import escape, quoteattr

from .layout import SMALL, TITLE, Layout, Point, heading, texts
from .model import THIN, Box, Connection, Diagram
from .shapes import Kind

FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
INK, GREY, PALE = "#222222", "#777777", "#999999"
LINES = {
    Kind.STREAM: ("#0b5394", 1.5),
    Kind.DATA: ("#0b5394", 1.5),
    Kind.MEMORY: ("#1b7a55", 2.2),
    Kind.AXI: ("#b45309", 3.2),
    Kind.AXI_LITE: ("#b45309", 2.2),
    Kind.WIRE: ("#8a8a8a", 0.8),
    Kind.CONTROL: ("#8a8a8a", 0.8),
}
"""Colour and width of lines; lines of different colours also have different widths."""
FILLS = {
    "box": "#eef3f9",
    "memory": "#e3f3ea",
    "queue": "#f4efe4",
    "grid": "#eef3f9",
    "port": "#ffffff",
    "bus": "#fdf0e0",
}
FRAMES = ("#ffffff", "#f7f7f7", "#efefef", "#e7e7e7")
MARGIN = 8
MEANING = {
    Kind.STREAM: "stream or data",
    Kind.MEMORY: "memory requests",
    Kind.AXI: "AXI4",
    Kind.AXI_LITE: "AXI4-Lite",
    Kind.CONTROL: "control, status",
}


def text(diagram: Diagram, layout: Layout) -> str:
    """SVG text of a picture."""
    legend = [kind for kind in MEANING if any(_drawn(line.kind) is kind for line in diagram.lines)]
    width, height = (
        max(layout.width, _legend_width(legend)) + 2 * MARGIN,
        layout.height + 2 * MARGIN + 18 * bool(legend),
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-MARGIN} {-MARGIN} {width:.0f} {height:.0f}" font-family={quoteattr(FONT)}>',
        f"<title>{escape(diagram.title)}</title>",
        f'<rect x="{-MARGIN}" y="{-MARGIN}" width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    for path in sorted(layout.frames, key=len):
        parts += _frame(path, diagram.clusters[path], layout.frames[path])
    order = sorted(zip(diagram.lines, layout.curves, strict=True), key=lambda each: each[0].kind not in THIN)
    for line, curve in order:
        parts += _line(line, curve)
    for key, box in diagram.boxes.items():
        parts += ["<g>", f"<title>{escape(key)}</title>", *_box(box, *layout.boxes[key]), "</g>"]
    for line, place in zip(diagram.lines, layout.labels, strict=True):
        if place:
            shown, (x, y) = texts(diagram, line), place
            parts.append(_ground(x, y, shown))
            parts += _texts(x, y, [(each, SMALL, False, LINES[line.kind][0]) for each in shown])
    parts += _legend(legend, layout.height + 14)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(kind: Kind) -> Kind:
    return {Kind.DATA: Kind.STREAM, Kind.WIRE: Kind.CONTROL}.get(kind, kind)


def _frame(path, title: str, frame) -> list[str]:
    x0, y0, x1, y1 = frame
    fill = FRAMES[min(len(path), len(FRAMES) - 1)]
    return [
        f'<rect x="{x0}" y="{y0}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}" rx="6" fill="{fill}" stroke="{PALE}"/>',
        f'<text x="{x0 + 8}" y="{y0 + 16}" font-size="{TITLE}" font-weight="bold" fill="{GREY}">{escape(title)}</text>',
    ]


def _line(line: Connection, curve: list[Point]) -> list[str]:
    colour, width = LINES[line.kind]
    head = 5.0 if line.kind in THIN else 4 + 1.6 * width
    start, *points, end = curve
    path, heads = f"{_at(points[0])}C" + " ".join(map(_at, points[1:])), []
    if line.forward:
        heads.append(_arrow(points[-2], end, head, colour))
        path += f"L{_at(_towards(end, points[-2], head))}"
    if line.back:
        heads.append(_arrow(points[1], start, head, colour))
        path = f"{_at(_towards(start, points[1], head))}L{path}"
    return [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>', *heads]


def _towards(a: Point, b: Point, way: float) -> Point:
    """Point at distance `way` from `a` in the direction of `b`."""
    length = max(math.dist(a, b), 0.01)
    return round(a[0] + (b[0] - a[0]) * way / length, 1), round(a[1] + (b[1] - a[1]) * way / length, 1)


def _at(point: Point) -> str:
    return f"{point[0]},{point[1]}"


def _arrow(before: Point, tip: Point, size: float, colour: str) -> str:
    (x0, y0), (x1, y1) = before, tip
    length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 0.01)
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    bx, by, half = x1 - dx * size, y1 - dy * size, size * 0.42
    corners = [(x1, y1), (bx - dy * half, by + dx * half), (bx + dy * half, by - dx * half)]
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}" fill="{colour}"/>'


def _box(box: Box, x: float, y: float, width: float, height: float) -> list[str]:
    """Elements of a box with its text; (x, y) is its centre."""
    found = []
    left, top = x - width / 2, y - height / 2
    if box.count > 1:
        width, height = width - 8, height - 8
        for step in (8, 4):
            found += _outline(box, left + step, top + 8 - step, width, height)
        found += _outline(box, left, top + 8, width, height)
        x, y = left + width / 2, top + 8 + height / 2
        top += 8
    else:
        found += _outline(box, left, top, width, height)
    shown = [(heading(box), TITLE, True, INK), *((line, SMALL, False, INK) for line in box.lines)]
    if box.shape == "grid":
        cells = 24 * min(box.grid[0], 4) + 4
        found += _grid(box, x, top + 6, width)
        y = top + cells + (height - cells) / 2
    elif box.shape == "memory":
        y += 5
    elif box.shape == "queue":
        x -= 11
    return found + _texts(x, y, shown)


def _outline(box: Box, left: float, top: float, width: float, height: float) -> list[str]:
    style = f'fill="{FILLS[box.shape]}" stroke="{INK}" stroke-width="1"'
    right, bottom = left + width, top + height
    if box.shape == "memory":
        rise, half = 7, width / 2
        body = f"M{left},{top + rise}v{height - 2 * rise}a{half},{rise} 0 0 0 {width},0v{-(height - 2 * rise)}"
        lid = f'<ellipse cx="{left + half}" cy="{top + rise}" rx="{half}" ry="{rise}" {style}/>'
        return [f'<path d="{body}" {style}/>', lid]
    corner = {"port": height / 2, "bus": 3, "box": 3}.get(box.shape, 0)
    rect = f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="{corner}" {style}/>'
    if box.shape == "queue":
        bars = "".join(f"M{right - each},{top}V{bottom}" for each in (6, 12, 18))
        return [rect, f'<path d="{bars}" fill="none" stroke="{INK}" stroke-width="1"/>']
    return [rect]


def _grid(box: Box, x: float, top: float, width: float) -> list[str]:
    """Elements of a grid of cells; cells in the middle are omitted if the grid is larger than the picture."""
    found, (rows, cols) = [], box.grid
    down, across = min(rows, 4), min(cols, 4)
    left = x - 34 * across / 2
    for row in range(down):
        for col in range(across):
            cx, cy = left + 34 * col + 4, top + 24 * row
            skipped = (rows > 4 and row == 2, cols > 4 and col == 2)
            if any(skipped):
                found += _dots(cx + 13, cy + 9, 5 * (cols > 4 and col == 2), 5 * (rows > 4 and row == 2))
                continue
            found.append(
                f'<rect x="{cx}" y="{cy}" width="26" height="18" fill="#c9daf0" stroke="{INK}" stroke-width="0.8"/>'
            )
            if col + 1 < across:
                found.append(_tick(cx + 26, cy + 9, 8, 0))
            if row + 1 < down:
                found.append(_tick(cx + 13, cy + 18, 0, 6))
    return found


def _dots(x: float, y: float, dx: float, dy: float) -> list[str]:
    """Three dots for the omitted cells."""
    return [f'<circle cx="{x + n * dx}" cy="{y + n * dy}" r="1.1" fill="{INK}"/>' for n in (-1, 0, 1)]


def _tick(x: float, y: float, dx: float, dy: float) -> str:
    return f'<path d="M{x},{y}l{dx},{dy}" stroke="{INK}" stroke-width="0.8"/>'


def _texts(x: float, y: float, lines: list[tuple]) -> list[str]:
    """Elements of lines of text around a centre."""
    heights = [size * 1.3 for _, size, _, _ in lines]
    at, found = y - sum(heights) / 2, []
    for (each, size, bold, colour), height in zip(lines, heights, strict=True):
        found.append(_text(x, at + height / 2, each, size, bold, colour))
        at += height
    return found


def _ground(x: float, y: float, lines: list[str]) -> str:
    """Light background of text that may cover lines."""
    width, height = max(map(len, lines)) * SMALL * 0.55, len(lines) * SMALL * 1.25
    place = f'x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} fill="#ffffff" fill-opacity="0.75"/>'


def _text(x: float, y: float, each: str, size: float, bold: bool, colour: str) -> str:
    weight = ' font-weight="bold"' * bold
    place = f'x="{x:.1f}" y="{y + size * 0.35:.1f}" font-size="{size}" text-anchor="middle"'
    return f'<text {place}{weight} fill="{colour}">{escape(each)}</text>'


def _legend(kinds: list[Kind], y: float) -> list[str]:
    found, x = [], 4.0
    for kind in kinds:
        colour, width = LINES[kind]
        found.append(f'<path d="M{x},{y}h22" stroke="{colour}" stroke-width="{width}"/>')
        found.append(f'<text x="{x + 27}" y="{y + 3}" font-size="{SMALL}" fill="{GREY}">{MEANING[kind]}</text>')
        x += _legend_width([kind])
    return found


def _legend_width(kinds: list[Kind]) -> float:
    return sum(43 + len(MEANING[kind]) * SMALL * 0.55 for kind in kinds)
