// Block functions against scalar ones in float64, every level this machine can run.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernelChecks.h"
#include "mk_elementwise.h"

// MARK: Twins

static double sigmoid(double x) {
  double e = exp(-fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
static double softplus(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
static double end_at_zero(double x, double y) { return x == -INFINITY ? -0.0 : y; }
static double gelu(double x) { return end_at_zero(x, 0.5 * x * erfc(-x / sqrt(2))); }
static double gelu_tanh(double x) {
  return end_at_zero(x, x * sigmoid(2 * sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}
static double silu(double x) { return end_at_zero(x, x * sigmoid(x)); }
static double mish(double x) {
  double e = exp(-fabs(x));
  if (x > 0) return x * (1 + 2 * e) / (1 + 2 * e + 2 * e * e);
  return end_at_zero(x, x * (e * e + 2 * e) / (e * e + 2 * e + 2));
}
static double square(double x) { return x * x; }
static double negate(double x) { return -x; }
static double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
static double rsqrt(double x) { return 1 / sqrt(x); }
static double reciprocal(double x) { return 1 / x; }
static double relu(double x) { return x < 0 ? 0 : x; }

static double add(double a, double b) { return a + b; }
static double subtract(double a, double b) { return a - b; }
static double multiply(double a, double b) { return a * b; }
static double divide(double a, double b) { return a / b; }
static double minimum(double a, double b) { return a != a ? a : b != b ? b : a < b ? a : b; }
static double maximum(double a, double b) { return a != a ? a : b != b ? b : a > b ? a : b; }
static double relu_gradient(double dy, double y) { return y > 0 ? dy : y != y ? y : 0; }
static double remainder_down(double a, double b) {
  double r = fmod(a, b);
  return r == 0 ? copysign(0, b) : (r < 0) != (b < 0) ? r + b : r;
}
static double divide_down(double a, double b) {
  if (b == 0 || isnan(a) || isnan(b) || isinf(a)) return isinf(a) && b != 0 && !isnan(b) ? NAN : a / b;
  double r = fmod(a, b), q = (a - r) / b - (r != 0 && (r < 0) != (b < 0));
  return q == 0 ? copysign(0, a / b) : rint(q);
}

// The promise in units in the last place, float32 and float64 (the C library's own error included).
typedef struct { mk_operation operation; double (*f)(double); double single, dbl; } unary;
static const unary unaries[] = {
    {MK_NEGATE, negate, 0, 0}, {MK_ABS, fabs, 0, 0}, {MK_SIGN, sign, 0, 0}, {MK_SQUARE, square, 0.5, 0},
    {MK_SQRT, sqrt, 0.5, 0}, {MK_RSQRT, rsqrt, 2, 1}, {MK_RECIPROCAL, reciprocal, 0.5, 0},
    {MK_EXP, exp, 2, 1}, {MK_EXPM1, expm1, 4, 1}, {MK_LOG, log, 2, 1}, {MK_LOG1P, log1p, 4, 1},
    {MK_LOG2, log2, 2, 1}, {MK_SIN, sin, 4, 1}, {MK_COS, cos, 4, 1}, {MK_TAN, tan, 4, 1},
    {MK_ASIN, asin, 4, 1}, {MK_ACOS, acos, 4, 1}, {MK_ATAN, atan, 4, 1}, {MK_SINH, sinh, 4, 1},
    {MK_COSH, cosh, 4, 1}, {MK_TANH, tanh, 4, 1}, {MK_SIGMOID, sigmoid, 4, 1},
    {MK_SOFTPLUS, softplus, 4, 1}, {MK_ERF, erf, 4, 1}, {MK_FLOOR, floor, 0, 0}, {MK_CEIL, ceil, 0, 0},
    {MK_ROUND, rint, 0, 0}, {MK_RELU, relu, 0, 0}, {MK_GELU, gelu, 4, 2048}, {MK_GELU_TANH, gelu_tanh, 4, 2048},
    {MK_SILU, silu, 4, 2}, {MK_MISH, mish, 4, 8},
};
typedef struct { mk_operation operation; double (*f)(double, double); double single, dbl; } binary;
static const binary binaries[] = {
    {MK_ADD, add, 0.5, 0}, {MK_SUBTRACT, subtract, 0.5, 0}, {MK_MULTIPLY, multiply, 0.5, 0},
    {MK_DIVIDE, divide, 0.5, 0}, {MK_MINIMUM, minimum, 0, 0}, {MK_MAXIMUM, maximum, 0, 0},
    {MK_RELU_GRADIENT, relu_gradient, 0, 0}, {MK_POW, pow, 4, 1}, {MK_ATAN2, atan2, 4, 1},
    {MK_REMAINDER, remainder_down, 1, 0}, {MK_FLOOR_DIVIDE, divide_down, 1.5, 1},
};

// MARK: Comparing

static int failures;
static void fail(const char* what, int operation, int level, double a, double b, double got, double want) {
  if (failures++ < 40)
    fprintf(stderr, "%s: operation %d at %s of %.9g (%a), %.9g: got %.9g, expected %.9g\n", what,
            operation, mk_isa_name(level), a, a, b, got, want);
}

static int same_zero(double x, double y) { return x != 0 || signbit(x) == signbit(y); }

// Distance in units of float32's last place at `want`; 0 where both are the same special value.
static double distance32(float got, double want) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : INFINITY;
  if ((double)got == want) return same_zero(want, got) ? 0 : INFINITY;
  if (isinf(want)) return INFINITY;
  int exponent;
  frexp(want, &exponent);
  double unit = ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
  // Infinity stands for the number after the largest.
  double value = isinf(got) ? copysign(ldexp(1, 128), got) : got;
  if (fabs(want) > ldexp(1, 128)) return isinf(got) && (got > 0) == (want > 0) ? 0 : INFINITY;
  if (exponent > 128) unit = ldexp(1, 104);
  return fabs(value - want) / unit;
}

static double distance64(double got, double want) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : INFINITY;
  if (got == want) return same_zero(want, got) ? 0 : INFINITY;
  if (isinf(want) || isinf(got)) return INFINITY;
  int exponent;
  frexp(want, &exponent);
  return fabs(got - want) / ldexp(1, (exponent < -1021 ? -1021 : exponent) - 53);
}

static uint64_t state = 1;
static uint64_t next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

static const double specials[] = {
    0.0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 1.5, -2.5, 3, -3, 1e-45, -1e-45, 1e-38, -1e-38, 1.1754944e-38, 1e-20,
    -1e-20, 88.72283, 88.72284, -87.33655, -103.97, -104, -14.5, 9.02, 1e4, -1e4, 8388607.5, 8388608, -8388609,
    16777216, 1e9, -1e9, 2147483648.0, 3.4028235e38, -3.4028235e38, 0.99999994, 1.0000001, -0.99999994, 0.7071068,
    3.14159274, 1.57079637, 100.5, -100.5, 5.3, -5.3, 7, -7, 1e30, (double)INFINITY, (double)-INFINITY, (double)NAN};
enum { SPECIALS = sizeof specials / sizeof *specials };

// MARK: Checks

// One result an element at a time, then in bulk at every length, offset and in place.
static void check_shapes(int level, mk_operation operation, mk_dtype dtype, mk_dtype y_dtype, int inputs,
                         const char* a, const char* b, const char* c, size_t a_bytes) {
  enum { MOST = 68 };
  mk_block_function f = mk_block(level, operation, dtype);
  size_t bytes = mk_size(dtype), y_bytes = mk_size(y_dtype);
  char single[MOST * 8];
  for (size_t i = 0; i < MOST; i++)
    f(single + i * y_bytes, a + i * a_bytes, b + i * bytes, c ? c + i * bytes : 0, 1);
  for (size_t n = 0; n < MOST; n++) {
    for (int shift = 0; shift < 2; shift++) {
      // Exact allocations, so that a sanitizer sees any access beyond; shift makes them misaligned.
      char* y = malloc(n * y_bytes + 2 + (size_t)shift);
      char *u = malloc(n * a_bytes + (size_t)shift), *v = malloc(n * bytes + (size_t)shift);
      memcpy(u + shift, a, n * a_bytes);
      memcpy(v + shift, b, n * bytes);
      y[shift + n * y_bytes] = 77;
      f(y + shift, u + shift, inputs > 1 ? v + shift : 0, inputs > 2 ? c : 0, n);
      if (memcmp(y + shift, single, n * y_bytes) || y[shift + n * y_bytes] != 77)
        fail("length", operation, level, (double)n, shift, 0, 0);
      if (y_bytes == a_bytes) {
        f(u + shift, u + shift, inputs > 1 ? v + shift : 0, inputs > 2 ? c : 0, n);
        if (memcmp(u + shift, single, n * y_bytes)) fail("in place", operation, level, (double)n, shift, 0, 0);
      }
      free(y), free(u), free(v);
    }
  }
}

static void check_unary(int level, const unary* u) {
  // Every STRIDE-th float, and the special values first.
  enum { BLOCK = 4096, STRIDE = 9973 };
  static float x[BLOCK], y[BLOCK];
  mk_block_function f = mk_block(level, u->operation, MK_F32);
  int special = 0;
  for (uint64_t bits = 0; bits < 1ull << 32;) {
    int n = 0;
    for (; n < BLOCK && special < SPECIALS; n++) x[n] = (float)specials[special++];
    for (; n < BLOCK && bits < 1ull << 32; n++, bits += STRIDE) {
      uint32_t low = (uint32_t)bits;
      memcpy(x + n, &low, 4);
    }
    f(y, x, 0, 0, (size_t)n);
    for (int i = 0; i < n; i++) {
      double want = u->f((double)x[i]);
      if (y[i] == (float)want && want != 0 && u->single >= 0.5) continue;
      if (distance32(y[i], want) > u->single) fail("float32", u->operation, level, (double)x[i], 0, (double)y[i], want);
    }
    if (bits < BLOCK * (uint64_t)STRIDE)
      check_shapes(level, u->operation, MK_F32, MK_F32, 1, (char*)x, (char*)x, 0, 4);
  }
  static double dx[SPECIALS + 100], dy[SPECIALS + 100];
  for (int i = 0; i < SPECIALS + 100; i++)
    dx[i] = i < SPECIALS ? specials[i] : ldexp((double)(int64_t)next(), (int)(next() % 40) - 80);
  mk_block(level, u->operation, MK_F64)(dy, dx, 0, 0, SPECIALS + 100);
  for (int i = 0; i < SPECIALS + 100; i++) {
    double right = u->f(dx[i]);
    if (distance64(dy[i], right) > u->dbl) fail("float64", u->operation, level, dx[i], 0, dy[i], right);
  }
  check_shapes(level, u->operation, MK_F64, MK_F64, 1, (char*)dx, (char*)dx, 0, 8);
}

static void check_binary(int level, const binary* o) {
  enum { RANDOM = 20000, ALL = SPECIALS * SPECIALS + RANDOM };
  static float a[ALL], b[ALL], y[ALL];
  static double da[ALL], db[ALL], dy[ALL];
  for (int i = 0; i < ALL; i++) {
    if (i < SPECIALS * SPECIALS) {
      da[i] = specials[i / SPECIALS], db[i] = specials[i % SPECIALS];
    } else if (i % 2) {
      uint32_t low = (uint32_t)next(), high = (uint32_t)next();
      float u, v;
      memcpy(&u, &low, 4), memcpy(&v, &high, 4);
      da[i] = (double)u, db[i] = (double)v;
    } else {
      da[i] = ldexp((double)(int64_t)next(), (int)(next() % 20) - 72);
      db[i] = ldexp((double)(int64_t)next(), (int)(next() % 10) - 66);
    }
    a[i] = (float)da[i], b[i] = (float)db[i];
  }
  mk_block(level, o->operation, MK_F32)(y, a, b, 0, ALL);
  mk_block(level, o->operation, MK_F64)(dy, da, db, 0, ALL);
  for (int i = 0; i < ALL; i++) {
    double u = (double)a[i], v = (double)b[i], want = o->f(u, v);
    // A quotient that its type can hardly tell from an integer may round to the next one.
    int loose = o->operation == MK_FLOOR_DIVIDE && (isnan(want) || fabs(want) > 1048576);
    if (!loose && distance32(y[i], want) > o->single) fail("float32", o->operation, level, u, v, (double)y[i], want);
    want = o->f(da[i], db[i]);
    loose = o->operation == MK_FLOOR_DIVIDE && (isnan(want) || fabs(want) > 0x1p49);
    if (!loose && distance64(dy[i], want) > o->dbl) fail("float64", o->operation, level, da[i], db[i], dy[i], want);
  }
  size_t from = SPECIALS * 11;
  check_shapes(level, o->operation, MK_F32, MK_F32, 2, (char*)(a + from), (char*)(b + from), 0, 4);
  check_shapes(level, o->operation, MK_F64, MK_F64, 2, (char*)(da + from), (char*)(db + from), 0, 8);
}

// Comparisons, tests and selection, of any type, by converting to float64 or int64.
static int64_t integer_at(const void* p, mk_dtype dtype, size_t i) {
  switch (dtype) {
    case MK_I32: return ((const int32_t*)p)[i];
    case MK_I64: return ((const int64_t*)p)[i];
    default: return ((const uint8_t*)p)[i];
  }
}

static int64_t wrapped(int64_t x, mk_dtype dtype) {
  return dtype == MK_I32 ? (int32_t)x : dtype == MK_U8 ? (uint8_t)x : x;
}

static int64_t integer_twin(mk_operation operation, mk_dtype dtype, int64_t a, int64_t b) {
  uint64_t u = (uint64_t)a, v = (uint64_t)b;
  __int128 q = 0, r = 0;
  if (b != 0) {
    q = (__int128)a / b, r = (__int128)a % b;
    if (r != 0 && (r < 0) != (b < 0)) q--, r += b;
  }
  switch (operation) {
    case MK_ADD: return wrapped((int64_t)(u + v), dtype);
    case MK_SUBTRACT: return wrapped((int64_t)(u - v), dtype);
    case MK_MULTIPLY: return wrapped((int64_t)(u * v), dtype);
    case MK_MINIMUM: return a < b ? a : b;
    case MK_MAXIMUM: return a > b ? a : b;
    case MK_FLOOR_DIVIDE: return wrapped((int64_t)q, dtype);
    case MK_REMAINDER: return (int64_t)r;
    case MK_NEGATE: return wrapped((int64_t)(0 - u), dtype);
    case MK_ABS: return a < 0 ? wrapped((int64_t)(0 - u), dtype) : a;
    case MK_SIGN: return (a > 0) - (a < 0);
    case MK_SQUARE: return wrapped((int64_t)(u * u), dtype);
    case MK_AND: return a & b;
    case MK_OR: return a | b;
    case MK_XOR: return a ^ b;
    case MK_NOT: return !a;
    case MK_EQUAL: return a == b;
    case MK_NOT_EQUAL: return a != b;
    case MK_LESS: return a < b;
    case MK_LESS_EQUAL: return a <= b;
    case MK_GREATER: return a > b;
    default: return a >= b;
  }
}

static void check_integers(int level, mk_dtype dtype) {
  enum { COUNT = 1500 };
  static const int64_t edges[] = {0, 1, -1, 2, -2, 3, -7, 100, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 255, 128};
  enum { EDGES = sizeof edges / sizeof *edges };
  static int64_t a[COUNT], b[COUNT], y[COUNT];
  for (size_t i = 0; i < COUNT; i++) {
    int64_t u = i < EDGES * EDGES ? edges[i / EDGES] : (int64_t)next() >> (next() % 60);
    int64_t v = i < EDGES * EDGES ? edges[i % EDGES] : (int64_t)next() >> (next() % 60);
    if (dtype == MK_BOOL) u &= 1, v &= 1;
    if (dtype == MK_I64) a[i] = u, b[i] = v;
    if (dtype == MK_I32) ((int32_t*)a)[i] = (int32_t)u, ((int32_t*)b)[i] = (int32_t)v;
    if (dtype == MK_U8 || dtype == MK_BOOL) ((uint8_t*)a)[i] = (uint8_t)u, ((uint8_t*)b)[i] = (uint8_t)v;
  }
  static const mk_operation numeric[] = {MK_ADD, MK_SUBTRACT, MK_MULTIPLY, MK_MINIMUM, MK_MAXIMUM, MK_FLOOR_DIVIDE,
                                         MK_REMAINDER, MK_NEGATE, MK_ABS, MK_SIGN, MK_SQUARE};
  static const mk_operation logical[] = {MK_AND, MK_OR, MK_XOR, MK_NOT};
  static const mk_operation comparisons[] = {MK_EQUAL, MK_NOT_EQUAL, MK_LESS, MK_LESS_EQUAL, MK_GREATER, MK_GREATER_EQUAL};
  const mk_operation* own = dtype == MK_BOOL ? logical : numeric;
  int owned = dtype == MK_BOOL ? 4 : 11;
  for (int k = 0; k < owned + 6; k++) {
    mk_operation operation = k < owned ? own[k] : comparisons[k - owned];
    mk_dtype y_dtype = k < owned ? dtype : MK_BOOL;
    mk_block(level, operation, dtype)(y, a, b, 0, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
      int64_t want = integer_twin(operation, dtype, integer_at(a, dtype, i), integer_at(b, dtype, i));
      if (integer_at(y, y_dtype, i) != want)
        fail("integer", operation, level, (double)integer_at(a, dtype, i), (double)integer_at(b, dtype, i),
             (double)integer_at(y, y_dtype, i), (double)want);
    }
    check_shapes(level, operation, dtype, y_dtype, 2, (char*)a, (char*)b, 0, mk_size(dtype));
  }
}

static void check_floating_tests(int level) {
  enum { ALL = SPECIALS * SPECIALS };
  static double a[ALL], b[ALL];
  static float fa[ALL], fb[ALL];
  static uint8_t y[ALL], fy[ALL];
  for (int i = 0; i < ALL; i++) {
    a[i] = (double)(fa[i] = (float)specials[i / SPECIALS]);
    b[i] = (double)(fb[i] = (float)specials[i % SPECIALS]);
  }
  for (int operation = 0; operation < MK_OPERATION_COUNT; operation++) {
    if (!(operation >= MK_EQUAL && operation <= MK_GREATER_EQUAL) &&
        !(operation >= MK_IS_NAN && operation <= MK_IS_FINITE)) continue;
    mk_block(level, (mk_operation)operation, MK_F64)(y, a, b, 0, ALL);
    mk_block(level, (mk_operation)operation, MK_F32)(fy, fa, fb, 0, ALL);
    for (int i = 0; i < ALL; i++) {
      double u = a[i], v = b[i];
      int want = operation == MK_EQUAL ? u == v : operation == MK_NOT_EQUAL ? u != v : operation == MK_LESS ? u < v
               : operation == MK_LESS_EQUAL ? u <= v : operation == MK_GREATER ? u > v : operation == MK_GREATER_EQUAL ? u >= v
               : operation == MK_IS_NAN ? isnan(u) : operation == MK_IS_INF ? isinf(u) : isfinite(u);
      if (y[i] != !!want || fy[i] != !!want) fail("test", operation, level, u, v, y[i], want);
    }
    check_shapes(level, (mk_operation)operation, MK_F32, MK_BOOL, 2, (char*)fa, (char*)fb, 0, 4);
    check_shapes(level, (mk_operation)operation, MK_F64, MK_BOOL, 2, (char*)a, (char*)b, 0, 8);
  }
  static uint8_t chosen[ALL];
  static char z[ALL * 8];
  for (int i = 0; i < ALL; i++) chosen[i] = next() % 2;
  for (mk_dtype dtype = 0; dtype < MK_DTYPES; dtype++) {
    size_t bytes = mk_size(dtype);
    mk_block(level, MK_SELECT, dtype)(z, chosen, a, b, ALL);
    for (size_t i = 0; i < ALL; i++)
      if (memcmp(z + i * bytes, (chosen[i] ? (char*)a : (char*)b) + i * bytes, bytes))
        fail("select", MK_SELECT, level, (double)i, dtype, 0, 0);
    check_shapes(level, MK_SELECT, dtype, dtype, 3, (char*)chosen, (char*)a, (char*)b, 1);
    check_shapes(level, MK_COPY, dtype, dtype, 1, (char*)a, (char*)a, 0, bytes);
  }
}

static double value_at(const void* p, mk_dtype dtype, size_t i) {
  return dtype == MK_F32 ? (double)((const float*)p)[i] : dtype == MK_F64 ? ((const double*)p)[i]
                                                         : (double)integer_at(p, dtype, i);
}

static int64_t saturated(double x, double low, double high, int64_t least, int64_t most) {
  return isnan(x) ? 0 : x <= low ? least : x >= high ? most : (int64_t)x;
}

static void check_casts(int level) {
  enum { COUNT = SPECIALS + 400 };
  static char x[COUNT * 8], y[COUNT * 8];
  for (mk_dtype from = 0; from < MK_DTYPES; from++) {
    for (size_t i = 0; i < COUNT; i++) {
      double v = i < SPECIALS ? specials[i] : ldexp((double)(int64_t)next(), -(int)(next() % 70));
      uint64_t bits = i % 3 ? next() : next() >> (next() % 64);
      if (from == MK_F32) ((float*)x)[i] = (float)v;
      else if (from == MK_F64) ((double*)x)[i] = v;
      else if (from == MK_BOOL) x[i] = (char)(bits & 1);
      else memcpy(x + i * mk_size(from), &bits, mk_size(from));
    }
    for (mk_dtype to = 0; to < MK_DTYPES; to++) {
      mk_cast(level, from, to)(y, x, 0, 0, COUNT);
      int floating = from == MK_F32 || from == MK_F64;
      for (size_t i = 0; i < COUNT; i++) {
        double v = value_at(x, from, i);
        int64_t n = floating ? 0 : integer_at(x, from, i);
        int right;
        if (to == MK_F32) {
          float want = floating ? (float)v : (float)n, got = ((float*)y)[i];
          right = memcmp(&want, &got, 4) == 0 || (isnan(want) && isnan(got));
        } else if (to == MK_F64) {
          double want = floating ? v : (double)n, got = ((double*)y)[i];
          right = memcmp(&want, &got, 8) == 0 || (isnan(want) && isnan(got));
        } else {
          int64_t want = to == MK_BOOL ? (floating ? v != 0 : n != 0)
                         : !floating   ? wrapped(n, to)
                         : to == MK_I32 ? saturated(v, -2147483648.0, 2147483647.0, INT32_MIN, INT32_MAX)
                         : to == MK_I64 ? saturated(v, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX)
                                        : saturated(v, 0, 255, 0, 255);
          right = integer_at(y, to, i) == want;
        }
        if (!right) fail("cast", from * 10 + to, level, v, (double)n, value_at(y, to, i), 0);
      }
    }
  }
}

static void check_iota(void) {
  float y[1000], start = 3, step = 0.1f;
  int32_t z[1000], first = INT32_MAX - 5, second = 7;
  void* bases[] = {y, &start, &step, z, &first, &second};
  for (uint32_t parts = 1; parts < 8; parts++) {
    memset(y, 0, sizeof y);
    for (uint32_t part = 0; part < parts; part++) {
      mk_context context = {.bases = bases, .part = part, .parts = parts};
      mk_iota(&(mk_iota_args){{0, 0}, {0, 1}, {0, 2}, 1000, MK_F32}, &context);
      mk_iota(&(mk_iota_args){{0, 3}, {0, 4}, {0, 5}, 1000, MK_I32}, &context);
    }
    for (int i = 0; i < 1000; i++) {
      if (y[i] != (float)(3 + i * (double)step)) fail("iota", 0, 0, i, parts, (double)y[i], 3 + i * 0.1);
      if (z[i] != (int32_t)((uint32_t)first + (uint32_t)i * 7u)) fail("iota", 0, 0, i, parts, z[i], 0);
    }
  }
}

int check_elementwise(void) {
  failures = 0;
  for (mk_isa_level level = 0; level < MK_ISAS; level++) {
    if (!mk_isa_supported(level)) continue;
    for (size_t i = 0; i < sizeof unaries / sizeof *unaries; i++) check_unary(level, &unaries[i]);
    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++) check_binary(level, &binaries[i]);
    for (mk_dtype dtype = MK_I32; dtype <= MK_BOOL; dtype++) check_integers(level, dtype);
    check_floating_tests(level);
    check_casts(level);
  }
  check_iota();
  return failures;
}
