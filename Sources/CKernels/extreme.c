#include <string.h>

#include "elements.h"
#include "mk_reduce.h"

// Columns taken at once, their best so far in the L1 cache.
enum { COLUMNS = 256 };

// Short rows taken at once.
enum { ABREAST = 16 };

typedef struct {
  size_t (*row)(const void* x, size_t count);
  void (*short_rows)(mk_i32* y, const void* x, size_t rows, size_t count);
  void (*columns)(int32_t* y, const void* x, size_t reduced, size_t columns, size_t stride);
  size_t long_row;  // the least that `row` takes
} extreme_loops;

#define MK_SOURCE "extreme_loops.h"
#include "each_isa.h"

static const extreme_loops* loops_of(mk_dtype dtype, uint8_t minimum) {
  switch (mk_isa()) {
#if defined(__x86_64__)
    case MK_AVX512: return &extremes_avx512[dtype][minimum];
    case MK_AVX2: return &extremes_avx2[dtype][minimum];
#endif
    default: return &extremes_base[dtype][minimum];
  }
}

void mk_arg_extreme(const void* args, const mk_context* context) {
  const mk_arg_args* a = args;
  const extreme_loops* loops = loops_of(a->dtype, a->minimum != 0);
  const char* x = mk_at(context, a->x);
  mk_i32* y = mk_at(context, a->y);
  size_t bytes = mk_size(a->dtype), inner = a->inner, begin, end;
  if (a->reduced == 0 || inner == 0) return;
  size_t tiles = (inner + COLUMNS - 1) / COLUMNS;
  mk_share(a->outer * tiles, context->part, context->parts, &begin, &end);
  if (inner == 1 && a->reduced < loops->long_row) {
    loops->short_rows(y + begin, x + begin * a->reduced * bytes, end - begin, a->reduced);
    return;
  }
  for (size_t unit = begin; unit < end; unit++) {
    size_t o = unit / tiles, column = unit % tiles * COLUMNS;
    const char* from = x + (o * a->reduced * inner + column) * bytes;
    if (inner == 1) {
      y[o] = (int32_t)loops->row(from, a->reduced);
    } else {
      size_t columns = inner - column < COLUMNS ? inner - column : COLUMNS;
      int32_t at[COLUMNS];
      loops->columns(at, from, a->reduced, columns, inner);
      memcpy(y + o * inner + column, at, columns * sizeof *at);
    }
  }
}
