// The pool: every part runs once, calls run in order, each with scratch, whoever else replays.
#include "mk_replay.h"

#if defined(__linux__)
#include <dirent.h>
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernelChecks.h"

enum { MOST_PARTS = 67, CALLS = 40, SCRATCH = 5000 };

// Part p of call i adds what call i − 1 left in every part, and marks itself.
typedef struct {
  uint32_t call, parts_before;
  uint64_t expected_sum;
} step_args;

typedef struct {
  uint64_t marks[CALLS][MOST_PARTS];
  _Atomic uint32_t runs[CALLS][MOST_PARTS];
  _Atomic uint32_t faults;
} board;

static void step(const void* pointer, const mk_context* context) {
  const step_args* args = pointer;
  board* b = context->bases[0];
  atomic_fetch_add(&b->runs[args->call][context->part], 1);
  if ((uintptr_t)context->scratch % 64 || !context->scratch) atomic_fetch_add(&b->faults, 1);
  memset(context->scratch, (int)context->part, SCRATCH);
  uint64_t sum = 0;
  for (uint32_t p = 0; p < args->parts_before; p++) sum += b->marks[args->call - 1][p];
  if (sum != args->expected_sum) atomic_fetch_add(&b->faults, 1);
  for (size_t i = 0; i < SCRATCH; i++)  // nobody else wrote to it
    if (((unsigned char*)context->scratch)[i] != (unsigned char)context->part)
      atomic_fetch_add(&b->faults, 1);
  b->marks[args->call][context->part] = args->call * 1000 + context->part + 1;
}

static int replay_and_compare(uint32_t seed, int timed) {
  static const uint32_t divisions[] = {1, 2, 3, 7, 1, 1, 2, 64, 67, 4, 1, 0};
  board* b = calloc(1, sizeof *b);
  step_args args[CALLS];
  mk_call calls[CALLS];
  uint32_t before = 0;
  uint64_t sum = 0, nanoseconds[CALLS];
  for (uint32_t i = 0; i < CALLS; i++) {
    uint32_t parts = divisions[(i * 7 + seed) % (sizeof divisions / sizeof *divisions)];
    args[i] = (step_args){i, before, sum};
    calls[i] = (mk_call){step, &args[i], parts};
    before = parts ? parts : 1;  // an undivided call may say 0
    sum = 0;
    for (uint32_t p = 0; p < before; p++) sum += i * 1000 + p + 1;
  }
  void* bases[] = {b};
  memset(nanoseconds, 0xff, sizeof nanoseconds);
  mk_replay(calls, CALLS, bases, SCRATCH + seed % 3 * 4096, mk_threads(), timed ? nanoseconds : NULL);
  int failures = (int)b->faults;
  for (uint32_t i = 0; i < CALLS; i++) {
    for (uint32_t p = 0; p < MOST_PARTS; p++) {
      uint32_t parts = calls[i].parts ? calls[i].parts : 1;
      failures += b->runs[i][p] != (p < parts);
    }
    failures += timed && nanoseconds[i] > 10000000000u;
  }
  free(b);
  return failures;
}

static void* replay_often(void* pointer) {
  uintptr_t failures = 0;
  for (uint32_t i = 0; i < 30; i++)
    failures += (uintptr_t)replay_and_compare(i + (uint32_t)(uintptr_t)pointer, i & 1);
  return (void*)failures;
}

static int said(const char* what, int failures) {
  if (failures) fprintf(stderr, "replay: %d failures %s\n", failures, what);
  return failures;
}

static void count_part(const void* pointer, const mk_context* context) {
  (void)pointer;
  atomic_fetch_add((_Atomic uint64_t*)context->bases[0], context->part + (uint64_t)1);
}

// More parts than a job can say: the caller runs them all.
static int replay_very_many(void) {
  enum { PARTS = 70000 };
  _Atomic uint64_t sum = 0;
  mk_replay(&(mk_call){count_part, NULL, PARTS}, 1, (void*[]){&sum}, 0, mk_threads(), NULL);
  return sum != (uint64_t)PARTS * (PARTS + 1) / 2;
}

#if defined(__linux__)
static int threads_of_process(void) {
  int count = 0;
  DIR* tasks = opendir("/proc/self/task");
  while (tasks && readdir(tasks)) count++;
  if (tasks) closedir(tasks);
  return count;
}

// Undivided calls start no thread. (Elsewhere in the process threads may come and go: some luck.)
static int replay_undivided(void) {
  for (int attempt = 0; attempt < 5; attempt++) {
    int before = threads_of_process();
    _Atomic uint64_t sum = 0;
    mk_call calls[] = {{count_part, NULL, 1}, {count_part, NULL, 1}};
    mk_replay(calls, 2, (void*[]){&sum}, 64, mk_threads(), NULL);
    if (threads_of_process() <= before) return sum != 2;
  }
  return 1;
}
#endif

int check_replay(void) {
  uint32_t threads = mk_threads();
  int failures = said("in mk_threads", threads < 1 || threads > MK_MOST_THREADS);
  mk_set_threads(0);
  failures += said("with no thread", mk_threads() != 1);
  mk_set_threads(1000);
  failures += said("with a thousand threads", mk_threads() != MK_MOST_THREADS);
  mk_replay(NULL, 0, NULL, 0, 0, NULL);
  mk_set_threads(4);
#if defined(__linux__)
  failures += said("with undivided calls", replay_undivided());
#endif
  failures += said("with very many parts", replay_very_many());

  static const uint32_t counts[] = {1, 2, 4, 7, 3};
  for (int pretend = 0; pretend < 2; pretend++) {
    mk_assume_processors(pretend ? MK_MOST_THREADS : 0);  // more than there are: all are late often
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
      mk_set_threads(counts[i]);
      int failed = 0;
      for (uint32_t seed = 0; seed < 30; seed++) failed += replay_and_compare(seed, seed & 1);
      failures += said("alone", failed);
      pthread_t others[3];
      for (uintptr_t k = 0; k < 3; k++) pthread_create(&others[k], NULL, replay_often, (void*)k);
      failed = (int)(uintptr_t)replay_often((void*)5);
      for (int k = 0; k < 3; k++) {
        void* theirs;
        pthread_join(others[k], &theirs);
        failed += (int)(uintptr_t)theirs;
      }
      failures += said("in company", failed);
    }
  }
  mk_assume_processors(0);
  mk_set_threads(threads);
  return failures;
}
