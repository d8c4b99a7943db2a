// What every kernel call is made of: element types, references into buffers, a call, its replay.
#ifndef MK_CALL_H
#define MK_CALL_H

#include <stddef.h>
#include <stdint.h>

// Element types. bool is one byte, 0 or 1.
typedef uint8_t mk_dtype;
enum { MK_F32 = 0, MK_F64 = 1, MK_I32 = 2, MK_I64 = 3, MK_U8 = 4, MK_BOOL = 5, MK_DTYPES = 6 };

static inline __attribute__((unused)) size_t mk_size(mk_dtype dtype) {
  static const uint8_t bytes[MK_DTYPES] = {4, 8, 4, 8, 1, 1};
  return bytes[dtype];
}

// The largest rank of any view a kernel sees.
enum { MK_RANK = 8 };

// A place in one of the buffers that a plan is replayed over: the arena, an input, an output.
// A plan holds references only, so one plan can be replayed over many sets of buffers at once.
typedef struct {
  uint64_t offset;  // in bytes
  uint32_t base;    // index into the table of buffers
} mk_ref;

// What a kernel is handed when it runs.
//
// A call is divided into `parts`, a number that may depend on the threads at hand. Parts run in any
// order, on any thread, all on one if need be: a kernel never waits for another part, and the bits
// it writes never depend on `parts`. What needs two phases is two calls with a workspace between.
typedef struct {
  void* const* bases;
  void* scratch;       // this thread's own, 64-byte aligned, at least what the plan asked for
  uint32_t part;       // 0 ..< parts
  uint32_t parts;
} mk_context;

static inline __attribute__((unused)) void* mk_at(const mk_context* context, mk_ref ref) {
  return (char*)context->bases[ref.base] + ref.offset;
}

// The share of `count` units that belongs to `part`: contiguous, balanced, in order.
static inline __attribute__((unused)) void mk_share(size_t count, uint32_t part, uint32_t parts, size_t* begin, size_t* end) {
  size_t each = count / parts, more = count % parts;
  *begin = part * each + (part < more ? part : more);
  *end = *begin + each + (part < more ? 1 : 0);
}

typedef void (*mk_run)(const void* args, const mk_context* context);

// One entry of a plan: a kernel, its arguments (owned by the plan, never written), its division.
typedef struct {
  mk_run run;
  const void* args;
  uint32_t parts;
} mk_call;

#endif
