// What the stand-in's GPU is made of: streams of work that nobody has waited for yet, events, memory, graphs. All of it is one thread's at a
// time, behind one lock.
//
// A late stream does nothing before somebody waits for it, an eager one everything as soon as its own waits allow it; STANDIN_ORDER says
// which are which. Work that forgot to wait computes in one of the orders with what is not there yet, or no longer.
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

// A point in a stream's work; each recording of an event is a new one.
struct Ticket {
  CUstream_st* stream;
  bool reached = false;
  bool is_of_graph = false;
  std::chrono::steady_clock::time_point when;
  Capture* capture = nullptr;  // what it is a part of
};
typedef std::shared_ptr<Ticket> Point;

// One thing of a stream: a computation, a point that is reached, or a wait for one.
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

// What is recorded into a graph: a lane for each stream that takes part, the first that of the stream where it began.
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
  // What is alive.
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

// Puts a task behind the others of a stream, or of what records it.
CUresult add(CUstream stream, Task task);
// Does what a stream has got, up to a point or to its end, and what that waits for.
void finish(CUstream_st& stream, const Ticket* until = nullptr);
void finish_everything();
// Does what eager streams can do.
void run_ahead();
bool is_stream(CUstream stream);
// Whether this thread records into a graph, in which what could wait for other work is refused.
bool records_here();
