/*
 * conv and convInput: a product of matrices for each image, group and phase, one tile of it at a time. Weights are
 * packed once, for all tiles; the right-hand matrix is packed panel by panel (conv_patch.h). An element is one chain of
 * multiply-adds for each block of k, and the sum of the blocks in order, so it does not depend on its tile.
 */
#pragma once

#include "kernels/conv_patch.h"

ADJ_ISA_BEGIN

/* One image, group, phase and tile. */
struct ConvTile {
  int64_t n, g, phase[kSpatialAxes];
  int64_t row, rows; /* of the group's output channels */
  PatchTile places;
  bool empty;
};

ADJ_ALWAYS ConvTile conv_tile(const ConvPlan& plan, int64_t index) {
  ConvTile tile;
  tile.row = index % plan.tiles_rows * plan.tile_rows;
  tile.rows = plan.rows - tile.row < plan.tile_rows ? plan.rows - tile.row : plan.tile_rows;
  index /= plan.tiles_rows;
  tile.empty = false;
  int64_t at[kSpatialAxes];
  for (int d = kSpatialAxes - 1; d >= 0; --d) {
    at[d] = index % plan.tiles[d] * plan.tile[d];
    index /= plan.tiles[d];
  }
  for (int d = kSpatialAxes - 1; d >= 0; --d) {
    tile.phase[d] = index % plan.phases[d];
    index /= plan.phases[d];
    const PatchAxis axis = patch_axis(plan.axis[d], plan.transposed, tile.phase[d]);
    tile.places.axis[d] = axis;
    tile.places.from[d] = at[d];
    tile.places.count[d] = axis.places - at[d] < plan.tile[d] ? axis.places - at[d] : plan.tile[d];
    tile.empty |= tile.places.count[d] <= 0;
  }
  tile.g = index % plan.groups;
  tile.n = index / plan.groups;
  return tile;
}

/* Where the weights of a group, phase and tile of rows are packed: rows * k elements, a block of k after the other. */
template <class T>
ADJ_ALWAYS T* packed_weights(const Part& part, const ConvPlan& plan, int64_t g, const int64_t* phase, int64_t row,
                             int64_t k) {
  const ConvAxis &a = plan.axis[0], &b = plan.axis[1], &c = plan.axis[2];
  int64_t before = 0;
  if (plan.transposed) {
    const int64_t in_a = taps_before(a, phase[0] + 1) - taps_before(a, phase[0]);
    const int64_t in_b = taps_before(b, phase[1] + 1) - taps_before(b, phase[1]);
    before = taps_before(a, phase[0]) * b.kernel * c.kernel +
             in_a * (taps_before(b, phase[1]) * c.kernel + in_b * taps_before(c, phase[2]));
  }
  return reinterpret_cast<T*>(part.shared) + plan.rows * plan.sources * (g * plan.taps + before) + row * k;
}

/* Element (row, k) of a group's left-hand matrix for convInput: the kernel of that channel, seen from the result. */
template <class T>
ADJ_ALWAYS void pack_transposed(const ConvPlan& plan, const PatchAxis* axis, const T* w, int64_t row, int64_t p,
                                int64_t k, Cut into, T* to) {
  const ConvAxis &b = plan.axis[1], &c = plan.axis[2];
  const int64_t taps = axis[0].taps * axis[1].taps * axis[2].taps;
  for (int64_t block = 0; block < into.blocks; ++block) {
    const int64_t height = into.height_of(block), first = row + into.row_of(block);
    for (int64_t i = p; i < p + k; ++i, to += height) {
      const int64_t source = i / taps, t = i % taps;
      const int64_t t0 = axis[0].tap + t / axis[2].taps / axis[1].taps * axis[0].period;
      const int64_t t1 = axis[1].tap + t / axis[2].taps % axis[1].taps * axis[1].period;
      const int64_t t2 = axis[2].tap + t % axis[2].taps * axis[2].period;
      const T* from = w + (source * plan.rows + first) * plan.taps + (t0 * b.kernel + t1) * c.kernel + t2;
      for (int64_t j = 0; j < height; ++j) to[j] = from[j * plan.taps];
    }
  }
}

/* One block of k of a tile of rows. */
template <class T>
void conv_pack_part(const Part& part) {
  const ConvPlan& plan = *static_cast<const ConvPlan*>(part.plan);
  int64_t index = part.index;
  const int64_t p = index % plan.blocks * plan.depth;
  index /= plan.blocks;
  const int64_t row = index % plan.tiles_rows * plan.tile_rows;
  const int64_t rows = plan.rows - row < plan.tile_rows ? plan.rows - row : plan.tile_rows;
  index /= plan.tiles_rows;
  int64_t phase[kSpatialAxes];
  PatchAxis axis[kSpatialAxes];
  for (int d = kSpatialAxes - 1; d >= 0; --d) {
    phase[d] = index % plan.phases[d];
    index /= plan.phases[d];
    axis[d] = patch_axis(plan.axis[d], plan.transposed, phase[d]);
  }
  const int64_t all = plan.sources * axis[0].taps * axis[1].taps * axis[2].taps;
  if (p >= all) return;
  const int64_t k = all - p < plan.depth ? all - p : plan.depth;
  const T* w = reinterpret_cast<const T*>(part.at[1]) + index * plan.rows * plan.sources * plan.taps;
  T* to = packed_weights<T>(part, plan, index, phase, row, all) + p * rows;
  const Cut into = cut(rows);
  if (plan.transposed) {
    pack_transposed(plan, axis, w, row, p, k, into, to);
  } else {
    pack_a(w + row * all + p, all, 1, k, into, 0, into.blocks, false, to);
  }
}

/* Puts a tile's rows where their places are in the output, `stride` apart. */
template <class T>
__attribute__((noinline)) void spread(const ConvPlan& plan, const ConvTile& tile, const T* c, T* output) {
  const PatchTile& at = tile.places;
  const int64_t height = plan.axis[1].image, width = plan.axis[2].image, step = plan.axis[2].stride;
  for (int64_t i = 0; i < tile.rows; ++i, output += plan.places) {
    for (int64_t u = 0; u < at.count[0]; ++u) {
      const int64_t x = (at.from[0] + u) * plan.axis[0].stride + tile.phase[0];
      for (int64_t v = 0; v < at.count[1]; ++v, c += at.count[2]) {
        const int64_t y = (at.from[1] + v) * plan.axis[1].stride + tile.phase[1];
        T* to = output + (x * height + y) * width + at.from[2] * step + tile.phase[2];
        for (int64_t w = 0; w < at.count[2]; ++w) to[w * step] = c[w];
      }
    }
  }
}

/* The product of a tile, to c. */
template <class T>
ADJ_ALWAYS void multiply_tile(const Part& part, const ConvPlan& plan, const ConvTile& tile, T* c, int64_t ldc,
                              Epilogue<T>* finish) {
  constexpr int64_t kW = kWidth<T>, kL = kLanes<T>;
  const PatchTile& places = tile.places;
  const int64_t taps = places.taps(), all = plan.sources * taps, columns = places.columns();
  const int64_t source = places.axis[0].image * places.axis[1].image * places.axis[2].image;
  const T* x = reinterpret_cast<const T*>(part.at[0]) + (tile.n * plan.groups + tile.g) * plan.sources * source;
  const T* weights = packed_weights<T>(part, plan, tile.g, tile.phase, tile.row, all);
  int64_t* offsets = reinterpret_cast<int64_t*>(part.lane);
  T* copy = reinterpret_cast<T*>(part.lane + plan.copy_at) + kSlack<T>;
  T* panel = reinterpret_cast<T*>(part.lane + plan.panel_at);
  const Cut into = cut(tile.rows);
  const T* bias = finish != nullptr ? finish->bias : nullptr;
  Piece<T> piece;
  piece.a_m = 1;
  piece.a_k = 0; /* packed rows know their step */
  piece.b_k = kW;
  piece.ldc = ldc;
  piece.ahead = {reinterpret_cast<const char*>(panel), 0, 0};
  for (int64_t p = 0; p < all; p += plan.depth) {
    const int64_t k = all - p < plan.depth ? all - p : plan.depth;
    const int64_t channel = p / taps, channels = (p + k - 1) / taps - channel + 1;
    copy_planes(places, x + channel * source, channels, copy);
    row_offsets(places, p, k, offsets);
    piece.k = k;
    piece.add = p > 0;
    piece.finish = p + k == all ? finish : nullptr;
    for (int64_t j = 0; j < columns; j += kW) {
      pack_panel(places, copy, offsets, k, j, panel);
      piece.columns = columns - j < kW ? columns - j : kW;
      piece.a = weights + p * tile.rows;
      piece.b = panel;
      piece.c = c + j;
      if (finish != nullptr) finish->bias = bias;
      const BlockRun<T>* runs = blocks_of<T>().run[0][piece.columns > kL ? 1 : 0][1];
      for (int64_t i = 0; i < into.blocks; ++i) {
        const int64_t height = into.height_of(i);
        runs[height - 1](piece);
        piece.a += height * k;
        piece.c += height * ldc;
        if (bias != nullptr) finish->bias += height;
      }
    }
  }
}

template <class T>
void conv_tile_part(const Part& part) {
  const SubnormalsAreZero here;
  const ConvPlan& plan = *static_cast<const ConvPlan*>(part.plan);
  ConvTile tile = conv_tile(plan, part.index);
  if (tile.empty) return;
  lay_out(tile.places);
  const PatchTile& at = tile.places;
  const bool spreads = plan.phases[0] * plan.phases[1] * plan.phases[2] > 1;
  const int64_t channel = tile.g * plan.rows + tile.row;
  T* output = reinterpret_cast<T*>(part.at[plan.has_bias != 0 ? 3 : 2]) +
              (tile.n * plan.groups * plan.rows + channel) * plan.places;
  const int64_t ldc = spreads ? at.columns() : plan.places;
  const int64_t from = (at.from[0] * at.axis[1].places + at.from[1]) * at.axis[2].places + at.from[2];
  T* c = spreads ? reinterpret_cast<T*>(part.lane + plan.product_at) : output + from;
  const T* bias = plan.has_bias != 0 ? reinterpret_cast<const T*>(part.at[2]) + channel : nullptr;
  Epilogue<T> finish{bias, 1, 0, plan.activation};
  const bool finishes = bias != nullptr || plan.activation != 0;
  if (plan.sources * at.taps() == 0) {
    for (int64_t i = 0; i < tile.rows; ++i) {
      __builtin_memset(c + i * ldc, 0, static_cast<size_t>(at.columns()) * sizeof(T));
    }
    if (finishes) finish_rows(c, ldc, tile.rows, at.columns(), finish);
  } else {
    multiply_tile(part, plan, tile, c, ldc, finishes ? &finish : nullptr);
  }
  if (spreads) spread(plan, tile, c, output);
}

ADJ_ISA_END
