/* What calls return, and what they leave in errno: printed, so that two runs can be compared. */
#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>

#include "program.h"

#define SHOW(call)                                                                                 \
    do {                                                                                           \
        errno = 77;                                                                                \
        int result = call;                                                                         \
        printf("%s = %d, errno %d\n", #call, result, errno);                                       \
    } while (0)

static pthread_mutex_t normal = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t checking, recursive, robust;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static const struct timespec past = {1, 0}, invalid = {1, -1};
static sem_t taken, done;

static void *hold_normal(void *unused)
{
    (void)unused;
    lock(&normal);
    sem_post(&taken);
    sem_wait(&done);
    unlock(&normal);
    return NULL;
}

static void of_busy(void)
{
    sem_init(&taken, 0, 0);
    sem_init(&done, 0, 0);
    pthread_t thread = start(hold_normal, NULL);
    sem_wait(&taken);
    SHOW(pthread_mutex_trylock(&normal));
    SHOW(pthread_mutex_timedlock(&normal, &past));
    SHOW(pthread_mutex_timedlock(&normal, &invalid));
    SHOW(pthread_mutex_clocklock(&normal, CLOCK_MONOTONIC, &past));
    SHOW(pthread_mutex_clocklock(&normal, 12345, &past));
    SHOW(pthread_mutex_destroy(&normal));
    sem_post(&done);
    finish(thread);
}

static void of_free(void)
{
    SHOW(pthread_mutex_timedlock(&normal, &past));
    SHOW(pthread_mutex_unlock(&normal));
    SHOW(pthread_mutex_timedlock(&normal, &invalid));
    SHOW(pthread_mutex_unlock(&normal));
    SHOW(pthread_mutex_trylock(&normal));
    SHOW(pthread_mutex_trylock(&normal));
    SHOW(pthread_mutex_unlock(&normal));
    SHOW(pthread_mutex_lock(&normal));
    SHOW(pthread_cond_timedwait(&condition, &normal, &past));
    SHOW(pthread_cond_timedwait(&condition, &normal, &invalid));
    SHOW(pthread_cond_clockwait(&condition, &normal, CLOCK_MONOTONIC, &past));
    SHOW(pthread_cond_signal(&condition));
    SHOW(pthread_cond_broadcast(&condition));
    SHOW(pthread_mutex_unlock(&normal));
}

static void of_checking(void)
{
    init_kind(&checking, PTHREAD_MUTEX_ERRORCHECK);
    SHOW(pthread_mutex_unlock(&checking));
    SHOW(pthread_mutex_lock(&checking));
    SHOW(pthread_mutex_lock(&checking));
    SHOW(pthread_mutex_timedlock(&checking, &past));
    SHOW(pthread_mutex_trylock(&checking));
    SHOW(pthread_mutex_destroy(&checking));
    SHOW(pthread_mutex_unlock(&checking));
    SHOW(pthread_mutex_unlock(&checking));
    SHOW(pthread_mutex_destroy(&checking));
}

static void of_recursive(void)
{
    init_kind(&recursive, PTHREAD_MUTEX_RECURSIVE);
    SHOW(pthread_mutex_unlock(&recursive));
    SHOW(pthread_mutex_lock(&recursive));
    SHOW(pthread_mutex_trylock(&recursive));
    SHOW(pthread_mutex_timedlock(&recursive, &past));
    for (int i = 0; i < 3; i++)
        SHOW(pthread_mutex_unlock(&recursive));
    SHOW(pthread_mutex_unlock(&recursive));
}

static void *die_holding(void *mutex)
{
    lock(mutex);
    return NULL;
}

static void of_robust(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    finish(start(die_holding, &robust));
    SHOW(pthread_mutex_lock(&robust)); /* EOWNERDEAD: held */
    SHOW(pthread_mutex_lock(&normal)); /* behind it */
    SHOW(pthread_mutex_unlock(&normal));
    SHOW(pthread_mutex_consistent(&robust));
    SHOW(pthread_mutex_unlock(&robust));
    finish(start(die_holding, &robust));
    SHOW(pthread_mutex_trylock(&robust));
    SHOW(pthread_mutex_unlock(&robust)); /* not made consistent: of no use any more */
    SHOW(pthread_mutex_lock(&robust));
    SHOW(pthread_mutex_trylock(&robust));
}

static void *nothing(void *argument)
{
    return argument;
}

static void of_threads(void)
{
    pthread_t thread, other;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    SHOW(pthread_create(&thread, NULL, nothing, &normal));
    void *value;
    SHOW(pthread_join(thread, &value));
    printf("%d\n", value == &normal);
    SHOW(pthread_create(&other, &attributes, nothing, NULL));
    SHOW(pthread_setname_np(other, "a name of sixteen"));
    SHOW(pthread_detach(other));
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    SHOW(pthread_create(&thread, &attributes, nothing, NULL));
    SHOW(pthread_setname_np(pthread_self(), "values"));
}

static void of_mutexes(void)
{
    static pthread_mutex_t mutex;
    SHOW(pthread_mutex_init(&mutex, NULL));
    SHOW(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_destroy(&mutex));
    SHOW(pthread_mutex_unlock(&mutex));
    SHOW(pthread_mutex_destroy(&mutex));
    static pthread_cond_t other;
    SHOW(pthread_cond_init(&other, NULL));
    SHOW(pthread_cond_destroy(&other));
}

extern char **environ;

static void of_programs(void)
{
    char *arguments[] = {(char *)"true", NULL};
    pid_t pid;
    int status;
    SHOW(execv("/nonexistent", arguments));
    SHOW(execve("/nonexistent", arguments, environ));
    SHOW(execvp("nonexistent-program", arguments));
    SHOW(execl("/nonexistent", "a", "b", (char *)NULL));
    SHOW(execlp("nonexistent-program", "a", (char *)NULL));
    SHOW(execle("/nonexistent", "a", (char *)NULL, environ));
    SHOW(posix_spawn(&pid, "/nonexistent", NULL, NULL, arguments, environ));
    SHOW(posix_spawnp(&pid, "true", NULL, NULL, arguments, environ));
    SHOW(waitpid(pid, &status, 0) == pid);
    SHOW(status);
    SHOW(posix_spawnp(NULL, "true", NULL, NULL, arguments, environ));
    wait(&status);
    SHOW(status);
    void *library = dlopen("libm.so.6", RTLD_NOW);
    SHOW(dlclose(library));
}

static void all(void)
{
    of_busy();
    of_free();
    of_checking();
    of_recursive();
    of_robust();
    of_threads();
    of_mutexes();
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"all", all}, {"robust", of_robust}, {"busy", of_busy}, {"programs", of_programs}};
    return RUN_CASE(cases);
}
