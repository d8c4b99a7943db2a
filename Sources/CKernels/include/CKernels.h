#ifndef CKERNELS_H
#define CKERNELS_H

#include "mk_isa.h"
#include "mk_call.h"
#include "mk_elementwise.h"
#include "mk_reduce.h"
#include "mk_gemm.h"
#include "mk_winograd.h"
#include "mk_move.h"
#include "mk_pool.h"
#include "mk_warp.h"
#include "mk_recurrent.h"
#include "mk_rows.h"
#include "mk_random.h"
#include "mk_memory.h"
#include "mk_replay.h"

#endif
