"""Random bursts: separate blocks per master, and all kinds."""

from systola.sim.stimulus.axi_memory import BLOCK, random_cases


def test_masters_share_no_byte():
    p = {"masters": 2, "data_width": 64, "bytes": 8192}
    cases = random_cases(p, 40, 1)
    for case in cases:
        for number, accesses in enumerate(case.masters):
            for access in accesses:
                length = access.length or len(access.data)
                blocks = {at // BLOCK for at in (access.address, access.address + length - 1)}
                assert len(blocks) == 1
                assert blocks.pop() % 2 == number or case.alone_reads
    kinds = [access for case in cases for accesses in case.masters for access in accesses]
    assert {access.data is None for access in kinds} == {access.address >= 8192 for access in kinds} == {True, False}
    assert {access.size for access in kinds} == {0, 1, 2, 3}
    assert any(case.alone_reads for case in cases)
    assert random_cases(p, 3, 1) == cases[:3]
