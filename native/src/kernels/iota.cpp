/* Whole numbers: start + i step. */
#include "kernels/plan/index.h"

ADJ_ISA_BEGIN
namespace {

/* Unsigned, because it may wrap; to floats through F64, as the reference does. */
template <class T>
void iota_part(const Part& part) {
  const IotaPlan& plan = *static_cast<const IotaPlan*>(part.plan);
  const int64_t from = part.index * plan.tile;
  const int64_t to = plan.n - from < plan.tile ? plan.n : from + plan.tile;
  T* y = reinterpret_cast<T*>(part.at[0]);
  for (int64_t i = from; i < to; ++i) {
    const int64_t value = static_cast<int64_t>(plan.start + static_cast<uint64_t>(i) * plan.step);
    if constexpr (static_cast<T>(0.5) != T(0))
      y[i] = static_cast<T>(static_cast<double>(value));
    else
      y[i] = static_cast<T>(value);
  }
}

constexpr DtypeLoops loops[] = {{ADJ_F32, iota_part<float>},
                                {ADJ_F64, iota_part<double>},
                                {ADJ_I32, iota_part<int32_t>},
                                {ADJ_I64, iota_part<int64_t>}};

constexpr Kernel kernels[] = {{{"iota", 0, {0, 0, 0}}, prepare_iota, loops, 4, 1}};

}  // namespace

extern const Family iota;
const Family iota{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END
