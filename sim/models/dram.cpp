#include "dram.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

const int64_t kPage = 1 << 16;  // granularity of the record of written pages

[[noreturn]] void fail(const char* path, const char* reason) {
    std::fprintf(stderr, "DRAM image %s: %s\n", path, reason);
    std::exit(1);
}

struct Memory {
    uint8_t* bytes = nullptr;
    std::vector<uint8_t> written = std::vector<uint8_t>(kLimit / kPage);

    void clear() {
        if (bytes) munmap(bytes, kLimit + 8);
        void* space =
            mmap(nullptr, kLimit + 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (space == MAP_FAILED) fail("(none)", std::strerror(errno));
        bytes = static_cast<uint8_t*>(space);
        std::fill(written.begin(), written.end(), 0);
    }

    void mark(int64_t first, int64_t end) {
        for (int64_t page = first / kPage; page * kPage < end; ++page) written[page] = 1;
    }
};

Memory& at(int number) {
    static std::vector<Memory> memories;
    if (static_cast<size_t>(number) >= memories.size()) memories.resize(number + 1);
    Memory& memory = memories[number];
    if (!memory.bytes) memory.clear();
    return memory;
}

void transfer(ssize_t (*move)(int, void*, size_t, off_t), int file, uint8_t* bytes, int64_t first, int64_t end,
              int64_t offset, const char* path) {
    while (first < end) {
        const ssize_t moved = move(file, bytes + first, end - first, first - offset);
        if (moved <= 0) fail(path, moved ? std::strerror(errno) : "ended early");
        first += moved;
    }
}

ssize_t put(int file, void* from, size_t size, off_t offset) { return pwrite(file, from, size, offset); }

}  // namespace

unsigned long long dram_read(int memory, unsigned int address) {
    unsigned long long data = 0;
    if (address < kLimit) std::memcpy(&data, at(memory).bytes + address, 8);
    return data;
}

void dram_write(int memory, unsigned int address, unsigned char strobe, unsigned long long data) {
    if (address >= kLimit) return;
    Memory& target = at(memory);
    target.written[address / kPage] = 1;
    uint8_t* bytes = target.bytes + address;
    if (strobe == 255) {
        std::memcpy(bytes, &data, 8);
    } else {
        for (int lane = 0; lane < 8; ++lane)
            if (strobe >> lane & 1) bytes[lane] = data >> 8 * lane;
    }
}

void dram_load(int number, const char* path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status)) fail(path, std::strerror(errno));
    if (status.st_size > kLimit) fail(path, "larger than 1 GiB (1073741824 bytes), the limit");
    Memory& memory = at(number);
    memory.clear();
    for (int64_t end = 0;;) {  // holes of the file are not allocated in the memory
        const int64_t first = lseek(file, end, SEEK_DATA);
        if (first < 0) break;
        end = lseek(file, first, SEEK_HOLE);
        transfer(pread, file, memory.bytes, first, end, 0, path);
        memory.mark(first, end);
    }
    close(file);
}

void dram_dump(int number, unsigned int from, unsigned int size, const char* path) {
    const int64_t first = from, end = first + size;
    if (end > kLimit) fail(path, "would reach beyond 1 GiB (1073741824 bytes), the limit");
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0 || ftruncate(file, size)) fail(path, std::strerror(errno));
    Memory& memory = at(number);
    for (int64_t page = first / kPage; page * kPage < end; ++page) {
        if (!memory.written[page]) continue;
        const int64_t begin = std::max(first, page * kPage), stop = std::min(end, (page + 1) * kPage);
        transfer(put, file, memory.bytes, begin, stop, first, path);
    }
    close(file);
}
