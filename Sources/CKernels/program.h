// A program tied to its buffers, so that a caller with many pieces pays for the tie once.
#ifndef MK_PROGRAM_H
#define MK_PROGRAM_H

#include "mk_elementwise.h"

// Opaque; lies at the start of the scratch it was made in.
typedef struct mk_binding mk_binding;

// `scratch` is 64-byte aligned, of mk_program_scratch bytes; the binding lives as long as it does.
mk_binding* mk_bind(const mk_program* program, void* const* bases, void* scratch);

// Says that operands of MK_HANDED_BASE lie at `origin`, element 0 of the iteration space, from now on.
void mk_bound_hand(mk_binding* binding, const void* origin);

// As mk_program_run and mk_program_block.
void mk_bound_run(mk_binding* binding, size_t start, size_t count);
const void* mk_bound_block(mk_binding* binding, size_t start, size_t count);

// Computes a block, `count` <= MK_BLOCK: at[k] is where result k lies for k < values; results from
// there on go to their memory.
void mk_bound_values(mk_binding* binding, size_t start, size_t count, size_t values, const void** at);

// Where the program's one result lies in memory as it is, dense, with no step to run; else null.
const void* mk_bound_memory(const mk_binding* binding);

#endif
