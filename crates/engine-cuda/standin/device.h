// The parts of the stand-in's GPU: streams of pending work, events, memory, graphs. One lock ensures that only one
// thread uses them at a time.
//
// A late stream does nothing before somebody waits for it; an eager stream does everything as soon as its own waits
// allow it. STANDIN_ORDER selects which streams are eager. Work that forgot to wait will, in one of the orders, compute
// with values that are not there yet or no longer there.
#pragma once

#include <cuda.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

struct CUstream_st;
struct Capture;

// A point in the work of a stream; each recording of an event is a new one.
struct Ticket {
  CUstream_st* stream;
  bool reached = false;
  bool is_of_graph = false;
  std::chrono::steady_clock::time_point when;
  Capture* capture = nullptr;  // what it is a part of
};
typedef std::shared_ptr<Ticket> Point;

// One task of a stream: a computation, a point to reach, or a wait for a point.
struct Task {
  std::function<void()> compute;
  Point reaches, waits;
};

struct CUstream_st {
  bool is_eager;
  bool is_busy = false;
  std::deque<Task> tasks;
  Capture* capture = nullptr;
};

struct CUevent_st {
  bool is_timed;
  Point point;
};

struct Lane {
  bool is_eager;
  std::vector<Task> tasks;
};

// The content recorded into a graph: one lane for each stream that takes part; the first lane belongs to the stream
// where the recording began.
struct Capture {
  CUstream_st* origin;
  std::vector<CUstream_st*> streams;
  std::vector<Lane> lanes;
  bool is_broken = false;
};

struct CUgraph_st {
  std::vector<Lane> lanes;
};

struct CUgraphExec_st {
  std::vector<Lane> lanes;
};

struct Block {
  uint8_t* mapped;
  size_t mapped_bytes, bytes;
};

struct Device {
  std::recursive_mutex lock;
  // The existing objects.
  std::map<CUdeviceptr, Block> memory;
  std::map<const uint8_t*, size_t> pinned;
  std::list<std::unique_ptr<CUstream_st>> streams;
  std::set<CUevent> events;
  std::set<CUgraph> graphs;
  std::set<CUgraphExec> executables;
  size_t modules = 0, contexts = 0, handles = 0, taken = 0;
  unsigned streams_made = 0;
};

Device& device();

// Whether [start, start + bytes) lies inside one block of the GPU's memory.
bool holds(CUdeviceptr start, size_t bytes);

// Adds a task to the end of a stream, or to the recording of the stream.
CUresult add(CUstream stream, Task task);
// Runs the tasks of a stream up to a point or to its end, including everything that they wait for.
void finish(CUstream_st& stream, const Ticket* until = nullptr);
void finish_everything();
// Runs the tasks that eager streams can run.
void run_ahead();
bool is_stream(CUstream stream);
// Whether this thread records into a graph; operations that could wait for other work are refused then.
bool records_here();
