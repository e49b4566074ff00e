#include "report/text_parts.h"

enum {
    FRAME_INDENT = 2,
};

/* Stacks to be laid out two by two. */
struct gathering {
    struct snarl_block *blocks;
    size_t count;
};

static bool same_way(const struct snarl_report_step *one, const struct snarl_report_step *other)
{
    if (one->hold_count != other->hold_count || one->target != other->target ||
        one->shared != other->shared || !snarl_text_same_stack(&one->stack, &other->stack))
        return false;
    for (size_t index = 0; index < one->hold_count; index++)
        if (!snarl_text_same_stack(&one->holds[index].stack, &other->holds[index].stack))
            return false;
    return true;
}

static size_t process_of(const struct snarl_report *report, unsigned thread)
{
    const struct snarl_report_thread *found = snarl_report_thread_by_id(report, thread);
    return found != NULL ? found->process : 0;
}

/* The first step of the same process that came the way of this one; itself if none did before. */
static size_t first_same_way(const struct snarl_report *report,
                             const struct snarl_report_finding *finding, size_t step)
{
    const struct snarl_report_step *steps = finding->steps;
    size_t process = process_of(report, steps[step].thread);
    size_t first = 0;
    if (snarl_text_is_declared(report, &steps[step]))
        return step;
    while (!same_way(&steps[first], &steps[step]) ||
           process_of(report, steps[first].thread) != process)
        first++;
    return first;
}

static void gather(struct snarl_text_writer *writer, struct gathering *gathering,
                   const struct snarl_report_step *step, const char *does, const char *what,
                   const struct snarl_stack *stack)
{
    struct snarl_block *block = &gathering->blocks[gathering->count++];
    const char *thread = snarl_words_thread_number(&writer->words, step->thread);
    snarl_block_add(&writer->page, block, 0,
                    snarl_pool_format(&writer->pool, "%s%s %s", thread, does, what), NULL, NULL);
    snarl_text_add_stack(writer, block, FRAME_INDENT, stack, false);
}

static size_t stacks_of(const struct snarl_report_finding *finding,
                        const struct snarl_report_step *step)
{
    size_t count = step->stack.count > 0;
    for (size_t index = 0; index < step->hold_count; index++)
        count += snarl_text_takes_part(finding, step->holds[index].lock) &&
                 step->holds[index].stack.count > 0;
    return count;
}

/* A step's stacks stand beside each other, so one that has several begins on the left. */
static void gather_step(struct snarl_text_writer *writer, struct gathering *gathering,
                        const struct snarl_report_finding *finding,
                        const struct snarl_report_step *step)
{
    struct snarl_words *words = &writer->words;
    if (snarl_text_is_declared(writer->report, step)) {
        gather(writer, gathering, step, " says", "so", &step->stack);
        return;
    }
    if (stacks_of(finding, step) > 1)
        gathering->count += gathering->count % 2;
    for (size_t index = 0; index < step->hold_count; index++) {
        const struct snarl_report_hold *hold = &step->holds[index];
        if (snarl_text_takes_part(finding, hold->lock) && hold->stack.count > 0)
            gather(writer, gathering, step, hold->shared ? " reads" : " holds",
                   snarl_words_lock(words, hold->lock), &hold->stack);
    }
    if (step->stack.count == 0)
        return;
    if (step->target == SNARL_TARGET_NONE)
        gather(writer, gathering, step, ":", step->action != NULL ? step->action : "here",
               &step->stack);
    else
        gather(
            writer, gathering, step,
            snarl_pool_format(&writer->pool, " %s", snarl_words_wish(step->target, step->shared)),
            snarl_words_target(words, step->target, step->wants, false), &step->stack);
}

/* "Threads 3 to 5 came the same way as thread 2." */
static void write_repeats(struct snarl_text_writer *writer,
                          const struct snarl_report_finding *finding, size_t step)
{
    struct snarl_words *words = &writer->words;
    unsigned *numbers = snarl_pool_allocate(&writer->pool, finding->step_count, sizeof *numbers);
    size_t count = 0;
    for (size_t index = step + 1; index < finding->step_count; index++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(writer->report, finding->steps[index].thread);
        if (thread != NULL && first_same_way(writer->report, finding, index) == step)
            numbers[count++] = thread->number;
    }
    if (count == 0)
        return;
    snarl_page_gap(&writer->page);
    char *text = snarl_pool_format(&writer->pool, "%s came the same way as %s.",
                                   snarl_words_thread_numbers(words, numbers, count),
                                   snarl_words_thread_number(words, finding->steps[step].thread));
    text[0] = 'T';
    snarl_page_paragraph(&writer->page, SNARL_PAGE_MARGIN, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN,
                         text);
}

void snarl_text_write_ways(struct snarl_text_writer *writer,
                           const struct snarl_report_finding *finding)
{
    size_t room = 0;
    for (size_t index = 0; index < finding->step_count; index++)
        room += stacks_of(finding, &finding->steps[index]) + 1;
    struct gathering gathering = {
        snarl_pool_allocate(&writer->pool, room, sizeof *gathering.blocks), 0};
    for (size_t index = 0; index < finding->step_count; index++)
        if (first_same_way(writer->report, finding, index) == index)
            gather_step(writer, &gathering, finding, &finding->steps[index]);
    if (gathering.count == 0)
        return;
    snarl_page_gap(&writer->page);
    snarl_page_blocks(&writer->page, gathering.blocks, gathering.count);
    for (size_t index = 0; index < finding->step_count; index++)
        if (first_same_way(writer->report, finding, index) == index)
            write_repeats(writer, finding, index);
}
