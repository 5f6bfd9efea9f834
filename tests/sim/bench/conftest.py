"""What tests of benches need: a design that is broken on purpose."""

import re
from dataclasses import replace

import pytest


@pytest.fixture(scope="session")
def spoil():
    """A function that gives a design with another text wherever `pattern` stands, which must be somewhere."""

    def put(design, pattern: str, instead: str):
        text, count = re.subn(pattern, instead, design.verilog)
        assert count, f"{pattern} is not in the text any more"
        assert text != design.verilog, f"{pattern} is replaced by itself"
        return replace(design, verilog=text)

    return put
