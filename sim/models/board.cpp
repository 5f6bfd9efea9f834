// Virtual board: connects the UART pins of a design to standard input and output.
// argv[1]: clock cycles per bit. The program ends at the end of its input.

#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "Vtop.h"

static const int kIdle = 16384;  // idle cycles after which the simulation sleeps:
static const int kRest = 5;      // milliseconds, or until a byte arrives, once per
static const int kStride = 4096;  // cycles

int main(int, char** argv) {
    const int divisor = std::atoi(argv[1]);
    VerilatedContext context;
    Vtop top{&context};
    uint8_t in[4096], out[64];
    int have = 0, next = 0, held = 0, quiet = 0;
    int sending = 0, frame = 0;       // remaining cycles of a byte to the board
    int receiving = 0, shift = 0;     // remaining cycles of a byte from the board
    top.rx = 1;
    top.rst = 1;
    for (int64_t cycle = 0;; ++cycle) {
        if (cycle == 8) top.rst = 0;
        if (!sending && next == have && quiet % 64 == 0) {
            pollfd ready{0, POLLIN, 0};
            if (poll(&ready, 1, quiet >= kIdle && quiet % kStride == 0 ? kRest : 0) > 0) {
                have = static_cast<int>(read(0, in, sizeof in));
                next = 0;
                if (have <= 0) return 0;
            }
        }
        if (++quiet == 1 << 30) quiet = kIdle;
        if (!sending && next < have && cycle > 100) {
            frame = in[next++] << 1 | 0x200;
            sending = 10 * divisor;
        }
        if (sending) {
            top.rx = frame >> ((10 * divisor - sending) / divisor) & 1;
            --sending;
            quiet = 0;
        } else {
            top.rx = 1;
        }
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
        if (!receiving) {
            if (!top.tx) receiving = 10 * divisor - 1;
        } else {
            quiet = 0;
            const int into = 10 * divisor - receiving;
            if (into % divisor == divisor / 2) shift = shift >> 1 | (top.tx ? 0x200 : 0);
            if (--receiving == divisor / 4) {  // after the middle of the stop bit
                receiving = 0;
                if (shift & 0x200) out[held++] = shift >> 1 & 0xff;
            }
        }
        if (held == sizeof out || (held && quiet == 4 * divisor)) {
            if (write(1, out, held) != held) return 0;
            held = 0;
        }
    }
}
