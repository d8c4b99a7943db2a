// float32 pools of two by two at stride two, row by row: the common case.
//
// x0 and x1 are [2 count, channels], two rows of x; y is [count, channels]. The window of pixel p is
// a = x0[2 p], b = x0[2 p + 1], c = x1[2 p], d = x1[2 p + 1].

MK_INLINE Floats V(largest_of)(Floats a, Floats b, Floats c, Floats d) {
  Floats p = b > a ? b : a, q = d > c ? d : c, most = q > p ? q : p;
#if MK_LEVEL == 2
  __mmask16 lost = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_UNORD_Q) |
                   _mm512_cmp_ps_mask((__m512)c, (__m512)d, _CMP_UNORD_Q);
  return (Floats)_mm512_mask_mov_ps((__m512)most, lost, _mm512_set1_ps(NAN));
#else
  return ((a != a) | (b != b) | (c != c) | (d != d)) ? (Floats)NAN : most;
#endif
}

MK_INLINE Floats V(pooled)(int average, Floats a, Floats b, Floats c, Floats d) {
  return average ? (((a + b) + c) + d) * 0.25f : V(largest_of)(a, b, c, d);
}

// dy to the first largest of a, b, c, d, and 0 to the others; where `clips`, through relu's gradient.
#if MK_LEVEL == 2
MK_INLINE __mmask16 V(wins)(__m512 b, __m512 a) {
  return _mm512_mask_cmp_ps_mask(_mm512_cmp_ps_mask(a, a, _CMP_ORD_Q), b, a, _CMP_NLE_UQ);
}

MK_INLINE void V(give_to_largest)(const int clips, Floats* pa, Floats* pb, Floats* pc, Floats* pd, Floats given) {
  const __m512 a = (__m512)*pa, b = (__m512)*pb, c = (__m512)*pc, d = (__m512)*pd;
  const __mmask16 is_b = V(wins)(b, a), is_d = V(wins)(d, c);
  const __m512 p = _mm512_mask_mov_ps(a, is_b, b), q = _mm512_mask_mov_ps(c, is_d, d);
  const __mmask16 is_low = V(wins)(q, p);
  __m512 dy = (__m512)given;
  if (clips)
    dy = _mm512_maskz_mov_ps(
        _mm512_cmp_ps_mask(_mm512_mask_mov_ps(p, is_low, q), _mm512_setzero_ps(), _CMP_GT_OQ), dy);
  *pa = (Floats)_mm512_maskz_mov_ps((__mmask16) ~(is_b | is_low), dy);
  *pb = (Floats)_mm512_maskz_mov_ps((__mmask16)(is_b & ~is_low), dy);
  *pc = (Floats)_mm512_maskz_mov_ps((__mmask16)(is_low & ~is_d), dy);
  *pd = (Floats)_mm512_maskz_mov_ps((__mmask16)(is_low & is_d), dy);
  if (!clips) return;
  const __mmask16 lost =
      _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q) | _mm512_cmp_ps_mask(c, d, _CMP_UNORD_Q);
  if (__builtin_expect(lost != 0, 0)) {
    *pa = (Floats)_mm512_mask_mov_ps((__m512)*pa, _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), a);
    *pb = (Floats)_mm512_mask_mov_ps((__m512)*pb, _mm512_cmp_ps_mask(b, b, _CMP_UNORD_Q), b);
    *pc = (Floats)_mm512_mask_mov_ps((__m512)*pc, _mm512_cmp_ps_mask(c, c, _CMP_UNORD_Q), c);
    *pd = (Floats)_mm512_mask_mov_ps((__m512)*pd, _mm512_cmp_ps_mask(d, d, _CMP_UNORD_Q), d);
  }
}
#else
// What relu, where it gave y, makes of dy.
MK_INLINE Floats V(clipped)(Floats dy, Floats y) { return y > 0 ? dy : y != y ? y : (Floats)0; }

MK_INLINE void V(give_to_largest)(const int clips, Floats* a, Floats* b, Floats* c, Floats* d, Floats dy) {
  const Floats xa = *a, xb = *b, xc = *c, xd = *d;
  Ints is_b = ~(*b <= *a) & (*a == *a), is_d = ~(*d <= *c) & (*c == *c);
  Floats p = is_b ? *b : *a, q = is_d ? *d : *c;
  Ints is_low = ~(q <= p) & (p == p);
  Floats high = is_low ? (Floats)0 : dy, low = is_low ? dy : (Floats)0;
  *a = is_b ? (Floats)0 : high;
  *b = is_b ? high : (Floats)0;
  *c = is_d ? (Floats)0 : low;
  *d = is_d ? low : (Floats)0;
  if (!clips) return;
  *a = V(clipped)(*a, xa), *b = V(clipped)(*b, xb), *c = V(clipped)(*c, xc), *d = V(clipped)(*d, xd);
}
#endif

#if MK_LEVEL == 2
// Up to 16 channels: as many whole windows as fit one vector of y. Their pixels lie in two vectors
// of x, from which permutations pick the even and the odd ones.
typedef struct {
  __m512i even, odd;    // lanes of y from lanes of x (two vectors)
  __m512i first, last;  // lanes of x from lanes of y (even's, odd's)
  int pixels;           // windows in one vector
} V(pairing);

static V(pairing) V(pairing_of)(int64_t many) {
  int32_t even[16], odd[16], first[16], last[16], channels = many < 1 ? 1 : many < 16 ? (int32_t)many : 16, pixels = 16 / channels;
  for (int lane = 0; lane < 16; lane++) {
    int p = lane / channels, c = lane % channels;
    even[lane] = (2 * p * channels + c) & 31;
    odd[lane] = ((2 * p + 1) * channels + c) & 31;
  }
  for (int lane = 0; lane < 32; lane++) {
    int p = lane / channels, from = p / 2 * channels + lane % channels + (p & 1 ? 16 : 0);
    (lane < 16 ? first : last)[lane & 15] = from & 31;
  }
  return (V(pairing)){_mm512_loadu_si512(even), _mm512_loadu_si512(odd), _mm512_loadu_si512(first),
                      _mm512_loadu_si512(last), pixels};
}

// The masks of `windows` windows: of one vector of y, of two of x.
typedef struct {
  __mmask16 y, x0, x1;
} V(pairing_masks);

MK_INLINE V(pairing_masks) V(masks_of)(int64_t windows, int64_t channels) {
  uint64_t lanes = (uint64_t)(windows * channels), both = (1ull << (2 * lanes)) - 1;
  return (V(pairing_masks)){(__mmask16)((1u << lanes) - 1), (__mmask16)both, (__mmask16)(both >> 16)};
}

// What lies beyond a group of windows belongs to the next one: all but the last are read and
// written as whole vectors, the next group going over what was written too much.
#define FOR_GROUPS(...)                                                                       \
  do {                                                                                        \
    const int64_t step = pairing->pixels;                                                     \
    int64_t p = 0;                                                                            \
    V(pairing_masks) m = {0xffff, 0xffff, 0xffff};                                            \
    for (; p + step < count; p += step) {                                                     \
      __VA_ARGS__                                                                             \
    }                                                                                         \
    m = V(masks_of)(count - p, channels);                                                     \
    __VA_ARGS__                                                                               \
  } while (0)

#define PAIRING_LOAD(x, even_pixels, odd_pixels)                                           \
  __m512 even_pixels, odd_pixels;                                                          \
  do {                                                                                     \
    __m512 low = _mm512_maskz_loadu_ps(m.x0, x), high = _mm512_maskz_loadu_ps(m.x1, (x) + 16); \
    even_pixels = _mm512_permutex2var_ps(low, pairing->even, high);                         \
    odd_pixels = _mm512_permutex2var_ps(low, pairing->odd, high);                           \
  } while (0)

#define PAIRING_STORE(x, even_pixels, odd_pixels)                                          \
  do {                                                                                     \
    _mm512_mask_storeu_ps(x, m.x0, _mm512_permutex2var_ps(even_pixels, pairing->first, odd_pixels)); \
    _mm512_mask_storeu_ps((x) + 16, m.x1, _mm512_permutex2var_ps(even_pixels, pairing->last, odd_pixels)); \
  } while (0)

MK_INLINE void V(few_pooled)(const V(pairing)* pairing, int average, const mk_f32* x0, const mk_f32* x1, mk_f32* y, int64_t count, int64_t channels) {
  FOR_GROUPS({
    int64_t in = 2 * p * channels;
    PAIRING_LOAD(x0 + in, a, b);
    PAIRING_LOAD(x1 + in, c, d);
    _mm512_mask_storeu_ps(y + p * channels, m.y, (__m512)V(pooled)(average, (Floats)a, (Floats)b, (Floats)c, (Floats)d));
  });
}

MK_INLINE void V(few_max_gradient)(const V(pairing)* pairing, const int clips, const mk_f32* x0, const mk_f32* x1, const mk_f32* dy,
                                   mk_f32* dx0, mk_f32* dx1, int64_t count, int64_t channels) {
  FOR_GROUPS({
    int64_t in = 2 * p * channels;
    PAIRING_LOAD(x0 + in, a, b);
    PAIRING_LOAD(x1 + in, c, d);
    Floats va = (Floats)a, vb = (Floats)b, vc = (Floats)c, vd = (Floats)d;
    V(give_to_largest)(clips, &va, &vb, &vc, &vd, (Floats)_mm512_maskz_loadu_ps(m.y, dy + p * channels));
    PAIRING_STORE(dx0 + in, (__m512)va, (__m512)vb);
    PAIRING_STORE(dx1 + in, (__m512)vc, (__m512)vd);
  });
}

static void V(few_spread)(const V(pairing)* pairing, const mk_f32* dy, mk_f32* dx, int64_t count, int64_t channels) {
  FOR_GROUPS({
    __m512 v = (__m512)((Floats)_mm512_maskz_loadu_ps(m.y, dy + p * channels) * 0.25f);
    PAIRING_STORE(dx + 2 * p * channels, v, v);
  });
}
#undef FOR_GROUPS
#undef PAIRING_LOAD
#undef PAIRING_STORE
enum { V(few_channels) = 16 };
#else
typedef struct {
  int unused;
} V(pairing);
static V(pairing) V(pairing_of)(int64_t channels) { return (V(pairing)){(int)channels}; }

// Fewer channels than lanes: loops of a number that the compiler knows.
MK_INLINE void V(fixed_pooled)(int average, const mk_f32* x0, const mk_f32* x1, mk_f32* restrict y, int64_t count, const int channels) {
  for (int64_t p = 0; p < count; p++)
    for (int i = 0; i < channels; i++) {
      int64_t in = 2 * p * channels + i;
      float a = x0[in], b = x0[in + channels], c = x1[in], d = x1[in + channels];
      float m = b > a ? b : a, n = d > c ? d : c, most = n > m ? n : m;
      most = ((a != a) | (b != b) | (c != c) | (d != d)) ? NAN : most;
      y[p * channels + i] = average ? (((a + b) + c) + d) * 0.25f : most;
    }
}

MK_INLINE void V(fixed_max_gradient)(const int clips, const mk_f32* x0, const mk_f32* x1, const mk_f32* dy, mk_f32* restrict dx0,
                                     mk_f32* restrict dx1, int64_t count, const int channels) {
  for (int64_t p = 0; p < count; p++)
    for (int i = 0; i < channels; i++) {
      int64_t in = 2 * p * channels + i;
      float a = x0[in], b = x0[in + channels], c = x1[in], d = x1[in + channels], given = dy[p * channels + i];
      int is_b = !(b <= a) & (a == a), is_d = !(d <= c) & (c == c);
      float m = is_b ? b : a, n = is_d ? d : c;
      int is_low = !(n <= m) & (m == m);
      float high = is_low ? 0 : given, low = is_low ? given : 0;
      float da = is_b ? 0 : high, db = is_b ? high : 0, dc = is_d ? 0 : low, dd = is_d ? low : 0;
      if (clips) {
        da = a > 0 ? da : a != a ? a : 0, db = b > 0 ? db : b != b ? b : 0;
        dc = c > 0 ? dc : c != c ? c : 0, dd = d > 0 ? dd : d != d ? d : 0;
      }
      dx0[in] = da, dx0[in + channels] = db, dx1[in] = dc, dx1[in + channels] = dd;
    }
}

#define FOR_FEW(call)                                                                    \
  switch (channels) {                                                                    \
    case 1: { enum { channels = 1 }; call; } return;                                     \
    case 2: { enum { channels = 2 }; call; } return;                                     \
    case 3: { enum { channels = 3 }; call; } return;                                     \
    case 4: { enum { channels = 4 }; call; } return;                                     \
    case 6: { enum { channels = 6 }; call; } return;                                     \
    default: call; return;                                                               \
  }

MK_INLINE void V(few_pooled)(const V(pairing)* pairing, int average, const mk_f32* x0, const mk_f32* x1, mk_f32* y, int64_t count, int64_t channels) {
  (void)pairing;
  FOR_FEW(V(fixed_pooled)(average, x0, x1, y, count, (int)channels))
}
MK_INLINE void V(few_max_gradient)(const V(pairing)* pairing, const int clips, const mk_f32* x0, const mk_f32* x1, const mk_f32* dy,
                                   mk_f32* dx0, mk_f32* dx1, int64_t count, int64_t channels) {
  (void)pairing;
  FOR_FEW(V(fixed_max_gradient)(clips, x0, x1, dy, dx0, dx1, count, (int)channels))
}
static void V(few_spread)(const V(pairing)* pairing, const mk_f32* dy, mk_f32* dx, int64_t count, int64_t channels) {
  (void)pairing;
  for (int64_t p = 0; p < count; p++)
    for (int64_t i = 0; i < channels; i++) {
      float v = dy[p * channels + i] * 0.25f;
      dx[2 * p * channels + i] = v;
      dx[(2 * p + 1) * channels + i] = v;
    }
}
#undef FOR_FEW
enum { V(few_channels) = MK_LANES - 1 };
#endif

// Whole vectors of channels, the last of which may take some lanes again.
#define FOR_CHANNELS(i) for (int64_t i = 0; i >= 0; i = i + MK_LANES == channels ? -1 : least(i + MK_LANES, channels - MK_LANES))

MK_INLINE void V(pooled_pairs)(const V(pairing)* pairing, int average, const mk_f32* x0, const mk_f32* x1,
                               mk_f32* y, int64_t count, int64_t channels) {
  if (channels <= V(few_channels)) {
    V(few_pooled)(pairing, average, x0, x1, y, count, channels);
    return;
  }
  for (int64_t p = 0; p < count; p++) {
    const mk_f32 *a = x0 + 2 * p * channels, *b = a + channels, *c = x1 + 2 * p * channels, *d = c + channels;
    FOR_CHANNELS(i) {
      Floats to = V(pooled)(average, V(load)(a + i), V(load)(b + i), V(load)(c + i), V(load)(d + i));
      V(store)(y + p * channels + i, to);
    }
  }
}
static void V(max_pairs)(const V(pairing)* pairing, const mk_f32* x0, const mk_f32* x1, mk_f32* y, int64_t count, int64_t channels) {
  V(pooled_pairs)(pairing, 0, x0, x1, y, count, channels);
}
static void V(average_pairs)(const V(pairing)* pairing, const mk_f32* x0, const mk_f32* x1, mk_f32* y, int64_t count, int64_t channels) {
  V(pooled_pairs)(pairing, 1, x0, x1, y, count, channels);
}

// dx0, dx1 like x0, x1: each element written, none read.
MK_INLINE void V(max_gradient_pairs)(const V(pairing)* pairing, const int clips, const mk_f32* x0, const mk_f32* x1, const mk_f32* dy,
                                     mk_f32* dx0, mk_f32* dx1, int64_t count, int64_t channels) {
  if (channels <= V(few_channels)) {
    V(few_max_gradient)(pairing, clips, x0, x1, dy, dx0, dx1, count, channels);
    return;
  }
  for (int64_t p = 0; p < count; p++)
    FOR_CHANNELS(i) {
      int64_t first = 2 * p * channels + i, second = first + channels;
      Floats a = V(load)(x0 + first), b = V(load)(x0 + second), c = V(load)(x1 + first), d = V(load)(x1 + second);
      V(give_to_largest)(clips, &a, &b, &c, &d, V(load)(dy + p * channels + i));
      V(store)(dx0 + first, a), V(store)(dx0 + second, b);
      V(store)(dx1 + first, c), V(store)(dx1 + second, d);
    }
}

static void V(plain_gradient_pairs)(const V(pairing)* pairing, const mk_f32* x0, const mk_f32* x1, const mk_f32* dy,
                                    mk_f32* dx0, mk_f32* dx1, int64_t count, int64_t channels) {
  V(max_gradient_pairs)(pairing, 0, x0, x1, dy, dx0, dx1, count, channels);
}
static void V(clipped_gradient_pairs)(const V(pairing)* pairing, const mk_f32* x0, const mk_f32* x1, const mk_f32* dy,
                                      mk_f32* dx0, mk_f32* dx1, int64_t count, int64_t channels) {
  V(max_gradient_pairs)(pairing, 1, x0, x1, dy, dx0, dx1, count, channels);
}

// dx [2 count, channels]: a quarter of dy, twice.
static void V(spread_pairs)(const V(pairing)* pairing, const mk_f32* dy, mk_f32* dx, int64_t count, int64_t channels) {
  if (channels <= V(few_channels)) {
    V(few_spread)(pairing, dy, dx, count, channels);
    return;
  }
  for (int64_t p = 0; p < count; p++)
    FOR_CHANNELS(i) {
      Floats v = V(load)(dy + p * channels + i) * 0.25f;
      V(store)(dx + 2 * p * channels + i, v), V(store)(dx + (2 * p + 1) * channels + i, v);
    }
}
#undef FOR_CHANNELS
