// The former model of a DRAM (sim/models/axi_memory.v) beside the harness's own: both are driven by the same random master,
// and all their responses are compared in every cycle.
//
// Registers, written: 0x00 latency, 0x04 stall, 0x08 fault_first, 0x0c fault_last, 0x10 fault_code, 0x14 seed, 0x18 activity
// in 256ths. Read: 0x20 differences, 0x24 beats read, 0x28 beats written, 0x2c beats and responses with an error.
module twin (
  input clk, input rst,
  input [7:0] s_axil_awaddr, input [2:0] s_axil_awprot, input s_axil_awvalid, output s_axil_awready,
  input [31:0] s_axil_wdata, input [3:0] s_axil_wstrb, input s_axil_wvalid, output s_axil_wready,
  output [1:0] s_axil_bresp, output reg s_axil_bvalid, input s_axil_bready,
  input [7:0] s_axil_araddr, input [2:0] s_axil_arprot, input s_axil_arvalid, output s_axil_arready,
  output reg [31:0] s_axil_rdata, output [1:0] s_axil_rresp, output reg s_axil_rvalid, input s_axil_rready,
  output reg m_axi_awid, output reg [31:0] m_axi_awaddr, output reg [7:0] m_axi_awlen, output reg m_axi_awvalid,
  input m_axi_awready,
  output reg [63:0] m_axi_wdata, output reg [7:0] m_axi_wstrb, output m_axi_wlast, output reg m_axi_wvalid,
  input m_axi_wready,
  input m_axi_bid, input [1:0] m_axi_bresp, input m_axi_bvalid, output reg m_axi_bready,
  output reg m_axi_arid, output reg [31:0] m_axi_araddr, output reg [7:0] m_axi_arlen, output reg m_axi_arvalid,
  input m_axi_arready,
  input m_axi_rid, input [63:0] m_axi_rdata, input [1:0] m_axi_rresp, input m_axi_rlast, input m_axi_rvalid,
  output reg m_axi_rready
);
  reg [31:0] latency, stall, fault_first, fault_last, fault_code, activity;
  reg [63:0] random;
  reg [31:0] differences, read, written, failed;
  assign s_axil_bresp = 0, s_axil_rresp = 0, s_axil_arready = 1;
  assign s_axil_awready = 1, s_axil_wready = 1;

  always @(posedge clk) begin
    random <= {random[62:0], random[63] ^ random[62] ^ random[60] ^ random[59]} * 64'd2862933555777941757;
    s_axil_bvalid <= s_axil_wvalid;
    s_axil_rvalid <= s_axil_arvalid;
    if (s_axil_arvalid)
      case (s_axil_araddr)
        8'h20: s_axil_rdata <= differences;
        8'h24: s_axil_rdata <= read;
        8'h28: s_axil_rdata <= written;
        default: s_axil_rdata <= failed;
      endcase
    if (s_axil_wvalid)
      case (s_axil_awaddr)
        8'h00: latency <= s_axil_wdata;
        8'h04: stall <= s_axil_wdata;
        8'h08: fault_first <= s_axil_wdata;
        8'h0c: fault_last <= s_axil_wdata;
        8'h10: fault_code <= s_axil_wdata;
        8'h14: random <= {s_axil_wdata, ~s_axil_wdata};
        default: activity <= s_axil_wdata;
      endcase
    if (rst) activity <= 0;
  end

  // The master: lengths of bursts whose data is to come wait in a queue.
  reg [7:0] lengths [0:255];
  reg [7:0] put, take, beat;
  assign m_axi_wlast = beat == lengths[take];
  wire w_moves = m_axi_wvalid && m_axi_wready;
  wire last_moves = w_moves && m_axi_wlast;
  wire [7:0] take_next = take + last_moves;
  wire aw_free = !m_axi_awvalid || m_axi_awready;
  always @(posedge clk) begin
    m_axi_rready <= random[15:8] < activity;
    m_axi_bready <= random[23:16] < activity;
    if (!m_axi_arvalid || m_axi_arready) begin
      m_axi_arvalid <= random[31:24] < activity && random[1:0] == 0;
      m_axi_araddr <= {19'b0, random[44:32]} + (random[45] ? 1500 : 0);
      m_axi_arlen <= random[50:46] & {5{random[51]}};
      m_axi_arid <= random[52];
    end
    if (aw_free) begin
      m_axi_awvalid <= 0;
      if (random[60:53] < activity && random[3:2] == 0 && put - take < 200) begin
        m_axi_awvalid <= 1;
        m_axi_awaddr <= {19'b0, random[16:4]} + (random[33] ? 1500 : 0);
        m_axi_awlen <= random[21:17];
        m_axi_awid <= random[22];
        lengths[put] <= random[21:17];
        put <= put + 1;
      end
    end
    if (w_moves) beat <= m_axi_wlast ? 0 : beat + 1;
    take <= take_next;
    if (!m_axi_wvalid || m_axi_wready) begin
      m_axi_wvalid <= put != take_next && random[40:33] < activity;
      m_axi_wdata <= random;
      m_axi_wstrb <= random[48:41] | {8{random[49]}};
    end
    if (rst) begin
      m_axi_arvalid <= 0; m_axi_awvalid <= 0; m_axi_wvalid <= 0; put <= 0; take <= 0; beat <= 0;
      m_axi_rready <= 0; m_axi_bready <= 0;
    end
  end

  wire awready, wready, bid, bvalid, arready, rid, rlast, rvalid;
  wire [1:0] bresp, rresp;
  wire [63:0] rdata;
  axi_memory #(.DATA(64), .WORDS(1024)) former (
    .clk(clk), .rst(rst), .latency(latency[15:0]), .stall(stall[7:0]), .fault_first(fault_first), .fault_last(fault_last),
    .fault_code(fault_code[1:0]), .load(1'b0), .dump(1'b0), .number(0), .last(0),
    .awid(m_axi_awid), .awaddr(m_axi_awaddr), .awlen(m_axi_awlen), .awvalid(m_axi_awvalid), .awready(awready),
    .wdata(m_axi_wdata), .wstrb(m_axi_wstrb), .wlast(m_axi_wlast), .wvalid(m_axi_wvalid), .wready(wready),
    .bid(bid), .bresp(bresp), .bvalid(bvalid), .bready(m_axi_bready),
    .arid(m_axi_arid), .araddr(m_axi_araddr), .arlen(m_axi_arlen), .arvalid(m_axi_arvalid), .arready(arready),
    .rid(rid), .rdata(rdata), .rresp(rresp), .rlast(rlast), .rvalid(rvalid), .rready(m_axi_rready)
  );
  wire differ = {awready, wready, bvalid, arready, rvalid}
      != {m_axi_awready, m_axi_wready, m_axi_bvalid, m_axi_arready, m_axi_rvalid}
    || (bvalid && {bid, bresp} != {m_axi_bid, m_axi_bresp})
    || (rvalid && {rid, rresp, rlast} != {m_axi_rid, m_axi_rresp, m_axi_rlast})
    || (rvalid && rresp != 3 && rdata != m_axi_rdata);
  always @(posedge clk) begin
    differences <= differences + (differ && activity != 0);
    read <= read + (rvalid && m_axi_rready);
    written <= written + w_moves;
    failed <= failed + (rvalid && m_axi_rready && rresp != 0) + (bvalid && m_axi_bready && bresp != 0);
    if (rst) begin
      differences <= 0; read <= 0; written <= 0; failed <= 0;
    end
  end
endmodule
