/* Logs, in order, every durable-state operation of a process on one folder.
 *
 * LD_PRELOAD this with three variables set: PROOF_FOLDER (absolute; what is logged), PROOF_LOG (a
 * file outside it) and PROOF_MARKS (a path outside it: what the process writes there is logged as
 * a mark, in order with the operations, so that it tells what was acknowledged before a cut).
 *
 * One lock is held from before each operation until it is logged, so the log's order is the order
 * in which the kernel saw the operations. The log itself is written by raw system calls. Paths
 * must be absolute; an operation that bypasses libc's entry points shows as a difference to strace.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, LINK, UNLINK, MKDIR, RMDIR, ALLOCATE, MARK };
enum tracked { ELSEWHERE, INSIDE, MARKS };

struct record {
    uint32_t kind, path_bytes;
    uint64_t inode, offset, data_bytes;
};

#define MAX_FDS 65536
static unsigned char tracked[MAX_FDS];
static char folder[PATH_MAX], marks[PATH_MAX];
static size_t folder_bytes;
static int log_fd = -1;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void)
{
    const char *where = getenv("PROOF_FOLDER"), *log = getenv("PROOF_LOG");
    const char *mark = getenv("PROOF_MARKS");
    if (!where || !log || !mark || strlen(where) >= PATH_MAX || strlen(mark) >= PATH_MAX)
        _exit(97);
    strcpy(folder, where);
    strcpy(marks, mark);
    folder_bytes = strlen(folder);
    log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        _exit(98);
}

static int inside(const char *path)
{
    return !strncmp(path, folder, folder_bytes) && (!path[folder_bytes] || path[folder_bytes] == '/');
}

static void put(const struct iovec *parts, int count)
{
    size_t wanted = 0;
    for (int i = 0; i < count; i++)
        wanted += parts[i].iov_len;
    /* A log that misses something would prove the wrong thing. */
    if (syscall(SYS_writev, log_fd, parts, count) != (ssize_t)wanted)
        _exit(99);
}

static void note(enum kind kind, const char *path, const char *second, uint64_t inode,
                 uint64_t offset, const void *data, size_t bytes)
{
    size_t first_bytes = path ? strlen(path) : 0, second_bytes = second ? strlen(second) + 1 : 0;
    struct record head = {kind, first_bytes + second_bytes, inode, offset, bytes};
    struct iovec parts[] = {
        {&head, sizeof head},
        {(void *)path, first_bytes},
        {(void *)"\n", second ? 1 : 0},
        {(void *)second, second ? second_bytes - 1 : 0},
        {(void *)data, data ? bytes : 0},
    };
    int saved = errno;
    put(parts, 5);
    errno = saved;
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    return syscall(SYS_fstat, fd, &status) ? 0 : status.st_ino;
}

static int track(int fd)
{
    return fd >= 0 && fd < MAX_FDS ? tracked[fd] : ELSEWHERE;
}

static int open_at(int at, const char *path, int flags, mode_t mode)
{
    struct stat before;
    int saved = errno;
    pthread_mutex_lock(&order);
    int ours = inside(path);
    int existed = ours && !syscall(SYS_newfstatat, AT_FDCWD, path, &before, AT_SYMLINK_NOFOLLOW);
    errno = saved;
    int fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= MAX_FDS)
        _exit(96);
    if (fd >= 0) {
        tracked[fd] = ours ? INSIDE : strcmp(path, marks) ? ELSEWHERE : MARKS;
        if (ours && (flags & O_CREAT) && !existed)
            note(CREATE, path, NULL, inode_of(fd), 0, NULL, 0);
        else if (ours && (flags & O_TRUNC))
            note(TRUNCATE, path, NULL, inode_of(fd), 0, NULL, 0);
    }
    pthread_mutex_unlock(&order);
    return fd;
}

#define MODE_OF(flags, mode)                                                                       \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                       \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode = va_arg(more, mode_t);                                                               \
        va_end(more);                                                                              \
    }

int open(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(at, path, flags, mode);
}
int open64(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(at, path, flags, mode);
}
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char *path, int flags) { return open_at(at, path, flags, 0); }
int __openat64_2(int at, const char *path, int flags) { return open_at(at, path, flags, 0); }
int creat(const char *path, mode_t mode)
{
    return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int fd)
{
    pthread_mutex_lock(&order);
    if (fd >= 0 && fd < MAX_FDS)
        tracked[fd] = ELSEWHERE;
    int result = syscall(SYS_close, fd);
    pthread_mutex_unlock(&order);
    return result;
}

/* Bytes that a vector holds, one after the other, up to `limit`; the caller frees them. */
static char *joined(const struct iovec *parts, int count, size_t limit)
{
    char *whole = malloc(limit ? limit : 1);
    size_t filled = 0;
    for (int i = 0; i < count && filled < limit; i++) {
        size_t bytes = parts[i].iov_len < limit - filled ? parts[i].iov_len : limit - filled;
        memcpy(whole + filled, parts[i].iov_base, bytes);
        filled += bytes;
    }
    return whole;
}

/* Write at `offset`, or at the file's position if that is below zero. */
static ssize_t write_at(int fd, const struct iovec *parts, int count, off_t offset)
{
    if (track(fd) == ELSEWHERE)
        return offset < 0 ? syscall(SYS_writev, fd, parts, count)
                          : syscall(SYS_pwritev, fd, parts, count, offset, 0);
    pthread_mutex_lock(&order);
    int appends = syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND;
    ssize_t written;
    if (count == 1 && offset < 0)
        written = syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len);
    else if (count == 1)
        written = syscall(SYS_pwrite64, fd, parts[0].iov_base, parts[0].iov_len, offset);
    else if (offset < 0)
        written = syscall(SYS_writev, fd, parts, count);
    else
        written = syscall(SYS_pwritev, fd, parts, count, offset, 0);
    if (written > 0) {
        off_t at = offset >= 0 && !appends ? offset : syscall(SYS_lseek, fd, 0, SEEK_CUR) - written;
        char *data = joined(parts, count, written);
        note(tracked[fd] == MARKS ? MARK : WRITE, NULL, NULL, inode_of(fd), at, data, written);
        free(data);
    }
    pthread_mutex_unlock(&order);
    return written;
}

ssize_t write(int fd, const void *data, size_t bytes)
{
    if (track(fd) == ELSEWHERE)
        return syscall(SYS_write, fd, data, bytes);
    struct iovec part = {(void *)data, bytes};
    return write_at(fd, &part, 1, -1);
}
ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t offset)
{
    if (track(fd) == ELSEWHERE)
        return syscall(SYS_pwrite64, fd, data, bytes, offset);
    struct iovec part = {(void *)data, bytes};
    return write_at(fd, &part, 1, offset);
}
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset)
{
    return pwrite64(fd, data, bytes, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return write_at(fd, parts, count, -1);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    return write_at(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
    return write_at(fd, parts, count, offset);
}
/* With flags a write could be a sync too, which nothing here models. */
ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    if (flags && track(fd) != ELSEWHERE)
        _exit(95);
    return flags ? syscall(SYS_pwritev2, fd, parts, count, offset, 0, flags)
                 : write_at(fd, parts, count, offset);
}
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    return pwritev2(fd, parts, count, offset, flags);
}

/* An operation on an open file, or on a path, that is logged if it succeeds. */
#define ON_FD(fd, call, noted)                                                                     \
    pthread_mutex_lock(&order);                                                                    \
    int result = (call);                                                                           \
    if (!result && track(fd) == INSIDE)                                                            \
        noted;                                                                                     \
    pthread_mutex_unlock(&order);                                                                  \
    return result;

#define ON_PATH(ours, call, noted)                                                                 \
    pthread_mutex_lock(&order);                                                                    \
    int result = (call);                                                                           \
    if (!result && (ours))                                                                         \
        noted;                                                                                     \
    pthread_mutex_unlock(&order);                                                                  \
    return result;

int ftruncate64(int fd, off_t size)
{
    ON_FD(fd, syscall(SYS_ftruncate, fd, size),
          note(TRUNCATE, NULL, NULL, inode_of(fd), size, NULL, 0))
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int fsync(int fd)
{
    ON_FD(fd, syscall(SYS_fsync, fd), note(SYNC, NULL, NULL, inode_of(fd), 0, NULL, 0))
}
int fdatasync(int fd)
{
    ON_FD(fd, syscall(SYS_fdatasync, fd), note(SYNC, NULL, NULL, inode_of(fd), 0, NULL, 0))
}
int fallocate64(int fd, int mode, off_t offset, off_t bytes)
{
    ON_FD(fd, syscall(SYS_fallocate, fd, mode, offset, bytes),
          note(ALLOCATE, NULL, NULL, inode_of(fd), mode ? 0 : offset + bytes, NULL, 0))
}
int fallocate(int fd, int mode, off_t offset, off_t bytes)
{
    return fallocate64(fd, mode, offset, bytes);
}
int posix_fallocate64(int fd, off_t offset, off_t bytes)
{
    return fallocate64(fd, 0, offset, bytes) ? errno : 0;
}
int posix_fallocate(int fd, off_t offset, off_t bytes)
{
    return posix_fallocate64(fd, offset, bytes);
}

int rename(const char *from, const char *to)
{
    ON_PATH(inside(from) || inside(to), syscall(SYS_rename, from, to),
            note(RENAME, from, to, 0, 0, NULL, 0))
}
int renameat(int at, const char *from, int to_at, const char *to)
{
    ON_PATH(inside(from) || inside(to), syscall(SYS_renameat, at, from, to_at, to),
            note(RENAME, from, to, 0, 0, NULL, 0))
}
int link(const char *from, const char *to)
{
    ON_PATH(inside(from) || inside(to), syscall(SYS_link, from, to),
            note(LINK, from, to, 0, 0, NULL, 0))
}
int unlink(const char *path)
{
    ON_PATH(inside(path), syscall(SYS_unlink, path), note(UNLINK, path, NULL, 0, 0, NULL, 0))
}
int unlinkat(int at, const char *path, int flags)
{
    ON_PATH(inside(path), syscall(SYS_unlinkat, at, path, flags),
            note(flags & AT_REMOVEDIR ? RMDIR : UNLINK, path, NULL, 0, 0, NULL, 0))
}
static uint64_t inode_at(const char *path)
{
    struct stat status;
    return syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0) ? 0 : status.st_ino;
}
int mkdir(const char *path, mode_t mode)
{
    ON_PATH(inside(path), syscall(SYS_mkdir, path, mode),
            note(MKDIR, path, NULL, inode_at(path), 0, NULL, 0))
}
int rmdir(const char *path)
{
    ON_PATH(inside(path), syscall(SYS_rmdir, path), note(RMDIR, path, NULL, 0, 0, NULL, 0))
}
