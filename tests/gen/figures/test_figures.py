"""What `make bench` writes: the page says what the data say, pictures can be drawn, rates are counted right."""

import json
from pathlib import Path

import pytest

from systola.gen.figures import memories, pictures, precision
from systola.gen.figures.__main__ import SECTIONS, _markdown
from systola.gen.figures.section import Section
from systola.gen.verilog.verilog import generate

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def sections():
    return {name: Section(**data) for name, data in json.loads((DOCS / "figures.json").read_text()).items()}


def test_sections_come_in_order(sections):
    assert list(sections) == [name for name in SECTIONS if name in sections]
    assert all(section.rows for section in sections.values())


def test_every_section_was_measured(sections):
    assert list(sections) == list(SECTIONS)
    assert len(sections["precision"].rows) == len(precision.ROWS)


def test_the_page_is_that_of_the_data(sections):
    written = (DOCS / "figures.md").read_text().split("\n## ", 1)[1]
    assert written == _markdown(sections).split("\n## ", 1)[1]


def test_pictures_are_drawn_from_the_data(sections, tmp_path):
    paths = pictures.draw(sections, tmp_path)
    assert [path.name for path in paths] == list(pictures.panels(sections))
    assert {path.name for path in paths} <= set(pictures.TITLES)
    assert all((DOCS / path.name).exists() for path in paths)
    assert all(path.stat().st_size > 10_000 for path in paths)
    assert pictures.draw({"gemm": sections["gemm"]}, tmp_path / "none") == []


@pytest.mark.parametrize("row", precision.ROWS, ids=lambda row: row.label)
def test_what_decodes_at_the_edges_can_be_counted(row):
    array = precision._component(row)
    parts = precision._edge(array)
    assert bool(parts) == (row.generator != "bfloat16_systolic" and row.label not in ("int8", "int4"))
    for part in parts:
        assert generate("decoders", part).peak in (array.p.rows, array.p.cols)


def test_rates_are_counted_while_all_ports_are_busy():
    every, half = list(range(0, 1000)), list(range(0, 1000, 2))
    assert memories._rate([every, every]) == pytest.approx(2.0)
    assert memories._rate([every, half]) == pytest.approx(1.5, abs=0.01)
    assert memories._rate([every, list(range(0, 500))]) == pytest.approx(2.0)


def test_lost_cycles_are_those_between_requests():
    assert memories._lost([3, 4, 5]) == 0
    assert memories._lost([3, 5, 9]) == 4
    assert memories._lost([]) == 0
