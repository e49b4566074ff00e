/*
 * The calls by which a host asks for memory, and gives it back: noted in blocks.h, and passed on to
 * whoever would have had them without us, libc or an allocator of the host's.
 *
 * A program with an allocator in itself (linked statically) keeps that: nothing is seen of it.
 */
#ifndef SNARL_RACE_ALLOCATOR_H
#define SNARL_RACE_ALLOCATOR_H

#include "preload/services.h"

/* From here on what is given back is noted, too. Once, by the only thread there is. */
void snarl_allocator_start(const struct snarl_services *services);

#endif
