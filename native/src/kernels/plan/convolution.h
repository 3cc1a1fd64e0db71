/*
 * conv, its partners and windowArgmax: what their plans are. Plain structs only, for the reason given in kernel.h.
 *
 * conv is a product of matrices for each image and group: rows are the result's channels, k the image's channels with
 * the elements of the kernel, columns the places of the result. convInput is the same product with its operands
 * exchanged: columns are the places of the image that are equal modulo the stride, a phase of them for each product,
 * and k are those elements of the kernel that meet the phase. convWeight has the places as k.
 */
#pragma once

#include "contract/convolution.h"
#include "kernels/kernel.h"
#include "kernels/plan/loops.h"

namespace adjoint {

/* One axis of a product's right-hand matrix: place q and tap t find element q * step + first + t * tap_step of the
 * source, which is 0 outside 0 .. image. Tap t is element tap + t * period of the kernel. */
struct PatchAxis {
  int64_t image, taps, places, step, first, tap_step;
  int64_t tap, period;
};

struct ConvPlan : ConvCall {
  bool transposed; /* convInput */
  int64_t rows;    /* of a group's product: channels of the output */
  int64_t sources; /* channels of a group that k goes through */
  int64_t taps;    /* elements of a kernel, of one channel */
  int64_t places;  /* elements of an output's channel */
  int64_t depth;   /* of a block of k */
  int64_t phases[kSpatialAxes];
  int64_t tile[kSpatialAxes], tiles[kSpatialAxes]; /* places */
  int64_t tile_rows, tiles_rows;
  int64_t blocks;                        /* of k, of the phase that has the most */
  int64_t copy_at, panel_at, product_at; /* bytes in a thread's scratch, behind the offsets of rows of k */
};

/* The weights' gradient: rows are the image's channels with the elements of the kernel, columns the result's channels,
 * k the places of all images. Parts leave sums in scratch that all see, which a second stage adds. */
struct WeightPlan : ConvCall {
  int64_t taps, places;                            /* elements of a kernel and a result, of one channel */
  int64_t tile[kSpatialAxes], tiles[kSpatialAxes]; /* places that are one block of k */
  int64_t images;                                  /* that share a block of k, if they are small */
  int64_t units, splits;                           /* blocks of k, and the parts that they are shared among */
  int64_t channels, parts_channels;                /* of the image that a part takes, and how many such parts */
  int64_t chunk;                                   /* channels whose rows are gathered at a time */
  int64_t depth;                                   /* most places of a unit */
  int64_t row_step;                                /* elements between gathered rows */
  int64_t copy_at, rows_at, columns_at;            /* bytes in a thread's scratch */
  int64_t join;                                    /* rows that a part of the second stage adds */
};

/* convInput by adding products to the image. Rows are the image's channels with the elements of the kernel, columns
 * places of the result, k the result's channels. */
struct SpreadPlan : ConvCall {
  int64_t taps, places;                            /* elements of a kernel and a result, of one channel */
  int64_t tile[kSpatialAxes], tiles[kSpatialAxes]; /* places */
  int64_t channels, parts_channels;                /* of the image that a part takes, and how many such parts */
  int64_t depth, blocks;                           /* of k */
  int64_t columns_at, product_at;                  /* bytes in a thread's scratch, behind the sums */
};

/* By the definition, a plane of the output a part. */
struct PlainPlan : ConvCall {
  bool transposed;             /* convInput */
  int64_t taps, image, result; /* elements of a kernel and of planes */
};

struct WindowPlan : WindowCall {
  bool by_lines;         /* whether a line of windows is looked at together */
  int64_t image, result; /* elements of a plane */
  int64_t most_at;       /* bytes in a thread's scratch: a line of maxima, behind what each element of a window meets */
};

/* The loops for a dtype, and the register block that they use. */
struct ConvLoops {
  int32_t dtype;
  Run pack, tile;                     /* conv and convInput: weights into blocks of rows; a tile of the product */
  Run units, join;                    /* convWeight: some blocks of k; the sum of all */
  Run spread_pack, spread;            /* convInput, products added to the image */
  Run plane, plane_units, plane_join; /* the like where kernels have one channel each */
  Run plain, plain_weights;           /* by the definition */
  int64_t rows, width, lanes;         /* of a register block: rows, columns; elements of a vector */
  int64_t depth;                      /* the most steps of k of a block */
};

void prepare_conv(const Kernel&, const Call&, const Machine&, Step&);
void prepare_conv_input(const Kernel&, const Call&, const Machine&, Step&);
void prepare_conv_weight(const Kernel&, const Call&, const Machine&, Step&);
void prepare_window_argmax(const Kernel&, const Call&, const Machine&, Step&);

/* Axis d of the product over phase r. */
ADJ_ALWAYS PatchAxis patch_axis(const ConvAxis& axis, bool transposed, int64_t phase) {
  if (!transposed) {
    return {axis.image, axis.kernel, axis.result, axis.stride, -axis.before, axis.dilation, 0, 1};
  }
  int64_t common = axis.dilation, rest = axis.stride;
  while (rest != 0) {
    const int64_t next = common % rest;
    common = rest;
    rest = next;
  }
  const int64_t period = axis.stride / common;
  int64_t tap = 0;
  while (tap < period && tap < axis.kernel && (phase + axis.before - tap * axis.dilation) % axis.stride != 0) ++tap;
  const int64_t taps = tap < period && tap < axis.kernel ? (axis.kernel - 1 - tap) / period + 1 : 0;
  return {axis.result,
          taps,
          axis.image > phase ? (axis.image - 1 - phase) / axis.stride + 1 : 0,
          1,
          taps > 0 ? (phase + axis.before - tap * axis.dilation) / axis.stride : 0,
          -(axis.dilation / common),
          tap,
          period};
}

/* How many elements of the kernel meet the phases before this one along an axis. */
ADJ_ALWAYS int64_t taps_before(const ConvAxis& axis, int64_t phase) {
  int64_t count = 0;
  for (int64_t t = 0; t < axis.kernel; ++t) {
    const int64_t of = (t * axis.dilation - axis.before) % axis.stride;
    count += (of < 0 ? of + axis.stride : of) < phase ? 1 : 0;
  }
  return count;
}

}  // namespace adjoint
