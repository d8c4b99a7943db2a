// The loop that runs a plan, and the threads it runs on.
//
// The caller leads: it walks the calls in order, runs the undivided ones itself, and publishes each
// divided one as a job. Thread t owns parts t, t + n, t + 2n, … of a job that n threads share, so
// that a part tends to find its data in the cache of the core that wrote it. Who is done with its own
// parts takes those of others: a worker that is late, asleep or descheduled delays nobody.
//
// A job is known by its epoch. Parts are claimed by compare-and-swap on their owner's `claimed`,
// whose value carries the epoch. Once a job is complete its owners' values say so, or say a later
// epoch: a worker that wakes up late, with an old job in hand, claims nothing. A claim that succeeds
// proves that the job was not yet complete, hence that what was read of it was not yet overwritten.
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "mk_replay.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

enum {
  LINE = 128,               // two cache lines: processors fetch them in pairs
  SPIN_NANOSECONDS = 50000, // how long an idle thread stays hot
  PAUSES = 16,              // between two looks at the clock
  YIELDS = 16,              // of a leader whose spin was in vain, before it sleeps
  STACK_BYTES = 512 << 10,
  COUNT_BITS = 16,          // of `claimed`; the rest is the epoch: years of a job a microsecond
  MOST_PARTS = 1 << COUNT_BITS,
  SHARER_BITS = 8,
  TAG_SHIFT = COUNT_BITS + SHARER_BITS,
};

uint64_t mk_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");  // `yield` is no pause at all on most cores
#endif
}

_Noreturn static void give_up(const char* what, size_t bytes) {
  fprintf(stderr, "martlet: %s of %zu bytes failed: out of memory\n", what, bytes);
  abort();
}

// MARK: Scratch

typedef struct {
  void* memory;
  size_t bytes;
} scratch_buffer;

static void* grown(scratch_buffer* buffer, size_t bytes) {
  if (__builtin_expect(bytes > buffer->bytes, 0)) {
    free(buffer->memory);
    size_t rounded = (bytes + 4095) & ~(size_t)4095;
    if (rounded < bytes || posix_memalign(&buffer->memory, 64, rounded))
      give_up("the scratch memory of a thread", bytes);
    buffer->bytes = rounded;
  }
  return buffer->memory;
}

// A thread that replays keeps its scratch until it ends; the key is there for its destructor.
static _Thread_local scratch_buffer* own_scratch;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void free_scratch(void* pointer) {
  scratch_buffer* buffer = pointer;
  own_scratch = NULL;  // a destructor that runs after this one may replay, and starts anew
  free(buffer->memory);
  free(buffer);
}

static void make_key(void) {
  if (pthread_key_create(&scratch_key, free_scratch)) give_up("a thread key", 1);
}

static void* caller_scratch(size_t bytes) {
  if (bytes == 0 && !own_scratch) return NULL;
  if (__builtin_expect(!own_scratch, 0)) {
    pthread_once(&scratch_once, make_key);
    scratch_buffer* buffer = calloc(1, sizeof *buffer);
    if (!buffer || pthread_setspecific(scratch_key, buffer)) give_up("a scratch record", sizeof *buffer);
    own_scratch = buffer;
  }
  return grown(own_scratch, bytes);
}

// MARK: The pool

typedef struct {
  _Alignas(LINE) _Atomic uint64_t claimed;  // epoch << COUNT_BITS | parts taken, by anyone
  _Alignas(LINE) _Atomic uint32_t asleep;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  scratch_buffer scratch;  // of a worker; thread 0 is whoever leads, with its own
  uint32_t index;
} member;

static struct {
  // What a job is. Rewritten between jobs while late workers may look: hence atomic, each of them.
  _Alignas(LINE) _Atomic uint64_t epoch;
  _Atomic mk_run run;
  const void* _Atomic args;
  void* const* _Atomic bases;
  _Atomic size_t scratch;
  _Atomic uint64_t division;  // the epoch's low bits, sharers, parts: all of the same job

  _Alignas(LINE) _Atomic uint32_t finished;  // parts run by others than the leader
  _Atomic uint32_t leader_asleep;
  pthread_mutex_t leader_mutex;
  pthread_cond_t leader_wake;

  _Alignas(LINE) _Atomic uint32_t held;  // by the replay that leads
  uint32_t started;                      // members that exist, thread 0 included; the holder's
  uint32_t refused;                      // no thread was to be had beyond `started`; the holder's
  member members[MK_MOST_THREADS];
} pool = {
    .leader_mutex = PTHREAD_MUTEX_INITIALIZER,
    .leader_wake = PTHREAD_COND_INITIALIZER,
    .started = 1,
};

// Takes one part of the job `epoch` from those that `owner` of `sharers` owns. Returns its number,
// or `parts` if none is left.
static inline uint32_t claim(uint32_t owner, uint64_t epoch, uint32_t sharers, uint32_t parts) {
  uint64_t seen = atomic_load_explicit(&pool.members[owner].claimed, memory_order_relaxed);
  for (;;) {
    uint64_t its_epoch = seen >> COUNT_BITS;
    if (its_epoch > epoch) return parts;
    uint64_t taken = its_epoch == epoch ? seen & (MOST_PARTS - 1) : 0;
    uint64_t part = owner + taken * sharers;
    if (part >= parts) return parts;
    uint64_t next = (epoch << COUNT_BITS) | (taken + 1);
    if (atomic_compare_exchange_weak_explicit(&pool.members[owner].claimed, &seen, next,
                                              memory_order_acq_rel, memory_order_relaxed))
      return (uint32_t)part;
  }
}

// Runs what thread `self` can get of a job; returns how many parts that was.
static uint32_t take_part(uint32_t self, uint64_t epoch, mk_run run, const void* args,
                          mk_context* context, uint32_t sharers) {
  uint32_t done = 0;
  for (uint32_t i = 0; i < sharers; i++) {
    uint32_t owner = self + i < sharers ? self + i : self + i - sharers;
    for (;;) {
      uint32_t part = claim(owner, epoch, sharers, context->parts);
      if (part >= context->parts) break;
      context->part = part;
      run(args, context);
      done++;
    }
  }
  return done;
}

static void rouse(member* who) {
  pthread_mutex_lock(&who->mutex);
  atomic_store(&who->asleep, 0);
  pthread_cond_signal(&who->wake);
  pthread_mutex_unlock(&who->mutex);
}

// Waits for an epoch other than `seen`: hot until `deadline`, asleep after it.
static uint64_t next_epoch(member* self, uint64_t seen, uint64_t* deadline) {
  for (;;) {
    for (int i = 0; i < PAUSES; i++) {
      uint64_t epoch = atomic_load_explicit(&pool.epoch, memory_order_acquire);
      if (epoch != seen) return epoch;
      pause_briefly();
    }
    if (mk_clock() < *deadline) continue;
    pthread_mutex_lock(&self->mutex);
    atomic_store(&self->asleep, 1);
    // The leader stores the epoch, then looks who sleeps; here it is the other way round.
    if (atomic_load(&pool.epoch) != seen) atomic_store(&self->asleep, 0);
    while (atomic_load(&self->asleep)) pthread_cond_wait(&self->wake, &self->mutex);
    pthread_mutex_unlock(&self->mutex);
    *deadline = mk_clock() + SPIN_NANOSECONDS;
  }
}

static void* work(void* pointer) {
  member* self = pointer;
#if defined(__APPLE__)
  pthread_setname_np("martlet");
#elif defined(__linux__)
  pthread_setname_np(pthread_self(), "martlet");
#endif
  uint64_t epoch = 0, deadline = mk_clock() + SPIN_NANOSECONDS;
  for (;;) {
    epoch = next_epoch(self, epoch, &deadline);
    uint64_t division = atomic_load_explicit(&pool.division, memory_order_relaxed);
    uint32_t parts = division & (MOST_PARTS - 1);
    uint32_t sharers = (division >> COUNT_BITS) & ((1u << SHARER_BITS) - 1);
    int is_later = (epoch << TAG_SHIFT ^ division) >> TAG_SHIFT != 0;
    if (is_later || self->index >= sharers) continue;
    mk_run run = atomic_load_explicit(&pool.run, memory_order_relaxed);
    const void* args = atomic_load_explicit(&pool.args, memory_order_relaxed);
    size_t scratch = atomic_load_explicit(&pool.scratch, memory_order_relaxed);
    mk_context context = {
        .bases = atomic_load_explicit(&pool.bases, memory_order_relaxed),
        .scratch = scratch ? grown(&self->scratch, scratch) : NULL,
        .parts = parts,
    };
    uint32_t done = take_part(self->index, epoch, run, args, &context, sharers);
    if (done == 0) continue;
    atomic_fetch_add(&pool.finished, done);
    if (atomic_load(&pool.leader_asleep)) {
      pthread_mutex_lock(&pool.leader_mutex);
      pthread_cond_signal(&pool.leader_wake);
      pthread_mutex_unlock(&pool.leader_mutex);
    }
    deadline = mk_clock() + SPIN_NANOSECONDS;
  }
  return NULL;
}

// Starts workers until `wanted` members exist, or no more are to be had; returns how many do.
static uint32_t start(uint32_t wanted) {
  while (pool.started < wanted && !pool.refused) {
    member* next = &pool.members[pool.started];
    next->index = pool.started;
    pthread_mutex_init(&next->mutex, NULL);
    pthread_cond_init(&next->wake, NULL);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigset_t all, before;  // signals are the application's: no worker takes one
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    pool.refused = pthread_create(&thread, &attributes, work, next) != 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (!pool.refused) pool.started++;
  }
  return pool.started < wanted ? pool.started : wanted;
}

// MARK: How many

static uint32_t clamped(int64_t count) {
  return count < 1 ? 1 : count > MK_MOST_THREADS ? MK_MOST_THREADS : (uint32_t)count;
}

static uint32_t count_processors(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return clamped(CPU_COUNT(&set));
#elif defined(__APPLE__)
  int count = 0;
  size_t bytes = sizeof count;
  if (sysctlbyname("hw.perflevel0.logicalcpu", &count, &bytes, NULL, 0) == 0) return clamped(count);
  bytes = sizeof count;
  if (sysctlbyname("hw.ncpu", &count, &bytes, NULL, 0) == 0) return clamped(count);
#endif
  return 1;
}

static _Atomic uint32_t processors, default_threads;  // 0: not known yet; racing first calls agree

static uint32_t known_processors(void) {
  uint32_t known = atomic_load_explicit(&processors, memory_order_relaxed);
  if (known) return known;
  known = count_processors();
  uint32_t unknown = 0;
  return atomic_compare_exchange_strong(&processors, &unknown, known) ? known : unknown;
}

void mk_assume_processors(uint32_t count) { atomic_store(&processors, count ? clamped(count) : 0); }

uint32_t mk_threads(void) {
  uint32_t known = atomic_load_explicit(&default_threads, memory_order_relaxed);
  if (known) return known;
  known = known_processors();
  const char* text = getenv("MARTLET_THREADS");
  long wanted = text ? strtol(text, NULL, 10) : 0;
  if (wanted > 0 && wanted < (long)known) known = (uint32_t)wanted;
  uint32_t unknown = 0;
  return atomic_compare_exchange_strong(&default_threads, &unknown, known) ? known : unknown;
}

void mk_set_threads(uint32_t count) { atomic_store(&default_threads, clamped(count)); }

// MARK: Replay

static inline void run_alone(const mk_call* call, mk_context* context) {
  context->parts = call->parts ? call->parts : 1;
  for (uint32_t part = 0; part < context->parts; part++) {
    context->part = part;
    call->run(call->args, context);
  }
}

static void wait_for(uint32_t parts) {
  uint64_t deadline = 0;
  int yields = 0;
  for (;;) {
    for (int i = 0; i < PAUSES; i++) {
      if (atomic_load_explicit(&pool.finished, memory_order_acquire) == parts) return;
      pause_briefly();
    }
    uint64_t now = mk_clock();
    if (!deadline) deadline = now + SPIN_NANOSECONDS;
    if (now < deadline) continue;
    if (yields++ < YIELDS) {
      sched_yield();
      continue;
    }
    pthread_mutex_lock(&pool.leader_mutex);
    atomic_store(&pool.leader_asleep, 1);
    while (atomic_load(&pool.finished) != parts)
      pthread_cond_wait(&pool.leader_wake, &pool.leader_mutex);
    atomic_store(&pool.leader_asleep, 0);
    pthread_mutex_unlock(&pool.leader_mutex);
    return;
  }
}

static void run_together(const mk_call* call, mk_context* context, size_t scratch, uint32_t most) {
  uint32_t sharers = call->parts < most ? call->parts : most;
  uint64_t epoch = atomic_load_explicit(&pool.epoch, memory_order_relaxed) + 1;
  atomic_store_explicit(&pool.run, call->run, memory_order_relaxed);
  atomic_store_explicit(&pool.args, call->args, memory_order_relaxed);
  atomic_store_explicit(&pool.bases, context->bases, memory_order_relaxed);
  atomic_store_explicit(&pool.scratch, scratch, memory_order_relaxed);
  uint64_t division = epoch << TAG_SHIFT | (uint64_t)sharers << COUNT_BITS | call->parts;
  atomic_store_explicit(&pool.division, division, memory_order_relaxed);
  atomic_store_explicit(&pool.finished, 0, memory_order_relaxed);
  atomic_store(&pool.epoch, epoch);
  for (uint32_t i = 1; i < sharers; i++)
    if (atomic_load(&pool.members[i].asleep)) rouse(&pool.members[i]);
  context->parts = call->parts;
  uint32_t mine = take_part(0, epoch, call->run, call->args, context, sharers);
  wait_for(call->parts - mine);
}

void mk_replay(const mk_call* calls, size_t count, void* const* bases, size_t scratch,
               uint32_t threads, uint64_t* nanoseconds) {
  mk_context context = {.bases = bases, .scratch = caller_scratch(scratch)};
  // More threads than processors would only wait for each other: the parts are shared by fewer.
  uint32_t most = clamped(threads), real = known_processors();
  if (most > real) most = real;
  uint32_t widest = 1;
  if (most > 1)
    for (size_t i = 0; i < count; i++)
      if (calls[i].parts > widest && calls[i].parts < MOST_PARTS) widest = calls[i].parts;
  if (widest < most) most = widest;

  uint32_t unheld = 0;
  int leads = most > 1 && atomic_compare_exchange_strong(&pool.held, &unheld, 1);
  if (leads) {
    most = start(most);
    // They get warm while the first undivided calls run.
    for (uint32_t i = 1; i < most; i++)
      if (atomic_load(&pool.members[i].asleep)) rouse(&pool.members[i]);
  } else {
    most = 1;
  }
  uint64_t before = nanoseconds ? mk_clock() : 0;
  for (size_t i = 0; i < count; i++) {
    if (most == 1 || calls[i].parts <= 1 || calls[i].parts >= MOST_PARTS)
      run_alone(&calls[i], &context);
    else
      run_together(&calls[i], &context, scratch, most);
    if (nanoseconds) {
      uint64_t now = mk_clock();
      nanoseconds[i] = now - before;
      before = now;
    }
  }
  if (leads) atomic_store(&pool.held, 0);
}
