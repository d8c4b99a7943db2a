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

// Planes to pixels of two to four elements, and back: y[j, i] = x[i, j], the shorter axis of x or y
// dense. With `few` known the compiler has shuffles for it.
#define DEFINE_WEAVE(bits)                                                                           \
  static inline __attribute__((always_inline)) void MK_NAME(weave##bits)(                            \
      const char* x, int64_t x_row, char* restrict y, size_t count, const int few) {                 \
    typedef uint##bits##_t element __attribute__((aligned(1), may_alias));                           \
    element* restrict to = (element*)y;                                                              \
    _Pragma("clang loop unroll(disable)") for (size_t j = 0; j < count; j++)                         \
      for (int i = 0; i < few; i++) to[j * (size_t)few + (size_t)i] = ((const element*)(x + i * x_row))[j]; \
  }                                                                                                  \
  static inline __attribute__((always_inline)) void MK_NAME(part##bits)(                             \
      const char* x, char* restrict y, int64_t y_row, size_t count, const int few) {                 \
    typedef uint##bits##_t element __attribute__((aligned(1), may_alias));                           \
    const element* from = (const element*)x;                                                         \
    MK_VECTOR_LOOP for (size_t j = 0; j < count; j++)                                                \
      for (int i = 0; i < few; i++) ((element*)(y + i * y_row))[j] = from[j * (size_t)few + (size_t)i]; \
  }
DEFINE_WEAVE(8)
DEFINE_WEAVE(32)
DEFINE_WEAVE(64)

// x [rows, columns] with rows x_row bytes apart, y [columns, rows] with rows y_row bytes apart. Tiles
// are one cache line square: lines are read and written whole while they are at hand. A few rows of
// columns that do not fill a square go element by element, in the order of y.
#define DEFINE_TRANSPOSE(bits, n, tile)                                                              \
  static void MK_NAME(transpose##bits)(const char* x, int64_t x_row, char* y, int64_t y_row,         \
                                       size_t rows, size_t columns) {                                \
    typedef uint##bits##_t element __attribute__((aligned(1), may_alias));                           \
    enum { SIZE = bits / 8 };                                                                        \
    if (rows > 1 && rows <= 4 && y_row == (int64_t)rows * SIZE) {                                                \
      for (int few = 2; few <= 4; few++)                                                             \
        if (rows == (size_t)few) MK_NAME(weave##bits)(x, x_row, y, columns, few);                    \
      return;                                                                                        \
    }                                                                                                \
    if (columns > 1 && columns <= 4 && x_row == (int64_t)columns * SIZE) {                                          \
      for (int few = 2; few <= 4; few++)                                                             \
        if (columns == (size_t)few) MK_NAME(part##bits)(x, y, y_row, rows, few);                     \
      return;                                                                                        \
    }                                                                                                \
    size_t whole_rows = rows / n * n, whole_columns = columns / n * n;                               \
    for (size_t tile_j = 0; tile_j < whole_columns; tile_j += tile)                                  \
      for (size_t tile_i = 0; tile_i < whole_rows; tile_i += tile)                                   \
        for (size_t i = tile_i; i < tile_i + tile && i < whole_rows; i += n)                         \
          for (size_t j = tile_j; j < tile_j + tile && j < whole_columns; j += n)                    \
            MK_NAME(square##bits)(x + (int64_t)i * x_row + (int64_t)j * SIZE, x_row,                 \
                                  y + (int64_t)j * y_row + (int64_t)i * SIZE, y_row);                \
    for (size_t j = 0; j < columns; j++)                                                             \
      for (size_t i = j < whole_columns ? whole_rows : 0; i < rows; i++)                             \
        *(element*)(y + (int64_t)j * y_row + (int64_t)i * SIZE) =                                    \
            *(const element*)(x + (int64_t)i * x_row + (int64_t)j * SIZE);                           \
  }

DEFINE_TRANSPOSE(8, 16, 64)
DEFINE_TRANSPOSE(32, (MK_BYTES / 4), 16)
DEFINE_TRANSPOSE(64, (MK_BYTES / 8), 8)

static const transpose_loops MK_NAME(transposes) = {MK_NAME(transpose8), MK_NAME(transpose32), MK_NAME(transpose64)};

#undef DEFINE_SQUARE
#undef DEFINE_WEAVE
#undef DEFINE_TRANSPOSE
#undef LOW2
#undef HIGH2
#undef LOW4
#undef HIGH4
#undef LOW8
#undef HIGH8
#undef LOW16
#undef HIGH16
