// Settings, failures on demand, and the report.
#include "setting.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <vector>

#include "device.h"

long setting(const char* name, long otherwise) {
  const char* value = getenv(name);
  return value && *value ? atol(value) : otherwise;
}

std::string text(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value && *value ? value : otherwise;
}

Capability capability() {
  std::string told = text("STANDIN_CAPABILITY", "9.0");
  return {atoi(told.c_str()), atoi(&told[told.find('.') + 1])};
}

size_t memory_bytes() { return static_cast<size_t>(setting("STANDIN_MEMORY", 4096)) << 20; }

namespace {

struct Failure {
  long call;
  bool and_later;
  int status;
};

struct Report {
  std::map<std::string, long> calls;
  std::map<std::string, std::vector<Failure>> failures;
  std::vector<std::string> misuses;

  Report() {
    std::istringstream list(text("STANDIN_FAIL", ""));
    for (std::string one; std::getline(list, one, ',');) {
      size_t at = one.find('@'), is = one.find('=');
      if (at == std::string::npos || is == std::string::npos) continue;
      failures[one.substr(0, at)].push_back({atol(&one[at + 1]), one[is - 1] == '+', atoi(&one[is + 1])});
    }
    atexit([] { report().write(); });
  }

  static Report& report() {
    // Never destroyed: it is written when the process ends.
    static Report* report = new Report;
    return *report;
  }

  void write() const {
    std::string path = text("STANDIN_REPORT", "");
    FILE* file = path.empty() ? nullptr : fopen(path.c_str(), "w");
    if (!file) return;
    const char* between = "";
    fprintf(file, "{\"calls\":{");
    for (const auto& [name, count] : calls) fprintf(file, "%s\"%s\":%ld", between, name.c_str(), count), between = ",";
    fprintf(file, "},\"misuses\":[");
    between = "";
    for (const std::string& what : misuses) fprintf(file, "%s\"%s\"", between, what.c_str()), between = ",";
    const Device& of = device();
    fprintf(file,
            "],\"left\":{\"memory\":%zu,\"pinned\":%zu,\"streams\":%zu,\"events\":%zu,\"graphs\":%zu,\"executables\":%zu,"
            "\"modules\":%zu,\"contexts\":%zu,\"handles\":%zu}}\n",
            of.memory.size(), of.pinned.size(), of.streams.size(), of.events.size(), of.graphs.size(), of.executables.size(),
            of.modules, of.contexts, of.handles);
    fclose(file);
  }
};

}  // namespace

int arrive(const char* function) {
  std::lock_guard<std::recursive_mutex> guard(device().lock);
  Report& report = Report::report();
  long call = ++report.calls[function];
  for (const Failure& failure : report.failures[function])
    if (call == failure.call || (failure.and_later && call > failure.call)) return failure.status;
  return 0;
}

void misuse(const std::string& what) {
  std::lock_guard<std::recursive_mutex> guard(device().lock);
  Report::report().misuses.push_back(what);
}
