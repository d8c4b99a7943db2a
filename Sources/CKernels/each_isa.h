// Compiles one source several times, once per instruction set, in one translation unit.
//
//     #define MK_SOURCE "gemm_loops.h"        the loops, written over the names below
//     #include "each_isa.h"
//
// Inside, MK_NAME(tanh_f32) is tanh_f32_avx512 and so on; MK_LEVEL is the level; MK_BYTES the width
// of a vector register in bytes; MK_HAS_FMA says whether the set has fused multiply-add.
// No compiler flag is needed, so nothing of a higher set leaks into code that runs on any machine.

#ifndef MK_SOURCE
#error "define MK_SOURCE before including each_isa.h"
#endif

#define MK_PASTE_(a, b) a##_##b
#define MK_PASTE(a, b) MK_PASTE_(a, b)
#define MK_NAME(name) MK_PASTE(name, MK_SUFFIX)

// The level every machine of the architecture has.
#define MK_SUFFIX base
#define MK_LEVEL 0
#define MK_BYTES 16
#if defined(__aarch64__)
#define MK_HAS_FMA 1
#else
#define MK_HAS_FMA 0
#endif
#include MK_SOURCE
#undef MK_SUFFIX
#undef MK_LEVEL
#undef MK_BYTES
#undef MK_HAS_FMA

#if defined(__x86_64__)

#define MK_SUFFIX avx2
#define MK_LEVEL 1
#define MK_BYTES 32
#define MK_HAS_FMA 1
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#include MK_SOURCE
#pragma clang attribute pop
#undef MK_SUFFIX
#undef MK_LEVEL
#undef MK_BYTES
#undef MK_HAS_FMA

#define MK_SUFFIX avx512
#define MK_LEVEL 2
#define MK_BYTES 64
#define MK_HAS_FMA 1
#pragma clang attribute push(                                                                    \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#include MK_SOURCE
#pragma clang attribute pop
#undef MK_SUFFIX
#undef MK_LEVEL
#undef MK_BYTES
#undef MK_HAS_FMA

#endif
#undef MK_SOURCE
