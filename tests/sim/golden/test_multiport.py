"""Golden model against accesses by hand."""

import numpy as np

from systola.sim.golden.multiport import Accesses, MultiportMemory


def _port(*accesses):
    """Accesses from (addr, data, strobe), each a pair of bytes, or (addr,) for a read."""
    blank = ([0, 0], [0, 0])
    data, strobe = zip(*(each[1:] or blank for each in accesses), strict=True)
    return Accesses(
        np.array([each[0] for each in accesses]),
        np.array([int(len(each) > 1) for each in accesses]),
        np.array(data, np.uint8),
        np.array(strobe, np.uint8),
    )


def test_reads_return_the_writes_of_earlier_cycles():
    memory = MultiportMemory(16, 4)
    writer, other = _port((1, [7, 8], [1, 0])), _port((1,), (1,))
    found = memory.run([writer, other], [[5], [5, 6]])
    assert found[0].tolist() == []
    assert found[1].tolist() == [[0, 0], [7, 0]]


def test_the_highest_port_wins_each_byte():
    memory = MultiportMemory(16, 4)
    memory.run([_port((2, [1, 1], [1, 1])), _port((2, [2, 2], [0, 1]))], [[0], [0]])
    assert memory.words[2].tolist() == [1, 2]


def test_cycles_order_the_ports():
    memory = MultiportMemory(16, 4)
    memory.run([_port((2, [1, 1], [1, 1])), _port((2, [2, 2], [1, 1]))], [[9], [3]])
    assert memory.words[2].tolist() == [1, 1]
