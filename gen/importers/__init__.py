"""Importers: files of trained networks as graphs of `sim.network`."""

from .network import ImportedNetwork, Operator
from .tflite import load, read

__all__ = ["ImportedNetwork", "Operator", "load", "read"]
