// The format of nvcc's fat binaries, as far as it tells what a launch must fit: a header, entries with a header each, and in those with
// machine code an ELF file whose sections .nv.info.KERNEL are lists of attributes.
#include "fatbin.h"

#include <cstring>

namespace {

template <class T>
T read(const uint8_t* from) {
  T value;
  memcpy(&value, from, sizeof value);
  return value;
}

const uint32_t MAGIC = 0xBA55ED50;
const uint16_t MACHINE_CODE = 2;

struct Sections {
  const uint8_t* elf;

  const uint8_t* header(size_t index) const { return elf + read<uint64_t>(elf + 40) + index * read<uint16_t>(elf + 58); }
  size_t count() const { return read<uint16_t>(elf + 60); }
  const uint8_t* start(size_t index) const { return elf + read<uint64_t>(header(index) + 24); }
  size_t bytes(size_t index) const { return read<uint64_t>(header(index) + 32); }
  uint32_t info(size_t index) const { return read<uint32_t>(header(index) + 44); }
  std::string name(size_t index) const {
    return reinterpret_cast<const char*>(start(read<uint16_t>(elf + 62)) + read<uint32_t>(header(index)));
  }
};

// Attributes: how their value is given, which they are, and the value, or its bytes.
void take_attributes(KernelInfo& kernel, const uint8_t* at, const uint8_t* end) {
  const uint8_t GIVEN_BY_BYTES = 4, MOST_THREADS = 0x05, PARAMETER = 0x17;
  while (at < end) {
    uint8_t form = at[0], attribute = at[1];
    uint16_t value = read<uint16_t>(at + 2);
    at += 4;
    if (form != GIVEN_BY_BYTES) continue;
    if (attribute == MOST_THREADS) kernel.most_threads = read<uint32_t>(at) * read<uint32_t>(at + 4) * read<uint32_t>(at + 8);
    if (attribute == PARAMETER) {
      size_t ordinal = read<uint16_t>(at + 4);
      if (kernel.parameters.size() <= ordinal) kernel.parameters.resize(ordinal + 1);
      kernel.parameters[ordinal] = {read<uint16_t>(at + 6), read<uint32_t>(at + 8) >> 18};
    }
    at += value;
  }
}

std::map<std::string, KernelInfo> kernels_of_elf(const uint8_t* elf) {
  std::map<std::string, KernelInfo> kernels;
  Sections sections{elf};
  const std::string CODE = ".text.", INFO = ".nv.info.", SHARED = ".nv.shared.";
  for (size_t i = 1; i < sections.count(); i++) {
    std::string name = sections.name(i);
    auto of = [&](const std::string& prefix) { return name.compare(0, prefix.size(), prefix) == 0; };
    if (of(INFO)) take_attributes(kernels[name.substr(INFO.size())], sections.start(i), sections.start(i) + sections.bytes(i));
    if (of(CODE)) kernels[name.substr(CODE.size())].registers = sections.info(i) >> 24;
    if (of(SHARED)) kernels[name.substr(SHARED.size())].shared = sections.bytes(i);
  }
  return kernels;
}

}  // namespace

std::map<std::string, KernelInfo> kernels_of(const void* image, uint32_t capability) {
  const uint8_t* file = static_cast<const uint8_t*>(image);
  if (read<uint32_t>(file) != MAGIC) return {};
  const uint8_t *at = file + read<uint16_t>(file + 6), *end = at + read<uint64_t>(file + 8);
  while (at < end) {
    uint32_t header = read<uint32_t>(at + 4);
    if (read<uint16_t>(at) == MACHINE_CODE && read<uint32_t>(at + 28) == capability) return kernels_of_elf(at + header);
    at += header + read<uint64_t>(at + 8);
  }
  return {};
}
