"""Discovery of plug-ins by entry point: the loader of `hw.plugins`, for use within `gen`."""

from ..hw.plugins import Plugins, load

__all__ = ["Plugins", "load"]
