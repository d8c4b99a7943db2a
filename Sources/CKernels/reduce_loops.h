// Loops of the reductions of one instruction set.
//
// `wide` accumulators stand side by side: element j of a stretch of memory goes to accumulator
// j mod wide, in rising order. A row's sum has MK_WIDE(T) of them, four vectors.

#include "vector.h"

#define MK_WIDE(T) (4 * MK_BYTES / sizeof(T))

// acc[j] = acc[j] ∘ x[0, j] ∘ x[1, j] ∘ …, x [rows, columns], rows `stride` elements apart.
#define ACCUMULATE(name, t, T, combine)                                                         \
  static void V(accumulate_##name##_##t)(void* restrict acc, const void* x, size_t rows,        \
                                         size_t columns, size_t stride) {                       \
    typedef T Lanes __attribute__((ext_vector_type(MK_BYTES / sizeof(T))));                     \
    enum { LANES = MK_BYTES / sizeof(T) };                                                      \
    T* total = acc;                                                                             \
    const mk_##t* from = x;                                                                     \
    size_t j = 0;                                                                               \
    for (; j + 4 * LANES <= columns; j += 4 * LANES) {                                          \
      Lanes u[4], v;                                                                            \
      __builtin_memcpy(u, total + j, sizeof u);                                                 \
      for (size_t r = 0; r < rows; r++)                                                         \
        _Pragma("clang loop unroll(full)") for (int k = 0; k < 4; k++) {                        \
          __builtin_memcpy(&v, from + r * stride + j + k * LANES, sizeof v);                    \
          u[k] = combine(u[k], v);                                                              \
        }                                                                                       \
      __builtin_memcpy(total + j, u, sizeof u);                                                 \
    }                                                                                           \
    for (; j + LANES <= columns; j += LANES) {                                                  \
      Lanes u, v;                                                                               \
      __builtin_memcpy(&u, total + j, sizeof u);                                                \
      for (size_t r = 0; r < rows; r++) {                                                       \
        __builtin_memcpy(&v, from + r * stride + j, sizeof v);                                  \
        u = combine(u, v);                                                                      \
      }                                                                                         \
      __builtin_memcpy(total + j, &u, sizeof u);                                                \
    }                                                                                           \
    for (; j < columns; j++) {                                                                  \
      T u = total[j];                                                                           \
      for (size_t r = 0; r < rows; r++) u = combine(u, from[r * stride + j]);                   \
      total[j] = u;                                                                             \
    }                                                                                           \
  }                                                                                             \
                                                                                                \
  /* acc[0 ..< columns] from acc [parts, columns], parts a power of two: halves onto halves. */ \
  static void V(fold_##name##_##t)(void* acc, size_t parts, size_t columns) {                   \
    T* total = acc;                                                                             \
    for (parts /= 2; parts > 0; parts /= 2) {                                                   \
      T* upper = total + parts * columns;                                                       \
      for (size_t j = 0; j < parts * columns; j++) total[j] = combine(total[j], upper[j]);      \
    }                                                                                           \
  }                                                                                             \
                                                                                                \
  /* y[r] = x[r, 0] ∘ x[r, 1] ∘ …, x [rows, columns] dense: one row after the other if rows are */ \
  /* longer than FEW_TERMS, else a row's elements in their order and rows side by side. */      \
  static void V(rows_##name##_##t)(void* y, const void* x, size_t rows, size_t columns, T first) { \
    typedef T Lanes __attribute__((ext_vector_type(MK_BYTES / sizeof(T))));                     \
    enum { LANES = MK_BYTES / sizeof(T), ABREAST = 8 };                                         \
    mk_##t* to = y;                                                                             \
    const mk_##t* from = x;                                                                     \
    if (columns <= FEW_TERMS) {                                                                 \
      size_t r = 0;                                                                             \
      for (; r + ABREAST <= rows; r += ABREAST, from += ABREAST * columns) {                    \
        T u[ABREAST];                                                                           \
        for (int k = 0; k < ABREAST; k++) u[k] = first;                                         \
        for (size_t j = 0; j < columns; j++)                                                    \
          for (int k = 0; k < ABREAST; k++) u[k] = combine(u[k], from[k * columns + j]);        \
        for (int k = 0; k < ABREAST; k++) to[r + k] = u[k];                                     \
      }                                                                                         \
      for (; r < rows; r++, from += columns) {                                                  \
        T u = first;                                                                            \
        for (size_t j = 0; j < columns; j++) u = combine(u, from[j]);                           \
        to[r] = u;                                                                              \
      }                                                                                         \
      return;                                                                                   \
    }                                                                                           \
    for (size_t r = 0; r < rows; r++, from += columns) {                                        \
      Lanes u[4], v;                                                                            \
      for (int k = 0; k < 4; k++) u[k] = first;                                                 \
      size_t j = 0;                                                                             \
      for (; j + 4 * LANES <= columns; j += 4 * LANES)                                          \
        for (int k = 0; k < 4; k++) {                                                           \
          __builtin_memcpy(&v, from + j + k * LANES, sizeof v);                                 \
          u[k] = combine(u[k], v);                                                              \
        }                                                                                       \
      for (int k = 0; k < 4; k++)                                                               \
        if (j + LANES <= columns) {                                                             \
          __builtin_memcpy(&v, from + j, sizeof v);                                             \
          u[k] = combine(u[k], v);                                                              \
          j += LANES;                                                                           \
        }                                                                                       \
      if (j < columns && columns >= LANES) {                                                    \
        /* The last vector of the row, without what has been taken of it. */                    \
        Lanes index, none = first;                                                              \
        for (int k = 0; k < LANES; k++) index[k] = (T)k;                                        \
        __builtin_memcpy(&v, from + columns - LANES, sizeof v);                                 \
        v = index < (T)(LANES - (columns - j)) ? none : v;                                      \
        u[3] = combine(u[3], v);                                                                \
      } else if (j < columns) {                                                                 \
        v = first;                                                                              \
        for (size_t k = 0; k < columns; k++) v[k] = from[k];                                    \
        u[3] = combine(u[3], v);                                                                \
      }                                                                                         \
      T lane[LANES];                                                                            \
      u[0] = combine(u[0], u[2]);                                                               \
      u[1] = combine(u[1], u[3]);                                                               \
      u[0] = combine(u[0], u[1]);                                                               \
      __builtin_memcpy(lane, u, sizeof lane);                                                   \
      _Pragma("clang loop unroll(full)") for (int half = LANES / 2; half > 0; half /= 2)        \
        _Pragma("clang loop unroll(full)") for (int k = 0; k < half; k++)                       \
          lane[k] = combine(lane[k], lane[k + half]);                                           \
      to[r] = lane[0];                                                                          \
    }                                                                                           \
  }                                                                                             \
                                                                                                \
  static void V(fill_##name##_##t)(void* acc, size_t count) {                                   \
    for (size_t j = 0; j < count; j++) ((mk_##t*)acc)[j] = FIRST_##name##_##t;                  \
  }                                                                                             \
  static void V(reduce_rows_##name##_##t)(void* y, const void* x, size_t rows, size_t columns) { \
    V(rows_##name##_##t)(y, x, rows, columns, FIRST_##name##_##t);                              \
  }

#define PLUS(u, v) ((u) + (v))
#define TIMES(u, v) ((u) * (v))
#define LARGER(u, v) ((((u) > (v)) | ((u) != (u))) ? (u) : (v))
#define SMALLER(u, v) ((((u) < (v)) | ((u) != (u))) ? (u) : (v))
#define EITHER(u, v) ((u) | (v))
#define BOTH(u, v) ((u) & (v))

// Signed sums wrap: they are worked out in the unsigned type.
#define NUMERIC(t, T, U)            \
  ACCUMULATE(SUM, t, U, PLUS)       \
  ACCUMULATE(PROD, t, U, TIMES)     \
  ACCUMULATE(MAX, t, T, LARGER)     \
  ACCUMULATE(MIN, t, T, SMALLER)

NUMERIC(f32, float, float)
NUMERIC(f64, double, double)
NUMERIC(i32, int32_t, uint32_t)
NUMERIC(i64, int64_t, uint64_t)
NUMERIC(u8, uint8_t, uint8_t)
ACCUMULATE(ANY, bool, uint8_t, EITHER)
ACCUMULATE(ALL, bool, uint8_t, BOTH)

#define OF(name, T, t)                                                                   \
  [MK_##T] = {V(accumulate_##name##_##t), V(fold_##name##_##t), V(reduce_rows_##name##_##t), \
              V(fill_##name##_##t), MK_WIDE(mk_##t)},
#define EVERY(name) \
  [MK_##name] = {OF(name, F32, f32) OF(name, F64, f64) OF(name, I32, i32) OF(name, I64, i64) OF(name, U8, u8)},

static const reduce_loops V(reductions)[6][MK_DTYPES] = {
    EVERY(SUM) EVERY(PROD) EVERY(MAX) EVERY(MIN)
    [MK_ANY] = {OF(ANY, BOOL, bool)}, [MK_ALL] = {OF(ALL, BOOL, bool)},
};

#undef MK_WIDE
#undef ACCUMULATE
#undef PLUS
#undef TIMES
#undef LARGER
#undef SMALLER
#undef EITHER
#undef BOTH
#undef NUMERIC
#undef OF
#undef EVERY
