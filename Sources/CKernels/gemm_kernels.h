// The micro-kernels behind every product: what the drivers (gemm.c, conv.c, …) see of them.
//
//     m rows, n columns, k terms of one product; a tile is `rows` × `columns` of C held in
//     registers
//
// Every element of a tile is one chain of multiply-adds over k in ascending order, so how C is cut
// into tiles never shows in its bits.
#ifndef MK_GEMM_KERNELS_H
#define MK_GEMM_KERNELS_H

#include "mk_call.h"
#include "mk_isa.h"

// A run of k: `count` terms that begin at element offsets `a` and `b` of the two operands.
typedef struct {
  int64_t a, b, count;
} mk_span;

// One tile: C [rows, columns] (+)= sum over all spans, in order.
// `a_step` is the stride of A's rows (row form, k contiguous) or of its k (column form, rows
// contiguous); `b_step` is the stride of B's k, its columns are contiguous. Strides in elements.
typedef struct {
  const mk_span* spans;
  int64_t span_count;
  const void *a, *b;
  void* c;
  int64_t a_step, b_step, c_row, columns;
  int fetch;  // 1: C lies in a far cache, and is asked for before the sums begin
  int add;    // 0: C = sum, 1: C = C + sum
} mk_tile;
typedef void (*mk_tile_function)(const mk_tile* tile);

enum { MK_TILE_ROWS = 14, MK_TILE_VECTORS = 8, MK_STREAM_ROWS = 8, MK_STREAM_BYTES = 2048 };

// Sums over pixels, lanes along them: sums [taps, filters] = sum over all rows, pixels of
// x[row.b + offset[tap] + pixel] * y[row.a + filter * y_plane + pixel]. A lane is one chain over
// its pixels, the lanes are added as a tree. No row is empty.
typedef struct {
  const mk_span* rows;
  int64_t row_count, y_plane;
  const void *x, *y;
  const int64_t* offset;
  void* sums;
} mk_correlation;
typedef void (*mk_correlation_function)(const mk_correlation* correlation);

enum { MK_CORRELATION_FILTERS = 4, MK_CORRELATION_TAPS = 5 };

// A tile of a convolution with lanes along images: y [pixels, filters, lanes] (+)= sum over k, in
// order, of w[k, filter] * x[offset[k] + pixel * x_pixel + lane]. w is [terms, filters]; steps are
// in elements.
typedef struct {
  const int64_t* offset;
  int64_t terms;
  const void *x, *w;
  void* y;
  int64_t x_pixel, y_pixel;
  int add;  // 0: y = sum, 1: y = y + sum
} mk_batch_tile;
typedef void (*mk_batch_tile_function)(const mk_batch_tile* tile);

// The gradient of its filters: sums [taps, filters, lanes] (+)= sum over rows, pixels of
// x[row * x_row + pixel * x_pixel + offset[tap] + lane] * y[row * y_row + pixel * y_pixel +
// filter * lanes + lane], one chain in each lane.
typedef struct {
  const void *x, *y;
  void* sums;
  const int64_t* offset;
  int64_t rows, pixels, x_row, x_pixel, y_row, y_pixel;
  int add;  // 0: the chains begin here, 1: they go on
} mk_batch_sum;
typedef void (*mk_batch_sum_function)(const mk_batch_sum* sum);

enum {
  MK_BATCH_FILTERS = 8,
  MK_BATCH_PIXELS = 8,
  MK_BATCH_SUM_FILTERS = 6,
  MK_BATCH_SUM_TAPS = 8
};

typedef struct {
  int most_filters, most_sum_filters;     // of a tile, of a sum
  int most_pixels[MK_BATCH_FILTERS + 1];  // by filters
  int most_taps[MK_BATCH_SUM_FILTERS + 1];
  mk_batch_tile_function tile[MK_BATCH_FILTERS + 1][MK_BATCH_PIXELS + 1];
  mk_batch_sum_function sum[MK_BATCH_SUM_FILTERS + 1][MK_BATCH_SUM_TAPS + 1];
  // y[i] = the sum of the lanes of vector i of x, as a tree.
  void (*fold)(void* y, const void* x, int64_t count);
  // y[i * lanes + image] = x[image * x_image + i] for i < count, image < images, and back. Nothing
  // else is written.
  void (*in)(void* y, const void* x, int64_t count, int64_t images, int64_t x_image);
  void (*out)(void* y, const void* x, int64_t count, int64_t images, int64_t y_image);
} mk_batch_kernels;

typedef struct {
  int lanes;                           // elements of one vector register
  int widest;                          // the most vectors side by side, of tiles of several rows
  int widest_row;                      // of a tile of one row
  int most_rows[MK_TILE_VECTORS + 1];  // the most rows of a tile of so many vectors
  int masked;                          // B may be read in place where a panel is not full
  // What processors of the level are taken to have: a first cache of 32 KiB, eight places a set,
  // and a slow second of half a mebibyte (1), or one of 48 KiB, twelve places, and a fast second of
  // a mebibyte or more (0).
  int small_caches;
  mk_tile_function row_form[MK_TILE_VECTORS + 1][MK_TILE_ROWS + 1];
  mk_tile_function column_form[MK_TILE_VECTORS + 1][MK_TILE_ROWS + 1];
  // Few rows, A in column form: B is read once, in long stretches of its rows, which is what main
  // memory likes. `columns` is at most MK_STREAM_BYTES of elements. Bits as the tiles'.
  mk_tile_function stream[MK_STREAM_ROWS + 1];
  int most_filters;  // of a correlation
  mk_correlation_function correlate[MK_CORRELATION_FILTERS + 1][MK_CORRELATION_TAPS + 1];
  // y[i * y_step + j] = sum over t < terms of x[i * x_step + t * x_term + j], for i < count, j < width;
  // width is at most `lanes`. Reads up to one vector past the last element.
  void (*overlay)(void* y, const void* x, int64_t count, int64_t y_step, int64_t x_step,
                  int64_t terms, int64_t x_term, int64_t width);
  // y[i * width + j] = x[i * x_i + j * x_j] for i < count, j < valid; 0 for valid <= j < width.
  // May write up to one vector past the end.
  void (*pack)(void* y, const void* x, int64_t count, int64_t valid, int64_t width, int64_t x_i,
               int64_t x_j);
  // y[i * y_i + j] = x[i + j * x_j] for i < rows, j < columns, and nothing else is written.
  void (*transpose)(void* y, const void* x, int64_t rows, int64_t columns, int64_t y_i,
                    int64_t x_j);
  const mk_batch_kernels* batch;
} mk_gemm_kernels;

const mk_gemm_kernels* mk_gemm_kernels_of(mk_isa_level level, mk_dtype dtype);

// Bytes that a packed panel may be overrun by.
enum { MK_PACK_SLACK = 64 };

// The `index`-th of `count` nearly equal pieces of `total`: where it begins.
static inline __attribute__((unused)) int64_t mk_piece(int64_t total, int64_t count,
                                                       int64_t index) {
  int64_t each = total / count, more = total % count;
  return index * each + (index < more ? index : more);
}

static inline __attribute__((unused)) int64_t mk_ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

#endif
