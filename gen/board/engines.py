"""Engine word of a board: accelerator and parameters as `NAME/SIZE/...`, in the design and in the board's identity."""

from ...hw.component import ParameterError, Parameters
from ...hw.systems.board import BoardEngine
from ..accelerators import registry
from ..accelerators.base import Accelerator


def make(name: str, **sizes: int) -> BoardEngine:
    """Make the engine of a board from an accelerator's name and parameters. Raises :class:`.ParameterError`."""
    accelerator = registry.find(name)
    parameters = accelerator.parameters(**sizes)
    word = "/".join([accelerator.name, *(str(getattr(parameters, key)) for key in accelerator.board_parameters)])
    return BoardEngine(name=word, component=accelerator.component, parameters=parameters)


def parse(word: str) -> tuple[str, Parameters] | None:
    """Name and parameters of the accelerator that a word describes; None if the word is not valid."""
    name, *numbers = word.split("/")
    accelerator: Accelerator | None = registry.accelerators().get(registry.ALIASES.get(name, name))
    if accelerator is None:
        return None
    keys = accelerator.board_parameters
    if len(numbers) != len(keys) or not all(number.isdecimal() for number in numbers):
        return None
    try:
        return accelerator.name, accelerator.parameters(**dict(zip(keys, map(int, numbers), strict=True)))
    except ParameterError:
        return None
