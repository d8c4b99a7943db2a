// The instruction sets the loops are compiled for, one of which is chosen once at start.
#ifndef MK_ISA_H
#define MK_ISA_H

// In rising order. MK_BASE is SSE2 on x86-64 and NEON on arm64: what every such machine has.
typedef int mk_isa_level;
enum { MK_BASE = 0, MK_AVX2 = 1, MK_AVX512 = 2, MK_ISAS = 3 };

// The level in use: the highest the processor and the system support, or the lower one that the
// environment variable MARTLET_ISA names (sse2, avx2, avx512, neon). The same for a whole process.
mk_isa_level mk_isa(void);

// Its name, as MARTLET_ISA spells it.
const char* mk_isa_name(mk_isa_level level);

// Whether this machine can run `level`; a test uses it to reach every path it can.
int mk_isa_supported(mk_isa_level level);

#endif
