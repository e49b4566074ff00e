/* The stories that the samples tell. */
#include "core/objects.h"
#include "recording_sample.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* One thread's side of a cycle. */
static void tell_side(struct sample *sample, bool payer, uint32_t gate, uint32_t held,
                      uint32_t wanted)
{
    if (payer)
        sample_dependency(sample, SAMPLE_PAYER, gate,
                          sample_held(held, sample_stack(sample, bank_open, bank_pay, bank_payer)),
                          sample_held(wanted, sample_stack(sample, bank_pay, bank_payer)));
    else
        sample_dependency(sample, SAMPLE_REFUNDER, gate,
                          sample_held(held, sample_stack(sample, bank_open, bank_refunder)),
                          sample_held(wanted, sample_stack(sample, bank_refund, bank_refunder)));
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
        {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_BOB, pays, sample_held(SAMPLE_ALICE, pays), 0},
        {SAMPLE_REFUNDER, SNARL_WANTS_LOCK, SAMPLE_ALICE, refunds, sample_held(SAMPLE_BOB, refunds),
         0},
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
        SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_ALICE, again, sample_held(SAMPLE_ALICE, taken), 0};
    sample_deadlock(sample, &step, 1);
}

void sample_tell_join(struct sample *sample)
{
    uint32_t joins = sample_stack(sample, bank_close);
    uint32_t pays = sample_stack(sample, bank_pay, bank_payer);
    struct sample_step steps[] = {
        {SAMPLE_MAIN, SNARL_WANTS_THREAD, SAMPLE_PAYER, joins, sample_held(SAMPLE_BOB, joins), 0},
        {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_BOB, pays, sample_held(0, 0), 0},
    };
    sample_deadlock(sample, steps, COUNT(steps));
}

void sample_tell_objects(struct sample *sample)
{
    const struct snarl_fact_lock objects[] = {
        {.lock = SAMPLE_LEDGER,
         .kind = SNARL_OBJECT_RWLOCK,
         .flags = SNARL_LOCK_PREFERS_WRITERS,
         .address = sample_address(sample, &bank_ledger)},
        {.lock = SAMPLE_COUNTER,
         .kind = SNARL_OBJECT_SEMAPHORE,
         .value = 1,
         .address = sample_address(sample, &bank_counter)},
        {.lock = SAMPLE_NEWS,
         .kind = SNARL_OBJECT_CONDITION,
         .address = sample_address(sample, &bank_news)},
    };
    for (size_t i = 0; i < COUNT(objects); i++)
        sample_object(sample, objects[i]);
}

void sample_tell_upgrade(struct sample *sample)
{
    sample_tell_objects(sample);
    uint32_t reads = sample_stack(sample, bank_open, bank_payer);
    uint32_t writes = sample_stack(sample, bank_pay, bank_payer);
    struct snarl_held held = sample_held(SAMPLE_LEDGER, reads);
    held.shared = 1;
    struct sample_step step = {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_LEDGER, writes, held, 0};
    sample_deadlock(sample, &step, 1);
}

void sample_tell_misuse(struct sample *sample)
{
    uint32_t pays = sample_stack(sample, bank_pay, bank_payer);
    uint32_t refunds = sample_stack(sample, bank_refund, bank_refunder);
    sample_misuse(sample, (struct snarl_fact_misuse){.misuse = SNARL_MISUSE_DESTROY_LOCKED,
                                                     .severity = SNARL_ERROR,
                                                     .thread = SAMPLE_PAYER,
                                                     .stack = pays,
                                                     .object = SAMPLE_ALICE,
                                                     .other_thread = SAMPLE_REFUNDER,
                                                     .other_stack = refunds});
    sample_misuse(sample, (struct snarl_fact_misuse){.misuse = SNARL_MISUSE_JOIN_TWICE,
                                                     .severity = SNARL_ERROR,
                                                     .thread = SAMPLE_PAYER,
                                                     .stack = pays,
                                                     .object = SAMPLE_REFUNDER,
                                                     .other_thread = SAMPLE_MAIN,
                                                     .other_stack = refunds});
}

void sample_tell_absent(struct sample *sample)
{
    sample_absent(sample, SAMPLE_ABSENT, "worker");
    uint32_t wants = sample_stack(sample, bank_close);
    const struct sample_step steps[] = {
        {SAMPLE_MAIN, SNARL_WANTS_LOCK, SAMPLE_BOB, wants, sample_held(0, 0), 0},
        {SAMPLE_ABSENT, SNARL_WANTS_NOTHING, 0, 0, sample_held(SAMPLE_BOB, 0), 0},
    };
    sample_deadlock(sample, steps, COUNT(steps));
}

void sample_tell_mapped(struct sample *sample)
{
    uint32_t here = sample_stack(sample, bank_watch);
    for (uint32_t lock = SAMPLE_MAPPED; lock <= SAMPLE_MAPPED + 1; lock++)
        sample_object(sample, (struct snarl_fact_lock){.lock = lock,
                                                       .kind = SNARL_OBJECT_MUTEX,
                                                       .flags = SNARL_LOCK_SHARED,
                                                       .address = 64 * lock,
                                                       .device = 8,
                                                       .inode = 1234,
                                                       .offset = 64 * lock});
    sample_want(sample, SAMPLE_PAYER, sample_held(SAMPLE_MAPPED, here),
                sample_held(SAMPLE_MAPPED + 1, here), SNARL_WANT_TIMED);
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
         .want_object = sample_id(sample, SAMPLE_NEWS),
         .want_described = {.object = sample_id(sample, SAMPLE_NEWS),
                            .kind = SNARL_OBJECT_CONDITION,
                            .address = sample_address(sample, &bank_news)},
         .want_flags = SNARL_WANT_ROW_TIMED,
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
         .held = {{.lock = sample_id(sample, SAMPLE_ALICE),
                   .stack = sample_id(sample, pays) & INT32_MAX}}},
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
    sample_tell_upgrade(sample);
    sample_tell_misuse(sample);
    sample_tell_absent(sample);
    sample_tell_mapped(sample);
    sample_change(sample, SAMPLE_COUNTER, SNARL_LOCK_IS_POLLED);
    struct snarl_fact_steered steered = {.header.kind = SNARL_FACT_STEERED,
                                         .at = SAMPLE_STARTED + 1000,
                                         .step = 1,
                                         .steered = SNARL_STEERED_YIELDED,
                                         .thread = sample_thread_id(sample, SAMPLE_PAYER),
                                         .stack = sample_id(sample, 1),
                                         .other = sample_thread_id(sample, SAMPLE_REFUNDER),
                                         .other_want_kind = SNARL_WANTS_CONDITION,
                                         .other_object = sample_id(sample, SAMPLE_NEWS),
                                         .other_stack = sample_id(sample, 2)};
    sample_append(sample, &steered, sizeof steered, NULL, 0);
    sample_name(sample, SAMPLE_LEDGER, "the ledger");
    struct snarl_fact_wake wake = {.header.kind = SNARL_FACT_WAKE,
                                   .thread = SAMPLE_MAIN,
                                   .object = sample_id(sample, SAMPLE_NEWS),
                                   .stack = sample_id(sample, 1),
                                   .wake = SNARL_WAKES_ALL | SNARL_WAKE_LOST};
    sample_append(sample, &wake, sizeof wake, NULL, 0);
    struct snarl_fact_asleep asleep = {
        .header.kind = SNARL_FACT_ASLEEP, .at = 3600000000, .count = 3};
    sample_append(sample, &asleep, sizeof asleep, NULL, 0);
    sample_start(sample, SNARL_START_SPAWN, "/bin/vault", 77);
    sample_start(sample, SNARL_START_EXEC, "/bin/missing", 78);
    sample_start_failed(sample);
    sample_loss(sample, SNARL_LOSS_STACK);
    sample_finish(sample, 4000000000);
}
