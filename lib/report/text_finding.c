#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "report/text_parts.h"

enum {
    MOST_WAYS = 5,    /* other ways shown, one line each */
    SIDE_BY_SIDE = 2, /* so many threads stand beside each other, more below each other */
    STEP_INDENT = 2,
    WAY_INDENT = 4,
};

/* "lock-order-cycle" becomes LOCK-ORDER CYCLE: hyphens stay within a compound only. */
static const char *title(struct snarl_text_writer *writer,
                         const struct snarl_report_finding *finding)
{
    static const char *const compounds[] = {"lock-order", "self-deadlock"};
    const char *name = snarl_finding_name(finding->kind);
    char *text = snarl_pool_format(&writer->pool, "%s%s", name,
                                   finding->status == SNARL_INFEASIBLE  ? " (cannot happen)"
                                   : finding->severity == SNARL_WARNING ? " (warning)"
                                   : finding->severity == SNARL_NOTE    ? " (note)"
                                                                        : "");
    size_t kept = 0;
    for (size_t index = 0; name[index] != '\0'; index++) {
        for (size_t row = 0; row < sizeof compounds / sizeof compounds[0]; row++)
            if (strncmp(name + index, compounds[row], strlen(compounds[row])) == 0)
                kept = index + strlen(compounds[row]);
        text[index] = (char)(name[index] == '-' && index >= kept ? ' ' : toupper(name[index]));
    }
    return text;
}

/* The process of the thread that comes first, or NULL. */
static const struct snarl_report_process *home_of(const struct snarl_report *report,
                                                  const struct snarl_report_finding *finding)
{
    const struct snarl_report_thread *thread = NULL;
    if (finding->thread_count > 0)
        thread = snarl_report_thread_by_id(report, finding->threads[0]);
    bool known = thread != NULL && thread->process < report->process_count;
    return known ? &report->processes[thread->process] : NULL;
}

/* ./transfer (pid 4711) and ./audit (pid 4720) */
static const char *processes_of(struct snarl_text_writer *writer,
                                const struct snarl_report_finding *finding)
{
    const struct snarl_report *report = writer->report;
    bool *listed = snarl_pool_allocate(&writer->pool, report->process_count, sizeof *listed);
    const char **names = snarl_pool_allocate(&writer->pool, finding->thread_count, sizeof *names);
    size_t count = 0;
    for (size_t index = 0; index < finding->thread_count; index++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(report, finding->threads[index]);
        if (thread == NULL || thread->process >= report->process_count || listed[thread->process])
            continue;
        listed[thread->process] = true;
        names[count++] = snarl_text_process(writer, &report->processes[thread->process]);
    }
    return snarl_words_list(&writer->words, names, count);
}

static void write_headline(struct snarl_text_writer *writer,
                           const struct snarl_report_finding *finding)
{
    static const enum snarl_page_style styles[] = {
        [SNARL_NOTE] = SNARL_STYLE_BOLD,
        [SNARL_WARNING] = SNARL_STYLE_BOLD_YELLOW,
        [SNARL_ERROR] = SNARL_STYLE_BOLD_RED,
    };
    const char *sentence =
        finding->message != NULL ? finding->message : snarl_finding_headline(finding->kind);
    const char *id = NULL;
    if (finding->id[0] != '\0')
        id = snarl_pool_format(&writer->pool, "[%s]", finding->id);
    snarl_page_headline(&writer->page, styles[finding->severity], title(writer, finding), sentence,
                        id);
    if (writer->report->process_count >= 2 && writer->words.home != NULL)
        snarl_page_paragraph(
            &writer->page, SNARL_PAGE_MARGIN, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN,
            snarl_pool_format(&writer->pool, "in %s", processes_of(writer, finding)));
}

bool snarl_text_takes_part(const struct snarl_report_finding *finding, unsigned lock)
{
    if (finding == NULL)
        return true;
    for (size_t index = 0; index < finding->step_count; index++)
        if (finding->steps[index].target == SNARL_TARGET_LOCK &&
            finding->steps[index].wants == lock)
            return true;
    return false;
}

/* alice.lock; gate (by trywait) */
static const char *wanted(struct snarl_words *words, const struct snarl_report_step *step)
{
    const char *target = snarl_words_target(words, step->target, step->wants, step->timed);
    return step->tried ? snarl_pool_format(words->pool, "%s (by trywait)", target) : target;
}

bool snarl_text_is_declared(const struct snarl_report *report, const struct snarl_report_step *step)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, step->thread);
    return thread != NULL && thread->declared;
}

/* No thread's step: the order says so itself. */
static void add_declared(struct snarl_text_writer *writer, struct snarl_block *block,
                         unsigned indent, const struct snarl_report_step *step)
{
    struct snarl_words *words = &writer->words;
    snarl_block_add(&writer->page, block, 0, snarl_words_thread(words, step->thread), NULL, NULL);
    for (size_t index = 0; index < step->hold_count; index++)
        snarl_block_add(&writer->page, block, indent, "first",
                        snarl_words_lock(words, step->holds[index].lock), "");
    snarl_block_add(&writer->page, block, indent, "then", snarl_words_lock(words, step->wants),
                    snarl_words_place(words, &step->stack));
}

static void add_step(struct snarl_text_writer *writer, struct snarl_block *block, unsigned indent,
                     const struct snarl_report_finding *finding,
                     const struct snarl_report_step *step)
{
    struct snarl_words *words = &writer->words;
    const char *place = snarl_words_place(words, &step->stack);
    if (snarl_text_is_declared(writer->report, step)) {
        add_declared(writer, block, indent, step);
        return;
    }
    snarl_block_add(&writer->page, block, 0, snarl_words_thread(words, step->thread), NULL, NULL);
    if (step->action != NULL)
        snarl_block_add(&writer->page, block, indent, step->action, place, NULL);
    snarl_text_add_holds(writer, block, indent, step->holds, step->hold_count, finding);
    if (step->target != SNARL_TARGET_NONE)
        snarl_block_add(&writer->page, block, indent, snarl_words_wish(step->target, step->shared),
                        wanted(words, step), place);
    else if (step->hold_count == 0 &&
             (step->action == NULL || finding->kind == SNARL_FINDING_DATA_RACE))
        snarl_block_add(&writer->page, block, indent, "holds", "no lock", "");
}

/* Two threads beside each other; others, one below the other. */
static void write_steps(struct snarl_text_writer *writer,
                        const struct snarl_report_finding *finding)
{
    struct snarl_block blocks[SIDE_BY_SIDE] = {{0}};
    bool beside = finding->step_count == SIDE_BY_SIDE;
    for (size_t index = 0; index < finding->step_count; index++)
        add_step(writer, &blocks[beside ? index : 0], beside ? 0 : STEP_INDENT, finding,
                 &finding->steps[index]);
    snarl_page_gap(&writer->page);
    snarl_page_blocks(&writer->page, blocks, beside ? SIDE_BY_SIDE : 1);
}

/* Then what it has as arguments are the programs. */
static bool is_merged(const struct snarl_report *report)
{
    return report->process_count > 0 && report->processes[0].runs > 0;
}

/* A thread is held in front of these calls only. */
static bool can_be_steered(const struct snarl_report *report, unsigned id)
{
    static const char *const kinds[] = {"mutex", "rwlock", "spin lock"};
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, id);
    for (size_t i = 0; lock != NULL && lock->kind != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(lock->kind, kinds[i]) == 0)
            return true;
    return false;
}

/* Whether a run can be steered into it: threads of one process, that one run has shown, with these
 * very locks, in waits that do not give up. */
static bool can_be_confirmed(const struct snarl_report *report,
                             const struct snarl_report_finding *finding)
{
    const struct snarl_report_thread *first = NULL;
    for (size_t index = 0; index < finding->step_count; index++) {
        const struct snarl_report_step *step = &finding->steps[index];
        const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, step->thread);
        first = index == 0 ? thread : first;
        if (step->timed || step->tried || thread == NULL || thread->declared ||
            thread->process != first->process || !can_be_steered(report, step->wants))
            return false;
    }
    return !finding->by_class && finding->runs == 0 && !is_merged(report) &&
           finding->kind == SNARL_FINDING_LOCK_ORDER_CYCLE && report->argc > 0;
}

/* One sentence below the others; the lines that go on are not indented. */
static void write_sentence(struct snarl_text_writer *writer, enum snarl_page_style style,
                           const char *sentence)
{
    snarl_page_paragraph(&writer->page, SNARL_PAGE_MARGIN, SNARL_PAGE_MARGIN, style, sentence);
}

/* What came of trying to make it happen. */
static void write_confirmation(struct snarl_text_writer *writer,
                               const struct snarl_report_confirmation *confirmation)
{
    const char *text = confirmation->why;
    if (confirmation->run != 0)
        text = snarl_pool_format(
            &writer->pool, "Confirmed in run %u of %u: steered there, process %" PRIu64 " hung.",
            confirmation->run, confirmation->runs, confirmation->pid);
    else if (confirmation->runs != 0)
        text = snarl_pool_format(&writer->pool, "Not reproduced in %s. %s",
                                 snarl_words_count(&writer->words, confirmation->runs, "run"),
                                 confirmation->why);
    write_sentence(writer, SNARL_STYLE_PLAIN, text);
    if (confirmation->again != NULL)
        snarl_page_command(&writer->page, "To see it again:", confirmation->again);
}

/* What the command would try, where it has not. */
static void write_offer(struct snarl_text_writer *writer,
                        const struct snarl_report_finding *finding)
{
    const struct snarl_report *report = writer->report;
    if (finding->status == SNARL_PREDICTED && can_be_confirmed(report, finding))
        snarl_page_command(
            &writer->page, "To make it:",
            snarl_pool_format(&writer->pool, "snarl confirm -- %s",
                              snarl_words_command(&writer->words, report->argv, report->argc)));
}

static const char *status_sentence(const struct snarl_report *report,
                                   const struct snarl_report_finding *finding)
{
    static const char *const reasons[] = {
        [SNARL_REASON_NONE] = "It cannot happen.",
        [SNARL_REASON_SINGLE_THREAD] =
            "It cannot happen: one thread would have to be in two places at once.",
        [SNARL_REASON_GATE_LOCK] =
            "It cannot happen: a lock that is held around all of it (a gate lock) lets only one of "
            "these threads in at a time.",
        [SNARL_REASON_ORDERED] =
            "It cannot happen: one of these threads has ended, or has not "
            "been created, when the other gets there.",
        [SNARL_REASON_SHARED_MODE] =
            "It cannot happen: the lock is held by readers, and readers do not keep each other "
            "out.",
    };
    switch (finding->status) {
    case SNARL_PREDICTED:
        return is_merged(report) ? "It did not happen in any of these runs."
                                 : "It did not happen in this run.";
    case SNARL_OCCURRED:
        return "It happened in this run.";
    case SNARL_CONFIRMED:
        return "It was predicted, then made to happen.";
    case SNARL_INFEASIBLE:
        return reasons[finding->reason];
    }
    return "";
}

static void write_reasons(struct snarl_text_writer *writer,
                          const struct snarl_report_finding *finding)
{
    const struct snarl_report_confirmation *confirmation = finding->confirmation;
    snarl_page_gap(&writer->page);
    if (finding->why != NULL)
        write_sentence(writer, SNARL_STYLE_PLAIN, finding->why);
    bool is_said = finding->status == SNARL_INFEASIBLE && finding->why != NULL;
    if (!is_said && (confirmation == NULL || confirmation->runs == 0))
        write_sentence(writer, SNARL_STYLE_PLAIN, status_sentence(writer->report, finding));
    if (confirmation != NULL)
        write_confirmation(writer, confirmation);
    else
        write_offer(writer, finding);
    if (finding->fix != NULL)
        write_sentence(writer, SNARL_STYLE_GREEN,
                       snarl_pool_format(&writer->pool, "To mend it: %s", finding->fix));
}

/* Threads of which there were too many to keep what each did. */
static void write_left_out(struct snarl_text_writer *writer,
                           const struct snarl_report_finding *finding)
{
    if (finding->left_out == 0)
        return;
    const char *threads = snarl_words_count(&writer->words, finding->left_out, "more thread");
    snarl_page_gap(&writer->page);
    write_sentence(writer, SNARL_STYLE_PLAIN,
                   snarl_pool_format(&writer->pool, "%s did as one of these did.", threads));
}

/* How else the same locks are reached: one line for each way. */
static void write_also(struct snarl_text_writer *writer, const struct snarl_report_finding *finding)
{
    write_left_out(writer, finding);
    if (finding->also_count == 0)
        return;
    struct snarl_words *words = &writer->words;
    snarl_page_gap(&writer->page);
    const char *verb = finding->also_count == 1 ? "leads" : "lead";
    snarl_page_paragraph(
        &writer->page, SNARL_PAGE_MARGIN, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN,
        snarl_pool_format(&writer->pool, "%s %s there:",
                          snarl_words_count(words, finding->also_count, "other way"), verb));
    for (size_t way = 0; way < finding->also_count && way < MOST_WAYS; way++) {
        const struct snarl_report_variant *variant = &finding->also[way];
        const char **spots = snarl_pool_allocate(&writer->pool, variant->step_count, sizeof *spots);
        for (size_t index = 0; index < variant->step_count; index++)
            spots[index] = snarl_words_spot(words, snarl_stack_place(&variant->steps[index].stack));
        snarl_page_paragraph(&writer->page, WAY_INDENT, WAY_INDENT + 2, SNARL_STYLE_PLAIN,
                             snarl_words_list(words, spots, variant->step_count));
    }
    if (finding->also_count > MOST_WAYS)
        snarl_page_paragraph(
            &writer->page, WAY_INDENT, WAY_INDENT, SNARL_STYLE_PLAIN,
            snarl_pool_format(&writer->pool, "and %zu more", finding->also_count - MOST_WAYS));
}

void snarl_text_write_finding(struct snarl_text_writer *writer,
                              const struct snarl_report_finding *finding)
{
    writer->words.home = home_of(writer->report, finding);
    snarl_page_gap(&writer->page);
    write_headline(writer, finding);
    bool blocked = finding->kind == SNARL_FINDING_ALL_THREADS_BLOCKED;
    if (blocked)
        snarl_text_write_blocked(writer, finding);
    else if (finding->step_count > 0)
        write_steps(writer, finding);
    write_reasons(writer, finding);
    snarl_text_write_ways(writer, finding);
    if (blocked)
        snarl_text_write_waker_ways(writer, finding);
    write_also(writer, finding);
    writer->words.home = NULL;
}
