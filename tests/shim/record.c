/* Records the calls by which a command changes files, in their order, and disturbs one of them.
 *
 * Loaded before the C library (LD_PRELOAD). SHIM_ROOT: the folder whose files are watched; SHIM_RECORD: the
 * file to which a line a call is added; SHIM_FAULT: `K:kill`, `K:int` or `K:io` for the K-th call, counted
 * from 1: the process is killed or interrupted before it, or it fails with EIO. Calls that a program
 * makes without the C library are not seen: renameat2, which exchanges two folders. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int record = -1;
static long fault_at = 0, calls = 0;
static char fault[8], root[PATH_MAX];

__attribute__((constructor)) static void begin(void) {
    const char *name = getenv("SHIM_RECORD"), *at = getenv("SHIM_FAULT"), *in = getenv("SHIM_ROOT");
    if (in) snprintf(root, sizeof root, "%s", in);
    if (name) record = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (at) sscanf(at, "%ld:%7s", &fault_at, fault);
}

/* Notes a call; true if it is to fail. */
static int disturbed(const char *call, const char *path, const char *to) {
    if (!root[0] || strncmp(path, root, strlen(root)) != 0) return 0;
    long number = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    char line[3 * PATH_MAX];
    int length = snprintf(line, sizeof line, "%s\t%s\t%s\n", call, path, to);
    if (record >= 0) syscall(SYS_write, record, line, length);
    if (number != fault_at) return 0;
    if (!strcmp(fault, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(fault, "int")) kill(getpid(), SIGINT);
    if (!strcmp(fault, "io")) { errno = EIO; return 1; }
    return 0;
}

static const char *name_of(int fd, char *name) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, PATH_MAX - 1);
    name[length < 0 ? 0 : length] = 0;
    return name;
}

/* The path of a name in a folder that is open. */
static const char *name_at(int folder, const char *path, char *name) {
    if (path[0] == '/' || folder == AT_FDCWD) return path;
    name_of(folder, name);
    size_t length = strlen(name);
    snprintf(name + length, PATH_MAX - length, "/%s", path);
    return name;
}

#define NEXT(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

static int opens_to_write(int flags) { return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC); }

#define OPEN(name)                                                                    \
    int name(const char *path, int flags, ...) {                                      \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, int); va_end(more); \
        if (opens_to_write(flags) && disturbed("open", path, "")) return -1;          \
        return NEXT(int, name, const char *, int, ...)(path, flags, mode);            \
    }
OPEN(open)
OPEN(open64)

#define OF_FD(type, name, call, arguments, types, values)                             \
    type name arguments {                                                             \
        char path[PATH_MAX];                                                          \
        if (fd > 2 && disturbed(call, name_of(fd, path), "")) return -1;              \
        return ((type (*) types)dlsym(RTLD_NEXT, #name)) values;                      \
    }
OF_FD(ssize_t, write, "write", (int fd, const void *b, size_t n), (int, const void *, size_t), (fd, b, n))
OF_FD(ssize_t, writev, "write", (int fd, const struct iovec *b, int n), (int, const struct iovec *, int), (fd, b, n))
OF_FD(int, fsync, "sync", (int fd), (int), (fd))
OF_FD(int, fdatasync, "sync", (int fd), (int), (fd))
OF_FD(int, ftruncate64, "truncate", (int fd, off64_t n), (int, off64_t), (fd, n))
OF_FD(int, fchmod, "chmod", (int fd, mode_t m), (int, mode_t), (fd, m))

#define OF_PATH(name, call, arguments, types, values)                                 \
    int name arguments {                                                              \
        if (disturbed(call, path, "")) return -1;                                     \
        return ((int (*) types)dlsym(RTLD_NEXT, #name)) values;                       \
    }
OF_PATH(unlink, "unlink", (const char *path), (const char *), (path))
OF_PATH(rmdir, "rmdir", (const char *path), (const char *), (path))
OF_PATH(mkdir, "mkdir", (const char *path, mode_t m), (const char *, mode_t), (path, m))

int unlinkat(int folder, const char *path, int flags) {
    char name[PATH_MAX];
    const char *call = flags & AT_REMOVEDIR ? "rmdir" : "unlink";
    if (disturbed(call, name_at(folder, path, name), "")) return -1;
    return NEXT(int, unlinkat, int, const char *, int)(folder, path, flags);
}

int rename(const char *path, const char *to) {
    if (disturbed("rename", path, to)) return -1;
    return NEXT(int, rename, const char *, const char *)(path, to);
}

int linkat(int folder, const char *path, int into, const char *to, int flags) {
    char name[PATH_MAX];
    if (disturbed("link", name_at(folder, path, name), to)) return -1;
    return NEXT(int, linkat, int, const char *, int, const char *, int)(folder, path, into, to, flags);
}
