/* Threads that wait for ever: for what, since when, and why nobody will wake them. */
#include "report/text_parts.h"

enum {
    PART_INDENT = 2,
    WAKER_INDENT = 4,
    FRAME_INDENT = 2,
    MOST_WAKERS = 6, /* lines of one thread */
    MOST_WAYS = 8,   /* stacks of those who signalled */
};

/* How a cause reads where who could have woken the thread follows, or nobody does. */
static const char *const causes[SNARL_CAUSE_KINDS] = {
    [SNARL_CAUSE_UNKNOWN] = "and nobody is known who could wake it",
    [SNARL_CAUSE_LOST_WAKEUP] = "which was signalled when nobody waited",
    [SNARL_CAUSE_NEVER_SIGNALLED] = "which nobody has signalled",
    [SNARL_CAUSE_WOKE_ANOTHER] = "whose signals have ended other waits",
    [SNARL_CAUSE_BARRIER_SHORT] = "which too few have come to",
    [SNARL_CAUSE_NEVER_POSTED] = "which nobody has posted",
    [SNARL_CAUSE_POSTED_TOO_FEW] = "which was posted too few times",
    [SNARL_CAUSE_NESTED_MONITOR] = "while it holds what who should signal needs",
    [SNARL_CAUSE_JOIN_OF_WAITER] = "which waits for this thread",
    [SNARL_CAUSE_JOIN_OF_BLOCKED] = "which waits, too",
    [SNARL_CAUSE_HOLDER_BLOCKED] = "which is held by who waits, too",
    [SNARL_CAUSE_HOLDER_GONE] = "which nobody who is alive holds",
    [SNARL_CAUSE_STILL_IN_USE] = "which others still wait for",
};

/* Threads of a pool wait at the same place for the same thing: one of them tells it for all. */
static bool same_step(const struct snarl_report_step *one, const struct snarl_report_step *other)
{
    return one == other ||
           (one->hold_count == 0 && other->hold_count == 0 && one->target == other->target &&
            one->wants == other->wants && one->shared == other->shared &&
            one->blocked->cause == other->blocked->cause &&
            one->blocked->mutex == other->blocked->mutex &&
            snarl_text_same_stack(&one->stack, &other->stack));
}

static bool is_told(const struct snarl_report_finding *finding, size_t step)
{
    for (size_t index = 0; index < step; index++)
        if (same_step(&finding->steps[index], &finding->steps[step]))
            return true;
    return false;
}

/* thread 2 "worker"; with those that are told with it: threads 2 to 9 */
static const char *several(struct snarl_text_writer *writer, unsigned *numbers, size_t count,
                           unsigned first)
{
    return count > 1 ? snarl_words_thread_numbers(&writer->words, numbers, count)
                     : snarl_words_thread(&writer->words, first);
}

static unsigned number_of(const struct snarl_text_writer *writer, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(writer->report, id);
    return thread != NULL ? thread->number : 0;
}

/* threads 2 to 9, for 10 s; where they do not wait equally long: for up to 10 s */
static const char *heading(struct snarl_text_writer *writer,
                           const struct snarl_report_finding *finding, size_t first)
{
    const struct snarl_report_step *step = &finding->steps[first];
    unsigned *numbers = snarl_pool_allocate(&writer->pool, finding->step_count, sizeof *numbers);
    double longest = step->blocked->waiting_s, shortest = longest;
    size_t count = 0;
    for (size_t index = first; index < finding->step_count; index++) {
        if (!same_step(step, &finding->steps[index]))
            continue;
        double seconds = finding->steps[index].blocked->waiting_s;
        longest = seconds > longest ? seconds : longest;
        shortest = seconds < shortest ? seconds : shortest;
        numbers[count++] = number_of(writer, finding->steps[index].thread);
    }
    const char *who = several(writer, numbers, count, step->thread);
    if (longest <= 0)
        return who;
    const char *duration = snarl_words_duration(&writer->words, longest);
    bool equal = snarl_text_same_string(duration, snarl_words_duration(&writer->words, shortest));
    return snarl_pool_format(&writer->pool, "%s, for %s%s", who, equal ? "" : "up to ", duration);
}

/* What a waker did, or does. */
static const char *deed(struct snarl_text_writer *writer,
                        const struct snarl_report_finding *finding,
                        const struct snarl_report_waker *waker)
{
    switch (waker->how) {
    case SNARL_WAKER_SIGNALLED:
        return waker->lost ? "signalled in vain" : "signalled";
    case SNARL_WAKER_POSTED:
        return "posted";
    case SNARL_WAKER_HOLDS:
        return "holds it";
    case SNARL_WAKER_MISSING:
        return waker->stack.count > 0 ? "came before" : "has not come";
    case SNARL_WAKER_JOINED:
        return "has ended";
    case SNARL_WAKER_WAITS_THERE:
        return "waits there";
    case SNARL_WAKER_NEEDS_LOCK:
        for (size_t index = 0; index < finding->step_count; index++)
            if (finding->steps[index].thread == waker->thread)
                return snarl_pool_format(
                    &writer->pool, "needs %s",
                    snarl_words_lock(&writer->words, finding->steps[index].wants));
        return "needs a lock";
    case SNARL_WAKER_KINDS:
        break;
    }
    return "";
}

/* Whether one line tells of both, but for the thread. */
static bool same_deed(const struct snarl_report_waker *one, const struct snarl_report_waker *other)
{
    return one->how == other->how && one->lost == other->lost && one->ended == other->ended &&
           one->how != SNARL_WAKER_NEEDS_LOCK && snarl_text_same_stack(&one->stack, &other->stack);
}

/* Nothing to add to "joins thread 2". */
static bool is_plain(const struct snarl_report_waker *waker)
{
    return waker->how == SNARL_WAKER_JOINED && !waker->ended;
}

static bool is_first_deed(const struct snarl_report_blocked *blocked, size_t waker)
{
    for (size_t index = 0; index < waker; index++)
        if (same_deed(&blocked->wakers[index], &blocked->wakers[waker]))
            return false;
    return true;
}

/* thread 3 "producer" signalled in vain, then ended; the place */
static void add_waker(struct snarl_text_writer *writer, struct snarl_block *block,
                      const struct snarl_report_finding *finding,
                      const struct snarl_report_blocked *blocked, size_t first)
{
    const struct snarl_report_waker *waker = &blocked->wakers[first];
    unsigned *numbers = snarl_pool_allocate(&writer->pool, blocked->waker_count, sizeof *numbers);
    size_t count = 0;
    for (size_t index = first; index < blocked->waker_count; index++)
        if (index == first || same_deed(waker, &blocked->wakers[index]))
            numbers[count++] = number_of(writer, blocked->wakers[index].thread);
    const char *who = several(writer, numbers, count, waker->thread);
    bool ended = waker->ended && waker->how != SNARL_WAKER_JOINED;
    const char *does = deed(writer, finding, waker);
    if (count > 1 && waker->how == SNARL_WAKER_HOLDS)
        does = "hold it";
    if (count > 1 && waker->how == SNARL_WAKER_MISSING && waker->stack.count == 0)
        does = "have not come";
    if (count > 1 && waker->how == SNARL_WAKER_WAITS_THERE)
        does = "wait there";
    snarl_block_add(
        &writer->page, block, WAKER_INDENT,
        snarl_pool_format(&writer->pool, "%s %s%s", who, does, ended ? ", then ended" : ""),
        snarl_words_place(&writer->words, &waker->stack), NULL);
}

static void add_wakers(struct snarl_text_writer *writer, struct snarl_block *block,
                       const struct snarl_report_finding *finding,
                       const struct snarl_report_blocked *blocked)
{
    size_t lines = 0;
    for (size_t index = 0; index < blocked->waker_count; index++) {
        if (is_plain(&blocked->wakers[index]) || !is_first_deed(blocked, index))
            continue;
        if (++lines <= MOST_WAKERS)
            add_waker(writer, block, finding, blocked, index);
    }
    if (lines > MOST_WAKERS)
        snarl_block_add(&writer->page, block, WAKER_INDENT,
                        snarl_pool_format(&writer->pool, "and %zu more", lines - MOST_WAKERS), NULL,
                        NULL);
}

static void add_step(struct snarl_text_writer *writer, struct snarl_block *block,
                     const struct snarl_report_finding *finding,
                     const struct snarl_report_step *step)
{
    struct snarl_words *words = &writer->words;
    const struct snarl_report_blocked *blocked = step->blocked;
    snarl_text_add_holds(writer, block, PART_INDENT, step->holds, step->hold_count, finding);
    if (blocked->mutex != 0)
        snarl_block_add(&writer->page, block, PART_INDENT, "gave back",
                        snarl_words_lock(words, blocked->mutex), "");
    bool known = step->target != SNARL_TARGET_NONE;
    snarl_block_add(&writer->page, block, PART_INDENT,
                    known ? snarl_words_wish(step->target, step->shared) : "waits for",
                    known ? snarl_words_target(words, step->target, step->wants, step->timed)
                          : "something unknown",
                    snarl_words_place(words, &step->stack));
    const char *cause = causes[blocked->cause];
    if (blocked->cause == SNARL_CAUSE_BARRIER_SHORT)
        cause = snarl_pool_format(&writer->pool, "which needs %u; %u %s come", blocked->parties,
                                  blocked->arrived, blocked->arrived == 1 ? "has" : "have");
    snarl_block_add(&writer->page, block, PART_INDENT, cause, NULL, NULL);
    add_wakers(writer, block, finding, blocked);
}

void snarl_text_write_blocked(struct snarl_text_writer *writer,
                              const struct snarl_report_finding *finding)
{
    for (size_t index = 0; index < finding->step_count; index++) {
        if (is_told(finding, index))
            continue;
        struct snarl_block block = {0};
        snarl_block_add(&writer->page, &block, 0, heading(writer, finding, index), NULL, NULL);
        add_step(writer, &block, finding, &finding->steps[index]);
        snarl_page_gap(&writer->page);
        snarl_page_blocks(&writer->page, &block, 1);
    }
}

/* What a waker did to what the step waits for. */
struct way {
    const struct snarl_report_step *step;
    const struct snarl_report_waker *waker;
};

static bool same_way(const struct way *one, const struct way *other)
{
    return one->step->wants == other->step->wants && one->waker->how == other->waker->how &&
           snarl_text_same_stack(&one->waker->stack, &other->waker->stack);
}

/* Stacks of holders are shown with the steps that hold. At most MOST_WAYS. */
static size_t collect_ways(const struct snarl_report_finding *finding, struct way *ways)
{
    size_t count = 0;
    for (size_t index = 0; index < finding->step_count; index++) {
        const struct snarl_report_step *step = &finding->steps[index];
        for (size_t waker = 0; waker < step->blocked->waker_count; waker++) {
            struct way way = {step, &step->blocked->wakers[waker]};
            bool shown = way.waker->stack.count == 0 || way.waker->how == SNARL_WAKER_HOLDS;
            for (size_t known = 0; known < count; known++)
                shown |= same_way(&ways[known], &way);
            if (!shown && count < MOST_WAYS)
                ways[count++] = way;
        }
    }
    return count;
}

/* threads 3 and 4: all that went this way; wakers of one object are the same in all its steps */
static const char *travellers(struct snarl_text_writer *writer, const struct way *way)
{
    const struct snarl_report_blocked *blocked = way->step->blocked;
    unsigned *numbers = snarl_pool_allocate(&writer->pool, blocked->waker_count, sizeof *numbers);
    size_t count = 0;
    for (size_t index = 0; index < blocked->waker_count; index++)
        if (same_way(way, &(struct way){way->step, &blocked->wakers[index]}))
            numbers[count++] = number_of(writer, blocked->wakers[index].thread);
    return snarl_words_thread_numbers(&writer->words, numbers, count);
}

void snarl_text_write_waker_ways(struct snarl_text_writer *writer,
                                 const struct snarl_report_finding *finding)
{
    struct way ways[MOST_WAYS];
    struct snarl_block blocks[MOST_WAYS] = {{0}};
    size_t count = collect_ways(finding, ways);
    for (size_t index = 0; index < count; index++) {
        const struct way *way = &ways[index];
        const char *does = way->waker->how == SNARL_WAKER_SIGNALLED ? "signalled"
                           : way->waker->how == SNARL_WAKER_POSTED  ? "posted"
                                                                    : "came to";
        const char *what =
            snarl_words_target(&writer->words, way->step->target, way->step->wants, false);
        snarl_block_add(
            &writer->page, &blocks[index], 0,
            snarl_pool_format(&writer->pool, "%s %s %s", travellers(writer, way), does, what), NULL,
            NULL);
        snarl_text_add_stack(writer, &blocks[index], FRAME_INDENT, &way->waker->stack, false);
    }
    if (count == 0)
        return;
    snarl_page_gap(&writer->page);
    snarl_page_blocks(&writer->page, blocks, count);
}
