// A core and its DRAM. With `record`, every change of `busy` goes to the file trace<number>.txt: cycle and value, in hex.
module core_stage (
  input clk, input rst,
  input [${AXIL}:0] s_axil_awaddr, input [2:0] s_axil_awprot, input s_axil_awvalid, output s_axil_awready,
  input [31:0] s_axil_wdata, input [3:0] s_axil_wstrb, input s_axil_wvalid, output s_axil_wready,
  output [1:0] s_axil_bresp, output s_axil_bvalid, input s_axil_bready,
  input [${AXIL}:0] s_axil_araddr, input [2:0] s_axil_arprot, input s_axil_arvalid, output s_axil_arready,
  output [31:0] s_axil_rdata, output [1:0] s_axil_rresp, output s_axil_rvalid, input s_axil_rready,
  output irq,
  input [15:0] latency, input [7:0] stall,
  input [31:0] fault_first, input [31:0] fault_last, input [1:0] fault_code,
  input load, input dump, input record, input [31:0] number, input [31:0] last
);
  wire [6:0] busy;
  wire awid, awvalid, awready, wlast, wvalid, wready, bid, bvalid, bready, arid, arvalid, arready, rid, rlast, rvalid, rready;
  wire [31:0] awaddr, araddr;
  wire [7:0] awlen, arlen;
  wire [1:0] bresp, rresp;
  wire [${DATA}-1:0] wdata, rdata;
  wire [${DATA}/8-1:0] wstrb;

  ${TOP} core (
    .clk(clk), .rst(rst), .irq(irq), .busy(busy),
    .s_axil_awaddr(s_axil_awaddr), .s_axil_awprot(s_axil_awprot), .s_axil_awvalid(s_axil_awvalid),
    .s_axil_awready(s_axil_awready), .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(s_axil_wstrb),
    .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_bresp(s_axil_bresp),
    .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_araddr(s_axil_araddr),
    .s_axil_arprot(s_axil_arprot), .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready),
    .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp), .s_axil_rvalid(s_axil_rvalid),
    .s_axil_rready(s_axil_rready),
    .m_axi_awid(awid), .m_axi_awaddr(awaddr), .m_axi_awlen(awlen), .m_axi_awvalid(awvalid), .m_axi_awready(awready),
    .m_axi_wdata(wdata), .m_axi_wstrb(wstrb), .m_axi_wlast(wlast), .m_axi_wvalid(wvalid), .m_axi_wready(wready),
    .m_axi_bid(bid), .m_axi_bresp(bresp), .m_axi_bvalid(bvalid), .m_axi_bready(bready),
    .m_axi_arid(arid), .m_axi_araddr(araddr), .m_axi_arlen(arlen), .m_axi_arvalid(arvalid), .m_axi_arready(arready),
    .m_axi_rid(rid), .m_axi_rdata(rdata), .m_axi_rresp(rresp), .m_axi_rlast(rlast), .m_axi_rvalid(rvalid),
    .m_axi_rready(rready)
  );
  axi_memory #(.DATA(${DATA}), .WORDS(${WORDS})) dram (
    .clk(clk), .rst(rst), .latency(latency), .stall(stall), .fault_first(fault_first), .fault_last(fault_last),
    .fault_code(fault_code), .load(load), .dump(dump), .number(number), .last(last),
    .awid(awid), .awaddr(awaddr), .awlen(awlen), .awvalid(awvalid), .awready(awready),
    .wdata(wdata), .wstrb(wstrb), .wlast(wlast), .wvalid(wvalid), .wready(wready),
    .bid(bid), .bresp(bresp), .bvalid(bvalid), .bready(bready),
    .arid(arid), .araddr(araddr), .arlen(arlen), .arvalid(arvalid), .arready(arready),
    .rid(rid), .rdata(rdata), .rresp(rresp), .rlast(rlast), .rvalid(rvalid), .rready(rready)
  );

  reg [31:0] now;
  reg [6:0] last_busy;
  reg [8*32-1:0] name;
  integer file;
  initial file = 0;
  always @(posedge clk) begin
    now <= load ? 0 : now + 1;
    last_busy <= busy;
    if (load && record) begin
      $sformat(name, "trace%0d.txt", number);
      file = $fopen(name, "w");
    end
    if (record && file != 0 && busy != last_busy) $fwrite(file, "%0d %h\n", now, busy);
    if (dump && file != 0) begin
      $fclose(file);
      file = 0;
    end
  end
endmodule
