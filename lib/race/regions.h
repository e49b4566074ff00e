/*
 * Whose code an instruction is, and reading memory that may not be there.
 *
 * Async-signal-safe but for finding the regions.
 */
#ifndef SNARL_RACE_REGIONS_H
#define SNARL_RACE_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Notes where the libraries lie whose accesses are their own business: libc, the loader, snarl's
 * own and what that uses. Once, before the others, not from a signal handler. */
void snarl_regions_find(void);

/* Whether that instruction is one of theirs. */
bool snarl_regions_is_foreign(uintptr_t instruction);

/* Copies up to `size` bytes; returns how many could be read, which may be fewer. */
size_t snarl_regions_read(void *bytes, uintptr_t address, size_t size);

#endif
