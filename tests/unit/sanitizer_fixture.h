/* The captured reports, and parsing them as strictly as can be. For tests. */
#ifndef TESTS_UNIT_SANITIZER_FIXTURE_H
#define TESTS_UNIT_SANITIZER_FIXTURE_H

#include <stddef.h>

#include "analysis/thread_sanitizer.h"

/* Both end with NULL; every fixture exists for every compiler. */
extern const char *const sanitizer_compilers[];
extern const char *const sanitizer_fixtures[];

/* The text of one; the caller frees it. Fails the test where there is none. */
char *sanitizer_fixture_read(const char *name, const char *compiler, size_t *size);

/* Parses from a buffer of exactly that size, so that AddressSanitizer sees a read beyond it. */
struct snarl_report *sanitizer_parse(const char *text, size_t size);

#endif
