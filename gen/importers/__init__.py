"""Importers: files of trained networks as graphs of `sim.network`."""

from .files import load, read
from .network import ImportedNetwork, Operator

__all__ = ["ImportedNetwork", "Operator", "load", "read"]
