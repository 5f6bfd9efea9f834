// One AXI4 port of a DRAM (harness_dram.sv): INCR bursts of full-width beats, or single narrower beats, with responses in
// order, up to DEPTH outstanding in each direction. The first beat of a read follows its address by `latency` cycles, and the
// response of a write follows its last beat by as many. Beats are back to back. Each channel pauses in `stall` of 256 cycles,
// at random. No beat is transferred while `open` is low: the bandwidth of the memory is exhausted.
//
// Addresses count from `base`. Beats at addresses from `fault_first` to `fault_last` of one of RANGES ranges return the
// `fault_code` of that range. Beat number `fault_beat` returns `beat_code` if that is not 0. Beats beyond `size` return
// DECERR. Beats with an error are not written. `beats` counts reads and writes together; of two in the same cycle the read is
// counted first.
module harness_port #(
  parameter DATA = 64, parameter ADDR = 32, parameter ID = 1, parameter DEPTH = 64, parameter [31:0] SEED = 32'h1234567,
  parameter RANGES = 4
) (
  input clk, input rst,
  input [15:0] latency, input [7:0] stall, input open, input [31:0] size, input [31:0] base,
  input [32*RANGES-1:0] fault_first, input [32*RANGES-1:0] fault_last, input [2*RANGES-1:0] fault_code,
  input [31:0] fault_beat, input [1:0] beat_code, output reg [31:0] beats,
  output read, output [31:0] read_address, output write, output write_kept, output [31:0] write_address,
  input [ID-1:0] awid, input [ADDR-1:0] awaddr, input [7:0] awlen, input awvalid, output awready,
  input wlast, input wvalid, output wready,
  output reg [ID-1:0] bid, output reg [1:0] bresp, output reg bvalid, input bready,
  input [ID-1:0] arid, input [ADDR-1:0] araddr, input [7:0] arlen, input arvalid, output arready,
  output reg [ID-1:0] rid, output reg [1:0] rresp, output reg rlast, output reg rvalid, input rready
);
  localparam LANES = $clog2(DATA / 8);
  localparam PLACES = $clog2(DEPTH);

  reg [31:0] now, random;

  always @(posedge clk) begin
    now <= rst ? 0 : now + 1;
    random <= rst ? SEED : {random[30:0], random[31] ^ random[21] ^ random[1] ^ random[0]} * 32'd5;
    beats <= rst ? 0 : beats + read + write;
  end

  wire pause_ar = random[7:0] < stall;
  wire pause_r = random[13:6] < stall;
  wire pause_aw = random[19:12] < stall;
  wire pause_w = random[25:18] < stall;
  wire pause_b = random[31:24] < stall;

  integer range;
  function [1:0] response(input [ADDR-1:0] address, input [31:0] beat);
    begin
      response = 0;
      for (range = RANGES - 1; range >= 0; range = range - 1)
        if (address >= fault_first[32*range +: 32] && address <= fault_last[32*range +: 32])
          response = fault_code[2*range +: 2];
      if (beat_code != 0 && beat == fault_beat) response = beat_code;
      if ((address >> LANES) >= (size >> LANES)) response = 2'd3;
    end
  endfunction

  // Reads
  reg [ADDR-1:0] ar_addr [0:DEPTH-1];
  reg [31:0] ar_due [0:DEPTH-1];
  reg [7:0] ar_len [0:DEPTH-1];
  reg [ID-1:0] ar_id [0:DEPTH-1];
  reg [PLACES:0] ar_in, ar_out;
  reg [7:0] r_beat;
  wire [PLACES-1:0] r_now = ar_out[PLACES-1:0];
  wire [ADDR-1:0] r_first = ar_addr[r_now];
  wire [ADDR-1:0] r_addr = {r_first[ADDR-1:LANES], {LANES{1'b0}}} + (r_beat << LANES);
  wire r_due = ar_in != ar_out && $signed(now - ar_due[r_now]) >= 0;
  wire r_ends = r_beat == ar_len[r_now];
  assign arready = ar_in - ar_out != DEPTH && !pause_ar;
  assign read = !rst && (!rvalid || rready) && r_due && !pause_r && open;
  assign read_address = (r_addr >> LANES) < (size >> LANES) ? r_addr : 0;

  always @(posedge clk)
    if (rst) begin
      ar_in <= 0; ar_out <= 0; r_beat <= 0; rvalid <= 0;
    end else begin
      if (arvalid && arready) begin
        ar_addr[ar_in[PLACES-1:0]] <= araddr - base;
        ar_len[ar_in[PLACES-1:0]] <= arlen;
        ar_id[ar_in[PLACES-1:0]] <= arid;
        ar_due[ar_in[PLACES-1:0]] <= now + {16'b0, latency} - 1;
        ar_in <= ar_in + 1;
      end
      if (rready) rvalid <= 0;
      if (read) begin
        rvalid <= 1;
        rid <= ar_id[r_now];
        rresp <= response(r_addr, beats);
        rlast <= r_ends;
        r_beat <= r_ends ? 0 : r_beat + 1;
        if (r_ends) ar_out <= ar_out + 1;
      end
    end

  // Writes
  reg [ADDR-1:0] aw_addr [0:DEPTH-1];
  reg [ID-1:0] aw_id [0:DEPTH-1];
  reg [PLACES:0] aw_in, aw_out;
  reg [31:0] w_beat;
  reg [1:0] w_failed;
  reg [31:0] b_due [0:DEPTH-1];
  reg [1:0] b_code [0:DEPTH-1];
  reg [ID-1:0] b_of [0:DEPTH-1];
  reg [PLACES:0] b_in, b_out;
  wire [PLACES-1:0] w_now = aw_out[PLACES-1:0];
  wire [ADDR-1:0] w_first = aw_addr[w_now];
  wire [ADDR-1:0] w_addr = {w_first[ADDR-1:LANES], {LANES{1'b0}}} + (w_beat << LANES);
  reg [1:0] w_response;
  wire [1:0] w_code = w_failed != 0 ? w_failed : w_response;
  wire b_ready = b_in != b_out && $signed(now - b_due[b_out[PLACES-1:0]]) >= 0;
  assign awready = aw_in - aw_out != DEPTH && !pause_aw;
  assign wready = aw_in != aw_out && b_in - b_out != DEPTH && !pause_w && open;
  assign write = !rst && wvalid && wready;
  assign write_kept = write && w_response == 0;
  assign write_address = w_addr;

  always @* begin
    w_response = 0;
    if (write) w_response = response(w_addr, beats + read);
  end

  always @(posedge clk)
    if (rst) begin
      aw_in <= 0; aw_out <= 0; w_beat <= 0; w_failed <= 0; b_in <= 0; b_out <= 0; bvalid <= 0;
    end else begin
      if (awvalid && awready) begin
        aw_addr[aw_in[PLACES-1:0]] <= awaddr - base;
        aw_id[aw_in[PLACES-1:0]] <= awid;
        aw_in <= aw_in + 1;
      end
      if (write) begin
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
