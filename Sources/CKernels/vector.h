// Vectors as wide as the instruction set at hand, for the *_loops.h files: 32-bit lanes, and as many
// 64-bit ones for what needs more precision.
#ifndef MK_VECTOR_H
#define MK_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The names are the level's own, since all levels share one translation unit.
#define V(name) MK_NAME(name)
#define Floats MK_NAME(floats)
#define Ints MK_NAME(ints)
#define Doubles MK_NAME(doubles)
#define Longs MK_NAME(longs)
#define MK_LANES (MK_BYTES / 4)
// Wider vectors than a register are passed only to functions that are inlined: no ABI is involved.
#pragma clang diagnostic ignored "-Wpsabi"
#define MK_INLINE static inline __attribute__((always_inline, unused))

#endif

typedef float Floats __attribute__((ext_vector_type(MK_LANES)));
typedef int32_t Ints __attribute__((ext_vector_type(MK_LANES)));
typedef double Doubles __attribute__((ext_vector_type(MK_LANES)));
typedef int64_t Longs __attribute__((ext_vector_type(MK_LANES)));

MK_INLINE Floats V(load)(const void* p) {
  Floats x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

MK_INLINE void V(store)(void* p, Floats x) { __builtin_memcpy(p, &x, sizeof x); }

// The first `count` < MK_LANES lanes, the others 0, so that tails run through the vector code and
// give the same bits.
#if MK_LEVEL == 2
MK_INLINE Floats V(load_some)(const void* p, size_t count) {
  return (Floats)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
}

MK_INLINE void V(store_some)(void* p, Floats x, size_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)x);
}
#elif MK_LEVEL == 1
MK_INLINE __m256i V(first_lanes)(size_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

MK_INLINE Floats V(load_some)(const void* p, size_t count) {
  return (Floats)_mm256_maskload_ps(p, V(first_lanes)(count));
}

MK_INLINE void V(store_some)(void* p, Floats x, size_t count) {
  _mm256_maskstore_ps(p, V(first_lanes)(count), (__m256)x);
}
#else
MK_INLINE Floats V(load_some)(const void* p, size_t count) {
  float lanes[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < count; i++) __builtin_memcpy(lanes + i, (const char*)p + 4 * i, 4);
  return V(load)(lanes);
}

MK_INLINE void V(store_some)(void* p, Floats x, size_t count) {
  float lanes[4];
  V(store)(lanes, x);
  for (size_t i = 0; i < count; i++) __builtin_memcpy((char*)p + 4 * i, lanes + i, 4);
}
#endif
