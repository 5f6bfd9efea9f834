// Model of the block memory of Lattice ECP5, as Yosys uses it: 1024 words of 18 bits, accessed in widths of 1 to 36
// bits through two ports without output registers. Words of 36 bits are written through A and read through B. Reset and
// chip select are not modelled. A read during a write to its address returns unspecified data. Each bit is a
// port, as in the cell.
module DP16KD #(
  parameter DATA_WIDTH_A = 18, parameter DATA_WIDTH_B = 18,
  parameter REGMODE_A = "NOREG", parameter REGMODE_B = "NOREG",
  parameter WRITEMODE_A = "NORMAL", parameter WRITEMODE_B = "NORMAL",
  parameter CLKAMUX = "CLKA", parameter CLKBMUX = "CLKB",
  parameter CSDECODE_A = "0b000", parameter CSDECODE_B = "0b000",
  parameter RESETMODE = "SYNC", parameter ASYNC_RESET_RELEASE = "SYNC", parameter GSR = "ENABLED",
  parameter INITVAL_00 = 320'h0, parameter INITVAL_01 = 320'h0, parameter INITVAL_02 = 320'h0,
  parameter INITVAL_03 = 320'h0, parameter INITVAL_04 = 320'h0, parameter INITVAL_05 = 320'h0,
  parameter INITVAL_06 = 320'h0, parameter INITVAL_07 = 320'h0, parameter INITVAL_08 = 320'h0,
  parameter INITVAL_09 = 320'h0, parameter INITVAL_0A = 320'h0, parameter INITVAL_0B = 320'h0,
  parameter INITVAL_0C = 320'h0, parameter INITVAL_0D = 320'h0, parameter INITVAL_0E = 320'h0,
  parameter INITVAL_0F = 320'h0, parameter INITVAL_10 = 320'h0, parameter INITVAL_11 = 320'h0,
  parameter INITVAL_12 = 320'h0, parameter INITVAL_13 = 320'h0, parameter INITVAL_14 = 320'h0,
  parameter INITVAL_15 = 320'h0, parameter INITVAL_16 = 320'h0, parameter INITVAL_17 = 320'h0,
  parameter INITVAL_18 = 320'h0, parameter INITVAL_19 = 320'h0, parameter INITVAL_1A = 320'h0,
  parameter INITVAL_1B = 320'h0, parameter INITVAL_1C = 320'h0, parameter INITVAL_1D = 320'h0,
  parameter INITVAL_1E = 320'h0, parameter INITVAL_1F = 320'h0, parameter INITVAL_20 = 320'h0,
  parameter INITVAL_21 = 320'h0, parameter INITVAL_22 = 320'h0, parameter INITVAL_23 = 320'h0,
  parameter INITVAL_24 = 320'h0, parameter INITVAL_25 = 320'h0, parameter INITVAL_26 = 320'h0,
  parameter INITVAL_27 = 320'h0, parameter INITVAL_28 = 320'h0, parameter INITVAL_29 = 320'h0,
  parameter INITVAL_2A = 320'h0, parameter INITVAL_2B = 320'h0, parameter INITVAL_2C = 320'h0,
  parameter INITVAL_2D = 320'h0, parameter INITVAL_2E = 320'h0, parameter INITVAL_2F = 320'h0,
  parameter INITVAL_30 = 320'h0, parameter INITVAL_31 = 320'h0, parameter INITVAL_32 = 320'h0,
  parameter INITVAL_33 = 320'h0, parameter INITVAL_34 = 320'h0, parameter INITVAL_35 = 320'h0,
  parameter INITVAL_36 = 320'h0, parameter INITVAL_37 = 320'h0, parameter INITVAL_38 = 320'h0,
  parameter INITVAL_39 = 320'h0, parameter INITVAL_3A = 320'h0, parameter INITVAL_3B = 320'h0,
  parameter INITVAL_3C = 320'h0, parameter INITVAL_3D = 320'h0, parameter INITVAL_3E = 320'h0,
  parameter INITVAL_3F = 320'h0
) (
  input CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2,
  input ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11, ADA12, ADA13,
  input DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11, DIA12, DIA13,
    DIA14, DIA15, DIA16, DIA17,
  output DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8, DOA9, DOA10, DOA11, DOA12, DOA13,
    DOA14, DOA15, DOA16, DOA17,
  input CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
  input ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8, ADB9, ADB10, ADB11, ADB12, ADB13,
  input DIB0, DIB1, DIB2, DIB3, DIB4, DIB5, DIB6, DIB7, DIB8, DIB9, DIB10, DIB11, DIB12, DIB13,
    DIB14, DIB15, DIB16, DIB17,
  output DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11, DOB12, DOB13,
    DOB14, DOB15, DOB16, DOB17
);
  wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3,
    ADA2, ADA1, ADA0};
  wire [17:0] data_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8,
    DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3,
    ADB2, ADB1, ADB0};
  wire [17:0] data_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8,
    DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
  wire [35:0] data = {data_b, data_a};
  reg [8:0] bytes [2047:0];
  reg [35:0] read_a = 0, read_b = 0;
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
    DOA4, DOA3, DOA2, DOA1, DOA0}
    = DATA_WIDTH_B == 36 ? read_b[17:0] : read_a[17:0];
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
    DOB4, DOB3, DOB2, DOB1, DOB0}
    = DATA_WIDTH_B == 36 ? read_b[35:18] : read_b[17:0];

  localparam [20479:0] INITIAL = {INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B,
    INITVAL_3A, INITVAL_39, INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34,
    INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D,
    INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26,
    INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F,
    INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
    INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11,
    INITVAL_10, INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A,
    INITVAL_09, INITVAL_08, INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03,
    INITVAL_02, INITVAL_01, INITVAL_00};
  integer n;
  initial begin
    if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG")
      $display("DP16KD: this configuration is not modelled");
    for (n = 0; n < 1024; n = n + 1)
      {bytes[2 * n + 1], bytes[2 * n]} = INITIAL[20 * n +: 18];
  end

  // Index of byte n of a word of `width` bits; the low address bits of wide words are byte enables.
  function [10:0] place(input [13:0] address, input integer width, input integer n);
    place = width == 36 ? {address[13:5], n[1:0]} : width == 18 ? {address[13:4], n[0]} : address[13:3];
  endfunction

  // First bit of a word narrower than a byte within its byte; such words do not include the ninth bit.
  function [2:0] start(input [13:0] address, input integer width);
    start = address[2:0] & ~(width[2:0] - 3'd1);
  endfunction

  integer a, b;
  always @(posedge CLKA)
    if (CEA && DATA_WIDTH_A < 9) begin
      if (!WEA) read_a[8:0] <= bytes[address_a[13:3]] >> start(address_a, DATA_WIDTH_A);
      else
        for (a = 0; a < DATA_WIDTH_A; a = a + 1)
          bytes[address_a[13:3]][start(address_a, DATA_WIDTH_A) + a] <= data[a];
    end else if (CEA)
      for (a = 0; a < DATA_WIDTH_A / 9; a = a + 1)
        if (!WEA) read_a[9 * a +: 9] <= bytes[place(address_a, DATA_WIDTH_A, a)];
        else if (DATA_WIDTH_A == 9 || address_a[a]) bytes[place(address_a, DATA_WIDTH_A, a)] <= data[9 * a +: 9];
  always @(posedge CLKB)
    if (CEB && DATA_WIDTH_B < 9) begin
      if (!WEB) read_b[8:0] <= bytes[address_b[13:3]] >> start(address_b, DATA_WIDTH_B);
      else
        for (b = 0; b < DATA_WIDTH_B; b = b + 1)
          bytes[address_b[13:3]][start(address_b, DATA_WIDTH_B) + b] <= data_b[b];
    end else if (CEB)
      for (b = 0; b < DATA_WIDTH_B / 9; b = b + 1)
        if (!WEB) read_b[9 * b +: 9] <= bytes[place(address_b, DATA_WIDTH_B, b)];
        else if (DATA_WIDTH_B == 9 || address_b[b]) bytes[place(address_b, DATA_WIDTH_B, b)] <= data_b[9 * b +: 9];
endmodule
