/*
 * System calls that are no cancellation points, for code that runs inside a host program.
 *
 * glibc's own are: a thread with a request pending would end in them, with our locks held; and one
 * that is being cancelled at this very moment waits in them for a signal, which we have blocked. As
 * glibc's they return -1 and set errno.
 */
#ifndef SNARL_BASE_SYSTEM_H
#define SNARL_BASE_SYSTEM_H

#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static inline int snarl_open(const char *path, int flags, mode_t mode)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static inline void snarl_close(int descriptor)
{
    syscall(SYS_close, descriptor);
}

static inline ssize_t snarl_read(int descriptor, void *buffer, size_t size)
{
    return syscall(SYS_read, descriptor, buffer, size);
}

static inline ssize_t snarl_write(int descriptor, const void *bytes, size_t size)
{
    return syscall(SYS_write, descriptor, bytes, size);
}

static inline ssize_t snarl_write_at(int descriptor, const struct iovec *parts, int count,
                                     off_t offset)
{
    return syscall(SYS_pwritev, descriptor, parts, (long)count, offset, 0L);
}

static inline int snarl_reserve(int descriptor, off_t offset, off_t size)
{
    return (int)syscall(SYS_fallocate, descriptor, 0L, offset, size);
}

#endif
