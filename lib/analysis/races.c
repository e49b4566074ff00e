/* Data races: two threads caught in the act, as findings. */
#include <inttypes.h>
#include <string.h>

#include "analysis/advice.h"
#include "analysis/race_access.h"

/* One race on its way to a finding. */
struct race {
    struct snarl_builder *builder;
    struct snarl_source *source;
    const struct snarl_fact_race *fact;
    struct snarl_report_finding *finding;
    struct snarl_race_access accesses[2];
    const char *variable; /* "counter", "accounts[3].balance"; NULL where it is none */
    const char *type;     /* "long"; NULL where unknown */
    enum snarl_atomicity atomicity;
};

static const char *doing(struct race *race, int side)
{
    const struct snarl_race_access *access = &race->accesses[side];
    const char *what = !access->known                    ? "access"
                       : access->writes && access->reads ? "read and write"
                       : access->writes                  ? "write"
                                                         : "read";
    unsigned size = access->size != 0 ? access->size : race->fact->size;
    return snarl_report_string(race->builder->report, "%s%s of size %u",
                               access->atomic ? "atomic " : "", what, size);
}

static void name_variable(struct race *race)
{
    const struct snarl_loaded *loaded = &race->source->loaded;
    const struct snarl_fact_module *module =
        snarl_loaded_module(loaded, race->fact->address, loaded->module_count);
    if (module == NULL)
        return;
    struct snarl_module *file = snarl_symbols_module(
        race->builder->symbols, module->path, module->build_id_size > 0 ? module->build_id : NULL,
        module->build_id_size);
    if (file == NULL)
        return;
    uint64_t offset = race->fact->address - module->bias;
    race->variable = snarl_module_variable(file, offset);
    race->atomicity = snarl_module_atomicity(file, offset, &race->type);
}

/* A type that says so; or functions that are std::atomic's, inlined into the user's code. */
static bool is_atomic_by_source(const struct snarl_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        const struct snarl_frame *frame = &stack->frames[i];
        if (frame->file != NULL && (strstr(frame->file, "bits/atomic") != NULL ||
                                    strstr(frame->file, "stdatomic") != NULL))
            return true;
        if (!frame->inlined)
            return false;
    }
    return false;
}

/* What the machine does in one go, and no atomic operation would be: a read and write without
 * LOCK. */
static bool is_surely_plain(const struct snarl_race_access *access)
{
    return access->known && access->reads && access->writes && !access->atomic;
}

/* False where it is no race at all: both are atomic, or neither writes. */
static bool judge(struct race *race)
{
    const struct snarl_race_access *first = &race->accesses[0], *second = &race->accesses[1];
    struct snarl_report_finding *finding = race->finding;
    bool marked[2];
    for (int i = 0; i < 2; i++)
        marked[i] = race->accesses[i].atomic || race->atomicity == SNARL_TYPE_ATOMIC ||
                    is_atomic_by_source(&finding->steps[i].stack);
    if ((marked[0] && marked[1]) ||
        (first->known && second->known && !first->writes && !second->writes))
        return false;
    bool same = race->fact->before == race->fact->after && second->known && second->writes &&
                !(race->fact->sides[1].flags & SNARL_RACE_UNSEEN);
    bool plain =
        is_surely_plain(first) || is_surely_plain(second) || race->atomicity == SNARL_TYPE_PLAIN;
    finding->severity = same ? SNARL_NOTE : plain ? SNARL_ERROR : SNARL_WARNING;
    return true;
}

/* The one lock that both hold for themselves: then they cannot have been there together, and what
 * was seen is of our own making. */
static bool have_common_lock(const struct snarl_fact_race *fact)
{
    for (uint32_t i = 0; i < fact->sides[0].held_count; i++)
        for (uint32_t j = 0; j < fact->sides[1].held_count; j++) {
            const struct snarl_held *one = &fact->sides[0].held[i],
                                    *other = &fact->sides[1].held[j];
            if (one->lock == other->lock && !(one->shared && other->shared))
                return true;
        }
    return false;
}

static void add_step(struct race *race, int side)
{
    const struct snarl_race_side *told = &race->fact->sides[side];
    struct snarl_report_step *step = &race->finding->steps[side];
    step->thread = snarl_builder_thread(race->builder, race->source, told->thread);
    step->stack = snarl_builder_stack(race->builder, race->source, told->stack);
    step->holds = snarl_builder_holds(race->builder, race->source, told->held, told->held_count);
    step->hold_count = told->held_count;
    race->accesses[side] = snarl_race_access_of(race->builder, race->source, told);
    step->action = doing(race, side);
}

static const char *object_of(struct race *race)
{
    struct snarl_report *report = race->builder->report;
    if (race->variable != NULL && race->type != NULL)
        return snarl_report_string(report, "%s (%s)", race->variable, race->type);
    if (race->variable != NULL)
        return race->variable;
    if (race->fact->block == 0)
        return "memory that is no variable";
    struct snarl_stack made =
        snarl_builder_stack(race->builder, race->source, race->fact->allocated);
    const struct snarl_advice advice = {.report = report};
    const char *place = snarl_advice_place(&advice, &made);
    return snarl_report_string(report,
                               "byte %" PRIu64 " of a block of %" PRIu64 " bytes allocated in %s",
                               race->fact->address - race->fact->block, race->fact->block_size,
                               place != NULL ? place : "an unknown place");
}

/* A number as a count reads best in decimal, an address or a pattern of bits does not. */
static const char *number_words(struct race *race, uint64_t number)
{
    return snarl_report_string(race->builder->report,
                               number <= UINT32_MAX ? "%" PRIu64 : "0x%" PRIx64, number);
}

static const char *value_words(struct race *race)
{
    const struct snarl_fact_race *fact = race->fact;
    if (fact->before == fact->after)
        return "";
    return snarl_report_string(race->builder->report, " What stood there went from %s to %s.",
                               number_words(race, fact->before), number_words(race, fact->after));
}

static void put_into_words(struct race *race)
{
    struct snarl_report *report = race->builder->report;
    struct snarl_report_finding *finding = race->finding;
    const struct snarl_advice advice = {.report = report, .finding = finding};
    bool unseen = race->fact->sides[1].flags & SNARL_RACE_UNSEEN;
    const char *one = snarl_advice_thread(&advice, finding->steps[0].thread);
    const char *other = unseen || finding->steps[1].thread == 0
                            ? "another thread"
                            : snarl_advice_thread(&advice, finding->steps[1].thread);
    const char *object = object_of(race);
    finding->message =
        snarl_report_string(report, "%s and %s access %s at the same time", one, other, object);
    const char *doubt =
        finding->severity == SNARL_WARNING
            ? " Either may be an atomic operation of C11 or C++, which plain loads and stores of "
              "the machine do not tell: then it is no race."
        : finding->severity == SNARL_NOTE ? " What was written is what stood there already."
                                          : "";
    finding->why = snarl_report_string(
        report, "%s was held right before its %s; meanwhile %s %s.%s Nothing orders the two.%s",
        one, finding->steps[0].action, other,
        unseen ? "changed what stood there"
               : snarl_report_string(report, "made, or was about to make, its %s",
                                     finding->steps[1].action),
        value_words(race), doubt);
    finding->fix = "let both take one lock around it, or make it atomic.";
}

static void list_parties(struct race *race)
{
    struct snarl_report_finding *finding = race->finding;
    finding->threads = snarl_report_allocate(race->builder->report, 2, sizeof(unsigned));
    for (size_t i = 0; i < finding->step_count; i++)
        if (finding->steps[i].thread != 0 &&
            (finding->thread_count == 0 || finding->threads[0] != finding->steps[i].thread))
            finding->threads[finding->thread_count++] = finding->steps[i].thread;
    finding->locks = snarl_report_allocate(race->builder->report, 1, sizeof(unsigned));
}

/* What a meeting tells. */
struct meeting {
    const struct snarl_fact_race *fact;
    struct snarl_race_access sides[2];
};

/* Of an instruction that could not be decoded only the end is known. */
static bool is_one(const struct snarl_race_access *a, const struct snarl_race_access *b)
{
    uint64_t between = a->at < b->at ? b->at - a->at : a->at - b->at;
    return a->at != 0 && b->at != 0 &&
           (between == 0 || (a->known != b->known && between <= SNARL_RACE_LONGEST_INSTRUCTION));
}

/* Of the same two instructions, as far as these are known. */
static bool is_same(const struct meeting *one, const struct meeting *other)
{
    const struct snarl_race_access *a = one->sides, *b = other->sides;
    if (a[1].at == 0 && b[1].at == 0)
        return one->fact->address == other->fact->address;
    bool straight = is_one(&a[0], &b[0]), crosswise = is_one(&a[0], &b[1]);
    if (a[1].at == 0 || b[1].at == 0)
        return straight || crosswise || is_one(&a[1], &b[0]);
    return (straight && is_one(&a[1], &b[1])) || (crosswise && is_one(&a[1], &b[0]));
}

/* That both sides were seen tells most, then what they did, then that a value has changed. */
static int worth(const struct meeting *meeting)
{
    return 4 * (meeting->sides[1].at != 0) +
           2 * (meeting->sides[0].known && meeting->sides[1].known) +
           (meeting->fact->before != meeting->fact->after);
}

/* The same two meet again and again: the first of the most telling times is told. */
static bool is_told_by_another(const struct meeting *meetings, size_t count, size_t mine)
{
    for (size_t i = 0; i < count; i++) {
        int more = worth(&meetings[i]) - worth(&meetings[mine]);
        if (i != mine && is_same(&meetings[i], &meetings[mine]) &&
            (more > 0 || (more == 0 && i < mine)))
            return true;
    }
    return false;
}

static void add_race(struct snarl_builder *builder, struct snarl_source *source,
                     const struct snarl_fact_race *fact)
{
    struct race race = {.builder = builder, .source = source, .fact = fact};
    size_t count = builder->report->finding_count;
    race.finding = snarl_builder_add_finding(builder);
    *race.finding =
        (struct snarl_report_finding){.kind = SNARL_FINDING_DATA_RACE, .status = SNARL_OCCURRED};
    race.finding->step_count = fact->sides[1].flags & SNARL_RACE_UNSEEN ? 1 : 2;
    race.finding->steps = snarl_report_allocate(builder->report, 2, sizeof *race.finding->steps);
    name_variable(&race);
    add_step(&race, 0);
    add_step(&race, 1);
    if (!judge(&race)) {
        builder->report->finding_count = count; /* it is none */
        return;
    }
    put_into_words(&race);
    list_parties(&race);
    snarl_builder_finish(builder);
}

void snarl_builder_races(struct snarl_builder *builder, struct snarl_source *source)
{
    size_t count = 0;
    struct meeting *meetings =
        snarl_report_allocate(builder->report, source->loaded.race_count + 1, sizeof *meetings);
    for (size_t i = 0; i < source->loaded.race_count; i++) {
        const struct snarl_fact_race *fact = source->loaded.races[i];
        if (have_common_lock(fact))
            continue;
        struct meeting *meeting = &meetings[count++];
        meeting->fact = fact;
        for (int side = 0; side < 2; side++)
            meeting->sides[side] = snarl_race_access_of(builder, source, &fact->sides[side]);
    }
    for (size_t i = 0; i < count; i++)
        if (!is_told_by_another(meetings, count, i))
            add_race(builder, source, meetings[i].fact);
}
