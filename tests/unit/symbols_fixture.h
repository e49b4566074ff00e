/*
 * What the fixture programs of test_symbols have in common: each prints, one to a line, an address
 * of its own (as an offset from its module's load bias) and what snarl ought to say about it, tabs
 * between.
 *
 *     frames    OFFSET  FUNCTION  FILE  LINE  FUNCTION  FILE  LINE ...     (innermost first)
 *     variable  OFFSET  NAME  NAME-BY-SYMBOL
 */
#ifndef SNARL_SYMBOLS_FIXTURE_H
#define SNARL_SYMBOLS_FIXTURE_H

#ifdef __cplusplus
extern "C" {
#endif

#define SYMBOLS_FIXTURE_INLINE static inline __attribute__((always_inline))
#define SYMBOLS_FIXTURE_NOINLINE __attribute__((noinline))

/* A source place, noted down while it runs. */
struct symbols_fixture_place {
    unsigned depth;
    struct {
        const char *function, *file;
        int line;
    } frames[4]; /* innermost first */
};

/* Notes one frame; returns `place` so that it can stand in the very call it describes. */
struct symbols_fixture_place *symbols_fixture_mark(struct symbols_fixture_place *place,
                                                   unsigned frame, const char *function,
                                                   const char *file, int line);

/* The current line as frame number FRAME of `place`. */
#define SYMBOLS_FIXTURE_HERE(place, frame, function)                                               \
    symbols_fixture_mark((place), (frame), (function), __FILE__, __LINE__)

/* Notes where it was called from. */
void symbols_fixture_record(const struct symbols_fixture_place *place);

/* Prints the line for what was recorded last. */
void symbols_fixture_print(const struct symbols_fixture_place *place);

/* Prints the line for a data address: its name by debug information, and where `root` is not NULL
 * the offset from `root_name`. */
void symbols_fixture_variable(const volatile void *address, const char *name,
                              const volatile void *root, const char *root_name);

/* Prints them for the module this is linked into. */
void symbols_fixture_describe(void);

#ifdef __cplusplus
}
#endif

#endif
