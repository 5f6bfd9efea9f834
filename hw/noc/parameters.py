"""Common parameters of networks and their parts."""

from typing import Literal

from pydantic import Field, model_validator

from ..component import Parameters
from .topology.graphs import Topology, topology

LANE = 32
"""Bits of the words that reduction adds."""


class FlitParameters(Parameters):
    """Parameters of all parts of a network."""

    width: int = Field(64, ge=1, le=1024, description="data bits of a flit")
    depth: int = Field(4, ge=2, le=16, description="flits that each VC buffers at each input")

    @model_validator(mode="after")
    def _power(self):
        if self.depth & (self.depth - 1):
            raise ValueError(f"depth={self.depth}: depth must be 2, 4, 8 or 16.")
        return self


class LinkParameters(FlitParameters):
    """Parameters of parts that belong to a given network."""

    network: Topology


class NetworkParameters(FlitParameters):
    """Parameters that describe a network."""

    topology: Literal["ring", "mesh", "torus", "crossbar", "bus", "fat_tree"] = Field(
        "torus", description="topology of the links"
    )
    k: int = Field(4, ge=1, le=64, description="nodes of a ring or row; fat_tree: links down of a router")
    l: int = Field(4, ge=1, le=64, description="rows; fat_tree: levels; ring: 1")  # noqa: E741
    vcs: int = Field(2, ge=1, le=8, description="virtual channels of a link")
    latency: int = Field(1, ge=1, le=2, description="cycles per hop")
    rounds: int = Field(
        1, ge=1, le=2, description="2: inputs without a grant request a free output in the same cycle; a slower clock"
    )

    @model_validator(mode="after")
    def _network(self):
        _ = self.network
        if self.rounds > 1 and self.vcs == 1:
            raise ValueError(f"rounds={self.rounds}: with vcs=1 inputs have no further request, rounds must be 1.")
        return self

    @property
    def network(self) -> Topology:
        return topology(self.topology, self.k, self.l, self.vcs)


class GridParameters(NetworkParameters):
    """Parameters of a mesh or torus with multicast (one to many nodes) or reduction (all nodes to one)."""

    multicast: bool = Field(False, description="whether a flit can go to all nodes of a rectangle (mesh, torus)")
    reduction: bool = Field(False, description="whether routers can add flits from all nodes (mesh, torus)")

    @model_validator(mode="after")
    def _lanes(self):
        if self.reduction and self.width % LANE:
            raise ValueError(f"width={self.width}: with reduction, width must be a multiple of {LANE} up to 1024.")
        if self.rounds > 1 and (self.multicast or self.reduction):
            raise ValueError(f"rounds={self.rounds}: with multicast or reduction, rounds must be 1.")
        return self

    @property
    def network(self) -> Topology:
        return topology(self.topology, self.k, self.l, self.vcs, self.multicast, self.reduction)
