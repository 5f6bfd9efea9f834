"""Split scratchpad: separate scratchpads for each kind of data, function or stage."""

from typing import Literal

from amaranth.hdl import Module
from amaranth.lib.wiring import In, connect, flipped
from pydantic import Field, model_validator

from ..component import Component, ParameterError, place
from .scratchpad import Scratchpad, WordParameters

PARTS = {
    "data": {"input": 1, "weight": 2, "output": 1},
    "function": {"matrix": 2, "vector": 1, "scalar": 1},
    "stage": {"input": 1, "accumulator": 1},
}
"""Parts of each split, and their default shares of the words."""


class SplitScratchpad(Component):
    """Split scratchpad: an input, weight and output memory, or another division selected by `by`.

    Each part is a `scratchpad` with its own ports, banks and addresses: no access in one part ever stalls another, and
    no port reaches another part's words. By "data": input, weight, output; by "function": matrix, vector, scalar; by
    "stage": input, accumulator. Port i of a part is `<part><i>_req`, `<part><i>_rsp` and `<part><i>_waits`, each as at
    the scratchpad. `ports`, `banks` and `shares` have one number for all parts or one per part, separated by commas:
    shares "1,2,1" of `depth` words give the second part half of them.

    Latency: 1 + sram_latency cycles from the beat of a read's request to the beat of its response, as in each
    scratchpad. Initiation interval 1 at each port. Back-pressure as in the scratchpad, separately for each part.

    Area: that of the parts. The crossbar of a part grows with its ports x banks, so that a split of p ports and
    b banks into n equal parts has an n-th of the crossbar area of the unsplit scratchpad.

    Source: N. P. Jouppi et al., In-datacenter performance analysis of a tensor processing unit, ISCA 2017, section 2
    (separate unified buffer, weight memory and accumulators); T. Chen et al., DianNao, ASPLOS 2014, section 5 (NBin, SB
    and NBout).
    """

    unit = "access"

    class Parameters(WordParameters):
        by: Literal["data", "function", "stage"] = Field("data", description="criterion by which the words are split")
        ports: str = Field(
            "2",
            pattern=r"^\d+(,\d+)*$",
            description="independent requesters of each part",
            json_schema_extra={"legal": "an integer from 1 to 16, or one per part: 2,1,2"},
        )
        banks: str = Field(
            "2",
            pattern=r"^\d+(,\d+)*$",
            description="memories in each part",
            json_schema_extra={"legal": "a power of two from 1 to 32, or one per part: 4,1,2"},
        )
        shares: str = Field(
            "auto",
            pattern=r"^(auto|\d+(,\d+)*)$",
            description="shares of the words, one per part",
            json_schema_extra={"legal": "auto, or one integer per part: 1,2,1"},
        )
        depth: int = Field(4096, ge=4, le=1 << 24, description="words in all parts together")

        @model_validator(mode="after")
        def _parts(self):
            for name in self.parts:
                try:
                    self.part(name)
                except ParameterError as error:
                    raise ValueError(f"part {name}: {error}") from None
            return self

        @property
        def parts(self) -> tuple[str, ...]:
            return tuple(PARTS[self.by])

        def part(self, name: str) -> Scratchpad.Parameters:
            """Return the parameters of one part's scratchpad."""
            common = {field: getattr(self, field) for field in WordParameters.model_fields}
            return Scratchpad.Parameters.check(**common, **self._sizes()[name])

        def _sizes(self) -> dict[str, dict[str, int]]:
            numbers = {}
            for field in ("ports", "banks", "shares"):
                text = getattr(self, field)
                given = [*PARTS[self.by].values()] if text == "auto" else [int(word) for word in text.split(",")]
                if len(given) == 1 and field != "shares":
                    given *= len(self.parts)
                if len(given) != len(self.parts):
                    raise ValueError(f"{field}={text}: there must be one number for each of {', '.join(self.parts)}.")
                numbers[field] = given
            whole = sum(numbers["shares"])
            if not all(numbers["shares"]) or any(self.depth * share % whole for share in numbers["shares"]):
                raise ValueError(f"depth={self.depth}: depth must divide into shares of {numbers['shares']}, none 0.")
            return {
                name: {"ports": ports, "banks": banks, "depth": self.depth * share // whole}
                for name, ports, banks, share in zip(self.parts, *numbers.values(), strict=True)
            }

    @staticmethod
    def members(p):
        members = {}
        for name in p.parts:
            for port, member in Scratchpad.members(p.part(name)).items():
                members[port.replace("port", name, 1)] = member
        return members

    @property
    def latency(self) -> int:
        return 1 + self.p.sram_latency

    @property
    def peak(self) -> int:
        return sum(min(part.ports, part.banks) for part in map(self.p.part, self.p.parts))

    def elaborate(self, platform):
        m = Module()
        for name in self.p.parts:
            part = self.p.part(name)
            pad = place(m, platform, name, Scratchpad, **dict(part))
            for port, member in Scratchpad.members(part).items():
                inner, outer = getattr(pad, port), getattr(self, port.replace("port", name, 1))
                if member.is_port:
                    m.d.comb += outer.eq(inner)
                elif member.flow == In:
                    connect(m, flipped(outer), inner)
                else:
                    connect(m, inner, flipped(outer))
        return m
