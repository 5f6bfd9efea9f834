"""Block diagrams of generators."""

from .draw import draw

__all__ = ["draw"]
