"""After synthesis the design still does what `systola board test` asks: cells of the device, in Verilator."""

import pytest

from systola.gen.board import check
from systola.gen.board.commands import start
from systola.gen.board.driver import Board
from systola.gen.board.targets import find


@pytest.mark.slow
@pytest.mark.parametrize(("name", "device"), [("icebreaker", "ice40-up5k"), ("ulx3s-12f", "ecp5-12k")])
def test_cells_pass_the_boards_test(name, device):
    target = find(name)
    with start(target, cells=device) as virtual, Board.open(virtual.port, target.baud, silence=5) as board:
        results = list(check.run(board, target.baud, limit=1024, images=2))
    assert all(result.passed for result in results), results
