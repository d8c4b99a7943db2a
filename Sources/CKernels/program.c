// The block interpreter.
//
// The iteration space is [size 0, size 1, …], row major; neighbouring axes that every strided
// operand walks as one are merged, and the last merged axis is called a row. Blocks end at row
// ends where rows are short, and never cross them where rows are long. So a strided operand is most
// often read in place (a piece of one row), or loaded once for all blocks (a bias).
#include <string.h>

#include "elements.h"
#include "program_state.h"

// MARK: Loading

#define SPLAT(t)                                                     \
  {                                                                  \
    t value = *(const t*)from, *to = y;                              \
    for (size_t i = 0; i < count; i++) to[i] = value;                \
    break;                                                           \
  }
static void splat(void* y, const void* from, size_t count, size_t bytes) {
  switch (bytes) {
    case 1: memset(y, *(const uint8_t*)from, count); break;
    case 4: SPLAT(mk_i32)
    default: SPLAT(mk_i64)
  }
}

#define GATHER(t)                                                                        \
  for (size_t i = 0; i < count; i++) ((t*)y)[i] = *(const t*)(from + (int64_t)i * stride); \
  break;
static void gather(void* y, const char* from, int64_t stride, size_t count, size_t bytes) {
  if (stride == (int64_t)bytes) {
    memcpy(y, from, count * bytes);
    return;
  }
  if (stride == 0) {
    splat(y, from, count, bytes);
    return;
  }
  switch (bytes) {
    case 1: GATHER(mk_u8)
    case 4: GATHER(mk_i32)
    default: GATHER(mk_i64)
  }
}

// Where row `row` begins in the operand's memory.
static const char* row_origin(const mk_binding* binding, const operand_state* operand, size_t row) {
  const char* origin = operand->origin;
  uint32_t k = binding->rank - 1;
  while (k-- > 0) {
    if (k == 0) return origin + (int64_t)row * operand->stride[0];
    size_t size = (size_t)binding->size[k];
    origin += (int64_t)(row % size) * operand->stride[k];
    row /= size;
  }
  return origin;
}

// Elements of rows from (row, column) on, one row after another.
static void load_rows(const mk_binding* binding, const operand_state* operand, char* y, size_t row,
                      size_t column, size_t count) {
  uint32_t inner = binding->rank - 1;
  int64_t stride = operand->stride[inner];
  int64_t row_stride = inner > 0 ? operand->stride[inner - 1] : 0;
  const char* origin = 0;
  size_t left = 0;  // rows that lie row_stride apart from here on
  while (count > 0) {
    if (left == 0) {
      origin = row_origin(binding, operand, row);
      size_t size = inner > 0 ? (size_t)binding->size[inner - 1] : 1;
      left = size - row % size;
    }
    size_t piece = binding->row - column < count ? binding->row - column : count;
    gather(y, origin + (int64_t)column * stride, stride, piece, operand->bytes);
    y += piece * operand->bytes;
    count -= piece;
    origin += row_stride;
    column = 0;
    row++;
    left--;
  }
}

static const char* load(const mk_binding* binding, operand_state* operand, size_t start, size_t row,
                        size_t column, size_t count) {
  if (operand->kind == DENSE) return operand->origin + start * operand->bytes;
  if (operand->kind == DRAWN) {
    mk_bernoulli_block(operand->draw, start, count, (uint8_t*)operand->block);
    return operand->block;
  }
  if (operand->kind == SCALAR) {
    if (operand->only_linked) return operand->origin;
    if (operand->filled < count) {
      splat(operand->block, operand->origin, count, operand->bytes);
      operand->filled = (uint32_t)count;
    }
    return operand->block;
  }
  int64_t stride = operand->stride[binding->rank - 1];
  if (column + count <= binding->row) {  // within one row
    const char* from = row_origin(binding, operand, row) + (int64_t)column * stride;
    if (stride == operand->bytes) return from;
    if (operand->kind == SPREAD) {
      if (operand->held != from || operand->filled < count) {
        splat(operand->block, from, count, operand->bytes);
        operand->held = from;
        operand->filled = (uint32_t)count;
      }
      return operand->block;
    }
  }
  size_t rows = (column + count + binding->row - 1) / binding->row;
  if (operand->kind == REPEATED && rows * binding->row <= MK_BLOCK) {
    size_t row_bytes = binding->row * operand->bytes;
    if (operand->filled == 0) {
      gather(operand->block, operand->origin, stride, binding->row, operand->bytes);
      operand->filled = 1;
    }
    while (operand->filled < rows) {  // doubling
      size_t more = rows - operand->filled < operand->filled ? rows - operand->filled : operand->filled;
      memcpy(operand->block + operand->filled * row_bytes, operand->block, more * row_bytes);
      operand->filled += (uint32_t)more;
    }
    return operand->block + column * operand->bytes;
  }
  operand->filled = 0;
  load_rows(binding, operand, operand->block, row, column, count);
  return operand->block;
}

// MARK: Running

// Elements of the block that begins at `start`, of `count` that are left.
static size_t block_length(const mk_binding* binding, size_t start, size_t count) {
  if (binding->row == 0 || binding->rank < 2) return count < MK_BLOCK ? count : MK_BLOCK;
  size_t column = start % binding->row, length;
  if (binding->block_rows) {
    length = binding->block_rows * binding->row - column;
  } else {
    // A row's rest in equal pieces, rather than a long one and a short one.
    size_t rest = binding->row - column, pieces = (rest + MK_BLOCK - 1) / MK_BLOCK;
    length = ((rest + pieces - 1) / pieces + 63) / 64 * 64;
    if (length > rest) length = rest;
  }
  return length < count ? length : count;
}

// Loads the operands of the block that begins at `start`.
static void prepare(mk_binding* binding, size_t start, size_t count) {
  size_t row = 0, column = 0;
  if (binding->row) row = start / binding->row, column = start % binding->row;
  for (int i = 0; i < binding->program->operand_count; i++) {
    operand_state* operand = &binding->operands[i];
    binding->at[operand->reg] = load(binding, operand, start, row, column, count);
  }
}

// Ties the links of a chain to where registers lie in the block that begins at `start`.
static void tie(mk_binding* binding, const step_state* step, size_t start) {
  const size_t before = start * sizeof(float);
  for (mk_bound_link *link = step->links, *end = link + step->link_count; link < end; link++) {
    if (link->code == MK_PUT) {
      if (link->reg >= MK_SLOT) continue;
      if (!link->is_bound) link->memory = binding->blocks[link->reg] - before;
      binding->at[link->reg] = link->memory + before;
    } else if (!link->is_bound) {
      link->memory = (char*)binding->at[link->reg] - before;
    }
  }
}

void mk_bound_tie_stream(mk_binding* binding) {
  prepare(binding, 0, 0);
  tie(binding, &binding->steps[0], 0);
}

void mk_bound_hand(mk_binding* binding, const void* origin) {
  const mk_program* program = binding->program;
  for (int i = 0; i < program->operand_count; i++)
    if (program->operands[i].ref.base == MK_HANDED_BASE) binding->operands[i].origin = origin;
  if (binding->is_stream) mk_bound_tie_stream(binding);
}

static void run_steps(mk_binding* binding, size_t start, size_t count) {
  const mk_program* program = binding->program;
  const char** at = binding->at;
  prepare(binding, start, count);
  for (int s = 0; s < program->step_count; s++) {
    const step_state* step = &binding->steps[s];
    if (step->links) {
      tie(binding, step, start);
      binding->chain(step->links, start, count);
      continue;
    }
    const char *a = at[step->a], *b = at[step->b], *c = at[step->c];
    char* y;
    if (step->direct) {
      y = step->direct + start * step->direct_bytes;
    } else {
      y = binding->blocks[step->y];
      // Elements of y and of what it reads may differ in width: never in place.
      if (y == a || y == b || y == c) {
        binding->blocks[step->y] = binding->spare;
        binding->spare = y;
        y = binding->blocks[step->y];
      }
    }
    step->run(y, a, b, c, count);
    at[step->y] = y;
  }
}

// Writes the results from `first` on.
static void write_results(const mk_binding* binding, size_t first, size_t start, size_t count) {
  const mk_program* program = binding->program;
  for (size_t i = first; i < program->result_count; i++) {
    const mk_result* result = &program->results[i];
    size_t bytes = mk_size(result->dtype);
    char* y = (char*)binding->bases[result->ref.base] + result->ref.offset + start * bytes;
    if (binding->at[result->reg] != y) memmove(y, binding->at[result->reg], count * bytes);
  }
}

void mk_bound_run(mk_binding* binding, size_t start, size_t count) {
  if (binding->is_stream) {
    binding->chain(binding->steps[0].links, start, count);
    return;
  }
  while (count > 0) {
    size_t length = block_length(binding, start, count);
    run_steps(binding, start, length);
    write_results(binding, 0, start, length);
    start += length;
    count -= length;
  }
}

void mk_bound_values(mk_binding* binding, size_t start, size_t count, size_t values, const void** at) {
  run_steps(binding, start, count);
  for (size_t k = 0; k < values; k++) at[k] = binding->at[binding->program->results[k].reg];
  write_results(binding, values, start, count);
}

const void* mk_bound_block(mk_binding* binding, size_t start, size_t count) {
  run_steps(binding, start, count);
  return binding->at[binding->program->results[0].reg];
}

const void* mk_bound_memory(const mk_binding* binding) {
  const mk_program* program = binding->program;
  if (program->step_count || program->operand_count != 1 || program->result_count != 1) return 0;
  return binding->operands[0].kind == DENSE ? binding->operands[0].origin : 0;
}

// One step from dense memory to dense memory needs no blocks.
static int run_at_once(const mk_program* program, void* const* bases, size_t start, size_t count) {
  enum { FEW = 8 };
  if (program->step_count != 1 || program->result_count != 1 || program->register_count > FEW) return 0;
  const mk_step* step = &program->steps[0];
  const mk_result* result = &program->results[0];
  if (!step->run || !result->direct || result->reg != step->y) return 0;
  const char* at[FEW] = {0};
  for (int i = 0; i < program->operand_count; i++) {
    const mk_operand* operand = &program->operands[i];
    if (operand->kind != MK_DENSE) return 0;
    at[operand->reg] = (const char*)bases[operand->ref.base] + operand->ref.offset +
                       start * mk_size(operand->dtype);
  }
  char* y = (char*)bases[result->ref.base] + result->ref.offset + start * mk_size(result->dtype);
  step->run(y, at[step->a], at[step->b], at[step->c], count);
  return 1;
}

void mk_program_run(const mk_program* program, void* const* bases, size_t start, size_t count,
                    void* scratch) {
  if (count == 0 || run_at_once(program, bases, start, count)) return;
  mk_bound_run(mk_bind(program, bases, scratch), start, count);
}

const void* mk_program_block(const mk_program* program, void* const* bases, size_t start,
                             size_t count, void* scratch) {
  return mk_bound_block(mk_bind(program, bases, scratch), start, count);
}

void mk_elementwise(const void* args, const mk_context* context) {
  const mk_program* program = args;
  // Parts begin where blocks do.
  size_t unit = MK_BLOCK;
  if (program->rank > 1) {
    size_t row = (size_t)program->size[program->rank - 1];
    if (row > 0 && row < LONG_ROW) unit = MK_BLOCK / row * row;
  }
  size_t begin, end;
  mk_share((program->count + unit - 1) / unit, context->part, context->parts, &begin, &end);
  begin *= unit;
  end = end * unit < program->count ? end * unit : program->count;
  if (begin < end) mk_program_run(program, context->bases, begin, end - begin, context->scratch);
}
