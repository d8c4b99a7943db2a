#include "CKernelChecks.h"

static const kernel_check checks[] = {
#define X(name) {#name, check_##name},
    CHECKS(X)
#undef X
};

int kernel_check_count(void) { return sizeof checks / sizeof *checks; }
kernel_check kernel_check_at(int index) { return checks[index]; }
