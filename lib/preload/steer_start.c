/* Steering begins: the schedule is read, and the tries of wrappers are made to say "busy". */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/system.h"
#include "base/text.h"
#include "preload/acquire.h"
#include "preload/calls.h"
#include "preload/options.h"
#include "preload/say.h"
#include "preload/steer.h"
#include "preload/steer_parts.h"

bool snarl_steering;

static struct snarl_calls real;

/* Whether the try is made after all: it is the host's own call, or not ours to judge, or the thread
 * takes again what it has, for which it need not wait. */
static bool is_made(enum snarl_call call, const void *object)
{
    struct snarl_thread *self = snarl_self;
    return self == NULL || self->state != SNARL_THREAD_READY || self->row->last_call == call ||
           snarl_holding_of(self, (uintptr_t)object) != NULL;
}

/* TRY(name, type of the object): the tries with which wrappers of waiting calls begin, but for
 * semaphores: whose tries are waits of a kind, too (CPython). */
#define TRIES(TRY)                                                                                 \
    TRY(pthread_mutex_trylock, pthread_mutex_t)                                                    \
    TRY(mtx_trylock, mtx_t)                                                                        \
    TRY(pthread_rwlock_tryrdlock, pthread_rwlock_t)                                                \
    TRY(pthread_rwlock_trywrlock, pthread_rwlock_t)                                                \
    TRY(pthread_spin_trylock, pthread_spinlock_t)

#define TRY(name, type)                                                                            \
    static int busy_##name(type *object)                                                           \
    {                                                                                              \
        return is_made(SNARL_CALL_##name, (void *)(uintptr_t)object) ? real.name(object) : EBUSY;  \
    }
TRIES(TRY)
#undef TRY

static void say_busy(void)
{
    real = snarl_real;
#define TRY(name, type) snarl_real.name = busy_##name;
    TRIES(TRY)
#undef TRY
}

/* The file as text, with room for a terminator; NULL where it cannot be read or is too large. */
static char *read_text(const char *path, size_t *size)
{
    int descriptor = snarl_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return NULL;
    char *text = mmap(NULL, SNARL_SCHEDULE_SIZE + 1, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ssize_t count = text != MAP_FAILED ? 1 : -1;
    for (*size = 0; count > 0 && *size < SNARL_SCHEDULE_SIZE; *size += (size_t)count)
        if ((count = snarl_read(descriptor, text + *size, SNARL_SCHEDULE_SIZE - *size)) < 0)
            break;
    snarl_close(descriptor);
    return count == 0 ? text : NULL;
}

static void complain(const char *path, const struct snarl_schedule_error *error)
{
    char place[512];
    struct snarl_text text = snarl_text_over(place, sizeof place);
    snarl_text_add(&text, path);
    snarl_text_add_char(&text, ':');
    snarl_text_add_decimal(&text, error->line);
    snarl_text_add(&text, ": ");
    snarl_say("not steering: ", place, error->what);
}

void snarl_steer_start(void)
{
    const char *path = snarl_options.replay;
    size_t size;
    if (*path == '\0')
        return;
    char *text = read_text(path, &size);
    struct snarl_schedule *schedule = mmap(NULL, sizeof *schedule, PROT_READ | PROT_WRITE,
                                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct snarl_schedule_error error;
    if (text == NULL || schedule == MAP_FAILED)
        snarl_say("not steering: cannot read ", path, NULL);
    else if (!snarl_schedule_parse(schedule, text, size, &error))
        complain(path, &error);
    else {
        snarl_steer_begin(schedule);
        say_busy();
    }
}
