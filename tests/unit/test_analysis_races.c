/* What a recorded meeting of two threads is worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "bank_ask.h"
#include "recording_ask.h"

enum {
    READ = SNARL_RACE_READS,
    WRITE = SNARL_RACE_WRITES,
    HIT = SNARL_RACE_BEHIND, /* told by a watchpoint */
};

/* Instructions on (%rdi): for those that are told of by their end the last bytes are theirs. */
/* clang-format off */
#define LOAD {0x48, 0x8b, 0x07}
#define STORE {0x48, 0x89, 0x07}
#define ADD {0x48, 0x01, 0x07}
#define LOCKED_ADD {0xf0, 0x48, 0x01, 0x07}
/* clang-format on */

/* One of the two: who, where, and what it does. */
struct side {
    uint32_t thread;
    unsigned (*function)(void);
    uint32_t flags;
    uint32_t lock; /* held; 0 for none */
    bool shared;   /* as a reader */
    uint8_t code[5];
};

static void meet(struct sample *sample, const struct side sides[2], uint64_t before, uint64_t after)
{
    struct snarl_fact_race fact = {.header.kind = SNARL_FACT_RACE,
                                   .when = SAMPLE_STARTED,
                                   .address = 0x1000,
                                   .before = before,
                                   .after = after,
                                   .size = 8};
    for (int i = 0; i < 2; i++) {
        struct snarl_race_side *side = &fact.sides[i];
        side->flags = sides[i].flags;
        if (side->flags & SNARL_RACE_UNSEEN)
            continue;
        side->thread = sample_thread_id(sample, sides[i].thread);
        side->stack = sample_stack(sample, sides[i].function);
        size_t size = strlen((const char *)sides[i].code);
        size = size < sizeof sides[i].code ? size : sizeof sides[i].code;
        bool hit = side->flags & HIT;
        side->at =
            sample_address(sample, (const void *)(uintptr_t)sides[i].function) + (hit ? size : 0);
        memset(side->code, 0x90, sizeof side->code);
        memcpy(hit ? side->code + sizeof side->code - size : side->code, sides[i].code, size);
        if (sides[i].lock != 0) {
            side->held_count = 1;
            side->held[0] = sample_held(sides[i].lock, side->stack);
            side->held[0].shared = sides[i].shared;
        }
    }
    sample_append(sample, &fact, sizeof fact, NULL, 0);
}

/* "error: read of size 8 in bank_pay, write of size 8 in bank_refund; " for each finding. */
static const char *told(struct sample *sample)
{
    static const char *const severities[] = {
        [SNARL_NOTE] = "note", [SNARL_WARNING] = "warning", [SNARL_ERROR] = "error"};
    static char text[512];
    struct snarl_report *report = bank_end(sample, false);
    int length = 0;
    *text = '\0';
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        assert_int_equal(finding->kind, SNARL_FINDING_DATA_RACE);
        length += sprintf(text + length, "%s:", severities[finding->severity]);
        for (size_t j = 0; j < finding->step_count; j++)
            length += sprintf(text + length, "%s %s in %s", j > 0 ? "," : "",
                              finding->steps[j].action, finding->steps[j].stack.frames[0].function);
        length += sprintf(text + length, "; ");
    }
    snarl_report_free(report);
    return text;
}

static const char *meeting(struct side one, struct side other, uint64_t before, uint64_t after)
{
    struct sample sample;
    bank_begin(&sample);
    meet(&sample, (const struct side[]){one, other}, before, after);
    return told(&sample);
}

#define ONE(...) ((struct side){.thread = SAMPLE_PAYER, .function = bank_pay, __VA_ARGS__})
#define OTHER(...) ((struct side){.thread = SAMPLE_REFUNDER, .function = bank_refund, __VA_ARGS__})

/* Plain loads and stores may be C11's atomics; what reads and writes in one go is none. */
static void severity_is_what_is_known(void **state)
{
    (void)state;
    assert_string_equal(
        meeting(ONE(.flags = READ, .code = LOAD), OTHER(.flags = WRITE, .code = STORE), 1, 2),
        "warning: read of size 8 in bank_pay, write of size 8 in bank_refund; ");
    assert_string_equal(
        meeting(ONE(.flags = READ, .code = LOAD), OTHER(.flags = WRITE, .code = ADD), 1, 2),
        "error: read of size 8 in bank_pay, read and write of size 8 in bank_refund; ");
    assert_string_equal(
        meeting(ONE(.flags = READ, .code = LOAD), OTHER(.flags = HIT, .code = ADD), 1, 2),
        "error: read of size 8 in bank_pay, read and write of size 8 in bank_refund; ");
}

static void two_atomics_are_no_race(void **state)
{
    (void)state;
    assert_string_equal(meeting(ONE(.flags = WRITE, .code = LOCKED_ADD),
                                OTHER(.flags = WRITE, .code = LOCKED_ADD), 1, 2),
                        "");
    assert_string_equal(
        meeting(ONE(.flags = WRITE, .code = LOCKED_ADD), OTHER(.flags = WRITE, .code = ADD), 1, 2),
        "error: atomic read and write of size 8 in bank_pay, read and write of size 8 in "
        "bank_refund; ");
}

static void two_reads_are_no_race(void **state)
{
    (void)state;
    assert_string_equal(
        meeting(ONE(.flags = READ, .code = LOAD), OTHER(.flags = READ, .code = LOAD), 1, 1), "");
}

/* The other has written what stood there already. */
static void an_equal_value_is_a_note(void **state)
{
    (void)state;
    assert_string_equal(
        meeting(ONE(.flags = READ, .code = LOAD), OTHER(.flags = WRITE, .code = STORE), 7, 7),
        "note: read of size 8 in bank_pay, write of size 8 in bank_refund; ");
    /* The one that is held has not written yet: no wonder. */
    assert_string_equal(
        meeting(ONE(.flags = WRITE, .code = STORE), OTHER(.flags = READ, .code = LOAD), 7, 7),
        "warning: write of size 8 in bank_pay, read of size 8 in bank_refund; ");
}

static void a_common_lock_keeps_them_apart(void **state)
{
    (void)state;
    for (int shared = 0; shared < 2; shared++)
        assert_string_equal(
            meeting(ONE(.flags = READ, .code = LOAD, .lock = SAMPLE_ALICE, .shared = shared),
                    OTHER(.flags = WRITE, .code = STORE, .lock = SAMPLE_ALICE, .shared = shared), 1,
                    2),
            shared ? "warning: read of size 8 in bank_pay, write of size 8 in bank_refund; " : "");
    assert_string_equal(meeting(ONE(.flags = READ, .code = LOAD, .lock = SAMPLE_ALICE),
                                OTHER(.flags = WRITE, .code = STORE, .lock = SAMPLE_BOB), 1, 2),
                        "warning: read of size 8 in bank_pay, write of size 8 in bank_refund; ");
}

static void one_alone_may_be_seen(void **state)
{
    (void)state;
    assert_string_equal(
        meeting(ONE(.flags = WRITE, .code = ADD), OTHER(.flags = WRITE | SNARL_RACE_UNSEEN), 1, 2),
        "error: read and write of size 8 in bank_pay; ");
}

/* The same two meet again and again: it is told once, as the most telling time says it. */
static void the_same_two_are_told_once(void **state)
{
    (void)state;
    const struct side one = ONE(.flags = READ, .code = LOAD),
                      other = OTHER(.flags = WRITE, .code = STORE),
                      hit = OTHER(.flags = HIT, .code = STORE),
                      unseen = OTHER(.flags = WRITE | SNARL_RACE_UNSEEN);
    struct sample sample;
    bank_begin(&sample);
    meet(&sample, (const struct side[]){one, unseen}, 1, 2);
    meet(&sample, (const struct side[]){one, other}, 7, 7);
    meet(&sample, (const struct side[]){one, other}, 1, 2);
    meet(&sample, (const struct side[]){one, hit}, 1, 2);
    meet(&sample, (const struct side[]){other, one}, 7, 7);
    assert_string_equal(told(&sample),
                        "warning: read of size 8 in bank_pay, write of size 8 in bank_refund; ");
    /* Another instruction is another race. */
    struct side elsewhere = other;
    elsewhere.function = bank_close;
    bank_begin(&sample);
    meet(&sample, (const struct side[]){one, other}, 1, 2);
    meet(&sample, (const struct side[]){one, elsewhere}, 1, 2);
    assert_string_equal(told(&sample),
                        "warning: read of size 8 in bank_pay, write of size 8 in bank_close; "
                        "warning: read of size 8 in bank_pay, write of size 8 in bank_refund; ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(severity_is_what_is_known),      TEST(two_atomics_are_no_race),
        TEST(two_reads_are_no_race),          TEST(an_equal_value_is_a_note),
        TEST(a_common_lock_keeps_them_apart), TEST(one_alone_may_be_seen),
        TEST(the_same_two_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
