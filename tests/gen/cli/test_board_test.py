"""`systola board test` on the golden link: an exception in a check keeps the table; rates never exceed the UART's."""

import pytest
from typer.testing import CliRunner

from systola.gen.board.board import Board
from systola.gen.cli import board_test
from systola.gen.cli.app import app
from systola.gen.errors import UsageError


class Clock(Board):
    """A board whose clock advances 10,000 cycles per read."""

    def read_register(self, address):
        if address == board_test.CYCLES:
            self.cycles = getattr(self, "cycles", 0) + 10_000
            return self.cycles
        return super().read_register(address)


@pytest.fixture
def board(stream):
    return Clock(stream(facts=" engine=outer_product/4/64"), silence=0)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (UsageError("no accelerator."), "no accelerator."),
        (KeyError("x"), "KeyError: 'x'"),
        (ModuleNotFoundError("no module", name="serial.tools"), "the Python package pyserial was not found: run pip "),
    ],
    ids=["usage", "any other", "a missing package"],
)
def test_an_exception_in_a_check_keeps_the_table(board, monkeypatch, error, found):
    def broken(*_):
        raise error

    monkeypatch.setattr(board_test.computed, "products", broken)
    monkeypatch.setattr(board_test.computed, "digits", broken)
    monkeypatch.setattr(Board, "open", lambda *_: board)
    run = CliRunner().invoke(app, ["board", "test", "--port", "none", "--limit", "256"])
    assert run.exit_code == 1, run.exception
    lines = {line.split("  ")[0]: line for line in run.stdout.splitlines()}
    assert "passed" in lines["identity"]
    assert "passed" in lines["memory march"]
    for name in ("matrix products", "digits"):
        assert "FAILED" in lines[name]
        assert found in lines[name]
    assert "passed" in lines["link, reads"]


@pytest.mark.parametrize(
    ("baud", "found"),
    [(10_000_000, "819.2 kB/s, 81.9% of the UART's bytes, 0 "), (4_000_000, "more than 4000000 baud allow: ")],
)
def test_a_rate_never_exceeds_the_uart(board, baud, found):
    results = {result.name: result for result in board_test.run(board, baud, limit=256)}
    for name in ("link, writes", "link, reads"):
        assert results[name].passed
        assert found in results[name].found
        assert "%" not in results[name].found or baud == 10_000_000
