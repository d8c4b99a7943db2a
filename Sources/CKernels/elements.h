// Element types as the kernels meet them in memory: at any address, over bytes of any origin.
#ifndef MK_ELEMENTS_H
#define MK_ELEMENTS_H

#include <stdint.h>

// Registers and arenas hold one type after another, and views may start anywhere.
#define MK_ANYWHERE __attribute__((aligned(1), may_alias))
typedef float mk_f32 MK_ANYWHERE;
typedef double mk_f64 MK_ANYWHERE;
typedef int32_t mk_i32 MK_ANYWHERE;
typedef int64_t mk_i64 MK_ANYWHERE;
typedef uint8_t mk_u8 MK_ANYWHERE;
typedef uint8_t mk_bool MK_ANYWHERE;

// Before a loop whose only overlap, if any, is y being one of the inputs.
#define MK_VECTOR_LOOP _Pragma("clang loop vectorize(assume_safety) interleave_count(2)")

#endif
