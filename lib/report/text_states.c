#include <string.h>

#include "report/text_parts.h"

enum {
    STATE_INDENT = 2,
    FRAME_INDENT = 4,
};

/* "./server (pid 4711) had not ended after 10 s" */
static const char *ending(struct snarl_text_writer *writer, size_t process, const char **kind)
{
    const struct snarl_report *report = writer->report;
    const char *name = snarl_text_process(writer, &report->processes[process]);
    double seconds = report->processes[process].duration_s;
    const char *after = "";
    if (seconds > 0)
        after = snarl_pool_format(&writer->pool, " after %s",
                                  snarl_words_duration(&writer->words, seconds));
    if (report->timed_out) {
        *kind = "TIMED OUT";
        return snarl_pool_format(&writer->pool, "%s had not ended%s", name, after);
    }
    *kind = "ENDED";
    if (process == 0 && report->signal != 0)
        return snarl_pool_format(&writer->pool, "%s was ended by signal %d (%s)%s", name,
                                 report->signal, strsignal(report->signal), after);
    return snarl_pool_format(&writer->pool, "%s was ended while it ran%s", name, after);
}

/* The target with the time that it has been waited for: queue.lock, 10 s so far */
static const char *waiting(struct snarl_text_writer *writer, const struct snarl_report_state *state)
{
    const char *target =
        snarl_words_target(&writer->words, state->target, state->waits_for, state->timed);
    if (state->waiting_s <= 0)
        return target;
    return snarl_pool_format(&writer->pool, "%s, %s so far", target,
                             snarl_words_duration(&writer->words, state->waiting_s));
}

static void add_state(struct snarl_text_writer *writer, struct snarl_block *block,
                      const struct snarl_report_state *state)
{
    const char *place = snarl_words_place(&writer->words, &state->last_stack);
    snarl_block_add(&writer->page, block, STATE_INDENT, "called",
                    state->last_call != NULL ? state->last_call : "(no call known)", place);
    snarl_text_add_holds(writer, block, STATE_INDENT, state->holds, state->hold_count, NULL);
    if (state->target != SNARL_TARGET_NONE)
        snarl_block_add(&writer->page, block, STATE_INDENT,
                        snarl_words_wish(state->target, state->shared), waiting(writer, state), "");
    const struct snarl_stack *stack = state->now.count > 0 ? &state->now : &state->last_stack;
    if (stack->count == 0)
        return;
    snarl_block_add(&writer->page, block, STATE_INDENT,
                    stack == &state->now ? "now in" : "last seen in", NULL, NULL);
    snarl_text_add_stack(writer, block, FRAME_INDENT, stack, stack == &state->now);
}

/* Threads of a pool wait at the same place for the same thing: one of them tells it for all. */
static bool same_state(const struct snarl_report_state *one, const struct snarl_report_state *other)
{
    return one->hold_count == 0 && other->hold_count == 0 && one->target == other->target &&
           one->waits_for == other->waits_for && one->timed == other->timed &&
           one->shared == other->shared &&
           snarl_text_same_string(one->last_call, other->last_call) &&
           snarl_text_same_stack(&one->last_stack, &other->last_stack) &&
           snarl_text_same_stack(&one->now, &other->now);
}

/* thread 2 "worker"; with all that are in the same state: threads 2 to 9 */
static const char *heading(struct snarl_text_writer *writer,
                           const struct snarl_report_process *process, size_t first)
{
    unsigned *numbers = snarl_pool_allocate(&writer->pool, process->state_count, sizeof *numbers);
    size_t count = 0;
    for (size_t index = first; index < process->state_count; index++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(writer->report, process->states[index].thread);
        if (thread != NULL && same_state(&process->states[first], &process->states[index]))
            numbers[count++] = thread->number;
    }
    if (count > 1)
        return snarl_words_thread_numbers(&writer->words, numbers, count);
    return snarl_words_thread(&writer->words, process->states[first].thread);
}

static bool is_told(const struct snarl_report_process *process, size_t state)
{
    for (size_t index = 0; index < state; index++)
        if (same_state(&process->states[index], &process->states[state]))
            return true;
    return false;
}

void snarl_text_write_states(struct snarl_text_writer *writer, size_t index)
{
    const struct snarl_report_process *process = &writer->report->processes[index];
    const char *kind;
    const char *sentence = ending(writer, index, &kind);
    snarl_page_gap(&writer->page);
    snarl_page_headline(&writer->page, SNARL_STYLE_BOLD, kind, sentence, NULL);
    snarl_page_gap(&writer->page);
    snarl_page_paragraph(
        &writer->page, SNARL_PAGE_MARGIN, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN,
        process->state_count > 0
            ? "No deadlock is known. What each thread called last, holds and waits for:"
            : "No deadlock is known, nor what its threads were doing.");
    for (size_t state = 0; state < process->state_count; state++) {
        if (is_told(process, state))
            continue;
        struct snarl_block block = {0};
        snarl_block_add(&writer->page, &block, 0, heading(writer, process, state), NULL, NULL);
        add_state(writer, &block, &process->states[state]);
        snarl_page_gap(&writer->page);
        snarl_page_blocks(&writer->page, &block, 1);
    }
}
