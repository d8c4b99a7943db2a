// Conversions between element types: y[i] = (to)a[i], y [count], a [count].

// The cast is evaluated only where it has a meaning; `low` and `high` are exact in the float type,
// `over` is the first value above the integer type.
#define SATURATED(integer, low, over, high) \
  (u != u ? 0 : u <= (low) ? (integer)(low) : u >= (over) ? (high) : (integer)u)

#define CAST_LOOP(from, From, to, To, local, expression)                                      \
  static void MK_NAME(cast_##from##_##to)(void* y, const void* a, const void* b, const void* c, \
                                          size_t count) {                                     \
    (void)b, (void)c;                                                                         \
    const From* p = a;                                                                        \
    To* z = y;                                                                                \
    MK_VECTOR_LOOP for (size_t i = 0; i < count; i++) {                                       \
      local u = p[i];                                                                         \
      z[i] = expression;                                                                      \
    }                                                                                         \
  }

#define CASTS_OF_FLOAT(from, From, local)                                                     \
  CAST_LOOP(from, From, F32, mk_f32, local, (float)u)                                         \
  CAST_LOOP(from, From, F64, mk_f64, local, (double)u)                                        \
  CAST_LOOP(from, From, I32, mk_i32, local, SATURATED(int32_t, -2147483648.0f, 2147483648.0f, INT32_MAX)) \
  CAST_LOOP(from, From, I64, mk_i64, local,                                                   \
            SATURATED(int64_t, -9223372036854775808.0f, 9223372036854775808.0f, INT64_MAX))   \
  CAST_LOOP(from, From, U8, mk_u8, local, SATURATED(uint8_t, 0.0f, 255.0f, 255))              \
  CAST_LOOP(from, From, BOOL, mk_bool, local, u != 0)

// Between integers the low bits are kept.
#define CASTS_OF_INTEGER(from, From, local)                                                   \
  CAST_LOOP(from, From, F32, mk_f32, local, (float)u)                                         \
  CAST_LOOP(from, From, F64, mk_f64, local, (double)u)                                        \
  CAST_LOOP(from, From, I32, mk_i32, local, (int32_t)u)                                       \
  CAST_LOOP(from, From, I64, mk_i64, local, (int64_t)u)                                       \
  CAST_LOOP(from, From, U8, mk_u8, local, (uint8_t)u)                                         \
  CAST_LOOP(from, From, BOOL, mk_bool, local, u != 0)

CASTS_OF_FLOAT(F32, mk_f32, float)
CASTS_OF_FLOAT(F64, mk_f64, double)
CASTS_OF_INTEGER(I32, mk_i32, int32_t)
CASTS_OF_INTEGER(I64, mk_i64, int64_t)
CASTS_OF_INTEGER(U8, mk_u8, uint8_t)
CASTS_OF_INTEGER(BOOL, mk_bool, uint8_t)

#define CASTS_FROM(from)                                                                      \
  [MK_##from] = {[MK_F32] = MK_NAME(cast_##from##_F32),  [MK_F64] = MK_NAME(cast_##from##_F64), \
                 [MK_I32] = MK_NAME(cast_##from##_I32),  [MK_I64] = MK_NAME(cast_##from##_I64), \
                 [MK_U8] = MK_NAME(cast_##from##_U8),    [MK_BOOL] = MK_NAME(cast_##from##_BOOL)},

static const mk_block_function MK_NAME(casts)[MK_DTYPES][MK_DTYPES] = {
    CASTS_FROM(F32) CASTS_FROM(F64) CASTS_FROM(I32) CASTS_FROM(I64) CASTS_FROM(U8) CASTS_FROM(BOOL)
};

#undef SATURATED
#undef CAST_LOOP
#undef CASTS_OF_FLOAT
#undef CASTS_OF_INTEGER
#undef CASTS_FROM
