/*
 * convInput the other way round: the product of transposed weights and the cotangent, added to the image where its
 * elements come from. It computes nothing for padding, and its rows are channels with the elements of the kernel, so it
 * is for images that are much larger than results and for few channels; plan/convolution.cpp chooses. A part owns some
 * channels of an image, and adds in the order of tiles, rows and places.
 */
#pragma once

#include "kernels/conv_product.h"

ADJ_ISA_BEGIN

/* The whole image of a part, as its tile of places would copy it; sums lie there. */
ADJ_ALWAYS PatchTile whole_image(const SpreadPlan& plan) {
  PatchTile tile;
  for (int d = 0; d < kSpatialAxes; ++d) {
    tile.axis[d] = patch_axis(plan.axis[d], false, 0);
    tile.from[d] = 0;
    tile.count[d] = tile.axis[d].places;
  }
  lay_out(tile);
  return tile;
}

/* Where the weights of a group's channels from `channel` on are packed. */
template <class T>
ADJ_ALWAYS T* spread_weights(const Part& part, const SpreadPlan& plan, int64_t g, int64_t channel) {
  return reinterpret_cast<T*>(part.shared) + (g * plan.ci + channel) * plan.taps * plan.co;
}

/* One block of k, the result's channels, for some of the image's. */
template <class T>
void spread_pack_part(const Part& part) {
  const SpreadPlan& plan = *static_cast<const SpreadPlan*>(part.plan);
  const int64_t p = part.index % plan.blocks * plan.depth, of = part.index / plan.blocks;
  const int64_t channel = of % plan.parts_channels * plan.channels, g = of / plan.parts_channels;
  const int64_t rows = (plan.ci - channel < plan.channels ? plan.ci - channel : plan.channels) * plan.taps;
  const int64_t k = plan.co - p < plan.depth ? plan.co - p : plan.depth, apart = plan.ci * plan.taps;
  const T* w = reinterpret_cast<const T*>(part.at[1]) + (g * plan.co + p) * apart + channel * plan.taps;
  const Cut into = cut(rows);
  pack_a(w, 1, apart, k, into, 0, into.blocks, false, spread_weights<T>(part, plan, g, channel) + p * rows);
}

/* Adds a tile's product, rows of `columns`, to the sums of a part's channels. */
template <class T>
__attribute__((noinline)) void add_rows(const PatchTile& whole, const int64_t* from, const int64_t* count,
                                        int64_t channels, const T* product, T* sums) {
  constexpr int64_t kL = kLanes<T>;
  const int64_t width = count[2];
  Lanes<T> last{};
  for (int64_t l = 0; l < kL; ++l) last[l] = l < (width - 1) % kL + 1 ? -1 : 0;
  for (int64_t channel = 0; channel < channels; ++channel, sums += whole.plane) {
    for (int64_t t0 = 0; t0 < whole.axis[0].taps; ++t0) {
      for (int64_t t1 = 0; t1 < whole.axis[1].taps; ++t1) {
        for (int64_t t2 = 0; t2 < whole.axis[2].taps; ++t2) {
          T* to = sums + offset_of(whole, t0, t1, t2) + from[2];
          for (int64_t i = 0; i < count[0]; ++i) {
            for (int64_t j = 0; j < count[1]; ++j, product += width) {
              T* line = to + line_at(whole, from[0] + i, from[1] + j);
              int64_t q = 0;
              for (; q + kL < width; q += kL) {
                store(line + q, load<Vector<T>>(line + q) + load<Vector<T>>(product + q));
              }
              const Vector<T> more = load<Vector<T>>(product + q);
              store(line + q, load<Vector<T>>(line + q) + (last ? more : Vector<T>{}));
            }
          }
        }
      }
    }
  }
}

/* Writes the sums of a plane where its elements are. Those that no place meets are 0. */
template <class T>
__attribute__((noinline)) void write_plane(const PatchTile& whole, const T* sums, T* image) {
  const PatchAxis &a = whole.axis[0], &b = whole.axis[1], &c = whole.axis[2];
  const int64_t low = whole.low[2], met = whole.width + low < c.image ? whole.width + low : c.image;
  for (int64_t i = 0; i < a.image; ++i) {
    for (int64_t j = 0; j < b.image; ++j, image += c.image) {
      const int64_t u = i - whole.low[0], v = j - whole.low[1];
      const T* row = sums + (u * whole.span[1] + v) * whole.span[2];
      const bool has = u < whole.span[0] && v < whole.span[1];
      const int64_t count = has && c.step == 1 && met > 0 ? met : 0;
      if (count > 0) copy_elements(row - low, count, image);
      __builtin_memset(image + count, 0, static_cast<size_t>(c.image - count) * sizeof(T));
      if (!has || c.step == 1) continue;
      for (int64_t f = 0; f < whole.phases; ++f) {
        int64_t at = low + f < 0 ? (c.step - 1 - low - f) / c.step : 0;
        for (int64_t x = low + f + at * c.step; at < whole.width && x < c.image; ++at, x += c.step) {
          image[x] = row[f * whole.width + at];
        }
      }
    }
  }
}

/* Some channels of an image. */
template <class T>
void spread_part(const Part& part) {
  constexpr int64_t kW = kWidth<T>, kL = kLanes<T>;
  const SubnormalsAreZero here;
  const SpreadPlan& plan = *static_cast<const SpreadPlan*>(part.plan);
  const int64_t channel = part.index % plan.parts_channels * plan.channels, of = part.index / plan.parts_channels;
  const int64_t g = of % plan.groups, n = of / plan.groups;
  const int64_t channels = plan.ci - channel < plan.channels ? plan.ci - channel : plan.channels;
  const PatchTile whole = whole_image(plan);
  const int64_t image = whole.axis[0].image * whole.axis[1].image * whole.axis[2].image;
  const int64_t rows = channels * plan.taps, places = plan.places;
  const T* y = reinterpret_cast<const T*>(part.at[0]) + (n * plan.groups + g) * plan.co * places;
  const T* weights = spread_weights<T>(part, plan, g, channel);
  T* x =
      reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) + ((n * plan.groups + g) * plan.ci + channel) * image;
  T* sums = reinterpret_cast<T*>(part.lane) + kSlack<T>;
  T* columns = reinterpret_cast<T*>(part.lane + plan.columns_at);
  T* product = reinterpret_cast<T*>(part.lane + plan.product_at);
  __builtin_memset(sums, 0, static_cast<size_t>(channels * whole.plane + kSlack<T>) * sizeof(T));
  const Cut into = cut(rows);
  Piece<T> piece;
  piece.a_m = 1;
  piece.a_k = 0;
  piece.b_k = kW;
  piece.finish = nullptr;
  piece.ahead = {reinterpret_cast<const char*>(columns), 0, 0};
  const int64_t tiles = plan.tiles[0] * plan.tiles[1] * plan.tiles[2];
  for (int64_t tile = 0; tile < tiles; ++tile) {
    int64_t from[kSpatialAxes], count[kSpatialAxes], rest = tile;
    for (int d = kSpatialAxes - 1; d >= 0; --d) {
      from[d] = rest % plan.tiles[d] * plan.tile[d];
      rest /= plan.tiles[d];
      count[d] = whole.count[d] - from[d] < plan.tile[d] ? whole.count[d] - from[d] : plan.tile[d];
    }
    const int64_t all = count[0] * count[1] * count[2];
    const int64_t first = (from[0] * whole.count[1] + from[1]) * whole.count[2] + from[2];
    piece.ldc = all;
    for (int64_t p = 0; p < plan.co; p += plan.depth) {
      const int64_t k = plan.co - p < plan.depth ? plan.co - p : plan.depth;
      pack_b(y + p * places + first, places, 1, k, all, false, columns);
      piece.k = k;
      piece.add = p > 0;
      for (int64_t j = 0; j < all; j += kW) {
        piece.columns = all - j < kW ? all - j : kW;
        piece.a = weights + p * rows;
        piece.b = columns + j * k;
        piece.c = product + j;
        const BlockRun<T>* runs = blocks_of<T>().run[0][piece.columns > kL ? 1 : 0][1];
        for (int64_t i = 0; i < into.blocks; ++i) {
          const int64_t height = into.height_of(i);
          runs[height - 1](piece);
          piece.a += height * k;
          piece.c += height * all;
        }
      }
    }
    add_rows(whole, from, count, channels, product, sums);
  }
  for (int64_t c = 0; c < channels; ++c) write_plane(whole, sums + c * whole.plane, x + c * image);
  const int64_t output = g * plan.ci + channel;
  const T* bias = plan.has_bias != 0 ? reinterpret_cast<const T*>(part.at[2]) + output : nullptr;
  if (bias == nullptr && plan.activation == 0) return;
  finish_rows(x, image, channels, image, Epilogue<T>{bias, 1, 0, plan.activation});
}

ADJ_ISA_END
