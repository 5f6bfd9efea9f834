"""The `outer_product` accelerator: exact integer products for small devices."""

from ...accelerator.shell import Shell
from .descriptor import SIZE
from .engine import OuterProductEngine


class OuterProduct(Shell[OuterProductEngine.Parameters]):
    """Y = A @ W of int8, exact in int32: 4 columns of Y, any number of rows; a column of A by a row of W per cycle.

    `control.start` executes the chain of descriptors at `entry.address`: each specifies A, W and Y in memory (`m_axi`)
    and their sizes, depth x 16 products per sum and rows x 4 rows. A word of A has a column's 4 rows, a word of W a
    row's 4 columns, a word of Y a sum. W is read once, into a memory of `depth` words, then each 4 rows of A, after
    which their 16 sums are written. `error` and `pc` give the cause of the end and the number of its descriptor.

    Latency: a word of A is in the sums after 3 cycles. Initiation interval 1, as fast as the bus delivers words;
    between 4 rows and the next are 20 cycles to settle and write their sums, the bus's response time and its read
    latency. Back-pressure: all channels. Area: 16 multipliers of 8 bits (8 SB_MAC16 on iCE40), 16 sums of
    16 + log2 depth bits, and the memory of W.

    Source: G. Golub and C. Van Loan, Matrix Computations, 2013, section 1.1 (a product as a sum of outer products).
    """

    engine = OuterProductEngine
    latency = 3
    peak = SIZE**2
