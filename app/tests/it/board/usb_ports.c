// Preloaded into the program, puts other serial ports in place of the system's: every path below /sys/class/tty and every
// /dev/ttyACM… is looked for below the folder that ESPALIER_ROOT names.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define REAL(name) (*(__typeof__(name) **)real(#name))

static void *real(const char *name) {
    static __thread void *found;
    found = dlsym(RTLD_NEXT, name);
    return &found;
}

static const char *moved(const char *path, char *buffer) {
    const char *root = getenv("ESPALIER_ROOT");
    if (!root || !path || (strncmp(path, "/sys/class/tty", 14) && strncmp(path, "/dev/ttyACM", 11))) return path;
    snprintf(buffer, PATH_MAX, "%s%s", root, path);
    return buffer;
}

DIR *opendir(const char *path) {
    char buffer[PATH_MAX];
    return REAL(opendir)(moved(path, buffer));
}

char *realpath(const char *path, char *resolved) {
    char buffer[PATH_MAX];
    return REAL(realpath)(moved(path, buffer), resolved);
}

int statx(int folder, const char *path, int flags, unsigned mask, struct statx *found) {
    char buffer[PATH_MAX];
    return REAL(statx)(folder, moved(path, buffer), flags, mask, found);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        char buffer[PATH_MAX]; \
        va_list rest; \
        va_start(rest, flags); \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, int) : 0; \
        va_end(rest); \
        return REAL(name)(moved(path, buffer), flags, mode); \
    }

OPEN(open)
OPEN(open64)
