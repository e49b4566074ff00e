/* The checks of `snarl doctor`: each says whether something works here, and what to do if not. */
#ifndef SNARL_DOCTOR_H
#define SNARL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

/* CHECK(function, "title"): `snarl run` needs those marked NEEDED. */
#define SNARL_DOCTOR_CHECKS(CHECK)                                                                 \
    CHECK(preload, "preload", NEEDED)                                                              \
    CHECK(unwinder, "libunwind", NEEDED)                                                           \
    CHECK(debug_info, "debug information", USEFUL)                                                 \
    CHECK(thread_sanitizer, "ThreadSanitizer", USEFUL)                                             \
    CHECK(breakpoints, "perf breakpoints", USEFUL)                                                 \
    CHECK(ptrace, "ptrace", USEFUL)

/* Each returns whether it works; `remark` (of `size` bytes) is a remedy where it does not, and may
 * be a remark where it does. */
#define CHECK(function, title, need) bool snarl_doctor_##function(char *remark, size_t size);
SNARL_DOCTOR_CHECKS(CHECK)
#undef CHECK

#endif
