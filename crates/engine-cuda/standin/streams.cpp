// Streams and events.
#include "call.h"

#include <algorithm>

bool is_stream(CUstream stream) {
  const auto& all = device().streams;
  bool found = std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.get() == stream; });
  if (!found) misuse("a stream that is not there, or that of everybody");
  return found;
}

CUresult add(CUstream stream, Task task) {
  if (!is_stream(stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (Capture* capture = stream->capture) {
    size_t lane = std::find(capture->streams.begin(), capture->streams.end(), stream) - capture->streams.begin();
    capture->lanes[lane].tasks.push_back(std::move(task));
    return CUDA_SUCCESS;
  }
  stream->tasks.push_back(std::move(task));
  run_ahead();
  return CUDA_SUCCESS;
}

// Does the first task of a stream.
static void step(CUstream_st& stream) {
  stream.is_busy = true;
  Task task = std::move(stream.tasks.front());
  stream.tasks.pop_front();
  if (task.waits && !task.waits->reached) finish(*task.waits->stream, task.waits.get());
  if (task.compute) task.compute();
  if (task.reaches) {
    task.reaches->reached = true;
    task.reaches->when = std::chrono::steady_clock::now();
  }
  stream.is_busy = false;
}

static bool may_step(const CUstream_st& stream) {
  if (!stream.is_eager || stream.is_busy || stream.tasks.empty()) return false;
  const Point& waits = stream.tasks.front().waits;
  return !waits || waits->reached;
}

void run_ahead() {
  // A task may bring streams of its own, and take them away: the search begins anew.
  for (;;) {
    auto& all = device().streams;
    auto found = std::find_if(all.begin(), all.end(), [](const auto& stream) { return may_step(*stream); });
    if (found == all.end()) return;
    step(**found);
  }
}

void finish(CUstream_st& stream, const Ticket* until) {
  while (!stream.tasks.empty() && !(until && until->reached)) {
    step(stream);
    run_ahead();
  }
}

void finish_everything() {
  for (const auto& stream : device().streams) finish(*stream);
}

EXPORTED CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  CALL(cuStreamCreate);
  if (flags != CU_STREAM_NON_BLOCKING) misuse("a stream that waits for that of everybody");
  bool is_eager = setting("STANDIN_ORDER", 0) >> device().streams_made++ % 3 & 1;
  device().streams.push_back(std::make_unique<CUstream_st>());
  *stream = device().streams.back().get();
  (*stream)->is_eager = is_eager;
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuStreamDestroy_v2(CUstream stream) {
  CALL(cuStreamDestroy_v2);
  if (!is_stream(stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (!stream->tasks.empty()) misuse("a stream is given back before its work is done");
  finish(*stream);
  auto& all = device().streams;
  all.erase(std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.get() == stream; }));
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuStreamSynchronize(CUstream stream) {
  CALL(cuStreamSynchronize);
  if (!is_stream(stream)) return CUDA_ERROR_INVALID_HANDLE;
  if (stream->capture) {
    misuse("a stream that is recorded is waited for");
    stream->capture->is_broken = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  finish(*stream);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuEventCreate(CUevent* event, unsigned flags) {
  CALL(cuEventCreate);
  *event = new CUevent_st{(flags & CU_EVENT_DISABLE_TIMING) == 0, {}};
  device().events.insert(*event);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuEventDestroy_v2(CUevent event) {
  CALL(cuEventDestroy_v2);
  return give_back(device().events, event, "an event");
}

EXPORTED CUresult cuEventRecord(CUevent event, CUstream stream) {
  CALL(cuEventRecord);
  if (!is_stream(stream) || device().events.count(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  event->point = std::make_shared<Ticket>();
  event->point->stream = stream;
  event->point->capture = stream->capture;
  return add(stream, {{}, event->point, {}});
}

EXPORTED CUresult cuEventSynchronize(CUevent event) {
  CALL(cuEventSynchronize);
  if (device().events.count(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (!event->point || event->point->reached) return CUDA_SUCCESS;
  if (event->point->capture || event->point->is_of_graph) {
    misuse("an event of a recording is waited for");
    return CUDA_ERROR_CAPTURED_EVENT;
  }
  finish(*event->point->stream, event->point.get());
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  CALL(cuStreamWaitEvent);
  if (!is_stream(stream) || device().events.count(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
  if (!event->point) return CUDA_SUCCESS;
  if (event->point->is_of_graph) {
    misuse("an event of a graph is waited for outside of it");
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  Capture* of = event->point->capture;
  if (of && !stream->capture) {
    // The stream takes part from here on.
    stream->capture = of;
    of->streams.push_back(stream);
    of->lanes.push_back({stream->is_eager, {}});
  } else if (of != stream->capture) {
    misuse("a recording waits for an event of something else");
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  return add(stream, {{}, {}, event->point});
}

// cuda.h calls by this name what libcuda has as cuEventElapsedTime_v2; both take the same.
#undef cuEventElapsedTime
EXPORTED CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  CALL(cuEventElapsedTime);
  for (CUevent event : {from, to}) {
    if (device().events.count(event) == 0 || !event->is_timed || !event->point) return CUDA_ERROR_INVALID_HANDLE;
    if (!event->point->reached) return CUDA_ERROR_NOT_READY;
  }
  *milliseconds = std::chrono::duration<float, std::milli>(to->point->when - from->point->when).count();
  return CUDA_SUCCESS;
}
