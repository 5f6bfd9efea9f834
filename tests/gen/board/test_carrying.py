"""Design of a board with any accelerator."""

import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.board.targets import find
from systola.gen.cli.app import main
from systola.hw.systems.board import Bringup


@pytest.mark.parametrize("name", list(accelerators()))
def test_the_memory_bus_follows_the_accelerator(name):
    accelerator = accelerators()[name]
    parameters = accelerator.preset("small")
    carried = find("icebreaker").carrying(name, dict(parameters))
    assert carried["data_width"] == 8 * accelerator.bytes_per_beat(parameters)
    assert Bringup(**carried).described().p.engine.component is accelerator.component


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--on", "outer_produkt"], "unknown accelerator 'outer_produkt': did you mean 'outer_product'?"),
        (["--on", "outer_product", "-p", "depth=7"], "depth=7: depth must be a multiple of 16 from 16 to 8192."),
    ],
)
def test_a_wrong_accelerator_is_one_sentence(monkeypatch, capsys, arguments, sentence):
    monkeypatch.setattr("sys.argv", ["systola", "board", "virtual", "icebreaker", *arguments])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err.splitlines() == [f"systola: {sentence}"]
