/* Kernels by name: see registry.h. */
#include "cpu/registry.h"

#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "cpu/loop.h"
#include "kernels/families.h"

namespace adjoint {
namespace {

std::vector<const Kernel*> rows_of(const Families& families) {
  std::vector<const Kernel*> rows;
  for (int32_t f = 0; f < families.count; ++f) {
    for (int32_t k = 0; k < families.families[f]->count; ++k) rows.push_back(&families.families[f]->kernels[k]);
  }
  rows.push_back(&loop_kernel); /* whatever the instruction set: its body has kernels of its own */
  return rows;
}

#if defined(ADJ_WITH_avx512)
/* The rows of AVX-512, but for those of an extension's own families. */
std::vector<const Kernel*> extended(std::vector<const Kernel*> rows, const Family* const* families, size_t count) {
  for (size_t f = 0; f < count; ++f) {
    for (int32_t k = 0; k < families[f]->count; ++k) {
      const Kernel& own = families[f]->kernels[k];
      for (const Kernel*& row : rows) {
        if (std::strcmp(row->name, own.name) == 0) row = &own;
      }
    }
  }
  return rows;
}

#define ADJ_ADDRESS_BF16(family) &cpu::avx512bf16::family,
#define ADJ_ADDRESS_AMX(family) &cpu::amx::family,
constexpr const Family* kAvx512Bf16Families[] = {ADJ_EXTENDED_FAMILIES(ADJ_ADDRESS_BF16)};
constexpr const Family* kAmxFamilies[] = {ADJ_EXTENDED_FAMILIES(ADJ_ADDRESS_AMX)};
#endif

struct Registry {
  Registry() {
    rows[static_cast<int>(Isa::kBaseline)] = rows_of(cpu::baseline::families);
#if defined(ADJ_WITH_avx2)
    rows[static_cast<int>(Isa::kAvx2)] = rows_of(cpu::avx2::families);
#endif
#if defined(ADJ_WITH_avx512)
    const auto& avx512 = rows[static_cast<int>(Isa::kAvx512)] = rows_of(cpu::avx512::families);
    rows[static_cast<int>(Isa::kAvx512Bf16)] = extended(avx512, kAvx512Bf16Families, std::size(kAvx512Bf16Families));
    rows[static_cast<int>(Isa::kAmx)] = extended(avx512, kAmxFamilies, std::size(kAmxFamilies));
#endif
    const auto& baseline = rows[static_cast<int>(Isa::kBaseline)];
    for (size_t i = 0; i < baseline.size(); ++i) by_name.emplace(baseline[i]->name, static_cast<int32_t>(i));
  }

  std::vector<const Kernel*> rows[kIsas];
  std::unordered_map<std::string, int32_t> by_name;
};

/* Never destroyed, so that it outlives every thread. */
const Registry& registry() {
  static const Registry& only = *new Registry;
  return only;
}

}  // namespace

int32_t kernel_count() { return static_cast<int32_t>(registry().rows[static_cast<int>(Isa::kBaseline)].size()); }

int32_t kernel_find(const char* name) {
  const auto found = registry().by_name.find(name);
  return found == registry().by_name.end() ? -1 : found->second;
}

const Kernel& kernel_at(int32_t index, Isa isa) {
  return *registry().rows[static_cast<int>(isa)][static_cast<size_t>(index)];
}

}  // namespace adjoint
