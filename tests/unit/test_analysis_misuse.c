/* Misuse of the calls: one finding for each kind, object and place, with both parties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "bank_ask.h"
#include "core/objects.h"
#include "recording_ask.h"

static void both_parties_are_told(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_misuse(&sample);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report,
        "error join-twice occurred \n"
        "thread 2 \"payer\" joins thread 3 (bank_refunder), which thread 1 (main) has joined "
        "before. After the first join the same identifier may stand for another thread.\n"
        "fix: join each thread once.\n"
        "locks:\n"
        "threads: 2 1 3\n"
        "2 joins it in bank_pay<bank_payer\n"
        "1 joined it first in bank_refund<bank_refunder\n"
        "error destroy-locked occurred \n"
        "thread 2 \"payer\" destroys bank_alice while thread 3 (bank_refunder) holds it. Whoever "
        "holds it will release it, and by then it is no lock any more.\n"
        "fix: release bank_alice before bank_pay() (recording_program.c:%u) destroys it, and join "
        "the threads that use it first.\n"
        "locks: bank_alice\n"
        "threads: 2 3\n"
        "2 destroys it in bank_pay<bank_payer\n"
        "3 took it in bank_refund<bank_refunder\n",
        bank_pay());
    assert_int_equal(report->loss_count, 0);
    snarl_report_free(report);
}

/* What each kind is called and says: with the other party, and without (NULL for the same). */
static const struct {
    uint32_t misuse;
    const char *name, *action, *other, *both, *alone;
} rows[] = {
    {SNARL_MISUSE_UNLOCK_NOT_LOCKED, "unlock-not-locked", "unlocks it", "took it last",
     "thread 2 \"payer\" releases bank_alice, which nobody holds", NULL},
    {SNARL_MISUSE_UNLOCK_NOT_OWNER, "unlock-not-owner", "unlocks it", "took it",
     "thread 2 \"payer\" releases bank_alice, which thread 3 (bank_refunder) holds",
     "thread 2 \"payer\" releases bank_alice, which another thread holds"},
    {SNARL_MISUSE_DESTROY_LOCKED, "destroy-locked", "destroys it", "took it",
     "thread 2 \"payer\" destroys bank_alice while thread 3 (bank_refunder) holds it",
     "thread 2 \"payer\" destroys bank_alice, which is held"},
    {SNARL_MISUSE_DESTROY_WAITED_ON, "destroy-waited-on", "destroys it", "waits on it",
     "thread 2 \"payer\" destroys bank_alice while thread 3 (bank_refunder) waits on it",
     "thread 2 \"payer\" destroys bank_alice while threads wait on it"},
    {SNARL_MISUSE_FREE_LOCKED, "free-locked", "gives its memory back", "took it",
     "thread 2 \"payer\" gives back the memory of bank_alice while thread 3 (bank_refunder) holds "
     "it",
     "thread 2 \"payer\" gives back the memory of bank_alice, which is held"},
    {SNARL_MISUSE_WAIT_WITHOUT_LOCK, "wait-without-lock", "waits on it", "took the mutex",
     "thread 2 \"payer\" waits on bank_alice without holding bank_bob, which thread 3 "
     "(bank_refunder) holds",
     "thread 2 \"payer\" waits on bank_alice without holding bank_bob"},
    {SNARL_MISUSE_WAIT_WITH_TWO_LOCKS, "wait-with-two-locks", "waits", "waits with another mutex",
     "thread 2 \"payer\" and thread 3 (bank_refunder) wait on one condition with different "
     "mutexes, bank_alice and bank_bob",
     "thread 2 \"payer\" waits on a condition with another mutex than others do: bank_alice, not "
     "bank_bob"},
    {SNARL_MISUSE_EXIT_HOLDING_LOCK, "exit-holding-lock", "ends", "took it",
     "thread 2 \"payer\" ends while it holds bank_alice", NULL},
    {SNARL_MISUSE_USE_BEFORE_INIT, "use-before-init", "uses it", "initialises it",
     "thread 2 \"payer\" uses bank_alice before thread 3 (bank_refunder) initialises it",
     "thread 2 \"payer\" uses bank_alice, which was never initialised"},
    {SNARL_MISUSE_USE_AFTER_DESTROY, "use-after-destroy", "uses it", "destroyed it",
     "thread 2 \"payer\" uses bank_alice, which thread 3 (bank_refunder) destroyed",
     "thread 2 \"payer\" uses bank_alice, which was destroyed"},
    {SNARL_MISUSE_INIT_TWICE, "init-twice", "initialises it again", "initialised it first",
     "thread 2 \"payer\" initialises bank_alice, which thread 3 (bank_refunder) has initialised "
     "already",
     "thread 2 \"payer\" initialises bank_alice, which is in use already"},
    {SNARL_MISUSE_WRONG_OBJECT, "wrong-object", "uses it as a spin lock", "initialised it",
     "thread 2 \"payer\" uses bank_alice, which is a mutex, as a spin lock", NULL},
    {SNARL_MISUSE_EXCLUSIVE_RECURSION, "exclusive-recursion", "takes it again", "took it",
     "thread 2 \"payer\" takes bank_alice, which it holds already", NULL},
    {SNARL_MISUSE_JOIN_TWICE, "join-twice", "joins it", "joined it first",
     "thread 2 \"payer\" joins thread 1 (main), which thread 3 (bank_refunder) has joined before",
     "thread 2 \"payer\" joins thread 1 (main), which was joined before"},
    {SNARL_MISUSE_JOIN_DETACHED, "join-detached", "joins it", "detached it",
     "thread 2 \"payer\" joins thread 1 (main), which thread 3 (bank_refunder) has detached",
     "thread 2 \"payer\" joins thread 1 (main), which is detached"},
    {SNARL_MISUSE_DETACH_TWICE, "detach-twice", "detaches it", "detached or joined it first",
     "thread 2 \"payer\" detaches thread 1 (main), which thread 3 (bank_refunder) has detached or "
     "joined before",
     "thread 2 \"payer\" detaches thread 1 (main), which was detached or joined before"},
    {SNARL_MISUSE_JOIN_SELF, "join-self", "joins itself", "is joined",
     "thread 2 \"payer\" joins itself", NULL},
    {SNARL_MISUSE_SIGNAL_WITHOUT_LOCK, "signal-without-lock", "signals it", "waits on it",
     "thread 2 \"payer\" signals bank_alice without holding its mutex", NULL},
};

enum {
    ROWS = sizeof rows / sizeof rows[0],
};

/* The other party is who made alice. */
static struct snarl_report *misuse(uint32_t number, bool both, uint32_t severity)
{
    enum {
        ALICE = 70
    };
    struct sample sample;
    bank_begin(&sample);
    bool of_threads = number >= SNARL_MISUSE_JOIN_TWICE && number <= SNARL_MISUSE_JOIN_SELF;
    uint32_t made = sample_stack(&sample, bank_refund, bank_refunder);
    sample_lock(&sample, ALICE, sample_address(&sample, &bank_alice), made, 0);
    struct snarl_fact_misuse fact = {
        .misuse = number,
        .severity = severity,
        .thread = SAMPLE_PAYER,
        .stack = sample_stack(&sample, bank_pay, bank_payer),
        .object = of_threads ? SAMPLE_MAIN : ALICE,
        .other_object = of_threads ? 0 : SAMPLE_BOB,
        .kind = SNARL_OBJECT_SPIN,
    };
    if (both) {
        fact.other_thread = SAMPLE_REFUNDER;
        fact.other_stack = made;
    }
    sample_misuse(&sample, fact);
    return bank_end(&sample, true);
}

/* ... or only has it. */
static void who_has_it_need_not_have_made_it(void **state)
{
    (void)state;
    const struct {
        uint32_t misuse;
        const char *message;
    } used[] = {
        {SNARL_MISUSE_INIT_TWICE,
         "thread 2 \"payer\" initialises bank_alice, which thread 3 (bank_refunder) uses"},
        {SNARL_MISUSE_WRONG_OBJECT,
         "thread 2 \"payer\" uses bank_alice, which is a mutex, as a barrier"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct sample sample;
        bank_begin(&sample);
        sample_misuse(&sample,
                      (struct snarl_fact_misuse){.misuse = used[i].misuse,
                                                 .severity = SNARL_ERROR,
                                                 .thread = SAMPLE_PAYER,
                                                 .object = SAMPLE_ALICE,
                                                 .other_thread = SAMPLE_REFUNDER,
                                                 .other_stack = sample_stack(&sample, bank_refund),
                                                 .kind = SNARL_OBJECT_BARRIER});
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->finding_count, 1);
        assert_string_equal(report->findings[0].message, used[i].message);
        assert_string_equal(report->findings[0].steps[1].action, "uses it");
        snarl_report_free(report);
    }
}

static void every_kind_has_words(void **state)
{
    (void)state;
    size_t kinds = 0;
#define MISUSE(identifier, number, severity, word, headline)                                       \
    assert_true(kinds < ROWS);                                                                     \
    assert_int_equal(rows[kinds].misuse, number);                                                  \
    assert_string_equal(rows[kinds++].name, word);
#include "core/misuse.def"
#undef MISUSE
    assert_int_equal(kinds, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        for (int both = 0; both < 2; both++) {
            struct snarl_report *report = misuse(rows[i].misuse, both, SNARL_ERROR);
            assert_int_equal(report->finding_count, 1);
            const struct snarl_report_finding *finding = &report->findings[0];
            assert_string_equal(snarl_finding_name(finding->kind), rows[i].name);
            assert_int_equal(finding->status, SNARL_OCCURRED);
            assert_string_equal(finding->message,
                                both || rows[i].alone == NULL ? rows[i].both : rows[i].alone);
            assert_non_null(finding->why);
            assert_non_null(finding->fix);
            assert_null(strchr(finding->why, '$'));
            assert_null(strchr(finding->fix, '$'));
            assert_int_equal(finding->step_count, 1 + both);
            assert_string_equal(finding->steps[0].action, rows[i].action);
            if (both)
                assert_string_equal(finding->steps[1].action, rows[i].other);
            snarl_report_free(report);
        }
    }
}

static void severity_is_the_recording_s(void **state)
{
    (void)state;
    const uint32_t severities[][2] = {{SNARL_NOTE, SNARL_NOTE},
                                      {SNARL_WARNING, SNARL_WARNING},
                                      {SNARL_ERROR, SNARL_ERROR},
                                      {SNARL_ERROR + 1, SNARL_ERROR},
                                      {UINT32_MAX, SNARL_ERROR}};
    for (size_t i = 0; i < sizeof severities / sizeof severities[0]; i++) {
        struct snarl_report *report =
            misuse(SNARL_MISUSE_UNLOCK_NOT_LOCKED, false, severities[i][0]);
        assert_int_equal(report->findings[0].severity, severities[i][1]);
        snarl_report_free(report);
    }
}

/* A warning is what the lock itself has refused. */
static void what_is_refused_does_no_harm(void **state)
{
    (void)state;
    static const char refused[] =
        "This kind of lock refuses it: the call returns an error and changes nothing.";
    for (size_t i = 0; i < ROWS; i++) {
        bool can_be = rows[i].misuse == SNARL_MISUSE_UNLOCK_NOT_LOCKED ||
                      rows[i].misuse == SNARL_MISUSE_UNLOCK_NOT_OWNER ||
                      rows[i].misuse == SNARL_MISUSE_WAIT_WITHOUT_LOCK ||
                      rows[i].misuse == SNARL_MISUSE_EXCLUSIVE_RECURSION;
        for (uint32_t severity = SNARL_WARNING; severity <= SNARL_ERROR; severity++) {
            struct snarl_report *report = misuse(rows[i].misuse, true, severity);
            assert_int_equal(strcmp(report->findings[0].why, refused) == 0,
                             can_be && severity == SNARL_WARNING);
            snarl_report_free(report);
        }
    }
}

static void kinds_and_places_tell_findings_apart(void **state)
{
    (void)state;
    char ids[ROWS][17];
    for (size_t i = 0; i < ROWS; i++) {
        struct snarl_report *report = misuse(rows[i].misuse, true, SNARL_ERROR);
        strcpy(ids[i], report->findings[0].id);
        snarl_report_free(report);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

/* By the same threads or others, on like objects made in one place. */
static void the_same_again_is_no_other_finding(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    uint32_t pays = sample_stack(&sample, bank_pay, bank_payer);
    uint32_t made = sample_stack(&sample, bank_open);
    for (uint32_t i = 0; i < 3; i++) {
        sample_lock(&sample, 50 + i, 64 * i, made, 0);
        sample_misuse(&sample, (struct snarl_fact_misuse){.misuse = SNARL_MISUSE_UNLOCK_NOT_LOCKED,
                                                          .severity = SNARL_ERROR,
                                                          .thread = SAMPLE_MAIN + i,
                                                          .stack = pays,
                                                          .object = 50 + i});
    }
    sample_misuse(&sample, (struct snarl_fact_misuse){.misuse = SNARL_MISUSE_UNLOCK_NOT_LOCKED,
                                                      .severity = SNARL_ERROR,
                                                      .thread = SAMPLE_MAIN,
                                                      .stack = made,
                                                      .object = 50});
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].also_count + report->findings[1].also_count, 2);
    snarl_report_free(report);
}

/* The one that took it did it: no other thread is there. */
static void a_thread_may_be_its_own_other_party(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    uint32_t took = sample_stack(&sample, bank_open, bank_payer);
    sample_misuse(&sample, (struct snarl_fact_misuse){.misuse = SNARL_MISUSE_FREE_LOCKED,
                                                      .severity = SNARL_ERROR,
                                                      .thread = SAMPLE_PAYER,
                                                      .object = SAMPLE_ALICE,
                                                      .other_thread = SAMPLE_PAYER,
                                                      .other_stack = took});
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report, "%s",
        "error free-locked occurred \n"
        "thread 2 \"payer\" gives back the memory of bank_alice while the same thread holds it. A "
        "lock ends with its memory: its release will write into whatever lies there next.\n"
        "fix: release bank_alice, and destroy it, before the call gives its memory back.\n"
        "locks: bank_alice\n"
        "threads: 2\n"
        "2 gives its memory back\n"
        "2 took it in bank_open<bank_payer\n");
    snarl_report_free(report);
}

/* ... of a newer snarl, or of nobody. */
static void what_has_no_words_is_a_loss(void **state)
{
    (void)state;
    const uint32_t numbers[] = {0, ROWS + 1, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct snarl_report *report = misuse(numbers[i], true, SNARL_ERROR);
        assert_int_equal(report->finding_count, 0);
        assert_int_equal(report->loss_count, 1);
        assert_string_equal(report->losses[0], "something that this snarl has no word for");
        snarl_report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_parties_are_told),
        TEST(every_kind_has_words),
        TEST(who_has_it_need_not_have_made_it),
        TEST(severity_is_the_recording_s),
        TEST(what_is_refused_does_no_harm),
        TEST(kinds_and_places_tell_findings_apart),
        TEST(the_same_again_is_no_other_finding),
        TEST(a_thread_may_be_its_own_other_party),
        TEST(what_has_no_words_is_a_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
