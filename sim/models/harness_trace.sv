// Recorder of a design's `busy`: each change is written to trace<NUMBER>_<value>.txt as a cycle and a value in hex. The
// first cycle after `set` has number 1.
module harness_trace #(parameter NUMBER = 0, parameter WIDTH = 1) (
  input clk,
  input set, input [15:0] set_number, input [7:0] set_field, input [31:0] set_value,
  input [WIDTH-1:0] busy
);
  reg [31:0] now, begun;
  reg [WIDTH-1:0] last_busy;
  reg [8*64-1:0] path;
  integer file;
  initial begin
    file = 0; now = 0; begun = 0;
  end

  always @(posedge set)
    if (set_number == NUMBER && (set_field == `SET_RECORD || set_field == `SET_RECORD_END)) begin
      if (file != 0) $fclose(file);
      file = 0;
      begun = now;
      if (set_field == `SET_RECORD) begin
        $sformat(path, "trace%0d_%0d.txt", NUMBER, set_value);
        file = $fopen(path, "w");
      end
    end

  always @(posedge clk) begin
    now <= now + 1;
    last_busy <= busy;
    if (file != 0 && busy != last_busy) $fwrite(file, "%0d %h\n", now - begun + 1, busy);
  end
endmodule
