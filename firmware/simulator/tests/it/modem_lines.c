// Preloaded into a tool, gives a pty the two modem lines that it lacks: they are kept in this
// process, and every change goes as two characters, DTR and RTS, to the datagram socket that
// ESPALIER_LINES names. With ESPALIER_RAISED both are on at first, as systems open a port. What the
// other side has on its lines stands as a number (TIOCM_…) in the file that ESPALIER_THEIRS names,
// and each begin (B) and end (b) of a BREAK is written to the one of ESPALIER_BREAKS.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static int lines;
static int known;

static int is_pty(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) >= 136 && major(st.st_rdev) <= 143;
}

static void tell(int now) {
    const char *path = getenv("ESPALIER_LINES");
    if (!path) return;
    lines = now;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    strncpy(to.sun_path, path, sizeof to.sun_path - 1);
    char text[2] = {now & TIOCM_DTR ? '1' : '0', now & TIOCM_RTS ? '1' : '0'};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    sendto(fd, text, sizeof text, 0, (struct sockaddr *)&to, sizeof to);
    close(fd);
}

static int current(void) {
    if (!known) {
        known = 1;
        if (getenv("ESPALIER_RAISED")) tell(TIOCM_DTR | TIOCM_RTS);
    }
    return lines;
}

static int theirs(void) {
    const char *path = getenv("ESPALIER_THEIRS");
    char text[16] = "";
    int fd = path ? open(path, O_RDONLY) : -1;
    if (fd < 0) return TIOCM_CTS | TIOCM_DSR | TIOCM_CAR;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    return length > 0 ? atoi(text) : 0;
}

static int note_break(const char *what) {
    const char *path = getenv("ESPALIER_BREAKS");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (fd >= 0) write(fd, what, 1), close(fd);
    return 0;
}

static void set(int now) {
    now &= TIOCM_DTR | TIOCM_RTS;
    if (now != lines) tell(now);
}

int ioctl(int fd, unsigned long request, ...) {
    static int (*real)(int, unsigned long, ...);
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "ioctl");
    int *value = argument;
    if (request == TIOCMGET && is_pty(fd)) *value = current() | theirs();
    else if (request == TIOCSBRK && is_pty(fd)) return note_break("B");
    else if (request == TIOCCBRK && is_pty(fd)) return note_break("b");
    else if (request == TIOCMSET && is_pty(fd)) current(), set(*value);
    else if (request == TIOCMBIS && is_pty(fd)) set(current() | *value);
    else if (request == TIOCMBIC && is_pty(fd)) set(current() & ~*value);
    else return real(fd, request, argument);
    return 0;
}
