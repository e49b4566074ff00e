/*
 * The legs of a scenario: the ways in which it is run, each of which has an expectation.
 */
#ifndef SNARL_SUITE_LEGS_H
#define SNARL_SUITE_LEGS_H

/* LEG(IDENTIFIER, "name in files", "title for people", "suffix of the program") */
#define SNARL_LEGS(LEG)                                                                            \
    LEG(NATIVE, "native", "native", "")                                                            \
    LEG(SNARL, "snarl", "snarl", "")                                                               \
    LEG(RACES, "races", "--races", "")                                                             \
    LEG(THREAD_SANITIZER, "thread_sanitizer", "TSan", ".tsan")                                     \
    LEG(HELGRIND, "helgrind", "Helgrind", "")                                                      \
    LEG(DRD, "drd", "DRD", "")

enum snarl_leg_kind {
#define LEG(identifier, name, title, suffix) SNARL_LEG_##identifier,
    SNARL_LEGS(LEG)
#undef LEG
    SNARL_LEG_KINDS,
};

/* "thread_sanitizer": the member of a manifest's expectations, and the name in what is written. */
const char *snarl_leg_name(enum snarl_leg_kind leg);

/* "TSan" */
const char *snarl_leg_title(enum snarl_leg_kind leg);

/* What follows a scenario's name in that of the program of this leg; may be "". */
const char *snarl_leg_suffix(enum snarl_leg_kind leg);

#endif
