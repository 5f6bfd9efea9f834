"""Registers: legal descriptions, mistakes in one sentence each, and the hardware in its bench."""

import random

import pytest
from amaranth.hdl import Value
from amaranth.sim import Simulator

from systola.gen.verilog.hierarchy import ports_of
from systola.gen.verilog.verilog import generate
from systola.hw.bus.registers import EXAMPLE, RegField, Register, RegisterMap, Registers
from systola.hw.component import ParameterError
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.registers import RegistersCase


def field(name="f", access="rw", **values):
    return {"name": name, "access": access, **values}


def register(*fields, name="r", **values):
    return {"name": name, "fields": fields, **values}


def described(*registers):
    return RegisterMap(name="m", registers=registers)


ODD = described(
    register(field("control", bits=1, low=31, reset=1), name="write", offset=8),  # `write` is also an internal name
    register(field("write", "pulse", bits=32), name="control", offset=0),
    register(field("write", "w1c", bits=32, reset=2**32 - 1), name="read"),
    register(field("b", "ro", bits=9, low=4), field("a", "w1c", low=3), name="aw", offset=36),
)
ONE = described(register(field(bits=5, low=6, reset=21)))


@pytest.mark.parametrize("cases", [12, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("map", [EXAMPLE, ODD], ids=["example", "odd"])
def test_random_accesses(check, map, cases):
    check("registers", map=map, cases=cases)


def test_every_access_kind_is_in_the_example():
    assert {f.access for r in EXAMPLE.registers for f in r.fields} == {"rw", "ro", "w1c", "pulse"}


def test_a_read_and_a_write_per_cycle():
    writes = [(4 * (n % 8), n, 15) for n in range(100)]
    reads = [4 * (n % 8) for n in range(100)]
    design = generate("registers", Registers())
    outcome, _ = simulate(design, [RegistersCase(writes, reads), RegistersCase(writes, []), RegistersCase([], reads)])
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.case_cycles == [100 + design.latency] * 3
    assert outcome.work == 400


def test_no_output_follows_an_input_within_a_cycle():
    component = Registers()
    ports = list(ports_of(component.signature, component))

    async def bench(ctx):
        rng = random.Random(1)
        for _ in range(300):
            before = [ctx.get(Value.cast(signal)) for _, signal, way in ports if way == "o"]
            for _, signal, way in ports:
                if way == "i":
                    ctx.set(Value.cast(signal), rng.getrandbits(len(signal)))
            assert [ctx.get(Value.cast(signal)) for _, signal, way in ports if way == "o"] == before
            await ctx.tick()

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_offsets_and_bits_follow_each_other():
    map = described(
        register(field("a", bits=3), field("b", low=8), field("c", bits=2), name="x"),
        register(field(), name="y"),
        register(field(), name="z", offset=0x20),
        register(field(), name="last"),
    )
    assert [r.offset for r in map.registers] == [0, 4, 0x20, 0x24]
    assert [f.low for f in map.registers[0].fields] == [0, 8, 9]
    assert map.registers[0].fields[2].mask == 0x600
    assert (map.size, map.addr_width) == (0x28, 6)
    assert str(map) == "m, 4 registers"
    assert str(ONE) == "m, 1 register"
    assert hash(map) == hash(RegisterMap(**map.model_dump()))
    assert map == RegisterMap(**map.model_dump())


MISTAKES = {  # of a description: the sentence
    "field 'f': bits=33: bits must be an integer from 1 to 32.": lambda: RegField(**field(bits=33)),
    "field 'f': bits=8: bits must be an integer from 1 to 32.": lambda: RegField(**field(bits="8")),
    "field 'f': access=wo: access must be rw or ro or w1c or pulse.": lambda: RegField(**field(access="wo")),
    "field 'f': reset=2: reset must be an integer from 0 to 1 with bits=1.": lambda: RegField(**field(reset=2)),
    "field 'f': reset=1: reset must be absent with access=ro, which stores nothing.": lambda: RegField(
        **field(access="ro", reset=1)
    ),
    "field 'f': reset=1: reset must be absent with access=pulse, which stores nothing.": lambda: RegField(
        **field(access="pulse", reset=1)
    ),
    "field 'f': low=32: low must be an integer from 0 to 31.": lambda: RegField(**field(low=32)),
    "field 'f': unknown parameter 'bit': did you mean 'bits'?": lambda: RegField(**field(bit=3)),
    "field '': parameter 'name' is missing: it must be a text.": lambda: RegField(access="rw"),
    "field '3': name=3: name must be a text.": lambda: RegField(**field(3)),
    "field 'a b': name=a b: name must be letters, digits and underscores, first a letter.": lambda: RegField(
        **field("a b")
    ),
    "field 'begin': name=begin: name must not be a keyword of Verilog.": lambda: RegField(**field("begin")),
    "field 'f': meaning='a\\nb': meaning must be one line of printable text.": lambda: RegField(
        **field(meaning="a\nb")
    ),
    "register 'int': name=int: name must not be a keyword of C.": lambda: Register(**register(field(), name="int")),
    "register 'r': fields=(): fields must be a list of fields, at least one.": lambda: Register(**register()),
    "register 'r': fields=3: fields must be a list of fields, at least one.": lambda: Register(**register(3)),
    "register 'r': field 'x': bits=0: bits must be an integer from 1 to 32.": lambda: Register(
        **register(field(), field("x", bits=0))
    ),
    "register 'r': field 'F': its name must not be that of another field.": lambda: Register(
        **register(field("f"), field("F"))
    ),
    "register 'r': field 'g': bits=3: bits must be at most 2 from bit 30 on, because a register has 32.": lambda: (
        Register(**register(field(bits=30), field("g", bits=3)))
    ),
    "register 'r': field 'g': low=2: it must not overlap field 'f'.": lambda: Register(
        **register(field(bits=3), field("g", low=2))
    ),
    "register 'r': offset=6: offset must be a multiple of 4 from 0 to 65532.": lambda: Register(
        **register(field(), offset=6)
    ),
    "map 'm': registers=(): registers must be a list of registers, at least one.": lambda: described(),
    "map 'm': register 'r': field 'f': bits=33: bits must be an integer from 1 to 32.": lambda: described(
        register(field(bits=33))
    ),
    "map 'm': register 'R': its name must not be that of another register.": lambda: described(
        register(field()), register(field(), name="R")
    ),
    "map 'm': register 's': offset=0: it must not be that of register 'r'.": lambda: described(
        register(field()), register(field(), name="s", offset=0)
    ),
    "map 'm': register 's': offset=65536: offset must be at most 65532.": lambda: described(
        register(field(), offset=65532), register(field(), name="s")
    ),
    "map 'm': register 'a_b': field 'c': its port 'a_b_c' must not be a port of register 'a': field 'b_c' too.": (
        lambda: described(register(field("b_c"), name="a"), register(field("c"), name="a_b"))
    ),
    "map 'm': register 'a': field 'b': its port 'a_b_set' must not be a port of register 'a': field 'b_set' too.": (
        lambda: described(register(field("b_set"), field("b", "w1c"), name="a"))
    ),
    "map 'm': register 's': field 'axil_wdata': its port 's_axil_wdata' must not begin with s_axil_.": lambda: (
        described(register(field("axil_wdata"), name="s"))
    ),
    "map 'm': register 'first': field 'match': its port 'first_match' must not be a keyword of Verilog.": lambda: (
        described(register(field("match"), name="first"))
    ),
    "map=3: map must be a RegisterMap, or the path of a TOML file that describes one.": lambda: Registers(map=3),
    "map=none.toml: cannot read it: No such file or directory.": lambda: Registers(map="none.toml"),
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_a_mistake_is_one_sentence_with_its_location(sentence):
    with pytest.raises(ParameterError) as error:
        MISTAKES[sentence]()
    assert str(error.value) == sentence


def test_toml_and_python_are_equivalent(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text(
        'name = "m"\n[[registers]]\nname = "r"\n'
        'fields = [{ name = "f", access = "rw", bits = 5, low = 6, reset = 21 }]\n'
    )
    assert RegisterMap.load(str(path)) == ONE
    assert Registers(map=str(path)).described().p == Registers.Parameters.parse({"map": str(path)})
    for text, sentence in (
        ("name = ", f"map={path}: it is not TOML: "),
        ('name = "m"\nself = 3', f"{path}: map 'm': unknown parameter 'self': "),
        (
            'name = "m"\nregisters = 3',
            f"{path}: map 'm': registers=3: registers must be a list of registers, at least one.",
        ),
        (path.read_text().replace("21", "32"), f"{path}: map 'm': register 'r': field 'f': reset=32: reset must be an"),
    ):
        path.write_text(text)
        for make in (lambda: Registers(map=str(path)), lambda: Registers.Parameters.parse({"map": str(path)})):
            with pytest.raises(ParameterError) as error:
                make()
            assert str(error.value).startswith(sentence)
            assert "\n" not in str(error.value)


def test_lint_is_clean():
    text = generate("registers", Registers()).verilog
    assert lint(text, "registers") == ""
    assert "(* init" not in text
    assert "//   map = example, 5 registers\n" in text
