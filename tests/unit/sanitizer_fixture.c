#include "sanitizer_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/command.h"

const char *const sanitizer_compilers[] = {"gcc-12", "clang-14", NULL};

const char *const sanitizer_fixtures[] = {
    "data_race",         "lock_order",  "lock_order_stacks", "double_lock", "destroy_locked",
    "unlock_not_locked", "thread_leak", "heap_race",         NULL,
};

char *sanitizer_fixture_read(const char *name, const char *compiler, size_t *size)
{
    char path[512];
    snprintf(path, sizeof path, "%s/thread_sanitizer/%s.%s.txt", SNARL_FIXTURES, name, compiler);
    return file_read(path, size);
}

struct snarl_report *sanitizer_parse(const char *text, size_t size)
{
    char *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    if (size > 0)
        memcpy(exact, text, size);
    struct snarl_report *report = snarl_thread_sanitizer_parse(exact, size);
    free(exact);
    return report;
}
