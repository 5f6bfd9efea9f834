"""Port of a memory as signature members."""

from amaranth.lib.wiring import In, Out

from systola.hw.memory.access import port


def test_port():
    members = port("port3", 10, 32)
    assert set(members) == {"port3_req", "port3_rsp"}
    request, response = members.values()
    assert (request.flow, response.flow) == (In, Out)
    fields = {name: field.width for name, field in request.signature.members["payload"].shape}
    assert fields == {"addr": 10, "write": 1, "data": 32, "strobe": 4}
    assert port("p", 4, 8, always_ready=True)["p_rsp"].signature.always_ready
