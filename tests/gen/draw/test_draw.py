"""Block diagrams: every generator draws; boxes, lines and labels follow from the elaborated design."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.draw import draw
from systola.gen.draw.diagram import diagram
from systola.gen.draw.shapes import Kind
from systola.gen.errors import UsageError
from systola.gen.generators import find, generators
from systola.hw.component import ParameterError
from systola.sim.runner.extras import missing

SVG = "{http://www.w3.org/2000/svg}"
SHOWN = {
    "systolic": "engine core streamed_skew heads rows result_skew buffer a w y",
    "broadcast": "core column buffer a w y",
    "dma": "check load store generator bursts align order desc status m_axi AXI4",
    "scratchpad": "arbiter port to_bank bank from_bank 83",
    "noc": "entry router exit node_in node_out flit",
    "router": "input output i o",
    "collective": "node node_mem node_call",
    "systola": "issuer fetch load store array vector reads activations weights accumulators registers m_axi AXI4",
    "outer_product": "datapath panel pair registers m_axi s_axil",
    "bitbrick": "bitbrick a b product",
}
"""Words in the picture of a generator."""


def words(svg: str) -> set[str]:
    """All words in the texts of the picture."""
    texts = [each.text for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    return {word.strip(":,") for text in texts for word in text.split()}


def found(name: str, depth=None, **parameters):
    component = find(name).component(**parameters).described()
    return diagram(name, type(component), component.p, depth)


def small(name: str) -> dict:
    """A small preset of an accelerator; no parameters for others."""
    accelerator = accelerators().get(name)
    return accelerator.presets["small"] if accelerator else {}


@pytest.mark.parametrize("name", generators())
def test_every_generator_draws(name):
    svg = draw(name, small(name))
    assert svg.startswith("<svg ")
    assert set(SHOWN.get(name, name).split()) <= words(svg)


def test_a_systolic_array_flows_from_skew_to_grid_to_drain():
    d = found("systolic", rows=4, cols=4)
    lines = {(line.source.split("/")[-1], line.target.split("/")[-1]) for line in d.lines}
    assert lines == {
        ("port a", "streamed_skew"),
        ("streamed_skew", "heads"),
        ("heads", "rows0_0"),
        ("port w", "stationary_skew"),
        ("stationary_skew", "rows0_0"),
        ("rows0_0", "result_skew"),
        ("result_skew", "buffer"),
        ("buffer", "port y"),
    }
    (grid,) = (box for box in d.boxes.values() if box.grid == (4, 4))
    assert grid.lines == ("4 x 4 StationaryCell",)


def test_buses_and_memory_ports_have_both_directions():
    d = found("systola", **small("systola"))
    lines = {(line.source.split("/")[-1], line.target.split("/")[-1], line.kind): line for line in d.lines}
    for key in (
        ("fetch", "reads", Kind.AXI),
        ("load", "reads", Kind.AXI),
        ("store", "port m_axi", Kind.AXI),
        ("port s_axil", "registers", Kind.AXI_LITE),
        ("array", "activations", Kind.MEMORY),
        ("array", "weights", Kind.MEMORY),
    ):
        assert lines[key].forward, key
        assert lines[key].back, key
    assert ("issuer", "vector", Kind.STREAM) in lines
    shapes = {box.title: box.shape for box in d.boxes.values()}
    assert [shapes[name] for name in ("activations", "weights", "accumulators")] == ["memory"] * 3


def test_equal_parts_are_one_box_with_their_number():
    boxes = found("collective").boxes.values()
    assert [box.count for box in boxes if box.title == "node"] == [16]
    boxes = found("noc", topology="mesh", k=2, l=2).boxes.values()
    assert {box.title for box in boxes} >= {"router0", "router1", "router2", "router3"}


def test_depth_opens_levels():
    assert [len(found("systolic", depth).clusters) for depth in (1, 2, 3)] == [1, 2, 3]
    assert set(found("systola", 1, **small("systola")).clusters) == {()}


def test_the_text_does_not_depend_on_the_process():
    script = "import sys; from systola.gen.draw import draw; sys.stdout.write(draw('dma'))"

    def text(seed: int) -> str:
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True).stdout

    assert text(1) == text(2) == draw("dma")


def test_a_component_draws_without_a_generator():
    assert "Systolic" in draw(find("systolic").component(rows=2, cols=2))


def test_mistakes_are_one_sentence(monkeypatch):
    with pytest.raises(UsageError, match=r"^unknown generator 'sistolic': did you mean 'systolic'\?$"):
        draw("sistolic")
    with pytest.raises(ParameterError, match=r"^rows=0: rows must be an integer from 1 to 256\.$"):
        draw("systolic", {"rows": 0})
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(ModuleNotFoundError) as error:
        draw("uart")
    assert missing(error.value.name) == (
        "the Python package pygraphviz was not found: run pip install -e '.[draw]' in a clone of Systola."
    )
