// What a program is while it runs: its operands, steps and registers tied to memory.
#ifndef MK_PROGRAM_STATE_H
#define MK_PROGRAM_STATE_H

#include "chain.h"
#include "program.h"
#include "random.h"

// Rows this long or longer are read in place, piece by piece.
enum { LONG_ROW = 512 };

typedef struct {
  const char* origin;           // element 0
  char* block;                  // [MK_BLOCK]; null for a dense operand
  int64_t stride[MK_RANK];      // of the merged axes, in bytes
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

// Ties the one chain of a stream to where its operands lie, for all of the iteration space.
void mk_bound_tie_stream(mk_binding* binding);

#endif
