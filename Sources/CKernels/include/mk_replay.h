// Threads, and the loop that runs a plan.
#ifndef MK_REPLAY_H
#define MK_REPLAY_H

#include "mk_call.h"

// Threads that plans are made for where nobody says otherwise: the caller's and workers. At first the
// smaller of the affinity mask and what MARTLET_THREADS says; at least 1, at most MK_MOST_THREADS.
enum { MK_MOST_THREADS = 64 };
uint32_t mk_threads(void);
void mk_set_threads(uint32_t count);

// Processors that the threads may run on: the affinity mask, or on Apple the performance cores. No
// more threads than these ever run a call, however many parts it has. A test may pretend that there
// are more; 0 returns to the truth.
void mk_assume_processors(uint32_t count);

// Runs calls in order, each with all its parts, over the buffers `bases`, on at most `threads`
// threads. Every thread has at least `scratch` bytes of its own. If another replay holds the workers, this one runs on its caller's
// thread alone, with the same bits. `nanoseconds`, if not null, receives the time of each call.
void mk_replay(const mk_call* calls, size_t count, void* const* bases, size_t scratch,
               uint32_t threads, uint64_t* nanoseconds);

// A monotonic clock, in nanoseconds.
uint64_t mk_clock(void);

#endif
