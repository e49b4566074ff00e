/*
 * A small map from a number (a thread id of the kernel's, a pthread_t) to a thread, that can be
 * read without a lock while another thread changes it.
 *
 * Open addressing; a removed entry leaves a gravestone if others lie behind it; a table that is
 * half full is copied to a new one and the old one is kept, as a reader may still be in it (a table
 * of the same size follows only when gravestones have filled it, and few ever stay). Changing needs
 * the session's lock; reading needs nothing.
 */
#ifndef SNARL_PRELOAD_REGISTRY_H
#define SNARL_PRELOAD_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct snarl_registry_table;

struct snarl_registry {
    struct snarl_registry_table *table;
};

/* The value of a key, or NULL. Any thread, no lock. */
void *snarl_registry_find(const struct snarl_registry *registry, uint64_t key);

/* Sets the value of a key other than 0. False on exhaustion. */
bool snarl_registry_set(struct snarl_registry *registry, struct snarl_arena *arena, uint64_t key,
                        void *value);

void snarl_registry_remove(struct snarl_registry *registry, uint64_t key);

#endif
