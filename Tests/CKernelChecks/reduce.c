// Reductions, argmax and argmin, running sums, against plain loops. x is [outer, reduced, inner].
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernelChecks.h"
#include "mk_reduce.h"

static int failures;
static void fail(const char* what, size_t outer, size_t reduced, size_t inner, int dtype, int operation, size_t at,
                 double got, double want) {
  if (failures++ < 30)
    fprintf(stderr, "%s: [%zu, %zu, %zu], type %d, operation %d, element %zu: got %.9g, expected %.9g\n", what, outer,
            reduced, inner, dtype, operation, at, got, want);
}

static uint64_t state = 7;
static uint64_t next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static void* aligned(size_t bytes) { return aligned_alloc(64, (bytes + 64) / 64 * 64); }

static void set(void* p, mk_dtype dtype, size_t i, double value) {
  switch (dtype) {
    case MK_F32: ((float*)p)[i] = (float)value; break;
    case MK_F64: ((double*)p)[i] = value; break;
    case MK_I32: ((int32_t*)p)[i] = (int32_t)value; break;
    case MK_I64: ((int64_t*)p)[i] = (int64_t)value; break;
    default: ((uint8_t*)p)[i] = (uint8_t)value;
  }
}
static double get(const void* p, mk_dtype dtype, size_t i) {
  switch (dtype) {
    case MK_F32: return (double)((const float*)p)[i];
    case MK_F64: return ((const double*)p)[i];
    case MK_I32: return ((const int32_t*)p)[i];
    case MK_I64: return (double)((const int64_t*)p)[i];
    default: return ((const uint8_t*)p)[i];
  }
}
// What an integer type makes of a sum or a product.
static double wrapped(double value, mk_dtype dtype) {
  return dtype == MK_U8 ? (double)(uint8_t)(int64_t)value : dtype == MK_I32 ? (double)(int32_t)(uint32_t)(int64_t)value : value;
}

static void run(mk_reduce_args args, void* const* bases, uint32_t parts) {
  void* scratch = aligned(mk_reduce_scratch(&args));
  for (uint32_t part = parts; part-- > 0;) mk_reduce(&args, &(mk_context){bases, scratch, part, parts});
  free(scratch);
}

// The map is x itself, or x * 1 by way of a step, or x out of a transposed view.
enum { PLAIN, MAPPED, STRIDED, MAPS };

static void check_reduction(size_t outer, size_t reduced, size_t inner, mk_dtype dtype, int operation, int map, int nans) {
  size_t count = outer * reduced * inner, outputs = outer * inner, bytes = mk_size(dtype);
  char *x = malloc(count * bytes + 1), *y = malloc(outputs * bytes + 1), *again = malloc(outputs * bytes + 1);
  double* want = malloc(outputs * sizeof(double) + 1);
  double* size = calloc(outputs + 1, sizeof(double));
  static const double first[] = {0, 1, -INFINITY, INFINITY, 0, 1};
  for (size_t i = 0; i < outputs; i++) want[i] = first[operation];
  int floating = dtype == MK_F32 || dtype == MK_F64;
  for (size_t o = 0; o < outer; o++)
    for (size_t r = 0; r < reduced; r++)
      for (size_t i = 0; i < inner; i++) {
        double value = floating ? (double)(int64_t)next() * 0x1p-62 : (double)(int64_t)(next() % 16) - 5;
        if (operation == MK_PROD) value = floating ? 1 + value * 0x1p-10 : dtype == MK_I64 ? (double)(next() % 2) * 2 - 1 : (double)(next() % 20 == 0) + 1;
        if (dtype == MK_U8) value = fabs(value);
        if (dtype == MK_BOOL) value = next() % 50 == 0 ? operation == MK_ANY : operation != MK_ANY;
        if (nans && next() % (count / 2 + 1) == 0) value = NAN;
        size_t at = (o * reduced + r) * inner + i, to = o * inner + i;
        // The strided map walks [inner, outer * reduced].
        set(x, dtype, map == STRIDED ? i * outer * reduced + o * reduced + r : at, value);
        set(y, dtype, to, value);
        value = get(y, dtype, to);
        double old = want[to];
        switch (operation) {
          case MK_SUM: want[to] = wrapped(old + value, dtype); size[to] += fabs(value); break;
          case MK_PROD: want[to] = wrapped(old * value, dtype); break;
          case MK_MAX: want[to] = old != old || old > value ? old : value; break;
          case MK_MIN: want[to] = old != old || old < value ? old : value; break;
          case MK_ANY: want[to] = old != 0 || value != 0; break;
          default: want[to] = old != 0 && value != 0;
        }
      }

  void* bases[] = {x, y, 0, again};
  float one32 = 1;
  double one64 = 1;
  bases[2] = dtype == MK_F32 ? (void*)&one32 : &one64;
  mk_operand operands[] = {{.ref = {0, 0}, .reg = 0, .dtype = dtype}, {.ref = {0, 2}, .reg = 1, .dtype = dtype, .kind = MK_SCALAR}};
  mk_step step = {.run = mk_block(mk_isa(), MK_MULTIPLY, dtype), .y = 1, .a = 0, .b = 1};
  mk_result result = {{0, 0}, 0, dtype, 0};
  mk_program program = {.count = count, .size = {(int64_t)(outer * reduced), (int64_t)inner}, .rank = 2, .register_count = 2,
                        .register_bytes = MK_BLOCK * 8, .operand_count = 1, .result_count = 1, .operands = operands,
                        .steps = &step, .results = &result};
  if (map == MAPPED && floating) program.operand_count = 2, program.step_count = 1, result.reg = 1;
  if (map == STRIDED) {
    operands[0].kind = MK_STRIDED;
    operands[0].stride[0] = 1;
    operands[0].stride[1] = (int64_t)(outer * reduced);
  }
  mk_reduce_args args = {&program, {0, 1}, outer, reduced, inner, mk_reduce_chunk(outer, reduced, inner, dtype),
                         (uint8_t)operation, dtype, 0, 0, {{0, 0}}};
  run(args, bases, 1);

  for (size_t i = 0; i < outputs; i++) {
    double got = get(y, dtype, i), unit = dtype == MK_F32 ? 0x1p-24 : 0x1p-53, bound = 0;
    if (floating && operation == MK_SUM) bound = unit * size[i] * 2 * (4 + log2((double)reduced + 1)) / 4 + (dtype == MK_F64 ? size[i] * unit * (double)reduced : 0);
    if (floating && operation == MK_PROD) bound = unit * (double)reduced;
    double right = want[i];
    if (reduced == 0 && !floating && operation == MK_MAX) right = dtype == MK_I32 ? INT32_MIN : dtype == MK_I64 ? (double)INT64_MIN : 0;
    if (reduced == 0 && !floating && operation == MK_MIN) right = dtype == MK_I32 ? INT32_MAX : dtype == MK_I64 ? (double)INT64_MAX : 255;
    if (got != right && !(got != got && right != right) && !(fabs(got - right) <= bound))
      fail("value", outer, reduced, inner, dtype, operation, i, got, right);
  }
  static const uint32_t parts[] = {2, 3, 7};
  args.y.base = 3;
  for (int k = 0; k < 3; k++) {
    memset(again, 0x55, outputs * bytes);
    run(args, bases, parts[k]);
    if (memcmp(y, again, outputs * bytes)) fail("parts", outer, reduced, inner, dtype, operation, parts[k], 0, 0);
  }

  // In two calls, by way of one value a chunk.
  size_t chunks = (reduced + args.chunk - 1) / args.chunk;
  if (reduced > 0 && chunks > 32) fail("chunks", outer, reduced, inner, dtype, operation, chunks, 0, 0);
  if (chunks > 1) {
    char* partial = malloc(outer * chunks * inner * bytes);
    bases[0] = x, bases[2] = partial;
    mk_reduce_args phase = args;
    float kept = one32;
    phase.only_chunks = 1;
    phase.y.base = 4;
    void* wide[] = {x, y, dtype == MK_F32 ? (void*)&kept : &one64, again, partial};
    run(phase, wide, 3);
    mk_operand parts_operand = {.ref = {0, 4}, .reg = 0, .dtype = dtype};
    mk_result parts_result = {{0, 0}, 0, dtype, 0};
    mk_program copy = {.count = outer * chunks * inner, .size = {(int64_t)(outer * chunks * inner)}, .rank = 1,
                       .register_count = 1, .register_bytes = MK_BLOCK * 8, .operand_count = 1, .result_count = 1,
                       .operands = &parts_operand, .results = &parts_result};
    mk_reduce_args rest = {&copy, {0, 3}, outer, chunks, inner, mk_reduce_chunk(outer, chunks, inner, dtype), (uint8_t)operation, dtype, 0, 0, {{0, 0}}};
    memset(again, 0x55, outputs * bytes);
    run(rest, wide, 2);
    if (memcmp(y, again, outputs * bytes)) fail("two calls", outer, reduced, inner, dtype, operation, 0, 0, 0);
    free(partial);
  }
  free(x), free(y), free(again), free(want), free(size);
}

// Sums of x, x * z and x * z * z in one walk that writes x * z as well, against one walk for each.
static void check_side_by_side(size_t outer, size_t reduced, size_t inner, mk_dtype dtype) {
  size_t count = outer * reduced * inner, outputs = outer * inner, bytes = mk_size(dtype);
  char *x = malloc(count * bytes + 1), *z = malloc(count * bytes + 1), *product = malloc(count * bytes + 1);
  for (size_t i = 0; i < count; i++) {
    set(x, dtype, i, (double)(int64_t)next() * 0x1p-63);
    set(z, dtype, i, (double)(int64_t)next() * 0x1p-62);
  }
  char* y[6];
  for (int k = 0; k < 6; k++) y[k] = malloc(outputs * bytes + 1);
  void* bases[] = {x, z, product, y[0], y[1], y[2], y[3], y[4], y[5]};
  mk_operand operands[] = {{.ref = {0, 0}, .reg = 0, .dtype = dtype}, {.ref = {0, 1}, .reg = 1, .dtype = dtype}};
  mk_block_function multiply = mk_block(mk_isa(), MK_MULTIPLY, dtype);
  mk_step steps[] = {{multiply, 2, 0, 1, 0}, {multiply, 3, 2, 1, 0}};
  mk_result results[] = {{.reg = 0, .dtype = dtype}, {.reg = 2, .dtype = dtype}, {.reg = 3, .dtype = dtype},
                         {{0, 2}, 2, dtype, inner % 2 == 0}};
  mk_program program = {.count = count, .size = {(int64_t)(outer * reduced), (int64_t)inner}, .rank = 2, .register_count = 4,
                        .register_bytes = MK_BLOCK * 8, .operand_count = 2, .step_count = 2, .result_count = 4,
                        .operands = operands, .steps = steps, .results = results};
  mk_reduce_args args = {&program, {0, 3}, outer, reduced, inner, mk_reduce_chunk(outer, reduced, inner, dtype),
                         MK_SUM, dtype, 0, 2, {{0, 4}, {0, 5}}};
  for (int k = 0; k < 3; k++) {
    mk_program alone = program;
    alone.results = &results[k];
    alone.result_count = 1;
    mk_result own = results[k];
    own.direct = 0;
    alone.results = &own;
    mk_reduce_args single = args;
    single.map = &alone;
    single.more = 0;
    single.y = (mk_ref){0, (uint32_t)(6 + k)};
    run(single, bases, 1);
  }
  static const uint32_t parts[] = {1, 2, 3, 7};
  for (int p = 0; p < 4; p++) {
    memset(product, 0x55, count * bytes);
    for (int k = 0; k < 3; k++) memset(y[k], 0x55, outputs * bytes);
    run(args, bases, parts[p]);
    for (int k = 0; k < 3; k++)
      if (memcmp(y[k], y[3 + k], outputs * bytes)) fail("side by side", outer, reduced, inner, dtype, k, parts[p], 0, 0);
    for (size_t i = 0; i < count; i++)
      if (get(product, dtype, i) != (dtype == MK_F32 ? (double)(((float*)x)[i] * ((float*)z)[i]) : get(x, dtype, i) * get(z, dtype, i))) {
        fail("written on the way", outer, reduced, inner, dtype, 0, i, get(product, dtype, i), 0);
        break;
      }
  }
  for (int k = 0; k < 6; k++) free(y[k]);
  free(x), free(z), free(product);
}

static void check_arg(size_t outer, size_t reduced, size_t inner, mk_dtype dtype, int minimum, int nans) {
  size_t count = outer * reduced * inner;
  char* x = malloc(count * mk_size(dtype) + 1);
  for (size_t i = 0; i < count; i++)
    set(x, dtype, i, nans && next() % (reduced + 1) == 0 ? (double)NAN : (double)(next() % (dtype == MK_BOOL ? 2 : 100)));
  int32_t* y = malloc(outer * inner * 4 + 1);
  void* bases[] = {x, y};
  mk_arg_args args = {{0, 0}, {0, 1}, outer, reduced, inner, dtype, (uint8_t)minimum};
  static const uint32_t parts[] = {1, 2, 3, 7};
  for (int k = 0; k < 4; k++) {
    memset(y, 0x55, outer * inner * 4);
    for (uint32_t part = 0; part < parts[k]; part++) mk_arg_extreme(&args, &(mk_context){bases, 0, part, parts[k]});
    for (size_t o = 0; o < outer; o++)
      for (size_t i = 0; i < inner; i++) {
        size_t best = 0;
        for (size_t r = 0; r < reduced; r++) {
          double u = get(x, dtype, (o * reduced + r) * inner + i), v = get(x, dtype, (o * reduced + best) * inner + i);
          if (v == v && (u != u || (minimum ? u < v : u > v))) best = r;
        }
        if (y[o * inner + i] != (int32_t)best)
          fail("arg", outer, reduced, inner, dtype, minimum, o * inner + i, y[o * inner + i], (double)best);
      }
  }
  free(x), free(y);
}

static void check_cumulate(size_t outer, size_t reduced, size_t inner, mk_dtype dtype, int flags) {
  size_t count = outer * reduced * inner, bytes = mk_size(dtype);
  char *x = malloc(count * bytes + 1), *y = malloc(count * bytes + 1), *want = malloc(count * bytes + 1);
  mk_cumulate_args args = {{0, 0}, {0, 1}, outer, reduced, inner, dtype, flags & 1, flags >> 1 & 1, flags >> 2 & 1};
  for (size_t i = 0; i < count; i++)
    set(x, dtype, i, args.product ? (double)(next() % 2 + 1) : dtype <= MK_F64 ? (double)(int64_t)next() * 0x1p-63 : (double)(next() % 200));
  for (size_t o = 0; o < outer; o++)
    for (size_t i = 0; i < inner; i++) {
      float f = args.product;
      double d = args.product;
      uint64_t n = args.product;
      for (size_t k = 0; k < reduced; k++) {
        size_t at = (o * reduced + (args.reverse ? reduced - 1 - k : k)) * inner + i;
        double v = get(x, dtype, at);
        if (args.exclusive) set(want, dtype, at, dtype == MK_F32 ? (double)f : dtype == MK_F64 ? d : wrapped((double)(int64_t)n, dtype));
        if (args.product) f *= (float)v, d *= v, n *= (uint64_t)v;
        else f += (float)v, d += v, n += (uint64_t)v;
        if (dtype == MK_U8) n = (uint8_t)n;
        if (dtype == MK_I32) n = (uint32_t)n;
        if (!args.exclusive) set(want, dtype, at, dtype == MK_F32 ? (double)f : dtype == MK_F64 ? d : wrapped((double)(int64_t)n, dtype));
      }
    }
  if (dtype == MK_I64 && args.product && reduced > 50) {  // beyond what float64 holds
    free(x), free(y), free(want);
    return;
  }
  static const uint32_t parts[] = {1, 2, 3, 7};
  for (int k = 0; k < 4; k++) {
    void* bases[] = {x, y};
    memset(y, 0x55, count * bytes);
    for (uint32_t part = 0; part < parts[k]; part++) mk_cumulate(&args, &(mk_context){bases, 0, part, parts[k]});
    if (memcmp(y, want, count * bytes)) fail("cumulate", outer, reduced, inner, dtype, flags, parts[k], 0, 0);
  }
  void* bases[] = {x, x};
  mk_cumulate(&args, &(mk_context){bases, 0, 0, 1});
  if (memcmp(x, want, count * bytes)) fail("cumulate in place", outer, reduced, inner, dtype, flags, 0, 0, 0);
  free(x), free(y), free(want);
}

int check_reduce(void) {
  failures = 0;
  for (size_t n = 0; n < 68; n++)
    for (int k = 0; k < 4; k++) {
      size_t others[] = {1, 3, 33, 1500};
      check_side_by_side(3, others[k], n, n % 2 ? MK_F32 : MK_F64);
      check_side_by_side(1 + n % 3, n, others[k], n % 2 ? MK_F64 : MK_F32);
    }
  check_side_by_side(1, 40000, 3, MK_F32), check_side_by_side(2, 70000, 1, MK_F32);
  static const size_t small[][3] = {
      {1, 0, 1}, {3, 0, 4}, {0, 5, 2}, {2, 5, 0}, {1, 1, 1}, {5, 10, 1}, {130, 10, 1}, {7, 33, 1}, {3, 100, 1}, {2, 1024, 1},
      {2, 1025, 1}, {3, 5000, 1}, {1, 40, 3}, {2, 50, 10}, {3, 32, 17}, {2, 33, 63}, {1, 200, 64}, {2, 77, 100}, {1, 40, 129},
      {2, 5, 513}, {1, 70, 1024}, {1, 3, 1500}, {2, 40, 2100}, {4, 9, 7}, {1, 64, 260}};
  for (size_t k = 0; k < sizeof small / sizeof *small; k++)
    for (mk_dtype dtype = 0; dtype < MK_DTYPES; dtype++)
      for (int operation = 0; operation < 6; operation++)
        for (int map = 0; map < MAPS; map++) {
          if ((dtype == MK_BOOL) != (operation >= MK_ANY)) continue;
          check_reduction(small[k][0], small[k][1], small[k][2], dtype, operation, map, 0);
          if (dtype <= MK_F64) check_reduction(small[k][0], small[k][1], small[k][2], dtype, operation, map, 1);
        }
  for (size_t n = 0; n <= 67; n++)
    for (int operation = MK_SUM; operation <= MK_MIN; operation++) {
      check_reduction(3, n, 1, MK_F32, operation, PLAIN, 0);
      check_reduction(1, n, 5, MK_F64, operation, MAPPED, 0);
      check_reduction(1, 65, n, MK_F32, operation, STRIDED, 1);
    }
  static const size_t big[][3] = {{1, 100000, 1}, {1, 1200000, 1}, {2, 70001, 4}, {1, 3137, 64}, {3, 3000, 33}, {1, 300, 512}, {1, 200, 1111}};
  for (size_t k = 0; k < sizeof big / sizeof *big; k++)
    for (int map = 0; map < MAPS; map++) {
      check_reduction(big[k][0], big[k][1], big[k][2], MK_F32, MK_SUM, map, 0);
      check_reduction(big[k][0], big[k][1], big[k][2], MK_F32, MK_MAX, map, 1);
      check_reduction(big[k][0], big[k][1], big[k][2], MK_I32, MK_SUM, map, 0);
    }
  for (size_t k = 0; k < sizeof small / sizeof *small; k++)
    for (mk_dtype dtype = 0; dtype < MK_DTYPES; dtype++) {
      if (small[k][1] > 0)
        for (int minimum = 0; minimum < 2; minimum++) {
          check_arg(small[k][0], small[k][1], small[k][2], dtype, minimum, 0);
          if (dtype <= MK_F64) check_arg(small[k][0], small[k][1], small[k][2], dtype, minimum, 1);
        }
      if (dtype != MK_BOOL)
        for (int flags = 0; flags < 8; flags++) check_cumulate(small[k][0], small[k][1], small[k][2], dtype, flags);
    }
  return failures;
}
