"""Importer of TFLite files. Results are bit-exact with TensorFlow Lite Micro."""

from .convert import load, read

__all__ = ["load", "read"]
