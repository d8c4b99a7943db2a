// Epilogues on rows whose lanes lie along images: the same steps as the block interpreter takes
// (program.c), on the same elements in another order, while they are in the nearest cache. Nothing
// is read twice or written before it is finished.
#include "conv_batch_epilogue.h"

#include <string.h>

struct mk_batch_epilogue {
  const mk_program* program;
  int64_t pixel, pixels;  // elements of a pixel; pixels in a block
  size_t size;            // bytes of an element
  char* spare;            // a block for a step that reads the register it writes
  char** blocks;          // [register_count], what a step may write
  const char** at;        // [register_count], where a register's content is
  const char** loaded;    // [operand_count], what stands for each operand; null for the rows
};

static size_t rounded(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

static size_t head_bytes(const mk_program* program) {
  return rounded(sizeof(mk_batch_epilogue) +
                 (2 * program->register_count + program->operand_count) * sizeof(char*));
}

static int is_same(mk_ref a, mk_ref b) { return a.base == b.base && a.offset == b.offset; }

int mk_batch_epilogue_serves(const mk_program* program, mk_ref rows, mk_dtype dtype,
                             int64_t channels, int64_t lanes) {
  if (program->result_count != 1 || program->step_count == 0 || program->rank == 0) return 0;
  const mk_result* result = &program->results[0];
  if (!is_same(result->ref, rows) || result->dtype != dtype ||
      program->steps[program->step_count - 1].y != result->reg)
    return 0;
  // Chains know no order but that of memory.
  for (int s = 0; s < program->step_count; s++)
    if (!program->steps[s].run) return 0;
  if (channels * lanes > MK_BLOCK || program->size[program->rank - 1] != channels) return 0;
  int reads = 0;
  for (int i = 0; i < program->operand_count; i++) {
    const mk_operand* operand = &program->operands[i];
    if (operand->dtype != dtype) return 0;
    if (operand->kind == MK_DENSE) {
      if (!is_same(operand->ref, rows) || reads++) return 0;
    } else if (operand->kind == MK_STRIDED) {
      for (uint32_t k = 0; k + 1 < program->rank; k++)
        if (operand->stride[k] != 0 && program->size[k] != 1) return 0;
    }
  }
  return reads == 1;
}

size_t mk_batch_epilogue_scratch(const mk_program* program) {
  return head_bytes(program) + (program->register_count + program->operand_count + 1u) *
                                   rounded(program->register_bytes);
}

mk_batch_epilogue* mk_batch_epilogue_bind(const mk_program* program, void* const* bases,
                                          mk_dtype dtype, int64_t channels, int64_t lanes,
                                          void* scratch) {
  mk_batch_epilogue* epilogue = scratch;
  const size_t size = mk_size(dtype), block_bytes = rounded(program->register_bytes);
  char* block = (char*)scratch + head_bytes(program);
  *epilogue = (mk_batch_epilogue){.program = program,
                                  .pixel = channels * lanes,
                                  .pixels = MK_BLOCK / (channels * lanes),
                                  .size = size,
                                  .spare = block,
                                  .blocks = (char**)(epilogue + 1)};
  epilogue->at = (const char**)(epilogue->blocks + program->register_count);
  epilogue->loaded = epilogue->at + program->register_count;
  for (uint32_t r = 0; r < program->register_count; r++)
    epilogue->at[r] = epilogue->blocks[r] = block += block_bytes;
  for (int i = 0; i < program->operand_count; i++) {
    const mk_operand* operand = &program->operands[i];
    epilogue->loaded[i] = NULL;
    if (operand->kind == MK_DENSE) continue;
    block += block_bytes;
    const char* from = (const char*)bases[operand->ref.base] + operand->ref.offset;
    const int64_t stride =
        operand->kind == MK_STRIDED ? operand->stride[program->rank - 1] * (int64_t)size : 0;
    char* to = block;
    for (int64_t pixel = 0; pixel < epilogue->pixels; pixel++)
      for (int64_t c = 0; c < channels; c++)
        for (int64_t lane = 0; lane < lanes; lane++, to += size)
          memcpy(to, from + c * stride, size);
    epilogue->loaded[i] = block;
  }
  return epilogue;
}

void mk_batch_epilogue_run(mk_batch_epilogue* epilogue, void* row, int64_t pixels) {
  const mk_program* program = epilogue->program;
  const char** at = epilogue->at;
  for (int64_t x = 0; x < pixels; x += epilogue->pixels) {
    const int64_t left = pixels - x, count = left < epilogue->pixels ? left : epilogue->pixels;
    char* here = (char*)row + (size_t)(x * epilogue->pixel) * epilogue->size;
    // A step may have written the register of an operand that is not read any more.
    for (int i = 0; i < program->operand_count; i++)
      at[program->operands[i].reg] = epilogue->loaded[i] ? epilogue->loaded[i] : here;
    for (int s = 0; s < program->step_count; s++) {
      const mk_step* step = &program->steps[s];
      const char *a = at[step->a], *b = at[step->b], *c = at[step->c];
      char* y = s + 1 == program->step_count ? here : epilogue->blocks[step->y];
      if (y != here && (y == a || y == b || y == c)) {
        // Elements of y and of what it reads may differ in width: never in place.
        epilogue->blocks[step->y] = epilogue->spare;
        epilogue->spare = y;
        y = epilogue->blocks[step->y];
      }
      step->run(y, a, b, c, (size_t)(count * epilogue->pixel));
      at[step->y] = y;
    }
  }
}
