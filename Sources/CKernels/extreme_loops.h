// Where the first largest or smallest element lies. A NaN is more extreme than any number.

#define EXTREME(name, t, T, beats)                                                              \
  /* x [count], count at least four vectors. */                                                 \
  static size_t MK_NAME(row_##name##_##t)(const void* x, size_t count) {                        \
    typedef T Lanes __attribute__((ext_vector_type(MK_BYTES / sizeof(T))));                     \
    enum { LANES = MK_BYTES / sizeof(T) };                                                      \
    const mk_##t* from = x;                                                                     \
    T best = from[0];                                                                           \
    /* The extreme first, then where it is: both passes run at the speed of the cache. */       \
    Lanes u[4], v;                                                                              \
    __builtin_memcpy(u, from, sizeof u);                                                        \
    size_t i = 4 * LANES;                                                                       \
    for (; i + 4 * LANES <= count; i += 4 * LANES)                                              \
      for (int k = 0; k < 4; k++) {                                                             \
        __builtin_memcpy(&v, from + i + k * LANES, sizeof v);                                   \
        u[k] = ((u[k] beats v) | (u[k] != u[k])) ? u[k] : v;                                    \
      }                                                                                         \
    T lane[4 * LANES];                                                                          \
    __builtin_memcpy(lane, u, sizeof lane);                                                     \
    for (int k = 0; k < 4 * LANES; k++) best = ((best beats lane[k]) | (best != best)) ? best : lane[k]; \
    for (; i < count; i++) best = ((best beats from[i]) | (best != best)) ? best : from[i];     \
    for (i = 0; i + 4 * LANES <= count; i += 4 * LANES) {                                       \
      __builtin_memcpy(u, from + i, sizeof u);                                                  \
      __auto_type found = u[0] != u[0];                                                         \
      if (best == best)                                                                         \
        found = ((u[0] == best) | (u[1] == best)) | ((u[2] == best) | (u[3] == best));          \
      else                                                                                      \
        found = ((u[0] != u[0]) | (u[1] != u[1])) | ((u[2] != u[2]) | (u[3] != u[3]));          \
      if (__builtin_reduce_or(found)) break;                                                    \
    }                                                                                           \
    while (best == best ? from[i] != best : from[i] == from[i]) i++;                            \
    return i;                                                                                   \
  }                                                                                             \
                                                                                                \
  /* x [reduced, columns], rows `stride` elements apart; y [columns], columns <= COLUMNS. */    \
  static void MK_NAME(columns_##name##_##t)(int32_t* y, const void* x, size_t reduced,          \
                                            size_t columns, size_t stride) {                    \
    const mk_##t* from = x;                                                                     \
    T best[COLUMNS];                                                                            \
    int32_t at[COLUMNS];                                                                        \
    for (size_t j = 0; j < columns; j++) best[j] = from[j], at[j] = 0;                          \
    for (size_t r = 1; r < reduced; r++) {                                                      \
      from += stride;                                                                           \
      MK_VECTOR_LOOP for (size_t j = 0; j < columns; j++) {                                     \
        T u = from[j], v = best[j];                                                             \
        int better = ((u beats v) | (u != u)) & (v == v);                                       \
        best[j] = better ? u : v;                                                               \
        at[j] = better ? (int32_t)r : at[j];                                                    \
      }                                                                                         \
    }                                                                                           \
    memcpy(y, at, columns * sizeof *at);                                                        \
  }                                                                                             \
                                                                                                \
  /* y [rows], x [rows, count] with count below four vectors: rows become columns. */           \
  static void MK_NAME(short_rows_##name##_##t)(mk_i32* y, const void* x, size_t rows, size_t count) { \
    const mk_##t* from = x;                                                                     \
    T turned[4 * MK_BYTES / sizeof(T) * ABREAST];                                               \
    int32_t at[ABREAST];                                                                        \
    for (size_t r = 0; r < rows; r += ABREAST, from += ABREAST * count) {                       \
      size_t n = rows - r < ABREAST ? rows - r : ABREAST;                                       \
      for (size_t k = 0; k < ABREAST; k++)                                                      \
        _Pragma("clang loop vectorize(disable) unroll(disable)") for (size_t i = 0; i < count; i++) \
          turned[i * ABREAST + k] = from[(k < n ? k : n - 1) * count + i];                      \
      MK_NAME(columns_##name##_##t)(at, turned, count, ABREAST, ABREAST);                       \
      memcpy(y + r, at, n * sizeof *at);                                                        \
    }                                                                                           \
  }

#define BOTH(t, T)          \
  EXTREME(largest, t, T, >) \
  EXTREME(smallest, t, T, <)

BOTH(f32, float)
BOTH(f64, double)
BOTH(i32, int32_t)
BOTH(i64, int64_t)
BOTH(u8, uint8_t)

#define OF(t)                                                    \
  {{MK_NAME(row_largest_##t), MK_NAME(short_rows_largest_##t), MK_NAME(columns_largest_##t),         \
    4 * MK_BYTES / sizeof(mk_##t)},                                                              \
   {MK_NAME(row_smallest_##t), MK_NAME(short_rows_smallest_##t), MK_NAME(columns_smallest_##t),      \
    4 * MK_BYTES / sizeof(mk_##t)}}
static const extreme_loops MK_NAME(extremes)[MK_DTYPES][2] = {
    [MK_F32] = OF(f32), [MK_F64] = OF(f64), [MK_I32] = OF(i32),
    [MK_I64] = OF(i64), [MK_U8] = OF(u8),   [MK_BOOL] = OF(u8),
};

#undef EXTREME
#undef BOTH
#undef OF
