/*
 * What snarl cannot see by itself, said by the program. C or C++; needs no library, and does
 * nothing where snarl does not watch.
 *
 * SNARL_FORGET(address, size): the memory from `address` on is given back to a pool of the
 * program's own: every lock that lived in it has ended, and the next one there is a new one.
 * (free(), realloc(), munmap() and the like say that by themselves.) Call it before anyone else can
 * be given the memory.
 */
#ifndef SNARL_ANNOTATE_H
#define SNARL_ANNOTATE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* libsnarl.so has it; where that is not loaded its address is null. */
#pragma GCC visibility push(default)
void snarl_forget(const void *address, size_t size) __attribute__((weak));
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

/* In a program at a fixed address the compiler's own way to look it up is settled by the linker
 * already, for null: snarl is not there yet. */
#if defined __x86_64__
#define SNARL_ANNOTATE_FIND(call)                                                                  \
    __asm__(".weak snarl_forget\n\tmovq snarl_forget@GOTPCREL(%%rip), %0" : "=r"(call))
#else
#define SNARL_ANNOTATE_FIND(call) ((call) = snarl_forget)
#endif

#define SNARL_FORGET(address, size)                                                                \
    do {                                                                                           \
        void (*snarl_annotate_call)(const void *, size_t);                                         \
        SNARL_ANNOTATE_FIND(snarl_annotate_call);                                                  \
        if (snarl_annotate_call)                                                                   \
            snarl_annotate_call((address), (size));                                                \
    } while (0)

#endif
