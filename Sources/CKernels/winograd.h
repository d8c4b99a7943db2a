// The transforms of winograd.c, one set for each instruction set and pair of square and window.
//
//     y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// with the interpolation points 0, ±1, ∞ for squares of 4 × 4 elements, 0, ±√½, ±√2, ∞ for those of
// 6 × 6: the measured error of both is near that of the direct sum.
#ifndef MK_WINOGRAD_TRANSFORMS_H
#define MK_WINOGRAD_TRANSFORMS_H

#include <stdint.h>

typedef struct {
  // v[e * v_step + c] = Bᵀ d B of d[i, j, c] = x[i * row + j * column + c], e = i * α + j, c <
  // channels. Lanes past the last channel are written with zeros.
  void (*input)(float* v, int64_t v_step, const float* x, int64_t row, int64_t column,
                int64_t channels);
  // u[e * u_step + k * width + j] = G g Gᵀ of g[tap * g_tap + k * g_row + j], j < width, a multiple
  // of the lanes.
  void (*filter)(float* u, int64_t u_step, const float* g, int64_t g_tap, int64_t g_row,
                 int64_t terms, int64_t width);
  // y[i * row + j * column + c] = Aᵀ m A, for i < rows, j < columns, c < channels; returns whether
  // all of the square is finite.
  int (*output)(float* y, int64_t row, int64_t column, int64_t rows, int64_t columns,
                const float* m, int64_t m_step, int64_t channels);
} mk_winograd_transforms;

// Those of results of `side` × `side` and windows of `window` × `window`; null if there are none.
const mk_winograd_transforms* mk_winograd_transforms_of(int64_t side, int64_t window);

#endif
