/* Schedules: written and read back, and what is wrong with one is told with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recording/schedule.h"

#define HEAD "snarl-schedule 1\nmodule 0aff /bin/bank\n"
#define STEP "step\nthread any\nholds any\ntaken 1+0x10\nwanted 1+0x20\n"

static const char whole[] =
    "snarl-schedule 1\n"
    "finding 0123456789abcdef\n"
    "hold either\n"
    "seed 18446744073709551615\n"
    "bound 250\n"
    "module 0aff /bin/bank of ours\n"
    "module - /lib/libbank.so\n"
    "step\n"
    "thread made 1+0x10 2+0xfedcba9876543210 ?\n"
    "holds variable 2+0x40\n"
    "taken 1+0x11 2+0x12\n"
    "wanted 1+0x13\n"
    "taken 1+0x14\n"
    "wanted 1+0x15 ? 2+0x16\n"
    "step\n"
    "thread main\n"
    "holds made 1+0x20 1+0x21\n"
    "taken 1+0x22\n"
    "wanted 1+0x23\n"
    "step\n"
    "thread any\n"
    "holds any\n"
    "taken 1+0x0\n"
    "wanted 2+0x1\n";

static struct snarl_schedule schedule;
static char text[SNARL_SCHEDULE_SIZE + 1];
static char written[SNARL_SCHEDULE_SIZE];

static bool parse(const char *from, size_t size, struct snarl_schedule_error *error)
{
    memcpy(text, from, size);
    return snarl_schedule_parse(&schedule, text, size, error);
}

static const char *write(void)
{
    struct snarl_text to = snarl_text_over(written, sizeof written);
    snarl_schedule_write(&schedule, &to);
    assert_false(to.truncated);
    return written;
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    struct snarl_schedule_error error;
    assert_true(parse(whole, sizeof whole - 1, &error));
    assert_string_equal(schedule.finding, "0123456789abcdef");
    assert_int_equal(schedule.hold, SNARL_HOLD_EITHER);
    assert_true(schedule.seed == UINT64_MAX);
    assert_int_equal(schedule.bound_ms, 250);
    assert_int_equal(schedule.module_count, 2);
    assert_int_equal(schedule.modules[0].build_id_size, 2);
    assert_memory_equal(schedule.modules[0].build_id, "\x0a\xff", 2);
    assert_string_equal(schedule.modules[0].path, "/bin/bank of ours");
    assert_int_equal(schedule.modules[1].build_id_size, 0);
    assert_int_equal(schedule.step_count, 3);
    const struct snarl_schedule_step *step = &schedule.steps[0];
    assert_int_equal(step->thread, SNARL_THREAD_MADE);
    assert_int_equal(step->thread_made.count, 3);
    const struct snarl_schedule_place *places = &schedule.places[step->thread_made.first];
    assert_int_equal(places[1].module, 2);
    assert_true(places[1].offset == 0xfedcba9876543210u);
    assert_int_equal(places[2].module, 0);
    assert_int_equal(step->holds, SNARL_LOCK_VARIABLE);
    assert_int_equal(step->variable.offset, 0x40);
    assert_int_equal(step->way_count, 2);
    assert_int_equal(step->ways[1].wanted.count, 3);
    assert_int_equal(schedule.steps[1].thread, SNARL_THREAD_MAIN);
    assert_int_equal(schedule.steps[1].holds, SNARL_LOCK_MADE);
    assert_string_equal(write(), whole);
}

static void comments_and_empty_lines_are_passed_over(void **state)
{
    (void)state;
    struct snarl_schedule_error error;
    static const char with[] = HEAD "# two like steps\n\n" STEP "# the other\n" STEP;
    assert_true(parse(with, sizeof with - 1, &error));
    assert_int_equal(schedule.step_count, 2);
    assert_int_equal(schedule.hold, SNARL_HOLD_WANTED);
    assert_int_equal(schedule.bound_ms, SNARL_SCHEDULE_BOUND);
}

static void errors_are_told_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *what;
    } rows[] = {
        {"", 0, "an empty file, not a schedule of snarl's"},
        {"\n", 1, "not a schedule of snarl's"},
        {"root:x:0:0\n", 1, "not a schedule of snarl's"},
        {"snarl-schedule 2\n", 1, "a schedule of a version that this snarl does not know"},
        {"snarl-schedule\n", 1, "a number is missing"},
        {"snarl-schedule 1", 1, "it is cut off within this line"},
        {"snarl-schedule 1\n", 1, "it ends before its second step"},
        {HEAD STEP, 7, "it ends before its second step"},
        {HEAD STEP "step\nthread any\n", 9,
         "a step does not say where its locks are taken and wanted"},
        {HEAD STEP "step\nthread any\nholds any\ntaken 1+0x1\n", 11,
         "a step does not say where its locks are taken and wanted"},
        {HEAD "thread any\n", 3, "it belongs to a step, and none has begun"},
        {HEAD "step\nthread some\n", 4, "expected main, made or any"},
        {HEAD "step\nthread made\n", 4, "a place is missing"},
        {HEAD "step\nthread made \n", 4, "a place is missing"},
        {HEAD "step\nholds variable 2+0x1\n", 4, "no module of this number stands before"},
        {HEAD "step\nholds variable 0+0x1\n", 4, "no module of this number stands before"},
        {HEAD "step\nholds variable 1-0x1\n", 4, "a place is not MODULE+0xOFFSET"},
        {HEAD "step\nholds variable 1+0xg\n", 4, "a number is missing"},
        {HEAD "step\nholds variable 1+0x1g\n", 4, "a place is not MODULE+0xOFFSET"},
        {HEAD "step\nholds variable 1+0x11112222333344445\n", 4, "a number is too large"},
        {HEAD "step\nholds any more\n", 4, "the line goes on where it should end"},
        {HEAD "step\nwanted 1+0x1\n", 4, "no line of what is taken stands before"},
        {HEAD "finding 0123\n", 3, "the id of a finding has 16 hexadecimal digits"},
        {HEAD "hold on\n", 3, "expected wanted, taken or either"},
        {HEAD "bound 1000001\n", 3, "a number is too large"},
        {HEAD "seed -1\n", 3, "a number is missing"},
        {HEAD "module abc /x\n", 3, "a build-id is 2 to 64 hexadecimal digits, or -"},
        {HEAD "module - \n", 3, "the path of the module is missing"},
        {HEAD "wait 3\n", 3, "a line of no known kind"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snarl_schedule_error error;
        if (parse(rows[i].text, strlen(rows[i].text), &error))
            fail_msg("taken for a schedule: %s", rows[i].text);
        if (error.line != rows[i].line || strcmp(error.what, rows[i].what) != 0)
            fail_msg("%s: line %u: %s", rows[i].text, error.line, error.what);
    }
}

static void more_than_fits_is_refused(void **state)
{
    (void)state;
    struct snarl_schedule_error error;
    struct snarl_text to = snarl_text_over(written, sizeof written);
    snarl_text_add(&to, HEAD);
    for (int i = 0; i <= SNARL_SCHEDULE_STEPS; i++)
        snarl_text_add(&to, STEP);
    assert_false(parse(written, to.length, &error));
    assert_string_equal(error.what, "too many steps");
    assert_int_equal(error.line, 2 + 5 * SNARL_SCHEDULE_STEPS + 1);

    to = snarl_text_over(written, sizeof written);
    snarl_text_add(&to, HEAD "step\ntaken");
    for (int i = 0; i <= SNARL_SCHEDULE_FRAMES; i++)
        snarl_text_add(&to, " ?");
    snarl_text_add(&to, "\n");
    assert_false(parse(written, to.length, &error));
    assert_string_equal(error.what, "a call path is too long");
}

/* Cut anywhere, and with any byte changed: read, or refused with a line that is there. */
static void damage_is_survived(void **state)
{
    (void)state;
    static char damaged[sizeof whole];
    struct snarl_schedule_error error;
    size_t size = sizeof whole - 1;
    for (size_t cut = 0; cut < size; cut++)
        if (parse(whole, cut, &error))
            assert_true(schedule.step_count >= 2);
    srand(1);
    for (int i = 0; i < 20000; i++) {
        memcpy(damaged, whole, size);
        damaged[(size_t)rand() % size] = (char)rand();
        if (!parse(damaged, size, &error))
            assert_true(error.line >= 1 && error.line <= 25 && error.what != NULL);
    }
}

/* Each step here or there: by the seed, and not all the same for all seeds. */
static void either_is_by_the_seed(void **state)
{
    (void)state;
    unsigned at_want = 0;
    struct snarl_schedule one = {.hold = SNARL_HOLD_EITHER};
    for (one.seed = 0; one.seed < 1000; one.seed++)
        at_want += snarl_schedule_holds_at_want(&one, 3);
    assert_in_range(at_want, 400, 600);
    one.hold = SNARL_HOLD_WANTED;
    assert_true(snarl_schedule_holds_at_want(&one, 3));
    one.hold = SNARL_HOLD_TAKEN;
    assert_false(snarl_schedule_holds_at_want(&one, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(comments_and_empty_lines_are_passed_over),
        cmocka_unit_test(errors_are_told_with_their_line),
        cmocka_unit_test(more_than_fits_is_refused),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(either_is_by_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
