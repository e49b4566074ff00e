/* Clocks, in nanoseconds. Async-signal-safe; about 20 ns through the vDSO. */
#ifndef SNARL_BASE_CLOCK_H
#define SNARL_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t snarl_clock_read(clockid_t clock)
{
    struct timespec now = {0, 0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t snarl_clock_monotonic(void)
{
    return snarl_clock_read(CLOCK_MONOTONIC);
}

static inline uint64_t snarl_clock_real(void)
{
    return snarl_clock_read(CLOCK_REALTIME);
}

#endif
