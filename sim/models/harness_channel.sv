// Protocol checker of one AXI channel of a master: valid and payload must remain stable until ready, and `legal` must be high
// with valid. `broken` stays high after a violation, until reset.
module harness_channel #(parameter WIDTH = 1) (
  input clk, input rst, input valid, input ready, input [WIDTH-1:0] payload, input legal, output reg broken
);
  reg offered;
  reg [WIDTH-1:0] held;
  initial begin
    offered = 0; broken = 0;
  end

  always @(posedge clk)
    if (rst) begin
      offered <= 0; broken <= 0;
    end else begin
      offered <= valid && !ready;
      held <= payload;
      if ((offered && (!valid || payload !== held)) || (valid && !legal)) broken <= 1;
    end
endmodule
