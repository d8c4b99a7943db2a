// Elementwise programs: straight-line code over cache-sized blocks, so that a chain of any length
// reads its inputs once and writes its results once.
#ifndef MK_ELEMENTWISE_H
#define MK_ELEMENTWISE_H

#include "mk_call.h"
#include "mk_isa.h"

// Elements in one block. A register holds one block: MK_BLOCK * 8 bytes at most.
enum { MK_BLOCK = 1024 };

// The operations. Unary ones read a; binary a and b; SELECT reads a (bool), b and c.
// Floating results follow IEEE 754: NaN in, NaN out (MINIMUM and MAXIMUM too), which NaN is not
// promised; ROUND is half to even; SIGN(±0) = ±0, SIGN(NaN) = NaN; RELU(NaN) = NaN. FLOOR_DIVIDE and
// REMAINDER round towards minus infinity as NumPy's; for integers a zero divisor gives 0. Integer
// arithmetic wraps. Comparisons and IS_* give bool. RELU_GRADIENT(a = dy, b = y) is dy where y > 0,
// else 0, and NaN where y is NaN. ERF and GELU are to 4 ulp, EXP, LOG and SQRT to 2, as documented
// beside each.
#define MK_OPERATIONS(X)                                                                        \
  /* binary arithmetic: every type but bool */                                                  \
  X(ADD) X(SUBTRACT) X(MULTIPLY) X(MINIMUM) X(MAXIMUM) X(FLOOR_DIVIDE) X(REMAINDER)             \
  /* binary, floating only */                                                                   \
  X(DIVIDE) X(POW) X(ATAN2)                                                                     \
  /* comparisons: every type to bool */                                                         \
  X(EQUAL) X(NOT_EQUAL) X(LESS) X(LESS_EQUAL) X(GREATER) X(GREATER_EQUAL)                       \
  /* bool to bool */                                                                            \
  X(AND) X(OR) X(XOR) X(NOT)                                                                    \
  /* a ? b : c, of every type */                                                                \
  X(SELECT)                                                                                     \
  /* unary: every type but bool */                                                              \
  X(NEGATE) X(ABS) X(SIGN) X(SQUARE)                                                            \
  /* unary, floating only */                                                                    \
  X(SQRT) X(RSQRT) X(RECIPROCAL) X(EXP) X(EXPM1) X(LOG) X(LOG1P) X(LOG2) X(SIN) X(COS) X(TAN)   \
  X(ASIN) X(ACOS) X(ATAN) X(SINH) X(COSH) X(TANH) X(SIGMOID) X(SOFTPLUS) X(ERF) X(FLOOR)        \
  X(CEIL) X(ROUND) X(RELU) X(RELU_GRADIENT) X(GELU) X(GELU_TANH) X(SILU) X(MISH)                \
  /* unary, floating to bool */                                                                 \
  X(IS_NAN) X(IS_INF) X(IS_FINITE)                                                              \
  /* register copy, of every type */                                                            \
  X(COPY)

typedef uint16_t mk_operation;
enum {
#define X(name) MK_##name,
  MK_OPERATIONS(X)
#undef X
  MK_OPERATION_COUNT
};

// y[i] = f(a[i], b[i], c[i]) for i in 0 ..< count. y may be one of the inputs, exactly.
typedef void (*mk_block_function)(void* y, const void* a, const void* b, const void* c, size_t count);

// The loop of `operation` on inputs of type `dtype` (for SELECT: the type of b and c) at a level;
// null where the operation has no meaning for the type.
mk_block_function mk_block(mk_isa_level level, mk_operation operation, mk_dtype dtype);

// The loop that converts `from` to `to`. Float to integer truncates, saturates, and maps NaN to 0;
// anything to bool is "is not zero".
mk_block_function mk_cast(mk_isa_level level, mk_dtype from, mk_dtype to);

// The base of what a host hands to its epilogue out of its own scratch (mk_gemm_args.handed_bytes):
// its place in the table of buffers is null.
enum { MK_HANDED_BASE = 3 };

// Something a program reads, loaded into (or standing for) register `reg`.
enum {
  MK_DENSE = 0,    // element i of the iteration space is element i of memory
  MK_SCALAR = 1,   // one element, the same for all
  MK_STRIDED = 2,  // element (i0, i1, …) lies at sum of i_k * stride[k]; strides may be 0 or negative
  MK_DRAWN = 3     // no memory: element i (a bool) is what mk_random of MK_BERNOULLI would write there
};
typedef struct {
  mk_ref ref;               // of MK_DRAWN: the key
  int64_t stride[MK_RANK];  // in elements; of the program's axes (MK_STRIDED only)
  uint16_t reg;
  mk_dtype dtype;
  uint8_t kind;
  mk_ref parameter;         // of MK_DRAWN: the probability
} mk_operand;

// A link of a chain: float32 steps in a row that hand their value on in vector registers, a strip of
// elements at a time, so that it passes through memory only where something else reads it too.
// TAKE begins with a register's content, PUT writes the value in hand to a register; an operation
// has the value in hand as its first or as its second input, and reads the other from a register.
enum { MK_END, MK_TAKE, MK_PUT, MK_FIRST = 4, MK_SECOND };
#define MK_LINK(operation, form) (4 * (operation) + (form))
typedef struct {
  uint16_t code;  // MK_END, MK_TAKE, MK_PUT or MK_LINK(operation, MK_FIRST or MK_SECOND)
  uint16_t reg;   // or MK_SLOT + n: what only this chain reads, kept for one strip
} mk_link;
enum { MK_SLOT = 0x8000 };

// The code of an operation whose first or second input is in hand; 0 if there is no such link.
uint16_t mk_link_code(mk_operation operation, int form);

// A block function, or a chain of `link_count` links that ends with MK_END.
typedef struct {
  mk_block_function run;  // null for a chain
  uint16_t y, a, b, c;    // registers; those an operation does not read are 0
  const mk_link* links;
  uint32_t link_count, slot_count;
} mk_step;

// Something a program writes: register `reg` to element i of memory, dense.
// `direct` says that the register's last write may go straight to memory: no operand that shares
// the memory is read after it (an operand at the very same addresses may be read by that write).
typedef struct {
  mk_ref ref;
  uint16_t reg;
  mk_dtype dtype;
  uint8_t direct;
} mk_result;

// A straight-line program over an iteration space of `count` = product of size[] elements, in row
// major order. Registers are written before they are read; a register may be reused.
typedef struct {
  uint64_t count;
  int64_t size[MK_RANK];
  uint32_t rank;
  uint32_t register_count;
  uint32_t register_bytes;  // MK_BLOCK * the widest element of any register
  uint16_t operand_count, step_count, result_count;
  const mk_operand* operands;
  const mk_step* steps;
  const mk_result* results;
} mk_program;

// Scratch that one thread needs to run the program, in bytes.
size_t mk_program_scratch(const mk_program* program);

// Runs the program on elements start ..< start + count of its iteration space. This is what GEMM
// and convolution call on each finished piece of their output (the epilogue), and what a reduction
// calls on what it is about to sum. `scratch` is 64-byte aligned, of mk_program_scratch bytes.
void mk_program_run(const mk_program* program, void* const* bases, size_t start, size_t count,
                    void* scratch);

// The same, with result 0 left in memory at the address returned (either `scratch` or a buffer),
// `count` <= MK_BLOCK; the program's result_count is 1 and its result has no reference.
const void* mk_program_block(const mk_program* program, void* const* bases, size_t start,
                             size_t count, void* scratch);

// The kernel: args is a mk_program. Parts share the blocks.
void mk_elementwise(const void* args, const mk_context* context);

// y[i] = start + i * step, computed without accumulation. Any type but bool.
typedef struct {
  mk_ref y, start, step;  // one element each for start and step, of the type
  uint64_t count;
  mk_dtype dtype;
} mk_iota_args;
void mk_iota(const void* args, const mk_context* context);

#endif
