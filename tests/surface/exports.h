/* What a shared library exports: the functions in its dynamic symbol table. For tests. */
#ifndef SNARL_TESTS_EXPORTS_H
#define SNARL_TESTS_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct export_symbol {
    char *name;
    char *version;     /* "GLIBC_2.34", or "" */
    bool preferred;    /* the version that programs are linked with today */
    uint64_t function; /* equal for names and versions of one function of one library */
};

struct exports {
    struct export_symbol *symbols;
    size_t count;
};

/* Adds those of a library by its file's path. What cannot be read fails the running cmocka test.
 * A name and version that is there already is not added again. Freed by exports_free. */
void exports_add(struct exports *exports, const char *path);

/* Adds those of a library by the name that the loader knows it by, if it can be loaded. */
void exports_add_loaded(struct exports *exports, const char *name);

void exports_free(struct exports *exports);

#endif
