"""Names of modules: unique, without running numbers, independent of other modules, and different for each top."""

import re

import pytest
from amaranth.hdl import Module, Shape, Signal, signed
from amaranth.lib.wiring import In, Out

from systola.gen.errors import UsageError
from systola.gen.generators import find, generators
from systola.gen.verilog.names import DIGITS, LONGEST, SEPARATOR, ModuleNames, check_top, snake
from systola.gen.verilog.verilog import generate
from systola.hw.bundle import Bundle, Lanes
from systola.hw.component import Component, Parameters, place
from systola.hw.formats.operand import Scaled
from systola.hw.stream.packet import Packet
from systola.sim.runner.verilator import lint

SMALL = {"rows": 2, "cols": 2}


class Part(Component):
    """A delay of one cycle; its parameters only distinguish it."""

    class Parameters(Parameters):
        width: int = 8
        flag: bool = False
        style: str = "block"
        shape: Shape | Bundle | Lanes | None = None
        texts: tuple = ()

    @staticmethod
    def members(p):
        return {"i": In(p.width), "o": Out(p.width)}

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.o.eq(self.i)
        return m


class Whole(Component):
    """Parts of the given widths in a row of one bit."""

    unit, peak, latency = "bit", 1, 1

    class Parameters(Parameters):
        widths: tuple[int, ...]

    @staticmethod
    def members(p):
        return {"i": In(1), "o": Out(1)}

    def elaborate(self, platform):
        m = Module()
        for n, width in enumerate(self.p.widths):
            part = place(m, platform, f"part{n}", Part, width=width)
            m.d.comb += part.i.eq(Signal(width, name=f"i{n}"))
        m.d.comb += self.o.eq(self.i)
        return m


def modules(verilog: str) -> list[str]:
    return re.findall(r"(?m)^module (\S+)", verilog)


def name(**parameters) -> str:
    return ModuleNames("top").component(Part, Part.Parameters(**parameters)).removeprefix("top__")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "part_w8_block"),
        ({"width": 12, "flag": True, "style": "auto"}, "part_w12_flag_auto"),
        ({"shape": signed(9)}, "part_w8_block_i9"),
        ({"shape": Bundle({"data": 64, "last": 1, "sum": signed(5)})}, "part_w8_block_data64_last_sum_i5"),
        ({"shape": Packet(Lanes(signed(8), 4))}, "part_w8_block_data_4xi8_last"),
        ({"texts": (1, 2, "a")}, "part_w8_block_t1_2_a"),
    ],
)
def test_parameters_are_part_of_the_name(parameters, expected):
    assert name(**parameters) == expected


@pytest.mark.parametrize(
    "parameters",
    [{"style": "two words"}, {"width": -1}, {"shape": Scaled(Shape(4), 3, 0, 9)}, {"texts": ("long" * LONGEST,)}],
)
def test_values_without_a_short_word_get_a_digest(parameters):
    assert re.fullmatch(rf"part(_\w+)?_x[0-9a-f]{{{DIGITS}}}", name(**parameters))
    assert len(name(**parameters)) <= LONGEST + DIGITS + 2


def test_operands_of_other_limits_are_other_modules():
    """Their fields are equal, so that only a digest distinguishes them."""
    assert name(shape=Scaled(Shape(4), 3, 0, 9)) != name(shape=Scaled(Shape(4), 3, 0, 8))


def test_modules_whose_words_are_equal_get_a_digest():
    names = ModuleNames("top")
    first, second = (names.component(Part, Part.Parameters(texts=texts)) for texts in (("1", "2"), ("1_2",)))
    assert second == first + second[-DIGITS - 2 :]
    again = Part.Parameters(texts=("1", "2"))
    names.component(Part, again)
    names.component(Part, again)
    with pytest.raises(RuntimeError, match="two modules"):
        names.component(Part, again)


def test_inline_modules_are_named_by_their_path():
    names = ModuleNames("top")
    assert names.inline("top", "body.inside") == names.inline("top", "body.inside") == "top__body__inside"
    component = names.component(Part, Part.Parameters())
    with pytest.raises(RuntimeError, match="must have another name"):
        names.inline("top", component.removeprefix("top__"))


@pytest.mark.parametrize(("class_name", "expected"), [("StreamBuffer", "stream_buffer"), ("_Fp32Add", "fp32_add")])
def test_classes_are_written_in_lower_case(class_name, expected):
    assert snake(class_name) == expected


def test_another_part_changes_no_name():
    few, more = (modules(generate("whole", Whole(widths=widths)).verilog) for widths in ((4, 6), (2, 4, 5, 6)))
    assert {"whole__part_w4_block", "whole__part_w6_block"} < set(few) < set(more)


def test_another_port_changes_no_bank():
    found = []
    for ports in (2, 3):
        component = find("scratchpad").component(ports=ports, banks=2, width=8, depth=16)
        found.append(set(modules(generate("scratchpad", component).verilog)))
    assert found[0] != found[1]
    assert "scratchpad__bank_w8_r8_l1_block_l8" in found[0] & found[1]


QUICK = {
    "systola": {"size": 4, "activation_bytes": 4096, "weight_bytes": 4096, "accumulators": 64, "data_width": 32},
    "outer_product": {"depth": 64},
    "noc": {"k": 2, "l": 2},
    "noc_traffic": {"k": 2, "l": 2},
    "collective": {"k": 2, "l": 2},
    **dict.fromkeys(("systolic", "broadcast", "bfloat16_systolic", "fusion_array"), SMALL),
    "sparse_systolic": {"rows": 4, "cols": 2},
    "requantise": {"cols": 2},
    "pool": {"cols": 2},
    "dma": {"dims": 2, "local_bytes": 4096},
    "axi_memory": {"masters": 1, "data_width": 32, "bytes": 4096},
}


SLOW = ("systola", "noc_traffic")


@pytest.mark.parametrize(
    "generator", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in generators()]
)
def test_names_are_unique_and_have_no_running_number(generator):
    design = find(generator).design(top="npu", **QUICK.get(generator, {}))
    found = modules(design.verilog)
    assert len(found) == len(set(found)) == design.modules
    assert [each for each in found if each != "npu" and not each.startswith(f"npu{SEPARATOR}")] == []
    assert [each for each in found if re.search(r"_\d+$", each) and each[: each.rindex("_")] in found] == []
    assert [each for each in found if not re.fullmatch(r"[a-z][a-z0-9_]*", each)] == []


def test_two_designs_fit_in_one_project():
    """Their tops have a common prefix, and their submodules are of the same classes."""
    designs = [
        find("systolic").design(top=top, **SMALL, **options)
        for top, options in (("npu", {}), ("npu_systolic", {"a_format": "int4"}))
    ]
    first, second = (set(modules(design.verilog)) for design in designs)
    assert not first & second
    instances = "".join(f"  {design.top} i_{design.top} (.clk(clk), .rst(rst));\n" for design in designs)
    project = f"module project (input clk, input rst);\n{instances}endmodule\n"
    texts = ["/* verilator lint_off PINMISSING */\n", project, *(design.verilog for design in designs)]
    assert lint("".join(texts), "project") == ""


@pytest.mark.parametrize("top", ["npu", "npu_systolic", "N2", "_npu", "Module", "n" * 128])
def test_legal_tops(top):
    check_top(top)


@pytest.mark.parametrize(
    ("top", "reason"),
    [
        ("module", "must not be a keyword"),
        ("logic", "must not be a keyword"),
        ("wire", "must not be a keyword"),
        ("npu__systolic", "must not contain '__'"),
        ("npu_", "or end in '_'"),
        ("a-b", "is letters, digits and underscores"),
        ("2npu", "is letters, digits and underscores"),
        ("n" * 129, "must have at most 128 characters"),
        ("", "is letters, digits and underscores"),
        ("größe", "is letters, digits and underscores"),
    ],
)
def test_illegal_tops_are_one_sentence(top, reason):
    with pytest.raises(UsageError, match=reason) as caught:
        generate("systolic", find("systolic").component(**SMALL).described(), top=top)
    assert str(caught.value).startswith(f"top={top}: ")
