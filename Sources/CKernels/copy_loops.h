// Transposes of one instruction set: y[j, i] = x[i, j], through squares of registers.
//
// A square of n × n elements is transposed by log2(n) rounds, each of which interleaves rows i and
// i + n/2 into rows 2 i and 2 i + 1: the bits of an element's place rotate by one, (i, j) to (j, i)
// in the end.

#define DEFINE_SQUARE(bits, n, LOW, HIGH)                                                            \
  typedef uint##bits##_t MK_NAME(row##bits) __attribute__((ext_vector_type(n)));                     \
  static inline __attribute__((always_inline)) void MK_NAME(square##bits)(                           \
      const char* x, int64_t x_row, char* y, int64_t y_row) {                                        \
    MK_NAME(row##bits) a[n], b[n];                                                                   \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < n; i++)                                   \
      __builtin_memcpy(&a[i], x + i * x_row, sizeof a[i]);                                           \
    _Pragma("clang loop unroll(full)") for (int round = 1; round < n; round *= 2) {                  \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < n / 2; i++) {                           \
        b[2 * i] = __builtin_shufflevector(a[i], a[i + n / 2], LOW);                                 \
        b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + n / 2], HIGH);                            \
      }                                                                                              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < n; i++) a[i] = b[i];                    \
    }                                                                                                \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < n; i++)                                   \
      __builtin_memcpy(y + i * y_row, &a[i], sizeof a[i]);                                           \
  }

#define LOW2 0, 2
#define HIGH2 1, 3
#define LOW4 0, 4, 1, 5
#define HIGH4 2, 6, 3, 7
#define LOW8 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH8 4, 12, 5, 13, 6, 14, 7, 15
#define LOW16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31

DEFINE_SQUARE(8, 16, LOW16, HIGH16)
#if MK_BYTES == 64
DEFINE_SQUARE(32, 16, LOW16, HIGH16)
DEFINE_SQUARE(64, 8, LOW8, HIGH8)
#elif MK_BYTES == 32
DEFINE_SQUARE(32, 8, LOW8, HIGH8)
DEFINE_SQUARE(64, 4, LOW4, HIGH4)
#else
DEFINE_SQUARE(32, 4, LOW4, HIGH4)
DEFINE_SQUARE(64, 2, LOW2, HIGH2)
#endif

// x [rows, columns] with rows x_row bytes apart, y [columns, rows] with rows y_row bytes apart. Tiles
// are TILE elements square, so that whole cache lines are read and written while they are at hand.
#define DEFINE_TRANSPOSE(bits, n, tile)                                                              \
  static void MK_NAME(transpose##bits)(const char* x, int64_t x_row, char* y, int64_t y_row,         \
                                       size_t rows, size_t columns) {                                \
    typedef uint##bits##_t element __attribute__((aligned(1), may_alias));                           \
    enum { SIZE = bits / 8 };                                                                        \
    for (size_t tile_i = 0; tile_i < rows; tile_i += tile)                                           \
      for (size_t tile_j = 0; tile_j < columns; tile_j += tile) {                                    \
        size_t end_i = tile_i + tile < rows ? tile_i + tile : rows;                                  \
        size_t end_j = tile_j + tile < columns ? tile_j + tile : columns;                            \
        size_t i = tile_i;                                                                           \
        for (; i + n <= end_i; i += n) {                                                             \
          size_t j = tile_j;                                                                         \
          for (; j + n <= end_j; j += n)                                                             \
            MK_NAME(square##bits)(x + (int64_t)i * x_row + (int64_t)j * SIZE, x_row,                 \
                                  y + (int64_t)j * y_row + (int64_t)i * SIZE, y_row);                \
          for (; j < end_j; j++)                                                                     \
            for (size_t k = i; k < i + n; k++)                                                       \
              *(element*)(y + (int64_t)j * y_row + (int64_t)k * SIZE) =                              \
                  *(const element*)(x + (int64_t)k * x_row + (int64_t)j * SIZE);                     \
        }                                                                                            \
        for (; i < end_i; i++)                                                                       \
          for (size_t j = tile_j; j < end_j; j++)                                                    \
            *(element*)(y + (int64_t)j * y_row + (int64_t)i * SIZE) =                                \
                *(const element*)(x + (int64_t)i * x_row + (int64_t)j * SIZE);                       \
      }                                                                                              \
  }

DEFINE_TRANSPOSE(8, 16, 64)
DEFINE_TRANSPOSE(32, (MK_BYTES / 4), 16)
DEFINE_TRANSPOSE(64, (MK_BYTES / 8), 8)

static const transpose_loops MK_NAME(transposes) = {MK_NAME(transpose8), MK_NAME(transpose32), MK_NAME(transpose64)};

#undef DEFINE_SQUARE
#undef DEFINE_TRANSPOSE
#undef LOW2
#undef HIGH2
#undef LOW4
#undef HIGH4
#undef LOW8
#undef HIGH8
#undef LOW16
#undef HIGH16
