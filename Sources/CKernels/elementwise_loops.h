// The block functions of one instruction set: y[i] = f(a[i], b[i], c[i]), y [count], a, b, c [count].
//
// float32 runs on explicit vectors, its tail through the same code; the other types are plain loops
// for the compiler to widen. No operation is contracted with another.

#include "vector.h"
#include "vector_math.h"
#include "vector_angles.h"
#include "float_functions.h"

#define LOOP_HEAD(name) \
  static __attribute__((noinline)) void V(name)(void* y, const void* a, const void* b, const void* c, size_t count)

// float32, whole vectors of `u` = a[i…] and `v` = b[i…]. The rest goes through the same loop by way
// of a padded copy: one instance of the code, hence the same bits wherever an element stands.
#define FLOATS_UNARY(name, expression)                             \
  LOOP_HEAD(name##_F32) {                                          \
    (void)b, (void)c;                                              \
    const char* p = a;                                             \
    char *z = y, *end = y;                                         \
    float pad[MK_LANES];                                           \
    size_t rest = 0;                                               \
    for (;;) {                                                     \
      for (; count >= MK_LANES; count -= MK_LANES) {               \
        Floats u = V(load)(p);                                     \
        V(store)(z, expression);                                   \
        p += MK_BYTES, z += MK_BYTES;                              \
      }                                                            \
      if (count == 0) break;                                       \
      V(store)(pad, V(load_some)(p, count));                       \
      rest = count, end = z, count = MK_LANES;                     \
      p = (const char*)pad, z = (char*)pad;                        \
    }                                                              \
    if (rest) V(store_some)(end, V(load)(pad), rest);              \
  }

#define FLOATS_BINARY(name, expression)                            \
  LOOP_HEAD(name##_F32) {                                          \
    (void)c;                                                       \
    const char *p = a, *q = b;                                     \
    char *z = y, *end = y;                                         \
    float pad[MK_LANES], second[MK_LANES];                         \
    size_t rest = 0;                                               \
    for (;;) {                                                     \
      for (; count >= MK_LANES; count -= MK_LANES) {               \
        Floats u = V(load)(p), v = V(load)(q);                     \
        V(store)(z, expression);                                   \
        p += MK_BYTES, q += MK_BYTES, z += MK_BYTES;               \
      }                                                            \
      if (count == 0) break;                                       \
      V(store)(pad, V(load_some)(p, count));                       \
      V(store)(second, V(load_some)(q, count));                    \
      rest = count, end = z, count = MK_LANES;                     \
      p = (const char*)pad, q = (const char*)second, z = (char*)pad; \
    }                                                              \
    if (rest) V(store_some)(end, V(load)(pad), rest);              \
  }

// Any type, of `u` = a[i], `v` = b[i] of type `in`.
#define PLAIN_LOOP(hint, name, T, out, in, local, second, expression)  \
  LOOP_HEAD(name##_##T) {                                              \
    (void)b, (void)c;                                                  \
    out* z = y;                                                        \
    const in* p = a;                                                   \
    hint for (size_t i = 0; i < count; i++) {                          \
      local u = p[i];                                                  \
      second z[i] = expression;                                        \
    }                                                                  \
  }
#define UNARY(name, T, t, local, expression) \
  PLAIN_LOOP(MK_VECTOR_LOOP, name, T, t, t, local, , expression)
#define BINARY(name, T, t, local, expression) \
  PLAIN_LOOP(MK_VECTOR_LOOP, name, T, t, t, local, local v = ((const t*)b)[i];, expression)
#define TEST(name, T, t, local, expression) \
  PLAIN_LOOP(MK_VECTOR_LOOP, name, T, mk_bool, t, local, , expression)
#define COMPARISON(name, T, t, local, expression) \
  PLAIN_LOOP(MK_VECTOR_LOOP, name, T, mk_bool, t, local, local v = ((const t*)b)[i];, expression)
// What calls the C library or divides integers is not widened.
#define SLOW_UNARY(name, T, t, local, expression) PLAIN_LOOP(, name, T, t, t, local, , expression)
#define SLOW_BINARY(name, T, t, local, expression) \
  PLAIN_LOOP(, name, T, t, t, local, local v = ((const t*)b)[i];, expression)

#define COMPARISONS(T, t, local)                \
  COMPARISON(EQUAL, T, t, local, u == v)        \
  COMPARISON(NOT_EQUAL, T, t, local, u != v)    \
  COMPARISON(LESS, T, t, local, u < v)          \
  COMPARISON(LESS_EQUAL, T, t, local, u <= v)   \
  COMPARISON(GREATER, T, t, local, u > v)       \
  COMPARISON(GREATER_EQUAL, T, t, local, u >= v)

// Both values are read before one is chosen: a load under a condition is not widened.
#define EVERY_TYPE(T, t)                                                           \
  LOOP_HEAD(SELECT_##T) {                                                          \
    t* z = y;                                                                      \
    const mk_bool* p = a;                                                          \
    const t *q = b, *r = c;                                                        \
    MK_VECTOR_LOOP for (size_t i = 0; i < count; i++) {                            \
      t u = q[i], v = r[i];                                                        \
      z[i] = p[i] ? u : v;                                                         \
    }                                                                              \
  }                                                                                \
  LOOP_HEAD(COPY_##T) {                                                            \
    (void)b, (void)c;                                                              \
    memmove(y, a, count * sizeof(t));                                              \
  }

// Signed overflow wraps, by way of the unsigned type U.
#define INTEGER(T, t, local, U)                                                     \
  COMPARISONS(T, t, local)                                                          \
  EVERY_TYPE(T, t)                                                                  \
  BINARY(ADD, T, t, local, (local)((U)u + (U)v))                                    \
  BINARY(SUBTRACT, T, t, local, (local)((U)u - (U)v))                               \
  BINARY(MULTIPLY, T, t, local, (local)((U)u * (U)v))                               \
  BINARY(MINIMUM, T, t, local, u < v ? u : v)                                       \
  BINARY(MAXIMUM, T, t, local, u > v ? u : v)                                       \
  SLOW_BINARY(FLOOR_DIVIDE, T, t, local, V(floor_divide_##T)(u, v))                 \
  SLOW_BINARY(REMAINDER, T, t, local, V(remainder_##T)(u, v))                       \
  UNARY(NEGATE, T, t, local, (local)(0 - (U)u))                                     \
  UNARY(ABS, T, t, local, u < 0 ? (local)(0 - (U)u) : u)                            \
  UNARY(SIGN, T, t, local, (local)((u > 0) - (u < 0)))                              \
  UNARY(SQUARE, T, t, local, (local)((U)u * (U)u))

// v = -1 apart: the lowest integer divided by it traps on x86-64.
#define SIGNED_DIVISION(T, local, U)                                  \
  static inline local V(floor_divide_##T)(local u, local v) {         \
    if (v == 0) return 0;                                             \
    if (v == -1) return (local)(0 - (U)u);                            \
    return u / v - (u % v != 0 && (u ^ v) < 0);                       \
  }                                                                   \
  static inline local V(remainder_##T)(local u, local v) {            \
    if (v == 0 || v == -1) return 0;                                  \
    local r = u % v;                                                  \
    return r != 0 && (r ^ v) < 0 ? r + v : r;                         \
  }

SIGNED_DIVISION(I32, int32_t, uint32_t)
SIGNED_DIVISION(I64, int64_t, uint64_t)
static inline uint8_t V(floor_divide_U8)(uint8_t u, uint8_t v) { return v ? u / v : 0; }
static inline uint8_t V(remainder_U8)(uint8_t u, uint8_t v) { return v ? u % v : 0; }

INTEGER(I32, mk_i32, int32_t, uint32_t)
INTEGER(I64, mk_i64, int64_t, uint64_t)
INTEGER(U8, mk_u8, uint8_t, unsigned)

COMPARISONS(BOOL, mk_bool, uint8_t)
EVERY_TYPE(BOOL, mk_bool)
BINARY(AND, BOOL, mk_bool, uint8_t, u & v)
BINARY(OR, BOOL, mk_bool, uint8_t, u | v)
BINARY(XOR, BOOL, mk_bool, uint8_t, u ^ v)
UNARY(NOT, BOOL, mk_bool, uint8_t, u ^ 1)

#define FLOATING_TESTS(T, t, local, infinity)        \
  TEST(IS_NAN, T, t, local, u != u)                  \
  TEST(IS_INF, T, t, local, (u == infinity) | (u == -infinity)) \
  TEST(IS_FINITE, T, t, local, (u < infinity) & (u > -infinity))

COMPARISONS(F32, mk_f32, float)
EVERY_TYPE(F32, mk_f32)
FLOATING_TESTS(F32, mk_f32, float, (float)INFINITY)
SLOW_BINARY(FLOOR_DIVIDE, F32, mk_f32, float, V(floor_divide_F32)(u, v))
SLOW_BINARY(REMAINDER, F32, mk_f32, float, V(remainder_F32)(u, v))
MK_SHORT_BINARY(FLOATS_BINARY)
MK_LONG_BINARY(FLOATS_BINARY)
MK_SHORT_UNARY(FLOATS_UNARY)
MK_LONG_UNARY(FLOATS_UNARY)

#include "chain_loops.h"

#define DOUBLE_BINARY(name, expression) BINARY(name, F64, mk_f64, double, expression)
#define DOUBLE_UNARY(name, expression) UNARY(name, F64, mk_f64, double, expression)
#define DOUBLE_LIBRARY(name, function) SLOW_UNARY(name, F64, mk_f64, double, function(u))

COMPARISONS(F64, mk_f64, double)
EVERY_TYPE(F64, mk_f64)
FLOATING_TESTS(F64, mk_f64, double, (double)INFINITY)
DOUBLE_BINARY(ADD, u + v)
DOUBLE_BINARY(SUBTRACT, u - v)
DOUBLE_BINARY(MULTIPLY, u * v)
DOUBLE_BINARY(DIVIDE, u / v)
DOUBLE_BINARY(MINIMUM, ((u < v) | (u != u)) ? u : v)
DOUBLE_BINARY(MAXIMUM, ((u > v) | (u != u)) ? u : v)
DOUBLE_BINARY(RELU_GRADIENT, v > 0 ? u : v != v ? v : 0)
SLOW_BINARY(FLOOR_DIVIDE, F64, mk_f64, double, mk_floor_divide(u, v))
SLOW_BINARY(REMAINDER, F64, mk_f64, double, mk_remainder(u, v))
SLOW_BINARY(POW, F64, mk_f64, double, pow(u, v))
SLOW_BINARY(ATAN2, F64, mk_f64, double, atan2(u, v))
DOUBLE_UNARY(NEGATE, -u)
DOUBLE_UNARY(ABS, __builtin_fabs(u))
DOUBLE_UNARY(SIGN, u > 0 ? 1 : u < 0 ? -1 : u)
DOUBLE_UNARY(SQUARE, u * u)
DOUBLE_UNARY(SQRT, __builtin_sqrt(u))
DOUBLE_UNARY(RSQRT, 1 / __builtin_sqrt(u))
DOUBLE_UNARY(RECIPROCAL, 1 / u)
DOUBLE_UNARY(RELU, u < 0 ? 0 : u)
DOUBLE_LIBRARY(EXP, exp)
DOUBLE_LIBRARY(EXPM1, expm1)
DOUBLE_LIBRARY(LOG, log)
DOUBLE_LIBRARY(LOG1P, log1p)
DOUBLE_LIBRARY(LOG2, log2)
DOUBLE_LIBRARY(SIN, sin)
DOUBLE_LIBRARY(COS, cos)
DOUBLE_LIBRARY(TAN, tan)
DOUBLE_LIBRARY(ASIN, asin)
DOUBLE_LIBRARY(ACOS, acos)
DOUBLE_LIBRARY(ATAN, atan)
DOUBLE_LIBRARY(SINH, sinh)
DOUBLE_LIBRARY(COSH, cosh)
DOUBLE_LIBRARY(TANH, tanh)
DOUBLE_LIBRARY(SIGMOID, mk_sigmoid)
DOUBLE_LIBRARY(SOFTPLUS, mk_softplus)
DOUBLE_LIBRARY(ERF, erf)
DOUBLE_LIBRARY(FLOOR, floor)
DOUBLE_LIBRARY(CEIL, ceil)
DOUBLE_LIBRARY(ROUND, rint)
DOUBLE_LIBRARY(GELU, mk_gelu)
DOUBLE_LIBRARY(GELU_TANH, mk_gelu_tanh)
DOUBLE_LIBRARY(SILU, mk_silu)
DOUBLE_LIBRARY(MISH, mk_mish)

// Which types each operation has; null elsewhere.
#define OF(name, T) [MK_##T] = V(name##_##T),
#define FLOATING(name) [MK_##name] = {OF(name, F32) OF(name, F64)},
#define NUMERIC(name) \
  [MK_##name] = {OF(name, F32) OF(name, F64) OF(name, I32) OF(name, I64) OF(name, U8)},
#define EVERY(name)                                                                         \
  [MK_##name] = {OF(name, F32) OF(name, F64) OF(name, I32) OF(name, I64) OF(name, U8) OF(name, BOOL)},
#define LOGICAL(name) [MK_##name] = {OF(name, BOOL)},

static const mk_block_function V(blocks)[MK_OPERATION_COUNT][MK_DTYPES] = {
    NUMERIC(ADD) NUMERIC(SUBTRACT) NUMERIC(MULTIPLY) NUMERIC(MINIMUM) NUMERIC(MAXIMUM)
    NUMERIC(FLOOR_DIVIDE) NUMERIC(REMAINDER) FLOATING(DIVIDE) FLOATING(POW) FLOATING(ATAN2)
    EVERY(EQUAL) EVERY(NOT_EQUAL) EVERY(LESS) EVERY(LESS_EQUAL) EVERY(GREATER) EVERY(GREATER_EQUAL)
    LOGICAL(AND) LOGICAL(OR) LOGICAL(XOR) LOGICAL(NOT) EVERY(SELECT) EVERY(COPY)
    NUMERIC(NEGATE) NUMERIC(ABS) NUMERIC(SIGN) NUMERIC(SQUARE)
    FLOATING(SQRT) FLOATING(RSQRT) FLOATING(RECIPROCAL) FLOATING(EXP) FLOATING(EXPM1) FLOATING(LOG)
    FLOATING(LOG1P) FLOATING(LOG2) FLOATING(SIN) FLOATING(COS) FLOATING(TAN) FLOATING(ASIN)
    FLOATING(ACOS) FLOATING(ATAN) FLOATING(SINH) FLOATING(COSH) FLOATING(TANH) FLOATING(SIGMOID)
    FLOATING(SOFTPLUS) FLOATING(ERF) FLOATING(FLOOR) FLOATING(CEIL) FLOATING(ROUND) FLOATING(RELU)
    FLOATING(RELU_GRADIENT) FLOATING(GELU) FLOATING(GELU_TANH) FLOATING(SILU) FLOATING(MISH)
    FLOATING(IS_NAN) FLOATING(IS_INF) FLOATING(IS_FINITE)
};

#undef LOOP_HEAD
#undef FLOATS_UNARY
#undef FLOATS_BINARY
#undef PLAIN_LOOP
#undef UNARY
#undef BINARY
#undef TEST
#undef COMPARISON
#undef SLOW_UNARY
#undef SLOW_BINARY
#undef COMPARISONS
#undef EVERY_TYPE
#undef INTEGER
#undef SIGNED_DIVISION
#undef FLOATING_TESTS
#undef DOUBLE_BINARY
#undef DOUBLE_UNARY
#undef DOUBLE_LIBRARY
#undef OF
#undef FLOATING
#undef NUMERIC
#undef EVERY
#undef LOGICAL
