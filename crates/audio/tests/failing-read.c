// LD_PRELOAD library: read() of a file whose path contains FAILING_FILE fails with errno FAILING_ERRNO, from byte
// FAILING_FROM on.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t read(int fd, void *to, size_t size) {
  static ssize_t (*real)(int, void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "read");
  const char *name = getenv("FAILING_FILE"), *from = getenv("FAILING_FROM"), *code = getenv("FAILING_ERRNO");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = name && from && code ? readlink(link, path, sizeof path - 1) : -1;
  if (length > 0) {
    path[length] = 0;
    if (strstr(path, name) && lseek(fd, 0, SEEK_CUR) + (off_t)size > atol(from)) {
      errno = atoi(code);
      return -1;
    }
  }
  return real(fd, to, size);
}
