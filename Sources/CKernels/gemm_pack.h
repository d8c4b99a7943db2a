// Copies between layouts, for one instruction set and one element type: part of gemm_tile.h.

// Exchanges rows and columns of a square of vectors: log2(lanes) rounds of interleaving halves.
INLINE void NAME(exchange)(VECTOR v[LANES]) {
#pragma clang loop unroll(full)
  for (int round = 1; round < LANES; round *= 2) {
    VECTOR w[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      VECTOR p = v[i], q = v[i + LANES / 2];
#if MK_BYTES == 64
      if (sizeof(REAL) == 4) {
        w[2 * i] = (VECTOR)__builtin_shufflevector((__m512)p, (__m512)q, 0, 16, 1, 17, 2, 18, 3, 19,
                                                   4, 20, 5, 21, 6, 22, 7, 23);
        w[2 * i + 1] = (VECTOR)__builtin_shufflevector((__m512)p, (__m512)q, 8, 24, 9, 25, 10, 26,
                                                       11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      } else {
        w[2 * i] =
            (VECTOR)__builtin_shufflevector((__m512d)p, (__m512d)q, 0, 8, 1, 9, 2, 10, 3, 11);
        w[2 * i + 1] =
            (VECTOR)__builtin_shufflevector((__m512d)p, (__m512d)q, 4, 12, 5, 13, 6, 14, 7, 15);
      }
#else
      w[2 * i].even = p.lo, w[2 * i].odd = q.lo;
      w[2 * i + 1].even = p.hi, w[2 * i + 1].odd = q.hi;
#endif
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) v[i] = w[i];
  }
}

// Rows of whole vectors, a constant number of them.
INLINE void NAME(pack_whole)(REAL* y, const REAL* x, int64_t count, int64_t x_i,
                             const int vectors) {
  for (int64_t i = 0; i < count; i++, x += x_i, y += vectors * LANES) {
    // Rows far apart are beyond what the processor foresees.
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j += 64 / MK_BYTES) __builtin_prefetch(x + 8 * x_i + j * LANES);
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) NAME(store)(y + j * LANES, NAME(load)(x + j * LANES));
  }
}

static void NAME(pack)(void* y_, const void* x_, int64_t count, int64_t valid, int64_t width,
                       int64_t x_i, int64_t x_j) {
  REAL* y = y_;
  const REAL* x = x_;
  const int in_full = x_j == 1 && valid == width;
  if (in_full && width == 2 * LANES) {
    NAME(pack_whole)(y, x, count, x_i, 2);
    return;
  }
  if (in_full && width == 3 * LANES) {
    NAME(pack_whole)(y, x, count, x_i, 3);
    return;
  }
  if (in_full && width < LANES && 2 * width >= LANES && x_i >= LANES) {
    // Whole vectors, of which the next row writes over what is too much; the last has no next.
    for (int64_t i = 0; i < count - 1; i++, x += x_i, y += width) {
      __builtin_prefetch(x + 8 * x_i);
      NAME(store)(y, NAME(load)(x));
    }
    if (count > 0) NAME(store_some)(y, NAME(load_some)(x, (uint32_t)valid), (uint32_t)valid);
    return;
  }
  if (x_j == 1) {
    const int64_t whole = valid - valid % LANES;
    for (int64_t i = 0; i < count; i++, x += x_i, y += width) {
      for (int64_t j = 0; j < valid; j += 64 / (int64_t)sizeof(REAL))
        __builtin_prefetch(x + 8 * x_i + j);
      int64_t j = 0;
      for (; j < whole; j += LANES) NAME(store)(y + j, NAME(load)(x + j));
      for (; j < width; j += LANES) {
        const VECTOR v = j < valid ? NAME(load_some)(x + j, (uint32_t)(valid - j)) : (VECTOR)0;
        NAME(store_some)(y + j, v, (uint32_t)(width - j < LANES ? width - j : LANES));
      }
    }
    return;
  }
  if (x_i == 1) {
    for (int64_t i = 0; i < count; i += LANES)
      for (int64_t j = 0; j < width; j += LANES) {
        // Squares of one vector's width; a narrower last one spills into the next row, which is
        // written after it, or past the end.
        const int64_t here = width - j < LANES ? width - j : LANES, high = count - i;
        VECTOR v[LANES];
#pragma clang loop unroll(full)
        for (int l = 0; l < LANES; l++) {
          v[l] = 0;
          const REAL* from = x + i + (j + l) * x_j;
          if (j + l >= valid) continue;
          __builtin_prefetch(from + 4 * LANES);
          if (high >= LANES) v[l] = NAME(load)(from);
          else v[l] = NAME(load_some)(from, (uint32_t)high);
        }
        NAME(exchange)(v);
        if (high < LANES) {
          for (int64_t l = 0; l < high; l++)
            memcpy(y + (i + l) * width + j, &v[l], (size_t)here * sizeof(REAL));
        } else if (here == LANES || width < LANES) {
#pragma clang loop unroll(full)
          for (int l = 0; l < LANES; l++) NAME(store)(y + (i + l) * width + j, v[l]);
        } else {
          for (int l = 0; l < LANES; l++)
            memcpy(y + (i + l) * width + j, &v[l], here * sizeof(REAL));
        }
      }
    return;
  }
  for (int64_t i = 0; i < count; i++)
    for (int64_t j = 0; j < width; j++) y[i * width + j] = j < valid ? x[i * x_i + j * x_j] : 0;
}

// One square, of which the first `most` rows of y at most are wanted: a constant, so that the
// exchange leaves out what only the others need.
INLINE void NAME(transpose_square)(REAL* y, const REAL* x, int64_t high, int64_t wide, int64_t y_i,
                                   int64_t x_j, const int most) {
  VECTOR v[LANES];
#pragma clang loop unroll(full)
  for (int l = 0; l < LANES; l++) {
    v[l] = 0;
    if (l >= wide) continue;
    if (high == LANES) v[l] = NAME(load)(x + l * x_j);
    else v[l] = NAME(load_some)(x + l * x_j, (uint32_t)high);
  }
  NAME(exchange)(v);
#pragma clang loop unroll(full)
  for (int l = 0; l < most; l++)
    if (l < high) NAME(store_some)(y + l * y_i, v[l], (uint32_t)wide);
}

static void NAME(transpose)(void* y_, const void* x_, int64_t rows, int64_t columns, int64_t y_i,
                            int64_t x_j) {
  REAL* y = y_;
  const REAL* x = x_;
#if MK_LEVEL == 2
  if (sizeof(REAL) == 4 && rows >= 2 && rows <= 8 && x_j == rows) {
    few_transpose(y_, x_, columns, y_i, rows, 0);
    return;
  }
  if (sizeof(REAL) == 4 && columns >= 2 && columns <= 8 && y_i == columns) {
    few_transpose(y_, x_, rows, x_j, columns, 1);
    return;
  }
#endif
  for (int64_t j = 0; j < columns; j += LANES)
    for (int64_t i = 0; i < rows; i += LANES) {
      const int64_t high = rows - i < LANES ? rows - i : LANES,
                    wide = columns - j < LANES ? columns - j : LANES;
      REAL* to = y + i * y_i + j;
      const REAL* from = x + i + j * x_j;
      if (high * 4 <= LANES) NAME(transpose_square)(to, from, high, wide, y_i, x_j, LANES / 4);
      else if (high * 2 <= LANES) NAME(transpose_square)(to, from, high, wide, y_i, x_j, LANES / 2);
      else NAME(transpose_square)(to, from, high, wide, y_i, x_j, LANES);
    }
}
