"""`systola draw`: the block diagram of a generator."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from .options import Name, Preset, Set, component_of, err, out


def draw(
    name: Name,
    file: Annotated[Path, typer.Option("-o", metavar="FILE.svg", help="SVG file to write.")],
    parameters: Set = None,
    preset: Preset = None,
    depth: Annotated[
        int | None, typer.Option(min=1, max=16, help="Levels of hierarchy; by default as many as a page holds.")
    ] = None,
):
    """Draw the block diagram of a generator: modules, streams, buses and memories."""
    from ..draw import draw as diagram_of

    generator, component = component_of(name, parameters, preset)
    component.described()
    if file.suffix != ".svg":
        raise UsageError(f"-o {file}: the file's name must end in .svg.")
    with err.status(f"drawing {name}"):
        text = diagram_of(component, depth=depth, title=generator.name)
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}.") from None
    out.print(file, markup=False)
