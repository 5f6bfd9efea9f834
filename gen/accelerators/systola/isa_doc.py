"""docs/isa.md, the instruction set for people: `python -m systola.gen.accelerators.systola.isa_doc > docs/isa.md`."""

import ast
import inspect
import re
from enum import IntEnum
from itertools import groupby, pairwise

from ....hw.issue.isa import BYTES, INSTRUCTIONS, LOOPS, OPERANDS, RECORD, REGISTERS, Error, Setting, Unit
from .checker import SPARE
from .instruction import FIELDS

SETTINGS = {
    "(LOAD|STORE)_SIZE": "log2 of an element's bytes, up to a beat of the bus",
    "LOAD_VALUE": "the byte that padding consists of",
    "(LOAD|STORE)_COUNT.": "elements of a dimension, 0 the innermost; 1 to 65535",
    "(LOAD|STORE)_BUS_STRIDE.": "bytes from one to the next in DRAM",
    "(LOAD|STORE)_LOCAL_STRIDE.": "bytes from one to the next in the scratchpads",
    "LOAD_PAD.": "[7:0] elements before, [15:8] after, that are not read but get LOAD_VALUE",
    "WEIGHT_STRIDE": "words from one row of a tile to the next",
    "COUNT_.": "rows of a MATMUL, COUNT_Y times COUNT_X",
    "STRIDE_.": "words from one to the next",
    "WINDOW_.": "elements that a point is made of, WINDOW_Y times WINDOW_X",
    "POINTS_.": "results of a VECTOR, POINTS_Y times POINTS_X",
    "SOURCE_K.": "from one element of a window to the next",
    "SOURCE_[XY]": "from one point's window to the next",
    "SECOND_.": "words from one point's second source to the next",
    "DEST_.": "words from one result to the next",
    "SCALE_A": "what activations are multiplied by, 16 bits signed",
    "SCALE_B": "what the second source is multiplied by, 16 bits signed",
}
"""Meanings by regular expressions for names."""

EXAMPLE = """\
; y = relu(x @ w): x is 128 x 16 at 0x1000, w 16 x 16 at 0x2000, y goes to 0x3000, all int8, row by row.
; Half of x is multiplied while the other is loaded, on a core of size 16 with a bus of 64 bits.
    SET     LOAD_SIZE, 3                    ; elements of 8 bytes
    SET     LOAD_COUNT0, 32                 ; w: 256 bytes
    SET     LOAD_COUNT1, 1
    SET     LOAD_COUNT2, 1
    SET     LOAD_BUS_STRIDE0, 8
    SET     LOAD_LOCAL_STRIDE0, 8
    LOAD    0x2000, 0x20000                 ; weights lie behind 128 KiB of activations
    SET     LOAD_COUNT0, 128                ; half of x: 1024 bytes
    MOVE    r1=0x1000, r2=0
    LOAD    r1, r2
    SET     STORE_SIZE, 3
    SET     STORE_COUNT0, 128
    SET     STORE_COUNT1, 1
    SET     STORE_COUNT2, 1
    SET     STORE_BUS_STRIDE0, 8
    SET     STORE_LOCAL_STRIDE0, 8
    SET     WEIGHT_STRIDE, 1
    SET     COUNT_X, 64
    SET     COUNT_Y, 1
    SET     STRIDE_X, 1
    SET     WINDOW_X, 1
    SET     WINDOW_Y, 1
    SET     POINTS_X, 64
    SET     POINTS_Y, 1
    SET     SOURCE_X, 1
    SET     DEST_X, 1
    QUANT   0x40000000, 0, low=0, high=127, shift=-6        ; times 2^-7
    SYNC    load
    WEIGHTS 0, 16
    MATMUL  0, 0, keep                      ; words 0 to 63 into rows 0 to 63
    LOAD    0x1400, 1024                    ; meanwhile words 64 to 127
    SYNC    load
    MATMUL  64, 64
    SYNC    array
    LOOP    2
        VECTOR  r3, r4+128
        SYNC    vector
        STORE   r5+0x3000, r5+2048
        MOVE    r3=64, r4=64
    END     r5+1024
    HALT
"""


def page() -> str:
    return f"""\
# Instruction set of the core

This page is made by `python -m systola.gen.accelerators.systola.isa_doc` from the table in `hw/issue/isa.py`, which also makes the decoder, the
assembler and the disassembler.

    systola asm program.s -o program.bin [-p size=16 ...]      checks the program first, see below
    systola disasm program.bin

## The machine

Five units work side by side, each on its own instructions in their order: **loads** and **stores** (the two halves of
a DMA engine), the **fetch** of operands and the **array** behind it, and the **vector** lanes. The issuer gives
instructions to them in the order of the program and does not know what depends on what. It waits in two cases: the
unit's queue is full, or it is at SYNC, which waits until the named units have ended all that they were given.

| memory | addressed in | what it holds |
|---|---|---|
| DRAM | bytes, 32 bits | everything, the program too (16-byte aligned) |
| activations | words of `size` bytes | one byte for each lane |
| weights | words of `size` bytes | rows of tiles, records for QUANT_CHANNEL, tables |
| accumulators | rows of `size` x 32 bits | sums, modulo 2^32 |

LOAD and STORE address activations and weights in bytes, weights behind all activations; STORE takes from activations
only. A program starts with all registers and settings 0. The memories hold what they held, which a program must not
look at.

## An instruction

{BYTES} bytes, four little-endian words of 32 bits:

| word | |
|---|---|
| 0 | opcode [5:0], flags [19:6], register of a [23:20], of b [27:24], of c [31:28] |
| 1, 2, 3 | immediates of a, b, c |

The value of an operand is register + immediate, modulo 2^32. There are {REGISTERS} registers; r0 is always 0. What an
instruction does not use is 0.

{_instructions()}

{_flags()}

## What they do

**LOOP, END, ADD, MOVE.** A loop runs 1 to 65535 times, and {LOOPS} may stand inside each other. END adds to its
registers after each time, the last one too. A register that one instruction names twice gets the last of the values.
A loop is run from the instruction buffer: an outermost LOOP to its END, both counted, is at most `instructions` -
{SPARE} long.

**SET** holds for the instructions behind it. Counts are 1 to 65535. Of what does not fit, counts become 0, and signed
numbers the nearest that does.

**LOAD, STORE** move a box of up to `dims` dimensions, as [dma.md](dma.md) says: element (i0, i1, ...) lies at a + sum
of i_d BUS_STRIDEd in DRAM, and at b + sum of i_d LOCAL_STRIDEd in the scratchpads. Only loads have padding: a is
where element 0 would be, frame included.

**WEIGHTS** makes the next tile T: T[k] = weight word a + k WEIGHT_STRIDE for k < b, and 0 for the other rows, so that
lanes that hold nothing do no harm. Lanes of weights are int8. Tiles are used in the order in which they were loaded:
each MATMUL takes the next, unless the one before had `keep`. The array holds one tile beside the one in use; more
WEIGHTS wait.

**MATMUL**, for y < COUNT_Y and x < COUNT_X:

    acc[b + y COUNT_X + x] (+)= act[a + y STRIDE_Y + x STRIDE_X] @ T

It adds with the flag `accumulate`, or if operand c is not 0: a register that is 0 the first time makes a loop over k.
With strides of an image's rows and pixels it walks through the image as a convolution does, a tap of the kernel a
MATMUL.

**VECTOR**, for y < POINTS_Y and x < POINTS_X, with the sum or the maximum over ky < WINDOW_Y and kx < WINDOW_X:

    v = sum or maximum of source[a + y SOURCE_Y + x SOURCE_X + ky SOURCE_KY + kx SOURCE_KX]
    v = v + SCALE_B act[c + y SECOND_Y + x SECOND_X]                  with `add`, if windows are 1 x 1
    act[b + y DEST_Y + x DEST_X] = table[q & 255] or q, where q = requantised v

The source is accumulator rows, or with `scratchpad` activation words times SCALE_A. v is 32 bits and wraps. q =
min(max(round((v + bias) multiplier 2^(shift - 31)) + zero point, low), high), rounded as generator `requantise` does
(`systola show requantise`).

**QUANT** has one multiplier, bias and shift for all lanes. **QUANT_CHANNEL** has a record of {RECORD} bytes for each
lane, 16 words in all: multiplier and bias (int32, little endian), shift (6 bits of a byte), and 7 bytes
of nothing. A shift is -31 to 30. Zero point, low and high are bytes of the format of activations. **TABLE** has 256
bytes.

Strides are signed, and addresses must lie inside their memory.

## Order

What needs a SYNC between two instructions is: one writes what the other reads or writes, and they run on different
units. It names the unit of the first.

| unit | waits for |
|---|---|
{_rows((unit.name.lower(), _doc(Unit)[unit.name]) for unit in Unit)}

One unit is in order with itself, with one exception: a VECTOR that reads words that an earlier VECTOR wrote needs a
SYNC vector between them. WEIGHTS and MATMUL read with unit fetch, MATMUL writes with unit array. DRAM is a memory as
any other: a LOAD of what an earlier STORE wrote needs a SYNC store. HALT waits for all units. Instructions are read
ahead of need: a program must not store over itself.

## Settings

| number | setting | of unit | meaning |
|---|---|---|---|
{_settings()}

## Errors

The core stops, has the number and the instruction in its registers `error` and `pc`, and interrupts.

| number | error | |
|---|---|---|
{_rows((f"{e.value}", e.name, _doc(Error).get(e.name, "HALT was reached")) for e in Error)}

## Text

A line is an instruction, its operands, and its flags by name; what is behind `;` or `#` is a comment. An operand is a
number, a register, or `r1+64`. END and ADD add the number to the register; MOVE sets it: `r1=64`. SYNC without units
waits for all. `systola.gen.accelerators.systola.program` has the same for Python:

```python
from systola.gen.accelerators.systola.program import Program, Reg, Setting, Unit

p = Program()
p.set(Setting.LOAD_COUNT0, 4096)
with p.loop(16) as loop:
    p.load(Reg(1) + 0x1000, 0)
    p.sync(Unit.LOAD)
    loop.step({{Reg(1): 4096}})
p.halt()
p.encode()                  # bytes; with the parameters of a core only if the program is right for it
print(p.text())
```

An example:

```
{EXAMPLE}```

## What is checked

Loops and registers of a program do not depend on data, so the checker runs through it beforehand and knows of each
byte of each memory who used it last. Before `systola asm` writes anything, and in `Program.encode(parameters)`, it
proves that

- no two units use the same bytes, one of them writing, without a SYNC between them;
- nothing is read that was never written: lanes that hold nothing are followed up, and may only end where no one looks;
- no address is outside its memory, no count or setting out of its range, and the DMA engine will refuse nothing;
- every MATMUL has a tile, every tile a MATMUL, and nothing waits for ever;
- loops are closed, not too deep, fit the instruction buffer, and the program ends with HALT.

What is wrong is a sentence that names the instructions, the iteration of each loop around them (from 0), and the range:

    line 35 (MATMUL 64, 64) reads activation words 64 to 127 while line 33 (LOAD 5120, 1024) may still use them:
    a SYNC load is missing between them.
"""


def meaning(setting: Setting) -> str:
    return next(text for pattern, text in SETTINGS.items() if re.fullmatch(pattern, setting.name))


def _settings() -> str:
    """Settings that mean the same are one row."""
    rows = []
    for (text, unit), group in groupby(Setting, lambda setting: (meaning(setting), setting.unit)):
        settings = list(group)
        numbers, names = (_span([f"{get(s)}" for s in settings]) for get in (int, lambda s: s.name))
        rows.append((numbers, names, unit.name.lower(), text))
    return _rows(rows)


def _span(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _instructions() -> str:
    rows = (
        (f"0x{i.op:02x}", i.op.name, i.unit.name.lower() if i.unit else "", *i.operands, i.meaning)
        for i in INSTRUCTIONS.values()
    )
    head = f"| opcode | | unit | {' | '.join(OPERANDS)} | |\n|---|---|---|---|---|---|---|"
    return f"{head}\n{_rows(rows)}"


def _flags() -> str:
    rows = [
        (i.op.name, flag.name, _bits(flag.low + 6, flag.bits), flag.meaning)
        for i in INSTRUCTIONS.values()
        for flag in i.flags
    ]
    rows += [(op.name, f.name, f"c {_bits(f.low, f.bits)}", f.meaning) for op in FIELDS for f in FIELDS[op]]
    return f"| of | flag or field | bits | |\n|---|---|---|---|\n{_rows(rows)}"


def _bits(low: int, bits: int) -> str:
    return f"[{low + bits - 1}:{low}]" if bits > 1 else f"[{low}]"


def _rows(rows) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _doc(kind: type[IntEnum]) -> dict[str, str]:
    """The text that stands below each member in the source."""
    (body,) = (node.body for node in ast.parse(inspect.getsource(kind)).body)
    return {
        name.targets[0].id: text.value.value
        for name, text in pairwise(body)
        if isinstance(name, ast.Assign) and isinstance(text, ast.Expr)
    }


if __name__ == "__main__":
    print(page(), end="")
