"""Link in its bench, its cycle laws, and illegal requests."""

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.host.link import Link
from systola.sim.golden.link import HELLO, READ, WRITE, request
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.link import LinkCase, random_cases

WIDE = {"data_width": 64, "register_width": 12, "memory_width": 20, "identity": "x" * 70}


@pytest.fixture(scope="module")
def design():
    return generate("link", Link())


def test_requests_laws_and_numbers(design):
    """Random requests, then the cycle laws, then a hundred requests of one word: every number twice."""
    laws = [
        LinkCase(request(0, HELLO)),
        LinkCase(request(1, READ, 0, 1)),
        LinkCase(request(2, READ, 0, 64)),
        LinkCase(request(3, WRITE, 0, 64, bytes(range(1, 256)) + b"a")),
    ]
    order = b"".join(request(n, WRITE, 4 * (n % 100), 1, n.to_bytes(4, "little")) for n in range(4, 520))
    cases = [*random_cases(design.parameters, 24, 1), *laws, LinkCase(order)]
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    _, one, read, write, _ = outcome.spans[24:]
    _, one_cycles, _, write_cycles, _ = outcome.output_cycles[24:]
    assert one["ar"][1] - one_cycles[0] == write["aw"][1] - write_cycles[0] == design.latency
    assert write_cycles[0] == len(laws[3].received) - 1  # one byte per cycle
    assert read["r"][2] - read["r"][1] == write["w"][2] - write["w"][1] == 63 * 5


@pytest.mark.slow
def test_wide_memory_and_narrow_addresses():
    design = generate("link", Link(**WIDE))
    assert lint(design.verilog, "link") == ""
    outcome, _ = simulate(design, random_cases(design.parameters, 12, 2))
    assert outcome.mismatches == 0, outcome.examples


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"data_width": 96}, "data_width=96: data_width must be a power of two from 32 to 512."),
        ({"identity": ""}, "identity=: identity must be 1 to 128 characters of ASCII."),
        ({"identity": "a\n"}, "identity=a\n: identity must be 1 to 128 characters of ASCII."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        Link(**parameters)
    assert str(error.value) == sentence
