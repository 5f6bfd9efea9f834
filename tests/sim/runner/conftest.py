"""Designs for tests of harnesses."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def probe() -> str:
    """The Verilog of module `probe`: two masters, a link, registers."""
    return (HERE / "probe.v").read_text()


@pytest.fixture(scope="session")
def twin() -> str:
    """The Verilog of module `twin`, which compares its DRAM with the former model."""

    return (HERE / "twin.v").read_text() + (HERE / "axi_memory.v").read_text()
