// A core and its DRAM, as in core_stage.v, driven as the arguments say, one after another:
//   latency=N record=N last=N   a port of the stage
//   load, dump                  DRAM comes from dram0.hex, goes to result0.hex
//   write=REGISTER:VALUE        a register of the core
//   read=REGISTER               prints its value
//   run=LIMIT                   cycles until the interrupt; prints 1 if there was none, and the seconds that it took
//   stop=REGISTER:VALUE         if there was none: writes the register, and waits for the interrupt

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "Vtop.h"

static const int kStops = 1000;  // cycles in which a core that is stopped has told so

class Stage {
   public:
    explicit Stage(VerilatedContext* context) : top{context} {
        top.s_axil_wstrb = 15;
        top.s_axil_bready = top.s_axil_rready = 1;
        top.fault_first = 1;
        top.rst = 1;
        for (int n = 0; n < 4; ++n) tick();
        top.rst = 0;
        tick();
    }

    void tick() {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
    }

    void write(uint32_t offset, uint32_t value) {
        top.s_axil_awaddr = offset;
        top.s_axil_wdata = value;
        top.s_axil_awvalid = top.s_axil_wvalid = 1;
        tick();
        top.s_axil_awvalid = top.s_axil_wvalid = 0;
        while (!top.s_axil_bvalid) tick();
        tick();
    }

    uint32_t read(uint32_t offset) {
        top.s_axil_araddr = offset;
        top.s_axil_arvalid = 1;
        tick();
        top.s_axil_arvalid = 0;
        while (!top.s_axil_rvalid) tick();
        const uint32_t value = top.s_axil_rdata;
        tick();
        return value;
    }

    bool interrupted(int64_t limit) {
        for (; limit > 0 && !top.irq; --limit) tick();
        return top.irq;
    }

    Vtop top;
};

int main(int count, char** arguments) {
    VerilatedContext context;
    Stage stage{&context};
    bool cut = false;
    for (int n = 1; n < count; ++n) {
        const std::string argument{arguments[n]};
        const size_t equals = argument.find('='), colon = argument.find(':');
        const std::string name = argument.substr(0, equals);
        auto number = [&](size_t at) { return at == argument.npos ? 0 : std::strtoll(arguments[n] + at + 1, nullptr, 0); };
        const int64_t first = number(equals), second = number(colon);
        if (name == "latency") {
            stage.top.latency = first;
        } else if (name == "record") {
            stage.top.record = first;
        } else if (name == "last") {
            stage.top.last = first;
        } else if (name == "load" || name == "dump") {
            (name == "load" ? stage.top.load : stage.top.dump) = 1;
            stage.tick();
            stage.top.load = stage.top.dump = 0;
            stage.tick();
        } else if (name == "write") {
            stage.write(first, second);
        } else if (name == "read") {
            std::printf("%u\n", stage.read(first));
        } else if (name == "run") {
            const auto began = std::chrono::steady_clock::now();
            cut = !stage.interrupted(first);
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
            std::printf("%d\n%.9f\n", cut, seconds.count());
        } else if (name == "stop") {
            if (cut) {
                stage.write(first, second);
                stage.interrupted(kStops);
            }
        } else {
            std::fprintf(stderr, "%s?\n", arguments[n]);
            return 2;
        }
    }
}
