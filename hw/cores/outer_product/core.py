"""The `outer_product` accelerator: exact integer products for small devices."""

from ...accelerator.shell import Shell
from .descriptor import SIZE
from .engine import OuterProductEngine


class OuterProduct(Shell[OuterProductEngine.Parameters]):
    """Outer-product accelerator: Y = A @ W of int8 with exact int32 sums; one outer product of 4 x 4 per cycle.

    `control.start` executes the chain of descriptors at `entry.address`. A descriptor specifies one product: the
    addresses of A (M x K), W (K x 4) and Y (M x 4) in memory (`m_axi`), and the sizes K in units of 16 and M in units
    of 4. A word of A holds 4 rows of one column, a word of W the 4 columns of one row, a word of Y one sum. W is read
    once, into a memory of `depth` words. Then 4 rows of A are read and multiplied, and their 16 sums are written, until
    all rows are done. `error` and `pc` report the cause of the end and the number of the descriptor.

    Latency: a word of A is in the sums after 3 cycles. Initiation interval 1, limited by the bus. Between two groups of
    4 rows there are 20 cycles to settle and write the sums, plus the bus's write-response time and read latency.
    Back-pressure: all channels. Area: 16 multipliers of 8 bits (8 SB_MAC16 on iCE40), 16 sums of 16 + log2 depth bits,
    and the memory of W.

    Source: G. Golub and C. Van Loan, Matrix Computations, 2013, section 1.1 (a product as a sum of outer products).
    """

    engine = OuterProductEngine
    latency = 3
    peak = SIZE**2
