// float32 functions of vectors that are worked out in float64 lanes: angles, powers, remainders.
// Errors as in vector_math.h.

#define MK_PI 3.14159265358979323846

// Added to a float64 below 2^51, it rounds it to an integer, which then lies in the low bits.
#define MK_WIDE_ROUNDER 6755399441055744.0

MK_INLINE Doubles V(wide)(Floats x) { return __builtin_convertvector(x, Doubles); }
MK_INLINE Floats V(narrow)(Doubles x) { return __builtin_convertvector(x, Floats); }

// MARK: Sine, cosine, tangent

// From here on π/2 in two parts is not enough, and the C library takes over, lane by lane.
#define MK_LARGE_ANGLE 1e6f

// x = r + n π/2 with |r| <= π/4, n in the low bits of *quadrant. π/2 is cut after 33 bits: its
// product with n < 2^20 is exact.
MK_INLINE Floats V(reduce_angle)(Floats x, Ints* quadrant) {
  Doubles w = V(wide)(x), rounded = w * (2 / MK_PI) + MK_WIDE_ROUNDER, n = rounded - MK_WIDE_ROUNDER;
  *quadrant = __builtin_convertvector((Longs)rounded, Ints);
  return V(narrow)((w - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11);
}

// sin(r) to 3.7e-9 and cos(r) to 1.2e-10 for |r| <= π/4.
MK_INLINE Floats V(sin_small)(Floats r, Floats z) {
  Floats p = V(fma)(V(fma)(-0.000195186047f, z, 0.00833219104f), z, -0.166666552f);
  return V(fma)(r * z, p, r);
}
MK_INLINE Floats V(cos_small)(Floats z) {
  Floats p = V(fma)(V(fma)(2.44323273e-05f, z, -0.00138873095f), z, 0.0416666456f);
  return V(fma)(z * z, p, 1 - 0.5f * z);
}

// y where |x| is small enough, f(x) elsewhere.
static __attribute__((noinline)) void V(large_angles)(float* y, const float* x, double (*f)(double)) {
  for (int i = 0; i < MK_LANES; i++)
    if (__builtin_fabsf(x[i]) > MK_LARGE_ANGLE) y[i] = (float)f((double)x[i]);
}
MK_INLINE Floats V(with_large_angles)(Floats x, Floats y, double (*f)(double)) {
  if (__builtin_expect(__builtin_reduce_or(V(abs)(x) > MK_LARGE_ANGLE), 0)) {
    float lanes[MK_LANES], angles[MK_LANES];
    V(store)(lanes, y);
    V(store)(angles, x);
    V(large_angles)(lanes, angles, f);
    y = V(load)(lanes);
  }
  return y;
}

// 1.6 ulp.
MK_INLINE Floats V(sin)(Floats x) {
  Ints n;
  Floats r = V(reduce_angle)(x, &n), z = r * r;
  Floats y = (n << 31) < 0 ? V(cos_small)(z) : V(sin_small)(r, z);
  y = (Floats)((Ints)y ^ ((n & 2) << 30));
  return V(with_large_angles)(x, x == 0 ? x : y, sin);
}

// 1.6 ulp.
MK_INLINE Floats V(cos)(Floats x) {
  Ints n;
  Floats r = V(reduce_angle)(x, &n), z = r * r;
  Floats y = (n << 31) < 0 ? V(sin_small)(r, z) : V(cos_small)(z);
  y = (Floats)((Ints)y ^ (((n + 1) & 2) << 30));
  return V(with_large_angles)(x, y, cos);
}

// 3.7 ulp.
MK_INLINE Floats V(tan)(Floats x) {
  Ints n;
  Floats r = V(reduce_angle)(x, &n), z = r * r;
  Floats s = V(sin_small)(r, z), c = V(cos_small)(z);
  Ints odd = (n << 31) < 0;
  Floats y = (odd ? -c : s) / (odd ? s : c);
  return V(with_large_angles)(x, x == 0 ? x : y, tan);
}

// MARK: Inverse functions

// atan(q) for 0 <= q <= 1, to 4e-10.
MK_INLINE Doubles V(atan_small)(Doubles q) {
  Doubles z = q * q, p = 0.0011137911805411565;
  p = p * z - 0.0073179675267927525;
  p = p * z + 0.022539888063856761;
  p = p * z - 0.044689963959705446;
  p = p * z + 0.067415985850533516;
  p = p * z - 0.088110919922308267;
  p = p * z + 0.11058223861868255;
  p = p * z - 0.1427983308610643;
  p = p * z + 0.19999671126556412;
  p = p * z - 0.33333326899695975;
  return q + q * z * p;
}

// 0.51 ulp.
MK_INLINE Floats V(atan)(Floats x) {
  Doubles a = V(wide)(V(abs)(x)), one = 1;
  Longs steep = a > one;
  Doubles y = V(atan_small)(steep ? one / a : a);
  return __builtin_elementwise_copysign(V(narrow)(steep ? MK_PI / 2 - y : y), x);
}

// 0.51 ulp. The angle of (x, y).
MK_INLINE Floats V(atan2)(Floats y, Floats x) {
  Doubles a = V(wide)(V(abs)(x)), b = V(wide)(V(abs)(y)), zero = 0, one = 1;
  Longs steep = b > a;
  Doubles q = (steep ? a : b) / (steep ? b : a);
  q = a == b ? (a == zero ? zero : one) : q;  // of two zeros or infinities too
  Doubles angle = V(atan_small)(q);
  angle = steep ? MK_PI / 2 - angle : angle;
  Floats narrow = V(narrow)((Longs)V(wide)(__builtin_elementwise_copysign((Floats)1, x)) < 0 ? MK_PI - angle : angle);
  narrow = __builtin_elementwise_copysign(narrow, y);
  return ((x != x) | (y != y)) ? x + y : narrow;
}

// asin(w) where z = w² <= 1/4, to 3e-10.
MK_INLINE Doubles V(asin_small)(Doubles w, Doubles z) {
  Doubles p = 0.037529381437793295;
  p = p * z + 0.014429848460716913;
  p = p * z + 0.031809906457549462;
  p = p * z + 0.044516709404132944;
  p = p * z + 0.075005053749504724;
  p = p * z + 0.16666659972834577;
  return w + w * z * p;
}

// 0.51 ulp. Above 1/2: π/2 - 2 asin(sqrt((1 - |x|) / 2)).
MK_INLINE Floats V(asin)(Floats x) {
  Doubles a = V(wide)(V(abs)(x)), half = 0.5, z = a > half ? (1 - a) * half : a * a;
  Doubles y = V(asin_small)(a > half ? __builtin_elementwise_sqrt(z) : a, z);
  return __builtin_elementwise_copysign(V(narrow)(a > half ? MK_PI / 2 - 2 * y : y), x);
}
MK_INLINE Floats V(acos)(Floats x) {
  Doubles w = V(wide)(x), a = V(wide)(V(abs)(x)), half = 0.5, z = a > half ? (1 - a) * half : a * a;
  Doubles y = V(asin_small)(a > half ? __builtin_elementwise_sqrt(z) : w, z);
  return V(narrow)(a <= half ? MK_PI / 2 - y : w < 0 ? MK_PI - 2 * y : 2 * y);
}

// MARK: Powers

// log2(a) for a positive float, finite: e + 2 atanh(s) / ln 2 with s = (m - 1) / (m + 1), to 5e-13.
MK_INLINE Doubles V(log2_wide)(Doubles a) {
  Longs bits = (Longs)a, above = bits - (0x3fe5555500000000 - (1023ll << 52));
  Longs e = (above >> 52) & 0x7ff;
  Doubles m = (Doubles)(bits - (e << 52) + (1023ll << 52));
  Doubles k = (Doubles)(e + (Longs)(Doubles)MK_WIDE_ROUNDER) - (MK_WIDE_ROUNDER + 1023);
  Doubles s = (m - 1) / (m + 1), z = s * s, p = 0.29089138033238371;
  p = p * z + 0.3192794612202961;
  p = p * z + 0.41222635335849295;
  p = p * z + 0.57707775324176891;
  p = p * z + 0.96179669483609187;
  p = p * z + 2.885390081777417;
  return k + s * p;
}

// 2^t for |t| <= 200, to 5e-11; NaN stays.
MK_INLINE Doubles V(exp2_wide)(Doubles t) {
  Doubles rounded = t + MK_WIDE_ROUNDER, f = t - (rounded - MK_WIDE_ROUNDER), p = 1.5195996823483347e-05;
  p = p * f + 0.00015467008489312417;
  p = p * f + 0.001333393803622511;
  p = p * f + 0.0096180374062839434;
  p = p * f + 0.055504103600354328;
  p = p * f + 0.24022651070996315;
  p = p * f + 0.69314718070683135;
  p = p * f + 1;
  Doubles y = (Doubles)((Longs)p + ((Longs)rounded << 52));
  return t != t ? t : y;
}

// 0.51 ulp. The ends are those of IEEE 754: pow(x, 0) = pow(1, y) = pow(-1, ±inf) = 1.
MK_INLINE Floats V(pow)(Floats x, Floats y) {
  Floats a = V(abs)(x), infinity = __builtin_inff();
  Doubles l = V(log2_wide)(V(wide)(a));
  Doubles ends = V(wide)(a == 0 ? -infinity : a);  // of the logarithm: -inf, inf, NaN
  l = __builtin_convertvector((a == 0) | !(a < infinity), Longs) ? ends : l;
  Doubles t = V(wide)(y) * l, most = 200;
  t = t > most ? most : t < -most ? -most : t;
  Floats p = V(narrow)(V(exp2_wide)(t));
  Ints whole = V(round)(y) == y, odd = whole & (V(round)(0.5f * y) != 0.5f * y);
  p = odd ? __builtin_elementwise_copysign(p, x) : p;
  p = ((x < 0) & (a < infinity) & (V(abs)(y) < infinity) & !whole) ? (Floats)__builtin_nanf("") : p;
  return ((y == 0) | (x == 1) | ((a == 1) & (V(abs)(y) == infinity))) ? (Floats)1 : p;
}

// MARK: Division rounded down, element by element

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
