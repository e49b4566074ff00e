#include <stdbool.h>
#include <string.h>

#include "report/text_parts.h"

enum {
    MOST_FRAMES = 20,
    MOST_OTHER_HOLDS = 3,
};

struct span {
    size_t first, end;
};

/* The program's entry point is in the user's file, but called by nobody and written by nobody. */
static bool is_entry_point(const struct snarl_stack *stack, size_t index)
{
    const char *function = stack->frames[index].function;
    return index > 0 && index + 1 == stack->count && stack->frames[index - 1].foreign &&
           (function == NULL || strcmp(function, "_start") == 0);
}

/* The frames from the first of the user's to the last; all where none is. */
static struct span user_span(const struct snarl_stack *stack, bool keep_call)
{
    struct span span = {0, stack->count};
    while (span.end > 0 &&
           (stack->frames[span.end - 1].foreign || is_entry_point(stack, span.end - 1)))
        span.end--;
    if (span.end == 0)
        return (struct span){0, stack->count};
    while (stack->frames[span.first].foreign)
        span.first++;
    if (keep_call && span.first > 0)
        span.first--;
    return span;
}

/* The source line; for code that is not the user's, or has none, the library. */
static const char *frame_line(struct snarl_text_writer *writer, const struct snarl_frame *frame)
{
    const char *line = snarl_words_line(&writer->words, frame);
    if ((frame->foreign || *line == '\0') && frame->function != NULL && frame->module != NULL)
        return snarl_path_base(frame->module);
    return line;
}

/* Frames of the watcher between the program's say nothing about the program. */
static bool is_own(const struct snarl_frame *frame)
{
    return frame->foreign && frame->module != NULL &&
           strcmp(snarl_path_base(frame->module), "libsnarl.so") == 0;
}

void snarl_text_add_stack(struct snarl_text_writer *writer, struct snarl_block *block,
                          unsigned indent, const struct snarl_stack *stack, bool keep_call)
{
    struct span span = user_span(stack, keep_call);
    size_t shown = 0, more = 0;
    for (size_t index = span.first; index < span.end; index++) {
        const struct snarl_frame *frame = &stack->frames[index];
        if (index > span.first && is_own(frame))
            continue;
        if (shown == MOST_FRAMES) {
            more++;
            continue;
        }
        shown++;
        snarl_block_add(&writer->page, block, indent, snarl_words_function(&writer->words, frame),
                        frame_line(writer, frame), NULL);
    }
    if (more > 0)
        snarl_block_add(&writer->page, block, indent,
                        snarl_pool_format(&writer->pool, "and %s",
                                          snarl_words_count(&writer->words, more, "more frame")),
                        NULL, NULL);
}

bool snarl_text_same_string(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

bool snarl_text_same_stack(const struct snarl_stack *one, const struct snarl_stack *other)
{
    if (one->count != other->count)
        return false;
    for (size_t index = 0; index < one->count; index++) {
        const struct snarl_frame *left = &one->frames[index];
        const struct snarl_frame *right = &other->frames[index];
        if (left->offset != right->offset || left->line != right->line ||
            !snarl_text_same_string(left->function, right->function) ||
            !snarl_text_same_string(left->file, right->file) ||
            !snarl_text_same_string(left->module, right->module))
            return false;
    }
    return true;
}

void snarl_text_add_holds(struct snarl_text_writer *writer, struct snarl_block *block,
                          unsigned indent, const struct snarl_report_hold *holds, size_t count,
                          const struct snarl_report_finding *finding)
{
    size_t others = 0;
    for (int part = 1; part >= 0; part--) {
        for (size_t index = 0; index < count; index++) {
            if (snarl_text_takes_part(finding, holds[index].lock) != part ||
                (!part && ++others > MOST_OTHER_HOLDS))
                continue;
            snarl_block_add(&writer->page, block, indent, holds[index].shared ? "reads" : "holds",
                            snarl_words_lock(&writer->words, holds[index].lock),
                            snarl_words_place(&writer->words, &holds[index].stack));
        }
    }
    if (others > MOST_OTHER_HOLDS)
        snarl_block_add(&writer->page, block, indent, "holds",
                        snarl_words_count(&writer->words, others - MOST_OTHER_HOLDS, "more lock"),
                        "");
}
