"""Address sequences of loops and their bounds, against explicit loops."""

from hypothesis import given
from hypothesis import strategies as st

from systola.sim.golden.addresses import AddressSequence

strides = st.one_of(st.integers(-40, 40), st.integers(-(2**31), 2**31 - 1))


@given(
    st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1)),
    st.lists(st.tuples(st.integers(1, 5), strides), min_size=1, max_size=4),
)
def test_a_sequence_equals_its_loops(first, loops):
    expected = [first]
    for count, stride in loops:
        expected = [at + n * stride for at in expected for n in range(count)]
    expected = [at % 2**32 for at in expected]
    sequence = AddressSequence(first, tuple(loops))
    assert sequence.addresses().tolist() == expected
    assert sequence.count == len(expected)
    assert sequence.inside(256) == all(at < 256 for at in expected)
