"""`systola draw`: the block diagram of a generator."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import Name, Preset, Set, component_of, err, file_option, out


def draw(
    name: Name,
    file: Annotated[Path, file_option("-o", help="SVG file to write.")],
    parameters: Set = None,
    preset: Preset = None,
    depth: Annotated[
        int | None, typer.Option(min=1, max=16, help="Levels of hierarchy; by default as many as a page holds.")
    ] = None,
):
    """Draw the block diagram of a generator: modules, streams, buses and memories."""
    from ..draw import draw as diagram_of

    if file.suffix != ".svg":
        raise UsageError(f"-o {file}: the name of the file must end in .svg.")
    generator, component = component_of(name, parameters, preset)
    component.described()
    with err.status(f"drawing {name}"):
        text = diagram_of(component, depth=depth, title=generator.name)
    file.write_text(text, encoding="utf-8", newline="\n")
    out.print(file, markup=False)
