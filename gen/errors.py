"""Errors with messages for the user."""

import difflib
from collections.abc import Iterable


class UsageError(Exception):
    """A request that cannot be carried out; the message is one sentence for the user."""


def suggestion(name: str, known: Iterable[str]) -> str:
    """End of an error sentence: the nearest known name, or all known names if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}."
