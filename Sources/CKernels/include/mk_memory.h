// Memory of tensors and arenas: aligned, counted.
#ifndef MK_MEMORY_H
#define MK_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// `bytes` of memory, 64-byte aligned, not cleared; null when there is none. Large blocks ask the
// system for huge pages.
void* mk_allocate(size_t bytes);
void mk_free(void* memory, size_t bytes);

// How many blocks and bytes of mk_allocate are alive: what tests of memory growth compare.
uint64_t mk_live_blocks(void);
uint64_t mk_live_bytes(void);

// 1, 2, 3, … over all threads: the order in which operations are recorded.
uint64_t mk_next_serial(void);

#endif
