/* Loaded before the C library: makes the disk under an SQLite register fail, as the first letter of the file FAULTS_FILE says.
 *
 * s: what was written can't be confirmed (EIO at fsync); f: there is no room (ENOSPC at write); anything else: all is well.
 *
 * The time of the day is so many seconds ahead as the file CLOCK_FILE says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int is_of_register(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, ".db") != NULL && strstr(path, "-shm") == NULL;
}

static int fails(int fd, char fault) {
    const char *named = getenv("FAULTS_FILE");
    char asked = 0;
    if (named == NULL || !is_of_register(fd))
        return 0;
    int file = open(named, O_RDONLY);
    if (file < 0)
        return 0;
    if (read(file, &asked, 1) != 1)
        asked = 0;
    close(file);
    return asked == fault;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd) {
    if (fails(fd, 's')) { errno = EIO; return -1; }
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    if (fails(fd, 's')) { errno = EIO; return -1; }
    return REAL(fdatasync)(fd);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (fails(fd, 'f')) { errno = ENOSPC; return -1; }
    return REAL(write)(fd, bytes, length);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
    if (fails(fd, 'f')) { errno = ENOSPC; return -1; }
    return REAL(pwrite)(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    if (fails(fd, 'f')) { errno = ENOSPC; return -1; }
    return REAL(pwrite64)(fd, bytes, length, at);
}

static long seconds_ahead(void) {
    const char *named = getenv("CLOCK_FILE");
    char text[32];
    int file = named == NULL ? -1 : open(named, O_RDONLY);
    if (file < 0)
        return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length < 0 ? 0 : length] = 0;
    return atol(text);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_REALTIME)
        time->tv_sec += seconds_ahead();
    return result;
}
