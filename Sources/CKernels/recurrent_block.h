// What both ways through a recurrence use: products on the tiles of gemm_kernels.h, rows of memory.
#ifndef MK_RECURRENT_BLOCK_H
#define MK_RECURRENT_BLOCK_H

#include <string.h>

#include "gemm_kernels.h"
#include "recurrent_row.h"

#define MK_BLOCK static inline __attribute__((unused))

// A row of memory, of `count` elements: an odd number of lines, so that rows share no set.
MK_BLOCK int64_t row_of(int64_t count, int64_t size) {
  return (mk_ceil_div(count * size, 64) | 1) * 64 / size;
}

// A matrix [k, n] that rows are multiplied by.
typedef struct {
  const mk_gemm_kernels* kernels;
  const char *packed, *plain;  // one of them
  int64_t k, n, size;
} matrix;

// y [rows, n] = x [rows, k] · matrix, or y + that; rows lie `y_row` and `x_row` apart.
MK_BLOCK void multiply(const matrix* m, char* y, int64_t y_row, const char* x, int64_t x_row,
                       int64_t rows, int add) {
  const int64_t panel = 2 * m->kernels->lanes;
  const mk_span span = {0, 0, m->k};
  if (m->plain) {
    const int64_t most = MK_STREAM_BYTES / m->size;
    for (int64_t j = 0; j < m->n; j += most) {
      const mk_tile tile = {.spans = &span,
                            .span_count = 1,
                            .a = x,
                            .b = m->plain + j * m->size,
                            .b_step = m->n,
                            .c = y + j * m->size,
                            .c_row = y_row,
                            .columns = m->n - j < most ? m->n - j : most,
                            .add = add};
      m->kernels->stream[1](&tile);
    }
    return;
  }
  const int64_t tiles = mk_ceil_div(rows, m->kernels->most_rows[2]);
  for (int64_t j = 0; j < m->n; j += panel) {
    const int64_t wide = m->n - j < panel ? m->n - j : panel;
    const int vectors = (int)mk_ceil_div(wide, m->kernels->lanes);
    mk_tile tile = {.spans = &span,
                    .span_count = 1,
                    .a_step = x_row,
                    .b = m->packed + j * m->k * m->size,
                    .b_step = vectors * m->kernels->lanes,
                    .c_row = y_row,
                    .columns = wide,
                    .add = add};
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t i = mk_piece(rows, tiles, t), high = mk_piece(rows, tiles, t + 1) - i;
      tile.a = x + i * x_row * m->size;
      tile.c = y + (i * y_row + j) * m->size;
      m->kernels->row_form[vectors][high](&tile);
    }
  }
}

MK_BLOCK const char* if_has(const mk_recurrent_args* a, uint32_t flag, const mk_context* context,
                            mk_ref ref) {
  return a->flags & flag ? mk_at(context, ref) : NULL;
}

// The place of `element` in a buffer that may be absent.
MK_BLOCK const void* place(const char* base, int64_t element, int64_t size) {
  return base ? base + element * size : NULL;
}

MK_BLOCK void copy_or_clear(char* to, const void* from, int64_t bytes) {
  if (from) memcpy(to, from, (size_t)bytes);
  else memset(to, 0, (size_t)bytes);
}

// Asks for rows ahead: samples lie a whole sequence apart, which no processor foresees.
MK_BLOCK void ask(const char* base, int64_t element, int64_t bytes, int64_t size) {
  if (!base) return;
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(base + element * size + i);
}
MK_BLOCK void ask_to_write(char* base, int64_t element, int64_t bytes, int64_t size) {
  if (!base) return;
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(base + element * size + i, 1);
}

#undef MK_BLOCK

#endif
