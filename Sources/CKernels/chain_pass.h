// One way through a chain's links: part of chain_loops.h. PASS is the function's name, VECTORS how
// many vectors are in hand; `valid` < MK_LANES, elements of a last vector, goes with one vector only.
//
// Each link jumps to the next by an indirect jump of its own: what follows what is then foreseen.

// For each vector j in hand. Written out: a loop beside computed jumps is not unrolled.
#define AT(number, ...) \
  {                     \
    enum { j = number };\
    __VA_ARGS__;        \
  }
#define ONE(...) AT(0, __VA_ARGS__)
#define EIGHT(...)                                                              \
  AT(0, __VA_ARGS__) AT(1, __VA_ARGS__) AT(2, __VA_ARGS__) AT(3, __VA_ARGS__)   \
  AT(4, __VA_ARGS__) AT(5, __VA_ARGS__) AT(6, __VA_ARGS__) AT(7, __VA_ARGS__)
#define READ(j)                                               \
  (VECTORS == 1 && valid < MK_LANES ? V(load_some)(p, valid)  \
                                    : V(load_ahead)(p + (j) * MK_BYTES))
#define SPREAD ((Floats)(*(const float*)p))
#define NEXT                                \
  link++;                                   \
  p = link->memory + (at & link->moves);    \
  goto* labels[link->code];

#define UNARY_LABEL(name, expression)                  \
  [MK_LINK(MK_##name, MK_FIRST)] = &&first_##name,     \
  [MK_LINK(MK_##name, MK_FIRST + MK_ONE_ELEMENT)] = &&first_##name,
#define BINARY_LABEL(name, expression)                                      \
  [MK_LINK(MK_##name, MK_FIRST)] = &&first_##name,                          \
  [MK_LINK(MK_##name, MK_SECOND)] = &&second_##name,                        \
  [MK_LINK(MK_##name, MK_FIRST + MK_ONE_ELEMENT)] = &&first_one_##name,     \
  [MK_LINK(MK_##name, MK_SECOND + MK_ONE_ELEMENT)] = &&second_one_##name,

#define LINK(label, first, second, expression)                                    \
  label : EACH(Floats u = first; Floats v = second; (void)v; held[j] = expression) \
  NEXT
#define UNARY_LINK(name, expression) LINK(first_##name, held[j], u, expression)
#define BINARY_LINK(name, expression)                     \
  LINK(first_##name, held[j], READ(j), expression)        \
  LINK(second_##name, READ(j), held[j], expression)       \
  LINK(first_one_##name, held[j], SPREAD, expression)     \
  LINK(second_one_##name, SPREAD, held[j], expression)

// Functions of many instructions are called, on vectors in memory.
#define CALL(label, name, read, first, second)                          \
  label : EACH(other[j] = read; spilled[j] = held[j])                   \
  V(name##_F32)(spilled, first, second, 0, (size_t)VECTORS * MK_LANES); \
  EACH(held[j] = spilled[j])                                            \
  NEXT
#define UNARY_CALL(name, expression) CALL(first_##name, name, held[j], spilled, 0)
#define BINARY_CALL(name, expression)                       \
  CALL(first_##name, name, READ(j), spilled, other)         \
  CALL(second_##name, name, READ(j), other, spilled)        \
  CALL(first_one_##name, name, SPREAD, spilled, other)      \
  CALL(second_one_##name, name, SPREAD, other, spilled)

static void PASS(const mk_bound_link* links, size_t at, size_t end_at, size_t valid) {
  static const void* const labels[MK_LINK(MK_OPERATION_COUNT, MK_FIRST)] = {
      [MK_END] = &&end,
      [MK_TAKE] = &&take,
      [MK_TAKE + MK_ONE_ELEMENT] = &&take_one,
      [MK_PUT] = &&put,
      MK_SHORT_BINARY(BINARY_LABEL) MK_SHORT_UNARY(UNARY_LABEL)
      MK_LONG_BINARY(BINARY_LABEL) MK_LONG_UNARY(UNARY_LABEL)
  };
  Floats held[VECTORS], spilled[VECTORS], other[VECTORS];
  EACH(held[j] = 0)
  const mk_bound_link* link = links - 1;
  char* p;
  (void)valid;
  NEXT
take:
  EACH(held[j] = READ(j))
  NEXT
take_one:
  EACH(held[j] = SPREAD)
  NEXT
put:
  if (VECTORS == 1 && valid < MK_LANES) V(store_some)(p, held[0], valid);
  else EACH(V(store)(p + j * MK_BYTES, held[j]))
  NEXT
  MK_SHORT_BINARY(BINARY_LINK)
  MK_SHORT_UNARY(UNARY_LINK)
  MK_LONG_BINARY(BINARY_CALL)
  MK_LONG_UNARY(UNARY_CALL)
end:
  at += VECTORS * MK_BYTES;
  if (at < end_at) {
    link = links - 1;
    NEXT
  }
}

#undef AT
#undef ONE
#undef EIGHT
#undef READ
#undef SPREAD
#undef NEXT
#undef UNARY_LABEL
#undef BINARY_LABEL
#undef LINK
#undef UNARY_LINK
#undef BINARY_LINK
#undef CALL
#undef UNARY_CALL
#undef BINARY_CALL
