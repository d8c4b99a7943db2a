// Random numbers against a scalar generator with known answers, and against their distributions.
#include "mk_random.h"

#include "CKernelChecks.h"
#include "check_tools.h"

static void philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c[4], k[2] = {key[0], key[1]};
  memcpy(c, counter, sizeof c);
  for (int round = 0; round < 10; round++) {
    uint64_t p = (uint64_t)0xD2511F53 * c[0], q = (uint64_t)0xCD9E8D57 * c[2];
    uint32_t next[] = {(uint32_t)(q >> 32) ^ c[1] ^ k[0], (uint32_t)q, (uint32_t)(p >> 32) ^ c[3] ^ k[1], (uint32_t)p};
    memcpy(c, next, sizeof c);
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  memcpy(out, c, sizeof c);
}

// The answers that come with the paper's own library.
static void check_known_answers(void) {
  static const uint32_t known[3][10] = {
      {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
      {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
      {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
  for (int i = 0; i < 3; i++) {
    uint32_t out[4];
    philox(known[i], known[i] + 4, out);
    if (memcmp(out, known[i] + 6, sizeof out)) FAIL("philox: answer %d is wrong\n", i);
  }
}

static uint32_t word(const uint64_t key[2], uint64_t i) {
  uint64_t counter[2] = {i / 4, key[1]};
  uint32_t c[4], k[2], out[4];
  memcpy(c, counter, sizeof c);
  memcpy(k, key, sizeof k);
  philox(c, k, out);
  return out[i % 4];
}
static uint64_t wide(const uint64_t key[2], uint64_t i) { return word(key, 2 * i) | (uint64_t)word(key, 2 * i + 1) << 32; }

static const uint64_t keys[][2] = {{0, 0}, {42, 7}, {0x299f31d0a4093822, 0x0370734413198a2e}, {~0ull, ~0ull}};

static guarded draw(int distribution, mk_dtype dtype, size_t count, const uint64_t* key, const void* parameter, size_t offset) {
  guarded y = guard(count * mk_size(dtype), offset);
  uint64_t copy[2] = {key[0], key[1]}, bounds[2] = {0, 0};
  if (parameter) memcpy(bounds, parameter, distribution == MK_INTEGERS ? 16 : distribution == MK_BERNOULLI ? 4 : 0);
  mk_random_args args = {{0, 0}, {0, 1}, {0, 2}, count, (uint8_t)distribution, dtype};
  run_in_parts("random", mk_random, &args, (void*[]){y.at, copy, bounds}, y, 0);
  return y;
}

static void check_exact(size_t count, const uint64_t* key) {
  size_t offset = below(2) * 4;
  guarded y = draw(MK_UNIFORM, MK_F32, count, key, NULL, offset);
  for (size_t i = 0; i < count; i++)
    if (take(y.at, MK_F32, i) != (double)(word(key, i) >> 8) * 0x1p-24) FAIL("uniform float32 of %zu: element %zu\n", count, i);
  release(y);
  y = draw(MK_UNIFORM, MK_F64, count, key, NULL, offset);
  for (size_t i = 0; i < count; i++)
    if (take(y.at, MK_F64, i) != (double)(wide(key, i) >> 11) * 0x1p-53) FAIL("uniform float64 of %zu: element %zu\n", count, i);
  release(y);
  y = draw(MK_BITS, MK_I32, count, key, NULL, offset);
  for (size_t i = 0; i < count; i++)
    if (((uint32_t)(int32_t)take(y.at, MK_I32, i)) != word(key, i)) FAIL("bits int32 of %zu: element %zu\n", count, i);
  release(y);
  y = draw(MK_BITS, MK_I64, count, key, NULL, offset);
  for (size_t i = 0; i < count; i++) {
    uint64_t bits = wide(key, i);
    if (memcmp(y.at + 8 * i, &bits, 8)) FAIL("bits int64 of %zu: element %zu\n", count, i);
  }
  release(y);

  static const float chances[] = {0, -1, NAN, 1e-9f, 0.1f, 0.5f, 0.999f, 1, 2, INFINITY};
  for (size_t c = 0; c < sizeof chances / sizeof *chances; c++) {
    y = draw(MK_BERNOULLI, MK_BOOL, count, key, &chances[c], below(8));
    for (size_t i = 0; i < count; i++)
      if (y.at[i] != ((double)(word(key, i) >> 8) * 0x1p-24 < (double)chances[c])) FAIL("bernoulli %g of %zu: element %zu\n", (double)chances[c], count, i);
    release(y);
  }

  static const int64_t bounds[][2] = {{0, 10}, {-5, 5}, {0, 1}, {3, 3}, {5, -5}, {INT32_MIN, INT32_MAX}, {0, (int64_t)1 << 32},
                                      {-((int64_t)1 << 40), (int64_t)1 << 50}, {INT64_MIN, INT64_MAX}, {7, 107}};
  for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++)
    for (int is_wide = 0; is_wide < 2; is_wide++) {
      uint64_t range = bounds[b][1] > bounds[b][0] ? (uint64_t)bounds[b][1] - (uint64_t)bounds[b][0] : 0;
      y = draw(MK_INTEGERS, is_wide ? MK_I64 : MK_I32, count, key, bounds[b], offset);
      for (size_t i = 0; i < count; i++) {
        uint64_t want = (uint64_t)bounds[b][0] + (uint64_t)(((unsigned __int128)wide(key, i) * range) >> 64);
        if (memcmp(y.at + (is_wide ? 8 : 4) * i, &want, is_wide ? 8 : 4)) FAIL("integers %zu of %zu: element %zu\n", b, count, i);
      }
      release(y);
    }
}

static void check_normals(size_t count, const uint64_t* key) {
  const double pi = acos(-1), most = erf(sqrt(2));
  for (int is_wide = 0; is_wide < 2; is_wide++) {
    mk_dtype dtype = is_wide ? MK_F64 : MK_F32;
    guarded y = draw(MK_NORMAL, dtype, count, key, NULL, 0);
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
      size_t first = i & ~(size_t)16, second = i | 16;
      // The uniform number as the type has it, then everything in float64.
      double u = is_wide ? ((double)(wide(key, first) >> 11) + 0.5) * 0x1p-53
                         : (double)(float)((double)(float)word(key, first) * 0x1p-32 + 0x1p-33);
      double angle = is_wide ? (double)(wide(key, second) >> 11) * 0x1p-53 : (double)(int32_t)word(key, second) * 0x1p-32;
      double r = sqrt(-2 * log(u)), want = i & 16 ? r * sin(2 * pi * angle) : r * cos(2 * pi * angle);
      double wrong = is_wide ? fabs(take(y.at, dtype, i) - want) / 1e-15 : ulps(take(y.at, dtype, i), want, dtype);
      if (wrong > worst) worst = wrong;
      if (wrong > 6) FAIL("normal, type %d, of %zu: element %zu is %.9g, not %.9g (%.1f)\n", dtype, count, i, take(y.at, dtype, i), want, wrong);
    }
    release(y);
    y = draw(MK_TRUNCATED, dtype, count, key, NULL, 0);
    for (size_t i = 0; i < count; i++) {
      double v = is_wide ? ((double)((int64_t)wide(key, i) >> 11) + 0.5) * 0x1p-52 : ((double)((int32_t)word(key, i) >> 8) + 0.5) * 0x1p-23;
      // Back through the distribution.
      double got = take(y.at, dtype, i), wrong = fabs(erf(got / sqrt(2)) - v * most);
      if (!(wrong <= (is_wide ? 1e-15 : 5e-7)) || fabs(got) > 2) FAIL("truncated, type %d, of %zu: element %zu is %.9g\n", dtype, count, i, got);
    }
    release(y);
  }
}

static void check_moments(void) {
  enum { COUNT = 1 << 19 };
  for (int kind = 0; kind < 6; kind++) {
    static const int distributions[] = {MK_UNIFORM, MK_NORMAL, MK_TRUNCATED};
    static const double means[] = {0.5, 0, 0}, deviations[] = {0.28867513459, 1, 0.87962566103};
    static const double kurtoses[] = {1.8, 3, 2.36543};
    mk_dtype dtype = kind & 1;
    guarded y = draw(distributions[kind / 2], dtype, COUNT, keys[kind % 4], NULL, 0);
    double m[5] = {0}, neighbours = 0, before = 0;
    for (size_t i = 0; i < COUNT; i++) {
      double z = (take(y.at, dtype, i) - means[kind / 2]) / deviations[kind / 2];
      for (int p = 1; p < 5; p++) m[p] += pow(z, p) / COUNT;
      neighbours += z * before / COUNT;
      before = z;
    }
    // Five standard deviations of each estimate.
    double e = 5 / sqrt(COUNT);
    if (fabs(m[1]) > e || fabs(m[2] - 1) > 1.5 * e || fabs(m[3]) > 4 * e || fabs(m[4] - kurtoses[kind / 2]) > 10 * e || fabs(neighbours) > e)
      FAIL("distribution %d, type %d: moments %g %g %g %g, neighbours %g\n", distributions[kind / 2], dtype, m[1], m[2], m[3], m[4], neighbours);
    release(y);
  }
}

int check_random(void) {
  tool_failures = 0;
  check_known_answers();
  for (size_t count = 0; count <= 67; count++) check_exact(count, keys[count % 4]), check_normals(count, keys[count % 4]);
  static const size_t counts[] = {511, 512, 513, 1024, 5000};
  for (int i = 0; i < 5; i++) check_exact(counts[i], keys[i % 4]), check_normals(counts[i], keys[i % 4]);
  check_moments();
  return tool_failures;
}
