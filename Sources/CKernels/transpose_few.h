// Between pixels and planes of 2 to 8 float32 channels, 16 pixels at a time: what images with few
// channels need, where squares of whole vectors would move mostly nothing. Part of gemm_loops.h.
//
//     pixels [count, planes]    element e of 16 pixels is lane e % 16 of vector e / 16
//     planes [planes, count]

// The lanes, as a mask, of 16 pixels' plane `plane` that vector `vector` of the pixels holds.
INLINE uint32_t few_held(const int planes, const int plane, const int vector) {
  uint32_t mask = 0;
  for (int lane = 0; lane < 16; lane++)
    mask |= (uint32_t)((lane * planes + plane) / 16 == vector) << lane;
  return mask;
}

// The lanes of vector `vector` of the pixels that belong to plane `plane`.
INLINE uint32_t few_owned(const int planes, const int plane, const int vector) {
  uint32_t mask = 0;
  for (int lane = 0; lane < 16; lane++)
    mask |= (uint32_t)((16 * vector + lane) % planes == plane) << lane;
  return mask;
}

// As many of the lanes from 16 * vector on as there are elements.
INLINE __mmask16 few_valid(int64_t elements, const int vector) {
  const int64_t rest = elements - 16 * vector;
  return rest >= 16 ? 0xffff : rest <= 0 ? 0 : (__mmask16)((1u << rest) - 1);
}

INLINE void few_split(float* y, const float* x, int64_t count, int64_t y_plane, const int planes) {
  const __m512i lane =
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int64_t i = 0; i < count; i += 16, x += 16 * planes) {
    const int64_t here = count - i < 16 ? count - i : 16;
    __m512 v[8];
#pragma clang loop unroll(full)
    for (int u = 0; u < planes; u++)
      v[u] = _mm512_maskz_loadu_ps(few_valid(here * planes, u), x + 16 * u);
#pragma clang loop unroll(full)
    for (int plane = 0; plane < planes; plane++) {
      const __m512i from = _mm512_and_si512(
          _mm512_add_epi32(_mm512_mullo_epi32(lane, _mm512_set1_epi32(planes)),
                           _mm512_set1_epi32(plane)),
          _mm512_set1_epi32(15));
      __m512 out = _mm512_permutexvar_ps(from, v[0]);
#pragma clang loop unroll(full)
      for (int u = 1; u < planes; u++)
        out = _mm512_mask_permutexvar_ps(out, (__mmask16)few_held(planes, plane, u), from, v[u]);
      _mm512_mask_storeu_ps(y + plane * y_plane + i, few_valid(here, 0), out);
    }
  }
}

INLINE void few_join(float* y, const float* x, int64_t count, int64_t x_plane, const int planes) {
  for (int64_t i = 0; i < count; i += 16, y += 16 * planes) {
    const int64_t here = count - i < 16 ? count - i : 16;
    __m512 v[8];
#pragma clang loop unroll(full)
    for (int plane = 0; plane < planes; plane++)
      v[plane] = _mm512_maskz_loadu_ps(few_valid(here, 0), x + plane * x_plane + i);
#pragma clang loop unroll(full)
    for (int u = 0; u < planes; u++) {
#define PIXEL(lane) ((16 * u + lane) / planes)
      const __m512i from =
          _mm512_setr_epi32(PIXEL(0), PIXEL(1), PIXEL(2), PIXEL(3), PIXEL(4), PIXEL(5), PIXEL(6),
                            PIXEL(7), PIXEL(8), PIXEL(9), PIXEL(10), PIXEL(11), PIXEL(12),
                            PIXEL(13), PIXEL(14), PIXEL(15));
#undef PIXEL
      __m512 out = _mm512_permutexvar_ps(from, v[0]);
#pragma clang loop unroll(full)
      for (int plane = 1; plane < planes; plane++)
        out = _mm512_mask_permutexvar_ps(out, (__mmask16)few_owned(planes, plane, u), from,
                                         v[plane]);
      _mm512_mask_storeu_ps(y + 16 * u, few_valid(here * planes, u), out);
    }
  }
}

// Copies with constant numbers of planes.
#define FEW(X) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
static void few_transpose(float* y, const float* x, int64_t count, int64_t plane, int64_t planes,
                          int joins) {
  switch (joins ? -planes : planes) {
#define X(n)                                           \
  case n: few_split(y, x, count, plane, n); return;    \
  case -n: few_join(y, x, count, plane, n); return;
    FEW(X)
#undef X
  }
}
#undef FEW
