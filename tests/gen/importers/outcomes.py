"""Outcome of reading a file: a sentence, never a traceback."""

import json

from systola.gen.accelerators.registry import find
from systola.gen.errors import UsageError
from systola.gen.importers import read
from systola.gen.run.survey import survey

SYSTOLA = find("systola")


def outcome(data: bytes) -> str:
    """Sentence with which a file is rejected, or "" for one that is read, with its faults."""
    try:
        network = read(data, "f")
    except UsageError as error:
        sentence = str(error)
    else:
        sentence = network.fault or ""
        assert json.dumps(survey(network, SYSTOLA, SYSTOLA.parameters()).data())
    assert sentence == "" or (sentence.startswith("f") and sentence.endswith(".") and sentence.isprintable()), sentence
    return sentence
