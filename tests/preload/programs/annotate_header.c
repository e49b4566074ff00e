/* Every macro of snarl/annotate.h, in what is C and C++ at once: built by each compiler, for each
 * standard, and into each kind of file. PART is the library of it, MAIN the program; a whole
 * program where neither is defined. Two mutexes are taken against a declared order. */
#include <pthread.h>
#include <stdio.h>

#include <snarl/annotate.h>

#if !defined PART
#define MAIN_OR_ALL 1
#endif
#if !defined MAIN
#define PART_OR_ALL 1
#endif

#ifdef __cplusplus
extern "C" {
#endif
int say_everything(int readers);
#ifdef __cplusplus
}
#endif

#ifdef PART_OR_ALL
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;

__attribute__((visibility("default"))) int say_everything(int readers)
{
    static volatile int own;
    char memory[64];
    int calls = 0;
    if (readers)
        SNARL_LOCK_CREATE(&own, SNARL_RECURSIVE);
    else
        SNARL_LOCK_CREATE(&own, 0);
    SNARL_LOCK_ACQUIRING(&own, SNARL_SHARED | SNARL_TIMED);
    SNARL_LOCK_GIVEN_UP(&own);
    SNARL_LOCK_ACQUIRED(&own, (calls++, SNARL_TRIED));
    SNARL_LOCK_RELEASED(&own);
    SNARL_LOCK_DESTROY(&own);
    SNARL_FORGET(memory, sizeof memory);
    SNARL_HAPPENS_BEFORE(memory);
    SNARL_HAPPENS_AFTER(memory);
    SNARL_NAME(&inner, "the inner one");
    SNARL_ORDER(&outer, &inner);
    SNARL_FORGIVE_BEGIN();
    SNARL_FORGIVE_END();
#ifdef __cplusplus
    {
        snarl_forgiving nobody_else_has_it;
    }
#endif
    pthread_mutex_lock(&inner);
    pthread_mutex_lock(&outer);
    pthread_mutex_unlock(&outer);
    pthread_mutex_unlock(&inner);
    return calls;
}
#endif

#ifdef MAIN_OR_ALL
int main(void)
{
    printf("%d\n", say_everything(0));
    return 0;
}
#endif
