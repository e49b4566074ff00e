/* A library that takes a lock of the program's when it is loaded, and when it is unloaded. */
#include <pthread.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* The program's, if it has one to be taken. */
__attribute__((weak)) void constructed_lock(void);

static __attribute__((constructor)) void begin(void)
{
    if (constructed_lock)
        constructed_lock();
}

static __attribute__((destructor)) void end(void)
{
    if (constructed_lock)
        constructed_lock();
}
