// LD_PRELOAD library that makes system calls on files fail. FAIL_CALL names the call (open, read, write, fsync,
// rename), FAIL_IN a part of the path, FAIL_AT the number (from 0) of the first matching call that fails, FAIL_COUNT
// how many calls fail, and FAIL_ERRNO the error. Each failed call appends a byte to the file FAIL_LOG. cc -shared -fPIC
// -o calls.so calls.c -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long seen;

static int fails(const char *call, const char *path) {
  const char *which = getenv("FAIL_CALL"), *in = getenv("FAIL_IN");
  if (!which || !in || strcmp(which, call) || !path || !strstr(path, in)) return 0;
  long at = atol(getenv("FAIL_AT")), count = atol(getenv("FAIL_COUNT")), now = atomic_fetch_add(&seen, 1);
  if (now < at || now >= at + count) return 0;
  const char *log = getenv("FAIL_LOG");
  int hit = log ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
  if (hit >= 0) {
    syscall(SYS_write, hit, ".", 1);
    syscall(SYS_close, hit);
  }
  errno = atoi(getenv("FAIL_ERRNO"));
  return 1;
}

static int fails_on(const char *call, int fd) {
  int keep = errno;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = keep;
  if (length < 0) return 0;
  path[length] = 0;
  return fails(call, path);
}

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return fails("open", path) ? -1 : REAL("open64", int (*)(const char *, int, ...))(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return fails("open", path) ? -1 : REAL("open", int (*)(const char *, int, ...))(path, flags, mode);
}

ssize_t read(int fd, void *to, size_t n) {
  return fails_on("read", fd) ? -1 : REAL("read", ssize_t(*)(int, void *, size_t))(fd, to, n);
}

ssize_t write(int fd, const void *from, size_t n) {
  return fails_on("write", fd) ? -1 : REAL("write", ssize_t(*)(int, const void *, size_t))(fd, from, n);
}

int fsync(int fd) { return fails_on("fsync", fd) ? -1 : REAL("fsync", int (*)(int))(fd); }

int rename(const char *from, const char *to) {
  return fails("rename", from) ? -1 : REAL("rename", int (*)(const char *, const char *))(from, to);
}
