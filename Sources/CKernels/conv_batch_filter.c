// The gradient of the filter with lanes along the images of a batch, where channels or filters are
// few:
//
//     x rows of a block of images    [row, pixel, channel, image]    transposed in, zeros outside
//     y rows                         [row, pixel, filter, image]     transposed in
//     sums                           [tile of filters, tile of terms][term, filter, image]
//
// Terms are ordered by channel, then tap: neighbouring taps read the same few lines.
// A lane is one chain over the pixels of the images of a chunk that share it; then the lanes are
// added as a tree, and the chunks in their order.
#include "conv_batch.h"

#include <string.h>

// Chunks are what threads share; a band of rows is to stay near while its tiles pass.
enum { chunks_most = 16, band_bytes_wanted = 96 << 10, row_bytes_most = 128 << 10 };

static int64_t lanes_of(mk_dtype dtype) { return mk_gemm_kernels_of(mk_isa(), dtype)->lanes; }

typedef struct {
  mk_conv_axis axes[3];
  int64_t k, wide, rows;                   // terms; pixels of a row of x; rows of y in a band
  int64_t x_pixel, y_pixel, x_row, y_row;  // steps of the strips, in elements
  size_t y, sums, offsets, end;    // places in the scratch, after the strip of x
} extent;

static size_t aligned(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

// From pixel to pixel. A tile reads a few channels of each: were pixels a power of two apart, those
// would share the same few sets of the nearest cache.
static int64_t pitch_of(int64_t channels, int64_t lanes) {
  return (channels % lanes == 0 ? channels + 1 : channels) * lanes;
}

static extent extent_of(const mk_conv_shape* s, mk_dtype dtype) {
  const size_t size = mk_size(dtype);
  const int64_t lanes = lanes_of(dtype);
  extent e = {.k = s->kernel[1] * s->kernel[2] * s->channels};
  for (int i = 0; i < 3; i++) e.axes[i] = mk_conv_forward_axis(s, i);
  e.wide = mk_conv_reach(&e.axes[2], s->out[2]);
  e.x_pixel = pitch_of(s->channels, lanes), e.y_pixel = pitch_of(s->filters, lanes);
  e.x_row = e.wide * e.x_pixel, e.y_row = s->out[2] * e.y_pixel;
  e.rows = band_bytes_wanted / ((e.x_row + e.y_row) * (int64_t)size);
  e.rows = e.rows < 1 ? 1 : e.rows > s->out[1] ? s->out[1] : e.rows;
  e.y = aligned((size_t)(mk_conv_reach(&e.axes[1], e.rows) * e.x_row) * size);
  e.sums = e.y + aligned((size_t)(e.rows * e.y_row) * size);
  e.offsets = e.sums + aligned((size_t)(e.k * s->filters * lanes) * size);
  e.end = e.offsets + aligned((size_t)e.k * sizeof(int64_t));
  return e;
}

int mk_conv_batch_filter_serves(const mk_conv_shape* s, mk_dtype dtype) {
  const int64_t lanes = lanes_of(dtype);
  if (!mk_conv_batch_is_flat(s) || !mk_conv_batch_pays(s->batch, s->filters, lanes)) return 0;
  const extent e = extent_of(s, dtype);
  return (e.x_row + e.y_row) * (int64_t)mk_size(dtype) <= row_bytes_most;
}

uint64_t mk_conv_batch_filter_chunks(const mk_conv_shape* s, mk_dtype dtype) {
  const int64_t blocks = mk_ceil_div(s->batch, lanes_of(dtype));
  return (uint64_t)(blocks < chunks_most ? blocks : chunks_most);
}

size_t mk_conv_batch_filter_scratch(const mk_conv_filter_args* args) {
  return extent_of(&args->conv.shape, args->conv.dtype).end;
}

typedef struct {
  const mk_conv_shape* shape;
  const mk_gemm_kernels* kernels;
  extent e;
  const char *x, *y;
  char *x_strip, *y_strip, *sums;
  int64_t* offsets;
  int64_t lanes, size;
} sweep;

// Rows row ..< row + rows of y, and the rows of x that they read, of a block of images.
static void fill(const sweep* s, int64_t image, int64_t images, int64_t row, int64_t rows) {
  const mk_conv_shape* shape = s->shape;
  const mk_conv_axis y_axes[2] = {{.source_size = shape->out[1]}, {.source_size = shape->out[2]}};
  mk_conv_batch_fill(s->y_strip, s->y, y_axes, image, images, row, rows, 0, shape->out[2],
                     shape->filters, s->e.y_pixel, s->kernels, s->size);
  mk_conv_batch_fill(s->x_strip, s->x, &s->e.axes[1], image, images,
                     row * s->e.axes[1].source_step + s->e.axes[1].offset,
                     mk_conv_reach(&s->e.axes[1], rows),
                     s->e.axes[2].offset, s->e.wide, shape->channels, s->e.x_pixel, s->kernels,
                     s->size);
}

// Adds the products of a band to the sums.
static void add_band(const sweep* s, int64_t rows, int add) {
  const mk_conv_shape* shape = s->shape;
  const mk_batch_kernels* batch = s->kernels->batch;
  char* sums = s->sums;
  const int64_t f_tiles = mk_ceil_div(shape->filters, batch->most_sum_filters);
  for (int64_t i = 0; i < f_tiles; i++) {
    const int64_t f = mk_piece(shape->filters, f_tiles, i),
                  filters = mk_piece(shape->filters, f_tiles, i + 1) - f;
    const int64_t tiles = mk_ceil_div(s->e.k, batch->most_taps[filters]);
    for (int64_t j = 0; j < tiles; j++) {
      const int64_t k = mk_piece(s->e.k, tiles, j), terms = mk_piece(s->e.k, tiles, j + 1) - k;
      const mk_batch_sum sum = {.x = s->x_strip,
                                .y = s->y_strip + f * s->lanes * s->size,
                                .sums = sums,
                                .offset = s->offsets + k,
                                .rows = rows,
                                .pixels = shape->out[2],
                                .x_row = s->e.axes[1].source_step * s->e.x_row,
                                .x_pixel = s->e.axes[2].source_step * s->e.x_pixel,
                                .y_row = s->e.y_row,
                                .y_pixel = s->e.y_pixel,
                                .add = add};
      batch->sum[filters][terms](&sum);
      sums += terms * filters * s->lanes * s->size;
    }
  }
}

// The sums of a chunk's lanes, to w [term, filter].
static void finish(const sweep* s, char* w) {
  const mk_conv_shape* shape = s->shape;
  const mk_batch_kernels* batch = s->kernels->batch;
  const char* sums = s->sums;
  const int64_t taps = shape->kernel[1] * shape->kernel[2];
  const int64_t f_tiles = mk_ceil_div(shape->filters, batch->most_sum_filters);
  for (int64_t i = 0; i < f_tiles; i++) {
    const int64_t f = mk_piece(shape->filters, f_tiles, i),
                  filters = mk_piece(shape->filters, f_tiles, i + 1) - f;
    for (int64_t k = 0; k < s->e.k; k++, sums += filters * s->lanes * s->size) {
      const int64_t term = k % taps * shape->channels + k / taps;
      batch->fold(w + (term * shape->filters + f) * s->size, sums, filters);
    }
  }
}

void mk_conv_batch_filter(const mk_conv_filter_args* args, const mk_context* context) {
  const mk_conv_shape* shape = &args->conv.shape;
  const mk_dtype dtype = args->conv.dtype;
  char* scratch = context->scratch;
  sweep s = {.shape = shape,
             .kernels = mk_gemm_kernels_of(mk_isa(), dtype),
             .e = extent_of(shape, dtype),
             .x = mk_at(context, args->conv.x),
             .y = mk_at(context, args->conv.y),
             .x_strip = scratch,
             .lanes = lanes_of(dtype),
             .size = (int64_t)mk_size(dtype)};
  s.y_strip = scratch + s.e.y, s.sums = scratch + s.e.sums;
  s.offsets = (int64_t*)(scratch + s.e.offsets);
  const int64_t taps = shape->kernel[1] * shape->kernel[2];
  for (int64_t k = 0; k < s.e.k; k++) {
    const int64_t tap = k % taps, c = k / taps;
    s.offsets[k] = tap / shape->kernel[2] * shape->dilation[1] * s.e.x_row +
                   tap % shape->kernel[2] * shape->dilation[2] * s.e.x_pixel + c * s.lanes;
  }
  const int64_t blocks = mk_ceil_div(shape->batch, s.lanes), chunks = (int64_t)args->chunks;
  size_t begin, end;
  mk_share((size_t)chunks, context->part, context->parts, &begin, &end);
  for (int64_t chunk = (int64_t)begin; chunk < (int64_t)end; chunk++) {
    int add = 0;
    for (int64_t b = mk_piece(blocks, chunks, chunk); b < mk_piece(blocks, chunks, chunk + 1); b++)
      for (int64_t row = 0; row < shape->out[1]; row += s.e.rows) {
        const int64_t image = b * s.lanes, rest = shape->batch - image;
        const int64_t rows = shape->out[1] - row < s.e.rows ? shape->out[1] - row : s.e.rows;
        fill(&s, image, rest < s.lanes ? rest : s.lanes, row, rows);
        add_band(&s, rows, add);
        add = 1;
      }
    finish(&s, chunks > 1 ? (char*)mk_at(context, args->partials) +
                                chunk * s.e.k * shape->filters * s.size
                          : (char*)mk_at(context, args->conv.w));
  }
}
