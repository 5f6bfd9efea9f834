"""PLL settings by the formulas of the families' manuals; rates that are impossible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from systola.gen.board import pll

MHZ = 10**6


def rates(family: str, rate: int, chosen: dict) -> tuple[float, float, float]:
    """Rates in Hz at the phase detector, in the oscillator and at the output."""

    def setting(name):
        value = chosen[name]
        return value if isinstance(value, (int, str)) else value.value

    if family == "ecp5":  # the output is fed back
        detector = rate / setting("CLKI_DIV")
        made = detector * setting("CLKFB_DIV")
        return detector, made * setting("CLKOP_DIV"), made
    if family == "ice40":
        detector = rate / (setting("DIVR") + 1)
        return detector, detector * (setting("DIVF") + 1), detector * (setting("DIVF") + 1) / 2 ** setting("DIVQ")
    assert float(chosen["FCLKIN"]) * MHZ == rate
    detector = rate / (setting("IDIV_SEL") + 1)
    made = detector * (setting("FBDIV_SEL") + 1)
    return detector, made * setting("ODIV_SEL"), made


BOUNDS = {"ecp5": (10, 400, 800), "ice40": (10, 533, 1066), "gowin": (3, 400, 1200)}


@pytest.mark.parametrize(
    ("family", "rate", "target_rate"),
    [("ecp5", 25, 50), ("ecp5", 25, 75), ("ice40", 12, 24), ("ice40", 12, 48), ("gowin", 27, 54)],
)
def test_known_rates(family, rate, target_rate):
    chosen = pll.settings(family, rate * MHZ, target_rate * MHZ)
    assert rates(family, rate * MHZ, chosen)[2] == target_rate * MHZ


@given(st.sampled_from(sorted(BOUNDS)), st.sampled_from((12, 25, 27, 48, 100)), st.integers(5, 300))
def test_settings_produce_the_rate_within_bounds(family, rate, target_rate):
    chosen = pll.settings(family, rate * MHZ, target_rate * MHZ)
    if chosen is not None:
        detector, oscillator, made = rates(family, rate * MHZ, chosen)
        low, slow, fast = (bound * MHZ for bound in BOUNDS[family])
        assert made == target_rate * MHZ
        assert detector >= low
        assert slow <= oscillator <= fast


@pytest.mark.parametrize(("rate", "filter_range"), [(12, 1), (20, 2), (48, 4), (100, 5), (120, 6)])
def test_filters_of_ice40(rate, filter_range):
    chosen = pll.settings("ice40", rate * MHZ, rate * MHZ)
    assert chosen["DIVR"].value == 0
    assert chosen["FILTER_RANGE"].value == filter_range


def test_impossible_rates():
    assert pll.settings("ice40", 12 * MHZ, 24 * MHZ + 1) is None
    assert pll.settings("ice40", 12 * MHZ, 5 * MHZ) is None  # 533 MHz / 2^6 is the lowest
    assert pll.settings("ecp5", 25 * MHZ, 1_000_003) is None
    assert pll.settings("xilinx", 100 * MHZ, 50 * MHZ) is None
