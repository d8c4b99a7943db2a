// What several checks share: numbers out of nowhere, buffers with guards, runs in parts.
#ifndef CHECK_TOOLS_H
#define CHECK_TOOLS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mk_replay.h"

#define TOOL static inline __attribute__((unused))

static uint64_t tool_state = 1;
TOOL uint64_t any(void) {
  uint64_t z = tool_state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
TOOL size_t below(size_t count) { return (size_t)(any() % count); }
TOOL double between(double low, double high) { return low + (high - low) * (double)(any() >> 11) * 0x1p-53; }

static int tool_failures;
#define FAIL(...)                                                \
  do {                                                           \
    if (tool_failures++ < 20) fprintf(stderr, __VA_ARGS__);      \
  } while (0)

// Memory of exactly `bytes`, `offset` bytes off a cache line, between two guards.
typedef struct {
  unsigned char* all;
  unsigned char* at;
  size_t bytes;
} guarded;
enum { GUARD = 128 };
TOOL guarded guard(size_t bytes, size_t offset) {
  guarded g = {NULL, NULL, bytes};
  if (posix_memalign((void**)&g.all, 64, bytes + 2 * GUARD + offset)) abort();
  memset(g.all, 0xA5, bytes + 2 * GUARD + offset);
  g.at = g.all + GUARD + offset;
  return g;
}
TOOL int guards_hold(guarded g) {
  for (unsigned char* p = g.all; p < g.at; p++)
    if (*p != 0xA5) return 0;
  for (size_t i = 0; i < GUARD; i++)
    if (g.at[g.bytes + i] != 0xA5) return 0;
  return 1;
}
TOOL void release(guarded g) { free(g.all); }

TOOL void put(void* p, mk_dtype dtype, size_t i, double value) {
  char* to = (char*)p + i * mk_size(dtype);
  float f = (float)value;
  int32_t i32 = dtype == MK_I32 ? (int32_t)value : 0;
  int64_t i64 = dtype == MK_I64 ? (int64_t)value : 0;
  uint8_t u8 = dtype >= MK_U8 ? (uint8_t)value : 0;
  const void* from[] = {&f, &value, &i32, &i64, &u8, &u8};
  memcpy(to, from[dtype], mk_size(dtype));
}
TOOL double take(const void* p, mk_dtype dtype, size_t i) {
  const char* from = (const char*)p + i * mk_size(dtype);
  float f;
  double d;
  int32_t i32;
  int64_t i64;
  switch (dtype) {
    case MK_F32: memcpy(&f, from, 4); return (double)f;
    case MK_F64: memcpy(&d, from, 8); return d;
    case MK_I32: memcpy(&i32, from, 4); return i32;
    case MK_I64: memcpy(&i64, from, 8); return (double)i64;
    default: return *(const uint8_t*)from;
  }
}
TOOL int same(double a, double b) { return a == b || (a != a && b != b); }

// Distance in units of the last place of float32, or of float64.
TOOL double ulps(double got, double want, mk_dtype dtype) {
  if (same(got, want)) return 0;
  if (!isfinite(got) || !isfinite(want)) return INFINITY;
  int exponent;
  frexp(want, &exponent);
  int digits = dtype == MK_F32 ? 24 : 53, least = dtype == MK_F32 ? -149 : -1074;
  exponent = exponent - digits < least ? least : exponent - digits;
  return fabs(got - want) / ldexp(1, exponent);
}

// Runs a kernel whose output is `y` in 7, 3, 2 and 1 parts, last part first, then in 7 on threads,
// on memory that holds rubbish: the bits must be the same, and nothing else be written.
TOOL void run_in_parts(const char* what, mk_run run, const void* args, void* const* bases, guarded y,
                       size_t scratch_bytes) {
  static const uint32_t divisions[] = {7, 3, 2, 1, 7};
  unsigned char* first = malloc(y.bytes + 1);
  void* scratch = NULL;
  if (posix_memalign(&scratch, 64, scratch_bytes + 64)) abort();
  for (int i = 0; i < 5; i++) {
    memset(y.at, 0x5A + i, y.bytes);
    if (i == 4) mk_replay(&(mk_call){run, args, divisions[i]}, 1, bases, scratch_bytes, mk_threads(), NULL);
    for (uint32_t part = i < 4 ? divisions[i] : 0; part-- > 0;) run(args, &(mk_context){bases, scratch, part, divisions[i]});
    if (i == 0) memcpy(first, y.at, y.bytes);
    else if (memcmp(first, y.at, y.bytes)) FAIL("%s: other bits in %u parts\n", what, divisions[i]);
    if (!guards_hold(y)) FAIL("%s: wrote out of bounds in %u parts\n", what, divisions[i]);
  }
  free(first);
  free(scratch);
}

#endif
