// The gradient of the filter, a product over pixels:
//
//     w[t, c, f] = sum over pixels of x[pixel + t, c] * y[pixel, f]
//
// Pixels are taken in bands of whole rows, about kc pixels each; a band is summed in registers, the
// bands of a chunk are added in order, and so are the chunks. Bands and chunks follow from the
// shape alone. With one chunk the sums go straight to w and phase 2 has nothing to do.
//
// A tile reads some channels of every pixel of a band. Where all of a pixel's channels are many
// cache lines, pixels lie apart by what puts them into few sets of a small L1; there the strip holds
// blocks of a tile's channels, in which a tile reads neighbours for all taps.
//
// Few filters would leave most lanes idle; then lanes lie along pixels, bands are longer, and a
// band is one chain of sums in each lane.
#include "conv_batch.h"
#include "conv_strip.h"
#include "depthwise.h"

#include <string.h>

// Enough pieces of work for the threads of one machine, and no chunk below `least_pixels`.
enum { pieces_wanted = 32, least_pixels = 1024, most_band_rows = 256 };

static int64_t rows_of(const mk_conv_shape* s) { return s->batch * s->out[0] * s->out[1]; }
static int64_t weights_of(const mk_conv_shape* s) {
  return s->kernel[0] * s->kernel[1] * s->kernel[2] * (s->channels / s->groups) * s->filters;
}

static int is_narrow(const mk_conv_shape* s, mk_dtype dtype) {
  return s->filters / s->groups * 2 <= mk_gemm_kernels_of(mk_isa(), dtype)->lanes &&
         s->stride[2] == 1 && !mk_depthwise_serves(s);
}

// How many of a pixel's channels lie together.
static int64_t block_channels(const mk_conv_shape* s, mk_dtype dtype) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), dtype);
  const int64_t channels = s->channels / s->groups, size = (int64_t)mk_size(dtype);
  if (!kernels->small_caches || channels * size < 1024) return channels;
  return mk_ceil_div(channels, mk_ceil_div(channels, kernels->most_rows[2]));
}

mk_blocking mk_conv_filter_blocking(const mk_conv_shape* s, mk_dtype dtype, uint32_t threads,
                                    uint64_t* chunks) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), dtype);
  const int64_t panel = 2 * kernels->lanes, filters = s->filters / s->groups;
  int64_t panels = mk_ceil_div(filters > 0 ? filters : 1, panel) * s->groups;
  if (mk_depthwise_serves(s)) panels = 1;  // its threads share chunks only
  const int64_t rows = rows_of(s), pixels = rows * s->out[2], weights = weights_of(s);
  int64_t count = mk_ceil_div(pieces_wanted, panels);
  if (count > pixels / least_pixels) count = pixels / least_pixels;
  // Partials are to stay small beside the work that makes them.
  if (weights > 0 && count > (int64_t)(64 << 20) / weights) count = (int64_t)(64 << 20) / weights;
  if (count > rows) count = rows;
  if (count < 1) count = 1;
  if (mk_conv_batch_filter_serves(s, dtype)) {
    panels = 1;
    count = (int64_t)mk_conv_batch_filter_chunks(s, dtype);
  }
  *chunks = (uint64_t)count;

  mk_blocking blocking = {
      .kc = dtype == MK_F64 ? 128 : 256, .mc = 0, .row_parts = 1, .column_parts = 1};
  if (is_narrow(s, dtype)) {
    const int64_t pixels_at_once =
        (32 << 10) / (s->channels / s->groups > 0 ? s->channels / s->groups : 1);
    blocking.kc = (uint32_t)(pixels_at_once < 256    ? 256
                             : pixels_at_once > 2048 ? 2048
                                                     : pixels_at_once);
  }
  // All weights of nc filters are to stay in L2 while the bands pass; but blocks take some time to
  // make, for which reading weights from a farther cache, asked for ahead, is the lesser evil.
  const int64_t m = weights / (s->filters > 0 ? s->filters : 1);
  int64_t nc = (int64_t)(512 << 10) / (int64_t)mk_size(dtype) / (m > 0 ? m : 1);
  nc -= nc % panel;
  const int64_t least = block_channels(s, dtype) < s->channels / s->groups ? 8 * panel : panel;
  if (nc < least) nc = least;
  if (nc > mk_ceil_div(filters > 0 ? filters : 1, panel) * panel)
    nc = mk_ceil_div(filters > 0 ? filters : 1, panel) * panel;
  blocking.nc = (uint32_t)nc;
  int64_t parts = threads < 1 ? 1 : threads;
  double work = (double)weights * (double)pixels;
  if (work < 1.5e5 * (double)parts) parts = (int64_t)(work / 1.5e5);
  if (parts > count * panels) parts = count * panels;
  if (parts < 1) parts = 1;
  blocking.row_parts = (uint32_t)parts;
  return blocking;
}

size_t mk_conv_filter_workspace(const mk_conv_filter_args* args) {
  return args->chunks <= 1 ? 0
                           : (size_t)args->chunks * (size_t)weights_of(&args->conv.shape) *
                                 mk_size(args->conv.dtype);
}

// Target rows in one band: a number of the shape's alone.
static int64_t band_rows(const mk_conv_filter_args* args) {
  int64_t rows =
      args->conv.blocking.kc / (args->conv.shape.out[2] > 0 ? args->conv.shape.out[2] : 1);
  return rows < 1 ? 1 : rows > most_band_rows ? most_band_rows : rows;
}

// Rows longer than this are cut into stretches, each a band.
static int64_t band_pixels(const mk_conv_filter_args* args) {
  int64_t pixels = args->conv.shape.out[2], most = 2 * args->conv.blocking.kc;
  return pixels > most ? mk_ceil_div(pixels, mk_ceil_div(pixels, most)) : pixels;
}

typedef struct {
  size_t strip, panels, spans, offsets, end;
} layout;

static size_t aligned(size_t bytes) { return (bytes + MK_PACK_SLACK + 63) & ~(size_t)63; }

// Rows of the source in a strip: at worst every row of a band is alone in its image.
static int64_t strip_rows(const mk_conv_filter_args* args, const mk_conv_axis axes[3]) {
  const mk_conv_shape* s = &args->conv.shape;
  const int64_t rows = band_rows(args), most = s->out[1] < rows ? s->out[1] : rows;
  const int64_t images = mk_ceil_div(rows, most > 0 ? most : 1) + 1;
  return images * mk_conv_reach(&axes[1], 1) + rows * s->stride[1];
}

static layout layout_of(const mk_conv_filter_args* args) {
  const mk_conv_shape* s = &args->conv.shape;
  const size_t size = mk_size(args->conv.dtype);
  mk_conv_axis axes[3];
  for (int i = 0; i < 3; i++) axes[i] = mk_conv_forward_axis(s, i);
  const int64_t rows = band_rows(args), channels = s->channels / s->groups;
  const int64_t each = block_channels(s, args->conv.dtype);
  const int64_t held = channels > 0 ? mk_ceil_div(channels, each) * each : 0;
  const size_t strip = (size_t)(axes[0].taps * strip_rows(args, axes) *
                                mk_conv_reach(&axes[2], band_pixels(args)) * held) *
                       size;
  layout l = {.strip = 0};
  l.panels = aligned(strip);
  l.spans = l.panels + aligned((size_t)(rows * band_pixels(args)) * args->conv.blocking.nc * size);
  l.offsets = l.spans + aligned((size_t)rows * sizeof(mk_span));
  l.end = l.offsets +
          aligned((size_t)(weights_of(s) / (s->filters > 0 ? s->filters : 1)) * sizeof(int64_t));
  return l;
}

size_t mk_conv_filter_scratch(const mk_conv_filter_args* args) {
  if (mk_depthwise_serves(&args->conv.shape)) return mk_depthwise_scratch(&args->conv);
  if (mk_conv_batch_filter_serves(&args->conv.shape, args->conv.dtype))
    return mk_conv_batch_filter_scratch(args);
  return layout_of(args).end;
}

// One band: target rows begin ..< end (of all images and depths), pixels x ..< x + pixels, one
// group, filters column ..< column + columns. `sums` is [taps, channels, filters], `add` says
// whether something is there already.
typedef struct {
  const mk_conv_filter_args* args;
  const mk_gemm_kernels* kernels;
  mk_conv_axis axes[3];
  const char *x, *y;
  char *sums, *strip, *panels;
  mk_span* spans;
  int64_t* offsets;
  size_t size;
  int64_t each, strip_rows;  // channels of a block, rows of the source in a strip
  int64_t group, column, columns;
} sweep;

static void band(const sweep* s, int64_t begin, int64_t end, int64_t x, int64_t pixels, int add) {
  const mk_conv_shape* shape = &s->args->conv.shape;
  const mk_conv_axis* axes = s->axes;
  const mk_gemm_kernels* kernels = s->kernels;
  const int64_t channels = shape->channels / shape->groups,
                filters = shape->filters / shape->groups;
  const int64_t size = (int64_t)s->size, lanes = kernels->lanes, panel = 2 * lanes;
  const int64_t image_size = shape->in[0] * shape->in[1] * shape->in[2] * shape->channels;
  const int64_t each = s->each, blocks = mk_ceil_div(channels, each);
  mk_conv_pitch pitch = mk_conv_pitch_of(axes, pixels, channels, shape->channels);
  if (blocks > 1) {
    pitch = (mk_conv_pitch){.pixel = each, .plane = mk_conv_reach(&axes[2], pixels) * each};
    pitch.row = axes[0].taps * pitch.plane;
    pitch.block = s->strip_rows * pitch.row;
  }
  // In place the origin is x itself, else the strip, filled here.
  const char* origin = pitch.in_place ? s->x : s->strip;
  int64_t spans = 0, used = 0;
  for (int64_t row = begin; row < end;) {
    const int64_t y = row % shape->out[1], plane = row / shape->out[1];
    const int64_t depth = plane % shape->out[0], image = plane / shape->out[0];
    const int64_t now = end - row < shape->out[1] - y ? end - row : shape->out[1] - y;
    int64_t at = used;
    if (pitch.in_place) {
      at = image * image_size + mk_conv_in_place(axes, depth, y, x, shape->channels) +
           s->group * channels;
    } else {
      mk_conv_fill(s->strip + at * size, s->x + (image * image_size + s->group * channels) * size,
                   axes, pitch, depth, y, now, x, pixels, channels, shape->channels,
                   s->args->conv.dtype);
      used += mk_conv_reach(&axes[1], now) * pitch.row;
    }
    for (int64_t i = 0; i < now; i++, spans++)
      s->spans[spans] = (mk_span){at + i * shape->stride[1] * pitch.row, spans * pixels, pixels};
    row += now;
  }
  const int64_t terms = spans * pixels;
  // Neighbouring taps along a row read neighbouring pixels: together they are one run of rows of w.
  const int merged = pitch.pixel == channels && axes[2].offset_step == 1;
  const int64_t runs = merged ? 1 : axes[2].taps, run = merged ? axes[2].taps * channels : channels;
  // Sums of more filters than stay near.
  const int64_t sum_bytes = weights_of(shape) / shape->filters * s->columns * size;
  const int is_far = blocks > 1 && sum_bytes > 256 << 10;
  for (int64_t j = 0; j < s->columns; j += panel) {
    const int64_t wide = s->columns - j < panel ? s->columns - j : panel;
    const int vectors = (int)mk_ceil_div(wide, lanes);
    const int64_t width = vectors * lanes;
    const int64_t first = s->group * filters + s->column + j;
    for (int64_t i = 0; i < spans; i++)
      kernels->pack(s->panels + i * pixels * width * size,
                    s->y + (((begin + i) * shape->out[2] + x) * shape->filters + first) * size,
                    pixels, wide, width, shape->filters, 1);
    for (int64_t i = 0; i < spans; i++) s->spans[i].b = i * pixels * width;
    mk_tile tile = {.spans = s->spans,
                    .span_count = terms > 0 ? spans : 0,
                    .b = s->panels,
                    .a_step = shape->stride[2] * pitch.pixel,
                    .b_step = width,
                    .c_row = shape->filters,
                    .columns = wide,
                    .fetch = is_far,
                    .add = add};
    for (int64_t block = 0; block < blocks; block++) {
      const int64_t c = mk_piece(run, blocks, block), count = mk_piece(run, blocks, block + 1) - c;
      const int64_t tiles = mk_ceil_div(count, kernels->most_rows[vectors]);
      for (int64_t tap = 0; tap < axes[0].taps * axes[1].taps * runs; tap++) {
        const int64_t tx = tap % runs, ty = tap / runs % axes[1].taps;
        const int64_t tz = tap / runs / axes[1].taps;
        const int64_t from = block * pitch.block + tz * pitch.plane +
                             ty * axes[1].offset_step * pitch.row +
                             tx * axes[2].offset_step * pitch.pixel;
        for (int64_t t = 0; t < tiles; t++) {
          const int64_t i = mk_piece(count, tiles, t), high = mk_piece(count, tiles, t + 1) - i;
          tile.a = origin + (from + i) * size;
          tile.c = s->sums + ((tap * run + c + i) * shape->filters + first) * size;
          kernels->column_form[vectors][high](&tile);
        }
      }
    }
  }
}

// The same, lanes along pixels, for all filters of a group (they fit one panel).
static void narrow_band(const sweep* s, int64_t begin, int64_t end, int64_t x, int64_t pixels,
                        int add) {
  const mk_conv_shape* shape = &s->args->conv.shape;
  const mk_conv_axis* axes = s->axes;
  const mk_dtype dtype = s->args->conv.dtype;
  const int64_t channels = shape->channels / shape->groups,
                filters = shape->filters / shape->groups;
  const int64_t size = (int64_t)s->size;
  const int64_t image_size = shape->in[0] * shape->in[1] * shape->in[2] * shape->channels;
  // Planes of channels in the strip: [row, tap along depth, channel, pixel]; of filters: [filter,
  // pixel].
  mk_conv_pitch pitch = {.pixel = 1, .block = mk_conv_reach(&axes[2], pixels)};
  pitch.plane = channels * pitch.block, pitch.row = axes[0].taps * pitch.plane;
  const int64_t y_plane = (end - begin) * pixels;
  int64_t spans = 0, used = 0;
  // Whole rows follow each other.
  const int whole = pixels == shape->out[2];
  if (whole)
    s->kernels->transpose(
        s->panels, s->y + (begin * pixels * shape->filters + s->group * filters) * size, filters,
        y_plane, y_plane, shape->filters);
  for (int64_t row = begin; row < end;) {
    const int64_t y = row % shape->out[1], plane = row / shape->out[1];
    const int64_t depth = plane % shape->out[0], image = plane / shape->out[0];
    const int64_t now = end - row < shape->out[1] - y ? end - row : shape->out[1] - y;
    mk_conv_fill(s->strip + used * size, s->x + (image * image_size + s->group * channels) * size,
                 axes, pitch, depth, y, now, x, pixels, channels, shape->channels, dtype);
    for (int64_t i = 0; i < now; i++, spans++) {
      s->spans[spans] = (mk_span){spans * pixels, used + i * shape->stride[1] * pitch.row, pixels};
      if (whole) continue;
      s->kernels->transpose(
          s->panels + spans * pixels * size,
          s->y + (((row + i) * shape->out[2] + x) * shape->filters + s->group * filters) * size,
          filters, pixels, y_plane, shape->filters);
    }
    used += mk_conv_reach(&axes[1], now) * pitch.row;
    row += now;
  }
  int64_t terms = 0;
  for (int64_t tap = 0; tap < axes[0].taps * axes[1].taps * axes[2].taps; tap++) {
    const int64_t tx = tap % axes[2].taps, ty = tap / axes[2].taps % axes[1].taps;
    const int64_t tz = tap / axes[2].taps / axes[1].taps;
    for (int64_t c = 0; c < channels; c++)
      s->offsets[terms++] = tz * pitch.plane + ty * axes[1].offset_step * pitch.row +
                            tx * axes[2].offset_step + c * pitch.block;
  }
  const int64_t filter_pieces = mk_ceil_div(filters, s->kernels->most_filters);
  const int64_t tap_pieces = mk_ceil_div(terms, MK_CORRELATION_TAPS);
  for (int64_t i = 0; i < filter_pieces; i++)
    for (int64_t j = 0; j < tap_pieces; j++) {
      const int64_t f = mk_piece(filters, filter_pieces, i), t = mk_piece(terms, tap_pieces, j);
      const int64_t f_count = mk_piece(filters, filter_pieces, i + 1) - f;
      const int64_t t_count = mk_piece(terms, tap_pieces, j + 1) - t;
      double sums[MK_CORRELATION_FILTERS * MK_CORRELATION_TAPS];  // of either type
      const mk_correlation correlation = {.rows = s->spans,
                                          .row_count = spans,
                                          .y_plane = y_plane,
                                          .x = s->strip,
                                          .y = s->panels + f * y_plane * size,
                                          .offset = s->offsets + t,
                                          .sums = sums};
      s->kernels->correlate[f_count][t_count](&correlation);
#define ADD(type)                                                                                  \
  for (int64_t k = 0; k < t_count; k++)                                                            \
    for (int64_t l = 0; l < f_count; l++) {                                                        \
      type* to = (type*)s->sums + (t + k) * shape->filters + s->group * filters + f + l;           \
      const type sum = ((const type*)sums)[k * f_count + l];                                       \
      *to = add ? *to + sum : sum;                                                                 \
    }
      if (dtype == MK_F64) {
        ADD(double)
      } else {
        ADD(float)
      }
#undef ADD
    }
}

void mk_conv_filter_partials(const void* args_, const mk_context* context) {
  const mk_conv_filter_args* args = args_;
  const mk_conv_shape* shape = &args->conv.shape;
  if (mk_depthwise_serves(shape)) {
    mk_depthwise_filter(args, context);
    return;
  }
  if (mk_conv_batch_filter_serves(shape, args->conv.dtype)) {
    mk_conv_batch_filter(args, context);
    return;
  }
  const layout at = layout_of(args);
  sweep s = {.args = args,
             .kernels = mk_gemm_kernels_of(mk_isa(), args->conv.dtype),
             .x = mk_at(context, args->conv.x),
             .y = mk_at(context, args->conv.y),
             .strip = (char*)context->scratch + at.strip,
             .panels = (char*)context->scratch + at.panels,
             .spans = (mk_span*)((char*)context->scratch + at.spans),
             .offsets = (int64_t*)((char*)context->scratch + at.offsets),
             .size = mk_size(args->conv.dtype),
             .each = block_channels(shape, args->conv.dtype)};
  for (int i = 0; i < 3; i++) s.axes[i] = mk_conv_forward_axis(shape, i);
  s.strip_rows = strip_rows(args, s.axes);
  const int64_t filters = shape->filters / shape->groups, panel = 2 * s.kernels->lanes;
  const int64_t panels = mk_ceil_div(filters, panel), nc = args->conv.blocking.nc / panel;
  const int64_t rows = rows_of(shape), at_once = band_rows(args), pixels = band_pixels(args);
  const int64_t weights = weights_of(shape);
  if (weights == 0) return;

  // Units of work: chunks × groups × panels of filters, in this order.
  size_t begin, end;
  mk_share((size_t)((int64_t)args->chunks * shape->groups * panels), context->part, context->parts,
           &begin, &end);
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end;) {
    const int64_t first = unit % panels, chunk = unit / panels / shape->groups;
    int64_t count = panels - first;
    if (count > nc) count = nc;
    if (count > (int64_t)end - unit) count = (int64_t)end - unit;
    s.group = unit / panels % shape->groups;
    s.column = first * panel;
    s.columns = (first + count) * panel < filters ? count * panel : filters - s.column;
    s.sums = args->chunks > 1
                 ? (char*)mk_at(context, args->partials) + chunk * weights * (int64_t)s.size
                 : (char*)mk_at(context, args->conv.w);
    const int64_t row_begin = mk_piece(rows, (int64_t)args->chunks, chunk);
    const int64_t row_end = mk_piece(rows, (int64_t)args->chunks, chunk + 1);
    int add = 0;
    void (*const sum)(const sweep*, int64_t, int64_t, int64_t, int64_t, int) =
        is_narrow(shape, args->conv.dtype) ? narrow_band : band;
    for (int64_t row = row_begin; row < row_end; row += at_once)
      for (int64_t x = 0; x < shape->out[2]; x += pixels, add = 1)
        sum(&s, row, row + at_once < row_end ? row + at_once : row_end, x,
            shape->out[2] - x < pixels ? shape->out[2] - x : pixels, add);
    if (!add) sum(&s, 0, 0, 0, 0, 0);  // no pixels: the sum of nothing
    unit += count;
  }
}

void mk_conv_filter_sum(const void* args_, const mk_context* context) {
  const mk_conv_filter_args* args = args_;
  if (args->chunks <= 1) return;
  const size_t weights = (size_t)weights_of(&args->conv.shape);
  size_t begin, end;
  mk_share((weights + 15) / 16, context->part, context->parts, &begin, &end);
  begin *= 16, end *= 16;
  if (end > weights) end = weights;
#define SUM(type)                                                                                  \
  {                                                                                                \
    type* w = mk_at(context, args->conv.w);                                                        \
    const type* partials = mk_at(context, args->partials);                                         \
    for (size_t i = begin; i < end; i++) w[i] = partials[i];                                       \
    for (uint64_t chunk = 1; chunk < args->chunks; chunk++)                                        \
      for (size_t i = begin; i < end; i++) w[i] += partials[chunk * weights + i];                  \
  }
  if (args->conv.dtype == MK_F64) SUM(double) else SUM(float)
#undef SUM
}
