"""Reasons why operators and files cannot be imported, as the ends of sentences."""

from typing import NoReturn

from ...sim.network.graph import GraphError

LARGEST = 1 << 28
"""Elements of a tensor."""


class Unsupported(ValueError):
    """Reason why an operator cannot be imported, as the end of a sentence."""


def fail(reason: str) -> NoReturn:
    """Reject an operator for a reason, the end of a sentence."""
    raise Unsupported(reason)


def printable(text: str) -> str:
    """Name in a file as one printable line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def sentence(error: Exception) -> str:
    """Reason of an error, without the name of the node, which the operator's title replaces."""
    text = str(error).rstrip(".")
    if isinstance(error, GraphError) and text.startswith("node "):
        text = text.split(": ", 1)[1]
    return text
