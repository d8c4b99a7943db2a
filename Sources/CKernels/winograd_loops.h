// The transforms of squares for one instruction set; lanes lie along channels or columns.
#include "vector.h"

// a · b + c.
MK_INLINE Floats V(winograd_fma)(Floats a, Floats b, Floats c) {
#if MK_HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
#define FMA V(winograd_fma)

// Bᵀ d of α elements, in place.
MK_INLINE void V(winograd_b)(Floats d[], const int alpha) {
  if (alpha == 4) {
    const Floats first = d[0] - d[2], last = d[3] - d[1];
    const Floats sum = d[1] + d[2], difference = d[2] - d[1];
    d[0] = first, d[1] = sum, d[2] = difference, d[3] = last;
    return;
  }
  const Floats root = WINOGRAD_ROOT, two_roots = 2 * WINOGRAD_ROOT;
  const Floats first = FMA((Floats)-2.5f, d[2], d[0] + d[4]);
  const Floats last = FMA((Floats)-2.5f, d[3], d[1] + d[5]);
  const Floats even_a = FMA((Floats)-2, d[2], d[4]), odd_a = FMA((Floats)-2, d[1], d[3]);
  const Floats even_b = FMA((Floats)-0.5f, d[2], d[4]), odd_b = FMA((Floats)-0.5f, d[1], d[3]);
  d[0] = first;
  d[1] = FMA(root, odd_a, even_a);
  d[2] = FMA(-root, odd_a, even_a);
  d[3] = FMA(two_roots, odd_b, even_b);
  d[4] = FMA(-two_roots, odd_b, even_b);
  d[5] = last;
}

// G g of a window of 3 or 5: α results.
MK_INLINE void V(winograd_g)(Floats u[], const Floats g[], const int alpha, const int window) {
  u[0] = g[0];
  u[alpha - 1] = g[window - 1];
  if (alpha == 4) {
    const Floats ends = g[0] + g[2];
    u[1] = (ends + g[1]) * 0.5f;
    u[2] = (ends - g[1]) * 0.5f;
    return;
  }
  Floats even_a = FMA((Floats)0.5f, g[2], g[0]), odd_a = g[1];
  Floats even_b = FMA((Floats)2, g[2], g[0]), odd_b = g[1];
  if (window == 5) {
    even_a = FMA((Floats)0.25f, g[4], even_a), odd_a = FMA((Floats)0.5f, g[3], odd_a);
    even_b = FMA((Floats)4, g[4], even_b), odd_b = FMA((Floats)2, g[3], odd_b);
  }
  even_a *= -2.0f / 3, odd_a *= -2.0f / 3 * WINOGRAD_ROOT;
  even_b *= 1.0f / 6, odd_b *= 1.0f / 3 * WINOGRAD_ROOT;
  u[1] = even_a + odd_a, u[2] = even_a - odd_a;
  u[3] = even_b + odd_b, u[4] = even_b - odd_b;
}

// Aᵀ m of α elements: `side` results.
MK_INLINE void V(winograd_a)(Floats y[], const Floats m[], const int alpha, const int side) {
  if (alpha == 4) {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] + m[3];
    return;
  }
  const Floats root = WINOGRAD_ROOT;
  const Floats sum_a = m[1] + m[2], difference_a = m[1] - m[2];
  const Floats sum_b = m[3] + m[4], difference_b = m[3] - m[4];
  y[0] = m[0] + (sum_a + sum_b);
  const Floats second = FMA((Floats)2, difference_b, difference_a);
  if (side == 2) {
    y[1] = FMA(root, second, m[5]);
    return;
  }
  y[1] = root * second;
  y[2] = FMA((Floats)2, sum_b, sum_a * 0.5f);
  y[3] = FMA(root, FMA((Floats)4, difference_b, difference_a * 0.5f), m[5]);
}

// A y of `side` elements: α results, the adjoint of Aᵀ.
MK_INLINE void V(winograd_expand)(Floats z[], const Floats y[], const int alpha, const int side) {
  z[0] = y[0];
  z[alpha - 1] = y[side - 1];
  if (alpha == 4) {
    z[1] = y[0] + y[1], z[2] = y[0] - y[1];
    return;
  }
  Floats even_a = y[0], odd_a = y[1], even_b = y[0], odd_b = y[1];
  if (side == 4) {
    even_a = FMA((Floats)0.5f, y[2], even_a), odd_a = FMA((Floats)0.5f, y[3], odd_a);
    even_b = FMA((Floats)2, y[2], even_b), odd_b = FMA((Floats)2, y[3], odd_b);
  }
  const Floats root = WINOGRAD_ROOT, two_roots = 2 * WINOGRAD_ROOT;
  z[1] = FMA(root, odd_a, even_a), z[2] = FMA(-root, odd_a, even_a);
  z[3] = FMA(two_roots, odd_b, even_b), z[4] = FMA(-two_roots, odd_b, even_b);
}

// Gᵀ u of α elements: `window` results, the adjoint of G.
MK_INLINE void V(winograd_contract)(Floats g[], const Floats u[], const int alpha,
                                    const int window) {
  if (alpha == 4) {
    const Floats sum = (u[1] + u[2]) * 0.5f;
    g[0] = u[0] + sum, g[1] = (u[1] - u[2]) * 0.5f, g[2] = sum + u[3];
    return;
  }
  const Floats sum_a = (u[1] + u[2]) * (-2.0f / 3), sum_b = (u[3] + u[4]) * (1.0f / 6);
  const Floats difference_a = (u[1] - u[2]) * (-2.0f / 3 * WINOGRAD_ROOT);
  const Floats difference_b = (u[3] - u[4]) * (1.0f / 3 * WINOGRAD_ROOT);
  g[0] = u[0] + (sum_a + sum_b);
  g[1] = difference_a + difference_b;
  g[2] = FMA((Floats)2, sum_b, sum_a * 0.5f);
  if (window == 5) {
    g[3] = FMA((Floats)2, difference_b, difference_a * 0.5f);
    g[4] = FMA((Floats)4, sum_b, sum_a * 0.25f) + u[5];
  } else {
    g[2] += u[5];
  }
}

MK_INLINE void V(winograd_input_one)(float* v, int64_t v_step, const float* x, int64_t row,
                                     int64_t column, int64_t channels, const int alpha) {
  Floats d[WINOGRAD_ALPHA][WINOGRAD_ALPHA];
#pragma clang loop unroll(full)
  for (int i = 0; i < alpha; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < alpha; j++)
      d[i][j] = channels >= MK_LANES
                    ? V(load)(x + i * row + j * column)
                    : V(load_some)(x + i * row + j * column, (size_t)channels);
    V(winograd_b)(d[i], alpha);
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < alpha; j++) {
    Floats line[WINOGRAD_ALPHA];
#pragma clang loop unroll(full)
    for (int i = 0; i < alpha; i++) line[i] = d[i][j];
    V(winograd_b)(line, alpha);
#pragma clang loop unroll(full)
    for (int i = 0; i < alpha; i++) V(store)(v + (i * alpha + j) * v_step, line[i]);
  }
}

MK_INLINE void V(winograd_input)(float* v, int64_t v_step, const float* x, int64_t row,
                                 int64_t column, int64_t channels, const int alpha) {
  int64_t c = 0;
  for (; c + MK_LANES <= channels; c += MK_LANES)
    V(winograd_input_one)(v + c, v_step, x + c, row, column, MK_LANES, alpha);
  if (c < channels)
    V(winograd_input_one)(v + c, v_step, x + c, row, column, channels - c, alpha);
}

MK_INLINE void V(winograd_filter)(float* u, int64_t u_step, const float* g, int64_t g_tap,
                                  int64_t g_row, int64_t terms, int64_t width, const int alpha,
                                  const int window) {
  for (int64_t k = 0; k < terms; k++, g += g_row, u += width)
    for (int64_t at = 0; at < width; at += MK_LANES) {
      Floats t[WINOGRAD_WINDOW][WINOGRAD_ALPHA];
#pragma clang loop unroll(full)
      for (int i = 0; i < window; i++) {
        Floats taps[WINOGRAD_WINDOW];
#pragma clang loop unroll(full)
        for (int j = 0; j < window; j++) taps[j] = V(load)(g + (i * window + j) * g_tap + at);
        V(winograd_g)(t[i], taps, alpha, window);
      }
#pragma clang loop unroll(full)
      for (int j = 0; j < alpha; j++) {
        Floats line[WINOGRAD_WINDOW], result[WINOGRAD_ALPHA];
#pragma clang loop unroll(full)
        for (int i = 0; i < window; i++) line[i] = t[i][j];
        V(winograd_g)(result, line, alpha, window);
#pragma clang loop unroll(full)
        for (int i = 0; i < alpha; i++) V(store)(u + (i * alpha + j) * u_step + at, result[i]);
      }
    }
}

MK_INLINE Floats V(winograd_output_one)(float* y, int64_t row, int64_t column, int64_t rows,
                                        int64_t columns, const float* m, int64_t m_step,
                                        int64_t channels, const int alpha, const int side) {
  Floats t[WINOGRAD_SIDE][WINOGRAD_ALPHA], all = 0;
#pragma clang loop unroll(full)
  for (int j = 0; j < alpha; j++) {
    Floats line[WINOGRAD_ALPHA], result[WINOGRAD_SIDE];
#pragma clang loop unroll(full)
    for (int i = 0; i < alpha; i++) line[i] = V(load)(m + (i * alpha + j) * m_step);
    V(winograd_a)(result, line, alpha, side);
#pragma clang loop unroll(full)
    for (int i = 0; i < side; i++) t[i][j] = result[i];
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < side; i++) {
    Floats result[WINOGRAD_SIDE];
    V(winograd_a)(result, t[i], alpha, side);
#pragma clang loop unroll(full)
    for (int j = 0; j < side; j++) {
      all += result[j];
      if (i >= rows || j >= columns) continue;
      if (channels >= MK_LANES) V(store)(y + i * row + j * column, result[j]);
      else V(store_some)(y + i * row + j * column, result[j], (size_t)channels);
    }
  }
  return all;
}

MK_INLINE int V(winograd_output)(float* y, int64_t row, int64_t column, int64_t rows,
                                 int64_t columns, const float* m, int64_t m_step, int64_t channels,
                                 const int alpha, const int side) {
  // What is not finite stays so in the sum of everything, and makes its difference to itself NaN.
  Floats all = 0;
  for (int64_t c = 0; c < channels; c += MK_LANES) {
    const int64_t left = channels - c < MK_LANES ? channels - c : MK_LANES;
    if (left == MK_LANES && rows >= side && columns >= side)
      all += V(winograd_output_one)(y + c, row, column, side, side, m + c, m_step, MK_LANES, alpha,
                                    side);
    else
      all += V(winograd_output_one)(y + c, row, column, rows, columns, m + c, m_step, left, alpha,
                                    side);
  }
  float lanes[MK_LANES], sum = 0;
  V(store)(lanes, all - all);
  for (int l = 0; l < MK_LANES; l++) sum += lanes[l];
  return sum == 0;
}

MK_INLINE void V(winograd_given)(float* z, int64_t z_step, const float* y, int64_t row,
                                 int64_t column, int64_t rows, int64_t columns, int64_t channels,
                                 const int alpha, const int side) {
  for (int64_t c = 0; c < channels; c += MK_LANES) {
    const int64_t left = channels - c;
    Floats t[WINOGRAD_SIDE][WINOGRAD_ALPHA];
#pragma clang loop unroll(full)
    for (int i = 0; i < side; i++) {
      Floats line[WINOGRAD_SIDE];
#pragma clang loop unroll(full)
      for (int j = 0; j < side; j++) {
        const float* from = y + i * row + j * column + c;
        line[j] = 0;
        if (i >= rows || j >= columns) continue;
        line[j] = left >= MK_LANES ? V(load)(from) : V(load_some)(from, (size_t)left);
      }
      V(winograd_expand)(t[i], line, alpha, side);
    }
#pragma clang loop unroll(full)
    for (int j = 0; j < alpha; j++) {
      Floats line[WINOGRAD_SIDE], result[WINOGRAD_ALPHA];
#pragma clang loop unroll(full)
      for (int i = 0; i < side; i++) line[i] = t[i][j];
      V(winograd_expand)(result, line, alpha, side);
#pragma clang loop unroll(full)
      for (int i = 0; i < alpha; i++) V(store)(z + (i * alpha + j) * z_step + c, result[i]);
    }
  }
}

MK_INLINE int V(winograd_weights)(float* w, int64_t w_tap, const float* u, int64_t u_step,
                                  int64_t chunks, int64_t chunk, int64_t columns, const int alpha,
                                  const int window) {
  Floats all = 0;
  for (int64_t c = 0; c < columns; c += MK_LANES) {
    const int64_t left = columns - c;
    Floats t[WINOGRAD_WINDOW][WINOGRAD_ALPHA];
    for (int j = 0; j < alpha; j++) {
      Floats line[WINOGRAD_ALPHA], result[WINOGRAD_WINDOW];
      for (int i = 0; i < alpha; i++) {
        const float* from = u + (i * alpha + j) * u_step + c;
        line[i] = V(load)(from);
        for (int64_t n = 1; n < chunks; n++) line[i] += V(load)(from + n * chunk);
      }
      V(winograd_contract)(result, line, alpha, window);
      for (int i = 0; i < window; i++) t[i][j] = result[i];
    }
    for (int i = 0; i < window; i++) {
      Floats result[WINOGRAD_WINDOW];
      V(winograd_contract)(result, t[i], alpha, window);
      for (int j = 0; j < window; j++) {
        float* to = w + (i * window + j) * w_tap + c;
        all += result[j];
        if (left >= MK_LANES) V(store)(to, result[j]);
        else V(store_some)(to, result[j], (size_t)left);
      }
    }
  }
  float lanes[MK_LANES], sum = 0;
  V(store)(lanes, all - all);
  for (int l = 0; l < MK_LANES; l++) sum += lanes[l];
  return sum == 0;
}

#define X(SIDE, WINDOW)                                                                           \
  static void V(winograd_input_##SIDE##_##WINDOW)(float* v, int64_t v_step, const float* x,       \
                                                  int64_t row, int64_t column,                    \
                                                  int64_t channels) {                             \
    V(winograd_input)(v, v_step, x, row, column, channels, SIDE + WINDOW - 1);                    \
  }                                                                                               \
  static void V(winograd_filter_##SIDE##_##WINDOW)(float* u, int64_t u_step, const float* g,      \
                                                   int64_t g_tap, int64_t g_row, int64_t terms,   \
                                                   int64_t width) {                               \
    V(winograd_filter)(u, u_step, g, g_tap, g_row, terms, width, SIDE + WINDOW - 1, WINDOW);      \
  }                                                                                               \
  static int V(winograd_output_##SIDE##_##WINDOW)(float* y, int64_t row, int64_t column,          \
                                                  int64_t rows, int64_t columns, const float* m,  \
                                                  int64_t m_step, int64_t channels) {             \
    return V(winograd_output)(y, row, column, rows, columns, m, m_step, channels,                 \
                              SIDE + WINDOW - 1, SIDE);                                           \
  }                                                                                               \
  static void V(winograd_given_##SIDE##_##WINDOW)(float* z, int64_t z_step, const float* y,       \
                                                  int64_t row, int64_t column, int64_t rows,      \
                                                  int64_t columns, int64_t channels) {            \
    if (rows >= SIDE && columns >= SIDE)                                                          \
      V(winograd_given)(z, z_step, y, row, column, SIDE, SIDE, channels, SIDE + WINDOW - 1, SIDE);\
    else                                                                                          \
      V(winograd_given)(z, z_step, y, row, column, rows, columns, channels, SIDE + WINDOW - 1,    \
                        SIDE);                                                                    \
  }                                                                                               \
  static int V(winograd_weights_##SIDE##_##WINDOW)(float* w, int64_t w_tap, const float* u,       \
                                                   int64_t u_step, int64_t chunks, int64_t chunk, \
                                                   int64_t columns) {                             \
    return V(winograd_weights)(w, w_tap, u, u_step, chunks, chunk, columns, SIDE + WINDOW - 1,    \
                               WINDOW);                                                           \
  }                                                                                               \
  static const mk_winograd_transforms V(winograd_##SIDE##_##WINDOW) = {                           \
      V(winograd_input_##SIDE##_##WINDOW), V(winograd_filter_##SIDE##_##WINDOW),                  \
      V(winograd_output_##SIDE##_##WINDOW), V(winograd_given_##SIDE##_##WINDOW),                  \
      V(winograd_weights_##SIDE##_##WINDOW)};
X(2, 3) X(4, 3) X(2, 5)
#undef X

static const mk_winograd_transforms* V(winograd_of)(int64_t side, int64_t window) {
  if (window == 5) return side == 2 ? &V(winograd_2_5) : 0;
  if (window != 3) return 0;
  return side == 4 ? &V(winograd_4_3) : side == 2 ? &V(winograd_2_3) : 0;
}
#undef FMA
