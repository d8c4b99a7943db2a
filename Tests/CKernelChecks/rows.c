// Softmax and cross-entropy against the equations in wider arithmetic.
#include "mk_rows.h"

#include "CKernelChecks.h"
#include "check_tools.h"

typedef struct {
  mk_dtype dtype;
  size_t rows, columns;
  double unit;
} sizes;

static void compare(const char* what, sizes s, size_t row, size_t column, double got, double want, double tolerance) {
  if (s.dtype == MK_F32 && fabs(want) > 0x1p127) want = (double)(float)want;  // may be infinite
  if (same(got, want) || fabs(got - want) <= tolerance) return;
  FAIL("%s, type %d, [%zu, %zu], at %zu, %zu: %.9g, not %.9g\n", what, s.dtype, s.rows, s.columns, row, column, got, want);
}

// Kinds of rows: 0 ordinary, 1 large, 2 wide apart, 3 all equal, 4 with specials.
static void check_rows_of(sizes s, int kind) {
  size_t count = s.rows * s.columns, bytes = mk_size(s.dtype);
  static const double specials[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1e38, -1e38, 1e-40};
  guarded x = guard(count * bytes, 4 * below(2)), y = guard(count * bytes, 4 * below(2));
  guarded sums = guard(s.rows * bytes, 0), dloss = guard(s.rows * bytes, 0), dense = guard(count * bytes, 4);
  guarded labels = guard(s.rows * 8, 0), error = guard(8, 0);
  for (size_t r = 0; r < s.rows; r++) {
    double odd_one = specials[below(8)];
    int all_odd = below(3) == 0;
    for (size_t c = 0; c < s.columns; c++) {
      double value = between(-4, 4);
      if (kind == 1) value = value * 0.1 + 1e4;
      if (kind == 2) value *= 50;
      if (kind == 3) value = 7;
      if (kind == 4 && (all_odd || below(s.columns) == 0)) value = odd_one;
      put(x.at, s.dtype, r * s.columns + c, value);
      put(dense.at, s.dtype, r * s.columns + c, between(0, 1));
    }
    put(dloss.at, s.dtype, r, between(-2, 2));
  }
  mk_dtype label_dtype = below(2) ? MK_I64 : MK_I32;
  int64_t first_bad = 0, reported;
  for (size_t r = 0; r < s.rows; r++) {
    int64_t label = s.columns ? (int64_t)below(s.columns) : 0;
    if (kind == 0 && below(7) == 0) label = below(2) ? -1 : (int64_t)s.columns;
    if ((label < 0 || label >= (int64_t)s.columns) && !first_bad) first_bad = (int64_t)r + 1;
    put(labels.at, label_dtype, r, (double)label);
  }
  void* bases[] = {x.at, y.at, sums.at, labels.at, dloss.at, error.at, dense.at};

  // By row: the largest, log(sum(exp(x - it))), and what the sum's rounding may amount to.
  double* most = calloc(s.rows + 1, sizeof(double));
  double* rest = calloc(s.rows + 1, sizeof(double));
  double slack = ((double)s.columns + 10) * s.unit;
  for (size_t r = 0; r < s.rows; r++) {
    double m = -INFINITY, sum = 0;
    for (size_t c = 0; c < s.columns; c++) m = fmax(m, take(x.at, s.dtype, r * s.columns + c));
    if (isinf(m)) m = 0;
    for (size_t c = 0; c < s.columns; c++) sum += exp(take(x.at, s.dtype, r * s.columns + c) - m);
    most[r] = m;
    rest[r] = log(sum);
  }

  mk_rows_args args = {{0, 0}, {0, 1}, s.rows, s.columns, s.dtype};
  run_in_parts("softmax", mk_softmax, &args, bases, y, 0);
  for (size_t i = 0; i < count; i++) {
    size_t r = i / s.columns;
    double far = take(x.at, s.dtype, i) - most[r];
    int is_nan = rest[r] != rest[r] || isinf(rest[r]);
    double want = is_nan ? NAN : exp(far - rest[r]);
    double tolerance = want * (slack + 2 * s.unit * fmin(fabs(far), 800)) + (s.dtype == MK_F32 ? 0x1p-148 : 0x1p-1073);
    compare("softmax", s, r, i % s.columns, take(y.at, s.dtype, i), want, tolerance);
  }
  run_in_parts("log softmax", mk_log_softmax, &args, bases, y, 0);
  for (size_t i = 0; i < count; i++) {
    size_t r = i / s.columns;
    double far = take(x.at, s.dtype, i) - most[r];
    int is_nan = rest[r] != rest[r] || isinf(rest[r]);
    double want = is_nan ? NAN : far - rest[r];
    compare("log softmax", s, r, i % s.columns, take(y.at, s.dtype, i), want, slack + 3 * s.unit * fabs(far));
  }
  args.y.base = 2;
  run_in_parts("log sum exp", mk_log_sum_exp, &args, bases, sums, 0);
  for (size_t r = 0; r < s.rows; r++)
    compare("log sum exp", s, r, 0, take(sums.at, s.dtype, r), most[r] + rest[r], slack + 3 * s.unit * fabs(most[r]));

  for (int is_dense = 0; is_dense < 2; is_dense++) {
    mk_cross_entropy_args entropy = {{0, 0}, {0, is_dense ? 6 : 3}, {0, 4}, {0, 2}, {0, 5},
                                     s.rows, s.columns, s.dtype, is_dense ? s.dtype : label_dtype};
    run_in_parts("cross-entropy", mk_cross_entropy, &entropy, bases, sums, 0);
    memcpy(&reported, error.at, 8);
    if (reported != (is_dense ? 0 : first_bad)) FAIL("cross-entropy: reported %lld\n", (long long)reported);
    entropy.y.base = 1;
    run_in_parts("cross-entropy gradient", mk_cross_entropy_gradient, &entropy, bases, y, 0);
    memcpy(&reported, error.at, 8);
    if (reported != (is_dense ? 0 : first_bad)) FAIL("cross-entropy gradient: reported %lld\n", (long long)reported);
    for (size_t r = 0; r < s.rows; r++) {
      int64_t label = (int64_t)take(labels.at, label_dtype, r);
      int is_bad = !is_dense && (label < 0 || label >= (int64_t)s.columns);
      double loss = 0, total = 0, magnitude = 0;
      for (size_t c = 0; c < s.columns; c++) {
        double weight = is_dense ? take(dense.at, s.dtype, r * s.columns + c) : (int64_t)c == label;
        total += weight;
        if (!is_dense && (int64_t)c != label) continue;
        double far = most[r] - take(x.at, s.dtype, r * s.columns + c);
        loss += weight * (far + rest[r]);
        magnitude += weight * (fabs(far) + fabs(rest[r]));
      }
      if (is_bad) loss = NAN;
      compare("cross-entropy", s, r, 0, take(sums.at, s.dtype, r), loss, slack * (total + magnitude));
      for (size_t c = 0; c < s.columns; c++) {
        double weight = is_dense ? take(dense.at, s.dtype, r * s.columns + c) : (int64_t)c == label;
        double far = take(x.at, s.dtype, r * s.columns + c) - most[r];
        int is_nan = rest[r] != rest[r] || isinf(rest[r]) || is_bad;
        double p = is_nan ? NAN : exp(far - rest[r]), dl = take(dloss.at, s.dtype, r);
        double tolerance = fabs(dl) * (slack * (p * total + weight) + 2 * s.unit * p * total * fmin(fabs(far), 800)) + 1e-42;
        compare("cross-entropy gradient", s, r, c, take(y.at, s.dtype, r * s.columns + c), dl * (p * total - weight), tolerance);
      }
    }
  }
  free(most), free(rest);
  release(x), release(y), release(sums), release(dloss), release(dense), release(labels), release(error);
}

int check_rows(void) {
  tool_failures = 0;
  for (int type = 0; type < 2; type++)
    for (int kind = 0; kind < 5; kind++) {
      sizes s = {type ? MK_F64 : MK_F32, 0, 0, type ? 0x1p-52 : 0x1p-23};
      for (s.columns = 0; s.columns <= 67; s.columns++)
        for (s.rows = s.columns % 3; s.rows < 12; s.rows += 5) check_rows_of(s, kind);
      s.rows = 3;
      static const size_t wide[] = {100, 127, 128, 1000, 1001};
      for (int i = 0; i < 5; i++) s.columns = wide[i], check_rows_of(s, kind);
      s.rows = 131, s.columns = 10, check_rows_of(s, kind);
    }
  return tool_failures;
}
