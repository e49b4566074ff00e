/* Stands for ThreadSanitizer's runtime as a library, which comes after libsnarl.so: says at the end
 * how often it was called. */
#include <stdio.h>

static int calls;

void __tsan_init(void);
void __tsan_mutex_pre_lock(void *mutex, unsigned flags);
void __tsan_mutex_post_lock(void *mutex, unsigned flags, int levels);
int __tsan_mutex_pre_unlock(void *mutex, unsigned flags);

void __tsan_init(void)
{
}

void __tsan_mutex_pre_lock(void *mutex, unsigned flags)
{
    (void)mutex, (void)flags;
    __atomic_fetch_add(&calls, 1, __ATOMIC_SEQ_CST);
}

void __tsan_mutex_post_lock(void *mutex, unsigned flags, int levels)
{
    (void)mutex, (void)flags, (void)levels;
    __atomic_fetch_add(&calls, 100, __ATOMIC_SEQ_CST);
}

int __tsan_mutex_pre_unlock(void *mutex, unsigned flags)
{
    (void)mutex, (void)flags;
    __atomic_fetch_add(&calls, 10000, __ATOMIC_SEQ_CST);
    return 1;
}

static __attribute__((destructor)) void say(void)
{
    printf("%d calls\n", calls);
}
