"""Stimulus of the broadcast matrix unit: that of the systolic array, whose streams it has."""

from .systolic import random_cases

__all__ = ["random_cases"]
