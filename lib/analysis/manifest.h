/*
 * The manifest of the scenarios: what each teaches, how it is run, and what is to be found in it.
 *
 * A manifest is loaded once and then only read; all of it, strings included, is freed with it.
 * Any thread; not inside a host program (it allocates and reads files).
 */
#ifndef SNARL_ANALYSIS_MANIFEST_H
#define SNARL_ANALYSIS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/finding.h"

struct snarl_scenario_kinds {
    enum snarl_finding_kind *kinds; /* each once */
    size_t count;                   /* 0: nothing is to be found */
};

struct snarl_scenario {
    const char *name;
    const char *lesson;       /* its title, a few words */
    const char *source;       /* file name of the C source, beside the manifest */
    const char *summary;      /* one line */
    const char **explanation; /* sentences, at least one: what goes wrong, why, how it is mended */
    size_t explanation_count;
    const char **arguments; /* of the program, ended by NULL */
    size_t argument_count;
    struct {
        struct snarl_scenario_kinds snarl; /* exactly these kinds, no others */
        struct snarl_scenario_kinds thread_sanitizer;
        const char *output; /* POSIX extended regular expression that matches part of what the
                               program prints on standard output; NULL for any output */
        bool ends;          /* false: run natively it hangs for ever */
        int exit_code;      /* of the native program, where it ends; 0 to 255 */
    } expect;
    bool deterministic;   /* what is expected is forced by construction, not merely very likely */
    const char *fixed_by; /* name of the scenario that shows the mend; NULL for none */
};

struct snarl_manifest {
    struct snarl_scenario *scenarios; /* in the order of the file */
    size_t count;
    struct json_t *document; /* private: owns the strings */
};

/*
 * Reads the manifest at `path`, of schema "snarl-manifest/1". The caller frees it.
 *
 * Returns NULL, with one line in `error` (of `error_size` >= 1 bytes) that begins with the path
 * and says what is wrong where, if the file cannot be read, is not JSON, misses a member or has one
 * of the wrong type, has a kind that snarl_finding_name does not know, an output expression that
 * does not compile, a name twice or a fixed_by that is no scenario. Unknown members are ignored.
 */
struct snarl_manifest *snarl_manifest_load(const char *path, char *error, size_t error_size);

/* NULL is allowed. */
void snarl_manifest_free(struct snarl_manifest *manifest);

/* The scenario of that name; NULL for none. */
const struct snarl_scenario *snarl_manifest_find(const struct snarl_manifest *manifest,
                                                 const char *name);

#endif
