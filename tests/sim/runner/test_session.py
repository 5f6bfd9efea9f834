"""Designs in their harness without a bench: shared and separate DRAMs, bandwidth, faults, rings, large images."""

import random
import time
from fractions import Fraction

import numpy as np
import pytest

from systola.sim.runner.dram import LIMIT, DramSettings
from systola.sim.runner.harness import Harness
from systola.sim.runner.session import SimulationSession, build
from systola.sim.runner.simulator import SimulatorError

READ, WRITE, WEIGHTS = 1, 2, 4
FIRST, LAST, SUM, FAILED = range(4)
RESULTS = {READ: 0x20, WRITE: 0x30, WEIGHTS: 0x40}
RECEIVED, WRITE_SPAN = 0x50, 0x54


@pytest.fixture(scope="module")
def apart(probe):
    """One DRAM per master."""
    return build(probe, "probe", harness=Harness(memories=[["m_axi"], ["m_axi_weights"]]))


@pytest.fixture(scope="module")
def shared(probe):
    """A DRAM for both masters."""
    return build(probe, "probe")


@pytest.fixture(scope="module")
def ring(probe):
    """2 x 2 instances in a ring."""
    joins = [((n, "m_axis_out"), ((n + 1) % 4, "s_axis_in")) for n in range(4)]
    return build(probe, "probe", harness=Harness(instances=4, joins=joins))


def move(
    session: SimulationSession, what: int, address=0, beats=0, weights_address=0, weights_beats=0, instance=0, word=0
):
    for offset, value in ((4, address), (8, beats), (12, weights_address), (16, weights_beats), (24, word), (0, what)):
        session.write(offset, value, instance)
    session.run(3, instance)
    assert session.run(1_000_000, instance).interrupted


def result(session: SimulationSession, what: int, which: int, instance=0) -> int:
    return session.read(RESULTS[what] + 4 * which, instance)


def words(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8)


def total(image: np.ndarray, kind, address: int, beats: int) -> int:
    return int(image.view(kind)[address // kind().itemsize :][:beats].astype(np.uint64).sum()) & 0xFFFF_FFFF


def test_two_masters_with_separate_drams(apart):
    images = words(1, 1 << 16), words(2, 1 << 16)
    with SimulationSession(apart) as session:
        for memory, image in enumerate(images):
            session.load(image, memory)
        session.configure(DramSettings(latency=30), 1)
        move(session, READ | WEIGHTS, 0x800, 100, 0x400, 200)
        assert result(session, READ, SUM) == total(images[0], np.uint64, 0x800, 100)
        assert result(session, WEIGHTS, SUM) == total(images[1], np.uint32, 0x400, 200)
        assert [result(session, READ, which) for which in (LAST, FAILED)] == [result(session, READ, FIRST) + 99, 0]
        assert result(session, WEIGHTS, FIRST) - result(session, READ, FIRST) == 10
        move(session, WRITE, 0x1000, 33, word=7)
        assert (session.dump(1 << 16, memory=1) == images[1]).all()
        expected = images[0].copy()
        expected.view(np.uint64)[0x200 : 0x200 + 33] = np.arange(7, 40)
        assert (session.dump(1 << 16) == expected).all()


def test_two_masters_with_a_shared_dram(shared):
    image = words(3, 1 << 16)
    with SimulationSession(shared) as session:
        session.load(image)
        move(session, WRITE, 0x1000, 64, word=5)
        move(session, READ | WEIGHTS, 0x1000, 64, 0x1000, 128)
        assert result(session, READ, SUM) == result(session, WEIGHTS, SUM) == sum(range(5, 69))
        assert [result(session, what, LAST) - result(session, what, FIRST) for what in (READ, WEIGHTS)] == [63, 127]


def test_a_read_concurrent_with_a_write_returns_the_old_beat(shared):
    image = words(4, 8 * 200)
    with SimulationSession(shared) as session:
        session.load(image)
        session.configure(DramSettings(latency=2))
        move(session, READ | WRITE, 0, 200, word=1)
        assert result(session, READ, SUM) == total(image, np.uint64, 0, 200)  # each in the cycle of its write
        move(session, READ, 0, 200)
        assert result(session, READ, SUM) == sum(range(1, 201))


@pytest.mark.parametrize("rate", [Fraction(3, 2), Fraction(1, 7), Fraction(65536, 1349 * 16), 5, 8, Fraction(41, 3)])
def test_bandwidth_is_exact_to_the_cycle(apart, rate):
    def law(beats: int, size: int) -> int:
        return max((beats - 1) * size * Fraction(rate).denominator // Fraction(rate).numerator, beats - 1)

    with SimulationSession(apart) as session:
        for memory in (0, 1):
            session.configure(DramSettings(rate=rate), memory)
        for beats in (1, 2, 7, 500, 1000):
            move(session, READ | WEIGHTS, 0, beats, 0, beats)
            for what, size in ((READ, 8), (WEIGHTS, 4)):
                assert result(session, what, LAST) - result(session, what, FIRST) == law(beats, size)
            move(session, WRITE, 0, beats)
            assert session.read(WRITE_SPAN) == law(beats, 8)


def test_masters_of_a_dram_share_its_bandwidth(shared):
    with SimulationSession(shared) as session:
        session.configure(DramSettings(rate=Fraction(3, 2)))
        move(session, READ | WEIGHTS, 0, 1000, 0x4000, 1000)
        spans = [result(session, what, LAST) - result(session, what, FIRST) for what in (READ, WEIGHTS)]
        assert spans == [999 * 12 * 2 // 3] * 2
        move(session, READ | WRITE, 0, 1000)
        spans = [result(session, READ, LAST) - result(session, READ, FIRST), session.read(WRITE_SPAN)]
        assert all(abs(span - 999 * 16 * 2 // 3) <= 40 for span in spans)


@pytest.mark.parametrize("latency", [1, 2, 3, 20, 300])
def test_latency_is_counted_from_address_to_first_beat(apart, latency):
    with SimulationSession(apart) as session:
        session.configure(DramSettings(latency=latency))
        move(session, READ, 0, 10)
        assert result(session, READ, FIRST) == 1 + max(latency, 2)
        assert result(session, READ, LAST) == 1 + max(latency, 2) + 9


def test_faults_at_random_beats_and_addresses(shared):
    rng = random.Random(5)
    with SimulationSession(shared) as session:
        for _ in range(25):
            beats = rng.randrange(1, 200)
            beat, code = rng.randrange(beats), rng.randrange(1, 4)
            session.load(np.zeros(1 << 12, np.uint8))
            session.configure(DramSettings(fault_beat=(0, beat, code)))
            move(session, WRITE, 0, beats, word=1)
            assert result(session, WRITE, FAILED) == 1
            expected = np.arange(1, beats + 1)
            expected[beat] = 0
            assert (session.dump(8 * beats).view(np.uint64) == expected).all()
            move(session, READ, 0, beats)
            assert result(session, READ, FAILED) == 0
            session.configure(DramSettings(fault_beat=(1, beat, code)))
            move(session, READ | WEIGHTS, 0, beats, 0, beats)
            assert [result(session, what, FAILED) for what in (READ, WEIGHTS)] == [0, 1]
            first = 8 * rng.randrange(beats)
            session.configure(DramSettings(faults=((1 << 20, 1 << 21, 2), (first, first + 7, code)), size=1 << 20))
            move(session, READ, 0, beats)
            assert result(session, READ, FAILED) == 1
            move(session, READ, (1 << 20) - 8 * beats + 8, beats)
            assert result(session, READ, FAILED) == 1


def test_stalls_cost_only_cycles(shared):
    image = words(6, 1 << 14)
    with SimulationSession(shared) as session:
        session.load(image)
        session.configure(DramSettings(stall=128))
        move(session, READ | WEIGHTS, 0, 1000, 0, 1000)
        assert result(session, READ, SUM) == total(image, np.uint64, 0, 1000)
        assert result(session, WEIGHTS, SUM) == total(image, np.uint32, 0, 1000)
        assert result(session, READ, LAST) > 1800
        assert result(session, READ, LAST) != result(session, WEIGHTS, LAST)


def test_instances_in_a_ring(ring):
    with SimulationSession(ring) as session:
        for instance in range(4):
            image = np.full(1 << 12, instance + 1, np.uint8)
            session.load(image, instance)
            session.write(0x14, 100 + instance, instance)
        session.run(3)
        for instance in range(4):
            assert session.read(RECEIVED, instance) == 100 + (instance - 1) % 4
            move(session, READ, 0, 10, instance=instance)
            assert result(session, READ, SUM, instance) == 10 * 0x01010101 * (instance + 1)
        session.write(8, 1000, 2)
        session.write(0, READ, 2)
        session.run(3, 2)
        assert session.run(0, 1).interrupted
        assert not session.run(10).interrupted
        assert session.run(2000).interrupted


def test_the_twin_of_the_former_memory_never_differs(twin):
    driven, rng = build(twin, "twin"), random.Random(7)
    counts = np.zeros(3, int)
    with SimulationSession(driven) as session:
        for _ in range(40):
            session.reset()  # both memories keep their contents
            latency, stall = rng.choice([1, 2, 20, 200]), rng.choice([0, 0, 40, 200])
            first = rng.choice([1 << 20, 8 * rng.randrange(1024)])
            last, code = first + 8 * rng.randrange(200), rng.randrange(1, 4)
            session.configure(DramSettings(latency, stall, faults=((first, last, code),), size=1 << 13))
            for n, value in enumerate((latency, stall, first, last, code, rng.getrandbits(32))):
                session.write(4 * n, value)
            session.write(0x18, rng.choice([60, 150, 256]))
            session.run(3000)
            difference, *some = (session.read(0x20 + 4 * n) for n in range(4))
            assert difference == 0
            counts += some
    assert (counts > [10_000, 10_000, 1000]).all(), counts


@pytest.mark.slow  # a limit in seconds needs a machine that does nothing else
def test_an_image_of_512_mib_accessed_at_its_end(shared):
    size = 512 << 20
    image = np.zeros(size, np.uint8)
    image[-800:] = words(8, 800)
    began = time.perf_counter()
    with SimulationSession(shared) as session:
        session.load(image)
        move(session, READ, size - 800, 100)
        assert result(session, READ, SUM) == total(image, np.uint64, size - 800, 100)
        move(session, WRITE, size - 800, 50, word=3)
        found = session.dump(size)
        assert (found[-800:-400].view(np.uint64) == np.arange(3, 53)).all()
        assert (found[-400:] == image[-400:]).all()
        assert not found[::4096][:-1].any()
    assert time.perf_counter() - began < 5


@pytest.mark.slow  # a limit in seconds needs a machine that does nothing else
def test_an_image_of_256_mib_is_loaded_and_read_in_five_seconds(shared):
    image = np.random.default_rng(9).integers(0, 1 << 63, 1 << 25, np.uint64).view(np.uint8)
    with SimulationSession(shared) as session:
        began = time.perf_counter()
        session.load(image)
        loaded = time.perf_counter()
        found = session.dump(image.size)
        dumped = time.perf_counter()
        print(f"256 MiB: loaded in {loaded - began:.2f} s, dumped in {dumped - loaded:.2f} s")
        assert (found == image).all()
    assert dumped - began < 5


def test_illegal_options_of_a_session(shared, tmp_path):
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(LIMIT + 1)
    with SimulationSession(shared) as session:
        with pytest.raises(SimulatorError, match="1,073,741,825 bytes is too large: the limit is 1,073,741,824 bytes"):
            session.load(large)
        with pytest.raises(SimulatorError, match="memory is 1: probe in its harness has 1"):
            session.load(np.zeros(8, np.uint8), 1)
        with pytest.raises(SimulatorError, match="instance is 4"):
            session.read(0, 4)
        with pytest.raises(SimulatorError, match="Register 0xfc of instance 0: the response is SLVERR"):
            session.write(0xFC, 0)
        with pytest.raises(SimulatorError, match=r"ended with exit status 1: DRAM image .*nowhere: No such file"):
            session._command(f"load 0 {tmp_path}/nowhere")


def test_a_design_that_never_interrupts_ends_at_the_limit():
    dumb = "module dumb (input clk, input rst, output reg x);\n  always @(posedge clk) x <= !x;\nendmodule\n"
    with SimulationSession(build(dumb, "dumb")) as session:
        stop = session.run(1000)
        assert (stop.interrupted, stop.cycles) == (False, 1000)
        with pytest.raises(SimulatorError, match="dumb has no registers"):
            session.read(0)


def test_busy_is_recorded(shared):
    with SimulationSession(shared) as session:
        session.write(8, 10)
        session.record()
        session.write(0, READ)
        session.tick(100)
        changes = session.recorded()
    assert [busy for _, busy in changes] == [READ, 0]
    assert changes[1][0] - changes[0][0] == 20 + 10
