#include "elements.h"
#include "mk_elementwise.h"

// Floats are worked out in float64: an index above 2^24 is no float32. Integers wrap.
#define RAMP(t, wide)                                                        \
  {                                                                          \
    wide start = (wide) * (const t*)first, step = (wide) * (const t*)second; \
    t* z = y;                                                                \
    for (size_t i = begin; i < end; i++) z[i] = (t)(start + (wide)i * step); \
    break;                                                                   \
  }

void mk_iota(const void* args, const mk_context* context) {
  const mk_iota_args* a = args;
  void* y = mk_at(context, a->y);
  const void *first = mk_at(context, a->start), *second = mk_at(context, a->step);
  size_t begin, end;
  mk_share(a->count, context->part, context->parts, &begin, &end);
  switch (a->dtype) {
    case MK_F32: RAMP(mk_f32, double)
    case MK_F64: RAMP(mk_f64, double)
    case MK_I32: RAMP(mk_i32, uint32_t)
    case MK_I64: RAMP(mk_i64, uint64_t)
    case MK_U8: RAMP(mk_u8, uint8_t)
    default: break;
  }
}
