"""Block diagram of a generator, as SVG."""

from ...hw.component import Component
from ..generators import find
from . import svg
from .diagram import diagram
from .layout import arrange


def draw(
    name: str | Component, parameters: dict | None = None, depth: int | None = None, *, title: str | None = None
) -> str:
    """Draw the block diagram of a generator, or of a component; return the text of an SVG file.

    Boxes are submodules with their class and main parameters; adjacent equal submodules are one stacked box. Cylinders
    are memories, barred boxes are FIFO buffers, and grids are meshes of cells. Lines are streams, data, memory ports
    (requests and responses), AXI4 and AXI4-Lite. Control is drawn only for boxes without data. Clock and reset are not
    drawn.

    `depth` is the number of levels of hierarchy that are opened; by default as many as a page holds. The text depends
    only on the arguments. Raises :class:`.UsageError` for an unknown name, :class:`.ParameterError` for illegal
    parameters, and ModuleNotFoundError without PyGraphviz (extra `draw`).
    """
    if isinstance(name, Component):
        component, title = name, title or type(name).__name__
    else:
        generator = find(name)
        component, title = generator.component(**(parameters or {})), title or generator.name
    component.described()
    found = diagram(title, type(component), component.p, depth)
    return svg.text(found, arrange(found))
