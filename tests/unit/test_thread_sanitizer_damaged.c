/*
 * ThreadSanitizer's reports cut at every byte, mixed with each other and with rubbish: what is
 * read must hang together, and what is lost must be told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "sanitizer_fixture.h"

static const char mark[] = "WARNING: ThreadSanitizer: ";
static const char rule[] = "==================\n";

static void assert_steps_hang_together(const struct snarl_report *report,
                                       const struct snarl_report_step *steps, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        const struct snarl_report_step *step = &steps[index];
        assert_true(step->thread == 0 || snarl_report_thread_by_id(report, step->thread) != NULL);
        assert_true((step->target == SNARL_TARGET_LOCK) ==
                    (snarl_report_lock_by_id(report, step->wants) != NULL));
        for (size_t hold = 0; hold < step->hold_count; hold++)
            assert_non_null(snarl_report_lock_by_id(report, step->holds[hold].lock));
    }
}

static void assert_hangs_together(const struct snarl_report *report)
{
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        assert_int_equal(strlen(finding->id), 16);
        assert_non_null(finding->message);
        assert_steps_hang_together(report, finding->steps, finding->step_count);
        for (size_t lock = 0; lock < finding->lock_count; lock++)
            assert_non_null(snarl_report_lock_by_id(report, finding->locks[lock]));
        for (size_t thread = 0; thread < finding->thread_count; thread++)
            assert_non_null(snarl_report_thread_by_id(report, finding->threads[thread]));
        for (size_t variant = 0; variant < finding->also_count; variant++)
            assert_steps_hang_together(report, finding->also[variant].steps,
                                       finding->also[variant].step_count);
    }
    for (size_t index = 0; index < report->lock_count; index++)
        assert_true(report->locks[index].process < report->process_count);
    for (size_t index = 0; index < report->thread_count; index++)
        assert_true(report->threads[index].process < report->process_count);
}

/* Up to the mark there is nothing; up to the end of its line a loss; up to the closing rule a
 * finding and a loss; from then on the finding alone. */
static void cut_everywhere(const char *text, size_t size)
{
    const char *begin = strstr(text, mark);
    assert_non_null(begin);
    size_t marked = (size_t)(begin - text) + strlen(mark);
    size_t named = (size_t)(strstr(begin, " (pid=") - text) + strlen(" (pid=");
    size_t closed = (size_t)(strstr(begin, rule) - text) + strlen(rule) - 1;

    for (size_t length = 0; length <= size; length++) {
        struct snarl_report *report = sanitizer_parse(text, length);
        assert_hangs_together(report);
        assert_int_equal(report->finding_count, length >= named);
        assert_int_equal(report->loss_count, length >= marked && length < closed);
        snarl_report_free(report);
    }
}

static void any_cut_is_read_and_told(void **state)
{
    (void)state;
    for (size_t fixture = 0; sanitizer_fixtures[fixture] != NULL; fixture++) {
        for (size_t compiler = 0; sanitizer_compilers[compiler] != NULL; compiler++) {
            size_t size;
            char *text = sanitizer_fixture_read(sanitizer_fixtures[fixture],
                                                sanitizer_compilers[compiler], &size);
            cut_everywhere(text, size);
            free(text);
        }
    }
}

/* Any tail is what is left when the beginning was lost. */
static void any_tail_is_read(void **state)
{
    (void)state;
    size_t size;
    char *text = sanitizer_fixture_read("lock_order_stacks", "clang-14", &size);
    size_t marked = (size_t)(strstr(text, mark) - text);
    for (size_t start = 0; start <= size; start++) {
        struct snarl_report *report = sanitizer_parse(text + start, size - start);
        assert_hangs_together(report);
        assert_int_equal(report->finding_count, start <= marked);
        snarl_report_free(report);
    }
    free(text);
}

/* Two processes that write to one file: line by line, one of each. */
static void interleaved_reports_are_read(void **state)
{
    (void)state;
    size_t size;
    char *first = sanitizer_fixture_read("lock_order_stacks", "gcc-12", &size);
    char *second = sanitizer_fixture_read("heap_race", "clang-14", &size);
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    char *rest[] = {first, second};
    for (size_t turn = 0; rest[0] != NULL || rest[1] != NULL; turn++) {
        char *line = strsep(&rest[turn % 2], "\n");
        if (line != NULL)
            fprintf(out, "%s\n", line);
    }
    fclose(out);

    struct snarl_report *report = sanitizer_parse(text, size);
    assert_hangs_together(report);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->process_count, 2);
    assert_int_equal(report->findings[0].kind, SNARL_FINDING_LOCK_ORDER_CYCLE);
    assert_int_equal(report->findings[1].kind, SNARL_FINDING_DATA_RACE);
    assert_true(report->loss_count > 0);
    snarl_report_free(report);
    free(text);
    free(first);
    free(second);
}

/* Bytes overwritten, a few at a time, from a fixed seed. */
static void rubbish_is_survived(void **state)
{
    (void)state;
    enum {
        ROUNDS = 2000,
        CHANGES = 12,
    };
    static const char likely[] = "\n\n M#0:()T'\x1b=x\0\xff";
    uint64_t random = 1;
    for (size_t fixture = 0; sanitizer_fixtures[fixture] != NULL; fixture++) {
        size_t size;
        char *text = sanitizer_fixture_read(sanitizer_fixtures[fixture], "clang-14", &size);
        char *damaged = malloc(size);
        assert_non_null(damaged);
        for (int round = 0; round < ROUNDS; round++) {
            memcpy(damaged, text, size);
            for (int change = 0; change < CHANGES; change++) {
                random = snarl_hash_mix(random, (uint64_t)round);
                damaged[random % size] = likely[(random >> 40) % sizeof likely];
            }
            struct snarl_report *report = sanitizer_parse(damaged, size);
            assert_hangs_together(report);
            snarl_report_free(report);
        }
        free(damaged);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_is_read_and_told),
        cmocka_unit_test(any_tail_is_read),
        cmocka_unit_test(interleaved_reports_are_read),
        cmocka_unit_test(rubbish_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
