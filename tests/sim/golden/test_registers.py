"""The golden registers, access kind by access kind, against values worked out by hand."""

from systola.sim.golden.registers import OKAY, SLVERR, Registers, cycles


def _map(*fields):
    defaults = {"low": 0, "reset": 0}
    return {"name": "m", "registers": [{"name": "r", "offset": 4, "fields": [defaults | field for field in fields]}]}


def test_rw_keeps_bytes_without_a_strobe():
    model = Registers(_map({"name": "f", "bits": 12, "low": 4, "access": "rw", "reset": 0xABC}))
    assert model.read(4) == (0xABC0, OKAY)
    assert model.write(4, 0xFFFF1234, 0b0001) == OKAY
    assert model.outputs == {"r_f": 0xAB3}
    assert model.write(7, 0x5678, 0b1110) == OKAY  # the low bits of the address do not matter
    assert model.read(5) == (0x5630, OKAY)
    model.reset()
    assert model.outputs == {"r_f": 0xABC}


def test_ro_returns_the_value_of_the_hardware():
    model = Registers(_map({"name": "f", "bits": 8, "low": 24, "access": "ro"}))
    model.inputs["r_f"] = 0x5A
    assert model.write(4, 0xFFFFFFFF) == OKAY
    assert model.read(4) == (0x5A000000, OKAY)
    assert model.outputs == {}


def test_w1c_is_cleared_by_ones_and_a_set_has_priority():
    model = Registers(_map({"name": "f", "bits": 4, "access": "w1c", "reset": 0b0001}))
    model.inputs["r_f_set"] = 0b0110
    model.cycle()
    assert model.outputs["r_f"] == 0b0111
    model.inputs["r_f_set"] = 0b0010
    model.write(4, 0b1011)
    assert model.read(4) == (0b0110, OKAY)
    model.inputs["r_f_set"] = 0
    model.write(4, 0b1111, 0b1110)
    assert model.outputs["r_f"] == 0b0110


def test_a_pulse_lasts_one_cycle_and_reads_zero():
    model = Registers(_map({"name": "f", "bits": 9, "low": 4, "access": "pulse"}))
    model.write(4, 0x1FF0, 0b0010)
    assert model.outputs == {"r_f": 0x1F0, "r_f_strobe": 1}
    assert model.read(4) == (0, OKAY)
    model.cycle()
    assert model.outputs == {"r_f": 0, "r_f_strobe": 0}
    model.write(4, 0x1FF0, 0b1100)
    assert model.outputs == {"r_f": 0, "r_f_strobe": 0}
    model.write(4, 0, 0b0001)
    assert model.outputs == {"r_f": 0, "r_f_strobe": 1}


def test_other_offsets_return_an_error_and_change_nothing():
    model = Registers(_map({"name": "f", "bits": 32, "access": "rw", "reset": 7}))
    for address in (0, 3, 8):
        assert model.read(address) == (0, SLVERR)
        assert model.write(address, 1) == SLVERR
    assert model.outputs == {"r_f": 7}
    assert model.cycle() is None


def test_one_access_per_cycle():
    assert [cycles(n) for n in (1, 2, 100)] == [2, 3, 101]
