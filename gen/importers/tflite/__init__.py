"""Importer of TFLite files. Results are bit for bit those of TensorFlow Lite Micro."""

from .convert import load, read

__all__ = ["load", "read"]
