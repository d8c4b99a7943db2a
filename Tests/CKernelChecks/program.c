// Random programs through the block interpreter, against each step run over the whole space.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernelChecks.h"
#include "mk_elementwise.h"
#include "mk_random.h"

static int failures;
static uint64_t state;
static uint64_t next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}
static int below(int n) { return (int)(next() % (uint64_t)n); }

enum { OPERANDS = 5, STEPS = 12, RESULTS = 3, REGISTERS = 16, SLOTS = 4 };

typedef struct {
  mk_program program;
  mk_operand operands[OPERANDS];
  mk_step steps[STEPS];
  uint16_t codes[STEPS];   // what a step is to a chain: an operation, or MK_OPERATION_COUNT
  uint8_t binary[STEPS];
  mk_link links[5 * STEPS + STEPS];
  mk_result results[RESULTS];
  void* bases[OPERANDS + RESULTS];
  char* expected[RESULTS];  // [count]
} sample;

static void fill(char* memory, size_t count, mk_dtype dtype) {
  for (size_t i = 0; i < count; i++) {
    double value = (double)(int64_t)next() * 0x1p-61;
    switch (dtype) {
      case MK_F32: ((float*)memory)[i] = (float)value; break;
      case MK_F64: ((double*)memory)[i] = value; break;
      case MK_I32: ((int32_t*)memory)[i] = (int32_t)next(); break;
      case MK_I64: ((int64_t*)memory)[i] = (int64_t)next(); break;
      case MK_U8: memory[i] = (char)next(); break;
      default: memory[i] = (char)(next() & 1);
    }
  }
}

// Element i of the iteration space, from the indices of its dimensions.
static int64_t place(const mk_program* program, const mk_operand* operand, uint64_t i) {
  if (operand->kind == MK_DENSE) return (int64_t)i;
  if (operand->kind == MK_SCALAR) return 0;
  int64_t at = 0;
  for (int k = (int)program->rank - 1; k >= 0; k--) {
    at += (int64_t)(i % (uint64_t)program->size[k]) * operand->stride[k];
    i /= (uint64_t)program->size[k];
  }
  return at;
}

static void make_operand(sample* s, int index) {
  mk_program* program = &s->program;
  mk_operand* operand = &s->operands[index];
  *operand = (mk_operand){.reg = (uint16_t)index, .dtype = (mk_dtype)below(MK_DTYPES), .kind = (uint8_t)below(3)};
  if (below(2)) operand->dtype = MK_F32;
  if (below(2) && program->rank > 1) operand->kind = MK_STRIDED;
  size_t bytes = mk_size(operand->dtype), count = program->count, first = 0;
  if (operand->kind == MK_SCALAR) count = 1;
  if (operand->kind == MK_STRIDED) {
    // A dense array with its dimensions in some order, some of them missing or walked backwards.
    int order[MK_RANK];
    for (int k = 0; k < (int)program->rank; k++) order[k] = k;
    for (int k = 0; k < (int)program->rank && below(2); k++) {
      int other = below((int)program->rank), kept = order[k];
      order[k] = order[other], order[other] = kept;
    }
    int64_t stride = 1 + below(8) / 7;
    for (int k = (int)program->rank - 1; k >= 0; k--) {
      int64_t size = program->size[order[k]];
      operand->stride[order[k]] = stride;
      if (below(3) == 0) operand->stride[order[k]] = 0;
      else {
        if (below(6) == 0 && size > 0) {
          operand->stride[order[k]] = -stride;
          first += (size_t)(stride * (size - 1));
        }
        stride *= size;
      }
    }
    count = (size_t)stride;
  }
  char* memory = malloc(count * bytes + 1);
  fill(memory, count, operand->dtype);
  s->bases[index] = memory;
  operand->ref = (mk_ref){first * bytes, (uint32_t)index};
}

// Runs the steps over whole arrays as the program is made.
static void make(sample* s) {
  memset(s, 0, sizeof *s);
  mk_program* program = &s->program;
  static const int64_t sizes[] = {1, 2, 3, 5, 10, 31, 64, 100, 300, 700, 1500};
  program->rank = (uint32_t)below(5);
  program->count = 1;
  for (uint32_t k = 0; k < program->rank; k++) {
    int64_t size = sizes[below(11)];
    if (below(100) == 0) size = 0;
    if (program->count * (uint64_t)size > 20000) size = 1 + below(3);
    program->size[k] = size;
    program->count *= (uint64_t)size;
  }
  size_t count = program->count;
  program->operands = s->operands, program->steps = s->steps, program->results = s->results;
  program->operand_count = (uint16_t)(1 + below(OPERANDS));
  program->step_count = (uint16_t)below(STEPS + 1);
  program->result_count = (uint16_t)(1 + below(RESULTS));
  program->register_count = REGISTERS;
  program->register_bytes = MK_BLOCK * 8;

  char* content[REGISTERS] = {0};
  mk_dtype dtypes[REGISTERS];
  for (int i = 0; i < program->operand_count; i++) {
    make_operand(s, i);
    mk_operand* operand = &s->operands[i];
    size_t bytes = mk_size(operand->dtype);
    content[i] = malloc(count * bytes + 1);
    for (size_t j = 0; j < count; j++)
      memcpy(content[i] + j * bytes,
             (char*)s->bases[i] + operand->ref.offset + place(program, operand, j) * (int64_t)bytes, bytes);
    dtypes[i] = operand->dtype;
  }
  int written = program->operand_count;
  for (int i = 0; i < program->step_count; i++) {
    mk_step* step = &s->steps[i];
    mk_dtype to;
    do {  // what the types at hand allow
      step->a = (uint16_t)below(written), step->b = (uint16_t)below(written), step->c = 0;
      mk_dtype dtype = to = dtypes[step->a];
      static const mk_operation some[] = {MK_ADD, MK_MULTIPLY, MK_MAXIMUM, MK_SUBTRACT, MK_DIVIDE, MK_POW, MK_LESS, MK_AND,
                                          MK_SQUARE, MK_NEGATE, MK_EXP, MK_SQRT, MK_RELU, MK_TANH, MK_RELU_GRADIENT, MK_ABS};
      const int choice = below(16);
      mk_operation operation = some[choice];
      s->codes[i] = MK_OPERATION_COUNT;
      s->binary[i] = choice < 8 || operation == MK_RELU_GRADIENT;
      int kind = below(4);
      step->run = 0;
      if (kind == 0) {
        to = (mk_dtype)below(MK_DTYPES);
        step->run = mk_cast(mk_isa(), dtype, to);
      } else if (kind == 1 && dtype == MK_BOOL) {
        step->c = (uint16_t)below(written);
        to = dtypes[step->b];
        if (dtypes[step->c] == to) step->run = mk_block(mk_isa(), MK_SELECT, to);
      } else if (dtypes[step->b] == dtype) {
        step->run = mk_block(mk_isa(), operation, dtype);
        if (operation == MK_LESS) to = MK_BOOL;
        else if (dtype == MK_F32) s->codes[i] = operation;
      }
    } while (!step->run);
    step->y = (uint16_t)below(written + 1 < REGISTERS ? written + 1 : REGISTERS);
    char* y = malloc(count * 8 + 1);
    step->run(y, content[step->a], content[step->b], content[step->c], count);
    free(content[step->y]);
    content[step->y] = y;
    dtypes[step->y] = to;
    if (step->y == written) written++;
  }
  for (int i = 0; i < program->result_count; i++) {
    mk_result* result = &s->results[i];
    int reg = below(written);
    *result = (mk_result){{0, (uint32_t)(OPERANDS + i)}, (uint16_t)reg, dtypes[reg], (uint8_t)below(2)};
    size_t bytes = count * mk_size(dtypes[reg]);
    s->bases[OPERANDS + i] = malloc(bytes + 1);
    s->expected[i] = malloc(bytes + 1);
    memcpy(s->expected[i], content[reg], bytes);
  }
  for (int r = 0; r < REGISTERS; r++) free(content[r]);
}

// Joins runs of steps to chains, at random: values are taken from the hand, a slot or a register, and
// are put wherever somebody may look for them.
static void link_steps(sample* s) {
  int made = 0, count = s->program.step_count;
  mk_link* link = s->links;
  for (int i = 0; i < count;) {
    int end = i;
    while (end < count && end - i < 6 && s->codes[end] != MK_OPERATION_COUNT) end++;
    if (end == i) {
      s->steps[made++] = s->steps[i++];
      continue;
    }
    int slot_of[REGISTERS], holder[SLOTS], held = -1;
    for (int r = 0; r < REGISTERS; r++) slot_of[r] = -1;
    for (int k = 0; k < SLOTS; k++) holder[k] = -1;
    mk_step chain = {.links = link, .slot_count = SLOTS};
    for (; i < end; i++) {
      const mk_step step = s->steps[i];
      const int form = s->binary[i] && held == step.b && below(4) ? MK_SECOND : MK_FIRST;
#define PLACE(r) (uint16_t)(slot_of[r] >= 0 && below(2) ? MK_SLOT + slot_of[r] : (r))
      if (form == MK_FIRST && (held != step.a || below(4) == 0)) *link++ = (mk_link){MK_TAKE, PLACE(step.a)};
      *link++ = (mk_link){mk_link_code(s->codes[i], form), PLACE(form == MK_FIRST ? step.b : step.a)};
#undef PLACE
      held = step.y;
      if (slot_of[step.y] >= 0) holder[slot_of[step.y]] = -1;
      slot_of[step.y] = -1;
      int slot = below(2 * SLOTS);
      if (slot < SLOTS) {
        if (holder[slot] >= 0) slot_of[holder[slot]] = -1;
        holder[slot] = step.y, slot_of[step.y] = slot;
        *link++ = (mk_link){MK_PUT, (uint16_t)(MK_SLOT + slot)};
      }
      *link++ = (mk_link){MK_PUT, step.y};
    }
    *link++ = (mk_link){MK_END, 0};
    chain.link_count = (uint32_t)(link - chain.links);
    s->steps[made++] = chain;
  }
  s->program.step_count = (uint16_t)made;
}

static void discard(sample* s) {
  for (int i = 0; i < OPERANDS + RESULTS; i++) free(s->bases[i]);
  for (int i = 0; i < RESULTS; i++) free(s->expected[i]);
}

// Which NaN a float32 is is not promised.
static int differs(const void* y, const void* expected, size_t bytes, mk_dtype dtype) {
  if (dtype != MK_F32) return memcmp(y, expected, bytes) != 0;
  const float *p = y, *q = expected;
  for (size_t i = 0; i < bytes / sizeof(float); i++)
    if (memcmp(p + i, q + i, sizeof(float)) && (p[i] == p[i] || q[i] == q[i])) return 1;
  return 0;
}

static void compare(sample* s, const char* what, int seed) {
  for (int i = 0; i < s->program.result_count; i++) {
    size_t bytes = s->program.count * mk_size(s->results[i].dtype);
    if (differs(s->bases[OPERANDS + i], s->expected[i], bytes, s->results[i].dtype) && failures++ < 20)
      fprintf(stderr, "program %d, result %d: %s differs\n", seed, i, what);
    memset(s->bases[OPERANDS + i], 0x55, bytes);
  }
}

static void check_sample(int seed) {
  sample s;
  state = (uint64_t)seed;
  make(&s);
  if (seed % 4) link_steps(&s);
  size_t bytes = (mk_program_scratch(&s.program) + 63) / 64 * 64;
  void* scratch = aligned_alloc(64, bytes);
  static const uint32_t parts[] = {1, 2, 3, 7};
  for (int k = 0; k < 4; k++) {
    for (uint32_t part = parts[k]; part-- > 0;) {
      memset(scratch, 0xaa, bytes);
      mk_elementwise(&s.program, &(mk_context){s.bases, scratch, part, parts[k]});
    }
    compare(&s, "mk_elementwise", seed);
  }
  for (uint64_t start = 0; start < s.program.count;) {
    uint64_t piece = next() % 5 ? next() % 90 : next() % 3000;
    if (piece > s.program.count - start) piece = s.program.count - start;
    mk_program_run(&s.program, s.bases, start, piece, scratch);
    start += piece;
  }
  compare(&s, "mk_program_run in pieces", seed);
  mk_program block = s.program;
  block.result_count = 1;
  mk_result result = s.results[0];
  result.direct = 0;
  block.results = &result;
  size_t width = mk_size(result.dtype);
  for (int k = 0; k < 20 && block.count; k++) {
    uint64_t start = next() % block.count, count = next() % (MK_BLOCK + 1);
    if (count > block.count - start) count = block.count - start;
    const void* y = mk_program_block(&block, s.bases, start, count, scratch);
    if (differs(y, s.expected[0] + start * width, count * width, result.dtype) && failures++ < 20)
      fprintf(stderr, "program %d: mk_program_block differs\n", seed);
  }
  free(scratch);
  discard(&s);
}

// y = (y + x) * 2 where y is both read and written, directly.
static void check_in_place(void) {
  enum { COUNT = 5000 };
  static float y[COUNT], x[COUNT], two = 2;
  void* bases[] = {y, x, &two};
  mk_operand operands[] = {{.ref = {0, 0}, .reg = 0}, {.ref = {0, 1}, .reg = 1}, {.ref = {0, 2}, .reg = 2, .kind = MK_SCALAR}};
  mk_step steps[] = {{.run = mk_block(mk_isa(), MK_ADD, MK_F32), .y = 3, .a = 0, .b = 1},
                     {.run = mk_block(mk_isa(), MK_MULTIPLY, MK_F32), .y = 3, .a = 3, .b = 2}};
  mk_result results[] = {{{0, 0}, 3, MK_F32, 1}};
  mk_program program = {.count = COUNT, .size = {COUNT}, .rank = 1, .register_count = 4, .register_bytes = MK_BLOCK * 4,
                        .operand_count = 3, .step_count = 2, .result_count = 1, .operands = operands, .steps = steps,
                        .results = results};
  void* scratch = aligned_alloc(64, (mk_program_scratch(&program) + 63) / 64 * 64);
  for (int i = 0; i < COUNT; i++) y[i] = (float)i, x[i] = (float)(i % 7);
  mk_elementwise(&program, &(mk_context){bases, scratch, 0, 1});
  for (int i = 0; i < COUNT; i++)
    if (y[i] != (float)((i + i % 7) * 2) && failures++ < 20) fprintf(stderr, "in place: element %d is wrong\n", i);
  free(scratch);
}

// A mask that is drawn where it is used, against the mask that mk_random writes.
static void check_drawn(size_t rows, size_t columns) {
  size_t count = rows * columns;
  float p = 0.3f, one = 1, zero = 0;
  uint64_t key[] = {0x123456789, columns};
  float* bias = calloc(columns + 1, 4);
  for (size_t i = 0; i < columns; i++) bias[i] = (float)i + 1;
  uint8_t *mask = malloc(count + 1), *written = malloc(count + 1);
  float* y = malloc(4 * count + 4);
  void* bases[] = {key, &p, &one, &zero, bias, written, y, mask};
  mk_random_args plain = {{0, 7}, {0, 0}, {0, 1}, count, MK_BERNOULLI, MK_BOOL};
  mk_random(&plain, &(mk_context){bases, 0, 0, 1});
  mk_operand operands[] = {
      {.ref = {0, 0}, .reg = 0, .dtype = MK_BOOL, .kind = MK_DRAWN, .parameter = {0, 1}},
      {.ref = {0, 4}, .stride = {0, 1}, .reg = 1, .dtype = MK_F32, .kind = MK_STRIDED},
      {.ref = {0, 3}, .reg = 2, .dtype = MK_F32, .kind = MK_SCALAR},
  };
  mk_step step = {mk_block(mk_isa(), MK_SELECT, MK_F32), 3, 0, 1, 2};
  mk_result results[] = {{{0, 5}, 0, MK_BOOL, 1}, {{0, 6}, 3, MK_F32, 1}};
  mk_program program = {.count = count, .size = {(int64_t)rows, (int64_t)columns}, .rank = 2, .register_count = 4,
                        .register_bytes = MK_BLOCK * 4, .operand_count = 3, .step_count = 1, .result_count = 2,
                        .operands = operands, .steps = &step, .results = results};
  void* scratch = aligned_alloc(64, (mk_program_scratch(&program) + 63) / 64 * 64);
  static const uint32_t parts[] = {1, 2, 3, 7};
  for (int k = 0; k < 5; k++) {
    memset(written, 2, count);
    memset(y, 0x55, 4 * count);
    if (k < 4) {
      for (uint32_t part = 0; part < parts[k]; part++)
        mk_elementwise(&program, &(mk_context){bases, scratch, part, parts[k]});
    } else {
      for (size_t start = 0, piece; start < count; start += piece) {
        piece = 1 + next() % 700;
        if (piece > count - start) piece = count - start;
        mk_program_run(&program, bases, start, piece, scratch);
      }
    }
    for (size_t i = 0; i < count; i++)
      if ((written[i] != mask[i] || y[i] != (mask[i] ? bias[i % columns] : 0)) && failures++ < 20)
        fprintf(stderr, "drawn [%zu, %zu]: element %zu is wrong\n", rows, columns, i);
  }
  free(bias), free(mask), free(written), free(y), free(scratch);
}

int check_program(void) {
  failures = 0;
  for (int seed = 0; seed < 4000; seed++) check_sample(seed);
  check_in_place();
  for (size_t columns = 0; columns < 68; columns++) check_drawn(37, columns);
  check_drawn(3, 2500), check_drawn(130, 128);
  return failures;
}
