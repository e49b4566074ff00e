/*
 * Where memory that processes share comes from: the same lock has the same place in all of them,
 * at whatever address.
 */
#ifndef SNARL_PRELOAD_SHARED_MEMORY_H
#define SNARL_PRELOAD_SHARED_MEMORY_H

#include <stdint.h>

#include "recording/layout.h"

/* Fills in device, inode and offset of what is mapped at the address (proc(5), /proc/pid/maps;
 * anonymous shared memory has an inode of its own too); leaves zeros where it is not shared. Reads
 * a file: tens of microseconds. No allocation; inside snarl's own code. */
void snarl_shared_memory_locate(uint64_t address, struct snarl_fact_lock *fact);

#endif
