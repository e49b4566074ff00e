/*
 * The manifest of scenarios: how each is run, and what is to come of it. The project's own have
 * one, and so may any project's.
 *
 * A file of JSON, schema "snarl-manifest/1", that either has "scenarios", a list of rows, and the
 * "lesson" that they are about; or "lessons", a list of folders beside it, each with a manifest of
 * the first form. A row:
 *
 *     "name"           what it is called; unique
 *     "summary"        one line
 *     "source"         file beside the manifest that shows it; NAME.c where left out
 *     "program"        file that is run, below the folder of the programs; NAME where left out. For
 *                      ThreadSanitizer it is the one with ".tsan" behind that.
 *     "arguments"      of the program, a list; none where left out
 *     "races_arguments" more of them for the leg "races": with them accesses meet that something
 *                      keeps apart else. What it prints then is not looked at.
 *     "time_limit"     seconds for one run, where the usual ones do not fit
 *     "explanation"    sentences; where left out, the comment at the head of the source explains
 *     "try"            sentences: what to do next
 *     "expect"         what is to come of it:
 *       "output"       POSIX extended regular expression that matches part of the standard output
 *       "ends"         false: it hangs for ever; true where left out
 *       "exit_code"    0 to 255, of one that ends; 0 where left out
 *       "snarl", "thread_sanitizer", "helgrind", "drd"
 *                      kinds of findings: exactly these. Where left out, there is no such leg.
 *     "deterministic"  false: that it comes so is left to chance; true where left out
 *     "fixed_by"       name of the scenario that shows the mend
 *
 * A manifest is loaded once and then only read; all of it, strings included, is freed with it.
 * Any thread; not inside a host program (it allocates and reads files).
 */
#ifndef SNARL_SUITE_MANIFEST_H
#define SNARL_SUITE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "suite/kinds.h"
#include "suite/legs.h"

/* What a leg is to find. */
struct snarl_expected_kinds {
    bool given; /* the manifest says so; always for the native leg, which finds nothing */
    snarl_kinds kinds;
};

struct snarl_strings {
    const char **items; /* ended by NULL */
    size_t count;
};

struct snarl_scenario {
    const char *name;
    const char *lesson;   /* a few words, shared with those that teach the same */
    const char *manifest; /* path of the file that has its row */
    const char *folder;   /* where that lies */
    const char *source;   /* path of the file that shows it */
    bool has_source;      /* the manifest names it; else it need not exist */
    const char *program;
    const char *summary;
    struct snarl_strings explanation;
    struct snarl_strings arguments, races_arguments;
    struct snarl_strings tries;
    double time_limit_s; /* 0: the usual */
    struct {
        const char *output; /* NULL for any */
        bool ends;
        int exit_code;
        struct snarl_expected_kinds legs[SNARL_LEG_KINDS];
    } expect;
    bool deterministic;
    const char *fixed_by; /* NULL for none */
};

struct snarl_manifest {
    struct snarl_scenario *scenarios; /* in the order of the files: those of a lesson together */
    size_t count;
    struct snarl_manifest_memory *memory; /* private */
};

/*
 * Reads the manifest at `path`, and those of its lessons. The caller frees it.
 *
 * Returns NULL, with one line in `error` (of `error_size` >= 1 bytes) that begins with the path of
 * the file and says what is wrong where, if a file cannot be read, is not JSON, misses a member,
 * has one that is unknown or of the wrong type, a kind that snarl_finding_name does not know, an
 * output expression that does not compile, a name twice or a fixed_by that is no scenario.
 */
struct snarl_manifest *snarl_manifest_load(const char *path, char *error, size_t error_size);

/* NULL is allowed. */
void snarl_manifest_free(struct snarl_manifest *manifest);

/* The scenario of that name; NULL for none. */
const struct snarl_scenario *snarl_manifest_find(const struct snarl_manifest *manifest,
                                                 const char *name);

#endif
