"""A page per generator and accelerator in `gallery/`, made from the code before each build."""

import importlib
import inspect
import json
import re
import typing
from pathlib import Path

from rst import heading, literal, plain, table, write

from systola.gen.cli.describe import as_data, plural
from systola.gen.figures.section import text
from systola.gen.generators import HEADINGS, OTHERS, Generator, generators

AREA = ("area", "memories", "dma", "systola_area", "router", "fusion_area")
"""Sections of figures.json with cells and clock rates."""
ALL_ROWS = {"dma": "dma", "router": "router", "systola_area": "systola", "fusion_area": "fusion_unit"}
"""Sections of one generator. A row of the other sections begins with the name of its generator."""
LAW = ("Latency", "Initiation interval", "Back-pressure")
PACKAGES = ("hw", "sim", "gen")


def page(generator: Generator, figures: dict, diagram: str | None) -> str:
    """The page of a generator."""
    data = as_data(generator)
    groups = paragraphs(data["description"])
    component = generator.component().described()
    return "\n".join(
        [
            ":orphan:\n" if generator.heading == OTHERS else "",
            heading(generator.name),
            *groups["description"],
            f"Source file: ``{source_file(generator)}``\n",
            *(
                [heading("Block diagram", "-"), f".. image:: {diagram}\n   :alt: modules and connections\n"]
                * bool(diagram)
            ),
            heading("Parameters", "-"),
            parameters(generator, data),
            heading("Ports", "-"),
            "With the default parameters; :doc:`/reference/ports` describes their protocol.\n",
            table(
                ("port", "direction", "bits"),
                [(literal(port["name"]), port["direction"], port["width"]) for port in data["ports"]],
            ),
            heading("Cycle law", "-"),
            law(component),
            *groups["law"],
            heading("Area and clock", "-"),
            *groups["area"],
            *measured(generator.name, figures),
            heading("Reference", "-"),
            *groups["source"],
        ]
    )


def paragraphs(description: str) -> dict[str, list[str]]:
    """The paragraphs of a docstring by subject: description, law, area, source."""
    groups = {"description": [], "law": [], "area": [], "source": []}
    for paragraph in re.split(r"\n(?=\s*\n)", description):
        start = paragraph.strip()
        group = next((g for g, words in SUBJECTS.items() if start.startswith(words)), "description")
        groups[group].append(f"{reference(paragraph) if group == 'source' else paragraph}\n")
    return groups


def reference(paragraph: str) -> str:
    """Paragraph without the word that the heading of its section states."""
    return paragraph.strip().removeprefix("Source: ")


SUBJECTS = {"law": LAW, "area": ("Area",), "source": ("Source",)}


def parameters(generator: Generator, data: dict) -> str:
    fields = generator.component.Parameters.model_fields
    if not fields:
        return "None.\n"
    rows = [
        (
            literal(name),
            plain(kind(fields[name].annotation)),
            plain(p["legal"]),
            literal(p["default"]),
            plain(p["meaning"]),
        )
        for name, p in data["parameters"].items()
    ]
    return table(("parameter", "type", "legal values", "default", "meaning"), rows)


def kind(annotation) -> str:
    """A word for the type of a parameter."""
    if annotation in (int, bool, str):
        return annotation.__name__
    if typing.get_origin(annotation) is typing.Literal:
        return "choice"
    parts = [
        typing.get_args(part)[0] if hasattr(part, "__metadata__") else part for part in typing.get_args(annotation)
    ]
    return "int or choice" if int in parts else "object"


def law(component) -> str:
    """Latency, interval and peak with the default parameters."""
    interval = getattr(component, "interval", None)
    unit = component.unit if component.peak == 1 else plural(component.unit)
    cycles = "cycle" if component.latency == 1 else "cycles"
    values = [f"latency {component.latency} {cycles}", f"peak {component.peak:,} {unit} per cycle"]
    if isinstance(interval, int):
        values.insert(1, f"initiation interval {interval}")
    return f"With the default parameters: {', '.join(values)}.\n"


def measured(name: str, figures: dict) -> list[str]:
    """Tables with the rows of figures.json that belong to a generator."""
    found = []
    for key in AREA:
        section = figures.get(key)
        rows = [row for row in section["rows"] if ALL_ROWS.get(key, str(row[0]).split()[0]) == name] if section else []
        if rows:
            used = [n for n in range(len(section["columns"])) if any(row[n] is not None for row in rows)]
            cells = [tuple(plain(text(row[n])) for n in used) for row in rows]
            found.append(table(tuple(plain(section["columns"][n]) for n in used), cells))
            found.append(f"From :doc:`/figures`, section *{plain(section['title'])}*.\n")
    return found or ["Not measured in :doc:`/figures`.\n"]


def source_file(generator: Generator) -> str:
    module = generator.component.__module__
    return module.removeprefix("systola.").replace(".", "/") + ".py" if module.startswith("systola.") else module


def diagram(name: str, folder: Path) -> str | None:
    """Draw a generator; None where the packages of the extra `draw` are not installed."""
    try:
        svg = importlib.import_module("systola.gen.draw").draw(name)
    except ModuleNotFoundError:
        return None
    write(folder / f"{name}.svg", svg)
    return f"{name}.svg"


def index(known: dict[str, Generator]) -> str:
    intro = "A page for each generator and accelerator, made from its code and from the measured figures.\n"
    parts = [heading("Gallery"), intro]
    for title in HEADINGS:
        members = [each for each in known.values() if each.heading == title]
        if members:
            rows = [(f":doc:`{each.name}`", summary(each)) for each in members]
            parts += [heading(title.capitalize(), "-"), table(("name", "description"), rows)]
            parts += [".. toctree::\n   :hidden:\n", *(f"   {each.name}" for each in members), ""]
    return "\n".join(parts)


def summary(generator: Generator) -> str:
    return inspect.cleandoc(generator.component.__doc__).partition("\n\n")[0].partition("\n")[0]


def own(known: dict[str, Generator]) -> dict[str, Generator]:
    """Generators of this package: the site does not depend on what else is installed."""
    return {name: each for name, each in known.items() if each.component.__module__.startswith("systola.")}


def build(app):
    source = Path(app.srcdir)
    figures = json.loads((source / "figures.json").read_text(encoding="utf-8"))
    known = own(generators())
    folder = source / "gallery"
    for name, generator in known.items():
        write(folder / f"{name}.rst", page(generator, figures, diagram(name, folder)))
    write(folder / "index.rst", index(known))
    for stale in folder.glob("*.rst"):
        if stale.stem not in {*known, "index"}:
            stale.unlink()


def setup(app):
    app.connect("builder-inited", build)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
