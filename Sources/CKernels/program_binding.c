// Tying a program to its buffers: see program.c.
//
// Every register has a block of its own for what steps write, every operand that needs loading has
// another: what is loaded once is never overwritten.
#include <string.h>

#include "program_state.h"

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

// Merges axis k into k + 1 wherever all strided operands allow it, and drops those of size 1.
static void merge(mk_binding* binding) {
  const mk_program* program = binding->program;
  int strided = 0;
  for (int i = 0; i < program->operand_count; i++)
    strided |= program->operands[i].kind == MK_STRIDED;
  binding->rank = 0;
  binding->row = binding->block_rows = 0;
  if (!strided) return;

  int axes[MK_RANK], rank = 0;  // the last original axis of each merged one
  for (uint32_t k = 0; k < program->rank; k++) {
    if (program->size[k] == 1) continue;
    int joins = rank > 0;
    for (int i = 0; i < program->operand_count && joins; i++) {
      const mk_operand* operand = &program->operands[i];
      joins = operand->kind != MK_STRIDED ||
              operand->stride[axes[rank - 1]] == operand->stride[k] * program->size[k];
    }
    if (joins) {
      binding->size[rank - 1] *= program->size[k];
      axes[rank - 1] = (int)k;
    } else {
      binding->size[rank] = program->size[k];
      axes[rank++] = (int)k;
    }
  }
  if (rank == 0) {  // every size is 1
    binding->size[0] = 1;
    axes[0] = -1;
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
      state->stride[k] = axes[k] < 0 ? 0 : operand->stride[axes[k]] * state->bytes;
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
    mk_bound_tie_stream(binding);
  }
  return binding;
}
