// Contents, bandwidth and settings of one DRAM with PORTS ports, of the widths WIDTHS (16 bits each) in lanes of WIDEST bits.
//
// Reads return the contents before the writes of the same cycle; of two writes to the same byte that of the higher port is
// stored. Over many cycles at most `rate_bytes` / `rate_cycles` bytes per cycle are transferred, all ports and both directions
// together (no limit if rate_bytes is 0). Beats of B bytes without other delays are transferred
// floor(k * B * rate_cycles / rate_bytes) cycles after the first, k = 0, 1, 2, ...; bandwidth of idle cycles does not accumulate.
//
// Settings change at a rising edge of `set`, without simulated time. Under Verilator the contents are C++ (dram.cpp),
// under Icarus an array of BYTES bytes. Images are read from dram<NUMBER>_<value>.bin and written to result<NUMBER>_<value>.bin.
module harness_dram #(
  parameter NUMBER = 0, parameter PORTS = 1, parameter WIDEST = 64, parameter [16*PORTS-1:0] WIDTHS = 64,
  parameter BYTES = 1 << 30, parameter RANGES = 4
) (
  input clk, input rst,
  input set, input [15:0] set_number, input [7:0] set_field, input [31:0] set_value,
  output reg [15:0] latency, output reg [7:0] stall, output open, output reg [31:0] size, output reg [31:0] base,
  output reg [32*RANGES-1:0] fault_first, output reg [32*RANGES-1:0] fault_last, output reg [2*RANGES-1:0] fault_code,
  output reg [31:0] fault_beat, output [2*PORTS-1:0] beat_code, input [32*PORTS-1:0] beats,
  input [PORTS-1:0] read, input [32*PORTS-1:0] read_address, output reg [WIDEST*PORTS-1:0] read_data,
  input [PORTS-1:0] write, input [PORTS-1:0] write_kept, input [32*PORTS-1:0] write_address,
  input [WIDEST*PORTS-1:0] write_data, input [WIDEST/8*PORTS-1:0] write_strobe
);
  reg [31:0] rate_bytes, rate_cycles, dump_first, dump_size;
  reg [15:0] fault_port;
  reg [7:0] range;
  reg [1:0] fault_beat_code;
  assign beat_code = fault_beat_code << 2 * fault_port;

  initial begin
    latency = 20; stall = 0; size = BYTES; base = 0; rate_bytes = 0; rate_cycles = 1; dump_first = 0; dump_size = 0;
    fault_first = {RANGES{32'd1}}; fault_last = 0; fault_code = 0; range = 0;
    fault_port = 0; fault_beat = 0; fault_beat_code = 0;
  end

  always @(posedge set)
    if (set_number == NUMBER)
      case (set_field)
        `SET_LATENCY: latency = set_value[15:0];
        `SET_STALL: stall = set_value[7:0];
        `SET_SIZE: size = set_value != 0 && set_value < BYTES ? set_value : BYTES;
        `SET_BASE: base = set_value;
        `SET_RATE_BYTES: rate_bytes = set_value;
        `SET_RATE_CYCLES: rate_cycles = set_value;
        `SET_FAULT_RANGE: range = set_value[7:0];
        `SET_FAULT_FIRST: fault_first[32*range +: 32] = set_value;
        `SET_FAULT_LAST: fault_last[32*range +: 32] = set_value;
        `SET_FAULT_CODE: fault_code[2*range +: 2] = set_value[1:0];
        `SET_FAULT_PORT: fault_port = set_value[15:0];
        `SET_FAULT_BEAT: fault_beat = beats[32*fault_port +: 32] + set_value;
        `SET_FAULT_BEAT_CODE: fault_beat_code = set_value[1:0];
        `SET_LOAD: load(set_value);
        `SET_DUMP_FIRST: dump_first = set_value;
        `SET_DUMP_SIZE: dump_size = set_value;
        `SET_DUMP: dump(set_value);
        default: ;
      endcase

  // Bandwidth: `debt` grows by bytes times rate_cycles per beat, and decreases by rate_bytes per cycle.
  reg [63:0] debt, spent;
  integer port, chunk, master;
  assign open = rate_bytes == 0 || debt < rate_bytes;

  always @(posedge clk)
    if (rst) debt <= 0;
    else if (rate_bytes != 0) begin
      spent = debt;
      for (master = 0; master < PORTS; master = master + 1)
        spent = spent + (read[master] + write[master]) * (WIDTHS[16*master +: 16] / 8) * {32'b0, rate_cycles};
      debt <= spent > rate_bytes ? spent - rate_bytes : 0;
    end

  always @(posedge clk) begin
    for (port = 0; port < PORTS; port = port + 1)
      if (read[port])
        for (chunk = 0; chunk < WIDEST / 64; chunk = chunk + 1)
          if (64 * chunk < WIDTHS[16*port +: 16])
            read_data[WIDEST*port + 64*chunk +: 64] <= fetch(read_address[32*port +: 32] + 8 * chunk);
    for (port = 0; port < PORTS; port = port + 1)
      if (write_kept[port])
        for (chunk = 0; chunk < WIDEST / 64; chunk = chunk + 1)
          if (64 * chunk < WIDTHS[16*port +: 16])
            store(write_address[32*port +: 32] + 8 * chunk, write_strobe[WIDEST/8*port + 8*chunk +: 8],
                  write_data[WIDEST*port + 64*chunk +: 64]);
  end

`ifdef VERILATOR
  import "DPI-C" function longint unsigned dram_read(input int memory, input int unsigned address);
  import "DPI-C" function void dram_write(
    input int memory, input int unsigned address, input byte unsigned strobe, input longint unsigned data
  );
  import "DPI-C" function void dram_load(input int memory, input string path);
  import "DPI-C" function void dram_dump(
    input int memory, input int unsigned first, input int unsigned size, input string path
  );

  function [63:0] fetch(input [31:0] address);
    fetch = dram_read(NUMBER, address);
  endfunction

  task store(input [31:0] address, input [7:0] strobe, input [63:0] data);
    dram_write(NUMBER, address, strobe, data);
  endtask

  task load(input [31:0] value);
    dram_load(NUMBER, $sformatf("dram%0d_%0d.bin", NUMBER, value));
  endtask

  task dump(input [31:0] value);
    dram_dump(NUMBER, dump_first, dump_size, $sformatf("result%0d_%0d.bin", NUMBER, value));
  endtask
`else
  // Byte order of $fread: the first byte is the most significant.
  reg [63:0] memory [0:BYTES/8-1];
  reg [8*64-1:0] path;
  integer file, word, lane, end_of_image;
  initial end_of_image = 0;

  function [63:0] swap(input [63:0] data);
    swap = {data[7:0], data[15:8], data[23:16], data[31:24], data[39:32], data[47:40], data[55:48], data[63:56]};
  endfunction

  function [63:0] fetch(input [31:0] address);
    fetch = swap(memory[address >> 3]) >> 8 * address[2:0];
  endfunction

  task store(input [31:0] address, input [7:0] strobe, input [63:0] data);
    begin
      for (lane = 0; lane < 8; lane = lane + 1)
        if (strobe[lane]) memory[address >> 3][56 - 8 * (lane + address[2:0]) +: 8] = data[8*lane +: 8];
      if (end_of_image <= address >> 3) end_of_image = (address >> 3) + 1;
    end
  endtask

  task load(input [31:0] value);
    begin
      for (word = 0; word < end_of_image; word = word + 1) memory[word] = 64'bx;
      $sformat(path, "dram%0d_%0d.bin", NUMBER, value);
      file = $fopen(path, "rb");
      end_of_image = $fread(memory, file) / 8;
      $fclose(file);
    end
  endtask

  task dump(input [31:0] value);  // a multiple of 64 bytes
    begin
      $sformat(path, "result%0d_%0d.bin", NUMBER, value);
      file = $fopen(path, "wb");
      for (word = dump_first >> 3; word < (dump_first + dump_size) >> 3; word = word + 8)
        $fwrite(file, "%u", {swap(memory[word+7]), swap(memory[word+6]), swap(memory[word+5]), swap(memory[word+4]),
                             swap(memory[word+3]), swap(memory[word+2]), swap(memory[word+1]), swap(memory[word])});
      $fclose(file);
    end
  endtask
`endif
endmodule
