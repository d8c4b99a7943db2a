// The block interpreter.
//
// The iteration space is [size 0, size 1, …], row major; neighbouring dimensions that every strided
// operand walks as one are merged, and the last merged dimension is called a row. Blocks end at row
// ends where rows are short, and never cross them where rows are long. So a strided operand is most
// often read in place (a piece of one row), or loaded once for all blocks (a bias).
//
// Every register has a block of its own for what steps write, every operand that needs loading has
// another: what is loaded once is never overwritten.
#include "program.h"

#include <string.h>

#include "chain.h"
#include "elements.h"
#include "random.h"

// Rows this long or longer are read in place, piece by piece.
enum { LONG_ROW = 512 };

typedef struct {
  const char* origin;           // element 0
  char* block;                  // [MK_BLOCK]; null for a dense operand
  int64_t stride[MK_RANK];      // of the merged dimensions, in bytes
  const char* held;             // the element that block repeats, if filled > 0 (SCALAR, SPREAD)
  uint32_t filled;              // elements (SCALAR, SPREAD) or rows (REPEATED) of block that hold
  mk_bernoulli* draw;           // of a drawn operand
  uint16_t reg;
  uint8_t bytes;                // of one element
  uint8_t kind;
  uint8_t only_linked;          // of a SCALAR: only chains read it, and they spread it themselves
} operand_state;

enum {
  DENSE,     // memory is the register
  SCALAR,    // one element for all
  REPEATED,  // every row is the same
  PIECES,    // rows of neighbouring elements
  SPREAD,    // one element for each row
  SCATTERED, // any strides
  DRAWN      // made from the elements' numbers
};

typedef struct {
  mk_block_function run;
  char* direct;  // element 0 of the result that this step writes to memory, or null
  uint16_t y, a, b, c;
  uint8_t direct_bytes;
  uint32_t link_count;
  mk_bound_link* links;  // of a chain
} step_state;

struct mk_binding {
  const mk_program* program;
  void* const* bases;
  operand_state* operands;  // [operand_count]
  step_state* steps;        // [step_count]
  char** blocks;            // [register_count], what a step may write
  const char** at;          // [register_count], where a register's content is
  char* spare;              // a block for a step that reads the register it writes
  mk_chain_function chain;
  int is_stream;            // one chain from memory to memory: no blocks are needed
  size_t row;               // elements in a row; 0 if no operand is strided
  size_t block_rows;        // rows in a block if they are short, else 0
  uint32_t rank;            // merged
  int64_t size[MK_RANK];    // merged
};

static size_t rounded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static size_t loaded_operands(const mk_program* program) {
  size_t count = 0;
  for (int i = 0; i < program->operand_count; i++) count += program->operands[i].kind != MK_DENSE;
  return count;
}

static size_t drawn_operands(const mk_program* program) {
  size_t count = 0;
  for (int i = 0; i < program->operand_count; i++) count += program->operands[i].kind == MK_DRAWN;
  return count;
}

static size_t head_bytes(const mk_program* program) {
  size_t links = 0;
  for (int s = 0; s < program->step_count; s++) links += program->steps[s].link_count;
  return rounded(sizeof(mk_binding) + program->operand_count * sizeof(operand_state) +
                 program->step_count * sizeof(step_state) +
                 program->register_count * (sizeof(char*) + sizeof(char*) + sizeof(void*)) +
                 links * sizeof(mk_bound_link) + drawn_operands(program) * sizeof(mk_bernoulli));
}

static size_t slot_bytes(const mk_program* program) {
  size_t most = 0;  // a slot holds nothing from one chain to another
  for (int s = 0; s < program->step_count; s++)
    if (program->steps[s].slot_count > most) most = program->steps[s].slot_count;
  return most * MK_STRIP * sizeof(float);
}

size_t mk_program_scratch(const mk_program* program) {
  size_t blocks = program->register_count + loaded_operands(program) + 1;
  return head_bytes(program) + slot_bytes(program) + blocks * rounded(program->register_bytes);
}

// MARK: Binding

// Merges dimension k into k + 1 wherever all strided operands allow it, and drops those of size 1.
static void merge(mk_binding* binding) {
  const mk_program* program = binding->program;
  int strided = 0;
  for (int i = 0; i < program->operand_count; i++)
    strided |= program->operands[i].kind == MK_STRIDED;
  binding->rank = 0;
  binding->row = binding->block_rows = 0;
  if (!strided) return;

  int dims[MK_RANK], rank = 0;  // the last original dimension of each merged one
  for (uint32_t k = 0; k < program->rank; k++) {
    if (program->size[k] == 1) continue;
    int joins = rank > 0;
    for (int i = 0; i < program->operand_count && joins; i++) {
      const mk_operand* operand = &program->operands[i];
      joins = operand->kind != MK_STRIDED ||
              operand->stride[dims[rank - 1]] == operand->stride[k] * program->size[k];
    }
    if (joins) {
      binding->size[rank - 1] *= program->size[k];
      dims[rank - 1] = (int)k;
    } else {
      binding->size[rank] = program->size[k];
      dims[rank++] = (int)k;
    }
  }
  if (rank == 0) {  // every size is 1
    binding->size[0] = 1;
    dims[0] = -1;
    rank = 1;
  }
  binding->rank = (uint32_t)rank;
  binding->row = (size_t)binding->size[rank - 1];
  if (binding->row > 0 && binding->row < LONG_ROW && rank > 1)
    binding->block_rows = MK_BLOCK / binding->row;

  for (int i = 0; i < program->operand_count; i++) {
    const mk_operand* operand = &program->operands[i];
    if (operand->kind != MK_STRIDED) continue;
    operand_state* state = &binding->operands[i];
    int repeated = 1;
    for (int k = 0; k < rank; k++) {
      state->stride[k] = dims[k] < 0 ? 0 : operand->stride[dims[k]] * state->bytes;
      if (k < rank - 1) repeated &= state->stride[k] == 0;
    }
    int64_t inner = state->stride[rank - 1];
    state->kind = repeated && inner == 0              ? SCALAR
                  : rank == 1 && inner == state->bytes ? DENSE
                  : repeated && rank > 1               ? REPEATED
                  : inner == state->bytes              ? PIECES
                  : inner == 0                         ? SPREAD
                                                       : SCATTERED;
  }
}

// Ties the links of chains to what stays where it is: slots and scalars. `scalars` [register_count]
// is, at each point of the program, the scalar operand that a register holds, or null.
static void bind_links(mk_binding* binding, mk_bound_link* links, char* slots,
                       const operand_state** scalars) {
  const mk_program* program = binding->program;
  memset(scalars, 0, program->register_count * sizeof *scalars);
  for (int i = 0; i < program->operand_count; i++) {
    operand_state* operand = &binding->operands[i];
    operand->only_linked = operand->kind == SCALAR;
    if (operand->only_linked) scalars[operand->reg] = operand;
  }
  for (int s = 0; s < program->step_count; s++) {
    const mk_step* from = &program->steps[s];
    step_state* step = &binding->steps[s];
    if (step->run) {
      const uint16_t read[] = {step->a, step->b, step->c};
      for (int i = 0; i < program->operand_count; i++)
        for (int k = 0; k < 3; k++)
          if (binding->operands[i].reg == read[k]) binding->operands[i].only_linked = 0;
      scalars[step->y] = 0;
      continue;
    }
    step->links = links;
    step->link_count = from->link_count;
    for (uint32_t l = 0; l < from->link_count; l++) {
      const mk_link link = from->links[l];
      *links = (mk_bound_link){.moves = ~(size_t)0, .code = link.code, .reg = link.reg};
      if (link.code == MK_END) {
        links->memory = slots;  // read by nobody
        links->moves = 0;
        links->is_bound = 1;
      } else if (link.reg >= MK_SLOT) {
        links->memory = slots + (size_t)(link.reg - MK_SLOT) * MK_STRIP * sizeof(float);
        links->moves = 0;
        links->is_bound = 1;
      } else if (link.code == MK_PUT) {
        scalars[link.reg] = 0;
      } else if (scalars[link.reg]) {
        links->memory = (char*)scalars[link.reg]->origin;
        links->moves = 0;
        links->is_bound = 1;
        links->code += MK_ONE_ELEMENT;
      }
      links++;
    }
  }
  for (int i = 0; i < program->result_count; i++)
    for (int k = 0; k < program->operand_count; k++)
      if (binding->operands[k].reg == program->results[i].reg) binding->operands[k].only_linked = 0;
}

// Makes the last write of a direct result's register go to memory.
static void bind_result(mk_binding* binding, const mk_result* result) {
  char* memory = (char*)binding->bases[result->ref.base] + result->ref.offset;
  for (int s = binding->program->step_count - 1; s >= 0; s--) {
    step_state* step = &binding->steps[s];
    for (int l = (int)step->link_count - 1; l >= 0; l--) {
      mk_bound_link* link = &step->links[l];
      if (link->code != MK_PUT || link->reg != result->reg) continue;
      if (!link->is_bound) link->memory = memory, link->is_bound = 1;
      return;
    }
    if (step->links || step->y != result->reg) continue;
    if (!step->direct) step->direct = memory, step->direct_bytes = (uint8_t)mk_size(result->dtype);
    return;
  }
}

// Whether all there is to do is one chain that reads and writes memory element by element.
static int is_stream(const mk_binding* binding) {
  const mk_program* program = binding->program;
  if (program->step_count != 1 || !binding->steps[0].links) return 0;
  for (int i = 0; i < program->operand_count; i++) {
    const operand_state* operand = &binding->operands[i];
    if (operand->kind != DENSE && !(operand->kind == SCALAR && operand->only_linked)) return 0;
  }
  for (uint32_t l = 0; l < binding->steps[0].link_count; l++) {
    const mk_bound_link* link = &binding->steps[0].links[l];
    if (link->code == MK_PUT && !link->is_bound) return 0;
  }
  for (int i = 0; i < program->result_count; i++) {
    int is_put = 0;
    for (uint32_t l = 0; l < binding->steps[0].link_count; l++) {
      const mk_bound_link* link = &binding->steps[0].links[l];
      is_put |= link->code == MK_PUT && link->reg == program->results[i].reg &&
                link->memory == (char*)binding->bases[program->results[i].ref.base] +
                                    program->results[i].ref.offset;
    }
    if (!is_put) return 0;
  }
  return 1;
}

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

mk_binding* mk_bind(const mk_program* program, void* const* bases, void* scratch) {
  mk_binding* binding = scratch;
  binding->program = program;
  binding->bases = bases;
  binding->operands = (operand_state*)(binding + 1);
  binding->steps = (step_state*)(binding->operands + program->operand_count);
  binding->blocks = (char**)(binding->steps + program->step_count);
  binding->at = (const char**)(binding->blocks + program->register_count);
  const operand_state** scalars = (const operand_state**)(binding->at + program->register_count);
  mk_bernoulli* draw = (mk_bernoulli*)(scalars + program->register_count);
  mk_bound_link* links = (mk_bound_link*)(draw + drawn_operands(program));

  char* slots = (char*)scratch + head_bytes(program);
  char* block = slots + slot_bytes(program);
  size_t block_bytes = rounded(program->register_bytes);
  binding->spare = block;
  for (uint32_t r = 0; r < program->register_count; r++)
    binding->at[r] = binding->blocks[r] = block += block_bytes;
  for (int i = 0; i < program->operand_count; i++) {
    const mk_operand* operand = &program->operands[i];
    operand_state* state = &binding->operands[i];
    state->origin = (const char*)bases[operand->ref.base] + operand->ref.offset;
    state->block = operand->kind == MK_DENSE ? 0 : (block += block_bytes);
    state->filled = 0;
    state->reg = operand->reg;
    state->bytes = (uint8_t)mk_size(operand->dtype);
    state->kind = operand->kind == MK_DENSE ? DENSE : operand->kind == MK_DRAWN ? DRAWN : SCALAR;
    state->only_linked = 0;
    if (operand->kind == MK_DRAWN) {
      state->draw = draw++;
      mk_bernoulli_begin(state->draw, state->origin,
                         (const char*)bases[operand->parameter.base] + operand->parameter.offset);
    }
  }
  merge(binding);

  int chains = 0;
  for (int s = 0; s < program->step_count; s++) {
    const mk_step* step = &program->steps[s];
    binding->steps[s] = (step_state){.run = step->run, .y = step->y, .a = step->a, .b = step->b, .c = step->c};
    chains += !step->run;
  }
  binding->is_stream = 0;
  if (chains) {
    binding->chain = mk_chain(mk_isa());
    bind_links(binding, links, slots, scalars);
  }
  for (int i = 0; i < program->result_count; i++)
    if (program->results[i].direct) bind_result(binding, &program->results[i]);
  if (chains && is_stream(binding)) {
    binding->is_stream = 1;
    prepare(binding, 0, 0);
    tie(binding, &binding->steps[0], 0);
  }
  return binding;
}

void mk_bound_hand(mk_binding* binding, const void* origin) {
  const mk_program* program = binding->program;
  for (int i = 0; i < program->operand_count; i++)
    if (program->operands[i].ref.base == MK_HANDED_BASE) binding->operands[i].origin = origin;
  if (binding->is_stream) {
    prepare(binding, 0, 0);
    tie(binding, &binding->steps[0], 0);
  }
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
