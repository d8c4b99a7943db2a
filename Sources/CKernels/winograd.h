// The transforms of winograd.c, one set for each instruction set and pair of square and window.
//
//     y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// with the interpolation points 0, ±1, ∞ for squares of 4 × 4 elements, 0, ±√½, ±√2, ∞ for those of
// 6 × 6: the measured error of both is near that of the direct sum.
#ifndef MK_WINOGRAD_TRANSFORMS_H
#define MK_WINOGRAD_TRANSFORMS_H

#include "gemm_kernels.h"
#include "mk_winograd.h"

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
  // z[e * z_step + c] = A y Aᵀ of y[i, j, c] = y[i * row + j * column + c] for i < rows, j <
  // columns, 0 elsewhere; lanes past the last channel are written with zeros.
  void (*given)(float* z, int64_t z_step, const float* y, int64_t row, int64_t column,
                int64_t rows, int64_t columns, int64_t channels);
  // w[tap * w_tap + c] = Gᵀ u G for c < columns, u[e * u_step + c] the sum over all chunks, `chunk`
  // elements apart; returns whether all are finite.
  int (*weights)(float* w, int64_t w_tap, const float* u, int64_t u_step, int64_t chunks,
                 int64_t chunk, int64_t columns);
} mk_winograd_transforms;

// Those of results of `side` × `side` and windows of `window` × `window`; null if there are none.
const mk_winograd_transforms* mk_winograd_transforms_of(int64_t side, int64_t window);

// A convolution as its target sees it. In w, the weight of tap t, term k and column j lies at
// (t or taps − 1 − t) * w_tap + k * w_term + j * w_column.
typedef struct {
  const mk_winograd_args* args;
  const mk_gemm_kernels* kernels;
  const mk_winograd_transforms* transforms;
  int64_t images, side, window, alpha, points;
  int64_t source[2], target[2], offset[2];  // height and width; where a window begins
  int64_t terms, columns, w_tap, w_term, w_column;
  int64_t high, wide, squares;  // squares of an image along its axes, and of all images
  int64_t block, blocks, panel, panels;
  int64_t u_step, u_block, g_tap;  // strides, in elements
} mk_winograd_problem;

mk_winograd_problem mk_winograd_problem_of(const mk_winograd_args* args);

// The columns of a panel, rounded up to whole vectors.
int64_t mk_winograd_width(const mk_winograd_problem* problem, int64_t panel);

// Where the target of a square begins.
typedef struct {
  int64_t image, y, x;
} mk_winograd_corner;

mk_winograd_corner mk_winograd_corner_of(const mk_winograd_problem* problem, int64_t square);

// The source of a square where its first window begins: in place, or with zeros around it in
// `patch` [α, α, terms].
const float* mk_winograd_read(const mk_winograd_problem* problem, const float* source, float* patch,
                              int64_t square, int64_t* row, int64_t* column);

#endif
