/* Misuse of the calls: each wrong case of programs/misuse.def is named, its twin is not. */
#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "watched.h"

static const struct row {
    const char *name;
    enum snarl_finding_kind kind;
    enum snarl_severity severity;
    const char *object, *accused, *other;
    bool elsewhere;
} rows[] = {
#define MISUSE_CASE(identifier, name, kind, severity, object, accused, other, elsewhere)           \
    {name, SNARL_FINDING_##kind, SNARL_##severity, object, accused, other, elsewhere},
#include "programs/misuse.def"
#undef MISUSE_CASE
};

enum {
    ROWS = sizeof rows / sizeof rows[0]
};

/* What is wrong is said without ending the test: a table is read best as a whole. */
#define EXPECT(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "misuse %s: ", row->name);                                             \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, "\n");                                                                 \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

static bool step_is(const struct row *row, const struct snarl_report_step *step,
                    const char *function)
{
    EXPECT(function == NULL || strcmp(watched_function(&step->stack), function) == 0,
           "a step in %s, not in %s", watched_function(&step->stack), function);
    return true;
}

static bool object_is(const struct row *row, const struct snarl_report *report,
                      const struct snarl_report_finding *finding)
{
    if (row->object == NULL)
        return true;
    EXPECT(finding->lock_count >= 1, "no object");
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, finding->locks[0]);
    EXPECT(lock != NULL && lock->name != NULL && strcmp(lock->name, row->object) == 0,
           "the object is %s, not %s", lock != NULL && lock->name != NULL ? lock->name : "unnamed",
           row->object);
    return true;
}

static bool finding_is(const struct row *row, const struct snarl_report *report)
{
    EXPECT(report != NULL, "no recording");
    EXPECT(report->loss_count == 0, "lost: %s", report->losses[0]);
    EXPECT(report->finding_count == 1, "%zu findings, the first \"%s\"", report->finding_count,
           report->finding_count > 0 ? report->findings[0].message : "");
    const struct snarl_report_finding *finding = &report->findings[0];
    EXPECT(finding->kind == row->kind, "is %s", snarl_finding_name(finding->kind));
    EXPECT(finding->severity == row->severity, "is a %s", snarl_severity_name(finding->severity));
    EXPECT(finding->status == SNARL_OCCURRED, "is %s", snarl_status_name(finding->status));
    EXPECT(finding->step_count >= (row->other != NULL ? 2U : 1U), "a party is missing");
    EXPECT(row->other == NULL ||
               (finding->steps[0].thread != finding->steps[1].thread) == row->elsewhere,
           "the other party is %s thread", row->elsewhere ? "the same" : "another");
    return object_is(row, report, finding) && step_is(row, &finding->steps[0], row->accused) &&
           (row->other == NULL || step_is(row, &finding->steps[1], row->other));
}

static bool runs_well(const struct row *row, const struct watched *watched)
{
    EXPECT(watched->result.status == 0, "ended with %d", watched->result.status);
    EXPECT(watched->result.output_size == 0, "wrote \"%s\"", watched->result.output);
    EXPECT(watched->result.error_size == 0, "wrote \"%s\"", watched->result.error);
    return true;
}

static void misuse_is_found(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].severity == SNARL_NOTE)
            continue;
        struct watched watched = WATCH(NULL, "misuse", rows[i].name);
        failures += !runs_well(&rows[i], &watched) || !finding_is(&rows[i], watched.report);
        watched_free(&watched);
    }
    assert_int_equal(failures, 0);
}

static void notes_are_off_by_default(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].severity == SNARL_NOTE)
            UNHARMED(0, "misuse", rows[i].name);
}

static void notes_are_found_when_asked_for(void **state)
{
    (void)state;
    size_t failures = 0, notes = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].severity != SNARL_NOTE)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%s-not", rows[i].name);
        struct watched watched = WATCH("signal_without_lock=1", "misuse", rows[i].name);
        struct watched twin = WATCH("signal_without_lock=1", "misuse", name);
        failures += !runs_well(&rows[i], &watched) || !finding_is(&rows[i], watched.report);
        assert_int_equal(twin.report->finding_count, 0);
        watched_free(&watched);
        watched_free(&twin);
        notes++;
    }
    assert_int_equal(failures, 0);
    assert_int_equal(notes, 1);
}

/* The same calls, but for one line. */
static void right_use_is_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s-not", rows[i].name);
        UNHARMED(0, "misuse", name);
    }
}

static void what_looks_like_it_is_not(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "used-again",        "pooled",         "destroyed-at-once",       "main-is-joined",
        "child-begins-anew", "permit-is-kept", "made-by-its-initialiser", "initialised-elsewhere",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        UNHARMED(0, "careful", cases[i]);
}

/* What libsnarl.so is there for: the program alone says nothing. */
static void alone_the_program_runs_well(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct watched watched = watched_run(&(struct watch){
            .arguments = (const char *const[]){"misuse", rows[i].name, NULL}, .plain = true});
        assert_true(runs_well(&rows[i], &watched));
        watched_free(&watched);
    }
}

static void every_kind_has_a_case(void **state)
{
    (void)state;
    static const enum snarl_finding_kind kinds[] = {
#define MISUSE(identifier, ...) SNARL_FINDING_##identifier,
#include "core/misuse.def"
#undef MISUSE
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        bool found = false;
        for (size_t j = 0; j < ROWS; j++)
            found |= rows[j].kind == kinds[i];
        if (!found)
            fail_msg("programs/misuse.def has no case of %s", snarl_finding_name(kinds[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_a_case),
        cmocka_unit_test(alone_the_program_runs_well),
        cmocka_unit_test(misuse_is_found),
        cmocka_unit_test(notes_are_off_by_default),
        cmocka_unit_test(what_looks_like_it_is_not),
        cmocka_unit_test(right_use_is_not),
        cmocka_unit_test(notes_are_found_when_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
