"""Block diagrams of generators."""

from .block_diagram import draw

__all__ = ["draw"]
