// Convolutions by Winograd's minimal filtering: how squares are shared out, gathered and finished.
//
//     source [images, height, width, terms]   target [images, height, width, columns]
//     v [blocks of terms, α², squares, terms of a block]      transformed source of some squares
//     u [panels of columns, blocks of terms, α², terms of a block, columns of a panel]
//     m [α², squares, columns of a panel]                     their products, added over the blocks
//
// Forward the source is x and the target y, for the gradient of the input the other way round, with
// the windows turned by half a circle.
#include "mk_winograd.h"

#include <string.h>

#include "gemm_kernels.h"
#include "program.h"
#include "winograd.h"

// Terms added up in registers: a panel's transformed filters of so many stay in L2.
enum { most_terms = 128, vector_elements = 16 };

// Squares worked on at a time: measured.
enum { most_squares = 112, held_squares = 42 };

typedef mk_winograd_problem problem;

mk_winograd_problem mk_winograd_problem_of(const mk_winograd_args* args) {
  const mk_conv_shape* s = &args->conv.shape;
  problem p = {.args = args,
               .kernels = mk_gemm_kernels_of(mk_isa(), MK_F32),
               .transforms = mk_winograd_transforms_of(args->side, s->kernel[1]),
               .images = s->batch * s->in[0],
               .side = args->side,
               .window = s->kernel[1]};
  p.alpha = p.side + p.window - 1;
  p.points = p.alpha * p.alpha;
  for (int i = 0; i < 2; i++) {
    p.source[i] = args->input ? s->out[i + 1] : s->in[i + 1];
    p.target[i] = args->input ? s->in[i + 1] : s->out[i + 1];
    p.offset[i] = args->input ? s->before[i + 1] - (p.window - 1) : -s->before[i + 1];
  }
  p.terms = args->input ? s->filters : s->channels;
  p.columns = args->input ? s->channels : s->filters;
  p.w_tap = s->channels * s->filters;
  p.w_term = args->input ? 1 : s->filters;
  p.w_column = args->input ? s->filters : 1;
  p.high = mk_ceil_div(p.target[0], p.side);
  p.wide = mk_ceil_div(p.target[1], p.side);
  p.squares = p.images * p.high * p.wide;
  p.blocks = mk_ceil_div(p.terms > 0 ? p.terms : 1, most_terms);
  p.block = mk_ceil_div(mk_ceil_div(p.terms, p.blocks), vector_elements) * vector_elements;
  p.blocks = p.terms > 0 ? mk_ceil_div(p.terms, p.block) : 0;
  p.panel = 2 * p.kernels->lanes;
  p.panels = mk_ceil_div(p.columns, p.panel);
  // A line more than needed, or the points' places would share their sets of the caches.
  p.u_step = p.block * p.panel + vector_elements;
  p.u_block = p.points * p.u_step;
  p.g_tap = p.block * p.panel;
  return p;
}

int mk_winograd_serves(const mk_conv_shape* s, int side) {
  if (s->groups != 1 || s->kernel[0] != 1 || s->in[0] != s->out[0] || s->before[0] != 0) return 0;
  for (int i = 0; i < 3; i++)
    if (s->stride[i] != 1 || s->dilation[i] != 1) return 0;
  return s->kernel[1] == s->kernel[2] && mk_winograd_transforms_of(side, s->kernel[1]) != 0;
}

// MARK: Deciding

// Times in multiply-adds of vectors, measured: of one vector through a transform.
static double input_cost(const problem* p) { return p->alpha == 4 ? 60 : 200; }
static double output_cost(const problem* p) { return p->alpha == 4 ? 40 : 40 + 30 * (double)p->side; }
static double filter_cost(const problem* p) {
  return p->window == 5 ? 220 : p->alpha == 4 ? 60 : 150;
}

static double vectors(const problem* p, int64_t elements) {
  return (double)mk_ceil_div(elements, p->kernels->lanes);
}

// What `squares` squares and `columns` columns take, filters transformed `times` times.
static double cost_of(const problem* p, double squares, int64_t columns, double times) {
  const double wide = vectors(p, columns), terms = (double)p->terms;
  return 1.2 * (double)p->points * squares * terms * wide +
         squares * (input_cost(p) * vectors(p, p->terms) + output_cost(p) * wide) +
         times * filter_cost(p) * terms * wide;
}

double mk_winograd_cost(const mk_winograd_args* args) {
  const problem p = mk_winograd_problem_of(args);
  return cost_of(&p, (double)(p.high * p.wide), p.columns, 1);
}

double mk_winograd_direct_cost(const mk_winograd_args* args) {
  const problem p = mk_winograd_problem_of(args);
  return (double)(p.window * p.window * p.target[0] * p.target[1] * p.terms) *
         vectors(&p, p.columns);
}

mk_winograd_blocking mk_winograd_blocking_of(const mk_winograd_args* args, uint32_t threads) {
  const problem p = mk_winograd_problem_of(args);
  mk_winograd_blocking blocking = {.row_parts = 1, .column_parts = 1};
  double best = 1e300;
  for (uint32_t row_parts = 1; row_parts <= threads; row_parts++) {
    uint32_t column_parts = threads / row_parts;
    if (column_parts > p.panels) column_parts = (uint32_t)(p.panels > 0 ? p.panels : 1);
    const int64_t squares = mk_ceil_div(p.squares, row_parts);
    const int64_t columns = mk_ceil_div(p.panels, column_parts) * p.panel;
    const double cost = cost_of(&p, (double)squares, columns, 1);
    if (cost < best * 0.999)
      best = cost, blocking.row_parts = row_parts, blocking.column_parts = column_parts;
  }
  // Filters are transformed where they are used, unless that would be many times. Then squares are
  // few, so that their transforms stay in L2; else many, for the sake of the filters.
  const int64_t mine = mk_ceil_div(p.squares, blocking.row_parts);
  blocking.held = mine > 3 * most_squares;
  blocking.squares = most_squares;
  if (blocking.held) blocking.squares = held_squares;
  else if (mine > most_squares)
    blocking.squares = (uint32_t)mk_ceil_div(mine, mk_ceil_div(mine, most_squares));
  return blocking;
}

// MARK: Memory

typedef struct {
  int64_t v_step, m_step;            // strides of the points, in elements
  size_t m, g, u, patch, plain, epilogue;  // bytes from the start of the scratch; v is there
} layout;

static size_t bytes_of(int64_t elements) {
  return ((size_t)elements * sizeof(float) + MK_PACK_SLACK + 63) & ~(size_t)63;
}

static layout layout_of(const problem* p) {
  const mk_winograd_args* args = p->args;
  int64_t squares = args->blocking.squares;
  if (squares > p->squares) squares = p->squares;
  layout l = {.v_step = squares * p->block + vector_elements,
              .m_step = squares * p->panel + vector_elements};
  l.m = bytes_of(p->blocks * p->points * l.v_step);
  l.g = l.m + bytes_of(p->points * l.m_step);
  l.u = l.g + bytes_of(p->window * p->window * p->g_tap);
  l.patch = l.u + (args->blocking.held ? 0 : bytes_of(p->u_block));
  l.plain = l.patch + bytes_of(p->points * p->terms);
  l.epilogue = l.plain + bytes_of(p->side * p->side * p->panel);
  return l;
}

size_t mk_winograd_scratch(const mk_winograd_args* args) {
  const problem p = mk_winograd_problem_of(args);
  return layout_of(&p).epilogue +
         (args->conv.epilogue ? mk_program_scratch(args->conv.epilogue) : 0);
}

size_t mk_winograd_filter_bytes(const mk_winograd_args* args) {
  const problem p = mk_winograd_problem_of(args);
  return (size_t)(p.panels * p.blocks * p.u_block) * sizeof(float);
}

size_t mk_winograd_filter_scratch(const mk_winograd_args* args) {
  const problem p = mk_winograd_problem_of(args);
  return bytes_of(p.window * p.window * p.g_tap);
}

mk_winograd_corner mk_winograd_corner_of(const problem* p, int64_t square) {
  return (mk_winograd_corner){square / p->wide / p->high, square / p->wide % p->high * p->side,
                              square % p->wide * p->side};
}

const float* mk_winograd_read(const problem* p, const float* source, float* patch, int64_t square,
                              int64_t* row, int64_t* column) {
  const mk_winograd_corner c = mk_winograd_corner_of(p, square);
  const int64_t y = c.y + p->offset[0], x = c.x + p->offset[1];
  const int64_t high = p->source[0], wide = p->source[1], terms = p->terms;
  const float* image = source + c.image * high * wide * terms;
  if (y >= 0 && x >= 0 && y + p->alpha <= high && x + p->alpha <= wide) {
    *row = wide * terms, *column = terms;
    return image + (y * wide + x) * terms;
  }
  for (int64_t i = 0; i < p->alpha; i++)
    for (int64_t j = 0; j < p->alpha; j++) {
      float* to = patch + (i * p->alpha + j) * terms;
      if (y + i >= 0 && y + i < high && x + j >= 0 && x + j < wide)
        memcpy(to, image + ((y + i) * wide + x + j) * terms, (size_t)terms * sizeof(float));
      else
        memset(to, 0, (size_t)terms * sizeof(float));
    }
  *row = p->alpha * terms, *column = terms;
  return patch;
}

// MARK: Filters

static int64_t terms_of(const problem* p, int64_t block) {
  const int64_t left = p->terms - block * p->block;
  return left < p->block ? left : p->block;
}

int64_t mk_winograd_width(const problem* p, int64_t panel) {
  const int64_t left = p->columns - panel * p->panel;
  return mk_ceil_div(left < p->panel ? left : p->panel, p->kernels->lanes) * p->kernels->lanes;
}

// The weights of a block of terms and a panel as [taps, terms, width], turned for the gradient of
// the input.
static void gather_filter(const problem* p, float* g, const float* w, int64_t block,
                          int64_t panel) {
  const int64_t taps = p->window * p->window, column = panel * p->panel;
  const int64_t valid = p->columns - column < p->panel ? p->columns - column : p->panel;
  w += block * p->block * p->w_term + column * p->w_column;
  for (int64_t t = 0; t < taps; t++)
    p->kernels->pack(g + t * p->g_tap, w + (p->args->input ? taps - 1 - t : t) * p->w_tap,
                     terms_of(p, block), valid, mk_winograd_width(p, panel), p->w_term, p->w_column);
}

static void transform_filter(const problem* p, float* u, float* g, const float* w, int64_t block,
                             int64_t panel) {
  const int64_t width = mk_winograd_width(p, panel);
  gather_filter(p, g, w, block, panel);
  p->transforms->filter(u, p->u_step, g, p->g_tap, width, terms_of(p, block), width);
}

void mk_winograd_filter(const void* args_, const mk_context* context) {
  const mk_winograd_args* args = args_;
  const problem p = mk_winograd_problem_of(args);
  size_t begin, end;
  mk_share((size_t)(p.panels * p.blocks), context->part, context->parts, &begin, &end);
  for (int64_t i = (int64_t)begin; i < (int64_t)end; i++)
    transform_filter(&p, (float*)mk_at(context, args->u) + i * p.u_block, context->scratch,
                     mk_at(context, args->conv.w), i % p.blocks, i / p.blocks);
}

// MARK: Squares

// What one thread works on.
typedef struct {
  problem p;
  const mk_context* context;
  layout at;
  const float *source, *w, *held;
  float *target, *v, *m, *g, *u, *patch, *plain;
  void* epilogue_scratch;
  int64_t first, last;               // squares at hand
  int64_t first_panel, last_panel;   // of all the thread's work
} work;

static void transform_squares(const work* a) {
  const problem* p = &a->p;
  for (int64_t square = a->first; square < a->last; square++) {
    int64_t row, column;
    const float* x = mk_winograd_read(p, a->source, a->patch, square, &row, &column);
    for (int64_t block = 0; block < p->blocks; block++)
      p->transforms->input(
          a->v + block * p->points * a->at.v_step + (square - a->first) * p->block, a->at.v_step,
          x + block * p->block, row, column, terms_of(p, block));
  }
}

// m of a panel: for each point, squares × terms by terms × columns.
static void multiply(const work* a, int64_t panel) {
  const problem* p = &a->p;
  const int64_t width = mk_winograd_width(p, panel), squares = a->last - a->first;
  const int vectors = (int)(width / p->kernels->lanes);
  const int64_t tiles = mk_ceil_div(squares, p->kernels->most_rows[vectors]);
  if (p->blocks == 0) memset(a->m, 0, (size_t)(p->points * a->at.m_step) * sizeof(float));
  for (int64_t block = 0; block < p->blocks; block++) {
    const float* u = a->u;
    if (a->held) u = a->held + (panel * p->blocks + block) * p->u_block;
    else transform_filter(p, a->u, a->g, a->w, block, panel);
    const mk_span span = {0, 0, terms_of(p, block)};
    for (int64_t point = 0; point < p->points; point++) {
      const float* v = a->v + (block * p->points + point) * a->at.v_step;
      mk_tile tile = {.spans = &span,
                      .span_count = 1,
                      .b = u + point * p->u_step,
                      .a_step = p->block,
                      .b_step = width,
                      .c_row = p->panel,
                      .columns = width,
                      .add = block > 0};
      for (int64_t t = 0; t < tiles; t++) {
        const int64_t i = mk_piece(squares, tiles, t), rows = mk_piece(squares, tiles, t + 1) - i;
        tile.a = v + i * p->block;
        tile.c = a->m + point * a->at.m_step + i * p->panel;
        p->kernels->row_form[vectors][rows](&tile);
      }
    }
  }
}

// The results of a square and a panel as the sums that define them.
static void multiply_plainly(const work* a, int64_t square, int64_t panel) {
  const problem* p = &a->p;
  const int64_t width = mk_winograd_width(p, panel), taps = p->window * p->window;
  const int vectors = (int)(width / p->kernels->lanes);
  int64_t row, column;
  const float* x = mk_winograd_read(p, a->source, a->patch, square, &row, &column);
  for (int64_t block = 0; block < p->blocks; block++) {
    gather_filter(p, a->g, a->w, block, panel);
    mk_span spans[25];
    for (int64_t t = 0; t < taps; t++)
      spans[t] = (mk_span){t / p->window * row + t % p->window * column, t * p->g_tap,
                           terms_of(p, block)};
    for (int64_t i = 0; i < p->side; i++) {
      const mk_tile tile = {.spans = spans,
                            .span_count = taps,
                            .a = x + i * row + block * p->block,
                            .b = a->g,
                            .c = a->plain + i * p->side * width,
                            .a_step = column,
                            .b_step = width,
                            .c_row = width,
                            .columns = width,
                            .add = block > 0};
      p->kernels->row_form[vectors][p->side](&tile);
    }
  }
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static void write_squares(const work* a, int64_t panel) {
  const problem* p = &a->p;
  const int64_t first = panel * p->panel, width = mk_winograd_width(p, panel);
  const int64_t columns = least(p->columns - first, p->panel);
  const int64_t row = p->target[1] * p->columns;
  for (int64_t square = a->first; square < a->last; square++) {
    const mk_winograd_corner c = mk_winograd_corner_of(p, square);
    const int64_t rows = least(p->target[0] - c.y, p->side);
    const int64_t wide = least(p->target[1] - c.x, p->side);
    float* y = a->target + (c.image * p->target[0] + c.y) * row + c.x * p->columns + first;
    if (p->transforms->output(y, row, p->columns, rows, wide,
                              a->m + (square - a->first) * p->panel, a->at.m_step, columns))
      continue;
    multiply_plainly(a, square, panel);
    for (int64_t i = 0; i < rows; i++)
      for (int64_t j = 0; j < wide; j++)
        memcpy(y + i * row + j * p->columns, a->plain + (i * p->side + j) * width,
               (size_t)columns * sizeof(float));
  }
}

// The epilogue on target pixels begin ..< end, counted over all images, of the thread's columns.
static void finish_pixels(const work* a, mk_binding* binding, int64_t begin, int64_t end) {
  const problem* p = &a->p;
  const int64_t first = a->first_panel * p->panel;
  const int64_t columns = least(p->columns, a->last_panel * p->panel) - first;
  if (!binding) {
    mk_program_run(p->args->conv.epilogue, a->context->bases, (size_t)(begin * columns),
                   (size_t)((end - begin) * columns), a->epilogue_scratch);
    return;
  }
  for (int64_t pixel = begin; pixel < end; pixel++)
    mk_bound_run(binding, (size_t)(pixel * p->columns + first), (size_t)columns);
}

// The epilogue on the squares at hand, neighbouring pixels together.
static void finish(const work* a) {
  const problem* p = &a->p;
  const int whole = a->first_panel == 0 && a->last_panel == p->panels;
  if (!p->args->conv.epilogue) return;
  mk_binding* binding =
      whole ? 0 : mk_bind(p->args->conv.epilogue, a->context->bases, a->epilogue_scratch);
  int64_t begin = 0, end = 0;
  for (int64_t square = a->first; square < a->last;) {
    const mk_winograd_corner c = mk_winograd_corner_of(p, square);
    const int64_t count = least(a->last - square, p->wide - square % p->wide);
    const int64_t wide = least(p->target[1] - c.x, count * p->side);
    for (int64_t y = c.y; y < least(c.y + p->side, p->target[0]); y++) {
      const int64_t pixel = (c.image * p->target[0] + y) * p->target[1] + c.x;
      if (pixel != end) {
        if (end > begin) finish_pixels(a, binding, begin, end);
        begin = pixel;
      }
      end = pixel + wide;
    }
    square += count;
  }
  if (end > begin) finish_pixels(a, binding, begin, end);
}

void mk_winograd(const void* args_, const mk_context* context) {
  const mk_winograd_args* args = args_;
  work a = {.p = mk_winograd_problem_of(args), .context = context};
  const problem* p = &a.p;
  a.at = layout_of(p);
  a.source = mk_at(context, args->input ? args->conv.y : args->conv.x);
  a.target = mk_at(context, args->input ? args->conv.x : args->conv.y);
  a.w = mk_at(context, args->conv.w);
  a.held = args->blocking.held ? mk_at(context, args->u) : 0;
  char* scratch = context->scratch;
  a.v = (float*)scratch;
  a.m = (float*)(scratch + a.at.m);
  a.g = (float*)(scratch + a.at.g);
  a.u = (float*)(scratch + a.at.u);
  a.patch = (float*)(scratch + a.at.patch);
  a.plain = (float*)(scratch + a.at.plain);
  a.epilogue_scratch = scratch + a.at.epilogue;

  uint32_t row_parts = args->blocking.row_parts, column_parts = args->blocking.column_parts;
  if (row_parts * column_parts != context->parts) row_parts = context->parts, column_parts = 1;
  size_t begin, end, panel_begin, panel_end;
  mk_share((size_t)p->squares, context->part / column_parts, row_parts, &begin, &end);
  mk_share((size_t)p->panels, context->part % column_parts, column_parts, &panel_begin,
           &panel_end);
  a.first_panel = (int64_t)panel_begin, a.last_panel = (int64_t)panel_end;
  if (panel_begin == panel_end) return;
  for (a.first = (int64_t)begin; a.first < (int64_t)end; a.first = a.last) {
    a.last = a.first + args->blocking.squares;
    // Whole rows of squares, where they are not longer: their pixels lie side by side.
    const int64_t row_end = a.last - a.last % p->wide;
    if (row_end > a.first) a.last = row_end;
    if (a.last > (int64_t)end) a.last = (int64_t)end;
    transform_squares(&a);
    for (int64_t panel = a.first_panel; panel < a.last_panel; panel++) {
      multiply(&a, panel);
      write_squares(&a, panel);
    }
    finish(&a);
  }
}
