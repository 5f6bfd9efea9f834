"""Importer of ONNX files with quantised operators. Results are bit-exact with ONNX Runtime."""

from .convert import read
from .file import FIRST_BYTE

__all__ = ["FIRST_BYTE", "read"]
