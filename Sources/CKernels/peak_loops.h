// Independent chains of multiply-adds: more than latency times multipliers, fewer than registers.
#if MK_HAS_FMA
#define STEP(sum) __builtin_elementwise_fma(sum, a, b)
#else
#define STEP(sum) (sum * a + b)
#endif
#define CHAINS(type, name)                                                                     \
  static uint64_t MK_NAME(name)(uint64_t iterations) {                                         \
    typedef type vector __attribute__((ext_vector_type(MK_BYTES / sizeof(type))));             \
    enum { chains = 12 };                                                                      \
    volatile type factor = (type)0.999, term = (type)1e-3;                                     \
    vector sum[chains], a = factor, b = term;                                                  \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; i++) sum[i] = (type)i;      \
    for (uint64_t n = 0; n < iterations; n++) {                                                \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < chains; i++) sum[i] = STEP(sum[i]); \
    }                                                                                          \
    volatile type sink = 0;                                                                    \
    for (int i = 0; i < chains; i++) sink = sink + sum[i][0];                                  \
    return iterations * chains * 2 * (MK_BYTES / sizeof(type));                                \
  }
CHAINS(float, peak_f32)
CHAINS(double, peak_f64)
#undef CHAINS
#undef STEP
