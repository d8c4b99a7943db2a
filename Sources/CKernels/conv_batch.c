// Convolutions with few channels over a whole batch: lanes lie along the images, as many at once as
// a vector has lanes, so that no lane is idle for any number of channels.
//
//     source rows of a block of images    [row, pixel, channel, image]     transposed in
//     a target row                        [pixel, channel, image]          transposed out
//
// Every element is the same chain of sums as in the paths that serve smaller batches, so that an
// image's bits do not depend on how many others there are: forward, one chain over taps and
// channels, in blocks of kc; in the gradient of the input, where conv_spread.c would serve, one
// chain over taps along height and channels for each tap along x, over pixels inside only.
#include "conv_batch.h"

#include <string.h>

#include "conv_batch_epilogue.h"
#include "conv_spread.h"
#include "program.h"

// Strips of a block of images; elements of an image that a piece of the epilogue is to take.
enum { strip_bytes_wanted = 192 << 10, strip_bytes_most = 384 << 10, epilogue_wanted = 1024 };

int mk_conv_batch_is_flat(const mk_conv_shape* s) {
  if (s->groups != 1 || s->in[0] != 1 || s->out[0] != 1 || s->kernel[0] != 1 || s->before[0] != 0)
    return 0;
  for (int i = 0; i < 3; i++)
    if (s->out[i] < 1 || s->kernel[i] < 1) return 0;
  return s->channels > 0 && s->filters > 0;
}

// Lanes along channels would be idle, and few lanes along images are. Measured: with a sixth of the
// lanes idle, both ways take the same time.
int mk_conv_batch_pays(int64_t batch, int64_t columns, int64_t lanes) {
  if (batch < lanes || 4 * batch < 3 * lanes * mk_ceil_div(batch, lanes)) return 0;
  return columns <= lanes ||
         (columns <= 4 * lanes && 6 * columns <= 5 * lanes * mk_ceil_div(columns, lanes));
}

void mk_conv_batch_fill(char* strip, const char* x, const mk_conv_axis axes[2], int64_t image,
                        int64_t images, int64_t first, int64_t rows, int64_t x0, int64_t wide,
                        int64_t channels, int64_t pitch, const mk_gemm_kernels* kernels,
                        int64_t size) {
  const int64_t lanes = kernels->lanes, high = axes[0].source_size, all = axes[1].source_size;
  const int64_t left = x0 < 0 ? (-x0 < wide ? -x0 : wide) : 0, from = x0 < 0 ? 0 : x0;
  int64_t inside = all - from < wide - left ? all - from : wide - left;
  if (inside < 0) inside = 0;
  const int64_t pixel = pitch * size, row = all * channels;
  const int dense = pitch == channels * lanes;
  if (dense && wide == all && x0 == 0 && first >= 0 && first + rows <= high) {
    // Rows follow each other.
    if (images < lanes) memset(strip, 0, (size_t)(rows * wide * pixel));
    kernels->batch->in(strip, x + (image * high + first) * row * size, rows * row, images,
                       high * row);
    return;
  }
  for (int64_t i = 0; i < rows; i++, strip += wide * pixel) {
    const int64_t y = first + i;
    const int outside = y < 0 || y >= high || inside == 0;
    if (outside || images < lanes) memset(strip, 0, (size_t)(wide * pixel));
    if (outside) continue;
    memset(strip, 0, (size_t)(left * pixel));
    memset(strip + (left + inside) * pixel, 0, (size_t)((wide - left - inside) * pixel));
    const char* source = x + ((image * high + y) * row + from * channels) * size;
    char* to = strip + left * pixel;
    if (dense) kernels->batch->in(to, source, inside * channels, images, high * row);
    else
      for (int64_t j = 0; j < inside; j++, to += pixel, source += channels * size)
        kernels->batch->in(to, source, channels, images, high * row);
  }
}

typedef struct {
  int spreads;  // 1: the order of sums of conv_spread.c, and a strip without padding
  mk_conv_axis axes[3];
  int64_t k, wide;         // terms; pixels of a strip's row
  int64_t rows;            // target rows to a strip
  size_t row, weights, offsets, epilogue;  // places in the scratch, after the strip
} extent;

static size_t aligned(size_t bytes) { return (bytes + MK_PACK_SLACK + 63) & ~(size_t)63; }

static int64_t strip_row_bytes(const mk_conv_problem* p, int64_t wide) {
  const int64_t lanes = mk_gemm_kernels_of(mk_isa(), p->args->dtype)->lanes;
  return wide * p->source_channels * lanes * (int64_t)mk_size(p->args->dtype);
}

static extent extent_of(const mk_conv_problem* p) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype);
  const size_t size = mk_size(p->args->dtype);
  extent e = {.spreads = mk_conv_spread_serves(p)};
  mk_conv_axes_of(p, 0, e.axes);
  e.k = p->shape.kernel[1] * p->shape.kernel[2] * p->source_channels;
  e.wide = e.spreads ? p->shape.out[2] : mk_conv_reach(&e.axes[2], e.axes[2].count);
  const int64_t row = strip_row_bytes(p, e.wide), more = mk_conv_reach(&e.axes[1], 1) - 1;
  e.rows = (strip_bytes_wanted / row - more - 1) / e.axes[1].source_step + 1;
  e.rows = e.rows < 1 ? 1 : e.rows > p->target[1] ? p->target[1] : e.rows;
  e.row = aligned((size_t)(mk_conv_reach(&e.axes[1], e.rows) * row));
  e.weights =
      e.row + aligned((size_t)(p->target[2] * p->target_channels * kernels->lanes) * size);
  e.offsets = e.weights + aligned((size_t)(e.k * p->target_channels) * size);
  e.epilogue = e.offsets + aligned((size_t)e.k * sizeof(int64_t));
  return e;
}

int mk_conv_batch_serves(const mk_conv_problem* p) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype);
  if (p->phases > 1 || !mk_conv_batch_is_flat(&p->shape) ||
      !mk_conv_batch_pays(p->shape.batch, p->target_channels, kernels->lanes))
    return 0;
  mk_conv_axis axes[3];
  mk_conv_axes_of(p, 0, axes);
  const int64_t strip = strip_row_bytes(p, mk_conv_reach(&axes[2], axes[2].count)) *
                        mk_conv_reach(&axes[1], 1);
  const int64_t row = p->target[2] * p->target_channels * kernels->lanes *
                      (int64_t)mk_size(p->args->dtype);
  return strip <= strip_bytes_most && row <= strip_bytes_most;
}

size_t mk_conv_batch_scratch(const mk_conv_problem* p) {
  const mk_program* epilogue = p->args->epilogue;
  const size_t before = extent_of(p).epilogue;
  if (!epilogue) return before;
  const size_t one = mk_program_scratch(epilogue), other = mk_batch_epilogue_scratch(epilogue);
  return before + (one > other ? one : other);
}

typedef struct {
  const mk_conv_problem* p;
  const mk_gemm_kernels* kernels;
  extent e;
  const char* source;
  char *target, *strip, *row, *weights;
  int64_t* offsets;
  int64_t strip_row, pixel;  // steps of the strip, in elements
  int64_t first;             // source row that the strip begins with
  mk_binding* epilogue;      // or null
  mk_batch_epilogue* early;  // the epilogue if it runs on rows before they are transposed; or null
} sweep;

// Weights in tiles of filters, [term, filter] each, and where each term lies in the strip.
static void prepare(const sweep* s, const char* w) {
  const mk_conv_problem* p = s->p;
  const mk_conv_axis* axes = s->e.axes;
  const int64_t size = (int64_t)mk_size(p->args->dtype), lanes = s->kernels->lanes;
  const int64_t channels = p->source_channels, high = axes[1].taps, wide = axes[2].taps;
  const int64_t tiles = mk_ceil_div(p->target_channels, s->kernels->batch->most_filters);
  // Packing may write beyond what it packs, which the next piece then overwrites.
  for (int64_t t = 0; t < tiles; t++)
    for (int64_t k = 0; k < high * wide; k++) {
      // Spread: taps along x outside, all ascending; else as the axes have them, along x inside.
      const int64_t y = s->e.spreads ? k % high : k / wide, x = s->e.spreads ? k / high : k % wide;
      const int64_t at = s->e.spreads ? (y * wide + x) * p->w_tap : mk_conv_tap(p, axes, k);
      const int64_t f = mk_piece(p->target_channels, tiles, t),
                    count = mk_piece(p->target_channels, tiles, t + 1) - f;
      s->kernels->pack(s->weights + (f * s->e.k + k * channels * count) * size,
                       w + (at + f * p->w_column) * size, channels, count, count, p->w_channel,
                       p->w_column);
      for (int64_t c = 0; c < channels; c++)
        s->offsets[k * channels + c] =
            c * lanes + (s->e.spreads ? -y * p->shape.dilation[1] * s->strip_row
                                      : y * axes[1].offset_step * s->strip_row +
                                            x * axes[2].offset_step * s->pixel);
    }
}

// All pixels of a target row for one tile of filters, terms in blocks of kc.
static void chain_row(const sweep* s, int64_t y, int64_t f, int64_t filters) {
  const mk_conv_problem* p = s->p;
  const mk_conv_axis* axes = s->e.axes;
  const mk_batch_kernels* batch = s->kernels->batch;
  const int64_t size = (int64_t)mk_size(p->args->dtype), lanes = s->kernels->lanes;
  const int64_t pixels = p->target[2], pieces = mk_ceil_div(pixels, batch->most_pixels[filters]);
  const int64_t kc = p->args->blocking.kc, step = axes[2].source_step * s->pixel;
  const int64_t row = y * axes[1].source_step + axes[1].offset - s->first;
  const char* x = s->strip + row * s->strip_row * size;
  for (int64_t k = 0; k < s->e.k; k += kc)
    for (int64_t i = 0; i < pieces; i++) {
      const int64_t j = mk_piece(pixels, pieces, i), end = mk_piece(pixels, pieces, i + 1);
      const mk_batch_tile tile = {.offset = s->offsets + k,
                                  .terms = s->e.k - k < kc ? s->e.k - k : kc,
                                  .x = x + j * step * size,
                                  .w = s->weights + (f * s->e.k + k * filters) * size,
                                  .y = s->row + (j * p->target_channels + f) * lanes * size,
                                  .x_pixel = step,
                                  .y_pixel = p->target_channels * lanes,
                                  .add = k > 0};
      batch->tile[filters][end - j](&tile);
    }
}

// The same in the order of conv_spread.c: only taps that reach the row, and under a tap along x
// only the pixels that it reaches.
static void spread_row(const sweep* s, int64_t y, int64_t f, int64_t filters) {
  const mk_conv_problem* p = s->p;
  const mk_conv_shape* shape = &p->shape;
  const mk_batch_kernels* batch = s->kernels->batch;
  const int64_t size = (int64_t)mk_size(p->args->dtype), lanes = s->kernels->lanes;
  const int64_t channels = p->source_channels, dilation = shape->dilation[1];
  // Row `from` of the source is read under tap 0, `dilation` rows less under each further one.
  const int64_t from = y + shape->before[1];
  const int64_t over = from - (shape->out[1] - 1);
  const int64_t tap = over > 0 ? mk_ceil_div(over, dilation) : 0;
  int64_t tap_end = from / dilation + 1;
  if (tap_end > shape->kernel[1]) tap_end = shape->kernel[1];
  if (tap >= tap_end) return;
  const char* x = s->strip + (from - s->first) * s->strip_row * size;
  for (int64_t t = 0; t < shape->kernel[2]; t++) {
    const int64_t shift = shape->before[2] - t * shape->dilation[2];
    const int64_t begin = shift < 0 ? -shift : 0;
    int64_t pixels = shape->out[2] - shift - begin;
    if (pixels > shape->in[2] - begin) pixels = shape->in[2] - begin;
    if (pixels <= 0) continue;
    const int64_t pieces = mk_ceil_div(pixels, batch->most_pixels[filters]);
    const int64_t k = (t * shape->kernel[1] + tap) * channels;
    for (int64_t i = 0; i < pieces; i++) {
      const int64_t j = begin + mk_piece(pixels, pieces, i),
                    end = begin + mk_piece(pixels, pieces, i + 1);
      const mk_batch_tile tile = {.offset = s->offsets + k,
                                  .terms = (tap_end - tap) * channels,
                                  .x = x + (j + shift) * s->pixel * size,
                                  .w = s->weights + (f * s->e.k + k * filters) * size,
                                  .y = s->row + (j * p->target_channels + f) * lanes * size,
                                  .x_pixel = s->pixel,
                                  .y_pixel = p->target_channels * lanes,
                                  .add = 1};
      batch->tile[filters][end - j](&tile);
    }
  }
}

// What a sum begins with: -0 changes no sum, 0 is the sum of nothing.
static void clear_row(const sweep* s, int64_t y) {
  const mk_conv_shape* shape = &s->p->shape;
  int reached = 0;
  for (int64_t t = 0; t < shape->kernel[1]; t++) {
    const int64_t o = y + shape->before[1] - t * shape->dilation[1];
    reached |= o >= 0 && o < shape->out[1];
  }
  const int64_t width = s->p->target_channels * s->kernels->lanes;
  for (int64_t x = 0; x < shape->in[2]; x++) {
    int covered = 0;
    for (int64_t t = 0; t < shape->kernel[2]; t++) {
      const int64_t o = x + shape->before[2] - t * shape->dilation[2];
      covered |= o >= 0 && o < shape->out[2];
    }
    if (s->p->args->dtype == MK_F64) {
      double* to = (double*)s->row + x * width;
      for (int64_t i = 0; i < width; i++) to[i] = reached && covered ? -0.0 : 0.0;
    } else {
      float* to = (float*)s->row + x * width;
      for (int64_t i = 0; i < width; i++) to[i] = reached && covered ? -0.0f : 0.0f;
    }
  }
}

// Target rows row ..< row + rows of a block of images.
static void band(sweep* s, int64_t image, int64_t images, int64_t row, int64_t rows) {
  const mk_conv_problem* p = s->p;
  const mk_conv_axis* axes = s->e.axes;
  const int64_t size = (int64_t)mk_size(p->args->dtype);
  if (s->e.spreads) {
    const int64_t from = row + p->shape.before[1];
    int64_t first = from - (p->shape.kernel[1] - 1) * p->shape.dilation[1];
    int64_t end = from + rows;
    if (first < 0) first = 0;
    if (end > p->shape.out[1]) end = p->shape.out[1];
    s->first = first;
    mk_conv_batch_fill(s->strip, s->source, axes + 1, image, images, first,
                       end > first ? end - first : 0, 0, s->e.wide, p->source_channels, s->pixel,
                       s->kernels, size);
  } else {
    s->first = row * axes[1].source_step + axes[1].offset;
    mk_conv_batch_fill(s->strip, s->source, axes + 1, image, images, s->first,
                       mk_conv_reach(&axes[1], rows), axes[2].offset, s->e.wide,
                       p->source_channels, s->pixel, s->kernels, size);
  }
  const int64_t width = p->target[2] * p->target_channels, plane = p->target[1] * width;
  const int64_t tiles = mk_ceil_div(p->target_channels, s->kernels->batch->most_filters);
  int64_t finished = row;
  for (int64_t y = row; y < row + rows; y++) {
    if (s->e.spreads) clear_row(s, y);
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t f = mk_piece(p->target_channels, tiles, t),
                    filters = mk_piece(p->target_channels, tiles, t + 1) - f;
      (s->e.spreads ? spread_row : chain_row)(s, y, f, filters);
    }
    if (s->early) mk_batch_epilogue_run(s->early, s->row, p->target[2]);
    s->kernels->batch->out(s->target + (image * plane + y * width) * size, s->row, width, images,
                           plane);
    // The epilogue follows while rows are near, over pieces that are worth their while.
    const int64_t count = (y + 1 - finished) * width;
    if (!s->epilogue || (count < epilogue_wanted && y + 1 < row + rows)) continue;
    for (int64_t i = 0; i < images; i++)
      mk_bound_run(s->epilogue, (size_t)((image + i) * plane + finished * width), (size_t)count);
    finished = y + 1;
  }
}

void mk_conv_batch(const mk_conv_problem* p, const mk_context* context, mk_ref source,
                   mk_ref target) {
  const int64_t lanes = mk_gemm_kernels_of(mk_isa(), p->args->dtype)->lanes;
  const int64_t blocks = mk_ceil_div(p->shape.batch, lanes), high = p->target[1];
  size_t begin, end;
  mk_share((size_t)(blocks * high), context->part, context->parts, &begin, &end);
  if (begin == end) return;
  char* scratch = context->scratch;
  sweep s = {.p = p,
             .kernels = mk_gemm_kernels_of(mk_isa(), p->args->dtype),
             .e = extent_of(p),
             .source = mk_at(context, source),
             .target = mk_at(context, target),
             .strip = scratch};
  s.row = scratch + s.e.row;
  s.weights = scratch + s.e.weights;
  s.offsets = (int64_t*)(scratch + s.e.offsets);
  s.pixel = p->source_channels * lanes;
  s.strip_row = s.e.wide * s.pixel;
  prepare(&s, mk_at(context, p->args->w));
  const mk_program* epilogue = p->args->epilogue;
  if (epilogue && mk_batch_epilogue_serves(epilogue, target, p->args->dtype, p->target_channels,
                                           lanes))
    s.early = mk_batch_epilogue_bind(epilogue, context->bases, p->args->dtype, p->target_channels,
                                     lanes, scratch + s.e.epilogue);
  else if (epilogue)
    s.epilogue = mk_bind(epilogue, context->bases, scratch + s.e.epilogue);
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end;) {
    const int64_t row = unit % high, image = unit / high * lanes;
    const int64_t images = p->shape.batch - image < lanes ? p->shape.batch - image : lanes;
    int64_t rows = high - row < s.e.rows ? high - row : s.e.rows;
    if (rows > (int64_t)end - unit) rows = (int64_t)end - unit;
    unit += rows;
    band(&s, image, images, row, rows);
  }
}
