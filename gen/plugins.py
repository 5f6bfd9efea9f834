"""Discovery by entry point, for this room: the loader of `hw.plugins`."""

from ..hw.plugins import Plugins, load

__all__ = ["Plugins", "load"]
