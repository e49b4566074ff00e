/* What test_symbols and test_symbols_damaged ask of lib/symbols. All of it fails the test at hand
 * rather than return an error. */
#ifndef SNARL_SYMBOLS_ASK_H
#define SNARL_SYMBOLS_ASK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "symbols/symbols.h"

enum {
    SYMBOLS_ASK_FRAMES = 8, /* more than any fixture has in one place */
};

struct symbols_ask_frames {
    size_t count;
    struct snarl_frame frames[SYMBOLS_ASK_FRAMES];
};

struct symbols_ask_frames symbols_ask_frames(struct snarl_module *module, uint64_t offset);

/* The fixture of that name. */
struct snarl_module *symbols_ask_module(struct snarl_symbols *symbols, const char *name);

/* The offset at which the fixture, run as a program, says that `function` is innermost. */
uint64_t symbols_ask_offset(const char *name, const char *function);

/* Equal strings or both NULL, which cmocka's own does not take. */
void symbols_ask_same(const char *found, const char *expected);

/* A module without names must say `trouble`, and at any offset that nothing is known. */
void symbols_ask_unknown(struct snarl_module *module, const char *trouble);

#endif
