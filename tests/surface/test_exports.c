/*
 * The calls that libsnarl.so intercepts, beside what the installed libc exports: every symbol that
 * has to do with synchronisation is in one of two tables, and a new one in a newer libc fails here.
 */
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "surface/selection.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static struct surface_row rows[] = {
#define CALL(name, version, ...) {#name, version, 0},
#include "preload/calls.def"
#undef CALL
};

#define LEFT_ALONE(pattern, reason) {pattern, reason, 0},
#define LEFT_ALONE_SINCE(minor, pattern, reason) {pattern, reason, minor},
#define INTERCEPTED_SINCE(minor, name)
static const struct surface_left_alone left[] = {
#include "left_alone.def"
};
#undef LEFT_ALONE
#undef LEFT_ALONE_SINCE
#undef INTERCEPTED_SINCE

#define LEFT_ALONE(pattern, reason)
#define LEFT_ALONE_SINCE(minor, pattern, reason)
#define INTERCEPTED_SINCE(minor, name) {name, NULL, minor},
static const struct surface_row later[] = {
    {"", NULL, 0},
#include "left_alone.def"
};

static struct exports libc;
static struct surface_row libc_rows[COUNT(rows)], glib_rows[COUNT(rows)];
static size_t libc_row_count, glib_row_count;
static struct surface surface = {.rows = libc_rows, .left = left, .left_count = COUNT(left)};

static int read_libc(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < COUNT(later); j++)
            if (strcmp(later[j].name, rows[i].name) == 0)
                rows[i].since = later[j].since;
        if (strncmp(rows[i].name, "g_", 2) == 0)
            glib_rows[glib_row_count++] = rows[i];
        else
            libc_rows[libc_row_count++] = rows[i];
    }
    /* Before glibc 2.34 the threads, message queues and loader calls had libraries of their own. */
    exports_add_loaded(&libc, "libc.so.6");
    exports_add_loaded(&libc, "libpthread.so.0");
    exports_add_loaded(&libc, "librt.so.1");
    exports_add_loaded(&libc, "libdl.so.2");
    exports_add_loaded(&libc, "libanl.so.1");
    surface.row_count = libc_row_count;
    surface.exports = &libc;
    return sscanf(gnu_get_libc_version(), "2.%d", &surface.minor) == 1 ? 0 : -1;
}

static int forget_libc(void **state)
{
    (void)state;
    exports_free(&libc);
    return 0;
}

static void check_nothing(char *lines)
{
    bool wrong = lines[0] != '\0';
    fputs(lines, stderr); /* cmocka's own messages end after 1024 characters */
    free(lines);
    assert_false(wrong);
}

static void every_symbol_is_in_a_table(void **state)
{
    (void)state;
    check_nothing(surface_unaccounted(&surface));
}

static void every_version_is_in_a_table(void **state)
{
    (void)state;
    check_nothing(surface_other_versions(&surface));
}

static void no_symbol_is_in_both(void **state)
{
    (void)state;
    check_nothing(surface_overlaps(&surface));
}

static void what_is_in_the_tables_exists(void **state)
{
    (void)state;
    check_nothing(surface_strangers(&surface));
}

static void every_reason_is_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(left); i++)
        assert_true(strchr(left[i].reason, ' ') != NULL);
}

static void rows_of_glib_exist(void **state)
{
    (void)state;
    void *glib = dlopen("libglib-2.0.so.0", RTLD_LAZY | RTLD_LOCAL);
    if (glib == NULL || glib_row_count == 0)
        skip();
    for (size_t i = 0; i < glib_row_count; i++)
        if (dlsym(glib, glib_rows[i].name) == NULL)
            fail_msg("calls.def: GLib has no %s", glib_rows[i].name);
    dlclose(glib);
}

/* The exports are read at all, and by their right versions. */
static void libc_is_read(void **state)
{
    (void)state;
    size_t found = 0;
    for (size_t i = 0; i < libc.count; i++) {
        const struct export_symbol *symbol = &libc.symbols[i];
        if (strcmp(symbol->name, "pthread_cond_wait") != 0)
            continue;
        found++;
        assert_int_equal(symbol->preferred, strcmp(symbol->version, "GLIBC_2.3.2") == 0);
        assert_true(symbol->preferred || strcmp(symbol->version, "GLIBC_2.2.5") == 0);
    }
    assert_int_equal(found, 2);
    assert_true(libc.count > 2000);
}

/* A libc of a few symbols, and tables that fit it, or do not. */
struct small {
    struct export_symbol symbols[4];
    struct surface_row rows[2];
    struct surface_left_alone left[2];
};

static const struct small fitting = {
    {{"sem_post", "GLIBC_2.34", true, 1},
     {"sem_post", "GLIBC_2.2.5", false, 1},
     {"sem_getvalue", "GLIBC_2.2.5", true, 2},
     {"strlen", "GLIBC_2.2.5", true, 3}},
    {{"sem_post", NULL, 0}, {"pthread_later", NULL, 99}},
    {{"sem_get*", "only reads", 0}, {"sem_later", "only reads", 99}},
};

static void check_small(const struct small *small, char *(*ask)(const struct surface *),
                        const char *expected)
{
    struct exports exports = {(struct export_symbol *)small->symbols, 4};
    struct surface fake = {small->rows, 2, small->left, 2, &exports, 36};
    char *lines = ask(&fake);
    assert_string_equal(lines, expected);
    free(lines);
}

static void tables_that_fit(void **state)
{
    (void)state;
    check_small(&fitting, surface_unaccounted, "");
    check_small(&fitting, surface_other_versions, "");
    check_small(&fitting, surface_overlaps, "");
    check_small(&fitting, surface_strangers, "");
}

static void a_new_symbol_is_told(void **state)
{
    (void)state;
    struct small small = fitting;
    small.symbols[3] = (struct export_symbol){"thrd_park", "GLIBC_2.99", true, 3};
    check_small(&small, surface_unaccounted,
                "thrd_park@GLIBC_2.99 looks like synchronisation: intercept it by a row of "
                "lib/preload/calls.def, or say in tests/surface/left_alone.def why no thread can "
                "wait, release or order through it\n");
}

static void a_new_version_is_told(void **state)
{
    (void)state;
    struct small small = fitting;
    small.symbols[1].function = 4;
    check_small(&small, surface_other_versions,
                "sem_post@GLIBC_2.2.5 is another function than the GLIBC_2.34 that is intercepted: "
                "say in tests/surface/left_alone.def, by name and version, what its callers get\n");
    small.left[1] = (struct surface_left_alone){"sem_post@GLIBC_2.2.5", "is old", 0};
    check_small(&small, surface_other_versions, "");
    check_small(&small, surface_overlaps, "");
}

static void overlaps_are_told(void **state)
{
    (void)state;
    struct small small = fitting;
    small.left[1] = (struct surface_left_alone){"sem_p*", "only writes", 0};
    check_small(&small, surface_overlaps,
                "sem_post@GLIBC_2.34 is a row of calls.def, and left alone as \"sem_p*\"\n");
    small.left[1] = (struct surface_left_alone){"*value", "only reads", 0};
    check_small(
        &small, surface_overlaps,
        "sem_getvalue@GLIBC_2.2.5 is left alone twice, as \"sem_get*\" and as \"*value\"\n");
}

static void strangers_are_told(void **state)
{
    (void)state;
    struct small small = fitting;
    small.rows[1].since = 0;
    small.left[1].since = 36;
    check_small(&small, surface_strangers,
                "calls.def: glibc 2.36 has no pthread_later: take the row away, or say since when "
                "it is there\n"
                "left_alone.def: glibc 2.36 has no sem_later: take the row away, or say since when "
                "it is there\n");
    small = fitting;
    small.rows[0].since = 38;
    small.symbols[2].version = "GLIBC_2.34";
    check_small(&small, surface_strangers,
                "calls.def: sem_post is said to come with glibc 2.38, and is there in 2.36\n"
                "left_alone.def: sem_get* is there since glibc 2.34 only: say so\n");
}

static void look_ups_that_find_nothing_are_told(void **state)
{
    (void)state;
    struct small small = fitting;
    small.symbols[0].preferred = false;
    check_small(&small, surface_strangers,
                "calls.def: sem_post has no preferred version: look-ups find nothing, so name a "
                "version it has\n");
    small.rows[0].version = "GLIBC_2.2.5";
    check_small(&small, surface_strangers, "");
}

static void names_tell(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "pthread_mutex_hyperlock", "_IO_flockfile", "__pthread_once", "call_once", "futex_wake",
        "sem_frobnicate",          "_exit",         "_Fork"};
    static const char *const no[] = {"strlen", "qsort", "fopen", "open_memstream"};
    for (size_t i = 0; i < COUNT(yes); i++)
        assert_true(surface_is_synchronisation(yes[i]));
    for (size_t i = 0; i < COUNT(no); i++)
        assert_false(surface_is_synchronisation(no[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libc_is_read),
        cmocka_unit_test(every_symbol_is_in_a_table),
        cmocka_unit_test(every_version_is_in_a_table),
        cmocka_unit_test(no_symbol_is_in_both),
        cmocka_unit_test(what_is_in_the_tables_exists),
        cmocka_unit_test(every_reason_is_one),
        cmocka_unit_test(rows_of_glib_exist),
        cmocka_unit_test(tables_that_fit),
        cmocka_unit_test(a_new_symbol_is_told),
        cmocka_unit_test(a_new_version_is_told),
        cmocka_unit_test(overlaps_are_told),
        cmocka_unit_test(strangers_are_told),
        cmocka_unit_test(look_ups_that_find_nothing_are_told),
        cmocka_unit_test(names_tell),
    };
    return cmocka_run_group_tests(tests, read_libc, forget_libc);
}
