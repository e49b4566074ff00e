/* Who else wants to know of threads: another library of snarl's, through the services. All are NULL
 * where there is none. */
#ifndef SNARL_PRELOAD_THREAD_WATCH_H
#define SNARL_PRELOAD_THREAD_WATCH_H

#include <stddef.h>

struct snarl_thread_watch {
    void (*begins)(void); /* in the thread, before the host's code; outside snarl's own */
    void (*made)(void);   /* in the thread that has made another; outside snarl's own */
    void (*ends)(void);   /* in the thread, which is READY still */
    void (*forked)(void); /* in a child's only thread; inside snarl's own */
};

extern struct snarl_thread_watch snarl_thread_watch;

#endif
