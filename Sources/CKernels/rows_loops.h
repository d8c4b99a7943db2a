// Rows of float32: x [columns] to y [columns], or to one number.
//
// A tail is a vector like the others, with lanes that change nothing. Sums keep four vectors of
// partial sums, joined in one order, so that a row's bits depend on its columns alone.

#include "vector.h"
#include "vector_math.h"

// The first `count` lanes of x, and `other` in those after.
MK_INLINE Floats V(first)(Floats x, size_t count, float other) {
  Ints lane;
  for (int i = 0; i < MK_LANES; i++) lane[i] = i;
  return lane < (int)count ? x : (Floats)other;
}

MK_INLINE float V(sum_lanes)(Floats x) {
  for (int width = MK_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) x[i] += x[i + width];
  return x[0];
}

// NaN loses here: it comes back through exp.
MK_INLINE Floats V(larger)(Floats a, Floats b) { return b > a ? b : a; }

MK_INLINE float V(largest)(const char* x, size_t columns) {
  Floats m[4] = {(Floats)-INFINITY, (Floats)-INFINITY, (Floats)-INFINITY, (Floats)-INFINITY};
  size_t i = 0;
  for (; i + 4 * MK_LANES <= columns; i += 4 * MK_LANES)
    for (size_t k = 0; k < 4; k++) m[k] = V(larger)(m[k], V(load)(x + 4 * (i + k * MK_LANES)));
  for (; i + MK_LANES <= columns; i += MK_LANES) m[0] = V(larger)(m[0], V(load)(x + 4 * i));
  if (i < columns) m[1] = V(larger)(m[1], V(first)(V(load_some)(x + 4 * i, columns - i), columns - i, -INFINITY));
  Floats all = V(larger)(V(larger)(m[0], m[1]), V(larger)(m[2], m[3]));
  for (int width = MK_LANES / 2; width > 0; width /= 2)
    for (int j = 0; j < width; j++) all[j] = all[j + width] > all[j] ? all[j + width] : all[j];
  return all[0];
}

// sum over c of e[c] = exp(x[c] - m); the terms are kept in `y` unless it is null.
MK_INLINE float V(sum_exp)(const char* x, char* y, size_t columns, float m) {
  Floats s[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 * MK_LANES <= columns; i += 4 * MK_LANES)
    for (size_t k = 0; k < 4; k++) {
      Floats e = V(exp)(V(load)(x + 4 * (i + k * MK_LANES)) - m);
      if (y) V(store)(y + 4 * (i + k * MK_LANES), e);
      s[k] += e;
    }
  for (; i + MK_LANES <= columns; i += MK_LANES) {
    Floats e = V(exp)(V(load)(x + 4 * i) - m);
    if (y) V(store)(y + 4 * i, e);
    s[0] += e;
  }
  if (i < columns) {
    size_t rest = columns - i;
    Floats e = V(exp)(V(load_some)(x + 4 * i, rest) - m);
    if (y) V(store_some)(y + 4 * i, e, rest);
    s[1] += V(first)(e, rest, 0);
  }
  return V(sum_lanes)((s[0] + s[1]) + (s[2] + s[3]));
}

// y[c] = each(x[c]), c in 0 ..< columns.
#define FOR_COLUMNS(columns, whole, some)                                          \
  do {                                                                             \
    size_t i = 0;                                                                  \
    for (; i + MK_LANES <= (columns); i += MK_LANES) { whole; }                    \
    size_t rest = (columns) - i;                                                   \
    if (rest) { some; }                                                            \
  } while (0)

// y[c] = factor * softmax(x)[c]
static void V(softmax_row)(const char* x, char* y, size_t columns, float factor) {
  float m = V(largest)(x, columns);
  float scale = factor / V(sum_exp)(x, y, columns, m);
  FOR_COLUMNS(columns, V(store)(y + 4 * i, V(load)(y + 4 * i) * scale),
              V(store_some)(y + 4 * i, V(load_some)(y + 4 * i, rest) * scale, rest));
}

// For each of at most ROW_BLOCK rows, two numbers whose sum is log(sum(exp(x))): apart, a difference
// to an element loses no digits. One vector takes the logarithms of many rows.
static void V(log_sum_exp_rows)(const char* x, size_t rows, size_t columns, int keep_infinity, float* most, float* rest) {
  float sums[ROW_BLOCK] = {0};
  for (size_t r = 0; r < rows; r++) {
    float m = V(largest)(x + 4 * r * columns, columns);
    most[r] = (m == INFINITY || m == -INFINITY) && !keep_infinity ? 0 : m;
    sums[r] = V(sum_exp)(x + 4 * r * columns, NULL, columns, most[r]);
  }
  for (size_t r = 0; r < rows; r += MK_LANES) V(store)(rest + r, V(log)(V(load)(sums + r)));
}

static void V(log_softmax_row)(const char* x, char* y, size_t columns, float most, float log_sum) {
  FOR_COLUMNS(columns, V(store)(y + 4 * i, (V(load)(x + 4 * i) - most) - log_sum),
              V(store_some)(y + 4 * i, (V(load_some)(x + 4 * i, rest) - most) - log_sum, rest));
}

// sum over c of label[c] * ((most - x[c]) + rest)
static float V(dense_loss_row)(const char* x, const char* label, size_t columns, float most, float log_sum) {
  Floats s = 0;
  FOR_COLUMNS(columns, s += V(load)(label + 4 * i) * ((most - V(load)(x + 4 * i)) + log_sum),
              s += V(first)(V(load_some)(label + 4 * i, rest) *
                                ((most - V(load_some)(x + 4 * i, rest)) + log_sum), rest, 0));
  return V(sum_lanes)(s);
}

static float V(sum_row)(const char* x, size_t columns) {
  Floats s = 0;
  FOR_COLUMNS(columns, s += V(load)(x + 4 * i), s += V(load_some)(x + 4 * i, rest));
  return V(sum_lanes)(s);
}

// y[c] = dloss * (y[c] * total - label[c]), y holding softmax(x)
static void V(dense_gradient_row)(char* y, const char* label, size_t columns, float dloss, float total) {
  FOR_COLUMNS(columns, V(store)(y + 4 * i, dloss * (V(load)(y + 4 * i) * total - V(load)(label + 4 * i))),
              V(store_some)(y + 4 * i,
                            dloss * (V(load_some)(y + 4 * i, rest) * total - V(load_some)(label + 4 * i, rest)),
                            rest));
}

#undef FOR_COLUMNS

static const rows_loops V(rows) = {
    V(softmax_row), V(log_softmax_row), V(log_sum_exp_rows), V(dense_loss_row), V(sum_row),
    V(dense_gradient_row),
};
