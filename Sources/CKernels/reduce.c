// Reductions in a fixed order.
//
// x [outer, reduced, inner] is what the map gives. For one o, a chunk of `reduced` is a stretch of
// chunk * inner elements, and element j of it goes to accumulator j mod wide, where wide is a
// multiple of inner (of at least four vectors if inner is small): one rule for rows and columns.
// Every `group` wide rows the accumulators are added to a second set and begin anew, so that no
// running sum is long. At the end of a chunk the second set is folded in halves to `inner` values,
// and chunks follow each other in index order. Where `reduced` is at most FEW_TERMS, wide is inner:
// the elements follow each other in index order, which is what makes a chunked reduction in two
// calls the same bits as in one.
#include "mk_reduce.h"

#include <math.h>
#include <string.h>

#include "elements.h"
#include "program.h"

// The most chunks, and the most terms that are taken one after the other.
enum { FEW_TERMS = 32 };

// Columns beyond MK_BLOCK are taken in tiles, of whole cache lines; so are those of at least
// TILED_COLUMNS if parts would be idle else.
enum { TILE = 64, TILED_COLUMNS = 128 };

// Elements that a map is asked for at once: half a block, so that what it reads from memory, its
// registers and the accumulators find room in the first cache together.
enum { MAP_BLOCK = MK_BLOCK / 2 };

typedef struct {
  void (*accumulate)(void* restrict acc, const void* x, size_t rows, size_t columns, size_t stride);
  void (*fold)(void* acc, size_t parts, size_t columns);
  void (*reduce_rows)(void* y, const void* x, size_t rows, size_t columns);
  void (*fill)(void* acc, size_t count);  // with what leaves any value as it is
  size_t wide;
} reduce_loops;

#define FIRST_SUM_f32 0.0f
#define FIRST_SUM_f64 0.0
#define FIRST_SUM_i32 0
#define FIRST_SUM_i64 0
#define FIRST_SUM_u8 0
#define FIRST_PROD_f32 1.0f
#define FIRST_PROD_f64 1.0
#define FIRST_PROD_i32 1
#define FIRST_PROD_i64 1
#define FIRST_PROD_u8 1
#define FIRST_MAX_f32 ((float)-INFINITY)
#define FIRST_MAX_f64 ((double)-INFINITY)
#define FIRST_MAX_i32 INT32_MIN
#define FIRST_MAX_i64 INT64_MIN
#define FIRST_MAX_u8 0
#define FIRST_MIN_f32 ((float)INFINITY)
#define FIRST_MIN_f64 ((double)INFINITY)
#define FIRST_MIN_i32 INT32_MAX
#define FIRST_MIN_i64 INT64_MAX
#define FIRST_MIN_u8 255
#define FIRST_ANY_bool 0
#define FIRST_ALL_bool 1

#define MK_SOURCE "reduce_loops.h"
#include "each_isa.h"

static const reduce_loops* loops_of(uint8_t operation, mk_dtype dtype) {
  switch (mk_isa()) {
#if defined(__x86_64__)
    case MK_AVX512: return &reductions_avx512[operation][dtype];
    case MK_AVX2: return &reductions_avx2[operation][dtype];
#endif
    default: return &reductions_base[operation][dtype];
  }
}

// A chunk has work enough to be worth a thread, and there are at most FEW_TERMS of them. `outer` has
// no say: a sample's sum would depend on the size of the batch that it is in.
uint64_t mk_reduce_chunk(uint64_t outer, uint64_t reduced, uint64_t inner, mk_dtype dtype) {
  (void)outer, (void)dtype;
  enum { WORTH_A_THREAD = 32768 };
  if (reduced == 0 || inner == 0) return reduced ? reduced : 1;
  uint64_t chunk = (WORTH_A_THREAD + inner - 1) / inner;
  uint64_t least = (reduced + FEW_TERMS - 1) / FEW_TERMS;
  if (chunk < least) chunk = least;
  uint64_t whole = inner == 1 ? MK_BLOCK : 64;  // whole blocks
  chunk = (chunk + whole - 1) / whole * whole;
  return chunk < reduced ? chunk : reduced;
}

typedef struct {
  const mk_reduce_args* args;
  const reduce_loops* loops;
  mk_binding* map;
  const char* memory;  // the map's result, if it is memory as it is
  size_t bytes;        // of an element
  size_t stacked;      // rows side by side in a wide row
  size_t wide;         // stacked * inner
  size_t group;        // wide rows between additions to the second set
  size_t values;       // reductions side by side
  // Accumulators of each value: [wide], [wide], [inner or a tile of it].
  char *first[MK_REDUCE_MORE + 1], *second[MK_REDUCE_MORE + 1], *total[MK_REDUCE_MORE + 1];
} reduction;

static size_t accumulators(const mk_reduce_args* args) {
  size_t columns = args->inner < MK_BLOCK ? args->inner : MK_BLOCK;
  return (columns < 1024 ? 1024 : columns) * 8;
}

size_t mk_reduce_scratch(const mk_reduce_args* args) {
  return 3 * accumulators(args) * (1 + (size_t)args->more) + mk_program_scratch(args->map);
}

static reduction begin_reduction(const mk_reduce_args* args, const mk_context* context) {
  reduction r = {.args = args, .bytes = mk_size(args->dtype), .values = 1 + (size_t)args->more};
  r.loops = loops_of(args->operation, args->dtype);
  char* free = context->scratch;
  for (size_t v = 0; v < r.values; v++, free += 3 * accumulators(args)) {
    r.first[v] = free;
    r.second[v] = free + accumulators(args);
    r.total[v] = free + 2 * accumulators(args);
  }
  r.map = mk_bind(args->map, context->bases, free);
  r.memory = mk_bound_memory(r.map);
  r.stacked = 1;
  // Rows side by side until they fill four vectors, and whole ones.
  size_t lanes = r.loops->wide / 4;
  for (size_t n = args->inner; args->reduced > FEW_TERMS && 2 * n <= MK_BLOCK; n *= 2) {
    if (n >= r.loops->wide && (n % lanes == 0 || args->inner >= r.loops->wide)) break;
    r.stacked *= 2;
  }
  r.wide = r.stacked * args->inner;
  size_t block = r.wide < MK_BLOCK ? MK_BLOCK / r.wide : 1;
  r.group = (FEW_TERMS + block - 1) / block * block;
  return r;
}

// at[v] = elements start ..< start + count of each value.
static void elements(const reduction* r, size_t start, size_t count, const void** at) {
  if (r->memory)
    at[0] = r->memory + start * r->bytes;
  else
    mk_bound_values(r->map, start, count, r->values, at);
}

// second[v][c] = columns c of `columns` from column `column` on, rows begin ..< end of `reduced`.
static void reduce_chunk(const reduction* r, size_t o, size_t begin, size_t end, size_t column,
                         size_t columns) {
  size_t inner = r->args->inner;
  size_t start = (o * r->args->reduced + begin) * inner + column;
  size_t wide = columns == inner ? r->wide : columns;
  size_t stacked = columns == inner ? r->stacked : 1;
  size_t rows = (end - begin) / stacked, rest = (end - begin) % stacked;
  // What one call of the map may give: several wide rows if they are whole, else a piece of one.
  size_t block = r->memory ? r->group : columns == inner && wide < MAP_BLOCK ? MAP_BLOCK / wide : 1;
  size_t stride = columns == inner ? wide : inner;
  const void* x[MK_REDUCE_MORE + 1];
  for (size_t v = 0; v < r->values; v++) r->loops->fill(r->second[v], wide);
  for (size_t row = 0; row < rows || rest;) {
    for (size_t v = 0; v < r->values; v++) r->loops->fill(r->first[v], wide);
    size_t stop = row + r->group < rows ? row + r->group : rows;
    for (; row < stop; row += block) {
      size_t n = stop - row < block ? stop - row : block;
      elements(r, start + row * stride, columns == inner ? n * wide : columns, x);
      for (size_t v = 0; v < r->values; v++) r->loops->accumulate(r->first[v], x[v], n, wide, stride);
    }
    row = stop;
    if (row == rows && rest) {
      elements(r, start + row * stride, rest * inner, x);
      for (size_t v = 0; v < r->values; v++)
        r->loops->accumulate(r->first[v], x[v], 1, rest * inner, 0);
      rest = 0;
    }
    for (size_t v = 0; v < r->values; v++)
      r->loops->accumulate(r->second[v], r->first[v], 1, wide, 0);
  }
  for (size_t v = 0; v < r->values; v++) r->loops->fold(r->second[v], stacked, columns);
}

// Rows that fit in a block, many at a time. y[v] [outer].
static void reduce_short_rows(const reduction* r, char* const* y, size_t begin, size_t end) {
  size_t reduced = r->args->reduced, most = MK_BLOCK / reduced;
  const void* x[MK_REDUCE_MORE + 1];
  for (size_t o = begin; o < end; o += most) {
    size_t rows = end - o < most ? end - o : most;
    elements(r, o * reduced, rows * reduced, x);
    for (size_t v = 0; v < r->values; v++)
      r->loops->reduce_rows(y[v] + o * r->bytes, x[v], rows, reduced);
  }
}

void mk_reduce(const void* args, const mk_context* context) {
  const mk_reduce_args* a = args;
  char* y[MK_REDUCE_MORE + 1] = {mk_at(context, a->y)};
  for (size_t v = 1; v <= a->more; v++) y[v] = mk_at(context, a->others[v - 1]);
  size_t outer = a->outer, reduced = a->reduced, inner = a->inner;
  size_t chunk = a->chunk ? a->chunk : 1, chunks = (reduced + chunk - 1) / chunk;
  if (outer == 0 || inner == 0 || (chunks == 0 && a->only_chunks)) return;
  reduction r = begin_reduction(a, context);
  size_t begin, end;

  if (inner == 1 && chunks == 1 && reduced <= MK_BLOCK) {
    mk_share(outer, context->part, context->parts, &begin, &end);
    reduce_short_rows(&r, y, begin, end);
    return;
  }

  // A unit is one o, one chunk if each has a place in y, and one tile of the columns.
  size_t written = a->only_chunks ? chunks : 1;
  size_t tile = inner, tiles = 1;
  if (inner > MK_BLOCK || (inner >= TILED_COLUMNS && outer * written < context->parts)) {
    size_t wanted = (context->parts + outer * written - 1) / (outer * written);
    tile = (inner + wanted - 1) / wanted;
    tile = (tile + TILE - 1) / TILE * TILE;
    if (tile > MK_BLOCK) tile = MK_BLOCK;
    tiles = (inner + tile - 1) / tile;
  }
  mk_share(outer * written * tiles, context->part, context->parts, &begin, &end);
  for (size_t unit = begin; unit < end; unit++) {
    size_t place = unit / tiles, column = unit % tiles * tile;
    size_t columns = inner - column < tile ? inner - column : tile;
    size_t o = place / written, k = place % written;
    size_t to = (place * inner + column) * r.bytes;
    if (a->only_chunks || chunks == 1) {
      size_t stop = (k + 1) * chunk < reduced ? (k + 1) * chunk : reduced;
      reduce_chunk(&r, o, k * chunk, stop, column, columns);
      for (size_t v = 0; v < r.values; v++) memcpy(y[v] + to, r.second[v], columns * r.bytes);
      continue;
    }
    for (size_t v = 0; v < r.values; v++) r.loops->fill(r.total[v], columns);
    for (k = 0; k < chunks; k++) {
      size_t stop = (k + 1) * chunk < reduced ? (k + 1) * chunk : reduced;
      reduce_chunk(&r, o, k * chunk, stop, column, columns);
      for (size_t v = 0; v < r.values; v++)
        r.loops->accumulate(r.total[v], r.second[v], 1, columns, 0);
    }
    for (size_t v = 0; v < r.values; v++) memcpy(y[v] + to, r.total[v], columns * r.bytes);
  }
}
