// Stretches of bilinear rows, compiled once per instruction set: places, weights and offsets of a
// block of columns first, then what is read there.
//
// Outside the image stands its nearest pixel; stretches of other fills stay inside.
#define ROWS_OF(T, ELEMENT)                                                                             \
  static void MK_NAME(warp_row_##T)(const transform* t, int64_t row, int64_t first, int64_t last,       \
                                    const mk_warp_args* s, const void* from, void* to) {                \
    const mk_##T* x = from;                                                                             \
    mk_##T* y = to;                                                                                     \
    int32_t width = (int32_t)s->width, bottom = (int32_t)s->height - 1, edge = width - 1;               \
    int64_t c = s->channels;                                                                            \
    double a1 = t->a1 * (double)row, b1 = t->b1 * (double)row;                                          \
    int32_t at[WARP_BLOCK], right[WARP_BLOCK], below[WARP_BLOCK];                                       \
    ELEMENT w00[WARP_BLOCK], w01[WARP_BLOCK], w10[WARP_BLOCK], w11[WARP_BLOCK];                         \
    for (int64_t j = first; j < last; j += WARP_BLOCK) {                                                \
      int count = last - j < WARP_BLOCK ? (int)(last - j) : WARP_BLOCK;                                 \
      /* Of whole blocks, so that vectors are full; what lies behind the row is worked out in vain. */  \
      for (int k = 0; k < WARP_BLOCK; k++) {                                                            \
        double at_x = (double)(int32_t)(j + k);                                                         \
        double u = t->a0 * at_x + a1 + t->a2, v = t->b0 * at_x + b1 + t->b2;                            \
        int32_t left = (int32_t)u, top = (int32_t)v;                                                    \
        left -= u < (double)left, top -= v < (double)top;                                               \
        double side = u - (double)left, down = v - (double)top;                                         \
        int32_t j0 = left < 0 ? 0 : left > edge ? edge : left;                                          \
        int32_t i0 = top < 0 ? 0 : top > bottom ? bottom : top;                                         \
        int32_t j1 = left + 1 < 0 ? 0 : left + 1 > edge ? edge : left + 1;                              \
        int32_t i1 = top + 1 < 0 ? 0 : top + 1 > bottom ? bottom : top + 1;                             \
        at[k] = i0 * width + j0;                                                                        \
        right[k] = j1 - j0, below[k] = (i1 - i0) * width;                                               \
        w00[k] = (ELEMENT)((1 - down) * (1 - side)), w01[k] = (ELEMENT)((1 - down) * side);             \
        w10[k] = (ELEMENT)(down * (1 - side)), w11[k] = (ELEMENT)(down * side);                         \
      }                                                                                                 \
      if (c == 1) {                                                                                     \
        ELEMENT read[WARP_BLOCK];                                                                       \
        for (int k = 0; k < WARP_BLOCK; k++) {                                                          \
          const mk_##T* p = x + at[k];                                                                  \
          /* All four can be read; one of weight 0 does not count, it may be infinite. */               \
          ELEMENT p00 = p[0], p01 = p[right[k]], p10 = p[below[k]], p11 = p[right[k] + below[k]];       \
          p00 = w00[k] != 0 ? p00 : 0, p01 = w01[k] != 0 ? p01 : 0;                                     \
          p10 = w10[k] != 0 ? p10 : 0, p11 = w11[k] != 0 ? p11 : 0;                                     \
          read[k] = 0 + w00[k] * p00 + w01[k] * p01 + w10[k] * p10 + w11[k] * p11;                      \
        }                                                                                               \
        memcpy(y + j, read, (size_t)count * sizeof(ELEMENT));                                           \
        continue;                                                                                       \
      }                                                                                                 \
      for (int k = 0; k < count; k++) {                                                                 \
        const mk_##T *p00 = x + at[k] * c, *p01 = p00 + right[k] * c;                                   \
        const mk_##T *p10 = p00 + below[k] * c, *p11 = p10 + right[k] * c;                              \
        mk_##T* to_pixel = y + (j + k) * c;                                                             \
        for (int64_t i = 0; i < c; i++) {                                                               \
          ELEMENT sum = 0 + w00[k] * (w00[k] != 0 ? p00[i] : 0) + w01[k] * (w01[k] != 0 ? p01[i] : 0);  \
          sum += w10[k] * (w10[k] != 0 ? p10[i] : 0);                                                   \
          to_pixel[i] = sum + w11[k] * (w11[k] != 0 ? p11[i] : 0);                                      \
        }                                                                                               \
      }                                                                                                 \
    }                                                                                                   \
  }
ROWS_OF(f32, float)
ROWS_OF(f64, double)
#undef ROWS_OF
