"""Importer of TFLite files. Results are bit-exact with TensorFlow Lite Micro."""

from .convert import read
from .file import IDENTIFIER

__all__ = ["IDENTIFIER", "read"]
