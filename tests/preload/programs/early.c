/* A library that is up before libsnarl.so, and still there after it, and locks all the way. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t outermost = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static void prepare(void)
{
    pthread_mutex_lock(&first);
}
static void after(void)
{
    pthread_mutex_unlock(&first);
}

static void *lock_both(void *unused)
{
    pthread_mutex_lock(&first);
    pthread_mutex_lock(&second);
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
    return unused;
}

static void say(const char *text, size_t size)
{
    ssize_t written = write(STDOUT_FILENO, text, size);
    (void)written;
}

__attribute__((constructor)) static void begin(void)
{
    pthread_t thread;
    lock_both(NULL);
    pthread_atfork(prepare, after, after);
    if (pthread_create(&thread, NULL, lock_both, NULL) == 0 && pthread_join(thread, NULL) == 0)
        say("early\n", 6);
    pthread_mutex_lock(&outermost); /* held while libsnarl.so comes up */
}

__attribute__((destructor)) static void end(void)
{
    pthread_mutex_unlock(&outermost);
    lock_both(NULL);
    say("late\n", 5);
}
