// Recurrences: a part's samples in blocks, each block through all steps.
//
//     product [rows, G·U] = x [rows, I] · w + h [rows, U] · u     on the tiles of gemm_kernels.h
//     then the cell, row by row                                   recurrent_cells.h
//
// A block's running values (h, c, the product) stay in the nearest caches, so do w and u, packed.
// Every sum over inputs or units is one chain in ascending order: cutting rows never shows in the
// bits, nor does leaving x·w to another kernel.
#include "mk_recurrent.h"

#include <string.h>

#include "elements.h"
#include "recurrent_block.h"

// Bytes of a block's product: a part of the second-nearest cache.
static const int64_t most_block_bytes = 192 << 10;

mk_recurrent_saved mk_recurrent_saved_of(const mk_recurrent_args* a) {
  const int64_t states = a->batch * a->units, all = states * a->steps;
  const int keeps = (a->flags & MK_KEEPS) != 0, is_lstm = a->cell == MK_LSTM;
  mk_recurrent_saved s = {0};
  s.x = a->units + (a->cell == MK_GRU);
  s.columns = s.x + a->inputs + 1;
  s.row = row_of(s.columns, (int64_t)mk_size(a->dtype));
  s.rows = s.y + (a->flags & MK_HAS_OUTPUTS ? all : 0);
  s.carry = s.rows + keeps * s.row * a->batch * a->steps;
  s.kept = s.carry + (keeps && is_lstm) * all;
  s.h = s.kept + keeps * mk_cell_kept(a->cell) * all;
  s.c = s.h + states;
  s.count = s.c + is_lstm * states;
  return s;
}

mk_recurrent_out mk_recurrent_out_of(const mk_recurrent_args* a) {
  const int64_t states = a->batch * a->units;
  const int64_t columns = a->flags & MK_HAS_KERNEL ? a->inputs : mk_cell_gates(a->cell) * a->units;
  mk_recurrent_out o = {0};
  o.h = o.input + (a->flags & MK_WANTS_INPUT ? a->batch * a->steps * columns : 0);
  o.c = o.h + states;
  o.kernels = o.c + (a->cell == MK_LSTM) * states;
  o.count = o.kernels;
  if (a->flags & MK_WANTS_KERNELS)
    o.count += mk_recurrent_saved_of(a).columns * mk_cell_gates(a->cell) * a->units;
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

// MARK: Blocks

// Samples that go through time together.
static int64_t rows_at_once(const mk_recurrent_args* a, int64_t rows) {
  const int64_t bytes = mk_cell_gates(a->cell) * a->units * (int64_t)mk_size(a->dtype);
  const int64_t tile = mk_gemm_kernels_of(mk_isa(), a->dtype)->most_rows[2];
  int64_t most = most_block_bytes / (bytes > 0 ? bytes : 1);
  if (most < tile) most = tile;
  return mk_ceil_div(rows, mk_ceil_div(rows > 0 ? rows : 1, most));
}

size_t mk_recurrent_scratch(const mk_recurrent_args* a, uint32_t parts) {
  const int64_t size = (int64_t)mk_size(a->dtype), wide = mk_cell_gates(a->cell) * a->units;
  const int64_t rows = rows_at_once(a, mk_ceil_div(a->batch, parts));
  const int64_t each =
      2 * row_of(wide, size) + mk_recurrent_saved_of(a).row + 2 * row_of(a->units, size);
  return (size_t)((rows * each + 16) * size);
}

// MARK: Forward

// What the products of a step read beside h: x and the ones, in rows of their own.
static void put_inputs(const mk_recurrent_args* a, const mk_recurrent_saved* at, char* rows,
                       const char* x, int64_t count) {
  const int64_t size = (int64_t)mk_size(a->dtype), bytes = a->inputs * size;
  const int64_t next = a->steps * bytes;
  for (int64_t i = 0; i < count; i++, rows += at->row * size, x += next) {
    char *to = rows + at->x * size, *end = to + bytes;
    if (i + 1 < count) ask(x + next, 0, bytes, 1);
    memcpy(to, x, (size_t)bytes);
    memset(end, 0, (size_t)(at->row - at->x - a->inputs) * (size_t)size);
    if (a->dtype == MK_F32) {
      *(mk_f32*)end = 1;
      if (a->cell == MK_GRU) ((mk_f32*)to)[-1] = 1;
    } else {
      *(mk_f64*)end = 1;
      if (a->cell == MK_GRU) ((mk_f64*)to)[-1] = 1;
    }
  }
}

static void run_block(const mk_recurrent_args* a, const mk_context* context, int64_t first,
                      int64_t rows) {
  const mk_row_loops* loops = mk_row_loops_of(mk_isa(), a->dtype);
  const int64_t size = (int64_t)mk_size(a->dtype), units = a->units, steps = a->steps;
  const int64_t wide = mk_cell_gates(a->cell) * units, bytes = units * size;
  const int64_t kept = mk_cell_kept(a->cell) * units, product_row = row_of(wide, size);
  const mk_recurrent_saved at = mk_recurrent_saved_of(a);
  const int keeps = (a->flags & MK_KEEPS) != 0, has_outputs = (a->flags & MK_HAS_OUTPUTS) != 0;
  const int has_kernel = (a->flags & MK_HAS_KERNEL) != 0, is_lstm = a->cell == MK_LSTM;
  // The GRU tells the two products apart.
  const int adds = has_kernel && a->cell != MK_GRU;
  char* product = context->scratch;
  char* inner = product + rows * product_row * size;
  char* last_input = inner + rows * product_row * size;
  char *h = last_input + rows * at.row * size, *last_c = h + rows * bytes;
  const mk_gemm_kernels* kernels = mk_gemm_kernels_of(mk_isa(), a->dtype);
  const matrix u = {.kernels = kernels,
                    .packed = mk_at(context, a->packed),
                    .plain = mk_recurrent_reads_plain(a) ? mk_at(context, a->u) : NULL,
                    .k = units,
                    .n = wide,
                    .size = size};
  const matrix w = {.kernels = kernels,
                    .packed = if_has(a, MK_HAS_KERNEL, context, a->packed_kernel),
                    .k = a->inputs,
                    .n = wide,
                    .size = size};
  const char* z = mk_at(context, a->z);
  char* saved = mk_at(context, a->saved);
  const char *h0 = if_has(a, MK_HAS_H, context, a->h0), *c0 = if_has(a, MK_HAS_C, context, a->c0);
  const char* gain = if_has(a, MK_HAS_GAIN, context, a->gain);
  const uint8_t* mask = (const uint8_t*)if_has(a, MK_HAS_MASK, context, a->mask);
  mk_row row = {.units = units,
                .activation = a->activation,
                .gate = a->gate,
                .bias = if_has(a, MK_HAS_BIAS, context, a->bias),
                .state_bias = if_has(a, MK_HAS_STATE_BIAS, context, a->state_bias)};

  // What a step reads lies where it is kept, or in the scratch.
  const int keeps_any = keeps && steps > 0;
  char* input = keeps_any ? saved + (at.rows + first * at.row) * size : last_input;
  char* c = keeps_any && is_lstm ? saved + (at.carry + first * units) * size : last_c;
  for (int64_t i = 0; i < rows; i++) {
    const int64_t sample = (first + i) * units;
    char *to = h + i * bytes, *reads = input + i * at.row * size;
    copy_or_clear(to, place(h0, sample, size), bytes);
    copy_or_clear(c + i * bytes, place(c0, sample, size), bytes);
    if (gain) loops->scale(reads, to, place(gain, sample, size), units);
    else memcpy(reads, to, (size_t)bytes);
  }
  for (int64_t step = 0; step < steps; step++) {
    const int64_t time = a->reverse ? steps - 1 - step : step;
    const int64_t here = step * a->batch + first, after = here + a->batch;
    const int keeps_next = keeps && step + 1 < steps;
    char* next_input = keeps_next ? saved + (at.rows + after * at.row) * size : last_input;
    char* next_c = keeps_next && is_lstm ? saved + (at.carry + after * units) * size : last_c;
    if (keeps || has_kernel)
      put_inputs(a, &at, input, z + (first * steps + time) * a->inputs * size, rows);
    if (has_kernel)
      multiply(&w, adds ? product : inner, product_row, input + at.x * size, at.row, rows, 0);
    multiply(&u, product, product_row, input, at.row, rows, adds);
    for (int64_t i = 0; i < rows; i++) {
      const int64_t sample = first + i, from = sample * steps + time, to = sample * steps + step;
      char* y = has_outputs ? saved + (at.y + to * units) * size : NULL;
      const char *reads = input + i * at.row * size, *carry = c + i * bytes;
      row.h = h + i * bytes, row.c = carry, row.c_next = next_c + i * bytes;
      row.input = next_input + i * at.row * size;
      row.kept = keeps ? saved + (at.kept + (here + i) * kept) * size : NULL;
      if (mask && !mask[from]) {
        if (y) memcpy(y, row.h, (size_t)bytes);
        if (keeps) memset(row.kept, 0, (size_t)(kept * size));
        if (row.input != reads) memcpy(row.input, reads, (size_t)bytes);
        if (is_lstm && row.c_next != carry) memcpy(row.c_next, carry, (size_t)bytes);
        continue;
      }
      if (i + 1 < rows) {
        if (!has_kernel) ask(z, (from + steps) * wide, wide * size, size);
        ask_to_write(y, steps * units, bytes, size);
        ask_to_write(row.kept, kept, kept * size, size);
      }
      row.z = has_kernel ? adds ? NULL : inner + i * product_row * size : z + from * wide * size;
      row.product = product + i * product_row * size;
      row.gain = place(gain, sample * units, size);
      row.y = y;
      loops->forward[a->cell](&row);
    }
    input = next_input, c = next_c;
  }
  for (int64_t i = 0; i < rows; i++) {
    const int64_t sample = (first + i) * units;
    memcpy(saved + (at.h + sample) * size, h + i * bytes, (size_t)bytes);
    if (is_lstm) memcpy(saved + (at.c + sample) * size, last_c + i * bytes, (size_t)bytes);
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
