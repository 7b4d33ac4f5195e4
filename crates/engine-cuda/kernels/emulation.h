// CUDA's words in plain C++, for a CPU: see portable.h. Included by it alone.
#pragma once

#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <ucontext.h>
#include <utility>

struct Position { uint32_t x, y, z; };
static thread_local Position gridDim, blockDim, blockIdx, threadIdx;

#define DEVICE static inline
#define DEVICE_MEMBER inline
// One block runs at a time, so its shared memory may be everybody's.
#define SHARED static thread_local
#define UNROLLED

namespace emulation {

template <class... A, size_t... I>
static void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
  kernel(*static_cast<A*>(arguments[I])...);
}

template <class... A>
static void call(void (*kernel)(A...), void** arguments) {
  call(kernel, arguments, std::make_index_sequence<sizeof...(A)>{});
}

// Bytes of a kernel's parameters, and a 0 behind the last.
template <class... A>
static const size_t* parameters(void (*)(A...)) {
  static const size_t bytes[] = {sizeof(A)..., 0};
  return bytes;
}

template <class F>
static void each(Position size, Position& position, F body) {
  for (position.z = 0; position.z < size.z; position.z++)
    for (position.y = 0; position.y < size.y; position.y++)
      for (position.x = 0; position.x < size.x; position.x++) body();
}

// A thread that can stop at a barrier: a stack of its own. It serves block after block: between two it waits as at a barrier.
struct Fiber {
  jmp_buf state;
  Position position;
  bool finished;
};

// Threads of a block, at most.
static const uint32_t MOST_FIBERS = 1024;
static const size_t STACK = 1 << 15;

static thread_local Fiber* fibers;
static thread_local uint32_t started;
static thread_local Fiber* running;
static thread_local jmp_buf scheduler;
static thread_local ucontext_t birth;
static thread_local void (*body)(void*);
static thread_local void* body_argument;

static void wait() {
  if (_setjmp(running->state) == 0) _longjmp(scheduler, 1);
}

static void serve() {
  // Contexts start a fiber, jumps resume it: a jump is no system call.
  if (_setjmp(running->state) == 0) setcontext(&birth);
  for (;;) {
    body(body_argument);
    running->finished = true;
    wait();
  }
}

static void start(Fiber* fiber) {
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = malloc(STACK);
  context.uc_stack.ss_size = STACK;
  context.uc_link = nullptr;
  running = fiber;
  makecontext(&context, serve, 0);
  swapcontext(&birth, &context);
}

static void resume(Fiber* fiber) {
  running = fiber;
  if (_setjmp(scheduler) == 0) _longjmp(fiber->state, 1);
}

// The threads of one block, each up to its next barrier, until all have ended. False where they do not agree on the number of
// barriers: on a GPU that would hang. Between barriers they run from the first to the last or, every other time, from the last to the first:
// whoever needs a barrier that is not there gets what was there before.
static bool run_block(uint32_t count) {
  static thread_local bool is_backward;
  uint32_t index = 0;
  each(blockDim, threadIdx, [&] {
    fibers[index].position = threadIdx;
    fibers[index++].finished = false;
  });
  for (;;) {
    uint32_t ended = 0;
    is_backward = !is_backward;
    for (uint32_t turn = 0; turn < count; turn++) {
      uint32_t i = is_backward ? count - 1 - turn : turn;
      threadIdx = fibers[i].position;
      resume(&fibers[i]);
      ended += fibers[i].finished;
    }
    if (ended == count) return true;
    if (ended != 0) return false;
  }
}

template <class... A>
static int run(void (*kernel)(A...), const Position* grid, const Position* block, void** arguments) {
  if (block->x * block->y * block->z > 256) return 2;
  gridDim = *grid;
  blockDim = *block;
  each(*grid, blockIdx, [&] { each(*block, threadIdx, [&] { call(kernel, arguments); }); });
  return 0;
}

// Bytes of a launch's shared memory, at most.
static const size_t LAUNCH_SHARED = 227 << 10;
static thread_local uint32_t* launch_shared_words;

// Threads of a block whose lanes show each other something, and words that each shows, at most.
static const uint32_t MOST_SHOWING = 256, MOST_SHOWN = 64;
typedef uint32_t Shown[MOST_SHOWING][MOST_SHOWN];
static thread_local Shown* shown;
static thread_local uint32_t shows[MOST_SHOWING];

// Every lane of a block shows so many words; gives those of its own warp's 32. They stay until the second time after this one.
static const uint32_t (*show(const void* words, uint32_t count))[MOST_SHOWN] {
  uint32_t thread = threadIdx.x, turn = shows[thread]++ & 1;
  memcpy(shown[turn][thread], words, count * 4);
  wait();
  return &shown[turn][thread & ~31u];
}

// With LAUNCH, the launch's shared memory holds NaN before a block has written it.
template <bool LAUNCH, class... A>
static int run_with_barriers(void (*kernel)(A...), const Position* grid, const Position* block, void** arguments) {
  struct Job { void (*kernel)(A...); void** arguments; } job{kernel, arguments};
  gridDim = *grid;
  blockDim = *block;
  uint32_t count = block->x * block->y * block->z;
  if (count > (LAUNCH ? MOST_SHOWING : MOST_FIBERS)) return 2;
  if (LAUNCH && !shown) {
    shown = static_cast<Shown*>(malloc(2 * sizeof(Shown)));
    launch_shared_words = static_cast<uint32_t*>(aligned_alloc(1024, LAUNCH_SHARED));
  }
  // Of the thread that calls; a test's, so that nothing takes them back.
  if (!fibers) fibers = static_cast<Fiber*>(malloc(sizeof(Fiber) * MOST_FIBERS));
  while (started < count) start(&fibers[started++]);
  body = [](void* pointer) {
    Job* job = static_cast<Job*>(pointer);
    call(job->kernel, job->arguments);
  };
  body_argument = &job;
  bool agreed = true;
  each(*grid, blockIdx, [&] {
    if (LAUNCH) memset(launch_shared_words, 0xFF, LAUNCH_SHARED);
    agreed = agreed && run_block(count);
  });
  return agreed ? 0 : 1;
}

}  // namespace emulation

#define KERNEL_RUN_BY(runner, name, ...)                                                                    \
  static void name(__VA_ARGS__);                                                                            \
  extern "C" int emulate_##name(const Position* grid, const Position* block, void** arguments) {            \
    return emulation::runner(name, grid, block, arguments);                                                 \
  }                                                                                                         \
  extern "C" const size_t* parameters_##name() { return emulation::parameters(name); }                      \
  static void name(__VA_ARGS__)
#define KERNEL(name, ...) KERNEL_RUN_BY(run, name, __VA_ARGS__)
#define KERNEL_WITH_BARRIERS(name, ...) KERNEL_RUN_BY(run_with_barriers<false>, name, __VA_ARGS__)
#define KERNEL_OF_TEAM(name, ...) KERNEL_RUN_BY(run_with_barriers<false>, name, __VA_ARGS__)
#define KERNEL_OF_WARPGROUP(name, ...) KERNEL_RUN_BY(run_with_barriers<true>, name, __VA_ARGS__)
#define KERNEL_OF_WARPGROUPS(name, ...) KERNEL_RUN_BY(run_with_barriers<true>, name, __VA_ARGS__)
DEVICE uint32_t* launch_shared() { return emulation::launch_shared_words; }
DEVICE void barrier() { emulation::wait(); }
// Blocks run one after the other.
DEVICE void make_visible() {}
DEVICE uint32_t take_ticket(uint32_t* ticket) { return (*ticket)++; }
DEVICE double from_others(const double* place) { return *place; }
