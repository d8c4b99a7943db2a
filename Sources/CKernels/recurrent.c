// Recurrences: a part's samples in blocks, each block through all steps.
//
//     product [rows, G·U] = input [rows, U] · u        on the tiles of gemm_kernels.h
//     then the cell, row by row                        recurrent_cells.h
//
// A block's running values (h, c, the product) stay in the nearest caches, and so does u, packed.
// Every sum over units is one chain in ascending order: cutting rows never shows in the bits.
#include "mk_recurrent.h"

#include <string.h>

#include "gemm_kernels.h"
#include "recurrent_row.h"

// Bytes of a block's product: a part of the second-nearest cache.
static const int64_t most_block_bytes = 192 << 10;

mk_recurrent_saved mk_recurrent_saved_of(const mk_recurrent_args* a) {
  const int64_t states = a->batch * a->units, all = states * a->steps;
  const int keeps = (a->flags & MK_KEEPS) != 0, is_lstm = a->cell == MK_LSTM;
  mk_recurrent_saved s = {0};
  s.before = a->flags & MK_HAS_OUTPUTS ? all : 0;
  s.carry = s.before + keeps * all;
  s.kept = s.carry + (keeps && is_lstm) * all;
  s.h = s.kept + keeps * mk_cell_kept(a->cell) * all;
  s.c = s.h + states;
  s.count = s.c + is_lstm * states;
  return s;
}

mk_recurrent_out mk_recurrent_out_of(const mk_recurrent_args* a) {
  const int64_t states = a->batch * a->units, wide = states * mk_cell_gates(a->cell);
  const int is_gru = a->cell == MK_GRU;
  mk_recurrent_out o = {0};
  o.dzh = wide * a->steps;
  o.sum = o.dzh + is_gru * wide * a->steps;
  o.sum_h = o.sum + wide;
  o.h = o.sum_h + is_gru * wide;
  o.c = o.h + states;
  o.count = o.c + (a->cell == MK_LSTM) * states;
  return o;
}

int mk_recurrent_reads_plain(const mk_recurrent_args* a) { return a->batch == 1; }

// MARK: Products

void mk_recurrent_pack(const void* args_, const mk_context* context) {
  const mk_recurrent_pack_args* a = args_;
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), lanes = kernels->lanes, panel = 2 * lanes;
  const int64_t k_step = a->transposed ? 1 : a->n, n_step = a->transposed ? a->k : 1;
  size_t begin, end;
  mk_share((size_t)mk_ceil_div(a->n, panel), context->part, context->parts, &begin, &end);
  const char* x = mk_at(context, a->x);
  char* y = mk_at(context, a->y);
  for (int64_t j = (int64_t)begin * panel; j < (int64_t)end * panel; j += panel) {
    const int64_t wide = a->n - j < panel ? a->n - j : panel;
    const int64_t width = mk_ceil_div(wide, lanes) * lanes;
    // The packer may write past a panel's end, where another part may be writing: its last rows go
    // by way of a copy.
    const int64_t whole = a->k > lanes ? a->k - lanes : 0;
    char last[(2 * 16 * 16 + 16) * sizeof(double)];
    char* to = y + j * a->k * size;
    kernels->pack(to, x + j * n_step * size, whole, wide, width, k_step, n_step);
    kernels->pack(last, x + (whole * k_step + j * n_step) * size, a->k - whole, wide, width, k_step,
                  n_step);
    memcpy(to + whole * width * size, last, (size_t)((a->k - whole) * width * size));
  }
}

size_t mk_recurrent_pack_bytes(int64_t k, int64_t n, mk_dtype dtype) {
  const int64_t lanes = mk_gemm_kernels_of(mk_isa(), dtype)->lanes;
  return (size_t)(k * mk_ceil_div(n, lanes) * lanes) * mk_size(dtype) + MK_PACK_SLACK;
}

typedef struct {
  const mk_gemm_kernels* kernels;
  const char *packed, *plain;  // one of them
  int64_t k, n, size;
} matrix;

// y [rows, n] = x [rows, k] · matrix; rows lie `y_row` and `x_row` apart.
static void multiply(const matrix* m, char* y, int64_t y_row, const char* x, int64_t x_row,
                     int64_t rows) {
  const int64_t panel = 2 * m->kernels->lanes;
  const mk_span span = {0, 0, m->k};
  if (m->plain) {
    const int64_t most = MK_STREAM_BYTES / m->size;
    for (int64_t j = 0; j < m->n; j += most) {
      const mk_tile tile = {.spans = &span,
                            .span_count = 1,
                            .a = x,
                            .b = m->plain + j * m->size,
                            .b_step = m->n,
                            .c = y + j * m->size,
                            .c_row = y_row,
                            .columns = m->n - j < most ? m->n - j : most};
      m->kernels->stream[1](&tile);
    }
    return;
  }
  const int64_t tiles = mk_ceil_div(rows, m->kernels->most_rows[2]);
  for (int64_t j = 0; j < m->n; j += panel) {
    const int64_t wide = m->n - j < panel ? m->n - j : panel;
    const int vectors = (int)mk_ceil_div(wide, m->kernels->lanes);
    mk_tile tile = {.spans = &span,
                    .span_count = 1,
                    .a_step = x_row,
                    .b = m->packed + j * m->k * m->size,
                    .b_step = vectors * m->kernels->lanes,
                    .c_row = y_row,
                    .columns = wide};
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t i = mk_piece(rows, tiles, t), high = mk_piece(rows, tiles, t + 1) - i;
      tile.a = x + i * x_row * m->size;
      tile.c = y + (i * y_row + j) * m->size;
      m->kernels->row_form[vectors][high](&tile);
    }
  }
}

// MARK: Blocks

// Samples that go through time together.
static int64_t rows_at_once(const mk_recurrent_args* a, int64_t rows) {
  const int64_t bytes = mk_cell_gates(a->cell) * a->units * (int64_t)mk_size(a->dtype);
  const int64_t tile = mk_gemm_kernels_of(mk_isa(), a->dtype)->most_rows[2];
  int64_t most = most_block_bytes / (bytes > 0 ? bytes : 1);
  if (most < tile) most = tile;
  return mk_ceil_div(rows, mk_ceil_div(rows > 0 ? rows : 1, most));
}

// A row of scratch, of `count` elements: whole lines, and not a power of two apart.
static int64_t row_of(int64_t count, int64_t size) {
  return mk_ceil_div(count * size, 64) * 64 / size + 64 / size;
}

size_t mk_recurrent_scratch(const mk_recurrent_args* a, uint32_t parts) {
  const int64_t size = (int64_t)mk_size(a->dtype), wide = mk_cell_gates(a->cell) * a->units;
  const int64_t rows = rows_at_once(a, mk_ceil_div(a->batch, parts));
  return (size_t)((rows * (row_of(wide, size) + 3 * row_of(a->units, size)) + 16) * size);
}

size_t mk_recurrent_gradient_scratch(const mk_recurrent_args* a, uint32_t parts) {
  const int64_t size = (int64_t)mk_size(a->dtype), wide = mk_cell_gates(a->cell) * a->units;
  const int64_t rows = rows_at_once(a, mk_ceil_div(a->batch, parts));
  return (size_t)((rows * (row_of(wide, size) + 3 * a->units) + 16) * size);
}

static const char* if_has(const mk_recurrent_args* a, uint32_t flag, const mk_context* context,
                          mk_ref ref) {
  return a->flags & flag ? mk_at(context, ref) : NULL;
}

// The place of `element` in a buffer that may be absent.
static const void* place(const char* base, int64_t element, int64_t size) {
  return base ? base + element * size : NULL;
}

static void copy_or_clear(char* to, const void* from, int64_t bytes) {
  if (from) memcpy(to, from, (size_t)bytes);
  else memset(to, 0, (size_t)bytes);
}

// Asks for rows ahead: samples lie a whole sequence apart, which no processor foresees.
static void ask(const char* base, int64_t element, int64_t bytes, int64_t size) {
  if (!base) return;
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(base + element * size + i);
}
static void ask_to_write(char* base, int64_t element, int64_t bytes, int64_t size) {
  if (!base) return;
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(base + element * size + i, 1);
}

// MARK: Forward

static void run_block(const mk_recurrent_args* a, const mk_context* context, int64_t first,
                      int64_t rows) {
  const mk_row_loops* loops = mk_row_loops_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), units = a->units, steps = a->steps;
  const int64_t wide = mk_cell_gates(a->cell) * units, bytes = units * size;
  const int64_t apart = row_of(units, size), kept = mk_cell_kept(a->cell) * units;
  const int64_t product_row = row_of(wide, size);
  char* product = context->scratch;
  char* input = product + rows * product_row * size;
  char *h = input + rows * apart * size, *c = h + rows * apart * size;
  const matrix u = {.kernels = mk_gemm_kernels_of(mk_isa(), a->dtype),
                    .packed = mk_at(context, a->packed),
                    .plain = mk_recurrent_reads_plain(a) ? mk_at(context, a->u) : NULL,
                    .k = units,
                    .n = wide,
                    .size = size};
  const mk_recurrent_saved at = mk_recurrent_saved_of(a);
  const char* z = mk_at(context, a->z);
  char* saved = mk_at(context, a->saved);
  const char *h0 = if_has(a, MK_HAS_H, context, a->h0), *c0 = if_has(a, MK_HAS_C, context, a->c0);
  const char* gain = if_has(a, MK_HAS_GAIN, context, a->gain);
  const uint8_t* mask = (const uint8_t*)if_has(a, MK_HAS_MASK, context, a->mask);
  const int keeps = (a->flags & MK_KEEPS) != 0, has_outputs = (a->flags & MK_HAS_OUTPUTS) != 0;
  mk_row row = {.units = units,
                .activation = a->activation,
                .gate = a->gate,
                .bias = if_has(a, MK_HAS_BIAS, context, a->bias),
                .state_bias = if_has(a, MK_HAS_STATE_BIAS, context, a->state_bias)};

  for (int64_t i = 0; i < rows; i++) {
    const int64_t sample = (first + i) * units;
    char* to = h + i * apart * size;
    copy_or_clear(to, place(h0, sample, size), bytes);
    copy_or_clear(c + i * apart * size, place(c0, sample, size), bytes);
    if (gain) loops->scale(input + i * apart * size, to, place(gain, sample, size), units);
    else memcpy(input + i * apart * size, to, (size_t)bytes);
  }
  for (int64_t step = 0; step < steps; step++) {
    const int64_t time = a->reverse ? steps - 1 - step : step;
    multiply(&u, product, product_row, input, apart, rows);
    for (int64_t i = 0; i < rows; i++) {
      const int64_t sample = first + i, from = sample * steps + time, to = sample * steps + step;
      char* y = has_outputs ? saved + (at.y + to * units) * size : NULL;
      row.h = h + i * apart * size, row.c = c + i * apart * size;
      row.input = input + i * apart * size;
      if (keeps) {
        memcpy(saved + (at.before + from * units) * size, row.input, (size_t)bytes);
        if (a->cell == MK_LSTM)
          memcpy(saved + (at.carry + from * units) * size, row.c, (size_t)bytes);
      }
      if (mask && !mask[from]) {
        if (y) memcpy(y, row.h, (size_t)bytes);
        if (keeps) memset(saved + (at.kept + from * kept) * size, 0, (size_t)(kept * size));
        continue;
      }
      if (i + 1 < rows) {
        const int64_t next = from + steps;
        ask(z, next * wide, wide * size, size);
        ask_to_write(y, steps * units, bytes, size);
        if (keeps) {
          ask_to_write(saved, at.kept + next * kept, kept * size, size);
          ask_to_write(saved, at.before + next * units, bytes, size);
          if (a->cell == MK_LSTM) ask_to_write(saved, at.carry + next * units, bytes, size);
        }
      }
      row.z = z + from * wide * size;
      row.product = product + i * product_row * size;
      row.gain = place(gain, sample * units, size);
      row.kept = keeps ? saved + (at.kept + from * kept) * size : NULL;
      row.y = y;
      loops->forward[a->cell](&row);
    }
  }
  for (int64_t i = 0; i < rows; i++) {
    const int64_t sample = (first + i) * units;
    memcpy(saved + (at.h + sample) * size, h + i * apart * size, (size_t)bytes);
    if (a->cell == MK_LSTM)
      memcpy(saved + (at.c + sample) * size, c + i * apart * size, (size_t)bytes);
  }
}

void mk_recurrent(const void* args, const mk_context* context) {
  const mk_recurrent_args* a = args;
  size_t begin, end;
  mk_share((size_t)a->batch, context->part, context->parts, &begin, &end);
  const int64_t at_once = rows_at_once(a, mk_ceil_div(a->batch, context->parts));
  for (int64_t i = (int64_t)begin; i < (int64_t)end; i += at_once)
    run_block(a, context, i, (int64_t)end - i < at_once ? (int64_t)end - i : at_once);
}

// MARK: Backward

static void run_block_back(const mk_recurrent_gradient_args* args, const mk_context* context,
                           int64_t first, int64_t rows) {
  const mk_recurrent_args* a = &args->forward;
  const mk_row_loops* loops = mk_row_loops_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), units = a->units, steps = a->steps;
  const int64_t wide = mk_cell_gates(a->cell) * units, bytes = units * size;
  const int64_t apart = row_of(wide, size), kept = mk_cell_kept(a->cell) * units;
  char* left = context->scratch;
  char* product = left + rows * apart * size;
  char *dh = product + rows * bytes, *dc = dh + rows * bytes;
  const matrix transposed = {.kernels = mk_gemm_kernels_of(mk_isa(), a->dtype),
                             .packed = mk_at(context, a->packed),
                             .k = wide,
                             .n = units,
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
    memset(out + (to.sum + (first + i) * wide) * size, 0, (size_t)(wide * size));
    if (a->cell == MK_GRU)
      memset(out + (to.sum_h + (first + i) * wide) * size, 0, (size_t)(wide * size));
  }
  for (int64_t step = steps; step-- > 0;) {
    const int64_t time = a->reverse ? steps - 1 - step : step;
    for (int64_t i = 0; i < rows; i++) {
      const int64_t sample = first + i, from = sample * steps + time, y = sample * steps + step;
      row.dy = place(dy, y * units, size);
      row.gain = place(gain, sample * units, size);
      row.product = product + i * bytes;
      row.dh = dh + i * bytes, row.dc = dc + i * bytes;
      row.dz = out + (to.dz + from * wide) * size;
      row.dzh = out + (to.dzh + from * wide) * size;
      row.left = left + i * apart * size;
      if (mask && !mask[from]) {
        loops->arrive(row.dh, row.dh, row.dy, row.product, row.gain, units);
        memset(row.dz, 0, (size_t)(wide * size));
        memset(row.left, 0, (size_t)(wide * size));
        if (a->cell == MK_GRU) memset(row.dzh, 0, (size_t)(wide * size));
        continue;
      }
      if (i + 1 < rows) {
        const int64_t next = from + steps;
        ask(saved, at.kept + next * kept, kept * size, size);
        ask(dy, (y + steps) * units, bytes, size);
        ask_to_write(out, to.dz + next * wide, wide * size, size);
        if (a->cell == MK_LSTM) ask(saved, at.carry + next * units, bytes, size);
        if (a->cell == MK_GRU) ask_to_write(out, to.dzh + next * wide, wide * size, size);
      }
      row.kept = saved + (at.kept + from * kept) * size;
      row.carry = saved + (at.carry + from * units) * size;
      row.h_after = saved + (at.y + y * units) * size;
      row.h_before = step > 0 ? (const char*)row.h_after - bytes : place(h0, sample * units, size);
      row.sum = out + (to.sum + sample * wide) * size;
      row.sum_h = out + (to.sum_h + sample * wide) * size;
      loops->backward[a->cell](&row);
    }
    multiply(&transposed, product, units, left, apart, rows);
  }
  for (int64_t i = 0; i < rows; i++) {
    const int64_t sample = (first + i) * units;
    loops->arrive(out + (to.h + sample) * size, dh + i * bytes, NULL, product + i * bytes,
                  place(gain, sample, size), units);
    if (a->cell == MK_LSTM) memcpy(out + (to.c + sample) * size, dc + i * bytes, (size_t)bytes);
  }
}

void mk_recurrent_gradient(const void* args_, const mk_context* context) {
  const mk_recurrent_gradient_args* args = args_;
  const mk_recurrent_args* a = &args->forward;
  size_t begin, end;
  mk_share((size_t)a->batch, context->part, context->parts, &begin, &end);
  const int64_t at_once = rows_at_once(a, mk_ceil_div(a->batch, context->parts));
  for (int64_t i = (int64_t)begin; i < (int64_t)end; i += at_once)
    run_block_back(args, context, i, (int64_t)end - i < at_once ? (int64_t)end - i : at_once);
}
