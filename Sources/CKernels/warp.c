// Images read at transformed places, and the adjoint.
//
// Places are worked out in double whatever the pixels are: the same to the last bit wherever the
// image is cut into parts.
#include "mk_warp.h"

#include <math.h>
#include <string.h>

#include "elements.h"
#include "mk_isa.h"

// The pixels that a place is read from: offsets in pixels, below 0 for the fill value.
typedef struct {
  int count;
  int64_t at[4];
  double weight[4];
} taps;

enum { WARP_BLOCK = 32 };  // columns worked out at once

typedef struct {
  double a0, a1, a2, b0, b1, b2, c0, c1;
} transform;

static inline int64_t wrapped(int64_t i, int64_t period) {
  int64_t rest = i % period;
  return rest < 0 ? rest + period : rest;
}

// The pixel that stands at position i of an axis of n; -1 for the fill value.
static int64_t outside(int64_t i, int64_t n, mk_warp_fill fill) {
  if (n == 0) return -1;
  switch (fill) {
    case MK_FILL_NEAREST: return i < 0 ? 0 : n - 1;
    case MK_FILL_WRAP: return wrapped(i, n);
    case MK_FILL_REFLECT: {
      int64_t rest = wrapped(i, 2 * n);
      return rest < n ? rest : 2 * n - 1 - rest;
    }
    case MK_FILL_MIRROR: {
      if (n == 1) return 0;
      int64_t rest = wrapped(i, 2 * n - 2);
      return rest < n ? rest : 2 * n - 2 - rest;
    }
    default: return -1;
  }
}

static inline int64_t pixel(int64_t i, int64_t n, mk_warp_fill fill) {
  return (uint64_t)i < (uint64_t)n ? i : outside(i, n, fill);
}

// The largest integer that is not above x, of magnitude below 2^52.
static inline int64_t floor_of(double x) {
  int64_t whole = (int64_t)x;
  return whole - (x < (double)whole);
}

static inline void add_tap(taps* t, int64_t row, int64_t column, int64_t width, double weight) {
  t->at[t->count] = row < 0 || column < 0 ? -1 : row * width + column;
  t->weight[t->count++] = weight;
}

static inline taps taps_at(double row, double column, const mk_warp_args* s) {
  taps t = {.count = 0};
  // Beyond 2^52 there is nothing between whole numbers, and NaN is nowhere.
  if (!(fabs(row) < 0x1p52 && fabs(column) < 0x1p52)) {
    add_tap(&t, -1, -1, s->width, 1);
    return t;
  }
  if (!s->is_bilinear) {
    int64_t i = row < 0 ? -floor_of(0.5 - row) : floor_of(row + 0.5);
    int64_t j = column < 0 ? -floor_of(0.5 - column) : floor_of(column + 0.5);
    add_tap(&t, pixel(i, s->height, s->fill), pixel(j, s->width, s->fill), s->width, 1);
    return t;
  }
  int64_t i = floor_of(row), j = floor_of(column);
  double down = row - (double)i, right = column - (double)j;
  int64_t i0 = pixel(i, s->height, s->fill), j0 = pixel(j, s->width, s->fill);
  // A pixel of weight 0 is not read: it may be infinite.
  int64_t i1 = down > 0 ? pixel(i + 1, s->height, s->fill) : 0;
  int64_t j1 = right > 0 ? pixel(j + 1, s->width, s->fill) : 0;
  add_tap(&t, i0, j0, s->width, (1 - down) * (1 - right));
  if (right > 0) add_tap(&t, i0, j1, s->width, (1 - down) * right);
  if (down > 0) add_tap(&t, i1, j0, s->width, down * (1 - right));
  if (down > 0 && right > 0) add_tap(&t, i1, j1, s->width, down * right);
  return t;
}

static inline void place(const transform* t, int64_t i, int64_t j, double* row, double* column) {
  double y = (double)i, x = (double)j;
  *column = t->a0 * x + t->a1 * y + t->a2;
  *row = t->b0 * x + t->b1 * y + t->b2;
  if (t->c0 == 0 && t->c1 == 0) return;
  double k = t->c0 * x + t->c1 * y + 1;
  *column /= k;
  *row /= k;
}

// The columns of row i that can be read a block at a time: of every place there the neighbours are
// pixels of the image, or the nearest ones stand for them.
static void stretch(const transform* t, int64_t i, const mk_warp_args* s, int64_t* first, int64_t* last) {
  *first = *last = 0;
  // Offsets are of 32 bits.
  if (!s->is_bilinear || !(t->c0 == 0 && t->c1 == 0) || s->columns > 1 << 20) return;
  if (s->height < 1 || s->width < 1 || s->height > 1 << 20 || s->width > (1 << 30) / s->height) return;
  double low = 0, high = (double)s->columns - 1, behind = high + WARP_BLOCK, y = (double)i;
  double starts[] = {t->a1 * y + t->a2, t->b1 * y + t->b2};
  double steps[] = {t->a0, t->b0}, tops[] = {(double)s->width - 1, (double)s->height - 1};
  for (int axis = 0; axis < 2; axis++)
    if (!(fabs(starts[axis]) < 0x1p29 && fabs(starts[axis] + steps[axis] * behind) < 0x1p29)) return;
  if (s->fill == MK_FILL_NEAREST) {
    *last = s->columns;
    return;
  }
  for (int axis = 0; axis < 2; axis++) {
    if (steps[axis] == 0) {
      if (!(starts[axis] >= 0 && starts[axis] < tops[axis])) return;
      continue;
    }
    double one = -starts[axis] / steps[axis], other = (tops[axis] - starts[axis]) / steps[axis];
    low = fmax(low, fmin(one, other));
    high = fmin(high, fmax(one, other));
  }
  // A column more on either side: what rounding may have moved is left to the careful way.
  if (!(high - low > 4)) return;
  *first = (int64_t)low + 2;
  *last = (int64_t)high - 1;
}

#define MK_SOURCE "warp_rows.h"
#include "each_isa.h"

typedef void (*warp_row)(const transform* t, int64_t row, int64_t first, int64_t last, const mk_warp_args* s,
                         const void* x, void* y);

static warp_row row_for(mk_dtype dtype) {
#if defined(__x86_64__)
  mk_isa_level level = mk_isa();
  if (level == MK_AVX512) return dtype == MK_F32 ? warp_row_f32_avx512 : warp_row_f64_avx512;
  if (level == MK_AVX2) return dtype == MK_F32 ? warp_row_f32_avx2 : warp_row_f64_avx2;
#endif
  return dtype == MK_F32 ? warp_row_f32_base : warp_row_f64_base;
}

#define T f32
#define ELEMENT float
#include "warp_loops.h"
#define T f64
#define ELEMENT double
#include "warp_loops.h"

void mk_warp(const void* pointer, const mk_context* context) {
  const mk_warp_args* args = pointer;
  size_t begin, end;
  mk_share((size_t)(args->batch * args->rows), context->part, context->parts, &begin, &end);
  (args->dtype == MK_F32 ? warp_f32 : warp_f64)(args, context, (int64_t)begin, (int64_t)end);
}

void mk_warp_gradient(const void* pointer, const mk_context* context) {
  const mk_warp_args* args = pointer;
  size_t begin, end;
  mk_share((size_t)args->batch, context->part, context->parts, &begin, &end);
  (args->dtype == MK_F32 ? warp_gradient_f32 : warp_gradient_f64)(args, context, (int64_t)begin, (int64_t)end);
}
