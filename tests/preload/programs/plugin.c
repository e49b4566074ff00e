/* A library that comes and goes, with a lock of its own: PLUGIN names it. */
#include <pthread.h>

#define JOIN(a, b) a##b
#define NAME(a, b) JOIN(a, b)

pthread_mutex_t NAME(lock_of_, PLUGIN) = PTHREAD_MUTEX_INITIALIZER;

void plugin_nest(pthread_mutex_t *host, int host_first);
pthread_mutex_t *plugin_lock(void);

pthread_mutex_t *plugin_lock(void)
{
    return &NAME(lock_of_, PLUGIN);
}

void plugin_nest(pthread_mutex_t *host, int host_first)
{
    pthread_mutex_t *first = host_first ? host : plugin_lock();
    pthread_mutex_t *second = host_first ? plugin_lock() : host;
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}
