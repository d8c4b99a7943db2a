// Convolutions with lanes along the images of a batch, for one instruction set and one element
// type: part of gemm_tile.h. Registers hold filters by pixels, or filters by taps; every vector is
// full for any number of channels.

INLINE void NAME(batch_tile)(const mk_batch_tile* tile, const int filters, const int pixels) {
  VECTOR sum[MK_BATCH_FILTERS][MK_BATCH_PIXELS];
  const REAL* x[MK_BATCH_PIXELS];
#pragma clang loop unroll(full)
  for (int j = 0; j < pixels; j++) {
    x[j] = (const REAL*)tile->x + j * tile->x_pixel;
#pragma clang loop unroll(full)
    for (int i = 0; i < filters; i++) sum[i][j] = 0;
  }
  const REAL* w = tile->w;
  const int64_t *offset = tile->offset, *const end = offset + tile->terms;
#pragma clang loop unroll_count(2)
  for (; offset < end; offset++, w += filters) {
    VECTOR right[MK_BATCH_PIXELS];
#pragma clang loop unroll(full)
    for (int j = 0; j < pixels; j++) right[j] = NAME(load)(x[j] + *offset);
#pragma clang loop unroll(full)
    for (int i = 0; i < filters; i++) {
      const VECTOR left = w[i];
#pragma clang loop unroll(full)
      for (int j = 0; j < pixels; j++)
        sum[i][j] = NAME(multiply_add)(left, right[j], sum[i][j]);
    }
    // Keeps the compiler from hoisting loads of later terms, which would spill the sums.
    __asm__ volatile("" ::: "memory");
  }
  REAL* y = tile->y;
#pragma clang loop unroll(full)
  for (int j = 0; j < pixels; j++, y += tile->y_pixel)
#pragma clang loop unroll(full)
    for (int i = 0; i < filters; i++) {
      REAL* at = y + i * LANES;
      NAME(store)(at, tile->add ? NAME(load)(at) + sum[i][j] : sum[i][j]);
    }
}

INLINE void NAME(batch_sum)(const mk_batch_sum* s, const int filters, const int taps) {
  VECTOR sum[MK_BATCH_SUM_FILTERS][MK_BATCH_SUM_TAPS];
  int64_t offset[MK_BATCH_SUM_TAPS];
  REAL* sums = s->sums;
#pragma clang loop unroll(full)
  for (int t = 0; t < taps; t++) {
    offset[t] = s->offset[t];
#pragma clang loop unroll(full)
    for (int f = 0; f < filters; f++)
      sum[f][t] = s->add ? NAME(load)(sums + (t * filters + f) * LANES) : (VECTOR)0;
  }
  const int64_t x_pixel = s->x_pixel, y_pixel = s->y_pixel;
  for (int64_t row = 0; row < s->rows; row++) {
    const REAL* x = (const REAL*)s->x + row * s->x_row;
    const REAL* y = (const REAL*)s->y + row * s->y_row;
    for (int64_t i = 0; i < s->pixels; i++, x += x_pixel, y += y_pixel) {
      VECTOR given[MK_BATCH_SUM_FILTERS];
#pragma clang loop unroll(full)
      for (int f = 0; f < filters; f++) given[f] = NAME(load)(y + f * LANES);
#pragma clang loop unroll(full)
      for (int t = 0; t < taps; t++) {
        const VECTOR right = NAME(load)(x + offset[t]);
#pragma clang loop unroll(full)
        for (int f = 0; f < filters; f++)
          sum[f][t] = NAME(multiply_add)(given[f], right, sum[f][t]);
      }
      __asm__ volatile("" ::: "memory");
    }
  }
#pragma clang loop unroll(full)
  for (int t = 0; t < taps; t++)
#pragma clang loop unroll(full)
    for (int f = 0; f < filters; f++) NAME(store)(sums + (t * filters + f) * LANES, sum[f][t]);
}

#if MK_LEVEL == 2
// A square of 16 by 16 float32: four by four within quarters of vectors, then the quarters.
INLINE void NAME(batch_square)(float* y, const float* x, const int64_t y_step,
                               const int64_t x_step) {
  __m512 v[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 4) {
    const __m512 r0 = _mm512_loadu_ps(x), r1 = _mm512_loadu_ps(x + x_step),
                 r2 = _mm512_loadu_ps(x + 2 * x_step), r3 = _mm512_loadu_ps(x + 3 * x_step);
    x += 4 * x_step;
    // Hides that the pointers are related, or the compiler derives one for every row.
    __asm__("" : "+r"(x));
    const __m512d a = (__m512d)_mm512_unpacklo_ps(r0, r1), b = (__m512d)_mm512_unpackhi_ps(r0, r1),
                  c = (__m512d)_mm512_unpacklo_ps(r2, r3), d = (__m512d)_mm512_unpackhi_ps(r2, r3);
    v[i] = (__m512)_mm512_unpacklo_pd(a, c), v[i + 1] = (__m512)_mm512_unpackhi_pd(a, c);
    v[i + 2] = (__m512)_mm512_unpacklo_pd(b, d), v[i + 3] = (__m512)_mm512_unpackhi_pd(b, d);
  }
  // Quarter q of v[4 g + i] holds column 4 q + i of rows 4 g and the next three.
  float *y4 = y + 4 * y_step, *y8 = y + 8 * y_step, *y12 = y4 + 8 * y_step;
  __asm__("" : "+r"(y4), "+r"(y8), "+r"(y12));
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    const __m512 a = _mm512_shuffle_f32x4(v[i], v[4 + i], 0x44),
                 b = _mm512_shuffle_f32x4(v[i], v[4 + i], 0xee),
                 c = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0x44),
                 d = _mm512_shuffle_f32x4(v[8 + i], v[12 + i], 0xee);
    _mm512_storeu_ps(y + i * y_step, _mm512_shuffle_f32x4(a, c, 0x88));
    _mm512_storeu_ps(y4 + i * y_step, _mm512_shuffle_f32x4(a, c, 0xdd));
    _mm512_storeu_ps(y8 + i * y_step, _mm512_shuffle_f32x4(b, d, 0x88));
    _mm512_storeu_ps(y12 + i * y_step, _mm512_shuffle_f32x4(b, d, 0xdd));
  }
}
#endif

// y[i * LANES + image] = x[image * x_image + i], and nothing for images that are not there.
static void NAME(batch_in)(void* y_, const void* x_, int64_t count, int64_t images,
                           int64_t x_image) {
#if MK_LEVEL == 2
  if (sizeof(REAL) == 4 && images == LANES && count >= LANES) {
    // The last square lies over the one before it.
    for (int64_t i = 0, next; i < count; i = next) {
      next = i + LANES;
      if (next > count) i = count - LANES;
      NAME(batch_square)((float*)y_ + i * LANES, (const float*)x_ + i, LANES, x_image);
    }
    return;
  }
#endif
  NAME(transpose)(y_, x_, count, images, LANES, x_image);
}

// y[image * y_image + i] = x[i * LANES + image].
static void NAME(batch_out)(void* y_, const void* x_, int64_t count, int64_t images,
                            int64_t y_image) {
#if MK_LEVEL == 2
  if (sizeof(REAL) == 4 && images == LANES && count >= LANES) {
    for (int64_t i = 0, next; i < count; i = next) {
      next = i + LANES;
      if (next > count) i = count - LANES;
      NAME(batch_square)((float*)y_ + i, (const float*)x_ + i * LANES, y_image, LANES);
    }
    return;
  }
#endif
  NAME(transpose)(y_, x_, images, count, y_image, LANES);
}

// The lanes of each vector, added as a tree.
static void NAME(fold)(void* y_, const void* x_, int64_t count) {
  REAL* y = y_;
  const REAL* x = x_;
  for (int64_t i = 0; i < count; i++, x += LANES) {
    const VECTOR v = NAME(load)(x);
#if MK_BYTES == 64
    const __typeof__(v.lo) a = v.lo + v.hi;
#else
    const VECTOR a = v;
#endif
#if MK_BYTES >= 32
    const __typeof__(a.lo) b = a.lo + a.hi;
#else
    const VECTOR b = a;
#endif
    if (sizeof b == 2 * sizeof(REAL)) {
      y[i] = b[0] + b[1];
    } else {
      y[i] = (b[0] + b[2]) + (b[1] + b[3 & (sizeof b / sizeof(REAL) - 1)]);
    }
  }
}

// What fits the registers.
#if MK_LEVEL == 2 || defined(__aarch64__)
#define BATCH_MENU(X)                                                                             \
  X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8)                                 \
  X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5) X(2, 6) X(2, 7) X(2, 8)                                 \
  X(3, 1) X(3, 2) X(3, 3) X(3, 4) X(3, 5) X(3, 6) X(3, 7)                                         \
  X(4, 1) X(4, 2) X(4, 3) X(4, 4) X(4, 5) X(4, 6)                                                 \
  X(5, 1) X(5, 2) X(5, 3) X(5, 4) X(5, 5) X(6, 1) X(6, 2) X(6, 3) X(6, 4)                         \
  X(7, 1) X(7, 2) X(7, 3) X(8, 1) X(8, 2) X(8, 3)
#define BATCH_PIXELS {0, 8, 8, 7, 6, 5, 4, 3, 3}
#define BATCH_FILTERS 8
#define BATCH_SUM_MENU(X)                                                                         \
  X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8)                                 \
  X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5) X(2, 6) X(2, 7) X(2, 8)                                 \
  X(3, 1) X(3, 2) X(3, 3) X(3, 4) X(3, 5) X(3, 6) X(3, 7) X(3, 8)                                 \
  X(4, 1) X(4, 2) X(4, 3) X(4, 4) X(4, 5) X(4, 6)                                                 \
  X(5, 1) X(5, 2) X(5, 3) X(5, 4) X(5, 5) X(6, 1) X(6, 2) X(6, 3) X(6, 4)
#define BATCH_SUM_TAPS {0, 8, 8, 8, 6, 5, 4}
#define BATCH_SUM_FILTERS 6
#else
#define BATCH_MENU(X)                                                                             \
  X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5)         \
  X(3, 1) X(3, 2) X(3, 3) X(4, 1) X(4, 2) X(5, 1) X(5, 2) X(6, 1) X(6, 2)
#define BATCH_PIXELS {0, 6, 5, 3, 2, 2, 2}
#define BATCH_FILTERS 6
#define BATCH_SUM_MENU(X)                                                                         \
  X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(2, 1) X(2, 2) X(2, 3) X(2, 4) X(2, 5)         \
  X(3, 1) X(3, 2) X(3, 3)
#define BATCH_SUM_TAPS {0, 6, 5, 3}
#define BATCH_SUM_FILTERS 3
#endif

#define X(filters, pixels)                                                     \
  static void NAME(batch_tile_##filters##_##pixels)(const mk_batch_tile* t) {  \
    NAME(batch_tile)(t, filters, pixels);                                      \
  }
BATCH_MENU(X)
#undef X
#define X(filters, taps)                                                       \
  static void NAME(batch_sum_##filters##_##taps)(const mk_batch_sum* s) {      \
    NAME(batch_sum)(s, filters, taps);                                         \
  }
BATCH_SUM_MENU(X)
#undef X

static const mk_batch_kernels NAME(batch_kernels) = {
    .most_filters = BATCH_FILTERS,
    .most_pixels = BATCH_PIXELS,
    .most_sum_filters = BATCH_SUM_FILTERS,
    .most_taps = BATCH_SUM_TAPS,
#define X(filters, pixels) .tile[filters][pixels] = NAME(batch_tile_##filters##_##pixels),
    BATCH_MENU(X)
#undef X
#define X(filters, taps) .sum[filters][taps] = NAME(batch_sum_##filters##_##taps),
    BATCH_SUM_MENU(X)
#undef X
    .fold = NAME(fold),
    .in = NAME(batch_in),
    .out = NAME(batch_out),
};
#undef BATCH_MENU
#undef BATCH_PIXELS
#undef BATCH_FILTERS
#undef BATCH_SUM_MENU
#undef BATCH_SUM_TAPS
#undef BATCH_SUM_FILTERS
