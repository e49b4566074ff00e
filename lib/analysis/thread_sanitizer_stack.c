/* Stacks: one frame a line, in the default of ThreadSanitizer's stack_trace_format. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/thread_sanitizer_parts.h"
#include "symbols/symbols.h"

static const char *const unknown = "<null>";

/* A piece of a line. */
struct span {
    const char *start;
    size_t length;
};

static const char *keep(struct snarl_report *report, struct span span)
{
    if (span.length == 0 ||
        (span.length == strlen(unknown) && memcmp(span.start, unknown, span.length) == 0))
        return NULL;
    return snarl_report_string(report, "%.*s", (int)span.length, span.start);
}

/* The last place within the span where `needle` stands; NULL if nowhere. */
static const char *find_last(struct span span, const char *needle)
{
    size_t length = strlen(needle);
    for (size_t at = span.length; at >= length; at--)
        if (memcmp(span.start + at - length, needle, length) == 0)
            return span.start + at - length;
    return NULL;
}

/* Cuts " (module+0x12ab)" and all that follows off the end, if it is there. clang adds a build-id.
 */
static void take_module(struct snarl_report *report, struct span *rest, struct snarl_frame *frame)
{
    const char *plus = find_last(*rest, "+0x");
    if (plus == NULL)
        return;
    struct span before = {rest->start, (size_t)(plus - rest->start)};
    const char *open = find_last(before, " (");
    if (open == NULL)
        return;
    struct span module = {open + 2, (size_t)(plus - open) - 2};
    frame->module = keep(report, module);
    frame->offset = strtoull(plus + 1, NULL, 16);
    rest->length = (size_t)(open - rest->start);
}

/* Where function and source part. Both may hold spaces, but a path mostly shows its beginning. */
static const char *find_source(struct span rest)
{
    static const char *const beginnings[] = {" /", " ./", " ../", " <null>"};
    for (size_t index = 0; index < sizeof beginnings / sizeof *beginnings; index++) {
        const char *found =
            memmem(rest.start, rest.length, beginnings[index], strlen(beginnings[index]));
        if (found != NULL)
            return found;
    }
    return find_last(rest, " ");
}

/* Cuts ":12" off the end and returns 12; 0 where there is no number. */
static unsigned take_number(struct span *source)
{
    size_t digits = 0;
    while (digits < source->length &&
           isdigit((unsigned char)source->start[source->length - digits - 1]))
        digits++;
    if (digits == 0 || digits >= source->length ||
        source->start[source->length - digits - 1] != ':')
        return 0;
    unsigned number = (unsigned)strtoul(source->start + source->length - digits, NULL, 10);
    source->length -= digits + 1;
    return number;
}

static void take_source(struct snarl_report *report, struct span *rest, struct snarl_frame *frame)
{
    const char *space = find_source(*rest);
    if (space == NULL)
        return;
    struct span source = {space + 1, rest->length - (size_t)(space + 1 - rest->start)};
    rest->length = (size_t)(space - rest->start);

    unsigned last = take_number(&source);
    unsigned first = take_number(&source);
    frame->line = first != 0 ? first : last; /* line, or line and column */
    frame->file = keep(report, source);
}

/* clang links the runtime into the program: its interceptors have the program's name, and no
 * source. */
static bool is_interceptor(const struct snarl_frame *frame)
{
    static const char *const beginnings[] = {
        "__interceptor_", "__tsan_",      "pthread_",        "sem_",
        "Annotate",       "operator new", "operator delete",
    };
    static const char *const names[] = {
        "malloc", "calloc", "realloc", "free", "memcpy", "memmove", "memset", "memcmp",
    };
    if (frame->function == NULL || frame->file != NULL)
        return false;
    for (size_t index = 0; index < sizeof beginnings / sizeof *beginnings; index++)
        if (snarl_sanitizer_after(frame->function, beginnings[index]) != NULL)
            return true;
    for (size_t index = 0; index < sizeof names / sizeof *names; index++)
        if (strcmp(frame->function, names[index]) == 0)
            return true;
    return false;
}

static bool is_foreign(const struct snarl_frame *frame)
{
    if (frame->file != NULL && (strstr(frame->file, "/libsanitizer/") != NULL ||
                                strstr(frame->file, "/compiler-rt/lib/") != NULL))
        return true;
    if (frame->module == NULL)
        return false;
    return snarl_sanitizer_after(frame->module, "libtsan.") != NULL || is_interceptor(frame) ||
           snarl_module_is_foreign(frame->module);
}

bool snarl_sanitizer_frame(struct snarl_report *report, const char *line, struct snarl_frame *frame)
{
    unsigned number;
    int length = 0;
    if (sscanf(line, " #%u %n", &number, &length) != 1 || length == 0)
        return false;

    *frame = (struct snarl_frame){0};
    struct span rest = {line + length, strlen(line + length)};
    take_module(report, &rest, frame);
    take_source(report, &rest, frame);
    frame->function = keep(report, rest);
    frame->foreign = is_foreign(frame);
    return true;
}

/* Frames at one and the same instruction were inlined into the last of them. */
static void mark_inlined(struct snarl_stack *stack)
{
    for (size_t index = 0; index + 1 < stack->count; index++) {
        struct snarl_frame *inner = &stack->frames[index];
        const struct snarl_frame *outer = inner + 1;
        inner->inlined = inner->module != NULL && outer->module != NULL &&
                         inner->offset == outer->offset &&
                         strcmp(inner->module, outer->module) == 0;
    }
}

struct snarl_stack snarl_sanitizer_stack(struct snarl_sanitizer_reading *reading)
{
    struct snarl_stack stack = {0};
    while (reading->next < reading->end) {
        const char *line = reading->lines[reading->next];
        if (snarl_sanitizer_is_break(line))
            break;
        reading->next++;
        struct snarl_frame frame;
        if (!snarl_sanitizer_frame(reading->report, line, &frame))
            continue;
        stack.frames =
            snarl_sanitizer_room(reading->report, stack.frames, stack.count, sizeof frame);
        stack.frames[stack.count++] = frame;
    }
    mark_inlined(&stack);
    return stack;
}
