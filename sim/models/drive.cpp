// Simulation of a design in its harness, controlled by commands on standard input, one per line. The response to each is one
// line that begins with "ok" or "error". The Python side is sim/runner/session.py.
//   set NUMBER FIELD VALUE          a setting of a DRAM or a trace (SettingsField of sim/runner/dram.py); takes no cycle
//   load MEMORY PATH                contents of a DRAM from a file; takes no cycle
//   dump MEMORY FIRST SIZE PATH     bytes of a DRAM to a file; takes no cycle
//   write INSTANCE REGISTER VALUE   a register
//   read INSTANCE REGISTER          -> value
//   run LIMIT INSTANCE              cycles until the interrupt of an instance, of all if INSTANCE is -1 -> 1 if there was
//                                   one, cycles, seconds
//   tick CYCLES
//   reset

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "Vtop.h"
#include "dram.h"

static const int kPatience = 100000;  // time limit of a register access in cycles

class Host {
   public:
    explicit Host(VerilatedContext* context) : top{context} { reset(); }

    void reset() {
        top.rst = 1;
        tick(4);
        top.rst = 0;
        tick(1);
    }

    void tick(int64_t cycles) {
        for (; cycles > 0; --cycles) {
            fall();
            rise();
        }
    }

    void set(int number, int field, uint32_t value) {
        top.set_number = number;
        top.set_field = field;
        top.set_value = value;
        top.set = 1;
        top.eval();
        top.set = 0;
        top.eval();
    }

    // Return false if the register does not respond.
    bool write(uint32_t offset, uint32_t value) {
        top.s_axil_awaddr = offset;
        top.s_axil_wdata = value;
        top.s_axil_awvalid = top.s_axil_wvalid = 1;
        int left = kPatience;
        while ((top.s_axil_awvalid || top.s_axil_wvalid) && left-- > 0) {
            fall();
            const bool address = top.s_axil_awready, data = top.s_axil_wready;
            rise();
            if (address) top.s_axil_awvalid = 0;
            if (data) top.s_axil_wvalid = 0;
        }
        top.s_axil_awvalid = top.s_axil_wvalid = 0;
        top.eval();
        while (!top.s_axil_bvalid && left-- > 0) tick(1);
        response = top.s_axil_bresp;
        tick(1);
        return left >= 0;
    }

    bool read(uint32_t offset) {
        top.s_axil_araddr = offset;
        top.s_axil_arvalid = 1;
        int left = kPatience;
        for (bool ready = false; !ready && left-- > 0;) {
            fall();
            ready = top.s_axil_arready;
            rise();
        }
        top.s_axil_arvalid = 0;
        top.eval();
        while (!top.s_axil_rvalid && left-- > 0) tick(1);
        data = top.s_axil_rdata;
        response = top.s_axil_rresp;
        tick(1);
        return left >= 0;
    }

    // Returns the number of simulated cycles.
    template <bool kAll>
    int64_t run(int64_t limit) {
        int64_t cycles = 0;
        while (cycles < limit && !(kAll ? top.irq_all : top.irq)) {
            tick(1);
            ++cycles;
        }
        return cycles;
    }

    Vtop top;
    uint32_t data = 0, response = 0;

   private:
    void fall() {
        top.clk = 0;
        top.eval();
    }

    void rise() {
        top.clk = 1;
        top.eval();
    }
};

static void respond(const std::string& text) {
    std::cout << text << std::endl;
}

static std::string access(Host& host, bool responded, const std::string& value) {
    if (!responded) return "error the register does not respond within " + std::to_string(kPatience) + " cycles";
    if (host.response) return host.response == 3 ? "error the response is DECERR" : "error the response is SLVERR";
    return "ok " + value;
}

int main() {
    VerilatedContext context;
    Host host{&context};
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words{line};
        std::string name, path;
        words >> name;
        auto number = [&] {
            int64_t value = 0;
            words >> value;
            return value;
        };
        if (name == "set") {
            const int64_t target = number(), field = number();
            host.set(target, field, number());
            respond("ok");
        } else if (name == "load") {
            const int64_t memory = number();
            std::getline(words >> std::ws, path);
            dram_load(memory, path.c_str());
            respond("ok");
        } else if (name == "dump") {
            const int64_t memory = number(), first = number(), size = number();
            std::getline(words >> std::ws, path);
            dram_dump(memory, first, size, path.c_str());
            respond("ok");
        } else if (name == "write") {
            host.top.instance_number = number();
            const int64_t offset = number();
            respond(access(host, host.write(offset, number()), ""));
        } else if (name == "read") {
            host.top.instance_number = number();
            const bool responded = host.read(number());
            respond(access(host, responded, std::to_string(host.data)));
        } else if (name == "run") {
            const int64_t limit = number(), instance = number();
            host.top.instance_number = instance < 0 ? 0 : instance;
            host.top.eval();
            const auto began = std::chrono::steady_clock::now();
            const int64_t cycles = instance < 0 ? host.run<true>(limit) : host.run<false>(limit);
            const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - began;
            const int interrupted = instance < 0 ? host.top.irq_all : host.top.irq;
            char text[96];
            std::snprintf(text, sizeof text, "ok %d %lld %.9f", interrupted, (long long)cycles, seconds.count());
            respond(text);
        } else if (name == "tick") {
            host.tick(number());
            respond("ok");
        } else if (name == "reset") {
            host.reset();
            respond("ok");
        } else {
            respond("error there is no command " + name);
        }
    }
}
