/* Modules whose locks cannot be seen are named, others are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bank_ask.h"
#include "recording_ask.h"
#include "symbols/marks.h"

#define FIXTURE(mark) SNARL_FUTEX_FIXTURES "/libfutex_" mark ".so"

/* `build_id` is four bytes, as the fixtures have: 0x01020304; 0 for none. */
static void tell_module(struct sample *sample, const char *path, unsigned build_id)
{
    struct snarl_fact_module fact = {
        .header.kind = SNARL_FACT_MODULE,
        .start = 1,
        .end = 2,
        .build_id_size = build_id != 0 ? 4 : 0,
        .build_id = {1, 2, 3, (uint8_t)build_id},
        .path_size = (uint32_t)strlen(path) + 1,
    };
    sample_append(sample, &fact, sizeof fact, path, fact.path_size);
}

/* The losses of a program with these modules are these. */
static void assert_losses(const char *const *modules, size_t count, const char *const *losses,
                          size_t loss_count)
{
    struct sample sample;
    bank_begin(&sample);
    for (size_t i = 0; i < count; i++)
        tell_module(&sample, modules[i], 0);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->loss_count, loss_count);
    for (size_t i = 0; i < loss_count; i++)
        assert_string_equal(report->losses[i], losses[i]);
    snarl_report_free(report);
}
#define COUNTED(...)                                                                               \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

static void some_are_known_by_name(void **state)
{
    (void)state;
    assert_losses(COUNTED("/usr/lib/x86_64-linux-gnu/libQt5Core.so.5.15.8",
                          "/opt/qt/libQt6Core.so.6", "/nowhere/libabsl_synchronization.so.20220623",
                          "/usr/lib/x86_64-linux-gnu/libgomp.so.1.0.0"),
                  COUNTED("libQt5Core.so.5.15.8: Qt's locks wait by bare futex calls, which cannot "
                          "be seen",
                          "libQt6Core.so.6: Qt's locks wait by bare futex calls, which cannot be "
                          "seen",
                          "libabsl_synchronization.so.20220623: abseil's locks wait by bare futex "
                          "calls, which cannot be seen",
                          "libgomp.so.1.0.0: GNU OpenMP's locks and barriers wait by bare futex "
                          "calls, which cannot be seen"));
}

static void names_that_are_only_alike_are_others(void **state)
{
    (void)state;
    assert_losses(COUNTED("/opt/libQt5CoreTools.so.5", "/opt/qt/libQt6Core/plugin.so",
                          "/opt/notlibgomp.so.1"),
                  NULL, 0);
}

static void some_are_known_by_what_they_hold(void **state)
{
    (void)state;
    assert_losses(
        COUNTED(FIXTURE("comment"), FIXTURE("symbol")),
        COUNTED("libfutex_comment.so: Rust's locks wait by bare futex calls, which cannot "
                "be seen",
                "libfutex_symbol.so: abseil's locks wait by bare futex calls, which "
                "cannot be seen"));
}

static void what_only_looks_so_is_not_named(void **state)
{
    (void)state;
    assert_losses(COUNTED(FIXTURE("none"), "/nowhere/at/all.so", "/", "/dev/null", "[vdso]"), NULL,
                  0);
}

static void each_is_named_once(void **state)
{
    (void)state;
    struct sample samples[2];
    for (int i = 0; i < 2; i++) {
        bank_begin(&samples[i]);
        for (int again = 0; again < 3; again++)
            tell_module(&samples[i], FIXTURE("comment"), 0);
        sample_close(&samples[i]);
    }
    struct snarl_report *report = bank_analyse(samples, 2, false);
    assert_int_equal(report->loss_count, 1);
    snarl_report_free(report);
}

/* The file has been replaced since: what it holds now says nothing. */
static void a_file_of_another_build_is_not_believed(void **state)
{
    (void)state;
    const unsigned ids[] = {0x01020304, 0x01020305};
    for (int other = 0; other < 2; other++) {
        struct sample sample;
        bank_begin(&sample);
        tell_module(&sample, FIXTURE("comment"), ids[other]);
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->loss_count, !other);
        snarl_report_free(report);
    }
}

/* A library of the system's is opened only where the program itself lies there. */
static void the_system_s_own_are_known_by_name_only(void **state)
{
    (void)state;
    char link[256];
    snprintf(link, sizeof link, "%s/libc.so.6", recording_directory); /* foreign by its name */
    assert_int_equal(symlink(FIXTURE("comment"), link), 0);
    assert_losses((const char *const[]){link}, 1, NULL, 0);

    struct sample sample;
    sample_begin(&sample, recording_directory, &bank_plain);
    char strings[512];
    size_t size = (size_t)snprintf(strings, sizeof strings, "%s", link) + 1;
    memcpy(strings + size, "/", 2);
    struct snarl_fact_process process = {.header.kind = SNARL_FACT_PROCESS,
                                         .strings_size = (uint32_t)size + 2};
    sample_append(&sample, &process, sizeof process, strings, size + 2);
    tell_module(&sample, link, 0);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->loss_count, 1);
    assert_string_equal(report->losses[0],
                        "libc.so.6: Rust's locks wait by bare futex calls, which cannot be seen");
    snarl_report_free(report);
}

/* A file cut short, or with bytes changed, has the mark or has it not; nothing else happens. */
static void damaged_files_are_survived(void **state)
{
    (void)state;
    static const struct snarl_mark marks[] = {{".comment", "rustc version"}, {NULL, "rust"}};
    static unsigned char whole[1 << 16], changed[sizeof whole];
    FILE *file = fopen(FIXTURE("comment"), "rb");
    assert_non_null(file);
    size_t size = fread(whole, 1, sizeof whole, file);
    fclose(file);
    assert_in_range(size, 1000, sizeof whole - 1);
    char path[256];
    snprintf(path, sizeof path, "%s/damaged.so", recording_directory);
    assert_ptr_equal(snarl_marks_find(FIXTURE("comment"), NULL, 0, marks, 2), &marks[0]);
    srand(1);
    for (int round = 0; round < 1000; round++) {
        memcpy(changed, whole, size);
        for (int change = 0; change < round % 16; change++) /* mostly of the headers */
            changed[(size_t)rand() % (change % 2 == 0 ? 64 : size)] = (unsigned char)rand();
        size_t kept = round % 3 == 0 ? (size_t)rand() % size : size;
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(changed, 1, kept, file), kept);
        fclose(file);
        const struct snarl_mark *mark = snarl_marks_find(path, NULL, 0, marks, 2);
        assert_true(mark == NULL || mark == &marks[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(some_are_known_by_name),
        TEST(names_that_are_only_alike_are_others),
        TEST(some_are_known_by_what_they_hold),
        TEST(what_only_looks_so_is_not_named),
        TEST(each_is_named_once),
        TEST(a_file_of_another_build_is_not_believed),
        TEST(the_system_s_own_are_known_by_name_only),
        TEST(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
