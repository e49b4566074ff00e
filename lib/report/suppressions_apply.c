/* Suppressions at work: which findings go, and which rules took them. */
#include <string.h>

#include "report/paths.h"
#include "report/pattern.h"
#include "report/suppressions.h"
#include "report/ways.h"

/* Libraries of snarl's own stand between a call and who made it. */
static bool is_ours(const struct snarl_frame *frame)
{
    return frame->module != NULL &&
           strncmp(snarl_path_base(frame->module), "libsnarl", strlen("libsnarl")) == 0;
}

static bool matches_frame(const char *pattern, const struct snarl_frame *frame)
{
    return snarl_pattern_matches(pattern, frame->function) ||
           snarl_pattern_matches(pattern, frame->file) ||
           snarl_pattern_matches(pattern, frame->module);
}

static bool matches_stack(const struct snarl_stack *stack, bool of_call, void *context)
{
    const struct snarl_suppression_rule *rule = context;
    bool innermost_only =
        rule->type == SNARL_SUPPRESSION_LIB || rule->type == SNARL_SUPPRESSION_RACE_TOP;
    if (innermost_only && !of_call)
        return false;
    for (size_t index = 0; index < stack->count; index++) {
        const struct snarl_frame *frame = &stack->frames[index];
        if (rule->type == SNARL_SUPPRESSION_LIB && is_ours(frame))
            continue;
        if (rule->type == SNARL_SUPPRESSION_LIB
                ? snarl_pattern_matches(rule->pattern, frame->module)
                : matches_frame(rule->pattern, frame))
            return true;
        if (innermost_only)
            return false;
    }
    return false;
}

/* The first rule that matches, by its index; the count of rules where none does. */
static size_t rule_for(const struct snarl_suppressions *suppressions,
                       const struct snarl_report *report,
                       const struct snarl_report_finding *finding,
                       const struct snarl_report_variant *way)
{
    size_t index = 0;
    while (index < suppressions->count &&
           !(snarl_suppression_concerns(suppressions->rules[index].type, finding->kind) &&
             snarl_way_any_stack(report, finding, way, matches_stack, &suppressions->rules[index])))
        index++;
    return index;
}

/* Whether every way is matched; counts the rules that matched, as users or as half-users. */
static bool is_suppressed(const struct snarl_suppressions *suppressions,
                          struct snarl_report *report, const struct snarl_report_finding *finding,
                          bool *matched)
{
    bool all = true;
    memset(matched, 0, suppressions->count * sizeof *matched);
    for (size_t number = 0; number <= finding->also_count; number++) {
        struct snarl_report_variant way = snarl_finding_way(finding, number);
        size_t rule = rule_for(suppressions, report, finding, &way);
        if (rule < suppressions->count)
            matched[rule] = true;
        else
            all = false;
    }
    for (size_t rule = 0; rule < suppressions->count; rule++) {
        report->rules[rule].used += matched[rule] && all;
        report->rules[rule].partly += matched[rule] && !all;
    }
    return all;
}

/* What stood still because of a finding that goes is not to be explained again. */
static void note_standstill(struct snarl_report *report, const struct snarl_report_finding *finding)
{
    if (!snarl_finding_stands_still(finding) || finding->thread_count == 0)
        return;
    const struct snarl_report_thread *thread =
        snarl_report_thread_by_id(report, finding->threads[0]);
    if (thread != NULL && thread->process < report->process_count)
        report->processes[thread->process].explained = true;
}

static void list_rules(const struct snarl_suppressions *suppressions, struct snarl_report *report)
{
    report->rules = snarl_report_allocate(report, suppressions->count, sizeof *report->rules);
    report->rule_count = suppressions->count;
    for (size_t index = 0; index < suppressions->count; index++) {
        const struct snarl_suppression_rule *rule = &suppressions->rules[index];
        report->rules[index] = (struct snarl_report_rule){
            .file = snarl_report_string(report, "%s", rule->file),
            .line = rule->line,
            .text = snarl_report_string(report, "%s:%s", snarl_suppression_name(rule->type),
                                        rule->pattern),
            .idle = rule->type == SNARL_SUPPRESSION_SIGNAL,
        };
    }
}

/* Whether the way is a cycle over an edge: one step wants the one lock, the next the other. */
static bool goes_over(const struct snarl_report_variant *way, const struct snarl_report_edge *edge)
{
    for (size_t index = 0; index < way->step_count; index++) {
        const struct snarl_report_step *step = &way->steps[index];
        const struct snarl_report_step *before =
            &way->steps[(index + way->step_count - 1) % way->step_count];
        if (before->target == SNARL_TARGET_LOCK && before->wants == edge->from &&
            step->target == SNARL_TARGET_LOCK && step->wants == edge->to)
            return true;
    }
    return false;
}

static bool any_goes_over(const struct snarl_report_finding *findings, size_t count,
                          const struct snarl_report_edge *edge)
{
    for (size_t index = 0; index < count; index++) {
        const struct snarl_report_finding *finding = &findings[index];
        if (finding->kind != SNARL_FINDING_LOCK_ORDER_CYCLE)
            continue;
        for (size_t number = 0; number <= finding->also_count; number++) {
            struct snarl_report_variant way = snarl_finding_way(finding, number);
            if (goes_over(&way, edge))
                return true;
        }
    }
    return false;
}

/* An edge whose cycles are all suppressed is drawn as any other. */
static void clear_edges(struct snarl_report *report, const struct snarl_report_finding *gone)
{
    for (size_t index = 0; index < report->edge_count; index++) {
        struct snarl_report_edge *edge = &report->edges[index];
        if (edge->in_cycle && any_goes_over(gone, report->suppressed, edge) &&
            !any_goes_over(report->findings, report->finding_count, edge))
            edge->in_cycle = false;
    }
}

void snarl_suppressions_apply(const struct snarl_suppressions *suppressions,
                              struct snarl_report *report)
{
    bool *matched = snarl_report_allocate(report, suppressions->count, sizeof *matched);
    struct snarl_report_finding *gone =
        snarl_report_allocate(report, report->finding_count, sizeof *gone);
    size_t kept = 0;
    list_rules(suppressions, report);
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        if (is_suppressed(suppressions, report, finding, matched)) {
            note_standstill(report, finding);
            gone[report->suppressed++] = *finding;
        } else {
            report->findings[kept++] = *finding;
        }
    }
    report->finding_count = kept;
    clear_edges(report, gone);
}
