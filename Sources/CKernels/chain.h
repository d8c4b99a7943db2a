// Chains tied to their memory.
#ifndef MK_CHAIN_H
#define MK_CHAIN_H

#include "mk_elementwise.h"

enum {
  MK_STRIP_VECTORS = 8,              // in hand at a time
  MK_STRIP = 16 * MK_STRIP_VECTORS,  // elements, where vectors are widest
};

// Added to a link's code: the operand is one element, the same for all.
enum { MK_ONE_ELEMENT = 2 };

// A link and the operand it reads or writes: element 0 of the iteration space lies at `memory` if
// `moves` is all ones; one strip serves all elements if it is 0.
typedef struct {
  char* memory;
  size_t moves;
  uint16_t code, reg;
  uint8_t is_bound;  // `memory` stays what it is
} mk_bound_link;

// Runs links, the last of which is MK_END, on elements start ..< start + count.
typedef void (*mk_chain_function)(const mk_bound_link* links, size_t start, size_t count);
mk_chain_function mk_chain(mk_isa_level level);

#endif
