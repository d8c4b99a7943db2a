// Softmax and what belongs to it: x [rows, columns], parts share the rows.
//
// Everything is relative to the row's largest element. Rows that hold an infinity or NaN come out as
// the equations say in IEEE 754: softmax is NaN throughout, log-sum-exp is +inf, -inf or NaN.
#include "mk_rows.h"

#include <math.h>
#include <string.h>

#include "elements.h"
#include "mk_isa.h"
#include "scalar_math.h"

enum {
  ROW_BLOCK = 16,       // rows whose logarithms are taken together, at least the lanes of a vector
  BLOCK_BYTES = 32768,  // unless they are so long that the second look at them would miss the cache
};

typedef struct {
  void (*softmax)(const char* x, char* y, size_t columns, float factor);
  void (*log_softmax)(const char* x, char* y, size_t columns, float most, float log_sum);
  void (*log_sum_exp)(const char* x, size_t rows, size_t columns, int keep_infinity, float* most, float* rest);
  float (*dense_loss)(const char* x, const char* label, size_t columns, float most, float rest);
  float (*sum)(const char* x, size_t columns);
  void (*dense_gradient)(char* y, const char* label, size_t columns, float dloss, float total);
} rows_loops;

#define MK_SOURCE "rows_loops.h"
#include "each_isa.h"

static const rows_loops* loops_at(mk_isa_level level) {
  switch (level) {
#if defined(__x86_64__)
    case MK_AVX512: return &rows_avx512;
    case MK_AVX2: return &rows_avx2;
#endif
    default: return &rows_base;
  }
}

// MARK: float64, plain

static double largest(const mk_f64* x, size_t columns) {
  double m = -INFINITY;
  for (size_t c = 0; c < columns; c++) m = x[c] > m ? x[c] : m;
  return m;
}

static double sum_exp(const mk_f64* x, mk_f64* y, size_t columns, double m) {
  double s = 0;
  for (size_t c = 0; c < columns; c++) {
    double e = exp(x[c] - m);
    if (y) y[c] = e;
    s += e;
  }
  return s;
}

static void softmax_f64(const mk_f64* x, mk_f64* y, size_t columns) {
  double s = sum_exp(x, y, columns, largest(x, columns));
  for (size_t c = 0; c < columns; c++) y[c] /= s;
}

static void log_softmax_f64(const mk_f64* x, mk_f64* y, size_t columns) {
  double m = largest(x, columns), l = log(sum_exp(x, NULL, columns, m));
  for (size_t c = 0; c < columns; c++) y[c] = (x[c] - m) - l;
}

static void log_sum_exp_f64(const mk_f64* x, size_t columns, double* most, double* rest) {
  double m = largest(x, columns);
  *most = isinf(m) ? 0 : m;
  *rest = log(sum_exp(x, NULL, columns, *most));
}

// MARK: Rows

#define SHARED_ROWS(args)                                                        \
  size_t begin, end, columns = (args)->columns, bytes = mk_size((args)->dtype);  \
  mk_share((args)->rows, context->part, context->parts, &begin, &end);           \
  const rows_loops* loops = loops_at(mk_isa());                                  \
  const char* x = mk_at(context, (args)->x);                                     \
  char* y = mk_at(context, (args)->y);                                           \
  int is_wide = (args)->dtype == MK_F64;                                         \
  size_t block = columns * bytes * ROW_BLOCK > BLOCK_BYTES ? 1 : ROW_BLOCK;      \
  (void)block

void mk_softmax(const void* pointer, const mk_context* context) {
  const mk_rows_args* args = pointer;
  SHARED_ROWS(args);
  for (size_t r = begin; r < end; r++) {
    size_t at = r * columns * bytes;
    if (is_wide) softmax_f64((const mk_f64*)(x + at), (mk_f64*)(y + at), columns);
    else loops->softmax(x + at, y + at, columns, 1);
  }
}

void mk_log_softmax(const void* pointer, const mk_context* context) {
  const mk_rows_args* args = pointer;
  SHARED_ROWS(args);
  for (size_t first = begin; first < end; first += block) {
    size_t count = end - first < block ? end - first : block;
    float most[ROW_BLOCK], rest[ROW_BLOCK];
    if (!is_wide) loops->log_sum_exp(x + first * columns * bytes, count, columns, 1, most, rest);
    for (size_t r = 0; r < count; r++) {
      size_t at = (first + r) * columns * bytes;
      if (is_wide) log_softmax_f64((const mk_f64*)(x + at), (mk_f64*)(y + at), columns);
      else loops->log_softmax(x + at, y + at, columns, most[r], rest[r]);
    }
  }
}

void mk_log_sum_exp(const void* pointer, const mk_context* context) {
  const mk_rows_args* args = pointer;
  SHARED_ROWS(args);
  for (size_t first = begin; first < end; first += block) {
    size_t count = end - first < block ? end - first : block;
    float most[ROW_BLOCK], rest[ROW_BLOCK];
    if (!is_wide) loops->log_sum_exp(x + first * columns * bytes, count, columns, 0, most, rest);
    for (size_t r = 0; r < count; r++) {
      double wide_most, wide_rest;
      if (is_wide) {
        log_sum_exp_f64((const mk_f64*)x + (first + r) * columns, columns, &wide_most, &wide_rest);
        ((mk_f64*)y)[first + r] = wide_most + wide_rest;
      } else {
        ((mk_f32*)y)[first + r] = most[r] + rest[r];
      }
    }
  }
}

// MARK: Cross-entropy

static int64_t label_at(const char* labels, mk_dtype dtype, size_t r) {
  return dtype == MK_I64 ? ((const mk_i64*)labels)[r] : ((const mk_i32*)labels)[r];
}

// One part looks at all labels: "the first" is nobody's business but one reader's.
static void report_labels(const mk_cross_entropy_args* args, const mk_context* context) {
  if (context->part != 0) return;
  int64_t first = 0;
  const char* labels = mk_at(context, args->label);
  for (size_t r = 0; args->label_dtype != args->dtype && r < args->rows; r++)
    if ((uint64_t)label_at(labels, args->label_dtype, r) >= args->columns) {
      first = (int64_t)r + 1;
      break;
    }
  memcpy(mk_at(context, args->error), &first, sizeof first);
}

void mk_cross_entropy(const void* pointer, const mk_context* context) {
  const mk_cross_entropy_args* args = pointer;
  report_labels(args, context);
  SHARED_ROWS(args);
  const char* labels = mk_at(context, args->label);
  int is_dense = args->label_dtype == args->dtype;
  for (size_t first = begin; first < end; first += block) {
    size_t count = end - first < block ? end - first : block;
    float mosts[ROW_BLOCK], rests[ROW_BLOCK];
    if (!is_wide) loops->log_sum_exp(x + first * columns * bytes, count, columns, 0, mosts, rests);
    for (size_t r = first; r < first + count; r++) {
      size_t at = r * columns * bytes;
      int64_t label = is_dense ? 0 : label_at(labels, args->label_dtype, r);
      int is_bad = (uint64_t)label >= columns && !is_dense;
      if (is_wide) {
        double most, rest, loss = 0;
        const mk_f64 *row = (const mk_f64*)(x + at), *dense = (const mk_f64*)(labels + at);
        log_sum_exp_f64(row, columns, &most, &rest);
        if (is_dense)
          for (size_t c = 0; c < columns; c++) loss += dense[c] * ((most - row[c]) + rest);
        else
          loss = is_bad ? NAN : (most - row[label]) + rest;
        ((mk_f64*)y)[r] = loss;
      } else {
        float most = mosts[r - first], rest = rests[r - first], loss;
        if (is_dense) loss = loops->dense_loss(x + at, labels + at, columns, most, rest);
        else loss = is_bad ? NAN : (most - ((const mk_f32*)(x + at))[label]) + rest;
        ((mk_f32*)y)[r] = loss;
      }
    }
  }
}

void mk_cross_entropy_gradient(const void* pointer, const mk_context* context) {
  const mk_cross_entropy_args* args = pointer;
  report_labels(args, context);
  SHARED_ROWS(args);
  const char* labels = mk_at(context, args->label);
  const char* dlosses = mk_at(context, args->dloss);
  int is_dense = args->label_dtype == args->dtype;
  for (size_t r = begin; r < end; r++) {
    size_t at = r * columns * bytes;
    int64_t label = is_dense ? 0 : label_at(labels, args->label_dtype, r);
    int is_bad = (uint64_t)label >= columns && !is_dense;
    if (is_wide) {
      double dloss = ((const mk_f64*)dlosses)[r], total = 0;
      mk_f64* dx = (mk_f64*)(y + at);
      const mk_f64* dense = (const mk_f64*)(labels + at);
      softmax_f64((const mk_f64*)(x + at), dx, columns);
      if (is_dense) {
        for (size_t c = 0; c < columns; c++) total += dense[c];
        for (size_t c = 0; c < columns; c++) dx[c] = dloss * (dx[c] * total - dense[c]);
      } else {
        if (!is_bad) dx[label] -= 1;
        for (size_t c = 0; c < columns; c++) dx[c] *= is_bad ? NAN : dloss;
      }
    } else {
      float dloss = ((const mk_f32*)dlosses)[r];
      loops->softmax(x + at, y + at, columns, is_dense ? 1 : is_bad ? NAN : dloss);
      if (is_dense) loops->dense_gradient(y + at, labels + at, columns, dloss, loops->sum(labels + at, columns));
      else if (!is_bad) ((mk_f32*)(y + at))[label] -= dloss;
    }
  }
}
