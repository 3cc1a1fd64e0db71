/*
 * `fused`: a region of elementwise ops as one instruction. The ops run the loops of the elementwise families of the
 * same instruction set; its own are those that fold results.
 */
#include "kernels/families.h"
#include "kernels/fold.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

ADJ_ISA_BEGIN
namespace {

void stream(const char* x, char* y, int64_t bytes) {
#if defined(__AVX512F__)
  for (int64_t i = 0; i < bytes; i += 64)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(y + i), _mm512_loadu_si512(x + i));
#elif defined(__AVX2__)
  for (int64_t i = 0; i < bytes; i += 32) {
    const __m256i line = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x + i));
    _mm256_stream_si256(reinterpret_cast<__m256i*>(y + i), line);
  }
#elif defined(__SSE2__)
  for (int64_t i = 0; i < bytes; i += 16) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(y + i), _mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i)));
  }
#else
  __builtin_memcpy(y, x, static_cast<size_t>(bytes));
#endif
}

constexpr FusedLoops loops = {&families, kFoldLoops, stream};

constexpr Kernel kernels[] = {{{"fused", 0, {kAnyInput, kAnyInput, kAnyInput}}, prepare_fused, &loops, 1, 1}};

}  // namespace

extern const Family fused;
const Family fused{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END
