// Convolutions and the gradients of their inputs, as products that read images in place.
//
//     target [batch, depth, height, width, columns], rows of pixels × columns of C
//     source read through strips (conv_strip.h); k runs over taps, then channels of the source
//     weights packed once per thread into panels [k, two vectors of columns]
#include "conv_batch.h"
#include "conv_narrow.h"
#include "conv_spread.h"
#include "conv_strip.h"
#include "depthwise.h"

#include <string.h>

// The most of each that a call can need: sizes of scratch and of blocks.
enum { most_rows = 64, strip_bytes_wanted = 384 << 10 };

typedef struct {
  int64_t k, pixels,
      strip;  // terms of a sum; target pixels of a row in one strip; elements of a strip
} extent;

static int64_t row_pixels(const mk_conv_axis axes[3], int64_t channels, size_t size) {
  // Rows too long for a strip are cut.
  int64_t pixels = axes[2].count, tap_rows = axes[0].taps * mk_conv_reach(&axes[1], 1);
  int64_t most =
      strip_bytes_wanted / (int64_t)size / (channels * tap_rows > 0 ? channels * tap_rows : 1);
  most = (most - (axes[2].taps - 1) * axes[2].offset_step) / axes[2].source_step;
  if (most < 56) most = 56;
  return pixels > most ? mk_ceil_div(pixels, mk_ceil_div(pixels, most)) : pixels;
}

static extent extent_of(const mk_conv_problem* p) {
  extent most = {0, 0, 0};
  const size_t size = mk_size(p->args->dtype);
  for (int64_t phase = 0; phase < p->phases; phase++) {
    mk_conv_axis axes[3];
    mk_conv_axes_of(p, phase, axes);
    int64_t k = axes[0].taps * axes[1].taps * axes[2].taps * p->source_channels;
    if (k == 0 || axes[2].count <= 0) continue;
    int64_t pixels = row_pixels(axes, p->source_channels, size);
    int64_t strip = axes[0].taps * mk_conv_reach(&axes[1], 1) * mk_conv_reach(&axes[2], pixels) *
                    p->source_channels;
    if (k > most.k) most.k = k;
    if (pixels > most.pixels) most.pixels = pixels;
    if (strip > most.strip) most.strip = strip;
  }
  int64_t wanted = strip_bytes_wanted / (int64_t)size;
  if (most.strip < wanted) most.strip = wanted;
  return most;
}

// A convolution of windows of one pixel: target [pixels, columns] = source · w, or · wᵀ.
static mk_gemm_args pointwise(const mk_conv_args* args, int input) {
  const mk_conv_shape* s = &args->shape;
  const int64_t columns = input ? s->channels : s->filters, k = input ? s->filters : s->channels;
  return (mk_gemm_args){.a = input ? args->y : args->x,
                        .b = args->w,
                        .c = input ? args->x : args->y,
                        .m = s->batch * s->in[0] * s->in[1] * s->in[2],
                        .n = columns,
                        .k = k,
                        .a_row = k,
                        .a_column = 1,
                        .b_row = input ? 1 : columns,
                        .b_column = input ? k : 1,
                        .c_row = columns,
                        .dtype = args->dtype,
                        .blocking = args->blocking,
                        .epilogue = args->epilogue};
}

static mk_blocking blocking_of(const mk_conv_problem* p, mk_dtype dtype, uint32_t threads) {
  if (mk_conv_is_pointwise(&p->shape)) {
    const mk_gemm_args product = pointwise(p->args, p->input);
    return mk_gemm_blocking(product.m, product.n, product.k, dtype, threads);
  }
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), dtype);
  const int64_t panel = 2 * kernels->lanes;
  int64_t pixels = p->shape.batch * p->target[0] * p->target[1] * p->target[2];
  int64_t k = p->source_channels * p->shape.kernel[0] * p->shape.kernel[1] * p->shape.kernel[2];
  mk_blocking blocking = mk_gemm_blocking(pixels, p->target_channels, k, dtype, threads);
  int64_t nc = (int64_t)(640 << 10) / (int64_t)mk_size(dtype) / (k > 0 ? k : 1);
  nc -= nc % panel;
  if (nc < panel) nc = panel;
  int64_t all = mk_ceil_div(p->target_channels > 0 ? p->target_channels : 1, panel) * panel;
  blocking.nc = (uint32_t)(nc > all ? all : nc);
  // Tiles of pixels are gathered, not packed: fewer terms at a time than in a product of matrices.
  const int64_t most_terms = (int64_t)2048 / (int64_t)mk_size(dtype);
  if (k > 0) blocking.kc = (uint32_t)mk_ceil_div(k, mk_ceil_div(k, most_terms));
  blocking.mc = 16 * (uint32_t)kernels->most_rows[2];
  // Rows of pixels, not pixels, are shared.
  int64_t rows = p->shape.batch * p->target[0] * p->target[1];
  if (rows < blocking.row_parts) {
    blocking.column_parts = blocking.row_parts * blocking.column_parts;
    blocking.row_parts = 1;
    if (blocking.column_parts > all / panel) blocking.column_parts = (uint32_t)(all / panel);
  }
  return blocking;
}

mk_blocking mk_conv_blocking(const mk_conv_shape* shape, mk_dtype dtype, uint32_t threads) {
  mk_conv_args args = {.shape = *shape, .dtype = dtype};
  mk_conv_problem p = mk_conv_problem_of(&args, 0);
  return blocking_of(&p, dtype, threads);
}
mk_blocking mk_conv_input_blocking(const mk_conv_shape* shape, mk_dtype dtype, uint32_t threads) {
  mk_conv_args args = {.shape = *shape, .dtype = dtype};
  mk_conv_problem p = mk_conv_problem_of(&args, 1);
  return blocking_of(&p, dtype, threads);
}

// Scratch: a strip, the panels of weights, a block's spans.
typedef struct {
  size_t strip, panels, spans, epilogue;
} layout;

static size_t aligned(size_t bytes) { return (bytes + MK_PACK_SLACK + 63) & ~(size_t)63; }

static layout layout_of(const mk_conv_problem* p) {
  const extent most = extent_of(p);
  const size_t size = mk_size(p->args->dtype);
  layout l;
  l.strip = 0;
  l.panels = aligned((size_t)most.strip * size);
  l.spans = l.panels + aligned((size_t)most.k * p->args->blocking.nc * size);
  l.epilogue = l.spans + aligned((p->args->blocking.kc + 2) * sizeof(mk_span));
  return l;
}

static size_t scratch_of(const mk_conv_args* args, int input) {
  if (mk_conv_is_pointwise(&args->shape)) {
    const mk_gemm_args product = pointwise(args, input);
    return mk_gemm_scratch(&product);
  }
  if (mk_depthwise_serves(&args->shape)) return mk_depthwise_scratch(args);
  mk_conv_problem p = mk_conv_problem_of(args, input);
  if (mk_conv_batch_serves(&p)) return mk_conv_batch_scratch(&p);
  if (mk_conv_spread_serves(&p)) return mk_conv_spread_scratch(&p);
  if (mk_conv_narrow_serves(&p)) return mk_conv_narrow_scratch(&p);
  return layout_of(&p).epilogue + (args->epilogue ? mk_program_scratch(args->epilogue) : 0);
}
size_t mk_conv_scratch(const mk_conv_args* args) { return scratch_of(args, 0); }
size_t mk_conv_input_scratch(const mk_conv_args* args) { return scratch_of(args, 1); }

// One phase of one group, one block of columns, on one thread.
typedef struct {
  const mk_conv_problem* p;
  const mk_gemm_kernels* kernels;
  mk_conv_axis axes[3];
  mk_conv_pitch pitch;
  int64_t group, column, columns, k, run, pixels;
  const char *source, *w;
  char *target, *strip, *panels;
  mk_span* spans;
  size_t size;
  const mk_context* context;
  void* epilogue_scratch;
  int finishes;  // whether nothing is added to the rows at hand after this sweep
  // The rows at hand: where each begins in its strip (or image) and in the target, in elements.
  int64_t rows, strip_used, source_at[most_rows], target_at[most_rows], row_count;
} sweep;

// Panels [k][width] of the sweep's columns, block of k after block.
static void pack_weights(sweep* s) {
  const mk_conv_problem* p = s->p;
  const int64_t lanes = s->kernels->lanes, panel = 2 * lanes, kc = p->args->blocking.kc;
  const int64_t channels = p->source_channels;
  const mk_conv_axis* axes = s->axes;
  char* y = s->panels;
  const char* w = s->w + s->group * p->w_group * (int64_t)s->size;
  for (int64_t k0 = 0; k0 < s->k; k0 += kc) {
    const int64_t terms = s->k - k0 < kc ? s->k - k0 : kc;
    for (int64_t j = 0; j < s->columns; j += panel) {
      const int64_t valid = s->columns - j < panel ? s->columns - j : panel;
      const int64_t width = mk_ceil_div(valid, lanes) * lanes;
      const char* at = w + (s->column + j) * p->w_column * (int64_t)s->size;
      for (int64_t k = k0; k < k0 + terms;) {
        const int64_t tap = k / channels, channel = k % channels;
        int64_t count = channels - channel < k0 + terms - k ? channels - channel : k0 + terms - k;
        // Forward, the next tap's channels follow the last ones: one run serves the block.
        if (!p->input) count = terms;
        s->kernels->pack(
            y, at + (mk_conv_tap(p, axes, tap) + channel * p->w_channel) * (int64_t)s->size, count,
            valid, width, p->w_channel, p->w_column);
        y += count * width * (int64_t)s->size;
        k += count;
      }
    }
  }
}

// The spans of k0 ..< k0 + terms: runs of neighbours in the strip.
static int64_t spans_of(const sweep* s, int64_t k0, int64_t terms, int64_t width) {
  int64_t count = 0;
  for (int64_t k = k0; k < k0 + terms;) {
    const int64_t run = k / s->run, within = k % s->run;
    const int64_t runs_x = s->axes[2].taps * s->p->source_channels / s->run;
    const int64_t x = run % runs_x, y = run / runs_x % s->axes[1].taps,
                  z = run / runs_x / s->axes[1].taps;
    int64_t here = s->run - within < k0 + terms - k ? s->run - within : k0 + terms - k;
    s->spans[count++] = (mk_span){z * s->pitch.plane + y * s->axes[1].offset_step * s->pitch.row +
                                      x * s->axes[2].offset_step * s->pitch.pixel + within,
                                  (k - k0) * width, here};
    k += here;
  }
  return count;
}

// The epilogue on target pixels begin ..< end (of all images) and the columns of one share.
static void finish(const mk_conv_problem* p, const mk_context* context, void* scratch,
                   int64_t begin, int64_t end, int64_t column, int64_t columns) {
  const mk_program* epilogue = p->args->epilogue;
  const int64_t all = p->target_channels * p->shape.groups;
  if (!epilogue) return;
  if (columns == p->target_channels) {
    mk_program_run(epilogue, context->bases, (size_t)(begin * all), (size_t)((end - begin) * all),
                   scratch);
    return;
  }
  for (int64_t pixel = begin; pixel < end; pixel++)
    for (int64_t group = 0; group < p->shape.groups; group++)
      mk_program_run(epilogue, context->bases,
                     (size_t)(pixel * all + group * p->target_channels + column), (size_t)columns,
                     scratch);
}

// All products of the rows at hand, then forget them.
static void flush(sweep* s) {
  const mk_conv_problem* p = s->p;
  const mk_gemm_kernels* kernels = s->kernels;
  const int64_t lanes = kernels->lanes, panel = 2 * lanes, kc = p->args->blocking.kc;
  const int64_t blocks = s->k > 0 ? mk_ceil_div(s->k, kc) : 1;
  const char* source = s->pitch.in_place ? s->source : s->strip;
  const char* panels = s->panels;
  for (int64_t block = 0; block < blocks && s->rows > 0; block++) {
    const int64_t terms = s->k - block * kc < kc ? s->k - block * kc : kc;
    for (int64_t j = 0; j < s->columns; j += panel) {
      const int64_t wide = s->columns - j < panel ? s->columns - j : panel;
      const int vectors = (int)mk_ceil_div(wide, lanes);
      mk_tile tile = {.spans = s->spans,
                      .span_count = spans_of(s, block * kc, terms, vectors * lanes),
                      .b = panels,
                      .a_step = s->axes[2].source_step * s->pitch.pixel,
                      .b_step = vectors * lanes,
                      .c_row = s->axes[2].step * p->target_channels * p->shape.groups,
                      .columns = wide,
                      .add = block > 0};
      const int64_t tiles = mk_ceil_div(s->row_count, kernels->most_rows[vectors]);
      for (int64_t row = 0; row < s->rows; row++)
        for (int64_t t = 0; t < tiles; t++) {
          const int64_t i = mk_piece(s->row_count, tiles, t),
                        high = mk_piece(s->row_count, tiles, t + 1) - i;
          tile.a = source + (s->source_at[row] + i * tile.a_step) * (int64_t)s->size;
          tile.c = s->target + (s->target_at[row] + i * tile.c_row + j) * (int64_t)s->size;
          kernels->row_form[vectors][high](&tile);
        }
      panels += terms * vectors * lanes * (int64_t)s->size;
    }
  }
  if (s->finishes && p->args->epilogue)
    for (int64_t row = 0; row < s->rows;) {
      const int64_t begin = s->target_at[row] / p->target_channels;
      int64_t end = begin + s->row_count;
      for (row++; row < s->rows && s->target_at[row] / p->target_channels == end; row++)
        end += s->row_count;
      finish(p, s->context, s->epilogue_scratch, begin, end, s->column, s->columns);
    }
  s->rows = s->strip_used = 0;
}

// Adds target rows (of one image, depth and stretch of pixels) to those at hand.
static void add_rows(sweep* s, int64_t image, int64_t depth, int64_t row, int64_t rows,
                     int64_t pixel, int64_t pixels, int64_t strip_room) {
  const mk_conv_problem* p = s->p;
  const mk_conv_axis* axes = s->axes;
  const int64_t all_source = p->source_channels * p->shape.groups;
  const int64_t all_target = p->target_channels * p->shape.groups;
  const int64_t image_source =
      axes[0].source_size * axes[1].source_size * axes[2].source_size * all_source;
  const int64_t image_target = axes[0].size * axes[1].size * axes[2].size * all_target;
  if (pixels != s->row_count) flush(s);
  s->row_count = pixels;
  while (rows > 0) {
    int64_t now = rows < most_rows - s->rows ? rows : most_rows - s->rows;
    if (!s->pitch.in_place && s->k > 0) {
      // As many as the strip has room for, but the band only so long that C stays in cache.
      const int64_t a_row = axes[0].taps * mk_conv_reach(&axes[2], pixels) * p->source_channels;
      int64_t room = (strip_room - s->strip_used) / a_row - mk_conv_reach(&axes[1], 1);
      room = room < 0 ? 0 : room / axes[1].source_step + 1;
      if (now > room) now = room;
    }
    int64_t wanted = mk_ceil_div(p->args->blocking.mc, pixels) - s->rows;
    if (now > wanted) now = wanted;
    if (now <= 0) {
      flush(s);
      continue;
    }
    if (s->k > 0) s->pitch = mk_conv_pitch_of(axes, pixels, p->source_channels, all_source);
    int64_t begin = 0;
    if (s->k == 0) {
    } else if (s->pitch.in_place) {
      begin = image * image_source + mk_conv_in_place(axes, depth, row, pixel, all_source) +
              s->group * p->source_channels;
    } else {
      begin = s->strip_used;
      s->strip_used += mk_conv_reach(&axes[1], now) * s->pitch.row;
      mk_conv_fill(
          s->strip + begin * (int64_t)s->size,
          s->source + (image * image_source + s->group * p->source_channels) * (int64_t)s->size,
          axes, s->pitch, depth, row, now, pixel, pixels, p->source_channels, all_source,
          p->args->dtype);
    }
    for (int64_t i = 0; i < now; i++) {
      const int64_t y = axes[1].first + (row + i) * axes[1].step,
                    z = axes[0].first + depth * axes[0].step;
      const int64_t x = axes[2].first + pixel * axes[2].step;
      s->source_at[s->rows] = begin + i * axes[1].source_step * s->pitch.row;
      s->target_at[s->rows] = image * image_target +
                              ((z * axes[1].size + y) * axes[2].size + x) * all_target +
                              s->group * p->target_channels + s->column;
      s->rows++;
    }
    row += now, rows -= now;
  }
}

static void run(const mk_conv_problem* p, const mk_context* context, mk_ref source, mk_ref target) {
  const mk_conv_args* args = p->args;
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), args->dtype);
  const layout at = layout_of(p);
  const extent most = extent_of(p);
  char* scratch = context->scratch;
  const int64_t panel = 2 * kernels->lanes;
  if (p->shape.batch * p->target[0] * p->target[1] * p->target[2] * p->target_channels *
          p->shape.groups <=
      0)
    return;

  uint32_t row_parts = args->blocking.row_parts, column_parts = args->blocking.column_parts;
  if (row_parts * column_parts != context->parts) row_parts = context->parts, column_parts = 1;
  // Rows of pixels (of every image and depth) and panels of columns are shared. A single long row
  // is shared by stretches of pixels instead.
  const int64_t rows = p->shape.batch * p->target[0] * p->target[1];
  size_t begin, end, column_begin, column_end;
  mk_share((size_t)rows, context->part / column_parts, row_parts, &begin, &end);
  mk_share((size_t)mk_ceil_div(p->target_channels, panel), context->part % column_parts,
           column_parts, &column_begin, &column_end);
  column_begin *= (size_t)panel, column_end *= (size_t)panel;
  if (column_end > (size_t)p->target_channels) column_end = (size_t)p->target_channels;
  if (begin == end || column_begin >= column_end) return;

  const int64_t nc = args->blocking.nc;
  sweep s = {.p = p,
             .kernels = kernels,
             .source = mk_at(context, source),
             .w = mk_at(context, args->w),
             .target = mk_at(context, target),
             .strip = scratch + at.strip,
             .panels = scratch + at.panels,
             .spans = (mk_span*)(scratch + at.spans),
             .size = mk_size(args->dtype),
             .context = context,
             .epilogue_scratch = scratch + at.epilogue};
  s.finishes = p->shape.groups == 1 && p->phases == 1 && (int64_t)(column_end - column_begin) <= nc;
  for (s.group = 0; s.group < p->shape.groups; s.group++)
    for (int64_t phase = 0; phase < p->phases; phase++) {
      mk_conv_axes_of(p, phase, s.axes);
      const mk_conv_axis* axes = s.axes;
      if (axes[0].count <= 0 || axes[1].count <= 0 || axes[2].count <= 0) continue;
      s.k = axes[0].taps * axes[1].taps * axes[2].taps * p->source_channels;
      if (s.k == 0)  // any one tap count of 0 makes the others meaningless
        for (int i = 0; i < 3; i++)
          s.axes[i].taps = 1, s.axes[i].offset = s.axes[i].offset_step = 0;
      const int64_t pixels = row_pixels(axes, p->source_channels, s.size);
      s.pitch =
          mk_conv_pitch_of(axes, pixels, p->source_channels, p->source_channels * p->shape.groups);
      s.run = p->source_channels;
      if (s.pitch.pixel == p->source_channels && axes[2].offset_step == 1) s.run *= axes[2].taps;
      for (s.column = (int64_t)column_begin; s.column < (int64_t)column_end; s.column += nc) {
        s.columns = (int64_t)column_end - s.column < nc ? (int64_t)column_end - s.column : nc;
        pack_weights(&s);
        for (int64_t unit = (int64_t)begin; unit < (int64_t)end;) {
          // The rows of one image and depth: those of this phase among them.
          const int64_t row = unit % p->target[1], plane = unit / p->target[1];
          const int64_t depth = plane % p->target[0], image = plane / p->target[0];
          const int64_t left = (int64_t)end - unit,
                        row_end = left < p->target[1] - row ? row + left : p->target[1];
          unit += row_end - row;
          if (depth % axes[0].step != axes[0].first) continue;
          const int64_t j =
              mk_ceil_div(row > axes[1].first ? row - axes[1].first : 0, axes[1].step);
          const int64_t j_end =
              row_end > axes[1].first ? mk_ceil_div(row_end - axes[1].first, axes[1].step) : 0;
          for (int64_t x = 0; x < axes[2].count && j < j_end; x += pixels)
            add_rows(&s, image, depth / axes[0].step, j, j_end - j, x,
                     axes[2].count - x < pixels ? axes[2].count - x : pixels, most.strip);
        }
        flush(&s);
      }
    }
  if (!s.finishes)
    finish(p, context, scratch + at.epilogue, (int64_t)begin * p->target[2],
           (int64_t)end * p->target[2], (int64_t)column_begin,
           (int64_t)(column_end - column_begin));
}

static void choose(const mk_conv_args* args, const mk_context* context, int input) {
  if (mk_conv_is_pointwise(&args->shape)) {
    const mk_gemm_args product = pointwise(args, input);
    mk_gemm(&product, context);
  } else if (mk_depthwise_serves(&args->shape)) {
    if (input) mk_depthwise_input(args, context);
    else mk_depthwise(args, context);
  } else {
    const mk_conv_problem p = mk_conv_problem_of(args, input);
    const mk_ref source = input ? args->y : args->x, target = input ? args->x : args->y;
    if (mk_conv_batch_serves(&p)) mk_conv_batch(&p, context, source, target);
    else if (mk_conv_spread_serves(&p)) mk_conv_spread(&p, context, source, target);
    else if (mk_conv_narrow_serves(&p)) mk_conv_narrow(&p, context, source, target);
    else run(&p, context, source, target);
  }
}

void mk_conv(const void* args, const mk_context* context) { choose(args, context, 0); }
void mk_conv_input(const void* args, const mk_context* context) { choose(args, context, 1); }
