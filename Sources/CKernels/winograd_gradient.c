// Gradients of filters from transformed squares: the adjoint of winograd.c.
//
//     v [α², squares, terms]        transformed source of a block of squares
//     z [α², squares, columns]      what is given of the target, of a panel of columns
//     sums [chunks, panels, α², terms, columns of a panel]
#include <math.h>
#include <string.h>

#include "winograd.h"

typedef mk_winograd_problem problem;

// Squares whose products are added up in registers, and the least in a chunk: measured.
enum { block_squares = 64, least_squares = 224, most_chunks = 16 };

// More sums than this in a chunk would be read from afar for every block of squares.
enum { most_sum_bytes = 4 << 20 };

typedef struct {
  int64_t v_row, v_step, z_step, sum_step, chunk;  // in elements
  size_t z, patch, end;                            // bytes from the start of the scratch
} layout;

static size_t bytes_of(int64_t elements) {
  return ((size_t)elements * sizeof(float) + MK_PACK_SLACK + 63) & ~(size_t)63;
}

static layout layout_of(const problem* p) {
  layout l;
  // A line more than needed, or the points' places would share their sets of the caches.
  const int64_t line = 16, lanes = p->kernels->lanes;
  l.v_row = mk_ceil_div(p->terms, lanes) * lanes;
  l.v_step = block_squares * l.v_row + line;
  l.z_step = block_squares * p->panel + line;
  l.sum_step = p->terms * p->panel + line;
  l.chunk = p->panels * p->points * l.sum_step;
  l.z = bytes_of(p->points * l.v_step);
  l.patch = l.z + bytes_of(p->points * l.z_step);
  l.end = l.patch + bytes_of(p->points * p->terms);
  return l;
}

size_t mk_winograd_gradient_scratch(const mk_winograd_gradient_args* args) {
  const problem p = mk_winograd_problem_of(&args->winograd);
  return layout_of(&p).end;
}

size_t mk_winograd_gradient_bytes(const mk_winograd_gradient_args* args) {
  const problem p = mk_winograd_problem_of(&args->winograd);
  return (size_t)layout_of(&p).chunk * args->chunks * sizeof(float);
}

double mk_winograd_gradient_plan(mk_winograd_gradient_args* args, uint32_t threads) {
  const problem p = mk_winograd_problem_of(&args->winograd);
  const size_t bytes = (size_t)layout_of(&p).chunk * sizeof(float);
  args->chunks = 1;
  while (args->chunks < most_chunks && (int64_t)args->chunks * 2 * least_squares <= p.squares)
    args->chunks *= 2;
  int64_t best = INT64_MAX;
  for (uint32_t row_parts = 1; row_parts <= threads && row_parts <= args->chunks; row_parts++) {
    uint32_t column_parts = threads / row_parts;
    if (column_parts > p.panels) column_parts = (uint32_t)(p.panels > 0 ? p.panels : 1);
    const int64_t most = mk_ceil_div((int64_t)args->chunks, row_parts) *
                         mk_ceil_div(p.panels, column_parts);
    if (most <= best) {
      best = most;
      args->winograd.blocking.row_parts = row_parts;
      args->winograd.blocking.column_parts = column_parts;
    }
  }
  if (bytes > most_sum_bytes) return INFINITY;
  const double wide = (double)mk_ceil_div(p.columns, p.kernels->lanes);
  const double high = (double)mk_ceil_div(p.terms, p.kernels->lanes);
  return (double)p.squares *
             (1.3 * (double)p.points * (double)p.terms * wide + 200 * high + 150 * wide) +
         ((double)p.points * (double)args->chunks + 200) * (double)p.terms * wide;
}

// The sums of one chunk and the panels of one part.
static void add_squares(const problem* p, const layout* l, const mk_context* context,
                        const float* source, const float* target, float* sums, int64_t first,
                        int64_t last, int64_t panel_begin, int64_t panel_end) {
  float* v = context->scratch;
  float* z = (float*)((char*)context->scratch + l->z);
  float* patch = (float*)((char*)context->scratch + l->patch);
  const int64_t count = last - first, blocks = mk_ceil_div(count, block_squares);
  if (blocks == 0)
    memset(sums + panel_begin * p->points * l->sum_step, 0,
           (size_t)((panel_end - panel_begin) * p->points * l->sum_step) * sizeof(float));
  for (int64_t block = 0; block < blocks; block++) {
    const int64_t begin = first + mk_piece(count, blocks, block);
    const int64_t squares = first + mk_piece(count, blocks, block + 1) - begin;
    for (int64_t i = 0; i < squares; i++) {
      int64_t row, column;
      const float* x = mk_winograd_read(p, source, patch, begin + i, &row, &column);
      p->transforms->input(v + i * l->v_row, l->v_step, x, row, column, p->terms);
    }
    const mk_span span = {0, 0, squares};
    for (int64_t panel = panel_begin; panel < panel_end; panel++) {
      const int64_t width = mk_winograd_width(p, panel), left = p->columns - panel * p->panel;
      const int vectors = (int)(width / p->kernels->lanes);
      for (int64_t i = 0; i < squares; i++) {
        const mk_winograd_corner c = mk_winograd_corner_of(p, begin + i);
        const float* y = target +
                         ((c.image * p->target[0] + c.y) * p->target[1] + c.x) * p->columns +
                         panel * p->panel;
        const int64_t rows = p->target[0] - c.y, wide = p->target[1] - c.x;
        p->transforms->given(z + i * width, l->z_step, y, p->target[1] * p->columns, p->columns,
                             rows < p->side ? rows : p->side, wide < p->side ? wide : p->side,
                             left < p->panel ? left : p->panel);
      }
      const int64_t tiles = mk_ceil_div(p->terms, p->kernels->most_rows[vectors]);
      for (int64_t point = 0; point < p->points; point++)
        for (int64_t t = 0; t < tiles; t++) {
          const int64_t i = mk_piece(p->terms, tiles, t),
                        rows = mk_piece(p->terms, tiles, t + 1) - i;
          const mk_tile tile = {
              .spans = &span,
              .span_count = 1,
              .a = v + point * l->v_step + i,
              .b = z + point * l->z_step,
              .c = sums + (panel * p->points + point) * l->sum_step + i * p->panel,
              .a_step = l->v_row,
              .b_step = width,
              .c_row = p->panel,
              .columns = width,
              .fetch = 1,
              .add = block > 0};
          p->kernels->column_form[vectors][rows](&tile);
        }
    }
  }
}

void mk_winograd_gradient_sums(const void* args_, const mk_context* context) {
  const mk_winograd_gradient_args* args = args_;
  const problem p = mk_winograd_problem_of(&args->winograd);
  const layout l = layout_of(&p);
  const mk_conv_args* conv = &args->winograd.conv;
  uint32_t row_parts = args->winograd.blocking.row_parts;
  uint32_t column_parts = args->winograd.blocking.column_parts;
  if (row_parts * column_parts != context->parts) row_parts = context->parts, column_parts = 1;
  size_t begin, end, panel_begin, panel_end;
  mk_share((size_t)args->chunks, context->part / column_parts, row_parts, &begin, &end);
  mk_share((size_t)p.panels, context->part % column_parts, column_parts, &panel_begin, &panel_end);
  for (int64_t chunk = (int64_t)begin; chunk < (int64_t)end; chunk++)
    add_squares(&p, &l, context, mk_at(context, conv->x), mk_at(context, conv->y),
                (float*)mk_at(context, args->sums) + chunk * l.chunk,
                mk_piece(p.squares, (int64_t)args->chunks, chunk),
                mk_piece(p.squares, (int64_t)args->chunks, chunk + 1), (int64_t)panel_begin,
                (int64_t)panel_end);
}

void mk_winograd_gradient(const void* args_, const mk_context* context) {
  const mk_winograd_gradient_args* args = args_;
  const problem p = mk_winograd_problem_of(&args->winograd);
  const layout l = layout_of(&p);
  const float* sums = mk_at(context, args->sums);
  float* w = mk_at(context, args->winograd.conv.w);
  size_t begin, end;
  mk_share((size_t)(p.panels * p.terms), context->part, context->parts, &begin, &end);
  int finite = 1;
  for (int64_t unit = (int64_t)begin; unit < (int64_t)end; unit++) {
    const int64_t panel = unit / p.terms, term = unit % p.terms;
    const int64_t left = p.columns - panel * p.panel;
    finite &= p.transforms->weights(w + term * p.columns + panel * p.panel, p.w_tap,
                                    sums + panel * p.points * l.sum_step + term * p.panel,
                                    l.sum_step, (int64_t)args->chunks, l.chunk,
                                    left < p.panel ? left : p.panel);
  }
  ((uint8_t*)mk_at(context, args->flags))[context->part] = !finite;
}

void mk_winograd_repair(const void* args_, const mk_context* context) {
  const mk_winograd_repair_args* args = args_;
  const uint8_t* flags = mk_at(context, args->flags);
  int wanted = 0;
  for (uint32_t i = 0; i < args->count; i++) wanted |= flags[i];
  if (wanted) args->run(&args->filter, context);
}
