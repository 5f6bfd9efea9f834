"""Mutants that no legal input distinguishes from the design, for reasons that the proof of equivalence cannot use."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Reason for the equivalence of a generator's mutants whose description matches the regular expression `mutant`."""

    generator: str
    mutant: str
    reason: str

    def explains(self, generator: str, mutant: str) -> bool:
        return generator == self.generator and re.search(self.mutant, mutant) is not None


UNUSED = "without a write its enable is 0 already, and its address and data are unused"
PAIR = "in a torus of 2 x 2 each link serves one pair of nodes, so no two inputs compete for a VC of a y output"
TURN = "no route has three hops in a ring of 4: packets that pass a router in x leave x at the next one"

RESET = "this bit of the value after a reset is the constant 0"
READS = "this port of the scratchpad only reads, so the data and the strobe of its accesses are unused"
LANE = "each write port of a bank writes one byte only, and its data and enable of other bits are unused"

REASONS = (
    Reason(
        "bfloat16_systolic",
        r"^bfloat16_systolic__bfloat16_multiply_keep: Y\[0\] stuck at 1; assign _[24] = ~ [ab]_fractional;",
        "a NaN then counts as an infinity as well, and where an operand is NaN the result ignores infinities",
    ),
    Reason(
        "bfloat16_systolic",
        r"^bfloat16_systolic__mesh_bfloat16_cell_keep_memory_r4_c4: east\[",
        "the east edge of the grid is connected to nothing",
    ),
    Reason(
        "nm_mac",
        r"^nm_mac__nm_mac_n2_m4\w*: A\[(2[4-9]|3[01])\] .*; assign a0 = ",
        "the first of two ascending places is at most 2; a group whose places do not ascend adds nothing",
    ),
    Reason(
        "fusion_array",
        r"^fusion_array__fused_multiply_\w+: A\[0\] stuck at 0; assign _13 = ~ a\[36\];",
        "weights of 16 bits also set the flags of at least 4 and of at least 8 bits, which have the same effect",
    ),
    Reason(
        "fusion_array",
        r"^fusion_array__delay_w46_c2_memory: B\[0\] stuck at 0; if \(auto_\d+\) index <= 1'h0;",
        "this input of the multiplexer is the constant 0",
    ),
    Reason(
        "fusion_array",
        r"^fusion_array__buffer_slice_\w+: A\[\d+\] stuck at 0; if \(i_valid\)",
        "this input is the undefined data of the write port of the memory while it does not write",
    ),
    Reason(
        "sparse_systolic",
        r"^sparse_systolic__sparse_decoder_n2_m4_\w*_g2: Y\[[4-7]\] .*= \w+ \? \{ 4'h0, words",
        "a word has two groups; after the first has left it, only its low 4 bits are read before the next word",
    ),
    Reason("router", r"^router__router_input_\w+: A\[\d+\] stuck at 0; if \(write__en\)$", UNUSED),
    Reason("router", r"^router__router_input_w64_d4_l1_r1_r0_1_3_4_\w+: B\[0\] .*; assign _84 = edge1 ", TURN),
    Reason("router", r"^router__router_input_w64_d4_l1_r1_r0_2_3_4_\w+: A\[2\] stuck at 0; assign _67 = _55 ", TURN),
    Reason("noc", r"^noc__router_input_w32_d4_l1_r1_r0_3_4_\w+: A\[10\] inverted; if \(write__en\)$", UNUSED),
    Reason(
        "noc",
        r"^noc__router_output_i1_v2_d4_r1: B\[2\] inverted while bit 0 is 0; else if \(_9\) credits0 <= _10;$",
        "only the lowest bit of the free words is read, and none is used at 0; the wrong bit is shifted away, or "
        "inverted again when the next flit is sent",
    ),
    Reason("noc", r"^noc__router_output_i3_v2_d4_r1: Y\[0\] inverted; assign _3 = ~ allocated\[0\];$", PAIR),
    Reason(
        "noc_traffic",
        r"^noc_traffic__matrix_arbiter_c3_\w+: (Y\[0\] stuck at 1; assign _6 = ~ later_0_1"
        r"|B\[0\] stuck at 1; assign _15 = request\[1\] & _14);$",
        PAIR,
    ),
    Reason(
        "scratchpad",
        r"^scratchpad__bank_w64_r16_l1_block_l64: B\[48\] stuck at 1; if \(access\[12\]\)$",
        "access[12] writes bits 56 to 63 only, and data of other bits are unused",
    ),
    Reason(
        "scratchpad",
        r"^scratchpad__bank_w64_r16_l1_block_l64: B\[21\] stuck at 0; if \(access\[8\]\)$",
        "access[8] writes bits 24 to 31 only, so this bit of the enable is the constant 0",
    ),
    Reason(
        "scratchpad",
        r"^scratchpad__matrix_arbiter_\w+: A\[1\] inverted while bit 0 is 1; assign _11 = \| ",
        "bit 0 of the reduction is 1 then, so its result is 1 regardless of bit 1",
    ),
    Reason(
        "scratchpad",
        r"^scratchpad__one_hot_mux_\w+: A\[\d+\] stuck at 0; assign _7 = .* : 77'h0+;$",
        "the input is the constant 0",
    ),
    Reason("split_scratchpad", r"^split_scratchpad__bank_w64_r8_l1_block_l64: B\[41\] .*; if \(access\[6\]\)$", LANE),
    Reason("split_scratchpad", r"^split_scratchpad__bank_w64_r8_l1_block_l64: A\[36\] .*; if \(access\[10\]\)$", LANE),
    Reason("split_scratchpad", r"^split_scratchpad__bank_w64_r16_l1_block_l64: Y\[18\] .*; if \(access\[5\]\)$", LANE),
    Reason("split_scratchpad", r"^split_scratchpad__bank_w64_r16_l1_block_l64: Y\[7\] .*; if \(access\[10\]\)$", LANE),
    Reason("split_scratchpad", r"^split_scratchpad__bank_w64_r16_l1_block_l64: Y\[9\] .*; if \(access\[12\]\)$", LANE),
    Reason("split_scratchpad", r"^split_scratchpad__bank_w64_r16_l1_block_l64: WR_EN\[261\] stuck at 0; ", LANE),
    Reason("axi_memory", r"^axi_memory__bank_w64_r512_l1_block_l64: B\[26\] .*; if \(access\[14\]\)$", LANE),
    Reason("axi_memory", r"^axi_memory__scratchpad_\w+: i\[72\] .*; axi_memory__one_hot_mux_w82_c4 to_bank1 ", READS),
    Reason(
        "axi_memory", r"^axi_memory__scratchpad_\w+: req_payload\[75\] .*; input \[82:0\] port2_req_payload,$", READS
    ),
    Reason("axi_memory", r"^axi_memory__body: port2_req_payload\[69\] stuck at 0; wire \[82:0\] reads1__req__", READS),
    Reason(
        "axi_memory",
        r"^axi_memory__scratchpad_\w+: i\[57\] .*; axi_memory__one_hot_mux_w64_c2 from_bank1 ",
        "port 1 of the scratchpad only writes, so the word that it would read is unused",
    ),
    Reason(
        "axi_memory",
        r"^axi_memory__read_bursts_\w+: Y\[0\] stuck at 0; assign _39 = _38 \? 2'h0 : 2'h2;$",
        "bit 0 of both responses, OKAY and SLVERR, is 0",
    ),
    Reason(
        "axi_memory",
        r"^axi_memory__write_bursts_\w+: B\[2\] .*; if \(aw_ready\) auto_\d+ <= ",
        "this bit is address bit 13, beyond the memory of 8 KiB, and it is unused after the check of the address",
    ),
    Reason(
        "axi_memory",
        r"^axi_memory__stream_buffer_id_last_resp2_d4_c1_auto: S\[0\] stuck at 1; if \(rst\) spare <= 3'h3;$",
        "a port of the scratchpad holds at most 3 reads, so the buffer of 4 always has space",
    ),
    Reason(
        "axi_memory",
        r"^axi_memory__matrix_arbiter_\w+: A\[0\] inverted while bit 1 is 1; assign _4 = \| ",
        "bit 1 of the reduction is 1 then, so its result is 1 regardless of bit 0",
    ),
    Reason(
        "collective",
        r"^collective__lane_\w+: A\[22\] inverted; if \(advance\) begin$",
        "a waiting lane inverts the bit in every cycle, and with 2 x 2 nodes every wait has 2, 4 or 6 cycles, counted "
        "for all operations, rows and roots",
    ),
    Reason(
        "collective",
        r"^collective__coordinator_\w+: B\[3\] inverted while bit 2 is 1; assign procmux_9 = tree_state\[0\] ",
        "this input is the constant 10, whose bit 2 is 0, or it is unused",
    ),
    Reason(
        "collective",
        r"^collective__slot_schedule_\w+: A\[2\] stuck at 1; assign procmux_431_CMP = fsm_state == 4'h6;$",
        "the comparison then holds in the state NEXT too, in which this bit of the slot is 0 already",
    ),
    Reason(
        "collective",
        r"^collective__slot_schedule_\w+: Y\[0\] stuck at 0; assign procmux_484_CMP = ! fsm_state;$",
        "the number of rows to receive, which the state IDLE clears, is 0 whenever that state begins",
    ),
    Reason(
        "collective",
        r"^collective__slot_schedule_\w+: A\[1\] stuck at 1; assign auto_951 = ",
        "`skip` is read in the state WALK only, and every transition to it sets it; in other states it is unused",
    ),
    Reason(
        "collective",
        r"^collective__slot_schedule_\w+: A\[0\] inverted; assign procmux_411 = slots_ready \? 1'h0 : 1'hx;$",
        "this input is undefined, and the enable of the register excludes a slot that is not accepted",
    ),
    Reason("dma", r"^dma__buffer_slice_w8_d16_auto: B\[3\] stuck at 0; if \(rst\) write__addr <= 4'h0;$", RESET),
    Reason("dma", r"^dma__descriptor_check_\w+: B\[1\] stuck at 0; if \(rst\) auto_\d+ <= 5'h00;$", RESET),
    Reason(
        "dma",
        r"^dma__descriptor_check_\w+: Q\[4\] inverted while bit 24 is 1; reg \[35:0\] high ",
        "the sum only grows; from 2^24 on it is beyond the local memory of 32 KiB, regardless of bit 4",
    ),
    Reason(
        "dma",
        r"^dma__stream_buffer_len8_d16_c1_auto: A\[0\] stuck at 1; assign pop = o_valid & o_ready;$",
        "the only instance has a ready that includes its valid",
    ),
    Reason(
        "dma",
        r"^dma__stream_buffer_beat29_len8_last_d16_c1_auto: o_valid\[0\] stuck at 1; output o_valid,$",
        "a write response follows the data of its burst, and these wait for a buffer of the same latency, so this one "
        "is valid whenever a response arrives",
    ),
    Reason(
        "dma",
        r"^dma__piece_generator_\w+: Q\[64\] stuck at 1; reg \[317:0\] box ",
        "this is a bit of the count of dimension 0, which is not read from this register",
    ),
    Reason(
        "link",
        r"^link__body: A\[19\] inverted; assign procmux_\d+ = \w+ \? \{ 8'h00, access__write_data__payload",
        "this input is undefined, and the enable of the register excludes the state without a handshake",
    ),
    Reason(
        "link",
        r"^link__crc: Y\[4\] stuck at 0; assign _16 = step5\[0\] \? 32'd3988292384 : 32'd0;$",
        "bit 4 of the polynomial is 0",
    ),
    Reason(
        "link",
        r"^link__link_access_\w+: B\[24\] .*; assign procmux_\d+ = _40 \? _41\[31:0\] : memory_ar_payload\[32:1\];$",
        "only addresses of registers are incremented, and they have 16 bits",
    ),
    Reason(
        "link",
        r"^link__body: Y\[4\] inverted while bit 6 is 1; assign \{ _1\[8\], age \} = next_number ",
        "an age of 64 or more is outside the window of 16, regardless of its bit 4",
    ),
)


def reason(generator: str, mutant: str) -> str:
    """Reason why a mutant is equivalent; empty if there is none."""
    return next((each.reason for each in REASONS if each.explains(generator, mutant)), "")
