// Micro-kernels and packing for one instruction set and one element type (REAL).

enum { NAME(lanes) = MK_BYTES / sizeof(REAL) };
#define LANES NAME(lanes)
typedef REAL NAME(vector) __attribute__((ext_vector_type(MK_BYTES / sizeof(REAL))));
#define VECTOR NAME(vector)
typedef struct __attribute__((packed, may_alias)) {
  VECTOR v;
} NAME(unaligned);

INLINE VECTOR NAME(load)(const REAL* x) {
  return ((const NAME(unaligned)*)x)->v;
}
INLINE void NAME(store)(REAL* y, VECTOR v) {
  ((NAME(unaligned)*)y)->v = v;
}

INLINE VECTOR NAME(multiply_add)(VECTOR a, VECTOR b, VECTOR c) {
#if MK_HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

#if MK_LEVEL == 1
// All ones in the first `valid` lanes.
INLINE __m256i NAME(first_lanes)(uint32_t valid) {
  if (sizeof(REAL) == 4)
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)valid),
                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  return _mm256_cmpgt_epi64(_mm256_set1_epi64x(valid), _mm256_setr_epi64x(0, 1, 2, 3));
}
#endif

// The first `valid` elements of a vector, zeros after them, touching no others.
INLINE VECTOR NAME(load_some)(const REAL* x, uint32_t valid) {
#if MK_LEVEL == 2
  uint32_t mask = (1u << valid) - 1;
  if (sizeof(REAL) == 4) return (VECTOR)_mm512_maskz_loadu_ps((__mmask16)mask, x);
  return (VECTOR)_mm512_maskz_loadu_pd((__mmask8)mask, x);
#else
  if (valid == LANES) return NAME(load)(x);
#if MK_LEVEL == 1
  const __m256i mask = NAME(first_lanes)(valid);
  if (sizeof(REAL) == 4) return (VECTOR)_mm256_maskload_ps((const float*)x, mask);
  return (VECTOR)_mm256_maskload_pd((const double*)x, mask);
#else
  VECTOR v = 0;
  memcpy(&v, x, valid * sizeof(REAL));
  return v;
#endif
#endif
}

INLINE void NAME(store_some)(REAL* y, VECTOR v, uint32_t valid) {
#if MK_LEVEL == 2
  uint32_t mask = (1u << valid) - 1;
  if (sizeof(REAL) == 4) _mm512_mask_storeu_ps(y, (__mmask16)mask, (__m512)v);
  else _mm512_mask_storeu_pd(y, (__mmask8)mask, (__m512d)v);
#else
  if (valid == LANES) {
    NAME(store)(y, v);
    return;
  }
#if MK_LEVEL == 1
  // A half, a quarter, an eighth: masked stores of this width are slow on some processors.
  char* at = (char*)y;
  const uint32_t bytes = valid * (uint32_t)sizeof(REAL);
  __m128i part = _mm256_castsi256_si128((__m256i)v);
  if (bytes & 16) {
    _mm_storeu_si128((__m128i*)at, part);
    at += 16, part = _mm256_extracti128_si256((__m256i)v, 1);
  }
  if (bytes & 8) {
    _mm_storeu_si64(at, part);
    at += 8, part = _mm_unpackhi_epi64(part, part);
  }
  if (bytes & 4) _mm_storeu_si32(at, part);
#else
  memcpy(y, &v, valid * sizeof(REAL));
#endif
#endif
}

// The last vector of a tile's row, of `valid` columns. Without masks B is padded instead.
INLINE VECTOR NAME(load_last)(const REAL* x, uint32_t valid) {
#if MK_LEVEL == 2
  return NAME(load_some)(x, valid);
#else
  (void)valid;
  return NAME(load)(x);
#endif
}

INLINE void NAME(finish_last)(REAL* c, VECTOR sum, uint32_t valid, int add) {
  if (add) sum = NAME(load_some)(c, valid) + sum;
  NAME(store_some)(c, sum, valid);
}

// One term, the `term`-th from where `a` points, of all sums of a tile; `b` points at it.
INLINE void NAME(term)(VECTOR sum[MK_TILE_ROWS][MK_TILE_VECTORS], const REAL* const* a,
                       int64_t a_step, const REAL* b, uint32_t valid, const int term,
                       const int rows, const int vectors, const int column) {
  VECTOR right[MK_TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors - 1; j++) right[j] = NAME(load)(b + j * LANES);
  right[vectors - 1] = NAME(load_last)(b + (vectors - 1) * LANES, valid);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    VECTOR left = column ? a[0][term * a_step + i] : a[i / 3][(i % 3) * a_step + term];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = NAME(multiply_add)(left, right[j], sum[i][j]);
  }
  // Keeps the compiler from hoisting loads of later terms, which would spill the sums.
  __asm__ volatile("" ::: "memory");
}

INLINE void NAME(advance)(const REAL** a, int64_t a_step, const REAL** b, int64_t b_step,
                          const int terms, const int rows, const int column) {
  *b += terms * b_step;
  if (column) {
    a[0] += terms * a_step;
    return;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i += 3) {
    a[i / 3] += terms;
    // Hides that the pointers are related, or the compiler derives one for every row.
    __asm__("" : "+r"(a[i / 3]));
  }
}

// The tile: inlined with constant `rows`, `vectors` and `column`, so that the sums are registers.
INLINE void NAME(tile)(const mk_tile* tile, const int rows, const int vectors, const int column) {
  VECTOR sum[MK_TILE_ROWS][MK_TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = 0;

  if (tile->fetch) {
    const REAL* c = tile->c;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++, c += tile->c_row)
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) __builtin_prefetch(c + j * LANES, 1);
  }
  const int64_t a_step = tile->a_step, b_step = tile->b_step;
  const uint32_t valid = (uint32_t)(tile->columns - (vectors - 1) * LANES);
  for (int64_t s = 0; s < tile->span_count; s++) {
    const mk_span span = tile->spans[s];
    // In row form three rows share a pointer, which three strides reach: few enough registers.
    const REAL* a[(MK_TILE_ROWS + 2) / 3];
    a[0] = (const REAL*)tile->a + span.a;
    if (!column)
#pragma clang loop unroll(full)
      for (int i = 3; i < rows; i += 3) a[i / 3] = a[i / 3 - 1] + 3 * a_step;
    const REAL* b = (const REAL*)tile->b + span.b;
    int64_t k = 0;
    for (; k + 4 <= span.count; k += 4) {
#pragma clang loop unroll(full)
      for (int term = 0; term < 4; term++)
        NAME(term)(sum, a, a_step, b + term * b_step, valid, term, rows, vectors, column);
      NAME(advance)(a, a_step, &b, b_step, 4, rows, column);
    }
    for (; k < span.count; k++) {
      NAME(term)(sum, a, a_step, b, valid, 0, rows, vectors, column);
      NAME(advance)(a, a_step, &b, b_step, 1, rows, column);
    }
  }

  REAL* c = tile->c;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors - 1; j++) {
      REAL* at = c + j * LANES;
      NAME(store)(at, tile->add ? NAME(load)(at) + sum[i][j] : sum[i][j]);
    }
    NAME(finish_last)(c + (vectors - 1) * LANES, sum[i][vectors - 1], valid, tile->add);
    c += tile->c_row;
  }
}

// The menu: what fits the registers (32 of them on AVX-512 and NEON, 16 on AVX2 and SSE2).
#if MK_LEVEL == 2
#define MENU(X) \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(7, 1) X(8, 1) X(9, 1) X(10, 1) X(11, 1)     \
  X(12, 1) X(13, 1) X(14, 1)                                                                    \
  X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2) X(7, 2) X(8, 2) X(9, 2) X(10, 2) X(11, 2)     \
  X(12, 2) X(13, 2) X(14, 2)                                                                    \
  X(1, 3) X(2, 3) X(3, 3) X(4, 3) X(5, 3) X(6, 3) X(7, 3) X(8, 3)                               \
  X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8)
#define MENU_WIDEST 3
#define MENU_WIDEST_ROW 8
#define MENU_ROWS {0, 14, 14, 8, 1, 1, 1, 1, 1}
#elif defined(__aarch64__)
#define MENU(X) \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1) X(7, 1) X(8, 1)                               \
  X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2) X(7, 2) X(8, 2)                               \
  X(1, 3) X(2, 3) X(3, 3) X(4, 3) X(5, 3) X(6, 3) X(7, 3) X(8, 3)
#define MENU_WIDEST 3
#define MENU_WIDEST_ROW 3
#define MENU_ROWS {0, 8, 8, 8}
#else
#define MENU(X) \
  X(1, 1) X(2, 1) X(3, 1) X(4, 1) X(5, 1) X(6, 1)                                               \
  X(1, 2) X(2, 2) X(3, 2) X(4, 2) X(5, 2) X(6, 2)
#define MENU_WIDEST 2
#define MENU_WIDEST_ROW 2
#define MENU_ROWS {0, 6, 6, 0}
#endif

#define X(rows, vectors)                                                            \
  static void NAME(row_form_##rows##_##vectors)(const mk_tile* tile) {              \
    NAME(tile)(tile, rows, vectors, 0);                                             \
  }                                                                                 \
  static void NAME(column_form_##rows##_##vectors)(const mk_tile* tile) {           \
    NAME(tile)(tile, rows, vectors, 1);                                             \
  }
MENU(X)
#undef X

// Few rows of C: the sums pass through L1, four terms at a time, while rows of B stream by.
INLINE void NAME(stream)(const mk_tile* tile, const int rows) {
  enum { width = MK_STREAM_BYTES / sizeof(REAL) };
  REAL sums[MK_STREAM_ROWS * width];
  memset(sums, 0, (size_t)rows * width * sizeof(REAL));
  const REAL *a = tile->a, *b = tile->b;
  const int64_t columns = tile->columns, b_step = tile->b_step, count = tile->spans->count;
  for (int64_t k = 0; k < count;) {
    const int terms = count - k >= 4 ? 4 : 1;
    int64_t j = 0;
    for (; j + LANES <= columns; j += LANES) {
      VECTOR sum[MK_STREAM_ROWS];
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) sum[i] = NAME(load)(sums + i * width + j);
      if (terms == 4) {
#pragma clang loop unroll(full)
        for (int l = 0; l < 4; l++) {
          VECTOR right = NAME(load)(b + l * b_step + j);
#pragma clang loop unroll(full)
          for (int i = 0; i < rows; i++)
            sum[i] = NAME(multiply_add)(a[l * rows + i], right, sum[i]);
        }
      } else {
        VECTOR right = NAME(load)(b + j);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) sum[i] = NAME(multiply_add)(a[i], right, sum[i]);
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) NAME(store)(sums + i * width + j, sum[i]);
    }
    for (; j < columns; j++)
      for (int l = 0; l < terms; l++)
        for (int i = 0; i < rows; i++) {
          REAL* sum = sums + i * width + j;
#if MK_HAS_FMA
          *sum = __builtin_elementwise_fma(a[l * rows + i], b[l * b_step + j], *sum);
#else
          *sum = a[l * rows + i] * b[l * b_step + j] + *sum;
#endif
        }
    a += terms * rows, b += terms * b_step, k += terms;
  }
  for (int i = 0; i < rows; i++) {
    REAL* c = (REAL*)tile->c + i * tile->c_row;
    if (tile->add) {
      for (int64_t j = 0; j < columns; j++) c[j] += sums[i * width + j];
    } else {
      memcpy(c, sums + i * width, (size_t)columns * sizeof(REAL));
    }
  }
}
#define STREAMS(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define X(rows) \
  static void NAME(stream_##rows)(const mk_tile* tile) { NAME(stream)(tile, rows); }
STREAMS(X)
#undef X

INLINE void NAME(correlate)(const mk_correlation* c, const int filters, const int taps) {
  VECTOR sum[MK_CORRELATION_FILTERS][MK_CORRELATION_TAPS];
  // Two running offsets serve all rows of pointers.
  const REAL *at[MK_CORRELATION_TAPS], *y[MK_CORRELATION_FILTERS];
#pragma clang loop unroll(full)
  for (int t = 0; t < taps; t++) {
    at[t] = (const REAL*)c->x + c->offset[t];
#pragma clang loop unroll(full)
    for (int f = 0; f < filters; f++) sum[f][t] = 0;
  }
#pragma clang loop unroll(full)
  for (int f = 0; f < filters; f++) y[f] = (const REAL*)c->y + f * c->y_plane;
  const mk_span *span = c->rows, *end = span + c->row_count;
  for (; span < end; span++) {
    int64_t i = span->a, j = span->b, left = span->count;
    do {
      const uint32_t valid = left < LANES ? (uint32_t)left : LANES;
      VECTOR given[MK_CORRELATION_FILTERS];
#pragma clang loop unroll(full)
      for (int f = 0; f < filters; f++) given[f] = NAME(load_some)(y[f] + i, valid);
#pragma clang loop unroll(full)
      for (int t = 0; t < taps; t++) {
        const VECTOR right = NAME(load_some)(at[t] + j, valid);
#pragma clang loop unroll(full)
        for (int f = 0; f < filters; f++)
          sum[f][t] = NAME(multiply_add)(given[f], right, sum[f][t]);
      }
      i += LANES, j += LANES, left -= LANES;
    } while (left > 0);
  }
  for (int t = 0; t < taps; t++)
    for (int f = 0; f < filters; f++) {
      REAL lanes[LANES];
      NAME(store)(lanes, sum[f][t]);
#pragma clang loop unroll(full)
      for (int half = LANES / 2; half > 0; half /= 2)
#pragma clang loop unroll(full)
        for (int l = 0; l < half; l++) lanes[l] += lanes[l + half];
      ((REAL*)c->sums)[t * filters + f] = lanes[0];
    }
}
#define FOR_TAPS(X, filters) X(filters, 1) X(filters, 2) X(filters, 3) X(filters, 4) X(filters, 5)
#if MK_LEVEL == 2 || defined(__aarch64__)
#define CORRELATIONS(X) FOR_TAPS(X, 1) FOR_TAPS(X, 2) FOR_TAPS(X, 3) FOR_TAPS(X, 4)
#define MOST_FILTERS 4
#else
#define CORRELATIONS(X) FOR_TAPS(X, 1) FOR_TAPS(X, 2)
#define MOST_FILTERS 2
#endif
#define X(filters, taps)                                                               \
  static void NAME(correlate_##filters##_##taps)(const mk_correlation* correlation) {  \
    NAME(correlate)(correlation, filters, taps);                                       \
  }
CORRELATIONS(X)
#undef X

static void NAME(overlay)(void* y_, const void* x_, int64_t count, int64_t y_step, int64_t x_step,
                          int64_t terms, int64_t x_term, int64_t width) {
  REAL* y = y_;
  const REAL* x = x_;
  for (int64_t i = 0; i < count; i++, y += y_step, x += x_step) {
    VECTOR sum = terms > 0 ? NAME(load)(x) : (VECTOR)0;
    for (int64_t t = 1; t < terms; t++) sum += NAME(load)(x + t * x_term);
    NAME(store_some)(y, sum, (uint32_t)width);
  }
}

#include "gemm_pack.h"

#include "batch_tile.h"

static const mk_gemm_kernels NAME(kernels) = {
    .lanes = LANES,
    .widest = MENU_WIDEST,
    .widest_row = MENU_WIDEST_ROW,
    .most_rows = MENU_ROWS,
    .masked = MK_LEVEL == 2,
    .small_caches = MK_LEVEL < 2,
#define X(rows, vectors) .row_form[vectors][rows] = NAME(row_form_##rows##_##vectors),
    MENU(X)
#undef X
#define X(rows, vectors) .column_form[vectors][rows] = NAME(column_form_##rows##_##vectors),
    MENU(X)
#undef X
#define X(rows) .stream[rows] = NAME(stream_##rows),
    STREAMS(X)
#undef X
    .most_filters = MOST_FILTERS,
#define X(filters, taps) .correlate[filters][taps] = NAME(correlate_##filters##_##taps),
    CORRELATIONS(X)
#undef X
    .overlay = NAME(overlay),
    .pack = NAME(pack),
    .transpose = NAME(transpose),
    .batch = &NAME(batch_kernels),
};
#undef STREAMS
#undef CORRELATIONS
#undef FOR_TAPS
#undef MOST_FILTERS

#undef MENU
#undef MENU_WIDEST
#undef MENU_WIDEST_ROW
#undef MENU_ROWS
#undef VECTOR
#undef LANES
