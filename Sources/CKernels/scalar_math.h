// Functions of one float64 that the C library does not have, or not with the ends that we promise.
#ifndef MK_SCALAR_MATH_H
#define MK_SCALAR_MATH_H

#include <math.h>

#define MK_SCALAR static inline __attribute__((unused)) double

MK_SCALAR mk_sigmoid(double x) {
  // exp of the negative side only: neither branch overflows, and the left tail keeps its precision.
  double e = exp(-fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}
MK_SCALAR mk_softplus(double x) { return (x > 0 ? x : x != x ? x : 0) + log1p(exp(-fabs(x))); }
MK_SCALAR mk_gelu(double x) {
  // 0 times infinity is not a number, the limit is 0.
  return x == -INFINITY ? -0.0 : 0.5 * x * erfc(x * -0.70710678118654752440);
}
MK_SCALAR mk_silu(double x) { return x == -INFINITY ? -0.0 : x * mk_sigmoid(x); }
MK_SCALAR mk_gelu_tanh(double x) {
  // x (1 + tanh(u)) / 2 = x sigmoid(2 u), which keeps the left tail.
  double u = 1.5957691216057307117 * (x + 0.044715 * (x * x * x));
  return x == -INFINITY ? -0.0 : x * mk_sigmoid(u);
}
MK_SCALAR mk_mish(double x) {
  // tanh(log(1 + e)) = (e² + 2 e) / (e² + 2 e + 2) with e = exp(x).
  if (x > 0) {
    double e = exp(-x);
    return x * ((1 + 2 * e) / (1 + 2 * e * (1 + e)));
  }
  double e = exp(x), w = e * (e + 2);
  return x == -INFINITY ? -0.0 : x * (w / (w + 2));
}

// Quotient rounded down and the remainder that goes with it, of the divisor's sign, as Python.
MK_SCALAR mk_remainder(double a, double b) {
  double r = fmod(a, b);
  if (r == 0) return copysign(0, b);
  return (r < 0) != (b < 0) ? r + b : r;
}
MK_SCALAR mk_floor_divide(double a, double b) {
  if (b == 0) return a / b;
  double r = fmod(a, b), quotient = (a - r) / b;
  if (r != 0 && (r < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return copysign(0, a / b);
  double down = floor(quotient);
  return quotient - down > 0.5 ? down + 1 : down;
}

#endif
