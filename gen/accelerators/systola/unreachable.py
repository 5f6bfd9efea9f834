"""Branches of the hardware that this accelerator never executes."""

from ...coverage.unreachable import Unreachable

_NO_ERRORS = "a store reads local memory, which never responds with an error."

UNREACHABLE = (
    Unreachable(
        "write_upsizer_*_p1",
        "hw/memory/width_adapter.py",
        "*Mux(merges, kept, 0)*",
        "then",
        "with one part per word each beat completes its word, so that no beat merges with an earlier one.",
    ),
    Unreachable(
        "descriptor_check_*_padding_*",
        "hw/dma/descriptor_check.py",
        "unsupported = padded & *",
        "then",
        "only stores and fills cannot be padded, and this check serves loads without fill.",
    ),
    *(
        Unreachable("byte_aligner_*_d[0-9]_b*", "hw/dma/byte_aligner.py", line, "then", _NO_ERRORS)
        for line in ('"decerr": Out(1),', '"beat": Out(p.addr_width - p.lanes),', "*bad.eq(go & needs & *")
    ),
)
