// Checks of the kernels against plain loops. Each returns how many comparisons failed, after saying
// which on standard error. They run inside `swift test`, and alone under an emulator.
#ifndef CKERNEL_CHECKS_H
#define CKERNEL_CHECKS_H

#define CHECKS(X) \
  X(replay) \
  X(elementwise) \
  X(gemm) \
  X(conv) \
  X(winograd) \
  X(program) \
  X(reduce) \
  X(move) \
  X(pool) \
  X(warp) \
  X(rows) \
  X(recurrent) \
  X(random)

#define X(name) int check_##name(void);
CHECKS(X)
#undef X

typedef struct { const char* name; int (*run)(void); } kernel_check;
int kernel_check_count(void);
kernel_check kernel_check_at(int index);

#endif
