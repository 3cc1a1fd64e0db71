/*
 * The register blocks of matmulBf16 that most machines lack, called without the registry, in up to two ways each:
 * their source over emulated intrinsics, compiled for what this machine has; and the library's own object, whose AMX
 * instructions are trapped and emulated where the processor has none. What is multiplied are the same products as in
 * matmul_bf16_test; small whole numbers must come out exact, as they do widened. Where both ways run, their bits agree
 * even where numbers are flushed to zero, which holds the emulation to the processor. The test says what it could not
 * try.
 */
#include <csetjmp>
#include <csignal>
#include <string_view>

#include "bf16_product.h"
#include "direct.h"
#include "emulated/tile_trap.h"
#include "kernels/families.h"
#include "machine.h"
#include "tile_ways.h"

namespace adjoint::cpu {
namespace emulated_amx {
extern const Family matmul_bf16;
}
namespace emulated_avx512bf16 {
extern const Family matmul_bf16;
}
namespace avx512bf16 {
extern const Family matmul_bf16;
}
namespace amx {
extern const Family matmul_bf16;
}
}  // namespace adjoint::cpu

using namespace test;

/* Tests of all other families take the instruction sets that tables() of machine.h names. */
#define ADJ_NAME(family) #family
static_assert(std::string_view(ADJ_EXTENDED_FAMILIES(ADJ_NAME)) == "matmul_bf16");
#undef ADJ_NAME

namespace {

/* The same bits from any number of threads, with operands packed for all parts and by each for itself. */
void test_threads(const adjoint::Family& family) {
  Random random(3);
  for (const Dims& batch : {Dims{}, Dims{5}}) {
    Dims da = batch, db = batch, dc = batch;
    da.insert(da.end(), {200, 530});
    db.insert(db.end(), {530, 70});
    dc.insert(dc.end(), {200, 70});
    Array<Bf16> a(da), b(db);
    Array<float> one(dc), four(dc);
    a.fill_with([&](int64_t) { return Bf16(random.uniform(-1, 1)); });
    b.fill_with([&](int64_t) { return Bf16(random.uniform(-1, 1)); });
    if (!run_directly(family, {"matmulBf16", {0, 0}, {a, b}, {one}}, 1)) return;
    if (!run_directly(family, {"matmulBf16", {0, 0}, {a, b}, {four}}, 4)) return;
    CHECK(std::memcmp(one.data(), four.data(), static_cast<size_t>(one.size()) * sizeof(float)) == 0, "threads differ");
  }
}

void test_family(const char* name, const adjoint::Family& family) {
  const int done = checks_done, failed = checks_failed;
  TileUnit::faults() = 0; /* those of the family before are counted there */
  const Runner run = [&](const Call& call) { return run_directly(family, call); };
  test_forms(run, Expect::kClose);
  test_sizes(run);
  test_not_finite(run);
  test_threads(family);
  const int64_t refused = TileUnit::faults().exchange(0);
  CHECK(refused == 0, "%lld instructions refused", static_cast<long long>(refused));
  printf("%s: %d checks, %d failed\n", name, checks_done - done, checks_failed - failed);
}

/*
 * Any sign and fraction. Products lie on both sides of 2^-126; some numbers are subnormal, and some so large that it
 * shows whether those are read as zero.
 */
Bf16 extreme(Random& random) {
  const uint64_t bits = random.bits();
  const uint64_t exponents[] = {0, 127 + 60, 127 - 70 + (bits >> 8) % 14};
  const uint64_t exponent = exponents[std::min<uint64_t>(bits % 16, 2)];
  return Bf16::of_bits(static_cast<uint16_t>((bits >> 16 & 0x807F) | exponent << 7));
}

/* `one_in`: how many numbers one that is not zero stands for; where they are few, single products reach the result. */
void test_same_bits(const adjoint::Family& x, const adjoint::Family& y, int64_t k, int64_t one_in) {
  Random random(5);
  Array<Bf16> a({50, k}), b({k, 70});
  Array<float> cx({50, 70}), cy({50, 70});
  const auto number = [&](int64_t) { return random.below(one_in) == 0 ? extreme(random) : Bf16(0.0); };
  a.fill_with(number);
  b.fill_with(number);
  if (!run_directly(x, {"matmulBf16", {0, 0}, {a, b}, {cx}})) return;
  if (!run_directly(y, {"matmulBf16", {0, 0}, {a, b}, {cy}})) return;
  int64_t differ = 0;
  for (int64_t i = 0; i < cx.count(); ++i) differ += std::memcmp(&cx[i], &cy[i], sizeof(float)) != 0;
  printf("beside its emulation %lld of %lld elements differ\n", static_cast<long long>(differ),
         static_cast<long long>(cx.count()));
  CHECK(differ == 0, "the bits of some differ");
}

void test_same_bits(const adjoint::Family& x, const adjoint::Family& y) {
  test_same_bits(x, y, 600, 1);
  test_same_bits(x, y, 32, 8);
}

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

sigjmp_buf before;
void refuse(int) { siglongjmp(before, 1); }

/* Asks the processor itself, since a virtual machine may hide what it has: whether an instruction is legal. */
template <class Try>
bool executes(const Try& instruction) {
  struct sigaction action {
  }, old{};
  action.sa_handler = refuse;
  sigaction(SIGILL, &action, &old);
  const bool legal = sigsetjmp(before, 1) == 0;
  if (legal) instruction();
  sigaction(SIGILL, &old, nullptr);
  return legal;
}

/* On the lowest registers, which nobody looks at: vdpbf16ps zmm0, zmm0, zmm0. */
bool multiplies_pairs() {
  return executes([] { __asm__ volatile(".byte 0x62, 0xf2, 0x7e, 0x48, 0x52, 0xc0" ::: "xmm0"); });
}

/* With palette 0, which leaves tiles as they are at first, unused: ldtilecfg [rax]. */
bool configures_tiles() {
  alignas(64) static const unsigned char palette_0[64] = {};
  return executes([] { __asm__ volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0x00" ::"a"(palette_0) : "memory"); });
}

/* Machines that differ in what is legal and what is granted, the one that the test runs on included. */
void test_ways() {
  using Isas = std::vector<std::string>;
  const Isas haswell = {"baseline", "avx2"}, skylake = {"baseline", "avx2", "avx512"};
  const Isas cooper_lake = {"baseline", "avx2", "avx512", "avx512bf16"};
  const Isas sapphire_rapids = {"baseline", "avx2", "avx512", "avx512bf16", "amx"};
  const struct {
    const char* machine;
    bool avx512, configures;
    Isas isas;
    bool trapped, real;
  } cases[] = {
      {"Haswell", false, false, haswell, false, false},
      {"Skylake", true, false, skylake, true, false},
      {"Cooper Lake", true, false, cooper_lake, true, false},
      {"Sapphire Rapids", true, true, sapphire_rapids, false, true},
      {"Sapphire Rapids whose tiles Linux denies", true, true, cooper_lake, false, false},
      {"Sapphire Rapids whose tiles a virtual machine hides, yet executes", true, true, skylake, false, false},
  };
  for (const auto& at : cases) {
    const TileWays ways = tile_ways(at.avx512, at.configures, at.isas);
    CHECK(ways.trapped == at.trapped && ways.real == at.real, "%s: trapped %d, real %d", at.machine, ways.trapped,
          ways.real);
  }
}

void test_pairs() {
  test_family("avx512bf16, emulated", adjoint::cpu::emulated_avx512bf16::matmul_bf16);
  if (multiplies_pairs()) {
    test_family("avx512bf16", adjoint::cpu::avx512bf16::matmul_bf16);
    test_same_bits(adjoint::cpu::avx512bf16::matmul_bf16, adjoint::cpu::emulated_avx512bf16::matmul_bf16);
  } else {
    printf("avx512bf16 itself is not tried: this processor has no vdpbf16ps\n");
  }
}

void test_trapped_tiles() {
  const TileTrap trap;
  test_family("amx, trapped", adjoint::cpu::amx::matmul_bf16);
  printf("%lld instructions emulated\n", static_cast<long long>(TileTrap::taken()));
  CHECK(TileTrap::taken() > 0, "no instruction was emulated");
  test_same_bits(adjoint::cpu::amx::matmul_bf16, adjoint::cpu::emulated_amx::matmul_bf16);
}

void test_tiles() {
  const TileWays ways = tile_ways(has_avx512(), configures_tiles(), offered());
  printf("%s\n", ways.said);
  if (ways.trapped) test_trapped_tiles();
  if (ways.real) {
    test_family("amx", adjoint::cpu::amx::matmul_bf16);
    test_same_bits(adjoint::cpu::amx::matmul_bf16, adjoint::cpu::emulated_amx::matmul_bf16);
  }
}

}  // namespace

int main() {
  test_ways();
  test_family("amx, emulated", adjoint::cpu::emulated_amx::matmul_bf16);
  if (has_avx512()) {
    test_pairs();
  } else {
    printf("avx512bf16 is not tried: this processor has no AVX-512\n");
  }
  test_tiles();
  return finish();
}
