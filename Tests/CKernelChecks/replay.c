#include "CKernelChecks.h"
#include "mk_replay.h"

int check_replay(void) { return mk_threads() < 1; }
