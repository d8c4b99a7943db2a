#include "mk_memory.h"

#include <stdatomic.h>
#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

static _Atomic uint64_t live_blocks, live_bytes;

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

void* mk_allocate(size_t bytes) {
  void* memory = NULL;
  size_t alignment = bytes >= 2 * (size_t)HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
  if (posix_memalign(&memory, alignment, bytes ? bytes : 1)) return NULL;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (alignment == HUGE_PAGE) madvise(memory, bytes & ~((size_t)HUGE_PAGE - 1), MADV_HUGEPAGE);
#endif
  atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&live_bytes, bytes, memory_order_relaxed);
  return memory;
}

void mk_free(void* memory, size_t bytes) {
  if (!memory) return;
  atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(&live_bytes, bytes, memory_order_relaxed);
  free(memory);
}

uint64_t mk_live_blocks(void) { return atomic_load_explicit(&live_blocks, memory_order_relaxed); }
uint64_t mk_live_bytes(void) { return atomic_load_explicit(&live_bytes, memory_order_relaxed); }

uint64_t mk_next_serial(void) {
  static _Atomic uint64_t serial;
  return atomic_fetch_add_explicit(&serial, 1, memory_order_relaxed) + 1;
}
