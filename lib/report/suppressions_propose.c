/* Suppressions that would take out what was found: which function tells a finding best. */
#include <stdlib.h>
#include <string.h>

#include "report/paths.h"
#include "report/suppressions.h"
#include "report/utf8.h"
#include "report/ways.h"
#include "report/writers.h"

/* That a function takes part in a finding. */
struct part {
    const char *function;
    size_t finding;
};

struct proposer {
    const struct snarl_report *report;
    struct snarl_pool pool;
    struct part *parts; /* sorted */
    size_t part_count, part_capacity;
    size_t finding; /* the one at hand */
};

static int compare_parts(const void *left, const void *right)
{
    const struct part *one = left, *other = right;
    int order = strcmp(one->function, other->function);
    if (order != 0)
        return order;
    return (one->finding > other->finding) - (one->finding < other->finding);
}

static bool is_telling(const struct snarl_frame *frame)
{
    return !frame->foreign && frame->function != NULL;
}

static bool gather_stack(const struct snarl_stack *stack, bool of_call, void *context)
{
    struct proposer *proposer = context;
    (void)of_call;
    for (size_t index = 0; index < stack->count; index++) {
        if (!is_telling(&stack->frames[index]))
            continue;
        if (proposer->part_count == proposer->part_capacity) {
            proposer->part_capacity = 2 * proposer->part_capacity + 256;
            struct part *more =
                snarl_pool_allocate(&proposer->pool, proposer->part_capacity, sizeof *more);
            if (proposer->part_count > 0)
                memcpy(more, proposer->parts, proposer->part_count * sizeof *more);
            proposer->parts = more;
        }
        proposer->parts[proposer->part_count++] =
            (struct part){stack->frames[index].function, proposer->finding};
    }
    return false;
}

/* Notes in which findings each function takes part, in any of their ways. */
static void gather(struct proposer *proposer)
{
    const struct snarl_report *report = proposer->report;
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        proposer->finding = index;
        for (size_t number = 0; number <= finding->also_count; number++) {
            struct snarl_report_variant way = snarl_finding_way(finding, number);
            snarl_way_any_stack(report, finding, &way, gather_stack, proposer);
        }
    }
    if (proposer->part_count > 1)
        qsort(proposer->parts, proposer->part_count, sizeof *proposer->parts, compare_parts);
}

/* In how many findings the function takes part. */
static size_t findings_with(const struct proposer *proposer, const char *function)
{
    size_t low = 0, high = proposer->part_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(proposer->parts[middle].function, function) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t count = 0;
    for (; low < proposer->part_count && strcmp(proposer->parts[low].function, function) == 0;
         low++)
        count += count == 0 || proposer->parts[low].finding != proposer->parts[low - 1].finding;
    return count;
}

static bool has_function(const struct snarl_stack *stack, bool of_call, void *context)
{
    (void)of_call;
    for (size_t index = 0; index < stack->count; index++)
        if (stack->frames[index].function != NULL &&
            strcmp(stack->frames[index].function, context) == 0)
            return true;
    return false;
}

/* In how many steps of a way the function takes part: one that takes every lock for everybody is in
 * all of them. */
static size_t steps_with(const struct snarl_report_variant *way, const char *function)
{
    size_t count = 0;
    for (size_t index = 0; index < way->step_count; index++) {
        const struct snarl_report_step *step = &way->steps[index];
        bool found = has_function(&step->stack, true, (void *)function);
        for (size_t hold = 0; !found && hold < step->hold_count; hold++)
            found = has_function(&step->holds[hold].stack, true, (void *)function);
        count += found;
    }
    return count;
}

/* The best so far of the functions of one way. */
struct choice {
    const struct proposer *proposer;
    const struct snarl_report_variant *way;
    const char *function;
    size_t findings, steps;
};

static bool consider_stack(const struct snarl_stack *stack, bool of_call, void *context)
{
    struct choice *choice = context;
    for (size_t index = 0; of_call && index < stack->count; index++) {
        const struct snarl_frame *frame = &stack->frames[index];
        if (!is_telling(frame))
            continue;
        size_t findings = findings_with(choice->proposer, frame->function);
        size_t steps = steps_with(choice->way, frame->function);
        bool better = choice->function == NULL || findings < choice->findings ||
                      (findings == choice->findings && steps < choice->steps);
        if (!better)
            continue;
        choice->function = frame->function;
        choice->findings = findings;
        choice->steps = steps;
    }
    return false;
}

/* Where no function of the user's is known: the first frame that says anything. */
static bool take_frame(const struct snarl_stack *stack, bool of_call, void *context)
{
    const struct snarl_frame **frame = context;
    (void)of_call;
    const struct snarl_frame *place = snarl_stack_place(stack);
    if (place != NULL && (place->function != NULL || place->file != NULL || place->module != NULL))
        *frame = place;
    return *frame != NULL;
}

/* `text` as a pattern that matches it and little else: what has a meaning in patterns is left to a
 * star, which matches itself, too. */
static char *pattern_of(struct snarl_pool *pool, const char *front, const char *text)
{
    char *pattern = snarl_pool_format(pool, "%s%s", front, text);
    for (char *place = pattern + strlen(front); *place != '\0'; place++)
        if (*place == '$' || (unsigned char)*place < ' ')
            *place = '*';
    return snarl_pool_format(pool, "%s$", pattern);
}

static const char *pattern_of_path(struct snarl_pool *pool, const char *path)
{
    const char *base = snarl_path_base(path);
    return pattern_of(pool, base == path ? "^" : "/", base);
}

static const char *pattern_of_frame(struct snarl_pool *pool, const struct snarl_frame *frame)
{
    if (frame->function != NULL)
        return pattern_of(pool, "^", frame->function);
    return pattern_of_path(pool, frame->file != NULL ? frame->file : frame->module);
}

/* The pattern for one way, or NULL where `functions` has one of its functions already, or nothing
 * is known of its stacks. */
static const char *propose_way(struct proposer *proposer,
                               const struct snarl_report_finding *finding,
                               const struct snarl_report_variant *way, const char **functions,
                               size_t *count)
{
    const struct snarl_report *report = proposer->report;
    for (size_t index = 0; index < *count; index++)
        if (snarl_way_any_stack(report, finding, way, has_function, (void *)functions[index]))
            return NULL;
    struct choice choice = {.proposer = proposer, .way = way};
    snarl_way_any_stack(report, finding, way, consider_stack, &choice);
    if (choice.function != NULL) {
        functions[(*count)++] = choice.function;
        return pattern_of(&proposer->pool, "^", choice.function);
    }
    const struct snarl_frame *frame = NULL;
    snarl_way_any_stack(report, finding, way, take_frame, &frame);
    return frame != NULL ? pattern_of_frame(&proposer->pool, frame) : NULL;
}

static void propose(FILE *stream, struct proposer *proposer,
                    const struct snarl_report_finding *finding)
{
    enum snarl_suppression type = snarl_suppression_of(finding->kind);
    const char **functions =
        snarl_pool_allocate(&proposer->pool, finding->also_count + 1, sizeof *functions);
    size_t count = 0;
    bool proposed = false;
    fprintf(stream, "# %s %s\n", finding->id, snarl_finding_name(finding->kind));
    if (finding->message != NULL)
        fprintf(stream, "# %s\n", snarl_utf8_printable(&proposer->pool, finding->message));
    for (size_t number = 0; type != SNARL_SUPPRESSION_TYPES && number <= finding->also_count;
         number++) {
        struct snarl_report_variant way = snarl_finding_way(finding, number);
        const char *pattern = propose_way(proposer, finding, &way, functions, &count);
        if (pattern != NULL)
            fprintf(stream, "%s:%s\n", snarl_suppression_name(type), pattern);
        proposed = proposed || pattern != NULL;
    }
    if (!proposed)
        fputs("# (nothing is known of it that a rule could match)\n", stream);
}

bool snarl_suppressions_propose(FILE *stream, const struct snarl_report *report)
{
    struct proposer proposer = {.report = report};
    gather(&proposer);
    for (size_t index = 0; index < report->finding_count; index++) {
        if (index > 0)
            fputc('\n', stream);
        propose(stream, &proposer, &report->findings[index]);
    }
    snarl_pool_free(&proposer.pool);
    return snarl_format_finish(stream);
}
