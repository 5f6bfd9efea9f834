"""Proofs about hardware: a component with a monitor of its ports, given to the SAT solver of Yosys."""

import inspect
import os
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, Module, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from systola.hw.component import Component

LIMIT = 200
"""Seconds after which a proof is given up."""

RUN = "import sys; from pyosys import libyosys; libyosys.run_pass('script ' + sys.argv[1], libyosys.Design())"
SCRIPT = """\
read_rtlil design.il
hierarchy -top proof
proc
flatten
memory
async2sync
dffunmap
chformal -lower
opt -full -nodffe -nosdff
sat -prove-asserts -set-assumes {}
"""


class Monitor:
    """Statements about the ports of a component, in module `m`: assumptions on its neighbours, and assertions.

    `inside` of a larger component the neighbours are known: requirements of them are asserted as well.
    """

    def __init__(self, m: Module, inside: bool = False):
        self.m, self.inside = m, inside

    def require(self, condition, when=1):
        """Assume that the neighbours keep a condition in every cycle `when` another one holds."""
        if self.inside:
            self.guarantee(condition, when)
        else:
            self.m.d.comb += Assume(_implies(when, condition))

    def guarantee(self, condition, when=1):
        """Assert a condition in every cycle `when` another one holds."""
        self.m.d.comb += Assert(_implies(when, condition))

    def before(self, value) -> Signal:
        """Return the value of the previous cycle; 0 after reset."""
        value = Value.cast(value)
        late = Signal(value.shape(), name="before")
        self.m.d.sync += late.eq(value)
        return late


def _implies(when, condition):
    return ~Value.cast(when).any() | Value.cast(condition).any()


def streams(component: Component) -> Iterator[tuple[str, bool, object]]:
    """Yield the name of each stream of a component, also of those in a bus, whether it is an input, and its ports."""

    def visit(interface, path):
        for name, member in interface.signature.members.items():
            if member.is_signature:
                inner, here = getattr(interface, name), f"{path}{name}"
                if isinstance(inner.signature, stream.Signature) or hasattr(inner, "payload"):
                    yield here, member.flow == In, inner
                else:
                    yield from visit(inner, f"{here}.")

    yield from visit(component, "")


@dataclass(frozen=True)
class Break:
    """A mistake in a component: `text`, which occurs once in the file of the component, is replaced by `instead`."""

    component: type[Component]
    text: str
    instead: str

    def __str__(self):
        return f"{self.component.__name__}: {self.text} -> {self.instead}"

    def made(self) -> type[Component]:
        """Return the broken component. Raises AssertionError if the text does not occur there once."""
        module = sys.modules[self.component.__module__]
        source = inspect.getsource(module)
        assert source.count(self.text) == 1, f"{self.text!r} is not in {module.__name__} once"
        copy = types.ModuleType(module.__name__)
        copy.__package__ = module.__package__
        exec(compile(source.replace(self.text, self.instead), module.__file__, "exec"), copy.__dict__)
        return getattr(copy, self.component.__name__)


@dataclass(frozen=True)
class Outcome:
    """Result of a proof: it `holds`, or is `refuted` by a run from reset, or neither; after how many `cycles`."""

    holds: bool
    refuted: bool
    cycles: int
    log: str


@dataclass(frozen=True)
class Proof:
    """Properties of a component with `parameters`, for all inputs, with reset at any time.

    With `induction` the proof is unbounded: temporal induction over at most so many cycles. With `bounded` it covers
    all runs of so many cycles. `lemmas` are properties of the components inside, proven together with the others. Those
    in `cut` are left out, and their outputs are free: what holds then holds with them.
    """

    component: type[Component]
    parameters: dict
    properties: Callable[[Monitor, Component], None]
    induction: int = 0
    bounded: int = 0
    lemmas: dict[type[Component], Callable[[Monitor, Component], None]] = field(default_factory=dict)
    cut: tuple[type[Component], ...] = ()

    def run(self) -> Outcome:
        """Prove the properties."""
        if self.induction:
            return solve(self._text(), f"-tempinduct -maxsteps {self.induction}")
        return self._search(self._text(), self.bounded)

    def refute(self, *breaks: Break, within: int = 12) -> Outcome:
        """Search runs of `within` cycles for one that violates the properties, in a component with breaks."""
        return self._search(self._text(*breaks), max(within, self.bounded))

    @staticmethod
    def _search(text: str, cycles: int) -> Outcome:
        return solve(text, f"-seq {cycles}")

    def _text(self, *breaks: Break) -> str:
        """Return the component and its properties in RTLIL."""
        platform = _Platform({each.component: each.made() for each in breaks}, self.lemmas, self.cut)
        m = Module()
        dut = platform.component(self.component)(**self.parameters)
        m.submodules.dut = elaborated(dut, platform)
        self.properties(Monitor(m), dut)
        ports = [Value.cast(value) for _, member, value in dut.signature.flatten(dut) if member.flow == In]
        ports = [port for port in (*ports, *platform.free) if isinstance(port, Signal)]
        return rtlil.convert(m, name="proof", ports=ports, platform=platform, emit_src=False)


def elaborated(component: Component, platform) -> Module:
    """Return the module of a component, which then has two more attributes for the statements of monitors.

    `inside` has its signals by name, and all else that `elaborate` names; `parts` the components placed there, by name.
    """
    elaborate, created, found = type(component).elaborate.__code__, Signal.__init__.__code__, {}

    def on_return(frame, event, value):
        if event != "return":
            return
        if frame.f_code is elaborate and frame.f_locals["self"] is component:
            found.update(frame.f_locals)
        elif frame.f_code is created:
            signal, caller = frame.f_locals["self"], frame
            for _ in range(4):  # in a method, or in a function inside one
                caller = caller.f_back
                if caller.f_locals.get("self") is component:
                    found[signal.name] = signal

    former = sys.getprofile()
    sys.setprofile(on_return)
    try:
        module = component.described().elaborate(platform)
    finally:
        sys.setprofile(former)
    component.inside = types.SimpleNamespace(**found)
    component.parts = platform.parts.get(id(module), {})
    return module


class _Platform:
    """Platform that elaborates every component in place, broken if it is in `broken`, and adds its lemmas."""

    def __init__(self, broken: dict, lemmas: dict, cut: tuple):
        self.broken, self.lemmas, self.cut = broken, lemmas, cut
        self.free: list[Value] = []  # outputs of components in `cut`
        self.parts: dict[int, dict[str, Component]] = {}  # of each module, by its identity
        self.device = None

    def component(self, component: type[Component]) -> type[Component]:
        """Return a component, broken if it or its base is."""
        for base, broken in self.broken.items():
            if component is base:
                return broken
            if base in component.__bases__:
                own = {
                    name: value for name, value in vars(component).items() if name not in ("__dict__", "__weakref__")
                }
                return type(component.__name__, (broken,), own)
        return component

    def instantiate(self, m, name, component, parameters, connect):
        child = self.component(component)(**dict(parameters))
        if component in self.cut:
            flat = child.described().signature.flatten(child)
            self.free += [Value.cast(value) for _, member, value in flat if member.flow == Out]
        else:
            m.submodules[name] = elaborated(child, self)
        for port, value in connect.items():
            inside = Value.cast(getattr(child, port))
            m.d.comb += inside.eq(value) if child.signature.members[port].flow == In else value.eq(inside)
        self.parts.setdefault(id(m), {})[name] = child
        if component in self.lemmas:
            self.lemmas[component](Monitor(m, inside=True), child)
        return child


def solve(text: str, options: str) -> Outcome:
    """Prove the assertions of a design in RTLIL by `sat`, in a process that has a time limit."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "design.il").write_text(text)
        (Path(folder) / "script.ys").write_text(SCRIPT.format(options))
        run = subprocess.run(
            [sys.executable, "-c", RUN, "script.ys"],
            cwd=folder,
            env=os.environ | {"YOSYS_MAX_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
    log = run.stdout + run.stderr
    refuted = "model found for base case: FAIL!" in log or "proof finished - model found: FAIL!" in log
    holds = "SUCCESS!" in log and not refuted
    assert holds or refuted or "Reached maximum number of time steps" in log, log[-3000:]
    return Outcome(holds, refuted, log.count("Trying induction with length"), log)
