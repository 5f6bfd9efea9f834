// A design to test harnesses with: a master that reads and writes beats of 64 bits (m_axi), one that reads beats of 32
// (m_axi_weights), a stream to the next instance, registers.
//
// Registers, written: 0x00 start: bit 0 reads of m_axi, 1 writes of m_axi, 2 reads of m_axi_weights; 0x04, 0x08 address and
// beats of m_axi; 0x0c, 0x10 the same of m_axi_weights; 0x14 a word for m_axis_out, 0x18 a word to be written.
// Read: for n = 0 (reads of m_axi), 1 (writes), 2 (reads of m_axi_weights) at 0x20 + 16 n: cycles from the start to the
// first beat (first response), to the last; sum of the data, beats (bursts) that failed; 0x50 the last word of s_axis_in;
// 0x54 cycles from the first to the last beat written. Written words are the word of 0x18 plus the number of the beat.
module probe (
  input clk, input rst,
  input [7:0] s_axil_awaddr, input [2:0] s_axil_awprot, input s_axil_awvalid, output s_axil_awready,
  input [31:0] s_axil_wdata, input [3:0] s_axil_wstrb, input s_axil_wvalid, output s_axil_wready,
  output [1:0] s_axil_bresp, output reg s_axil_bvalid, input s_axil_bready,
  input [7:0] s_axil_araddr, input [2:0] s_axil_arprot, input s_axil_arvalid, output s_axil_arready,
  output reg [31:0] s_axil_rdata, output [1:0] s_axil_rresp, output reg s_axil_rvalid, input s_axil_rready,
  output m_axi_awid, output [31:0] m_axi_awaddr, output [7:0] m_axi_awlen, output [2:0] m_axi_awsize,
  output [1:0] m_axi_awburst, output m_axi_awvalid, input m_axi_awready,
  output [63:0] m_axi_wdata, output [7:0] m_axi_wstrb, output m_axi_wlast, output m_axi_wvalid, input m_axi_wready,
  input m_axi_bid, input [1:0] m_axi_bresp, input m_axi_bvalid, output m_axi_bready,
  output [2:0] m_axi_arid, output [31:0] m_axi_araddr, output [7:0] m_axi_arlen, output m_axi_arvalid,
  input m_axi_arready,
  input [2:0] m_axi_rid, input [63:0] m_axi_rdata, input [1:0] m_axi_rresp, input m_axi_rlast, input m_axi_rvalid,
  output m_axi_rready,
  output [31:0] m_axi_weights_araddr, output [7:0] m_axi_weights_arlen, output m_axi_weights_arvalid,
  input m_axi_weights_arready,
  input [31:0] m_axi_weights_rdata, input [1:0] m_axi_weights_rresp, input m_axi_weights_rlast,
  input m_axi_weights_rvalid, output m_axi_weights_rready,
  input [15:0] s_axis_in_tdata, input s_axis_in_tvalid, output s_axis_in_tready,
  output reg [15:0] m_axis_out_tdata, output reg m_axis_out_tvalid, input m_axis_out_tready,
  output [2:0] busy, output irq
);
  reg [31:0] address, beats, weights_address, weights_beats, word, received;
  reg [2:0] start;
  reg stream;
  reg [15:0] stream_word;
  wire writes = s_axil_awvalid && s_axil_wvalid && !s_axil_bvalid;
  assign s_axil_awready = writes, s_axil_wready = writes, s_axil_bresp = s_axil_awaddr == 8'hfc ? 2 : 0;
  assign s_axil_arready = !s_axil_rvalid, s_axil_rresp = 0;
  assign s_axis_in_tready = 1;
  wire [31:0] results [0:11];

  always @(posedge clk) begin
    start <= 0; stream <= 0;
    if (s_axil_bready) s_axil_bvalid <= 0;
    if (writes) begin
      s_axil_bvalid <= 1;
      case (s_axil_awaddr)
        8'h00: start <= s_axil_wdata;
        8'h04: address <= s_axil_wdata;
        8'h08: beats <= s_axil_wdata;
        8'h0c: weights_address <= s_axil_wdata;
        8'h10: weights_beats <= s_axil_wdata;
        8'h14: begin m_axis_out_tdata <= s_axil_wdata; m_axis_out_tvalid <= 1; end
        8'h18: word <= s_axil_wdata;
        default: ;
      endcase
    end
    if (m_axis_out_tvalid && m_axis_out_tready) m_axis_out_tvalid <= 0;
    if (s_axis_in_tvalid) received <= s_axis_in_tdata;
    if (s_axil_rready) s_axil_rvalid <= 0;
    if (s_axil_arvalid && s_axil_arready) begin
      s_axil_rvalid <= 1;
      s_axil_rdata <= s_axil_araddr == 8'h50 ? received : s_axil_araddr == 8'h54 ? write_span
        : results[s_axil_araddr[7:2] - 8];
    end
    if (rst) begin
      s_axil_bvalid <= 0; s_axil_rvalid <= 0; start <= 0; m_axis_out_tvalid <= 0; received <= 0;
    end
  end

  assign m_axi_arid = 5;
  probe_reader #(.DATA(64)) reads (
    .clk(clk), .rst(rst), .start(start[0]), .address(address), .beats(beats), .busy(busy[0]),
    .araddr(m_axi_araddr), .arlen(m_axi_arlen), .arvalid(m_axi_arvalid), .arready(m_axi_arready),
    .rdata(m_axi_rdata), .failed(m_axi_rresp != 0 || m_axi_rid != 5), .rvalid(m_axi_rvalid), .rready(m_axi_rready),
    .first(results[0]), .last(results[1]), .sum(results[2]), .failures(results[3])
  );
  probe_reader #(.DATA(32)) weights (
    .clk(clk), .rst(rst), .start(start[2]), .address(weights_address), .beats(weights_beats), .busy(busy[2]),
    .araddr(m_axi_weights_araddr), .arlen(m_axi_weights_arlen), .arvalid(m_axi_weights_arvalid),
    .arready(m_axi_weights_arready), .rdata(m_axi_weights_rdata), .failed(m_axi_weights_rresp != 0),
    .rvalid(m_axi_weights_rvalid), .rready(m_axi_weights_rready),
    .first(results[8]), .last(results[9]), .sum(results[10]), .failures(results[11])
  );

  // Writes
  reg [31:0] time_, aw_left, w_left, w_at, b_left, b_first, b_last, b_failures, aw_next, w_first, w_last;
  wire [31:0] write_span = w_last - w_first;
  wire [7:0] aw_len = aw_left > 16 ? 15 : aw_left - 1;
  reg running;
  assign m_axi_awid = 0, m_axi_awaddr = aw_next, m_axi_awlen = aw_len, m_axi_awsize = 3, m_axi_awburst = 1;
  assign m_axi_awvalid = aw_left != 0;
  assign m_axi_wdata = {32'b0, word + w_at}, m_axi_wstrb = 8'hff, m_axi_wvalid = w_left != 0;
  assign m_axi_wlast = w_at[3:0] == 15 || w_left == 1;
  assign m_axi_bready = 1;
  assign busy[1] = running;
  assign results[4] = b_first, results[5] = b_last, results[6] = 0, results[7] = b_failures;
  always @(posedge clk) begin
    time_ <= time_ + 1;
    if (start[1]) begin
      aw_left <= beats; w_left <= beats; aw_next <= address; w_at <= 0; b_left <= (beats + 15) / 16;
      b_first <= 0; b_failures <= 0; time_ <= 1; running <= beats != 0;
    end else begin
      if (m_axi_awvalid && m_axi_awready) begin
        aw_left <= aw_left - aw_len - 1; aw_next <= aw_next + 8 * (aw_len + 1);
      end
      if (m_axi_wvalid && m_axi_wready) begin
        w_left <= w_left - 1; w_at <= w_at + 1; w_last <= time_;
        if (w_at == 0) w_first <= time_;
      end
      if (m_axi_bvalid) begin
        b_left <= b_left - 1; b_last <= time_; b_failures <= b_failures + (m_axi_bresp != 0);
        if (b_first == 0) b_first <= time_;
        if (b_left == 1) running <= 0;
      end
    end
    if (rst) begin aw_left <= 0; w_left <= 0; running <= 0; end
  end
  assign irq = !rst && busy == 0 && start == 0;
endmodule

module probe_reader #(parameter DATA = 64) (
  input clk, input rst, input start, input [31:0] address, input [31:0] beats, output busy,
  output [31:0] araddr, output [7:0] arlen, output arvalid, input arready,
  input [DATA-1:0] rdata, input failed, input rvalid, output rready,
  output reg [31:0] first, output reg [31:0] last, output reg [31:0] sum, output reg [31:0] failures
);
  reg [31:0] time_, left, to_come, next;
  assign arlen = left > 16 ? 15 : left - 1;
  assign araddr = next, arvalid = left != 0, rready = 1, busy = to_come != 0;
  always @(posedge clk) begin
    time_ <= time_ + 1;
    if (start) begin
      left <= beats; to_come <= beats; next <= address; time_ <= 1; first <= 0; sum <= 0; failures <= 0;
    end else begin
      if (arvalid && arready) begin left <= left - arlen - 1; next <= next + DATA / 8 * (arlen + 1); end
      if (rvalid) begin
        to_come <= to_come - 1; last <= time_; sum <= sum + rdata; failures <= failures + failed;
        if (first == 0) first <= time_;
      end
    end
    if (rst) begin left <= 0; to_come <= 0; end
  end
endmodule
