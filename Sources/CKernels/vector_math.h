// float32 functions on vectors of lanes.

// Lane by lane through the C library, in float64.
MK_INLINE Floats V(each)(Floats x, double (*f)(double)) {
  for (int i = 0; i < MK_LANES; i++) x[i] = (float)f((double)x[i]);
  return x;
}
MK_INLINE Floats V(each2)(Floats x, Floats y, double (*f)(double, double)) {
  for (int i = 0; i < MK_LANES; i++) x[i] = (float)f((double)x[i], (double)y[i]);
  return x;
}
MK_INLINE Floats V(minimum)(Floats u, Floats v) { return ((u < v) | (u != u)) ? u : v; }
MK_INLINE Floats V(maximum)(Floats u, Floats v) { return ((u > v) | (u != u)) ? u : v; }
MK_INLINE Floats V(relu)(Floats u) { return u < 0 ? (Floats)0 : u; }
MK_INLINE Floats V(relu_gradient)(Floats u, Floats v) { return v > 0 ? u : v != v ? v : (Floats)0; }
MK_INLINE Floats V(abs)(Floats u) { return __builtin_elementwise_abs(u); }
MK_INLINE Floats V(sign)(Floats u) { return u > 0 ? (Floats)1 : u < 0 ? (Floats)-1 : u; }
static inline float V(floor_divide_F32)(float a, float b) {
  if (b == 0) return a / b;
  float r = fmodf(a, b), quotient = (a - r) / b;
  if (r != 0 && (r < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return copysignf(0, a / b);
  float down = floorf(quotient);
  return quotient - down > 0.5f ? down + 1 : down;
}
static inline float V(remainder_F32)(float a, float b) {
  float r = fmodf(a, b);
  if (r == 0) return copysignf(0, b);
  return (r < 0) != (b < 0) ? r + b : r;
}
#define EACH(name, f) MK_INLINE Floats V(name)(Floats u) { return V(each)(u, f); }
EACH(exp, exp) EACH(expm1, expm1) EACH(log, log) EACH(log1p, log1p) EACH(log2, log2) EACH(sin, sin)
EACH(cos, cos) EACH(tan, tan) EACH(asin, asin) EACH(acos, acos) EACH(atan, atan) EACH(sinh, sinh)
EACH(cosh, cosh) EACH(tanh, tanh) EACH(sigmoid, mk_sigmoid) EACH(softplus, mk_softplus)
EACH(erf, erf) EACH(floor, floor) EACH(ceil, ceil) EACH(round, rint) EACH(gelu, mk_gelu)
EACH(gelu_tanh, mk_gelu_tanh) EACH(silu, mk_silu) EACH(mish, mk_mish)
#undef EACH
MK_INLINE Floats V(pow)(Floats u, Floats v) { return V(each2)(u, v, pow); }
MK_INLINE Floats V(atan2)(Floats u, Floats v) { return V(each2)(u, v, atan2); }
