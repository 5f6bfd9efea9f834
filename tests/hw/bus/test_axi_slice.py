"""Register slice: channels keep their payloads in order and at full rate."""

import pytest

from systola.hw.bus.axi_slice import AxiSlice

ADDRESS = [{"addr": 64 * n, "len": n % 16, "size": 2, "burst": 1} for n in range(40)]
WRITES = [{"data": 3 * n, "strb": n % 16, "last": n % 2} for n in range(40)]
READS = [{"data": 5 * n, "resp": n % 4, "last": n % 2} for n in range(40)]
ACKS = [{"resp": n % 4, "id": n % 2} for n in range(40)]


@pytest.mark.parametrize("pause", [0.0, 0.4])
def test_channels_keep_their_payloads(exchange, pause):
    between = AxiSlice(addr_width=16, data_width=32)
    inputs = {"s_axi.aw": ADDRESS, "s_axi.w": WRITES, "s_axi.ar": ADDRESS, "m_axi.r": READS, "m_axi.b": ACKS}
    outputs = {"m_axi.aw": ADDRESS, "m_axi.w": WRITES, "m_axi.ar": ADDRESS, "s_axi.r": READS, "s_axi.b": ACKS}
    beats = exchange(between, inputs, dict.fromkeys(outputs, 40), pause=pause)
    for name, expected in outputs.items():
        cycles = [cycle for cycle, _ in beats[name]]
        assert [{key: fields[key] for key in expected[0]} for _, fields in beats[name]] == expected
        if not pause:
            (source,) = (each for each in inputs if each != name and each[-2:] == name[-2:])
            assert cycles == [cycle + 1 for cycle, _ in beats[source]] == list(range(cycles[0], cycles[0] + 40))
