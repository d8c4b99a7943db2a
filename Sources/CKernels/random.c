// Random numbers: blocks of Philox words, then what each distribution makes of them.
#include "random.h"

#include <math.h>
#include <string.h>

#include "mk_isa.h"
#include "scalar_math.h"

#ifndef M_PI
#define M_PI 3.14159265358979323846
#endif

enum { RANDOM_BLOCK = 512 };  // elements made at once; parts share these

static inline uint64_t wide_word(const uint32_t* words, size_t i) {
  return words[2 * i] | (uint64_t)words[2 * i + 1] << 32;
}

typedef struct {
  void (*words)(const random_key* key, uint64_t index, size_t counters, uint32_t* words);
  void (*uniform_f32)(const uint32_t* words, size_t count, float* y);
  void (*uniform_f64)(const uint32_t* words, size_t count, double* y);
  void (*bernoulli)(const uint32_t* words, size_t count, int32_t threshold, uint8_t* y);
  void (*integers)(const uint32_t* words, size_t count, uint64_t range, uint64_t low, uint64_t* y);
  void (*normal_f32)(const uint32_t* words, size_t count, float* y);
  void (*truncated_f32)(const uint32_t* words, size_t count, float* y);
} random_loops;

#define MK_SOURCE "random_loops.h"
#include "each_isa.h"

static const random_loops* loops_at(mk_isa_level level) {
  switch (level) {
#if defined(__x86_64__)
    case MK_AVX512: return &random_avx512;
    case MK_AVX2: return &random_avx2;
#endif
    default: return &random_base;
  }
}

// The same pairing of elements as in float32.
static void normal_f64(const uint32_t* words, size_t count, double* y) {
  for (size_t i = 0; i < count; i += 32)
    for (size_t j = i; j < i + 16; j++) {
      double u = ((double)(wide_word(words, j) >> 11) + 0.5) * 0x1p-53;
      double angle = 2 * M_PI * ((double)(wide_word(words, j + 16) >> 11) * 0x1p-53);
      double r = sqrt(-2 * log(u));
      y[j] = r * cos(angle);
      y[j + 16] = r * sin(angle);
    }
}

// The inverse of the distribution by two of Halley's steps on
// f(z) = erf(z / sqrt(2)) - v, from a start that is right to three
// digits: each step triples them.
static void truncated_f64(const uint32_t* words, size_t count, double* y) {
  const double most = 0.95449973610364158560;  // erf(sqrt(2))
  for (size_t i = 0; i < count; i++) {
    double v = ((double)((int64_t)wide_word(words, i) >> 11) + 0.5) * (0x1p-52 * most);
    // S. Winitzki's start.
    double l = log1p(-v * v), b = 2 / (M_PI * 0.147) + l / 2;
    double z = M_SQRT2 * copysign(sqrt(sqrt(b * b - l / 0.147) - b), v);
    for (int step = 0; step < 2; step++) {
      double error = (erf(z * M_SQRT1_2) - v) / (M_SQRT1_2 * M_2_SQRTPI * exp(-z * z / 2));
      z -= error / (1 + z * error / 2);
    }
    y[i] = z < -2 ? -2 : z > 2 ? 2 : z;
  }
}

// p * 2^24, rounded up: what a 24-bit number must stay below. NaN is never.
static int32_t threshold_of(float p) {
  double scaled = ceil((double)p * 0x1p24);
  return scaled >= 0x1p24 ? 1 << 24 : scaled > 0 ? (int32_t)scaled : 0;
}

static random_key key_at(const void* place) {
  uint64_t seeds[2];
  memcpy(seeds, place, sizeof seeds);
  random_key key = {.stream = seeds[1]};
  uint32_t k0 = (uint32_t)seeds[0], k1 = (uint32_t)(seeds[0] >> 32);
  for (int i = 0; i < 10; i++) {
    key.rounds[2 * i] = k0;
    key.rounds[2 * i + 1] = k1;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return key;
}

static int32_t threshold_at(const void* place) {
  float p;
  memcpy(&p, place, sizeof p);
  return threshold_of(p);
}

void mk_bernoulli_begin(mk_bernoulli* draw, const void* key, const void* probability) {
  draw->key = key_at(key);
  draw->threshold = threshold_at(probability);
}

void mk_bernoulli_block(const mk_bernoulli* draw, uint64_t start, size_t count, uint8_t* y) {
  enum { UNIT = 64 };  // elements of 16 counters
  const random_loops* loops = loops_at(mk_isa());
  while (count > 0) {
    _Alignas(64) uint32_t words[RANDOM_BLOCK];
    size_t before = start % UNIT;
    size_t made = count < RANDOM_BLOCK - before ? count : RANDOM_BLOCK - before;
    size_t units = (before + made + UNIT - 1) / UNIT;
    loops->words(&draw->key, (start - before) / 4, units * UNIT / 4, words);
    loops->bernoulli(words + before, made, draw->threshold, y);
    start += made;
    y += made;
    count -= made;
  }
}

void mk_random(const void* pointer, const mk_context* context) {
  const mk_random_args* args = pointer;
  const random_loops* loops = loops_at(mk_isa());
  random_key key = key_at(mk_at(context, args->key));

  int32_t threshold = 0;
  int64_t bounds[2] = {0, 0};
  if (args->distribution == MK_BERNOULLI) {
    threshold = threshold_at(mk_at(context, args->parameter));
  } else if (args->distribution == MK_INTEGERS) {
    memcpy(bounds, mk_at(context, args->parameter), sizeof bounds);
  }
  uint64_t range = bounds[1] > bounds[0] ? (uint64_t)bounds[1] - (uint64_t)bounds[0] : 0;

  size_t bytes = mk_size(args->dtype);
  size_t each = bytes == 8 || args->distribution == MK_INTEGERS ? 2 : 1;  // words
  char* y = mk_at(context, args->y);
  size_t begin, end;
  mk_share((args->count + RANDOM_BLOCK - 1) / RANDOM_BLOCK, context->part, context->parts, &begin, &end);
  for (size_t block = begin; block < end; block++) {
    _Alignas(64) uint32_t words[2 * RANDOM_BLOCK];
    _Alignas(64) uint64_t made[RANDOM_BLOCK];
    size_t first = block * RANDOM_BLOCK;
    size_t wanted = args->count - first < RANDOM_BLOCK ? args->count - first : RANDOM_BLOCK;
    // Whole groups of 32 elements, as the normal distribution pairs them; of 16 counters.
    size_t count = (wanted + 31) & ~(size_t)31;
    size_t counters = (count * each / 4 + 15) & ~(size_t)15;
    loops->words(&key, first * each / 4, counters, words);
    int narrows = args->distribution == MK_INTEGERS && bytes == 4;
    char* there = y + first * bytes;
    int direct = wanted == count && (uintptr_t)there % bytes == 0 && !narrows;
    void* to = direct ? (void*)there : made;
    int is_float = bytes == 4;
    switch (args->distribution) {
      case MK_UNIFORM: (is_float ? loops->uniform_f32(words, count, to) : loops->uniform_f64(words, count, to)); break;
      case MK_NORMAL: (is_float ? loops->normal_f32(words, count, to) : normal_f64(words, count, to)); break;
      case MK_TRUNCATED: (is_float ? loops->truncated_f32(words, count, to) : truncated_f64(words, count, to)); break;
      case MK_BERNOULLI: loops->bernoulli(words, count, threshold, to); break;
      case MK_BITS: memcpy(to, words, count * bytes); break;
      default: loops->integers(words, count, range, (uint64_t)bounds[0], to); break;
    }
    for (size_t i = 0; narrows && i < wanted; i++) {
      uint32_t low = (uint32_t)made[i];
      memcpy((char*)made + 4 * i, &low, 4);
    }
    if (!direct) memcpy(there, made, wanted * bytes);
  }
}
