// The float32 operations as expressions of vectors `u` = a[i…] and `v` = b[i…]: once for the block
// functions and for chains, so that both give the same bits. Long ones take many instructions.
#ifndef MK_FLOAT_FUNCTIONS_H
#define MK_FLOAT_FUNCTIONS_H

#define MK_SHORT_BINARY(X)                  \
  X(ADD, u + v)                             \
  X(SUBTRACT, u - v)                        \
  X(MULTIPLY, u * v)                        \
  X(DIVIDE, u / v)                          \
  X(MINIMUM, V(minimum)(u, v))              \
  X(MAXIMUM, V(maximum)(u, v))              \
  X(RELU_GRADIENT, V(relu_gradient)(u, v))

#define MK_LONG_BINARY(X) \
  X(POW, V(pow)(u, v))    \
  X(ATAN2, V(atan2)(u, v))

#define MK_SHORT_UNARY(X)                        \
  X(NEGATE, -u)                                  \
  X(ABS, V(abs)(u))                              \
  X(SIGN, V(sign)(u))                            \
  X(SQUARE, u * u)                               \
  X(SQRT, __builtin_elementwise_sqrt(u))         \
  X(RSQRT, 1 / __builtin_elementwise_sqrt(u))    \
  X(RECIPROCAL, 1 / u)                           \
  X(RELU, V(relu)(u))

#define MK_LONG_UNARY(X)          \
  X(EXP, V(exp)(u))               \
  X(EXPM1, V(expm1)(u))           \
  X(LOG, V(log)(u))               \
  X(LOG1P, V(log1p)(u))           \
  X(LOG2, V(log2)(u))             \
  X(SIN, V(sin)(u))               \
  X(COS, V(cos)(u))               \
  X(TAN, V(tan)(u))               \
  X(ASIN, V(asin)(u))             \
  X(ACOS, V(acos)(u))             \
  X(ATAN, V(atan)(u))             \
  X(SINH, V(sinh)(u))             \
  X(COSH, V(cosh)(u))             \
  X(TANH, V(tanh)(u))             \
  X(SIGMOID, V(sigmoid)(u))       \
  X(SOFTPLUS, V(softplus)(u))     \
  X(ERF, V(erf)(u))               \
  X(FLOOR, V(floor)(u))           \
  X(CEIL, V(ceil)(u))             \
  X(ROUND, V(round)(u))           \
  X(GELU, V(gelu)(u))             \
  X(GELU_TANH, V(gelu_tanh)(u))   \
  X(SILU, V(silu)(u))             \
  X(MISH, V(mish)(u))

#endif
