"""Netlist after synthesis: passes `systola board test` on cells of the device, in Verilator."""

import pytest

from systola.gen.board.board import Board
from systola.gen.board.targets import find
from systola.gen.cli import board_test as check
from systola.gen.cli.board import start

BAUD = 3_000_000
"""Parameters of the UART: cells simulate slowly."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "device"), [("icebreaker", "ice40-up5k"), ("ulx3s-12f", "ecp5-12k")])
def test_cells_pass_the_boards_test(name, device):
    with start(find(name), cells=device, baud=BAUD) as virtual, Board.open(virtual.port, BAUD, silence=5) as board:
        results = list(check.run(board, BAUD, limit=1024, images=1))
    assert all(result.passed for result in results), results
