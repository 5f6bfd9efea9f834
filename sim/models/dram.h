// Contents of the DRAMs of a simulation, by number. Addresses and sizes are in bytes.
//
// A memory is kLimit bytes of address space; the operating system allocates a page at its first write. Bytes that
// neither an image nor a write has set are zero.
#pragma once

#include <cstdint>

static const int64_t kLimit = int64_t{1} << 30;

extern "C" {
// Called by harness_dram.sv through DPI-C. `address` of a read or a write may be any byte; 8 bytes are accessed.
unsigned long long dram_read(int memory, unsigned int address);
void dram_write(int memory, unsigned int address, unsigned char strobe, unsigned long long data);

// Replace the contents by those of a file; write `size` bytes from `first` on to a file, with holes for zero pages.
// Both end the process, with a sentence on the standard error, if the file cannot be read or written.
void dram_load(int memory, const char* path);
void dram_dump(int memory, unsigned int first, unsigned int size, const char* path);
}
