// float32 functions of vectors: the exponential family, logarithms, and what neural networks make
// of them. Beside each: its greatest error in units in the last place, rounded up, at any argument
// and in any instruction set, denormal results included. It was measured at every 211th of the 2^32
// arguments, at every 19th from 1/32 to 128 of either sign, and at all of those for exp, log, tanh,
// sigmoid and erf (gelu: from 1/8 to 16). All keep NaN; limits and signed zeros are right.
//
// Polynomials were fitted by Remez exchange in 40 digits, their coefficients then rounded to float32
// one by one, the rest fitted anew.

// a b + c, with one rounding where the set has it: inside one function only, and for all its lanes.
MK_INLINE Floats V(fma)(Floats a, Floats b, Floats c) {
#if MK_HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

#define MK_LOG2_E 1.44269504f
// ln 2 in two parts, the first of 9 bits: its product with an exponent is exact.
#define MK_LN2_HIGH 0.693359375f
#define MK_LN2_LOW -2.12194440e-4f
// Added to a small float, it rounds it to an integer, which then lies in the low bits.
#define MK_ROUNDER 12582912.0f

MK_INLINE Floats V(abs)(Floats x) { return __builtin_elementwise_abs(x); }

// NaN stays: the comparisons are false for it.
MK_INLINE Floats V(at_most)(Floats x, Floats limit) { return limit < x ? limit : x; }
MK_INLINE Floats V(at_least)(Floats x, Floats limit) { return limit > x ? limit : x; }

MK_INLINE Floats V(minimum)(Floats u, Floats v) { return ((u < v) | (u != u)) ? u : v; }
MK_INLINE Floats V(maximum)(Floats u, Floats v) { return ((u > v) | (u != u)) ? u : v; }
MK_INLINE Floats V(relu)(Floats x) { return x < 0 ? (Floats)0 : x; }
MK_INLINE Floats V(relu_gradient)(Floats dy, Floats y) { return y > 0 ? dy : y != y ? y : (Floats)0; }
MK_INLINE Floats V(sign)(Floats x) { return x > 0 ? (Floats)1 : x < 0 ? (Floats)-1 : x; }

// MARK: Rounding, exact

#if MK_LEVEL == 0 && defined(__x86_64__)
// SSE2 has no instruction for it. Above 2^23 every float is an integer.
MK_INLINE Floats V(round)(Floats x) {
  Floats a = V(abs)(x), r = a < 8388608.0f ? (a + 8388608.0f) - 8388608.0f : a;
  return __builtin_elementwise_copysign(r, x);
}
MK_INLINE Floats V(floor)(Floats x) {
  Floats r = V(round)(x);
  return r > x ? r - 1 : r;
}
MK_INLINE Floats V(ceil)(Floats x) {
  Floats r = V(round)(x);
  return __builtin_elementwise_copysign(r < x ? r + 1 : r, x);
}
#else
MK_INLINE Floats V(round)(Floats x) { return __builtin_elementwise_roundeven(x); }
MK_INLINE Floats V(floor)(Floats x) { return __builtin_elementwise_floor(x); }
MK_INLINE Floats V(ceil)(Floats x) { return __builtin_elementwise_ceil(x); }
#endif

// MARK: Powers of two

// 2^n for -126 <= n <= 127.
MK_INLINE Floats V(power_of_two)(Ints n) { return (Floats)((n + 127) << 23); }

// A whole exponent, in the form in which the set scales by it.
#if MK_LEVEL == 2
typedef Floats V(exponent);
MK_INLINE V(exponent) V(exponent_of)(Floats rounded) { return rounded - MK_ROUNDER; }
MK_INLINE Floats V(scale)(Floats x, V(exponent) n) {
  return (Floats)_mm512_scalef_ps((__m512)x, (__m512)n);
}
#else
typedef Ints V(exponent);
MK_INLINE V(exponent) V(exponent_of)(Floats rounded) {
  return (Ints)rounded - (Ints)(Floats)MK_ROUNDER;
}
// x 2^n for -252 <= n <= 254. Two factors, since one may be out of range; only the second rounds.
MK_INLINE Floats V(scale)(Floats x, V(exponent) n) {
  Ints half = n >> 1;
  return x * V(power_of_two)(half) * V(power_of_two)(n - half);
}
#endif

// MARK: Exponentials

// (exp(r) - 1 - r) / r² for |r| <= ln 2 / 2, to 3.5e-9 of exp(r).
MK_INLINE Floats V(exp_rest)(Floats r) {
  Floats p = 0.0013847216f;
  p = V(fma)(p, r, 0.00836999528f);
  p = V(fma)(p, r, 0.041668009f);
  p = V(fma)(p, r, 0.166665092f);
  return V(fma)(p, r, 0.49999994f);
}

// The same to 1.5e-8 of exp(r) - 1, which is small itself.
MK_INLINE Floats V(expm1_rest)(Floats r) {
  Floats p = 0.00139192946f;
  p = V(fma)(p, r, 0.00836765859f);
  p = V(fma)(p, r, 0.0416666083f);
  p = V(fma)(p, r, 0.166665345f);
  return V(fma)(p, r, 0.5f);
}

// exp(x) = (1 + e) 2^n with e about 0, for |x| <= 170. A product with it is u + u e: one rounding
// less than u (1 + e).
MK_INLINE Floats V(exp_split)(Floats x, V(exponent)* n) {
  Floats rounded = V(fma)(x, MK_LOG2_E, MK_ROUNDER), k = rounded - MK_ROUNDER;
  Floats r = V(fma)(k, -MK_LN2_LOW, V(fma)(k, -MK_LN2_HIGH, x));
  *n = V(exponent_of)(rounded);
  return V(fma)(r * r, V(exp_rest)(r), r);
}

// 1.1 ulp. Beyond the limits the result is 0 or infinite.
MK_INLINE Floats V(exp)(Floats x) {
  V(exponent) n;
  Floats e = V(exp_split)(V(at_least)(V(at_most)(x, 89), -104), &n);
  return V(scale)(1 + e, n);
}

// 2^n as `s`, exp(r) - 1 returned, of exp(x) = 2^n exp(r).
MK_INLINE Floats V(expm1_split)(Floats x, Ints* n) {
  Floats rounded = V(fma)(x, MK_LOG2_E, MK_ROUNDER), k = rounded - MK_ROUNDER;
  Floats r = V(fma)(k, -MK_LN2_LOW, V(fma)(k, -MK_LN2_HIGH, x));
  *n = (Ints)rounded - (Ints)(Floats)MK_ROUNDER;
  return V(fma)(r * r, V(expm1_rest)(r), r);
}

// 1.8 ulp. exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), all halved since 2^128 is no float.
MK_INLINE Floats V(expm1)(Floats x) {
  Ints n;
  Floats p = V(expm1_split)(V(at_least)(V(at_most)(x, 89), -20), &n);
  Floats s = V(power_of_two)(n - 1), y = V(fma)(s, p, s - 0.5f) * 2;
  return V(abs)(x) < 0x1p-26f ? x : y;
}

// 2.6 ulp. E / (E + 2) with E = exp(2 |x|) - 1; from 9.02 on it is 1.
MK_INLINE Floats V(tanh)(Floats x) {
  Floats a = V(at_most)(V(abs)(x), 9.02f);
  Ints n;
  Floats p = V(expm1_split)(a + a, &n), s = V(power_of_two)(n), e = V(fma)(s, p, s - 1);
  return __builtin_elementwise_copysign(e / (e + 2), x);
}

// 2.5 ulp. exp of the negative side only, so that the left tail keeps its precision.
MK_INLINE Floats V(sigmoid)(Floats x) {
  Floats t = V(exp)(-V(abs)(x));
  return (x < 0 ? t : (Floats)1) / (1 + t);
}

// x sigmoid(v) where exp(-|v|) = (1 + e) 2^n and v has the sign of x; 2^n comes last, lest the factor
// of x be denormal before the product is. `lowest` is where the product has become 0.
MK_INLINE Floats V(times_sigmoid)(Floats x, Floats e, V(exponent) n, float lowest) {
  Floats u = V(at_least)(x, lowest) / (1 + V(scale)(1 + e, n));
  Floats positive = x / (1 + V(scale)(1 + e, n));
  return x < 0 ? V(scale)(V(fma)(u, e, u), n) : positive;
}

// 2.7 ulp. x sigmoid(x).
MK_INLINE Floats V(silu)(Floats x) {
  V(exponent) n;
  Floats e = V(exp_split)(-V(at_most)(V(abs)(x), 112), &n);
  return V(times_sigmoid)(x, e, n, -112);
}

// 3.2 ulp. x tanh(log(1 + exp(x))) = x (1 - h) with t = exp(-|x|) and h = 2 t² / (1 + 2 t + 2 t²) on
// the right; on the left x t (1 - h), h = t (1 + t) / (2 + 2 t + t²).
MK_INLINE Floats V(mish)(Floats x) {
  V(exponent) n;
  Floats e = V(exp_split)(-V(at_most)(V(abs)(x), 112), &n), t = V(scale)(1 + e, n);
  Ints left = x < 0;
  Floats w = t * (1 + t), above = left ? w : 2 * t * t, below = left ? 2 + (w + t) : 1 + 2 * w;
  Floats b = V(at_least)(x, -112), u = V(fma)(-b, above / below, b);
  u = left ? V(scale)(V(fma)(u, e, u), n) : u;
  return ((x == 0) | (x > 112)) ? x : u;
}

// 1.7 and 1.5 ulp. h ∓ 1 / (4 h) with h = exp(|x|) / 2, which is finite where they are.
MK_INLINE Floats V(half_exp)(Floats a) {
  V(exponent) n;
  Floats e = V(exp_split)(V(at_most)(a, 91), &n);
  return V(scale)(1 + e, n - 1);
}
MK_INLINE Floats V(sinh)(Floats x) {
  Floats a = V(abs)(x), z = a * a, h = V(half_exp)(a), q = 2.78392577e-06f;
  q = V(fma)(q, z, 0.000198426351f);
  q = V(fma)(q, z, 0.00833331142f);
  q = V(fma)(q, z, 0.166666672f);
  return __builtin_elementwise_copysign(a < 1 ? V(fma)(a * z, q, a) : h - 0.25f / h, x);
}
MK_INLINE Floats V(cosh)(Floats x) {
  Floats h = V(half_exp)(V(abs)(x));
  return h + 0.25f / h;
}

// MARK: Logarithms

// (log(1 + f) - f + f²/2) / f² for sqrt(1/2) <= 1 + f < sqrt(2), to 8e-9 of log(1 + f).
MK_INLINE Floats V(log_rest)(Floats f) {
  Floats p = -0.0763854906f;
  p = V(fma)(p, f, 0.127643958f);
  p = V(fma)(p, f, -0.131593063f);
  p = V(fma)(p, f, 0.142009661f);
  p = V(fma)(p, f, -0.166233286f);
  p = V(fma)(p, f, 0.200012609f);
  p = V(fma)(p, f, -0.250008225f);
  p = V(fma)(p, f, 0.333333313f);
  return p * f;
}

// The float32 bits of sqrt(1/2).
#define MK_ROOT_BITS 0x3f3504f3

// x = 2^k (1 + f) for x > 0, sqrt(1/2) <= 1 + f < sqrt(2).
MK_INLINE Floats V(log_split)(Floats x, Floats* k) {
  Ints small = x < 0x1p-126f;  // denormal
  Ints bits = (Ints)(small ? x * 0x1p25f : x), above = bits - MK_ROOT_BITS;
  *k = __builtin_convertvector(above >> 23, Floats) - (small ? (Floats)25 : (Floats)0);
  return (Floats)(bits - (above & (Ints)0xff800000)) - 1;
}

// log(2^k (1 + f)).
MK_INLINE Floats V(log_join)(Floats f, Floats k) {
  Floats rest = V(fma)(f * f, V(log_rest)(f) - 0.5f, k * MK_LN2_LOW);
  return V(fma)(k, MK_LN2_HIGH, f + rest);
}

// What a logarithm of x gives where x is not a positive finite number, else y.
MK_INLINE Floats V(log_ends)(Floats x, Floats y) {
  y = x < (Floats)__builtin_inff() ? y : x;
  y = x < 0 ? (Floats)__builtin_nanf("") : y;
  return x == 0 ? (Floats)-__builtin_inff() : y;
}

// 0.95 ulp.
MK_INLINE Floats V(log)(Floats x) {
  Floats k, f = V(log_split)(x, &k);
  return V(log_ends)(x, V(log_join)(f, k));
}

// 1.4 ulp. log2 e = 1 + 0.44…, so that the greater part of f / ln 2 is exact.
MK_INLINE Floats V(log2)(Floats x) {
  Floats k, f = V(log_split)(x, &k);
  Floats rest = f * f * (V(log_rest)(f) - 0.5f);
  Floats y = f + V(fma)(f, 0.442695041f, rest * MK_LOG2_E);
  return V(log_ends)(x, y + k);
}

// log(1 + x) for x > -1, finite: 1 + x = u + c exactly, u = 2^k (1 + f), and c is added to f. It is 0
// where k is large.
MK_INLINE Floats V(log1p_finite)(Floats x) {
  Floats u = 1 + x, c = x - (u - 1);
  Ints bits = (Ints)u, above = bits - MK_ROOT_BITS, k = above >> 23;
  Floats f = (Floats)(bits - (k << 23)) - 1 + c * V(power_of_two)(-(k > 64 ? 64 : k));
  return V(log_join)(f, __builtin_convertvector(k, Floats));
}

// 1.6 ulp.
MK_INLINE Floats V(log1p)(Floats x) {
  Floats y = V(log_ends)(1 + x, V(log1p_finite)(x));
  return V(abs)(x) < 0x1p-26f ? x : y;
}

// 1.8 ulp. log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).
MK_INLINE Floats V(softplus)(Floats x) {
  Floats t = V(exp)(-V(abs)(x));
  return (x > 0 ? x : (Floats)0) + (t < 0x1p-26f ? t : V(log1p_finite)(t));
}

// MARK: The error function

// 1.3 ulp. x + x Q(x²) near 0, else 1 - exp(R(|x|)); from 3.95 on it is 1.
MK_INLINE Floats V(erf)(Floats x) {
  Floats a = V(abs)(x), z = x * x, q = 7.80690389e-05f;
  q = V(fma)(q, z, -0.00079978531f);
  q = V(fma)(q, z, 0.0051871622f);
  q = V(fma)(q, z, -0.0268533472f);
  q = V(fma)(q, z, 0.112835787f);
  q = V(fma)(q, z, -0.37612626f);
  q = V(fma)(q, z, 0.128379166f);
  Floats near = V(fma)(x, q, x), b = V(at_most)(a, 3.95f), r = 0.000200994764f;
  r = V(fma)(r, b, -0.003092258f);
  r = V(fma)(r, b, 0.0224200562f);
  r = V(fma)(r, b, -0.104327187f);
  r = V(fma)(r, b, -0.636737525f);
  r = V(fma)(r, b, -1.12793601f);
  r = V(fma)(r, b, -0.000133589812f);
  V(exponent) n;
  Floats e = V(exp_split)(r, &n), far = 1 - V(scale)(1 + e, n);
  return a < 0.95f ? near : __builtin_elementwise_copysign(far, x);
}

// x² - s, exactly, where s is x² rounded.
MK_INLINE Floats V(square_error)(Floats x, Floats s) {
#if MK_HAS_FMA
  return __builtin_elementwise_fma(x, x, -s);
#else
  Floats high = (Floats)((Ints)x & (Ints)0xfffff000), low = x - high;
  return ((high * high - s) + 2 * (high * low)) + low * low;
#endif
}

// 3.1 ulp. x Φ(x): Φ(x) = 1/2 + x Q(x²) near 0. Beyond, u Φ(-u) = exp(-u²/2) F(q) with
// q = (u - c) / (u + c), F nearly flat, which holds its precision down the left tail; there 2^n comes
// last, as in SILU. On the right it is x - x Φ(-x).
MK_INLINE Floats V(gelu)(Floats x) {
  Floats z = x * x, p = -8.17005821e-06f;
  p = V(fma)(p, z, 0.000115019677f);
  p = V(fma)(p, z, -0.00118802034f);
  p = V(fma)(p, z, 0.00997416303f);
  p = V(fma)(p, z, -0.0664905384f);
  p = V(fma)(p, z, 0.398942292f);
  Floats near = x * V(fma)(x, p, 0.5f);

  Floats u = V(at_most)(V(abs)(x), 15), s = u * u, rest = -0.5f * V(square_error)(u, s);
  Floats rounded = V(fma)(s, -0.5f * MK_LOG2_E, MK_ROUNDER), k = rounded - MK_ROUNDER;
  Floats r = V(fma)(k, -MK_LN2_HIGH, -0.5f * s) + V(fma)(k, -MK_LN2_LOW, rest);
  V(exponent) n = V(exponent_of)(rounded);
  Floats e = V(fma)(r * r, V(exp_rest)(r), r);
  Floats q = (u - 3.625f) / (u + 3.625f), f = 0.000271668541f;
  f = V(fma)(f, q, -0.0017154963f);
  f = V(fma)(f, q, 0.00020112202f);
  f = V(fma)(f, q, 0.0156005975f);
  f = V(fma)(f, q, -0.053379111f);
  f = V(fma)(f, q, 0.100409664f);
  f = V(fma)(f, q, -0.121331483f);
  f = V(fma)(f, q, 0.0851034224f);
  f = V(fma)(f, q, 0.373738974f);
  Floats far = V(at_least)(x, -0.0f) - V(scale)(V(fma)(f, e, f), n);
  return V(abs)(x) < 1 ? near : far;
}

// 2.6 ulp. x (1 + tanh(v / 2)) / 2 = x sigmoid(v), v = 2 sqrt(2 / π) (x + 0.044715 x³) in float64:
// v is as large as 107 before the result is 0, and an error of v is a relative error of exp(v).
MK_INLINE Floats V(gelu_tanh)(Floats x) {
  Doubles a = __builtin_convertvector(V(at_most)(V(abs)(x), 12), Doubles);
  Doubles v = a * (1.5957691216057308 + 0.071354816272600244 * (a * a));
  Doubles rounded = v * -1.4426950408889634 + 6755399441055744.0, k = rounded - 6755399441055744.0;
  Floats r = __builtin_convertvector(-v - k * 0.69314718055994531, Floats);
  V(exponent) n = V(exponent_of)(__builtin_convertvector(k, Floats) + MK_ROUNDER);
  Floats e = V(fma)(r * r, V(exp_rest)(r), r);
  return V(times_sigmoid)(x, e, n, -12);
}
