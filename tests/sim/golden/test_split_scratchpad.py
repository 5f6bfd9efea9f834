"""The parts of a split scratchpad."""

from systola.sim.golden.split_scratchpad import parts


def _sizes(**parameters):
    found = parts({"depth": 1024, "shares": "auto", "width": 8} | parameters)
    return {name: (part["ports"], part["banks"], part["depth"]) for name, part in found.items()}


def test_parts():
    assert _sizes(by="data", ports="2", banks="2,4,2") == {
        "input": (2, 2, 256),
        "weight": (2, 4, 512),
        "output": (2, 2, 256),
    }
    assert _sizes(by="stage", ports="3,1", banks="1", shares="3,1") == {
        "input": (3, 1, 768),
        "accumulator": (1, 1, 256),
    }
    assert list(_sizes(by="function", ports="1", banks="1")) == ["matrix", "vector", "scalar"]
    assert (
        parts({"by": "stage", "depth": 8, "shares": "auto", "width": 8, "ports": "1", "banks": "1"})["input"]["width"]
        == 8
    )
