// The random kernels of one instruction set.
//
// Words come in blocks: word w of a stream is word w % 4 of counter w / 4. An element takes one word
// (float32, int32, bool) or two (float64, int64, integers); nothing else decides what it becomes.
// Each loop makes y [count] of words [count] or [2 count]; count is a multiple of 32.

#include "vector.h"
#include "vector_math.h"

// A counter is 64 bits wide here, since a vector of such lanes is what multiplication works on.
#define COUNTERS (MK_BYTES / 8)
#define Wide V(wide)
typedef uint64_t Wide __attribute__((ext_vector_type(COUNTERS)));

// Ten rounds on counters index ..< index + COUNTERS. Each word sits in the low half of a 64-bit lane,
// where the multiplication wants it; the high halves are left to hold anything.
MK_INLINE void V(rounds)(const uint32_t* keys, uint64_t stream, Wide c0, Wide* low, Wide* high) {
  Wide c1 = c0 >> 32, c2 = (Wide)stream, c3 = (Wide)(stream >> 32);
#pragma clang loop unroll(full)
  for (int i = 0; i < 10; i++) {
    Wide p = (c0 & 0xffffffffu) * 0xD2511F53u, q = (c2 & 0xffffffffu) * 0xCD9E8D57u;
    c0 = (q >> 32) ^ c1 ^ (Wide)(uint64_t)keys[2 * i];
    c2 = (p >> 32) ^ c3 ^ (Wide)(uint64_t)keys[2 * i + 1];
    c1 = q;
    c3 = p;
  }
  *low = (c0 & 0xffffffffu) | (c1 << 32);
  *high = (c2 & 0xffffffffu) | (c3 << 32);
}

// words[0 ..< 4 * n * COUNTERS] from counter `index` on: n vectors at a time, since one round's
// multiplication waits for the one before.
MK_INLINE void V(stretch)(const random_key* key, uint64_t index, int n, uint32_t* words) {
  Wide lane, low[4], high[4];
  for (int i = 0; i < COUNTERS; i++) lane[i] = (uint64_t)i;
#pragma clang loop unroll(full)
  for (int j = 0; j < n; j++)
    V(rounds)(key->rounds, key->stream, lane + (index + (size_t)j * COUNTERS), &low[j], &high[j]);
#pragma clang loop unroll(full)
  for (int j = 0; j < n; j++) {
#if MK_LEVEL == 2
    Wide first = __builtin_shufflevector(low[j], high[j], 0, 8, 1, 9, 2, 10, 3, 11);
    Wide second = __builtin_shufflevector(low[j], high[j], 4, 12, 5, 13, 6, 14, 7, 15);
#elif MK_LEVEL == 1
    Wide first = __builtin_shufflevector(low[j], high[j], 0, 4, 1, 5);
    Wide second = __builtin_shufflevector(low[j], high[j], 2, 6, 3, 7);
#else
    Wide first = __builtin_shufflevector(low[j], high[j], 0, 2);
    Wide second = __builtin_shufflevector(low[j], high[j], 1, 3);
#endif
    uint32_t* p = words + 4 * (size_t)j * COUNTERS;
    __builtin_memcpy(p, &first, sizeof first);
    __builtin_memcpy(p + 2 * COUNTERS, &second, sizeof second);
  }
}

// words[0 ..< 4 * counters] from counter `index` on; counters is a multiple of 16.
static void V(words)(const random_key* key, uint64_t index, size_t counters, uint32_t* words) {
  size_t i = 0;
  for (; i + 4 * COUNTERS <= counters; i += 4 * COUNTERS)
    V(stretch)(key, index + i, 4, words + 4 * i);
  for (; i < counters; i += 2 * COUNTERS) V(stretch)(key, index + i, 2, words + 4 * i);
}

static void V(uniform_f32)(const uint32_t* words, size_t count, float* y) {
  for (size_t i = 0; i < count; i++) y[i] = (float)(int32_t)(words[i] >> 8) * 0x1p-24f;
}

static void V(uniform_f64)(const uint32_t* words, size_t count, double* y) {
  for (size_t i = 0; i < count; i++) y[i] = (double)(int64_t)(wide_word(words, i) >> 11) * 0x1p-53;
}

// y = (uniform < p), since `threshold` is p * 2^24, rounded up.
static void V(bernoulli)(const uint32_t* words, size_t count, int32_t threshold, uint8_t* y) {
  for (size_t i = 0; i < count; i++) y[i] = (int32_t)(words[i] >> 8) < threshold;
}

// floor(random * range / 2^64), in two halves while range < 2^32.
static void V(integers)(const uint32_t* words, size_t count, uint64_t range, uint64_t low, uint64_t* y) {
  if (range >> 32) {
    for (size_t i = 0; i < count; i++)
      y[i] = low + (uint64_t)(((unsigned __int128)wide_word(words, i) * range) >> 64);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    uint64_t upper = (uint64_t)words[2 * i + 1] * range, lower = (uint64_t)words[2 * i] * range;
    y[i] = low + ((upper + (lower >> 32)) >> 32);
  }
}

// sin and cos of a whole circle's fraction angle / 2^32. The nearest quarter is taken off as an
// integer, exactly; what is left, at most an eighth of a circle, goes through polynomials (Remez, to
// 4e-9 of the sine, 1e-10 of the cosine).
MK_INLINE void V(circle)(Ints angle, Floats* sine, Floats* cosine) {
  Ints quarter = (angle + (1 << 29)) >> 30;
  Ints rest = angle - (quarter << 30);
  Floats x = __builtin_convertvector(rest, Floats) * (float)(M_PI / 0x1p31), square = x * x;
  Floats p = V(fma)(square, V(fma)(square, -1.9518289e-4f, 8.332189e-3f), -1.6666655e-1f);
  Floats q = V(fma)(square, V(fma)(square, 2.4432327e-5f, -1.388731e-3f), 4.1666646e-2f);
  Floats s = V(fma)(square * x, p, x);
  Floats c = V(fma)(square * square, q, V(fma)(square, -0.5f, 1));
  Ints odd = (quarter & 1) != 0;
  Floats a = odd ? c : s, b = odd ? s : c;
  // Signs: the sine's is that of quarters 2, 3; the cosine's of 1, 2.
  *sine = (Floats)((Ints)a ^ ((quarter & 2) << 30));
  *cosine = (Floats)((Ints)b ^ (((quarter + 1) & 2) << 30));
}

// Box–Muller: of every 32 elements, j and j + 16 are the two coordinates of one point.
//
//     y[j] = r cos(2 pi v), y[j + 16] = r sin(2 pi v), r = sqrt(-2 log(u)), 0 < u <= 1
static void V(normal_f32)(const uint32_t* words, size_t count, float* y) {
  for (size_t i = 0; i < count; i += 32)
    for (size_t j = i; j < i + 16; j += MK_LANES) {
      typedef uint32_t Words __attribute__((ext_vector_type(MK_LANES)));
      Words first;
      Ints second;
      __builtin_memcpy(&first, words + j, sizeof first);
      __builtin_memcpy(&second, words + j + 16, sizeof second);
      Floats u = __builtin_convertvector(first, Floats) * 0x1p-32f + 0x1p-33f;
      Floats r = __builtin_elementwise_sqrt(-2 * V(log)(u)), sine, cosine;
      V(circle)(second, &sine, &cosine);
      V(store)(y + j, r * cosine);
      V(store)(y + j + 16, r * sine);
    }
}

// The inverse of the normal distribution between -2 and 2: sqrt(2) erfinv(v), where v is uniform in
// ±erf(sqrt(2)). So short a middle stretch needs one polynomial (Remez, to 2e-8) in -log(1 - v²), the
// variable in which erfinv(v) / v is smooth (M. Giles, "Approximating the erfinv function", 2010).
static void V(truncated_f32)(const uint32_t* words, size_t count, float* y) {
  for (size_t i = 0; i < count; i += MK_LANES) {
    Ints word;
    __builtin_memcpy(&word, words + i, sizeof word);
    Floats v = (__builtin_convertvector(word >> 8, Floats) + 0.5f) * (0x1p-23f * 0.95449974f);
    Floats w = -V(log)((1 - v) * (1 + v)) - 1.25f;
    static const float terms[] = {4.29719e-5f, 2.0207233e-4f, -3.1865644e-3f, 3.5524569e-3f, 0.35287392f, 1.6822941f};
    Floats p = -6.3576367e-6f;
    for (int k = 0; k < 6; k++) p = V(fma)(p, w, (Floats)terms[k]);
    V(store)(y + i, V(at_least)(V(at_most)(p * v, 2), -2));
  }
}

static const random_loops V(random) = {
    V(words), V(uniform_f32), V(uniform_f64), V(bernoulli), V(integers), V(normal_f32), V(truncated_f32),
};
#undef COUNTERS
#undef Wide
