"""Two products per block: iCE40's cell replaces them on that device, once per two. See the slow netlist test."""

from systola.gen.verilog.verilog import generate
from systola.hw.cores.outer_product.core import OuterProduct


def test_cells_replace_products_only_on_ice40():
    mapped, portable = (
        generate("outer_product", OuterProduct(depth=16), device=name).verilog for name in ("ice40", None)
    )
    assert "SB_MAC16 #(" not in portable
    assert mapped.count("SB_MAC16 #(") == 1  # in a module of its own
    assert mapped.count("outer_product__two_products pair") == 8
