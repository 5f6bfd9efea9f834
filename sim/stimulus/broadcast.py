"""Stimulus of the broadcast matrix unit: that of the systolic array, as its streams are the same."""

from .systolic import random_cases

__all__ = ["random_cases"]
