// What streams record instead of doing it, and graphs made of it.
#include "call.h"

#include <algorithm>

// Recordings that were begun by this thread and have not ended.
static thread_local unsigned recordings;

bool records_here() { return recordings > 0; }

EXPORTED CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  CALL(cuStreamBeginCapture_v2);
  if (!is_stream(stream) || stream->capture) return CUDA_ERROR_ILLEGAL_STATE;
  if (mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) misuse("a recording that other threads disturb");
  stream->capture = new Capture{stream, {stream}, {{stream->is_eager, {}}}, false};
  recordings++;
  return CUDA_SUCCESS;
}

// Whether everything beside the main lane is waited for.
static bool is_joined(const Capture& capture) {
  for (size_t lane = 1; lane < capture.lanes.size(); lane++) {
    const auto& tasks = capture.lanes[lane].tasks;
    if (tasks.empty() || !tasks.back().reaches) return false;
    bool found = false;
    for (size_t other = 0; other < capture.lanes.size(); other++)
      for (const Task& task : capture.lanes[other].tasks) found = found || (other != lane && task.waits == tasks.back().reaches);
    if (!found) return false;
  }
  return true;
}

EXPORTED CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  std::lock_guard<std::recursive_mutex> guard(device().lock);
  // One that fails has ended as well.
  CUresult told = static_cast<CUresult>(arrive("cuStreamEndCapture"));
  if (!is_stream(stream) || !stream->capture || stream->capture->origin != stream) return CUDA_ERROR_ILLEGAL_STATE;
  std::unique_ptr<Capture> capture(stream->capture);
  recordings--;
  for (CUstream one : capture->streams) one->capture = nullptr;
  for (CUevent event : device().events)
    if (event->point && event->point->capture == capture.get()) event->point->capture = nullptr, event->point->is_of_graph = true;
  *graph = nullptr;
  if (told != CUDA_SUCCESS) return told;
  if (capture->is_broken) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (!is_joined(*capture)) {
    misuse("a recording ends before what runs beside it");
    return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  }
  *graph = new CUgraph_st{std::move(capture->lanes)};
  device().graphs.insert(*graph);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  CALL(cuGraphInstantiateWithFlags);
  if (device().graphs.count(graph) == 0) return CUDA_ERROR_INVALID_HANDLE;
  *executable = new CUgraphExec_st{graph->lanes};
  device().executables.insert(*executable);
  return CUDA_SUCCESS;
}

EXPORTED CUresult cuGraphDestroy(CUgraph graph) {
  CALL(cuGraphDestroy);
  return give_back(device().graphs, graph, "a graph");
}

EXPORTED CUresult cuGraphExecDestroy(CUgraphExec executable) {
  CALL(cuGraphExecDestroy);
  return give_back(device().executables, executable, "a graph");
}

// The lanes of a graph as streams of their own, with points of their own, while it runs.
static void run(const std::vector<Lane>& lanes) {
  std::list<std::unique_ptr<CUstream_st>>& all = device().streams;
  std::vector<CUstream_st*> streams;
  std::map<Ticket*, Point> points;
  for (const Lane& lane : lanes) {
    all.push_back(std::make_unique<CUstream_st>());
    streams.push_back(all.back().get());
    streams.back()->is_eager = lane.is_eager;
    for (const Task& task : lane.tasks)
      if (task.reaches) {
        Point point = std::make_shared<Ticket>();
        point->stream = streams.back();
        points[task.reaches.get()] = point;
      }
  }
  for (size_t lane = 0; lane < lanes.size(); lane++)
    for (Task task : lanes[lane].tasks) {
      if (task.reaches) task.reaches = points[task.reaches.get()];
      if (task.waits) task.waits = points[task.waits.get()];
      streams[lane]->tasks.push_back(std::move(task));
    }
  run_ahead();
  for (CUstream_st* stream : streams) finish(*stream);
  all.remove_if([&](const auto& one) { return std::find(streams.begin(), streams.end(), one.get()) != streams.end(); });
}

EXPORTED CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  CALL(cuGraphLaunch);
  if (device().executables.count(executable) == 0) {
    misuse("a graph is started that is not there");
    return CUDA_ERROR_INVALID_HANDLE;
  }
  return add(stream, {[lanes = executable->lanes] { run(lanes); }, {}, {}});
}
