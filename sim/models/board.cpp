// A board on a desk: the design's UART pins on one side, bytes on standard input and output on the other.
// argv[1]: clock cycles of a bit. Ends when its input does.

#include <poll.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "Vtop.h"

static const int kIdle = 16384;  // cycles without a byte after which the machine may rest:
static const int kRest = 5;      // so many milliseconds, or until a byte comes, in every
static const int kStride = 4096;  // cycles

int main(int, char** argv) {
    const int divisor = std::atoi(argv[1]);
    VerilatedContext context;
    Vtop top{&context};
    uint8_t in[4096], out[64];
    int have = 0, next = 0, held = 0, quiet = 0;
    int sending = 0, frame = 0;       // cycles to go of a byte to the board
    int receiving = 0, shift = 0;     // cycles to go of a byte from it
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
            if (--receiving == divisor / 4) {  // behind the stop bit's middle
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
