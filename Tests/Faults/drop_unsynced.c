// A power cut for tests: an LD_PRELOAD shim that remembers what of each file has reached stable
// storage, so that a test can put every file back to that.
//
//   SPILLWAY_FAULT_DIR     the folder that is watched, with everything under it
//   SPILLWAY_FAULT_SHADOW  where the memory is kept, outside of it
//
// A write reaches the file as ever, and nothing else: it is remembered as not synced. fsync and
// fdatasync (and writes through O_SYNC or O_DSYNC) copy what changed to the file's shadow:
//
//   SHADOW/seen/PATH      exists once the file has been opened for writing
//   SHADOW/data/PATH      its content at the last sync: the file is durable from its first one
//   SHADOW/renamed/PATH   synced content that was renamed to PATH, until the folder is synced
//   SHADOW/unlinked/PATH  exists once PATH was unlinked; durable when the folder is synced
//
// After kill -9 of everything, restore.py turns the folder into what a power cut leaves. The memory
// is in files, so that it survives the processes and is shared by them. Not seen: writes through
// mmap, io_uring and stdio (a sync of such a file copies it whole, so nothing synced is lost).
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MAXIMUM_DESCRIPTORS = 65536, COPY_BYTES = 1 << 18 };

typedef struct Range {
    off_t start, end;
} Range;

typedef struct File {
    dev_t device;
    ino_t inode;
    char path[PATH_MAX];  // below the watched folder, without a leading slash
    Range *dirty;
    size_t dirtyCount, dirtyCapacity;
    bool copiedWhole;  // by this process; before, another process's writes may be unsynced
    struct File *next;
} File;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static File *files;
static File *byDescriptor[MAXIMUM_DESCRIPTORS];
static bool writesThrough[MAXIMUM_DESCRIPTORS];
static char watched[PATH_MAX], shadow[PATH_MAX / 2];
static size_t watchedLength;
static bool active;

#define REAL(name) static __typeof__(&name) real_##name
REAL(open); REAL(open64); REAL(openat); REAL(openat64); REAL(creat); REAL(close);
REAL(write); REAL(writev); REAL(pwrite); REAL(pwrite64); REAL(pwritev); REAL(pwritev64);
REAL(ftruncate); REAL(ftruncate64); REAL(fallocate); REAL(fallocate64); REAL(posix_fallocate);
REAL(posix_fallocate64);
REAL(fsync); REAL(fdatasync); REAL(rename); REAL(renameat); REAL(unlink); REAL(unlinkat);
REAL(truncate);

__attribute__((constructor)) static void start(void) {
#define FIND(name) real_##name = (__typeof__(real_##name))dlsym(RTLD_NEXT, #name)
    FIND(open); FIND(open64); FIND(openat); FIND(openat64); FIND(creat); FIND(close);
    FIND(write); FIND(writev); FIND(pwrite); FIND(pwrite64); FIND(pwritev); FIND(pwritev64);
    FIND(ftruncate); FIND(ftruncate64); FIND(fallocate); FIND(fallocate64);
    FIND(posix_fallocate); FIND(posix_fallocate64);
    FIND(fsync); FIND(fdatasync); FIND(rename); FIND(renameat); FIND(unlink); FIND(unlinkat);
    FIND(truncate);
    const char *folder = getenv("SPILLWAY_FAULT_DIR"), *memory = getenv("SPILLWAY_FAULT_SHADOW");
    if (!folder || !memory || !realpath(folder, watched)) return;
    if (strlen(memory) >= sizeof shadow) return;
    strcpy(shadow, memory);
    watchedLength = strlen(watched);
    active = true;
}

// Another library's constructor may write before ours has run.
static void ensureStarted(void) {
    if (!real_write) start();
}

// The part of an absolute path below the watched folder, or NULL.
static const char *below(const char *path) {
    if (!active || strncmp(path, watched, watchedLength) != 0 || path[watchedLength] != '/')
        return NULL;
    return path + watchedLength + 1;
}

static bool pathOfDescriptor(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return false;
    path[length] = 0;
    return true;
}

// Makes a path absolute without following the last part, which rename and unlink do not either.
static bool absolutePath(int folder, const char *path, char *result) {
    char base[PATH_MAX] = "", joined[PATH_MAX * 2];
    if (path[0] != '/') {
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return false;
        } else if (!pathOfDescriptor(folder, base)) {
            return false;
        }
    }
    snprintf(joined, sizeof joined, "%s/%s", base, path);
    char *name = strrchr(joined, '/');
    *name++ = 0;
    char resolved[PATH_MAX];
    if (!realpath(joined[0] ? joined : "/", resolved)) return false;
    return snprintf(result, PATH_MAX, "%s/%s", resolved, name) < PATH_MAX;
}

static void shadowPath(char *result, size_t size, const char *kind, const char *path) {
    snprintf(result, size, "%s/%s/%s", shadow, kind, path);
}

static void makeParents(const char *path) {
    char folder[PATH_MAX * 2];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(folder, 0700);
        *slash = '/';
    }
}

static int openShadow(const char *kind, const char *path) {
    char name[PATH_MAX * 2];
    shadowPath(name, sizeof name, kind, path);
    int descriptor = real_open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 && errno == ENOENT) {
        makeParents(name);
        descriptor = real_open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    }
    return descriptor;
}

static void mark(const char *kind, const char *path) {
    int descriptor = openShadow(kind, path);
    if (descriptor >= 0) real_close(descriptor);
}

static void removeShadow(const char *kind, const char *path) {
    char name[PATH_MAX * 2];
    shadowPath(name, sizeof name, kind, path);
    real_unlink(name);
}

static bool moveShadow(const char *fromKind, const char *from, const char *toKind, const char *to) {
    char source[PATH_MAX * 2], destination[PATH_MAX * 2];
    shadowPath(source, sizeof source, fromKind, from);
    shadowPath(destination, sizeof destination, toKind, to);
    makeParents(destination);
    return real_rename(source, destination) == 0;
}

static File *fileOf(int descriptor) {
    return descriptor >= 0 && descriptor < MAXIMUM_DESCRIPTORS ? byDescriptor[descriptor] : NULL;
}

static void markDirty(File *file, off_t start, off_t end) {
    if (file->dirtyCount > 0) {
        Range *last = &file->dirty[file->dirtyCount - 1];
        if (start <= last->end && end >= last->start) {
            if (start < last->start) last->start = start;
            if (end > last->end) last->end = end;
            return;
        }
    }
    if (file->dirtyCount == file->dirtyCapacity) {
        file->dirtyCapacity = file->dirtyCapacity ? file->dirtyCapacity * 2 : 16;
        file->dirty = realloc(file->dirty, file->dirtyCapacity * sizeof(Range));
    }
    file->dirty[file->dirtyCount++] = (Range){start, end};
}

static void copyRange(int source, int destination, off_t start, off_t end) {
    static __thread char buffer[COPY_BYTES];
    while (start < end) {
        size_t wanted = end - start < COPY_BYTES ? (size_t)(end - start) : COPY_BYTES;
        ssize_t got = pread(source, buffer, wanted, start);
        if (got <= 0) return;
        if (real_pwrite(destination, buffer, (size_t)got, start) != got) {
            fprintf(stderr, "drop_unsynced: cannot write the shadow\n");
            abort();
        }
        start += got;
    }
}

// What a file had unsynced when a sync began: only that is durable when it ends.
typedef struct Pending {
    Range *dirty;
    size_t count;
    bool whole;
} Pending;

static Pending takePending(int descriptor) {
    Pending pending = {NULL, 0, true};
    pthread_mutex_lock(&lock);
    File *file = fileOf(descriptor);
    if (file) {
        pending = (Pending){file->dirty, file->dirtyCount, !file->copiedWhole};
        file->dirty = NULL;
        file->dirtyCount = file->dirtyCapacity = 0;
        file->copiedWhole = true;
    }
    pthread_mutex_unlock(&lock);
    return pending;
}

// Copies what the sync that has just ended made durable to the shadow. Called with the lock held.
static void copySynced(int descriptor, const char *path, const Pending *pending) {
    char name[64];
    struct stat status;
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    int source = real_open(name, O_RDONLY | O_CLOEXEC);
    if (source < 0 || fstat(source, &status) != 0) return;
    if (pending->whole) {
        mark("seen", path);
        removeShadow("unlinked", path);
        moveShadow("renamed", path, "data", path);
    }
    int destination = openShadow("data", path);
    if (destination >= 0) {
        if (pending->whole) copyRange(source, destination, 0, status.st_size);
        for (size_t index = 0; index < pending->count && !pending->whole; index++)
            copyRange(source, destination, pending->dirty[index].start, pending->dirty[index].end);
        if (real_ftruncate(destination, status.st_size) != 0) abort();
        real_close(destination);
    }
    real_close(source);
}

static void settleFolder(const char *kind, const char *folder, bool renames) {
    char name[PATH_MAX * 2];
    shadowPath(name, sizeof name, kind, folder);
    DIR *entries = opendir(name);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_type != DT_REG) continue;
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s%s%s", folder, folder[0] ? "/" : "", entry->d_name);
        if (renames) {
            moveShadow("renamed", path, "data", path);
        } else {
            removeShadow("data", path);
            removeShadow("unlinked", path);
        }
    }
    closedir(entries);
}

// A folder was synced: what was renamed or unlinked in it is so for good.
static void folderSynced(const char *path) {
    if (!active || strncmp(path, watched, watchedLength) != 0) return;
    const char *folder = path[watchedLength] == '/' ? path + watchedLength + 1 : "";
    settleFolder("unlinked", folder, false);
    settleFolder("renamed", folder, true);
}

static void synced(int descriptor, const Pending *pending) {
    char path[PATH_MAX];
    struct stat status;
    if (!active || !pathOfDescriptor(descriptor, path) || fstat(descriptor, &status) != 0) return;
    pthread_mutex_lock(&lock);
    if (S_ISDIR(status.st_mode)) {
        folderSynced(path);
    } else if (S_ISREG(status.st_mode) && below(path) && status.st_nlink > 0) {
        copySynced(descriptor, below(path), pending);
    }
    pthread_mutex_unlock(&lock);
}

static int syncBy(int (*sync)(int), int descriptor) {
    Pending pending = takePending(descriptor);
    int result = sync(descriptor);
    int saved = errno;
    if (result == 0) synced(descriptor, &pending);
    free(pending.dirty);
    errno = saved;
    return result;
}

static int opened(int descriptor, int flags) {
    char path[PATH_MAX];
    struct stat status;
    int saved = errno;
    if (active && descriptor >= 0 && descriptor < MAXIMUM_DESCRIPTORS
        && (flags & O_ACCMODE) != O_RDONLY && pathOfDescriptor(descriptor, path) && below(path)
        && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        pthread_mutex_lock(&lock);
        File *file = files;
        while (file && (file->device != status.st_dev || file->inode != status.st_ino))
            file = file->next;
        if (!file) {
            file = calloc(1, sizeof *file);
            file->device = status.st_dev;
            file->inode = status.st_ino;
            file->next = files;
            files = file;
        }
        if (strcmp(file->path, below(path)) != 0) {
            // A new file that got an old one's inode, or a renamed one.
            snprintf(file->path, sizeof file->path, "%s", below(path));
            file->copiedWhole = false;
        }
        if (flags & O_TRUNC) file->copiedWhole = false;
        byDescriptor[descriptor] = file;
        writesThrough[descriptor] = flags & (O_DSYNC | O_SYNC) & ~O_ASYNC;
        mark("seen", file->path);
        pthread_mutex_unlock(&lock);
    }
    errno = saved;
    return descriptor;
}

static void changed(int descriptor, off_t start, off_t end) {
    File *file = fileOf(descriptor);
    if (!file) return;
    int saved = errno;
    pthread_mutex_lock(&lock);
    markDirty(file, start, end);
    pthread_mutex_unlock(&lock);
    if (writesThrough[descriptor]) syncBy(real_fdatasync, descriptor);
    errno = saved;
}

static ssize_t wroteAtPosition(int descriptor, ssize_t count) {
    if (count > 0 && fileOf(descriptor)) {
        off_t end = lseek(descriptor, 0, SEEK_CUR);
        changed(descriptor, end - count, end);
    }
    return count;
}

static ssize_t wroteAt(int descriptor, ssize_t count, off_t start) {
    if (count > 0) changed(descriptor, start, start + count);
    return count;
}

static int resized(int descriptor, int result, off_t from) {
    if (result == 0 && fileOf(descriptor)) changed(descriptor, from, LONG_MAX / 2);
    return result;
}

#define MODE_OF(flags, last)                  \
    mode_t mode = 0;                          \
    if ((flags) & (O_CREAT | O_TMPFILE)) {    \
        va_list rest;                         \
        va_start(rest, last);                 \
        mode = va_arg(rest, mode_t);          \
        va_end(rest);                         \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    ensureStarted();
    return opened(real_open(path, flags, mode), flags);
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    ensureStarted();
    return opened(real_open64(path, flags, mode), flags);
}

int openat(int folder, const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    ensureStarted();
    return opened(real_openat(folder, path, flags, mode), flags);
}

int openat64(int folder, const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    ensureStarted();
    return opened(real_openat64(folder, path, flags, mode), flags);
}

int creat(const char *path, mode_t mode) {
    ensureStarted();
    return opened(real_creat(path, mode), O_WRONLY | O_CREAT | O_TRUNC);
}

int close(int descriptor) {
    ensureStarted();
    if (fileOf(descriptor)) {
        pthread_mutex_lock(&lock);
        byDescriptor[descriptor] = NULL;
        pthread_mutex_unlock(&lock);
    }
    return real_close(descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    ensureStarted();
    return wroteAtPosition(descriptor, real_write(descriptor, bytes, count));
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    ensureStarted();
    return wroteAtPosition(descriptor, real_writev(descriptor, parts, count));
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t start) {
    ensureStarted();
    return wroteAt(descriptor, real_pwrite(descriptor, bytes, count, start), start);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t start) {
    ensureStarted();
    return wroteAt(descriptor, real_pwrite64(descriptor, bytes, count, start), start);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t start) {
    ensureStarted();
    return wroteAt(descriptor, real_pwritev(descriptor, parts, count, start), start);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t start) {
    ensureStarted();
    return wroteAt(descriptor, real_pwritev64(descriptor, parts, count, start), start);
}

int ftruncate(int descriptor, off_t length) {
    ensureStarted();
    return resized(descriptor, real_ftruncate(descriptor, length), length);
}

int ftruncate64(int descriptor, off64_t length) {
    ensureStarted();
    return resized(descriptor, real_ftruncate64(descriptor, length), length);
}

int fallocate(int descriptor, int mode, off_t start, off_t length) {
    ensureStarted();
    return resized(descriptor, real_fallocate(descriptor, mode, start, length), start);
}

int fallocate64(int descriptor, int mode, off64_t start, off64_t length) {
    ensureStarted();
    return resized(descriptor, real_fallocate64(descriptor, mode, start, length), start);
}

int posix_fallocate(int descriptor, off_t start, off_t length) {
    ensureStarted();
    return resized(descriptor, real_posix_fallocate(descriptor, start, length), start);
}

int posix_fallocate64(int descriptor, off64_t start, off64_t length) {
    ensureStarted();
    return resized(descriptor, real_posix_fallocate64(descriptor, start, length), start);
}

int fsync(int descriptor) {
    ensureStarted();
    return syncBy(real_fsync, descriptor);
}

int fdatasync(int descriptor) {
    ensureStarted();
    return syncBy(real_fdatasync, descriptor);
}

static void renamed(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    if (below(from) && below(to)) {
        mark("seen", below(to));
        removeShadow("unlinked", below(to));
        // Without a sync before it, the new name may be left with nothing: the old content stays.
        if (!moveShadow("renamed", below(from), "renamed", below(to)))
            moveShadow("data", below(from), "renamed", below(to));
        for (File *file = files; file; file = file->next) {
            if (strcmp(file->path, below(from)) != 0) continue;
            snprintf(file->path, sizeof file->path, "%s", below(to));
            file->copiedWhole = false;
        }
    }
    pthread_mutex_unlock(&lock);
}

int renameat(int fromFolder, const char *from, int toFolder, const char *to) {
    char source[PATH_MAX], destination[PATH_MAX];
    ensureStarted();
    bool known = active && absolutePath(fromFolder, from, source)
                 && absolutePath(toFolder, to, destination);
    int result = real_renameat(fromFolder, from, toFolder, to);
    if (result == 0 && known) renamed(source, destination);
    return result;
}

int rename(const char *from, const char *to) {
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int folder, const char *path, int flags) {
    char name[PATH_MAX];
    ensureStarted();
    bool known = active && !(flags & AT_REMOVEDIR) && absolutePath(folder, path, name);
    int result = real_unlinkat(folder, path, flags);
    if (result == 0 && known && below(name)) {
        pthread_mutex_lock(&lock);
        mark("unlinked", below(name));
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int unlink(const char *path) {
    return unlinkat(AT_FDCWD, path, 0);
}
