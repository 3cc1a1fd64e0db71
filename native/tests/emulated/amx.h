/*
 * Included before everything else (g++ -include), this makes a file that is written on AMX's intrinsics one that runs
 * on any machine: each intrinsic becomes a call of the thread's TileUnit.
 */
#pragma once

#include <immintrin.h>

#include "tile_unit.h"

#undef _tile_loadd
#undef _tile_stream_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#define _tile_loadconfig(config) test::TileUnit::own().configure(config)
#define _tile_release() test::TileUnit::own().release()
#define _tile_loadd(t, from, stride) test::TileUnit::own().load(t, from, stride)
#define _tile_stream_loadd(t, from, stride) test::TileUnit::own().load(t, from, stride)
#define _tile_stored(t, to, stride) test::TileUnit::own().store(t, to, stride)
#define _tile_zero(t) test::TileUnit::own().zero(t)
#define _tile_dpbf16ps(c, a, b) test::TileUnit::own().dot(c, a, b)

/* Last: the system's header must not think that it is compiled for AMX. */
#define __AMX_TILE__ 1
#define __AMX_BF16__ 1
