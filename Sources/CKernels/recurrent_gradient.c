// The way back through a recurrence: a part's samples in blocks, each block from the last step to
// the first.
//
//     dz [rows, G·U]: the cell's derivatives, row by row      recurrent_cells.h
//     dh = dz · uᵀ, dx = dz · wᵀ, rowsᵀ · dz                  on the tiles of gemm_kernels.h
//
// dz is used where it was made, in the second cache: a sequence of it would not stay in any.
#include "mk_recurrent.h"

#include <string.h>

#include "recurrent_block.h"

// Samples that go back through time together, and the terms of a window: its panels and the sums
// that it is added to stay in the second cache, and the sums are not read and written too often.
enum { most_block_rows = 32, most_window_terms = 128, most_chunks = 8 };
// Sums of more bytes than this are far away whatever is done.
static const int64_t most_near_bytes = 640 << 10;

// How the sums over steps and samples are cut.
typedef struct {
  int64_t wide, padded;  // columns of dz, whole vectors of them
  int64_t blocks, chunks;
  int64_t sums;          // elements of a chunk's
  int is_near;
} division;

static division division_of(const mk_recurrent_args* a) {
  const int64_t lanes = mk_gemm_kernels_of(mk_isa(), a->dtype)->lanes;
  division d = {.wide = mk_cell_gates(a->cell) * a->units};
  d.padded = mk_ceil_div(d.wide, lanes) * lanes;
  d.blocks = mk_ceil_div(a->batch, most_block_rows);
  d.sums = mk_recurrent_saved_of(a).columns * d.wide;
  d.is_near = d.sums * (int64_t)mk_size(a->dtype) <= most_near_bytes;
  d.chunks = !d.is_near || d.blocks <= 1 ? 1 : d.blocks < most_chunks ? d.blocks : most_chunks;
  return d;
}

static int64_t window_of(int64_t rows) {
  return rows < most_window_terms ? most_window_terms / rows : 1;
}

int mk_recurrent_defers(const mk_recurrent_args* a, uint32_t parts) {
  const division d = division_of(a);
  return !d.is_near || (int64_t)parts > d.chunks;
}

size_t mk_recurrent_panel_bytes(const mk_recurrent_args* a) {
  const int64_t terms = a->batch * a->steps * (1 + (a->cell == MK_GRU));
  return (size_t)(terms * division_of(a).padded) * mk_size(a->dtype);
}

size_t mk_recurrent_partial_bytes(const mk_recurrent_args* a) {
  const division d = division_of(a);
  return d.chunks > 1 ? (size_t)(d.chunks * d.sums) * mk_size(a->dtype) + 64 : 0;
}

size_t mk_recurrent_gradient_scratch(const mk_recurrent_args* a) {
  const int64_t size = (int64_t)mk_size(a->dtype), rows = most_block_rows;
  const division d = division_of(a);
  return (size_t)((rows * (2 * row_of(d.wide, size) + 3 * a->units) +
                   2 * most_window_terms * d.padded + 32) *
                  size);
}

// A window of steps of a block of samples: its terms are (step, sample), samples side by side.
typedef struct {
  int64_t first, rows;   // samples
  int64_t step, steps;
  char* panels;          // of dz [terms, G·U]
  int64_t plane;         // bytes from them to those of the GRU's state
} window;

// Puts rows of gradients, from the window's `term`-th on, into panels.
static void put_in_panels(const mk_recurrent_args* a, const window* w, char* panels, const char* x,
                          int64_t x_row, int64_t term, int64_t rows) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), lanes = kernels->lanes, panel = 2 * lanes;
  const int64_t wide = mk_cell_gates(a->cell) * a->units, terms = w->rows * w->steps;
  for (int64_t j = 0; j < wide; j += panel) {
    const int64_t valid = wide - j < panel ? wide - j : panel;
    const int64_t width = mk_ceil_div(valid, lanes) * lanes;
    kernels->pack(panels + (j * terms + term * width) * size, x + j * size, rows, valid, width,
                  x_row, 1);
  }
}

// sums [columns, G·U] (+)= rowsᵀ · dz of a window, in columns [begin, end) of G·U.
static void add_products(const mk_recurrent_args* a, const mk_context* context, const window* w,
                         char* sums, int64_t begin, int64_t end, int add) {
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), lanes = kernels->lanes, panel = 2 * lanes;
  const int64_t wide = mk_cell_gates(a->cell) * a->units, terms = w->rows * w->steps;
  const mk_recurrent_saved at = mk_recurrent_saved_of(a);
  const char* rows = (const char*)mk_at(context, a->saved) + at.rows * size;
  const int groups = 1 + (a->cell == MK_GRU);
  mk_span spans[most_window_terms];
  for (int64_t j = begin; j < end; j += panel) {
    const int64_t columns = wide - j < panel ? wide - j : panel;
    const int vectors = (int)mk_ceil_div(columns, lanes);
    mk_tile tile = {.spans = spans,
                    .span_count = w->steps,
                    .a_step = at.row,
                    .b_step = vectors * lanes,
                    .c_row = wide,
                    .columns = columns,
                    .fetch = 1,
                    .add = add};
    for (int64_t s = 0; s < w->steps; s++)
      spans[s] = (mk_span){((w->step + s) * a->batch + w->first) * at.row,
                           s * w->rows * tile.b_step, w->rows};
    for (int group = 0; group < groups; group++) {
      const int of_state = groups == 2 && group == 0;
      const int64_t low = group == 1 ? at.x : 0, high = of_state ? at.x : at.columns;
      const int64_t tiles = mk_ceil_div(high - low, kernels->most_rows[2]);
      tile.b = w->panels + (of_state ? w->plane : 0) + j * terms * size;
      for (int64_t t = 0; t < tiles; t++) {
        const int64_t i = low + mk_piece(high - low, tiles, t);
        const int64_t next = low + mk_piece(high - low, tiles, t + 1);
        tile.a = rows + i * size;
        tile.c = sums + (i * wide + j) * size;
        kernels->column_form[vectors][next - i](&tile);
      }
    }
  }
}

// Where a chunk adds up.
static char* sums_of(const mk_recurrent_gradient_args* args, const mk_context* context,
                     const division* d, int64_t chunk) {
  const int64_t size = (int64_t)mk_size(args->forward.dtype);
  if (d->chunks > 1) return (char*)mk_at(context, args->partials) + chunk * d->sums * size;
  return (char*)mk_at(context, args->out) + mk_recurrent_out_of(&args->forward).kernels * size;
}

// Where the window of a block begins that a step is in, and what of it lies where.
static window window_at(const mk_recurrent_gradient_args* args, const mk_context* context,
                        int64_t block_first, int64_t block_rows, int64_t step) {
  const mk_recurrent_args* a = &args->forward;
  const int64_t size = (int64_t)mk_size(a->dtype), most = window_of(block_rows);
  window w = {.first = block_first, .rows = block_rows, .step = step - step % most};
  w.steps = a->steps - w.step < most ? a->steps - w.step : most;
  if (args->deferred) {
    const int64_t padded = division_of(a).padded * size;
    w.panels = (char*)mk_at(context, args->panels) +
               (block_first * a->steps + block_rows * w.step) * padded;
    w.plane = a->batch * a->steps * padded;
  }
  return w;
}

void mk_recurrent_products(const void* args_, const mk_context* context) {
  const mk_recurrent_gradient_args* args = args_;
  const mk_recurrent_args* a = &args->forward;
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), panel = 2 * kernels->lanes;
  const int64_t columns = mk_recurrent_saved_of(a).columns;
  const division d = division_of(a);
  size_t first, last;
  mk_share((size_t)mk_ceil_div(d.wide, panel), context->part, context->parts, &first, &last);
  const int64_t begin = (int64_t)first * panel;
  const int64_t end = (int64_t)last * panel < d.wide ? (int64_t)last * panel : d.wide;
  if (begin >= end) return;
  if (args->deferred)
    for (int64_t chunk = 0; chunk < d.chunks; chunk++) {
      char* sums = sums_of(args, context, &d, chunk);
      int add = 0;
      for (int64_t block = mk_piece(d.blocks, d.chunks, chunk);
           block < mk_piece(d.blocks, d.chunks, chunk + 1); block++) {
        const int64_t low = mk_piece(a->batch, d.blocks, block);
        const int64_t rows = mk_piece(a->batch, d.blocks, block + 1) - low;
        for (int64_t step = a->steps; step > 0; add = 1) {
          const window w = window_at(args, context, low, rows, step - 1);
          add_products(a, context, &w, sums, begin, end, add);
          step = w.step;
        }
      }
    }
  char* out = sums_of(args, context, &(division){.chunks = 1}, 0);
  if (a->batch * a->steps == 0) {
    for (int64_t i = 0; i < columns; i++)
      memset(out + (i * d.wide + begin) * size, 0, (size_t)((end - begin) * size));
  } else if (d.chunks > 1) {
    const char* sums = sums_of(args, context, &d, 0);
    for (int64_t j = begin; j < end; j += kernels->lanes)
      kernels->overlay(out + j * size, sums + j * size, columns, d.wide, d.wide, d.chunks, d.sums,
                       end - j < kernels->lanes ? end - j : kernels->lanes);
  }
}

// Samples [first, first + rows), of one block, through all steps. `sums` if the kernels' gradients
// are wanted here, added to if `adds`.
static void run_block_back(const mk_recurrent_gradient_args* args, const mk_context* context,
                           int64_t block_first, int64_t block_rows, int64_t first, int64_t rows,
                           char* sums, int adds) {
  const mk_recurrent_args* a = &args->forward;
  const mk_row_loops* loops = mk_row_loops_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), units = a->units, steps = a->steps;
  const int64_t wide = mk_cell_gates(a->cell) * units, bytes = units * size;
  const int64_t apart = row_of(wide, size), kept = mk_cell_kept(a->cell) * units;
  const int is_gru = a->cell == MK_GRU, is_lstm = a->cell == MK_LSTM;
  char* left = context->scratch;
  char* at_input = is_gru ? left + rows * apart * size : left;
  char* product = at_input + rows * apart * size;
  char *dh = product + rows * bytes, *dc = dh + rows * bytes;
  char* near = context->scratch;
  near += mk_ceil_div(dc + rows * bytes - near, 64) * 64;
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), a->dtype);
  const matrix u = {.kernels = kernels,
                    .packed = mk_at(context, a->packed),
                    .k = wide,
                    .n = units,
                    .size = size};
  const matrix w = {.kernels = kernels,
                    .packed = if_has(a, MK_HAS_KERNEL, context, a->packed_kernel),
                    .k = wide,
                    .n = a->inputs,
                    .size = size};
  const mk_recurrent_saved at = mk_recurrent_saved_of(a);
  const mk_recurrent_out to = mk_recurrent_out_of(a);
  const char* saved = mk_at(context, a->saved);
  char* out = mk_at(context, args->out);
  const char *dy = if_has(a, MK_HAS_DY, context, args->dy),
             *last_h = if_has(a, MK_HAS_DH, context, args->dh),
             *last_c = if_has(a, MK_HAS_DC, context, args->dc),
             *h0 = if_has(a, MK_HAS_H, context, a->h0),
             *gain = if_has(a, MK_HAS_GAIN, context, a->gain);
  const uint8_t* mask = (const uint8_t*)if_has(a, MK_HAS_MASK, context, a->mask);
  mk_row_gradient row = {.units = units, .activation = a->activation, .gate = a->gate};

  memset(product, 0, (size_t)(rows * bytes));
  for (int64_t i = 0; i < rows; i++) {
    const int64_t sample = (first + i) * units;
    copy_or_clear(dh + i * bytes, place(last_h, sample, size), bytes);
    copy_or_clear(dc + i * bytes, place(last_c, sample, size), bytes);
  }
  for (int64_t step = steps; step-- > 0;) {
    const int64_t time = a->reverse ? steps - 1 - step : step, here = step * a->batch + first;
    for (int64_t i = 0; i < rows; i++) {
      const int64_t sample = first + i, from = sample * steps + time, y = sample * steps + step;
      row.dy = place(dy, y * units, size);
      row.gain = place(gain, sample * units, size);
      row.product = product + i * bytes;
      row.dh = dh + i * bytes, row.dc = dc + i * bytes;
      row.left = left + i * apart * size, row.at_input = at_input + i * apart * size;
      if (mask && !mask[from]) {
        loops->arrive(row.dh, row.dh, row.dy, row.product, row.gain, units);
        memset(row.left, 0, (size_t)(wide * size));
        if (is_gru) memset(row.at_input, 0, (size_t)(wide * size));
        continue;
      }
      row.kept = saved + (at.kept + (here + i) * kept) * size;
      row.carry = saved + (at.carry + (here + i) * units) * size;
      row.h_after = saved + (at.y + y * units) * size;
      row.h_before = step > 0 ? (const char*)row.h_after - bytes : place(h0, sample * units, size);
      if (i + 1 < rows) {
        ask(row.kept, kept, kept * size, size);
        ask(dy, (y + steps) * units, bytes, size);
        if (is_lstm) ask(row.carry, units, bytes, size);
        else ask(row.h_after, steps * units, bytes, size);
      }
      loops->backward[a->cell](&row);
    }
    if (a->flags & MK_WANTS_KERNELS) {
      window now = window_at(args, context, block_first, block_rows, step);
      if (sums) {
        now.panels = near;
        now.plane = most_window_terms * division_of(a).padded * size;
      }
      const int64_t term = (step - now.step) * block_rows + first - block_first;
      put_in_panels(a, &now, now.panels, at_input, apart, term, rows);
      if (is_gru) put_in_panels(a, &now, now.panels + now.plane, left, apart, term, rows);
      if (sums && step == now.step) {
        add_products(a, context, &now, sums, 0, wide, adds);
        adds = 1;
      }
    }
    if (a->flags & MK_WANTS_INPUT) {
      const int64_t columns = a->flags & MK_HAS_KERNEL ? a->inputs : wide;
      char* dx = out + (to.input + (first * steps + time) * columns) * size;
      if (a->flags & MK_HAS_KERNEL) {
        multiply(&w, dx, steps * columns, at_input, apart, rows, 0);
      } else {
        for (int64_t i = 0; i < rows; i++)
          memcpy(dx + i * steps * columns * size, at_input + i * apart * size,
                 (size_t)(columns * size));
      }
    }
    multiply(&u, product, units, left, apart, rows, 0);
  }
  for (int64_t i = 0; i < rows; i++) {
    const int64_t sample = (first + i) * units;
    loops->arrive(out + (to.h + sample) * size, dh + i * bytes, NULL, product + i * bytes,
                  place(gain, sample, size), units);
    if (is_lstm) memcpy(out + (to.c + sample) * size, dc + i * bytes, (size_t)bytes);
  }
}

void mk_recurrent_gradient(const void* args_, const mk_context* context) {
  const mk_recurrent_gradient_args* args = args_;
  const mk_recurrent_args* a = &args->forward;
  const division d = division_of(a);
  // Chunks are shared, each with the sums of its blocks, or samples.
  const int adds_up = (a->flags & MK_WANTS_KERNELS) && !args->deferred;
  size_t begin, end;
  mk_share((size_t)(adds_up ? d.chunks : a->batch), context->part, context->parts, &begin, &end);
  int64_t first = (int64_t)begin, last = (int64_t)end;
  for (int64_t chunk = first; adds_up && chunk < last; chunk++) {
    const int64_t low = mk_piece(d.blocks, d.chunks, chunk);
    const int64_t high = mk_piece(d.blocks, d.chunks, chunk + 1);
    for (int64_t block = low; block < high; block++) {
      const int64_t from = mk_piece(a->batch, d.blocks, block);
      const int64_t rows = mk_piece(a->batch, d.blocks, block + 1) - from;
      run_block_back(args, context, from, rows, from, rows, sums_of(args, context, &d, chunk),
                     block > low);
    }
  }
  for (int64_t block = 0; !adds_up && block < d.blocks; block++) {
    const int64_t low = mk_piece(a->batch, d.blocks, block);
    const int64_t high = mk_piece(a->batch, d.blocks, block + 1);
    const int64_t from = low > first ? low : first, to = high < last ? high : last;
    if (from < to) run_block_back(args, context, low, high - low, from, to - from, NULL, 0);
  }
}
