/* Kernels of the GPU by name: see registry.h. */
#include "cuda/registry.h"

#include <string>
#include <unordered_map>

namespace adjoint {
namespace cuda {

#define ADJ_DECLARE(family) extern const Family family;
ADJ_CUDA_FAMILIES(ADJ_DECLARE)
#undef ADJ_DECLARE

namespace {

struct Registry {
  Registry() {
#define ADJ_ADDRESS(family) &family,
    for (const Family* family : {ADJ_CUDA_FAMILIES(ADJ_ADDRESS)}) {
      for (int32_t k = 0; k < family->count; ++k) rows.push_back(&family->kernels[k]);
    }
#undef ADJ_ADDRESS
    for (size_t i = 0; i < rows.size(); ++i) by_name.emplace(rows[i]->name, static_cast<int32_t>(i));
  }

  std::vector<const Kernel*> rows;
  std::unordered_map<std::string, int32_t> by_name;
};

/* Never destroyed, so that it outlives every thread. */
const Registry& registry() {
  static const Registry& only = *new Registry;
  return only;
}

}  // namespace

int32_t kernel_count() { return static_cast<int32_t>(registry().rows.size()); }

int32_t kernel_find(const char* name) {
  const auto found = registry().by_name.find(name);
  return found == registry().by_name.end() ? -1 : found->second;
}

const Kernel& kernel_at(int32_t row) { return *registry().rows[static_cast<size_t>(row)]; }

}  // namespace cuda
}  // namespace adjoint
