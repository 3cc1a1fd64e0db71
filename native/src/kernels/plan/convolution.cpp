/*
 * Plans convolutions and windowArgmax: how places are cut into tiles, channels into rows, and images into parts, all by
 * shape and instruction set alone.
 */
#include "kernels/plan/convolution.h"

#include <algorithm>
#include <bit>

#include "kernels/plan/plan.h"

namespace adjoint {
namespace {

int64_t product_of(int64_t a, int64_t b, int64_t c) { return times(times(a, b), c); }
int64_t image_places(const ConvCall& call) {
  return product_of(call.axis[0].image, call.axis[1].image, call.axis[2].image);
}
int64_t result_places(const ConvCall& call) {
  return product_of(call.axis[0].result, call.axis[1].result, call.axis[2].result);
}
int64_t kernel_places(const ConvCall& call) {
  return product_of(call.axis[0].kernel, call.axis[1].kernel, call.axis[2].kernel);
}

/* Multiply-adds of a part: some tens of microseconds. */
constexpr int64_t kPartWork = 1 << 21;
constexpr int64_t kGrainWork = 1 << 18;

/* So many parts are shared evenly by any threads that there may be. */
constexpr int64_t kEnoughParts = 64;

/* The most elements of an image's copy beside everything else in the second cache. */
constexpr int64_t kCopyBytes = 1 << 17;

/* The most bytes that the sums of convWeight's parts may take, beyond one for each element. */
constexpr int64_t kSumsBytes = 1 << 25;

/* From so many steps of k on, blocks are a power of two, as matmul's are. */
constexpr int64_t kEvenFrom = 1024;

int64_t depth_of(int64_t k, int64_t most) {
  if (k >= kEvenFrom) return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(most)));
  const int64_t blocks = ceil_div(k, most);
  return blocks < 2 ? std::max<int64_t>(k, 1) : round_up(ceil_div(k, blocks), 16);
}

/* Cuts the places along the axes into tiles of about `wanted`, whole inner axes first, as even as they allow. */
void cut_places(const int64_t* places, int64_t wanted, int64_t step, int64_t* tile, int64_t* tiles) {
  for (int d = kSpatialAxes - 1; d >= 0; --d) {
    const int64_t size = std::max<int64_t>(places[d], 1), least = d == kSpatialAxes - 1 ? step : 1;
    const int64_t piece = std::clamp(wanted, std::min(size, least), size);
    tile[d] = ceil_div(size, ceil_div(size, piece));
    if (d == kSpatialAxes - 1 && tile[d] < size) tile[d] = std::min(size, round_up(tile[d], step));
    tiles[d] = ceil_div(places[d], tile[d]);
    /* Outer axes are cut only where inner ones are whole, so that a tile's places are consecutive. */
    wanted = tile[d] == size ? wanted / size : 0;
  }
}

/* Elements of a channel that a tile meets. */
int64_t copied(const ConvCall& call, const int64_t* tile, bool transposed) {
  int64_t all = 1;
  for (int d = 0; d < kSpatialAxes; ++d) {
    const ConvAxis& axis = call.axis[d];
    const int64_t reach = times(axis.kernel > 0 ? axis.kernel - 1 : 0, axis.dilation);
    const int64_t step = transposed ? 1 : axis.stride;
    const int64_t behind = transposed ? reach / axis.stride + 1 : reach;
    const int64_t span = plus(times(tile[d] - 1, step), plus(behind, 1));
    /* Of the last axis, places of a stride lie in phases, which may be a few more. */
    all = times(all, d < kSpatialAxes - 1
                         ? span
                         : times(std::min(step, plus(behind, 1)), plus(tile[d], plus(behind / step, 1))));
  }
  return all;
}

struct Lane {
  int64_t bytes = 0;
  int64_t take(int64_t more) {
    const int64_t at = bytes;
    bytes = round_up(plus(bytes, more), 64);
    return at;
  }
};

/* The most bytes of an image's copy that a thread makes. */
constexpr int64_t kMostCopied = int64_t{1} << 27;

/* `planes` of the output, each a part. */
void plan_plain(const Run run, const ConvCall& call, bool transposed, int64_t planes, Step& step) {
  step.lane_bytes = step.shared_bytes = 0;
  PlainPlan& plan = plan_in<PlainPlan>(step, call);
  plan.transposed = transposed;
  plan.taps = kernel_places(plan);
  plan.image = image_places(plan);
  plan.result = result_places(plan);
  add_stage(step, run, planes);
}

/* conv, or convInput if `transposed`. */
void plan_product(const ConvLoops& loops, const ConvCall& call, bool transposed, Step& step) {
  ConvPlan& plan = plan_in<ConvPlan>(step, call);
  plan.transposed = transposed;
  plan.rows = transposed ? plan.ci : plan.co;
  plan.sources = transposed ? plan.co : plan.ci;
  plan.taps = kernel_places(plan);
  plan.places = transposed ? image_places(plan) : result_places(plan);
  const int64_t planes = times(plan.n, plan.groups);
  if (planes == 0 || plan.rows == 0 || plan.places == 0) return;
  int64_t places[kSpatialAxes], phases = 1;
  for (int d = 0; d < kSpatialAxes; ++d) {
    plan.phases[d] = transposed ? std::min(plan.axis[d].stride, plan.axis[d].image) : 1;
    phases = times(phases, plan.phases[d]);
    places[d] = transposed ? ceil_div(plan.axis[d].image, plan.axis[d].stride) : plan.axis[d].result;
  }
  const int64_t size = size_of(plan.dtype), k = times(plan.sources, ceil_div(plan.taps, phases));
  const bool depthwise = plan.rows == 1 && plan.sources == 1;
  plan.depth = depth_of(k, loops.depth);
  plan.blocks = ceil_div(times(plan.sources, plan.taps), plan.depth);

  /* A tile has all rows, unless there are few tiles. */
  const int64_t column_work = std::max<int64_t>(times(plan.rows, k), 1);
  int64_t wanted = std::max(kPartWork / column_work, 4 * loops.width);
  if (depthwise) wanted = 1 << 14;
  /* Of the image, that a block of k goes through; a phase may meet one element of the kernel only. */
  const int64_t least_taps = phases > 1 ? 1 : std::max<int64_t>(plan.taps, 1);
  const int64_t channels = std::min(plan.sources, ceil_div(plan.depth, least_taps) + 1);
  do {
    cut_places(places, wanted, loops.width, plan.tile, plan.tiles);
    wanted /= 2;
  } while (wanted >= loops.width && times(times(channels, copied(plan, plan.tile, transposed)), size) > kCopyBytes);
  const int64_t tiles = product_of(plan.tiles[0], plan.tiles[1], plan.tiles[2]);
  const int64_t parts = times(times(planes, phases), tiles);
  const int64_t cuts = std::clamp<int64_t>(kEnoughParts / parts, 1, ceil_div(plan.rows, 4 * loops.rows));
  plan.tile_rows = ceil_div(plan.rows, cuts);
  plan.tiles_rows = ceil_div(plan.rows, plan.tile_rows);

  if (times(times(channels, copied(plan, plan.tile, transposed)), size) > kMostCopied) {
    plan_plain(loops.plain, call, transposed, times(planes, plan.rows), step);
    return;
  }
  Lane lane;
  const int64_t tile = product_of(plan.tile[0], plan.tile[1], plan.tile[2]);
  const int64_t slack = 2 * loops.lanes;
  lane.take(times(depthwise ? plan.taps : plan.depth, sizeof(int64_t)));
  plan.copy_at =
      lane.take(times(plus(times(depthwise ? 1 : channels, copied(plan, plan.tile, transposed)), slack), size));
  plan.panel_at = lane.take(times(depthwise ? plan.taps : times(plan.depth, loops.width), size));
  if (phases > 1) plan.product_at = lane.take(times(plus(times(plan.tile_rows, tile), slack), size));
  step.lane_bytes = lane.bytes;
  const int64_t work = times(times(plan.tile_rows, tile), std::max<int64_t>(k, 16));
  if (!depthwise) {
    step.shared_bytes = times(times(times(plan.groups, plan.rows), times(plan.sources, plan.taps)), size);
    if (step.shared_bytes > 0) {
      add_stage(step, loops.pack, times(times(plan.groups, phases), times(plan.tiles_rows, plan.blocks)),
                kGrainWork / 8 / times(plan.tile_rows, plan.depth));
    }
  }
  add_stage(step, depthwise ? loops.plane : loops.tile, times(parts, plan.tiles_rows), kGrainWork / work);
}

/* How many multiply-adds of a vector it costs to pack one, and to add one of a product to an image. */
constexpr int64_t kPackCost = 5, kAddCost = 12;

/* The most bytes of an image's channel whose sums a thread keeps. */
constexpr int64_t kSpreadBytes = 1 << 22;

/* Whether convInput costs less by adding products to the image: it computes nothing for padding, and has more rows. */
bool spreads(const ConvLoops& loops, const ConvCall& call) {
  int64_t gathered = call.co, added = call.ci;
  for (const ConvAxis& axis : call.axis) {
    gathered = times(gathered, times(axis.kernel, ceil_div(axis.image, axis.stride)));
    added = times(added, times(axis.kernel, axis.result));
  }
  const int64_t result[] = {call.axis[0].result, call.axis[1].result, call.axis[2].result};
  if (times(copied(call, result, false), size_of(call.dtype)) > kSpreadBytes) return false;
  return times(gathered, std::max(call.ci, loops.rows) + kPackCost) / 8 > times(added, plus(call.co, kAddCost)) / 8;
}

void plan_spread(const ConvLoops& loops, const ConvCall& call, Step& step) {
  SpreadPlan& plan = plan_in<SpreadPlan>(step, call);
  plan.taps = kernel_places(plan);
  plan.places = result_places(plan);
  const int64_t size = size_of(plan.dtype);
  int64_t whole[kSpatialAxes];
  for (int d = 0; d < kSpatialAxes; ++d) whole[d] = plan.axis[d].result;
  const int64_t plane = copied(plan, whole, false);
  /* As many rows as let the columns be packed once for many, and sums that stay near. */
  constexpr int64_t kRows = 400;
  plan.channels = std::clamp<int64_t>(std::min(kRows / plan.taps, kCopyBytes / size / plane), 1, plan.ci);
  plan.parts_channels = ceil_div(plan.ci, plan.channels);
  plan.depth = depth_of(plan.co, loops.depth);
  plan.blocks = ceil_div(plan.co, plan.depth);
  cut_places(whole, std::max(kCopyBytes / size / times(plan.channels, plan.taps), 4 * loops.width), loops.width,
             plan.tile, plan.tiles);
  const int64_t tile = product_of(plan.tile[0], plan.tile[1], plan.tile[2]), slack = 2 * loops.lanes;
  Lane lane;
  lane.take(times(plus(times(plan.channels, plane), slack), size));
  plan.columns_at = lane.take(times(times(round_up(tile, loops.width), plan.depth), size));
  plan.product_at = lane.take(times(plus(times(times(plan.channels, plan.taps), tile), slack), size));
  step.lane_bytes = lane.bytes;
  step.shared_bytes = times(times(times(plan.groups, plan.ci), times(plan.taps, plan.co)), size);
  const int64_t packs = times(times(plan.groups, plan.parts_channels), plan.blocks);
  add_stage(step, loops.spread_pack, packs, kGrainWork / 8 / times(times(plan.channels, plan.taps), plan.depth));
  const int64_t work = times(times(plan.channels, plan.taps), times(plan.places, plan.co));
  add_stage(step, loops.spread, times(times(plan.n, plan.groups), plan.parts_channels), kGrainWork / work);
}

void plan_weight(const ConvLoops& loops, const ConvCall& call, Step& step) {
  WeightPlan& plan = plan_in<WeightPlan>(step, call);
  plan.taps = kernel_places(plan);
  plan.places = result_places(plan);
  const int64_t rows = times(plan.ci, plan.taps), weights = times(plan.groups, times(rows, plan.co));
  if (weights == 0) return;
  const bool depthwise = plan.ci == 1 && plan.co == 1;
  const int64_t size = size_of(plan.dtype);
  int64_t places[kSpatialAxes];
  for (int d = 0; d < kSpatialAxes; ++d) places[d] = plan.axis[d].result;
  cut_places(places, depthwise ? 2048 : loops.depth, depthwise ? loops.width : 1, plan.tile, plan.tiles);
  const int64_t tile = product_of(plan.tile[0], plan.tile[1], plan.tile[2]);
  plan.images =
      depthwise ? 1
                : std::clamp<int64_t>(plan.places > 0 ? loops.depth / plan.places : 1, 1, std::max<int64_t>(plan.n, 1));
  plan.units = plan.places == 0
                   ? 0
                   : times(ceil_div(plan.n, plan.images), product_of(plan.tiles[0], plan.tiles[1], plan.tiles[2]));
  plan.depth = times(tile, plan.images);
  plan.row_step = round_up(plan.depth, loops.lanes) + loops.lanes;

  if (plan.units > 0 && times(copied(plan, plan.tile, false), size) > kMostCopied) {
    plan_plain(loops.plain_weights, call, false, times(plan.groups, times(plan.co, plan.ci)), step);
    return;
  }
  /* Channels are gathered a few at a time; parts have all, unless their sums would take much memory. */
  const int64_t copy = copied(plan, plan.tile, false);
  plan.chunk = std::clamp<int64_t>(std::min(kCopyBytes / size / std::max<int64_t>(times(plan.taps, plan.row_step), 1),
                                            kCopyBytes / size / std::max<int64_t>(copy, 1)),
                                   1, plan.ci);
  const int64_t all = times(times(plan.n, plan.places), weights);
  const int64_t wanted = std::clamp<int64_t>(all / kPartWork, 1, kEnoughParts);
  const int64_t most = std::max<int64_t>(kSumsBytes / size / weights, 1);
  plan.splits = std::min({ceil_div(wanted, plan.groups), most, plan.units});
  const int64_t cuts = ceil_div(wanted, std::max<int64_t>(times(plan.groups, plan.splits), 1));
  plan.channels = std::max(plan.chunk, ceil_div(plan.ci, cuts));
  plan.parts_channels = ceil_div(plan.ci, plan.channels);

  Lane lane;
  lane.take(times(depthwise ? plan.taps : 0, sizeof(int64_t)));
  const int64_t slack = 2 * loops.lanes;
  plan.copy_at = lane.take(times(plus(times(plan.chunk, copy), slack), size));
  if (!depthwise) {
    plan.rows_at = lane.take(times(plus(times(times(plan.chunk, plan.taps), plan.row_step), slack), size));
    plan.columns_at = lane.take(times(times(round_up(plan.co, loops.width), plan.depth), size));
  }
  step.lane_bytes = lane.bytes;
  step.shared_bytes = times(times(weights, plan.splits), depthwise ? static_cast<int64_t>(sizeof(double)) : size);
  const int64_t parts = times(times(plan.groups, plan.splits), plan.parts_channels);
  add_stage(step, depthwise ? loops.plane_units : loops.units, parts,
            kGrainWork / std::max<int64_t>(all / std::max<int64_t>(parts, 1), 1));
  if (depthwise) {
    add_stage(step, loops.plane_join, plan.groups, part_elements(1) / times(plan.taps, plan.splits + 1));
    return;
  }
  plan.join = std::max<int64_t>(part_elements(1) / times(plan.co, plan.splits + 1), 1);
  const int64_t joins = ceil_div(rows, plan.join);
  add_stage(step, loops.join, times(plan.groups, joins),
            part_elements(1) / times(rows, times(plan.co, plan.splits + 1)));
}

}  // namespace

void prepare_conv(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const ConvCall conv = check_conv(kernel, call);
  plan_product(loops_for<ConvLoops>(kernel, conv.dtype), conv, false, step);
}

void prepare_conv_input(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const ConvCall conv = check_conv_input(kernel, call);
  const ConvLoops& loops = loops_for<ConvLoops>(kernel, conv.dtype);
  const bool empty =
      conv.n == 0 || conv.ci == 0 || conv.co == 0 || kernel_places(conv) == 0 || result_places(conv) == 0;
  const bool depthwise = conv.ci == 1 && conv.co == 1;
  if (!empty && !depthwise && spreads(loops, conv)) {
    plan_spread(loops, conv, step);
  } else {
    plan_product(loops, conv, true, step);
  }
}

void prepare_conv_weight(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const ConvCall conv = check_conv_weight(kernel, call);
  plan_weight(loops_for<ConvLoops>(kernel, conv.dtype), conv, step);
}

void prepare_window_argmax(const Kernel& kernel, const Call& call, const Machine&, Step& step) {
  const WindowCall window = check_window_argmax(kernel, call);
  const Run run = loops_for<DtypeLoops>(kernel, window.dtype).part;
  WindowPlan& plan = plan_in<WindowPlan>(step, window);
  const ConvAxis* axis = plan.axis;
  plan.image = product_of(axis[0].image, axis[1].image, axis[2].image);
  plan.result = product_of(axis[0].result, axis[1].result, axis[2].result);
  if (plan.result == 0) return;
  /* Every element of a window is tried on the line, wherever it lies: more than an image has would take for ever. */
  constexpr int64_t kMostTaps = 1024;
  plan.by_lines = !plan.adaptive && axis[2].kernel <= kMostTaps;
  if (plan.by_lines) {
    Lane lane;
    lane.take(times(axis[2].kernel, 2 * sizeof(int64_t)));
    plan.most_at = lane.take(times(axis[2].result, size_of(plan.dtype)));
    step.lane_bytes = lane.bytes;
  }
  add_stage(step, run, plan.planes, part_elements(kernel.cost) / plan.result);
}

}  // namespace adjoint
