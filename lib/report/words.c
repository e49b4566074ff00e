#include "report/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/utf8.h"

enum {
    LONGEST_COMMAND = 60, /* code points */
};

/* " of pid 4712" for a thread that is not at home, else "". */
static const char *of_process(struct snarl_words *words, const struct snarl_report_thread *thread)
{
    if (words->home == NULL || thread->process >= words->report->process_count)
        return "";
    const struct snarl_report_process *process = &words->report->processes[thread->process];
    return process != words->home ? snarl_pool_format(words->pool, " of pid %" PRIu64, process->pid)
                                  : "";
}

const char *snarl_words_thread_number(struct snarl_words *words, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(words->report, id);
    if (thread == NULL)
        return "an unknown thread";
    if (thread->declared)
        return "the declared order";
    return snarl_pool_format(words->pool, "thread %u%s", thread->number, of_process(words, thread));
}

const char *snarl_words_thread(struct snarl_words *words, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(words->report, id);
    if (thread == NULL || thread->declared)
        return snarl_words_thread_number(words, id);
    const char *where = thread->absent ? " (not in this process)" : of_process(words, thread);
    if (thread->name != NULL)
        return snarl_pool_format(words->pool, "thread %u \"%s\"%s", thread->number, thread->name,
                                 where);
    if (thread->start != NULL)
        return snarl_pool_format(words->pool, "thread %u (%s)%s", thread->number, thread->start,
                                 where);
    return snarl_pool_format(words->pool, "thread %u%s", thread->number, where);
}

const char *snarl_words_list(struct snarl_words *words, const char *const *items, size_t count)
{
    const char *text = count > 0 ? items[0] : "";
    for (size_t index = 1; index < count; index++)
        text = snarl_pool_format(words->pool, "%s%s%s", text, index + 1 < count ? ", " : " and ",
                                 items[index]);
    return text;
}

static int compare_numbers(const void *left, const void *right)
{
    unsigned one = *(const unsigned *)left, other = *(const unsigned *)right;
    return (one > other) - (one < other);
}

const char *snarl_words_thread_numbers(struct snarl_words *words, unsigned *numbers, size_t count)
{
    qsort(numbers, count, sizeof *numbers, compare_numbers);
    const char **runs = snarl_pool_allocate(words->pool, count, sizeof *runs);
    size_t run_count = 0;
    for (size_t first = 0, last; first < count; first = last + 1) {
        last = first;
        while (last + 1 < count && numbers[last + 1] == numbers[last] + 1)
            last++;
        if (last < first + 2) /* two in a row read better as two */
            last = first;
        runs[run_count++] =
            last > first ? snarl_pool_format(words->pool, "%u to %u", numbers[first], numbers[last])
                         : snarl_pool_format(words->pool, "%u", numbers[first]);
    }
    return snarl_pool_format(words->pool, "thread%s %s", count == 1 ? "" : "s",
                             snarl_words_list(words, runs, run_count));
}

const char *snarl_words_lock(struct snarl_words *words, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(words->report, id);
    if (lock == NULL)
        return "an unknown lock";
    if (lock->name != NULL)
        return snarl_report_shares_name(words->report, lock)
                   ? snarl_pool_format(words->pool, "%s (%u)", lock->name, id)
                   : lock->name;
    return snarl_pool_format(words->pool, "%s at 0x%" PRIx64,
                             lock->kind != NULL ? lock->kind : "lock", lock->address);
}

const char *snarl_words_verb(enum snarl_target target)
{
    static const char *const verbs[] = {
        [SNARL_TARGET_NONE] = "",
        [SNARL_TARGET_LOCK] = "wants",
        [SNARL_TARGET_THREAD] = "joins",
        [SNARL_TARGET_CONDITION] = "waits on",
        [SNARL_TARGET_SEMAPHORE] = "waits on",
        [SNARL_TARGET_BARRIER] = "waits at",
        [SNARL_TARGET_END_OF_WAITS] = "destroys",
    };
    return verbs[target];
}

const char *snarl_words_wish(enum snarl_target target, bool shared)
{
    return target == SNARL_TARGET_LOCK && shared ? "wants to read" : snarl_words_verb(target);
}

const char *snarl_words_target(struct snarl_words *words, enum snarl_target target, unsigned id,
                               bool timed)
{
    static const char *const unknown[] = {
        [SNARL_TARGET_NONE] = "",
        [SNARL_TARGET_LOCK] = "an unknown lock",
        [SNARL_TARGET_THREAD] = "an unknown thread",
        [SNARL_TARGET_CONDITION] = "a condition variable",
        [SNARL_TARGET_SEMAPHORE] = "a semaphore",
        [SNARL_TARGET_BARRIER] = "a barrier",
        [SNARL_TARGET_END_OF_WAITS] = "what is waited on",
    };
    const char *what = unknown[target];
    if (target == SNARL_TARGET_THREAD)
        what = snarl_words_thread_number(words, id);
    else if (target != SNARL_TARGET_NONE && id != 0)
        what = snarl_words_lock(words, id);
    return timed ? snarl_pool_format(words->pool, "%s (timed)", what) : what;
}

const char *snarl_words_function(struct snarl_words *words, const struct snarl_frame *frame)
{
    if (frame->function != NULL)
        return frame->inlined ? snarl_pool_format(words->pool, "%s (inlined)", frame->function)
                              : frame->function;
    if (frame->module != NULL)
        return snarl_pool_format(words->pool, "%s+0x%" PRIx64, snarl_path_base(frame->module),
                                 frame->offset);
    return "(unknown)";
}

const char *snarl_words_line(struct snarl_words *words, const struct snarl_frame *frame)
{
    if (frame->file == NULL)
        return "";
    const char *file = snarl_paths_short(&words->paths, frame->file);
    return frame->line != 0 ? snarl_pool_format(words->pool, "%s:%u", file, frame->line) : file;
}

const char *snarl_words_place(struct snarl_words *words, const struct snarl_stack *stack)
{
    const struct snarl_frame *frame = snarl_stack_place(stack);
    if (frame == NULL)
        return "";
    const char *line = snarl_words_line(words, frame);
    return *line != '\0' ? line : snarl_words_function(words, frame);
}

const char *snarl_words_spot(struct snarl_words *words, const struct snarl_frame *frame)
{
    if (frame == NULL)
        return "(unknown)";
    const char *line = snarl_words_line(words, frame);
    if (frame->function == NULL && *line != '\0')
        return line;
    const char *function =
        frame->function != NULL ? frame->function : snarl_words_function(words, frame);
    return *line != '\0' ? snarl_pool_format(words->pool, "%s (%s)", function, line) : function;
}

const char *snarl_words_command(struct snarl_words *words, char *const *argv, size_t argc)
{
    const char *text = argc > 0 ? argv[0] : "an unknown program";
    for (size_t index = 1; index < argc && snarl_utf8_count(text) <= LONGEST_COMMAND; index++)
        text = snarl_pool_format(words->pool, "%s %s", text, argv[index]);
    if (snarl_utf8_count(text) <= LONGEST_COMMAND)
        return text;
    const char *end = snarl_utf8_skip(text, LONGEST_COMMAND - 3);
    return snarl_pool_format(words->pool, "%.*s...", (int)(end - text), text);
}

const char *snarl_words_count(struct snarl_words *words, uint64_t count, const char *noun)
{
    size_t length = strlen(noun);
    const char *ending = count == 1 ? "" : length > 0 && noun[length - 1] == 's' ? "es" : "s";
    return snarl_pool_format(words->pool, "%" PRIu64 " %s%s", count, noun, ending);
}

const char *snarl_words_duration(struct snarl_words *words, double seconds)
{
    if (seconds < 0.001)
        return "under 1 ms";
    if (seconds < 0.9995)
        return snarl_pool_format(words->pool, "%.0f ms", seconds * 1000);
    if (seconds < 119.5)
        return snarl_pool_format(words->pool, "%.0f s", seconds);
    if (seconds < 7170)
        return snarl_pool_format(words->pool, "%.0f min", seconds / 60);
    return snarl_pool_format(words->pool, "%.1f h", seconds / 3600);
}
