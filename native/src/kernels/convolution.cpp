/*
 * conv, convInput and convWeight: products of matrices with an image as one factor (conv_product.h, conv_weight.h,
 * conv_spread.h), or, where a kernel has one channel, planes for themselves (conv_depthwise.h). It refuses to choose
 * between them and to cut tiles: plan/convolution.cpp does.
 */
#include "kernels/conv_depthwise.h"
#include "kernels/conv_plain.h"
#include "kernels/conv_product.h"
#include "kernels/conv_spread.h"
#include "kernels/conv_weight.h"

ADJ_ISA_BEGIN
namespace {

constexpr int64_t kDepth = 256; /* the most steps of k of a block, whose sums stay in registers */

template <class T>
constexpr ConvLoops loops_of(int32_t dtype) {
  return {dtype,
          conv_pack_part<T>,
          conv_tile_part<T>,
          conv_units_part<T>,
          conv_join_part<T>,
          spread_pack_part<T>,
          spread_part<T>,
          depthwise_part<T>,
          depthwise_units_part<T>,
          depthwise_join_part<T>,
          plain_part<T>,
          plain_weight_part<T>,
          kRows,
          kWidth<T>,
          kLanes<T>,
          kDepth};
}

constexpr ConvLoops loops[] = {loops_of<float>(ADJ_F32), loops_of<double>(ADJ_F64)};

constexpr Kernel kernels[] = {{{"conv", 2, {0, 0, 0}}, prepare_conv, loops, 2, 1},
                              {{"convInput", 2, {0, 0, 0}}, prepare_conv_input, loops, 2, 1},
                              {{"convWeight", 2, {0, 0, 0}}, prepare_conv_weight, loops, 2, 1}};

}  // namespace

extern const Family convolution;
const Family convolution{kernels, sizeof(kernels) / sizeof(kernels[0])};
ADJ_ISA_END
