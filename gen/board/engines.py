"""Which engine a board has, as its design is told and as its host reads it: a word that says the sizes."""

from typing import NamedTuple

from ...hw.component import Component, ParameterError, Parameters
from ...hw.cores.outer_product.core import OuterProduct
from ...hw.systems.board import BoardEngine
from ..host.driver import Board, BoardError


class Kind(NamedTuple):
    """An engine, and the parameters that its word tells, in this order; all else is as by default."""

    component: type[Component]
    sizes: tuple[str, ...]


KINDS = {
    "core": Kind(
        Core,
        (
            "size",
            "activation_bytes",
            "weight_bytes",
            "accumulators",
            "banks",
            "data_width",
            "instructions",
            "queue",
            "sram_latency",
        ),
    ),
    "outer_product": Kind(OuterProduct, ("depth",)),
}


def make(kind: str, **sizes: int) -> BoardEngine:
    """An engine of these sizes."""
    component, names = KINDS[kind]
    parameters = component.Parameters.check(**sizes)
    word = "/".join([kind, *(str(getattr(parameters, name)) for name in names)])
    return BoardEngine(name=word, component=component, parameters=parameters)


def parse(word: str) -> tuple[str, Parameters] | None:
    """The kind of engine that a word tells of, and its parameters; None if there is no such engine."""
    kind, *numbers = word.split("/")
    if kind not in KINDS:
        return None
    component, names = KINDS[kind]
    if len(numbers) != len(names) or not all(number.isdecimal() for number in numbers):
        return None
    try:
        return kind, component.Parameters.check(**dict(zip(names, map(int, numbers), strict=True)))
    except ParameterError:
        return None


def host(board: Board):
    """Who drives the engine of a board. Raises :class:`.BoardError`."""
    from ..accelerators.outer_product.host import OuterHost
    from ..accelerators.systola.host import CoreHost

    word = board.facts.get("engine", "none")
    if found := parse(word):
        return {"core": CoreHost, "outer_product": OuterHost}[found[0]](board, found[1])
    raise BoardError(f"{board.facts.get('board')} says engine={word}, which this driver does not know.")
