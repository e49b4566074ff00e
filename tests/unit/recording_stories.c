/* The stories that the samples tell. */
#include "recording_sample.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* One thread's side of a cycle. */
static void tell_side(struct sample *sample, bool payer, uint32_t gate, uint32_t held,
                      uint32_t wanted)
{
    if (payer)
        sample_dependency(
            sample, SAMPLE_PAYER, gate,
            (struct snarl_held){held, sample_stack(sample, bank_open, bank_pay, bank_payer)},
            (struct snarl_held){wanted, sample_stack(sample, bank_pay, bank_payer)});
    else
        sample_dependency(
            sample, SAMPLE_REFUNDER, gate,
            (struct snarl_held){held, sample_stack(sample, bank_open, bank_refunder)},
            (struct snarl_held){wanted, sample_stack(sample, bank_refund, bank_refunder)});
}

static void tell_both_sides(struct sample *sample, uint32_t gate, uint32_t first, uint32_t second)
{
    bool payer_first = !sample->style.reversed;
    for (int side = 0; side < 2; side++) {
        bool payer = (side == 0) == payer_first;
        tell_side(sample, payer, gate, payer ? first : second, payer ? second : first);
    }
}

void sample_tell_cycle(struct sample *sample, bool gate)
{
    tell_both_sides(sample, gate ? SAMPLE_VAULT : 0, SAMPLE_ALICE, SAMPLE_BOB);
}

void sample_tell_heap_cycle(struct sample *sample)
{
    uint32_t created = sample_stack(sample, bank_open, bank_watch);
    uint64_t address = 0x7f0000001000 + sample->style.moved;
    sample_lock(sample, SAMPLE_HEAP_LEFT, address, created, 0);
    sample_lock(sample, SAMPLE_HEAP_RIGHT, address + 0x40, created, 0);
    tell_both_sides(sample, 0, SAMPLE_HEAP_LEFT, SAMPLE_HEAP_RIGHT);
}

void sample_tell_deadlock(struct sample *sample)
{
    sample_tell_cycle(sample, false);
    uint32_t pays = sample_stack(sample, bank_pay, bank_payer);
    uint32_t refunds = sample_stack(sample, bank_refund, bank_refunder);
    struct sample_step steps[] = {
        {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_BOB, pays, {SAMPLE_ALICE, pays}},
        {SAMPLE_REFUNDER, SNARL_WANTS_LOCK, SAMPLE_ALICE, refunds, {SAMPLE_BOB, refunds}},
    };
    if (sample->style.reversed) {
        struct sample_step first = steps[0];
        steps[0] = steps[1];
        steps[1] = first;
    }
    sample_deadlock(sample, steps, COUNT(steps));
}

void sample_tell_relock(struct sample *sample)
{
    uint32_t taken = sample_stack(sample, bank_open, bank_payer);
    uint32_t again = sample_stack(sample, bank_pay, bank_open, bank_payer);
    struct sample_step step = {
        SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_ALICE, again, {SAMPLE_ALICE, taken}};
    sample_deadlock(sample, &step, 1);
}

void sample_tell_join(struct sample *sample)
{
    uint32_t joins = sample_stack(sample, bank_close);
    uint32_t pays = sample_stack(sample, bank_pay, bank_payer);
    struct sample_step steps[] = {
        {SAMPLE_MAIN, SNARL_WANTS_THREAD, SAMPLE_PAYER, joins, {SAMPLE_BOB, joins}},
        {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_BOB, pays, {0, 0}},
    };
    sample_deadlock(sample, steps, COUNT(steps));
}

void sample_tell_hung(struct sample *sample)
{
    uint32_t pays = sample_stack(sample, bank_pay, bank_payer);
    uint32_t waits = sample_stack(sample, bank_refund, bank_refunder);
    const struct snarl_thread_row rows[] = {
        {.state = SNARL_ROW_FREE, .thread = 9, .acquisitions = 7},
        {.state = SNARL_ROW_ALIVE,
         .thread = sample_thread_id(sample, SAMPLE_REFUNDER),
         .tid = 4000 + SAMPLE_REFUNDER,
         .sequence = 5,
         .want_kind = SNARL_WANTS_CONDITION,
         .want_timed = 1,
         .want_since = 2000000000,
         .last_call = 2,
         .last_stack = sample_id(sample, waits),
         .acquisitions = 20},
        {.state = SNARL_ROW_ALIVE,
         .thread = sample_thread_id(sample, SAMPLE_PAYER),
         .tid = 4000 + SAMPLE_PAYER,
         .sequence = 3,
         .want_kind = SNARL_WANTS_LOCK,
         .want_object = sample_id(sample, SAMPLE_BOB),
         .want_since = 1000000000,
         .last_call = 1,
         .last_stack = sample_id(sample, pays),
         .acquisitions = 10,
         .depth = 1,
         .held = {{sample_id(sample, SAMPLE_ALICE), sample_id(sample, pays)}}},
        {.state = SNARL_ROW_ALIVE,
         .thread = SAMPLE_MAIN,
         .tid = 4000 + SAMPLE_MAIN,
         .sequence = 4, /* it waits no more: what it waited for is old */
         .want_kind = SNARL_WANTS_LOCK,
         .want_object = sample_id(sample, SAMPLE_ALICE),
         .last_call = 99,
         .acquisitions = 3},
    };
    _Static_assert(COUNT(rows) <= SAMPLE_MOST_ROWS, "as announced");
    sample_table(sample, rows, COUNT(rows));
    sample_thread_stack(sample, 4000 + SAMPLE_PAYER, 3500000000, bank_watch);
}

void sample_tell_everything(struct sample *sample)
{
    sample_tell_bank(sample);
    sample_tell_hung(sample);
    sample_tell_deadlock(sample);
    sample_tell_cycle(sample, true);
    sample_tell_heap_cycle(sample);
    sample_tell_relock(sample);
    sample_tell_join(sample);
    struct snarl_fact_segment segment = {
        .header.kind = SNARL_FACT_SEGMENT, .dependency = 1, .segment = 2};
    sample_append(sample, &segment, sizeof segment, NULL, 0);
    struct snarl_fact_join join = {.header.kind = SNARL_FACT_JOIN,
                                   .thread = SAMPLE_MAIN,
                                   .segment = 3,
                                   .joined = sample_thread_id(sample, SAMPLE_PAYER)};
    sample_append(sample, &join, sizeof join, NULL, 0);
    struct snarl_fact_thread_end end = {.header.kind = SNARL_FACT_THREAD_END,
                                        .thread = sample_thread_id(sample, SAMPLE_PAYER),
                                        .segment = 2};
    sample_append(sample, &end, sizeof end, NULL, 0);
    sample_start(sample, SNARL_START_SPAWN, "/bin/vault", 77);
    sample_start(sample, SNARL_START_EXEC, "/bin/missing", 78);
    sample_start_failed(sample);
    sample_loss(sample, SNARL_LOSS_STACK);
    sample_finish(sample, 4000000000);
}
