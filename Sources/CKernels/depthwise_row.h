// One row of pixels, every channel by itself: lanes along channels, pixels or taps in registers.

typedef REAL NAME(lanes) __attribute__((ext_vector_type(MK_BYTES / sizeof(REAL))));
typedef struct __attribute__((packed, may_alias)) {
  NAME(lanes) v;
} NAME(unaligned);
enum { NAME(width) = MK_BYTES / sizeof(REAL) };
#define LOAD(at) (((const NAME(unaligned)*)(at))->v)
#define STORE(at, value) (((NAME(unaligned)*)(at))->v = (value))
#if MK_HAS_FMA
#define MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

// y[p, c] = sum over t of x[p * x_step + offset[t] + c] * w[weight[t] + c]
static inline __attribute__((always_inline)) void NAME(sum_taps)(REAL* y, const REAL* x,
                                                                 const REAL* w,
                                                                 const depthwise_taps* taps,
                                                                 int64_t c, const int pixels,
                                                                 int64_t x_step, int64_t y_step) {
  NAME(lanes) sum[4];
#pragma clang loop unroll(full)
  for (int p = 0; p < pixels; p++) sum[p] = 0;
  for (int64_t t = 0; t < taps->count; t++) {
    const NAME(lanes) weight = LOAD(w + taps->weight[t] + c);
    const REAL* at = x + taps->offset[t] + c;
#pragma clang loop unroll(full)
    for (int p = 0; p < pixels; p++) sum[p] = MULTIPLY_ADD(LOAD(at + p * x_step), weight, sum[p]);
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < pixels; p++) STORE(y + p * y_step + c, sum[p]);
}

static void NAME(row)(void* y_, const void* x_, const void* w_, const depthwise_taps* taps,
                      int64_t pixels, int64_t channels, int64_t x_step, int64_t y_step) {
  const REAL* w = w_;
  for (int64_t p = 0; p < pixels;) {
    REAL* y = (REAL*)y_ + p * y_step;
    const REAL* x = (const REAL*)x_ + p * x_step;
    const int here = pixels - p >= 4 ? 4 : 1;
    int64_t c = 0;
    for (; c + NAME(width) <= channels; c += NAME(width)) {
      if (here == 4) NAME(sum_taps)(y, x, w, taps, c, 4, x_step, y_step);
      else NAME(sum_taps)(y, x, w, taps, c, 1, x_step, y_step);
    }
    for (; c < channels; c++)
      for (int q = 0; q < here; q++) {
        REAL sum = 0;
        for (int64_t t = 0; t < taps->count; t++)
          sum = MULTIPLY_ADD(x[taps->offset[t] + q * x_step + c], w[taps->weight[t] + c], sum);
        y[q * y_step + c] = sum;
      }
    p += here;
  }
}

// w[t, c] (+)= sum over rows, pixels of x[row.a + p * x_step + offset[t] + c] * y[row.b + p *
// y_step + c]
static inline __attribute__((always_inline)) void NAME(sum_pixels)(
    REAL* w, const REAL* x, const REAL* y, const int64_t* offset, const int64_t* weight,
    const int taps, const mk_span* rows, int64_t row_count, int64_t c, int64_t x_step,
    int64_t y_step, int add) {
  NAME(lanes) sum[8];
#pragma clang loop unroll(full)
  for (int t = 0; t < taps; t++) sum[t] = 0;
  for (int64_t row = 0; row < row_count; row++) {
    const REAL *left = x + rows[row].a + c, *right = y + rows[row].b + c;
    for (int64_t p = 0; p < rows[row].count; p++, left += x_step, right += y_step) {
      const NAME(lanes) value = LOAD(right);
#pragma clang loop unroll(full)
      for (int t = 0; t < taps; t++) sum[t] = MULTIPLY_ADD(LOAD(left + offset[t]), value, sum[t]);
    }
  }
#pragma clang loop unroll(full)
  for (int t = 0; t < taps; t++) {
    REAL* at = w + weight[t] + c;
    STORE(at, add ? LOAD(at) + sum[t] : sum[t]);
  }
}

static void NAME(filter)(void* w_, const void* x_, const void* y_, const depthwise_taps* taps,
                         const mk_span* rows, int64_t row_count, int64_t channels, int64_t x_step,
                         int64_t y_step, int add) {
  REAL* w = w_;
  const REAL *x = x_, *y = y_;
  int64_t c = 0;
  for (; c + NAME(width) <= channels; c += NAME(width)) {
    int64_t t = 0;
    for (; t + 8 <= taps->count; t += 8)
      NAME(sum_pixels)(w, x, y, taps->offset + t, taps->weight + t, 8, rows, row_count, c, x_step,
                       y_step, add);
    for (; t + 3 <= taps->count; t += 3)
      NAME(sum_pixels)(w, x, y, taps->offset + t, taps->weight + t, 3, rows, row_count, c, x_step,
                       y_step, add);
    for (; t < taps->count; t++)
      NAME(sum_pixels)(w, x, y, taps->offset + t, taps->weight + t, 1, rows, row_count, c, x_step,
                       y_step, add);
  }
  for (; c < channels; c++)
    for (int64_t t = 0; t < taps->count; t++) {
      REAL sum = 0;
      for (int64_t row = 0; row < row_count; row++)
        for (int64_t p = 0; p < rows[row].count; p++)
          sum = MULTIPLY_ADD(x[rows[row].a + p * x_step + taps->offset[t] + c],
                             y[rows[row].b + p * y_step + c], sum);
      REAL* at = w + taps->weight[t] + c;
      *at = add ? *at + sum : sum;
    }
}

#undef LOAD
#undef STORE
#undef MULTIPLY_ADD
