// Running sums and products, one term after the other.
#include <string.h>

#include "elements.h"
#include "mk_reduce.h"

// Columns taken at once, their running values in the L1 cache.
enum { COLUMNS = 256 };

// x, y [reduced, columns], rows `stride` elements apart, backwards if it is negative. y may be x.
#define CUMULATE(name, t, T, first, combine)                                                  \
  static void name##_##t(void* y, const void* x, size_t reduced, size_t columns, int64_t stride, \
                         int exclusive) {                                                     \
    const mk_##t* from = x;                                                                   \
    mk_##t* to = y;                                                                           \
    T total[COLUMNS];                                                                         \
    if (columns == 1) {                                                                       \
      T sum = first;                                                                          \
      for (size_t r = 0; r < reduced; r++, from += stride, to += stride) {                    \
        T before = sum;                                                                       \
        sum = before combine (T)*from;                                                        \
        *to = exclusive ? before : sum;                                                       \
      }                                                                                       \
      return;                                                                                 \
    }                                                                                         \
    for (size_t j = 0; j < columns; j++) total[j] = first;                                    \
    for (size_t r = 0; r < reduced; r++, from += stride, to += stride) {                      \
      MK_VECTOR_LOOP for (size_t j = 0; j < columns; j++) {                                   \
        T before = total[j], after = before combine (T)from[j];                               \
        total[j] = after;                                                                     \
        to[j] = exclusive ? before : after;                                                   \
      }                                                                                       \
    }                                                                                         \
  }
#define BOTH(t, T)             \
  CUMULATE(sum, t, T, 0, +)    \
  CUMULATE(product, t, T, 1, *)
// Unsigned: integers wrap.
BOTH(f32, float)
BOTH(f64, double)
BOTH(i32, uint32_t)
BOTH(i64, uint64_t)
BOTH(u8, uint8_t)

typedef void (*cumulate_loop)(void* y, const void* x, size_t reduced, size_t columns, int64_t stride,
                              int exclusive);
static const cumulate_loop loops[MK_DTYPES][2] = {
    [MK_F32] = {sum_f32, product_f32}, [MK_F64] = {sum_f64, product_f64},
    [MK_I32] = {sum_i32, product_i32}, [MK_I64] = {sum_i64, product_i64},
    [MK_U8] = {sum_u8, product_u8},
};

void mk_cumulate(const void* args, const mk_context* context) {
  const mk_cumulate_args* a = args;
  const char* x = mk_at(context, a->x);
  char* y = mk_at(context, a->y);
  size_t bytes = mk_size(a->dtype), inner = a->inner, begin, end;
  if (a->reduced == 0 || inner == 0) return;
  size_t tiles = (inner + COLUMNS - 1) / COLUMNS;
  mk_share(a->outer * tiles, context->part, context->parts, &begin, &end);
  for (size_t unit = begin; unit < end; unit++) {
    size_t column = unit % tiles * COLUMNS;
    size_t columns = inner - column < COLUMNS ? inner - column : COLUMNS;
    size_t row = unit / tiles * a->reduced + (a->reverse ? a->reduced - 1 : 0);
    size_t place = (row * inner + column) * bytes;
    loops[a->dtype][a->product](y + place, x + place, a->reduced, columns,
                                a->reverse ? -(int64_t)inner : (int64_t)inner, a->exclusive);
  }
}
