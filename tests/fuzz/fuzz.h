/* The entry that libFuzzer, and replay.c without it, calls for each input. */
#ifndef SNARL_FUZZ_H
#define SNARL_FUZZ_H

#include <stddef.h>
#include <stdint.h>

__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
