/* The text as lines, and its warnings as findings. */
#include "analysis/thread_sanitizer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/identify.h"
#include "analysis/thread_sanitizer_parts.h"

static const char warning_mark[] = "WARNING: ThreadSanitizer: ";

/* By the beginning of ThreadSanitizer's own words; the last row takes all the rest. */
static const struct {
    const char *words;
    enum snarl_finding_kind kind;
    enum snarl_status status;
    enum snarl_severity severity;
} kinds[] = {
    {"data race", SNARL_FINDING_DATA_RACE, SNARL_OCCURRED, SNARL_ERROR},
    {"race on", SNARL_FINDING_DATA_RACE, SNARL_OCCURRED, SNARL_ERROR},
    {"lock-order-inversion", SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR},
    {"unlock of an unlocked mutex", SNARL_FINDING_UNLOCK_NOT_LOCKED, SNARL_OCCURRED, SNARL_ERROR},
    {"destroy of a locked mutex", SNARL_FINDING_DESTROY_LOCKED, SNARL_OCCURRED, SNARL_ERROR},
    {"thread leak", SNARL_FINDING_OTHER, SNARL_OCCURRED, SNARL_WARNING},
    {"signal handler spoils errno", SNARL_FINDING_OTHER, SNARL_OCCURRED, SNARL_WARNING},
    {"", SNARL_FINDING_OTHER, SNARL_OCCURRED, SNARL_ERROR},
};

const char *snarl_sanitizer_after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool snarl_sanitizer_is_rule(const char *line)
{
    return snarl_sanitizer_after(line, "==================") != NULL;
}

bool snarl_sanitizer_is_break(const char *line)
{
    bool heading = line[0] == ' ' && line[1] == ' ' && line[2] != ' ' && line[2] != '\0';
    return line[0] == '\0' || heading || snarl_sanitizer_is_rule(line) ||
           strstr(line, warning_mark) != NULL || snarl_sanitizer_after(line, "SUMMARY: ") != NULL;
}

void *snarl_sanitizer_room(struct snarl_report *report, void *items, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0; /* capacities are the powers of two */
    if (full) {
        void *larger = snarl_report_allocate(report, count > 0 ? 2 * count : 1, size);
        if (count > 0)
            memcpy(larger, items, count * size);
        items = larger;
    }
    return items;
}

/* Cuts the copy of the text into lines, without colours. A zero byte ends a line too. */
static void split(struct snarl_sanitizer_reading *reading, char *copy, size_t size)
{
    char *end = copy; /* of what is kept */
    const char *line = copy;
    for (size_t at = 0; at < size; at++) {
        if (copy[at] == '\x1b') {
            while (at < size && copy[at] != 'm' && copy[at] != '\n')
                at++;
            if (at == size || copy[at] == 'm')
                continue;
        }
        bool ends = copy[at] == '\n' || copy[at] == '\0';
        *end++ = ends ? '\0' : copy[at];
        if (!ends)
            continue;
        reading->lines[reading->line_count++] = line;
        line = end;
    }
    *end = '\0';
    if (line != end)
        reading->lines[reading->line_count++] = line;
}

static void lose(struct snarl_report *report, const char *loss)
{
    report->losses =
        snarl_sanitizer_room(report, report->losses, report->loss_count, sizeof *report->losses);
    report->losses[report->loss_count++] = loss;
}

/* The runtime gives up: "FATAL: ThreadSanitizer: unexpected memory mapping". */
static void note_failure(struct snarl_report *report, const char *line)
{
    static const char *const marks[] = {
        "FATAL: ThreadSanitizer",
        "ERROR: ThreadSanitizer",
        "ThreadSanitizer: CHECK failed",
    };
    for (size_t index = 0; index < sizeof marks / sizeof *marks; index++) {
        const char *found = strstr(line, marks[index]);
        if (found == NULL)
            continue;
        lose(report, snarl_report_string(report, "ThreadSanitizer failed: %s", found));
        return;
    }
}

static size_t find_process(struct snarl_report *report, uint64_t pid)
{
    for (size_t index = 0; index < report->process_count; index++)
        if (report->processes[index].pid == pid)
            return index;
    report->processes = snarl_sanitizer_room(report, report->processes, report->process_count,
                                             sizeof *report->processes);
    report->processes[report->process_count] = (struct snarl_report_process){
        .pid = pid, .argv = snarl_report_allocate(report, 1, sizeof(char *)), .watched = true};
    return report->process_count++;
}

/* Starts a finding from `words`, of which `length` bytes are the kind: "data race (pid=4310)". */
static void start_finding(struct snarl_sanitizer_reading *reading,
                          struct snarl_report_finding *finding, const char *words, size_t length)
{
    uint64_t pid = 0;
    sscanf(words + length, " (pid=%" SCNu64, &pid);
    size_t row = 0;
    while (snarl_sanitizer_after(words, kinds[row].words) == NULL)
        row++;
    *finding = (struct snarl_report_finding){
        .kind = kinds[row].kind,
        .status = kinds[row].status,
        .severity = kinds[row].severity,
        .message = snarl_report_string(reading->report, "%.*s", (int)length, words),
    };
    *reading = (struct snarl_sanitizer_reading){
        .report = reading->report,
        .lines = reading->lines,
        .line_count = reading->line_count,
        .next = reading->next,
        .process = find_process(reading->report, pid),
        .finding = finding,
    };
}

/* The line after the warning's last, and whether it is all there. */
static size_t find_end(const struct snarl_sanitizer_reading *reading, bool *complete)
{
    size_t end = reading->next;
    *complete = false;
    while (end < reading->line_count && !*complete &&
           strstr(reading->lines[end], warning_mark) == NULL)
        *complete = snarl_sanitizer_is_rule(reading->lines[end++]);
    return end;
}

/* Mutexes are told apart by their addresses, which may stand below their first mention. */
static void read_addresses(struct snarl_sanitizer_reading *reading)
{
    for (size_t index = reading->next; index < reading->end; index++) {
        const char *at = reading->lines[index];
        while ((at = strchr(at, 'M')) != NULL) {
            unsigned number;
            uint64_t address;
            if (sscanf(at, "M%u (0x%" SCNx64 ")", &number, &address) == 2)
                snarl_sanitizer_lock(reading, number, address);
            at++;
        }
    }
}

/* A leaked thread does nothing any more: its part is that it was started. */
static void add_leaked(struct snarl_sanitizer_reading *reading)
{
    struct snarl_report *report = reading->report;
    struct snarl_report_finding *finding = reading->finding;
    finding->step_count = reading->named_thread_count;
    finding->steps = snarl_report_allocate(report, finding->step_count, sizeof *finding->steps);
    for (size_t index = 0; index < finding->step_count; index++) {
        unsigned id = reading->named_threads[index];
        finding->steps[index].thread = id;
        finding->steps[index].stack = report->threads[id - 1].created;
    }
}

static void add_once(struct snarl_report *report, unsigned **ids, size_t *count, unsigned id)
{
    for (size_t index = 0; index < *count; index++)
        if ((*ids)[index] == id)
            return;
    if (id == 0)
        return;
    *ids = snarl_sanitizer_room(report, *ids, *count, sizeof **ids);
    (*ids)[(*count)++] = id;
}

static void list_parts(struct snarl_sanitizer_reading *reading)
{
    struct snarl_report *report = reading->report;
    struct snarl_report_finding *finding = reading->finding;
    for (size_t index = 0; index < finding->step_count; index++) {
        const struct snarl_report_step *step = &finding->steps[index];
        add_once(report, &finding->threads, &finding->thread_count, step->thread);
        if (step->target == SNARL_TARGET_LOCK)
            add_once(report, &finding->locks, &finding->lock_count, step->wants);
    }
    for (size_t index = 0; index < reading->mutex_count; index++)
        add_once(report, &finding->locks, &finding->lock_count, reading->mutexes[index].lock);
}

/* Keeps the finding, or, where there is one with its id, only its steps. */
static void keep_finding(struct snarl_report *report, const struct snarl_report_finding *finding)
{
    for (size_t index = 0; index < report->finding_count; index++) {
        struct snarl_report_finding *earlier = &report->findings[index];
        if (strcmp(earlier->id, finding->id) != 0)
            continue;
        earlier->also =
            snarl_sanitizer_room(report, earlier->also, earlier->also_count, sizeof *earlier->also);
        earlier->also[earlier->also_count++] = (struct snarl_report_variant){
            .steps = finding->steps, .step_count = finding->step_count};
        return;
    }
    report->findings = snarl_sanitizer_room(report, report->findings, report->finding_count,
                                            sizeof *report->findings);
    report->findings[report->finding_count++] = *finding;
}

static void read_warning(struct snarl_sanitizer_reading *reading, const char *words)
{
    struct snarl_report *report = reading->report;
    const char *suffix = strstr(words, " (pid=");
    if (suffix == NULL) {
        lose(report, "a report of ThreadSanitizer's is cut short in its first line");
        return;
    }
    struct snarl_report_finding finding;
    start_finding(reading, &finding, words, (size_t)(suffix - words));
    bool complete;
    reading->end = find_end(reading, &complete);
    read_addresses(reading);
    while (reading->next < reading->end)
        snarl_sanitizer_section(reading);

    if (!complete)
        lose(report, snarl_report_string(report, "ThreadSanitizer's report \"%s\" is cut short",
                                         finding.message));
    if (finding.step_count == 0 && reading->named_thread_count > 0)
        add_leaked(reading);
    if (finding.kind == SNARL_FINDING_DATA_RACE && reading->object != NULL)
        finding.message = snarl_report_string(report, "%s on %s", finding.message, reading->object);
    list_parts(reading);
    snarl_finding_identify(&finding, report);
    keep_finding(report, &finding);
}

struct snarl_report *snarl_thread_sanitizer_parse(const char *text, size_t size)
{
    struct snarl_report *report = snarl_report_create();
    report->argv = snarl_report_allocate(report, 1, sizeof *report->argv);

    size_t lines = 1;
    for (size_t at = 0; at < size; at++)
        lines += text[at] == '\n' || text[at] == '\0';
    char *copy = snarl_report_allocate(report, size + 1, 1);
    if (size > 0)
        memcpy(copy, text, size);
    struct snarl_sanitizer_reading reading = {.report = report};
    reading.lines = snarl_report_allocate(report, lines, sizeof *reading.lines);
    split(&reading, copy, size);

    while (reading.next < reading.line_count) {
        const char *line = reading.lines[reading.next++];
        const char *warning = strstr(line, warning_mark);
        if (warning != NULL)
            read_warning(&reading, warning + strlen(warning_mark));
        else
            note_failure(report, line);
    }
    return report;
}
