/*
 * Where snarl's own files are: the same answer in a build tree and below an installed prefix.
 *
 * Looked for beside the running command first, so that a moved prefix works, then where the build
 * was told to install.
 */
#ifndef SNARL_LAYOUT_H
#define SNARL_LAYOUT_H

enum snarl_layout_place {
    SNARL_LAYOUT_LIBRARY,   /* libsnarl.so and its like */
    SNARL_LAYOUT_SCENARIOS, /* the scenarios' programs */
    SNARL_LAYOUT_SOURCES,   /* their sources and manifest.json */
};

/* The absolute path of `name` in that place, to be freed; NULL where it is in none of them. */
char *snarl_layout_find(enum snarl_layout_place place, const char *name);

#endif
