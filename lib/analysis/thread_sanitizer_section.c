/* The sections of a warning: a heading each, most with a stack below. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "analysis/thread_sanitizer_parts.h"

unsigned snarl_sanitizer_lock(struct snarl_sanitizer_reading *reading, unsigned number,
                              uint64_t address)
{
    struct snarl_report *report = reading->report;
    for (size_t index = 0; index < reading->mutex_count; index++)
        if (reading->mutexes[index].number == number)
            return reading->mutexes[index].lock;

    unsigned id = 0;
    for (size_t index = 0; index < report->lock_count && address != 0 && id == 0; index++)
        if (report->locks[index].process == reading->process &&
            report->locks[index].address == address)
            id = report->locks[index].id;
    if (id == 0) {
        report->locks =
            snarl_sanitizer_room(report, report->locks, report->lock_count, sizeof *report->locks);
        id = (unsigned)report->lock_count + 1;
        report->locks[report->lock_count++] = (struct snarl_report_lock){
            .id = id, .process = reading->process, .kind = "mutex", .address = address};
    }
    reading->mutexes = snarl_sanitizer_room(report, reading->mutexes, reading->mutex_count,
                                            sizeof *reading->mutexes);
    reading->mutexes[reading->mutex_count++] = (struct snarl_sanitizer_mutex){number, id};
    return id;
}

unsigned snarl_sanitizer_thread(struct snarl_sanitizer_reading *reading, unsigned number)
{
    struct snarl_report *report = reading->report;
    for (size_t index = 0; index < report->thread_count; index++)
        if (report->threads[index].process == reading->process &&
            report->threads[index].number == number + 1)
            return report->threads[index].id;

    report->threads = snarl_sanitizer_room(report, report->threads, report->thread_count,
                                           sizeof *report->threads);
    unsigned id = (unsigned)report->thread_count + 1;
    report->threads[report->thread_count++] = (struct snarl_report_thread){
        .id = id,
        .number = number + 1,
        .process = reading->process,
        .start = number == 0 ? "main" : NULL,
    };
    return id;
}

/* "main thread" or "thread T12"; 0 for anything else. */
static unsigned read_thread(struct snarl_sanitizer_reading *reading, const char *text)
{
    unsigned number;
    if (snarl_sanitizer_after(text, "main thread") != NULL)
        return snarl_sanitizer_thread(reading, 0);
    if (sscanf(text, "thread T%u", &number) == 1)
        return snarl_sanitizer_thread(reading, number);
    return 0;
}

static struct snarl_report_step *add_step(struct snarl_sanitizer_reading *reading)
{
    struct snarl_report_finding *finding = reading->finding;
    finding->steps = snarl_sanitizer_room(reading->report, finding->steps, finding->step_count,
                                          sizeof *finding->steps);
    return &finding->steps[finding->step_count++];
}

static struct snarl_report_hold *add_hold(struct snarl_sanitizer_reading *reading,
                                          struct snarl_report_step *step, unsigned lock)
{
    step->holds =
        snarl_sanitizer_room(reading->report, step->holds, step->hold_count, sizeof *step->holds);
    struct snarl_report_hold *hold = &step->holds[step->hold_count++];
    hold->lock = lock;
    return hold;
}

/* Stacks reach down to the function that the thread began in. */
static void take_stack(struct snarl_sanitizer_reading *reading, struct snarl_report_step *step)
{
    step->stack = snarl_sanitizer_stack(reading);
    if (step->thread == 0 || step->stack.count == 0)
        return;
    struct snarl_report_thread *thread = &reading->report->threads[step->thread - 1];
    const struct snarl_frame *outermost = &step->stack.frames[step->stack.count - 1];
    if (thread->start == NULL && !outermost->foreign)
        thread->start = outermost->function;
}

/* "Previous atomic write of size 4 at 0x7b04 by thread T1 (mutexes: write M0, read M1):" */
static bool read_access(struct snarl_sanitizer_reading *reading, const char *line)
{
    static const char *const beginnings[] = {"read", "write", "atomic", "modifying"};
    const char *previous = snarl_sanitizer_after(line, "Previous ");
    const char *action = previous != NULL ? previous : line;
    bool known = false;
    for (size_t index = 0; index < sizeof beginnings / sizeof *beginnings; index++)
        known |= strncasecmp(action, beginnings[index], strlen(beginnings[index])) == 0;
    const char *address = strstr(action, " at 0x");
    const char *by = address != NULL ? strstr(address, " by ") : NULL;
    if (!known || by == NULL)
        return false;

    struct snarl_report_step *step = add_step(reading);
    step->thread = read_thread(reading, by + strlen(" by "));
    step->action = snarl_report_string(reading->report, "%c%.*s", action[0] | ('a' - 'A'),
                                       (int)(address - action) - 1, action + 1);
    const char *mutexes = strstr(by, "(mutexes:");
    unsigned number;
    while (mutexes != NULL && (mutexes = strstr(mutexes, " M")) != NULL) {
        if (sscanf(mutexes, " M%u", &number) == 1)
            add_hold(reading, step, snarl_sanitizer_lock(reading, number, 0));
        mutexes++;
    }
    take_stack(reading, step);
    return true;
}

/* "Mutex M1 acquired here while holding mutex M0 in thread T1:" */
static bool read_order(struct snarl_sanitizer_reading *reading, const char *line)
{
    unsigned wanted;
    unsigned held;
    int length = 0;
    if (sscanf(line, "Mutex M%u acquired here while holding mutex M%u in %n", &wanted, &held,
               &length) != 2 ||
        length == 0)
        return false;
    struct snarl_report_step *step = add_step(reading);
    step->thread = read_thread(reading, line + length);
    step->target = SNARL_TARGET_LOCK;
    step->wants = snarl_sanitizer_lock(reading, wanted, 0);
    add_hold(reading, step, snarl_sanitizer_lock(reading, held, 0));
    take_stack(reading, step);
    return true;
}

/* "Mutex M0 previously acquired by the same thread here:" */
static bool read_hold(struct snarl_sanitizer_reading *reading, const char *line)
{
    unsigned number;
    int length = 0;
    struct snarl_report_finding *finding = reading->finding;
    if (sscanf(line, "Mutex M%u previously acquired %n", &number, &length) != 1 || length == 0 ||
        finding->step_count == 0)
        return false;
    struct snarl_report_step *step = &finding->steps[finding->step_count - 1];
    unsigned lock = snarl_sanitizer_lock(reading, number, 0);
    for (size_t index = 0; index < step->hold_count; index++)
        if (step->holds[index].lock == lock)
            step->holds[index].stack = snarl_sanitizer_stack(reading);
    return true;
}

/* "Mutex M0 (0x7ffe) created at:". One with a static initialiser has no creation, and there
 * ThreadSanitizer means the first call that it saw. */
static bool read_creation(struct snarl_sanitizer_reading *reading, const char *line)
{
    unsigned number;
    uint64_t address;
    int length = 0;
    if (sscanf(line, "Mutex M%u (%" SCNx64 ") created at:%n", &number, &address, &length) != 2 ||
        length == 0)
        return false;
    unsigned id = snarl_sanitizer_lock(reading, number, address);
    struct snarl_report_lock *lock = &reading->report->locks[id - 1];
    struct snarl_stack stack = snarl_sanitizer_stack(reading);
    const char *call = stack.count > 0 ? stack.frames[0].function : NULL;
    if (call != NULL && strstr(call, "_init") != NULL)
        lock->created = stack;
    else
        lock->first_taken = stack;
    return true;
}

/* "Thread T1 'payer' (tid=4312, running) created by main thread at:" */
static bool read_thread_section(struct snarl_sanitizer_reading *reading, const char *line)
{
    unsigned number;
    int length = 0;
    if (sscanf(line, "Thread T%u %n", &number, &length) != 1 || length == 0)
        return false;
    unsigned id = snarl_sanitizer_thread(reading, number);
    struct snarl_report_thread *thread = &reading->report->threads[id - 1];
    const char *name = line + length;
    const char *tid = strstr(name, "(tid=");
    if (tid != NULL)
        sscanf(tid, "(tid=%" SCNu64, &thread->tid);
    if (tid != NULL && name[0] == '\'' && tid - name > 3)
        thread->name =
            snarl_report_string(reading->report, "%.*s", (int)(tid - name) - 3, name + 1);
    struct snarl_stack created = snarl_sanitizer_stack(reading);
    if (created.count > 0)
        thread->created = created;

    reading->named_threads = snarl_sanitizer_room(reading->report, reading->named_threads,
                                                  reading->named_thread_count, sizeof id);
    reading->named_threads[reading->named_thread_count++] = id;
    return true;
}

/* The misuse of a mutex has the mutex itself as its location. */
static void name_lock(struct snarl_sanitizer_reading *reading, const char *name, uint64_t address)
{
    struct snarl_report *report = reading->report;
    for (size_t index = 0; index < report->lock_count && address != 0; index++)
        if (report->locks[index].process == reading->process &&
            report->locks[index].address == address)
            report->locks[index].name = snarl_report_string(report, "%s", name);
}

/* "Location is global 'counter' of size 8 at 0x5571 (counter_race+0x4080)" and its like: in words
 * that are the same from run to run. */
static bool read_location(struct snarl_sanitizer_reading *reading, const char *line)
{
    static const struct {
        const char *beginning;
        const char *words;
    } rows[] = {
        {"heap block", "a heap block"},    {"stack of", "the stack of a thread"},
        {"TLS of", "thread-local memory"}, {"file descriptor", "a file descriptor"},
        {"global", "a global variable"},
    };
    const char *location = snarl_sanitizer_after(line, "Location is ");
    if (location == NULL)
        return false;
    char name[256];
    unsigned long size;
    uint64_t address = 0;
    if (sscanf(location, "global '%255[^']' of size %lu at %" SCNx64, name, &size, &address) >= 1 &&
        strcmp(name, "<null>") != 0) {
        reading->object = snarl_report_string(reading->report, "global '%s'", name);
        name_lock(reading, name, address);
    } else if (sscanf(location, "heap block of size %lu at", &size) == 1) {
        reading->object = snarl_report_string(reading->report, "a heap block of %lu bytes", size);
    }
    for (size_t index = 0; index < sizeof rows / sizeof *rows && reading->object == NULL; index++)
        if (snarl_sanitizer_after(location, rows[index].beginning) != NULL)
            reading->object = rows[index].words;
    snarl_sanitizer_stack(reading);
    return true;
}

/* The misuse of a mutex: a stack without a heading. Which thread it was is not said. */
static bool read_misuse(struct snarl_sanitizer_reading *reading, const char *line)
{
    struct snarl_report_finding *finding = reading->finding;
    if (line[0] != '#' || finding->step_count > 0)
        return false;
    reading->next--; /* the line is the first of the stack */
    take_stack(reading, add_step(reading));
    return true;
}

/* "and:", with the stack where the misused mutex was last locked. */
static bool read_last_locked(struct snarl_sanitizer_reading *reading, const char *line)
{
    struct snarl_report_finding *finding = reading->finding;
    if (strcmp(line, "and:") != 0 || finding->step_count == 0 || reading->mutex_count == 0)
        return false;
    struct snarl_report_hold *hold =
        add_hold(reading, &finding->steps[finding->step_count - 1], reading->mutexes[0].lock);
    hold->stack = snarl_sanitizer_stack(reading);
    return true;
}

void snarl_sanitizer_section(struct snarl_sanitizer_reading *reading)
{
    static bool (*const readers[])(struct snarl_sanitizer_reading *, const char *) = {
        read_access,         read_order,    read_hold,   read_creation,
        read_thread_section, read_location, read_misuse, read_last_locked,
    };
    const char *line = reading->lines[reading->next++];
    line += strspn(line, " ");
    for (size_t index = 0; index < sizeof readers / sizeof *readers; index++)
        if (readers[index](reading, line))
            return;
    snarl_sanitizer_stack(reading); /* of a heading that tells nothing we keep */
}
