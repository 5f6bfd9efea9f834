"""Output of `make bench`: a page equal to its data, pictures without measurement, and the counting of rates."""

import itertools
import json
from dataclasses import asdict
from pathlib import Path

import pytest
from matplotlib.text import Text

from systola.gen.figures import memories, pictures, precision, style
from systola.gen.figures.__main__ import SECTIONS, _markdown, main
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


def test_the_page_matches_the_data(sections):
    written = (DOCS / "figures.md").read_text().split("\n## ", 1)[1]
    assert written == _markdown(sections).split("\n## ", 1)[1]


@pytest.mark.slow
def test_pictures_are_drawn_from_the_data(sections, tmp_path):
    paths = pictures.draw(sections, tmp_path)
    assert [path.name for path in paths] == list(pictures.panels(sections))
    assert {path.name for path in paths} <= set(pictures.TITLES)
    assert all((DOCS / path.name).exists() for path in paths)
    assert all(path.stat().st_size > 10_000 for path in paths)
    assert pictures.draw({"gemm": sections["gemm"]}, tmp_path / "none") == []


@pytest.fixture(scope="module")
def axes(sections):
    """The axes of each picture, as drawn."""
    plt, found = style.use(), {}
    for name, picture in pictures.panels(sections).items():
        figure = pictures.figure(picture, sections)
        figure.draw_without_rendering()
        found[name] = figure.axes
    yield found
    plt.close("all")


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_texts_do_not_overlap(axes, name):
    for each in axes[name]:
        texts = [text for text in each.texts if text.get_text() and not text.get_rotation()]
        boxes = [(text.get_text(), Text.get_window_extent(text).shrunk(0.98, 0.7)) for text in texts]
        meet = [(a, b) for (a, one), (b, other) in itertools.combinations(boxes, 2) if one.overlaps(other)]
        assert meet == []


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_axes_are_labelled(axes, name):
    for each in axes[name]:
        if each.get_title("left"):
            last = name != "schedule.png" or each is axes[name][-1]
            assert each.get_xlabel() or each.get_ylabel() or not last, each.get_title("left")


def test_every_series_is_named_at_its_line(sections, axes):
    def texts(each):
        return " ".join(text.get_text().replace("\n", " ") for text in each.texts)

    named = texts(axes["collectives.png"][0])
    assert all(row[1] in named for row in sections["collectives"].rows)
    assert "41,050" in axes["schedule.png"][0].get_title("left")
    roof = texts(axes["core.png"][0])
    assert all(row[0] in roof for row in sections["systola"].rows)
    named = texts(axes["networks.png"][0])
    assert all(f"{vcs} VCs" in named for vcs in (2, 4, 8))


def test_pictures_are_redrawn_without_measuring(sections, tmp_path, monkeypatch):
    kept = {"gemm": asdict(sections["gemm"]), "area": asdict(sections["area"])}
    (tmp_path / "figures.json").write_text(json.dumps(kept))
    monkeypatch.setitem(SECTIONS, "gemm", None)  # a measurement would fail
    main(tmp_path, redraw=True)
    assert {path.name for path in tmp_path.iterdir()} == {"figures.json", "figures.png"}


@pytest.mark.parametrize("row", precision.ROWS, ids=lambda row: row.label)
def test_decoders_at_the_edges_are_counted(row):
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
