// DRAM behind an AXI4 bus: WORDS words of DATA bits. A read's first beat comes `latency` cycles after its address, a write's
// response as long after its last beat; beats follow each other without a gap, responses are in order, and DEPTH of
// them may be under way. With `stall`, each channel pauses in so many of 256 cycles. Addresses from `fault_first` to
// `fault_last` return `fault_code`, those beyond the memory DECERR, and are not written.
//
// The contents come from the file dram<number>.hex when `load` is high; words 0 to `last` of them go to result<number>.hex
// when `dump` is.
module axi_memory #(parameter DATA = 64, parameter WORDS = 1024, parameter DEPTH = 64) (
  input clk, input rst,
  input [15:0] latency, input [7:0] stall,
  input [31:0] fault_first, input [31:0] fault_last, input [1:0] fault_code,
  input load, input dump, input [31:0] number, input [31:0] last,
  input awid, input [31:0] awaddr, input [7:0] awlen, input awvalid, output awready,
  input [DATA-1:0] wdata, input [DATA/8-1:0] wstrb, input wlast, input wvalid, output wready,
  output reg bid, output reg [1:0] bresp, output reg bvalid, input bready,
  input arid, input [31:0] araddr, input [7:0] arlen, input arvalid, output arready,
  output reg rid, output reg [DATA-1:0] rdata, output reg [1:0] rresp, output reg rlast, output reg rvalid, input rready
);
  localparam LANES = $clog2(DATA / 8);
  localparam PLACES = $clog2(DEPTH);

  reg [DATA-1:0] memory [0:WORDS-1];
  reg [31:0] now, random;
  reg [8*32-1:0] name;

  always @(posedge clk) begin
    now <= rst ? 0 : now + 1;
    random <= rst ? 32'h1234567 : {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]} * 32'd5;
    if (load) begin
      $sformat(name, "dram%0d.hex", number);
      $readmemh(name, memory);
    end
    if (dump) begin
      $sformat(name, "result%0d.hex", number);
      $writememh(name, memory, 0, last);
    end
  end

  wire pause_ar = random[7:0] < stall;
  wire pause_r = random[13:6] < stall;
  wire pause_aw = random[19:12] < stall;
  wire pause_w = random[25:18] < stall;
  wire pause_b = random[31:24] < stall;

  function [1:0] response(input [31:0] address);
    if ((address >> LANES) >= WORDS) response = 2'd3;
    else if (address >= fault_first && address <= fault_last) response = fault_code;
    else response = 2'd0;
  endfunction

  // Reads
  reg [31:0] ar_addr [0:DEPTH-1];
  reg [31:0] ar_due [0:DEPTH-1];
  reg [7:0] ar_len [0:DEPTH-1];
  reg ar_id [0:DEPTH-1];
  reg [PLACES:0] ar_in, ar_out;
  reg [7:0] r_beat;
  wire [PLACES-1:0] r_now = ar_out[PLACES-1:0];
  wire [31:0] r_addr = {ar_addr[r_now][31:LANES], {LANES{1'b0}}} + (r_beat << LANES);
  wire r_due = ar_in != ar_out && $signed(now - ar_due[r_now]) >= 0;
  wire r_ends = r_beat == ar_len[r_now];
  assign arready = ar_in - ar_out != DEPTH && !pause_ar;

  always @(posedge clk)
    if (rst) begin
      ar_in <= 0; ar_out <= 0; r_beat <= 0; rvalid <= 0;
    end else begin
      if (arvalid && arready) begin
        ar_addr[ar_in[PLACES-1:0]] <= araddr;
        ar_len[ar_in[PLACES-1:0]] <= arlen;
        ar_id[ar_in[PLACES-1:0]] <= arid;
        ar_due[ar_in[PLACES-1:0]] <= now + {16'b0, latency} - 1;
        ar_in <= ar_in + 1;
      end
      if (rready) rvalid <= 0;
      if ((!rvalid || rready) && r_due && !pause_r) begin
        rvalid <= 1;
        rid <= ar_id[r_now];
        rresp <= response(r_addr);
        rdata <= memory[(r_addr >> LANES) % WORDS];
        rlast <= r_ends;
        r_beat <= r_ends ? 0 : r_beat + 1;
        if (r_ends) ar_out <= ar_out + 1;
      end
    end

  // Writes
  reg [31:0] aw_addr [0:DEPTH-1];
  reg aw_id [0:DEPTH-1];
  reg [PLACES:0] aw_in, aw_out;
  reg [31:0] w_beat;
  reg [1:0] w_failed;
  reg [31:0] b_due [0:DEPTH-1];
  reg [1:0] b_code [0:DEPTH-1];
  reg b_of [0:DEPTH-1];
  reg [PLACES:0] b_in, b_out;
  wire [PLACES-1:0] w_now = aw_out[PLACES-1:0];
  wire [31:0] w_addr = {aw_addr[w_now][31:LANES], {LANES{1'b0}}} + (w_beat << LANES);
  wire [1:0] w_response = response(w_addr);
  wire [1:0] w_code = w_failed != 0 ? w_failed : w_response;
  wire b_ready = b_in != b_out && $signed(now - b_due[b_out[PLACES-1:0]]) >= 0;
  assign awready = aw_in - aw_out != DEPTH && !pause_aw;
  assign wready = aw_in != aw_out && b_in - b_out != DEPTH && !pause_w;
  integer lane;

  always @(posedge clk)
    if (rst) begin
      aw_in <= 0; aw_out <= 0; w_beat <= 0; w_failed <= 0; b_in <= 0; b_out <= 0; bvalid <= 0;
    end else begin
      if (awvalid && awready) begin
        aw_addr[aw_in[PLACES-1:0]] <= awaddr;
        aw_id[aw_in[PLACES-1:0]] <= awid;
        aw_in <= aw_in + 1;
      end
      if (wvalid && wready) begin
        if (w_response == 0)
          for (lane = 0; lane < DATA / 8; lane = lane + 1)
            if (wstrb[lane]) memory[(w_addr >> LANES) % WORDS][8*lane +: 8] <= wdata[8*lane +: 8];
        w_beat <= wlast ? 0 : w_beat + 1;
        w_failed <= wlast ? 0 : w_code;
        if (wlast) begin
          b_due[b_in[PLACES-1:0]] <= now + {16'b0, latency} - 1;
          b_code[b_in[PLACES-1:0]] <= w_code;
          b_of[b_in[PLACES-1:0]] <= aw_id[w_now];
          b_in <= b_in + 1;
          aw_out <= aw_out + 1;
        end
      end
      if (bready) bvalid <= 0;
      if ((!bvalid || bready) && b_ready && !pause_b) begin
        bvalid <= 1;
        bid <= b_of[b_out[PLACES-1:0]];
        bresp <= b_code[b_out[PLACES-1:0]];
        b_out <= b_out + 1;
      end
    end
endmodule
