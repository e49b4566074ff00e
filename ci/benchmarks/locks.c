/* Creates, uses and destroys COUNT mutexes, one after another at changing addresses: locks COUNT */
#include <pthread.h>
#include <stdlib.h>

enum {
    AT_ONCE = 64
};

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 1000;
    for (long i = 0; i < count; i += AT_ONCE) {
        pthread_mutex_t *mutexes[AT_ONCE];
        for (int j = 0; j < AT_ONCE; j++) {
            mutexes[j] = malloc(sizeof *mutexes[j]);
            pthread_mutex_init(mutexes[j], NULL);
            pthread_mutex_lock(mutexes[j]);
            pthread_mutex_unlock(mutexes[j]);
        }
        for (int j = 0; j < AT_ONCE; j++) {
            pthread_mutex_destroy(mutexes[j]);
            free(mutexes[j]);
        }
    }
}
