#include "analysis/builder.h"

#include <string.h>

#include "analysis/identify.h"
#include "base/table.h"
#include "core/objects.h"
#include "report/pool.h"

struct snarl_mention {
    uint32_t id;              /* in the recording */
    unsigned in_report;       /* of a lock or a thread */
    struct snarl_stack stack; /* of a stack */
    UT_hash_handle by_id;
};

static struct snarl_mention *mention(struct snarl_builder *builder, struct snarl_mention **table,
                                     uint32_t id, bool *fresh)
{
    struct snarl_arena *arena = &builder->arena;
    struct snarl_mention *found;
    HASH_FIND(by_id, *table, &id, sizeof id, found);
    *fresh = found == NULL;
    if (found == NULL) {
        found = snarl_arena_allocate(arena, sizeof *found);
        if (found == NULL)
            snarl_pool_exhausted();
        found->id = id;
        HASH_ADD(by_id, *table, id, sizeof found->id, found);
    }
    return found;
}

struct snarl_owned_string {
    const char *text;
    UT_hash_handle by_text;
};

/* A new item at the end of an array of the report's; the old array is left to the report. */
static void *grow(struct snarl_builder *builder, void **array, size_t *count, size_t *capacity,
                  size_t size)
{
    if (*count == *capacity) {
        *capacity = *capacity == 0 ? 16 : 2 * *capacity;
        void *larger = snarl_report_allocate(builder->report, *capacity, size);
        if (*count > 0)
            memcpy(larger, *array, *count * size);
        *array = larger;
    }
    return (char *)*array + (*count)++ * size;
}

#define GROW(builder, array, count, capacity)                                                      \
    grow(builder, (void **)&(builder)->report->array, &(builder)->report->count,                   \
         &(builder)->capacity, sizeof *(builder)->report->array)

struct snarl_report_finding *snarl_builder_add_finding(struct snarl_builder *builder)
{
    return GROW(builder, findings, finding_count, finding_capacity);
}

struct snarl_report_edge *snarl_builder_add_edge(struct snarl_builder *builder)
{
    return GROW(builder, edges, edge_count, edge_capacity);
}

struct snarl_report_steered *snarl_builder_add_steered(struct snarl_builder *builder)
{
    return GROW(builder, steered, steered_count, steered_capacity);
}

struct snarl_report_event *snarl_builder_add_event(struct snarl_builder *builder)
{
    return GROW(builder, events, event_count, event_capacity);
}

double snarl_builder_seconds(const struct snarl_loaded *loaded, uint64_t at)
{
    uint64_t start = loaded->reader.header->started_monotonic;
    return at > start ? (double)(at - start) / 1e9 : 0;
}

void snarl_builder_add_loss(struct snarl_builder *builder, const char *sentence)
{
    for (size_t i = 0; i < builder->report->loss_count; i++)
        if (strcmp(builder->report->losses[i], sentence) == 0)
            return;
    const char **loss = GROW(builder, losses, loss_count, loss_capacity);
    *loss = snarl_report_string(builder->report, "%s", sentence);
}

/* Frames as they come from the symbols. */
struct frames {
    struct snarl_builder *builder;
    struct snarl_frame *items;
    size_t count, capacity;
};

/* The report's copy of a string: one, however many frames name it. */
static const char *own(struct snarl_builder *builder, const char *string)
{
    if (string == NULL)
        return NULL;
    struct snarl_arena *arena = &builder->arena;
    struct snarl_owned_string *owned;
    size_t length = strlen(string);
    HASH_FIND(by_text, builder->strings, string, length, owned);
    if (owned == NULL) {
        owned = snarl_arena_allocate(arena, sizeof *owned);
        if (owned == NULL)
            snarl_pool_exhausted();
        owned->text = snarl_report_string(builder->report, "%s", string);
        HASH_ADD_KEYPTR(by_text, builder->strings, owned->text, length, owned);
    }
    return owned->text;
}

static void add_frame(void *context, const struct snarl_frame *frame)
{
    struct frames *frames = context;
    if (frames->count == frames->capacity) {
        frames->capacity = frames->capacity == 0 ? 16 : 2 * frames->capacity;
        struct snarl_frame *larger =
            snarl_report_allocate(frames->builder->report, frames->capacity, sizeof *larger);
        if (frames->count > 0)
            memcpy(larger, frames->items, frames->count * sizeof *larger);
        frames->items = larger;
    }
    struct snarl_frame *copy = &frames->items[frames->count++];
    *copy = *frame;
    copy->function = own(frames->builder, frame->function);
    copy->file = own(frames->builder, frame->file);
    copy->module = own(frames->builder, frame->module);
    /* Code of the system's headers, inlined into the user's: std::mutex::lock() and its like. */
    copy->foreign |= frame->file != NULL && strncmp(frame->file, "/usr/include/", 13) == 0;
}

struct snarl_stack snarl_builder_addresses(struct snarl_builder *builder,
                                           struct snarl_source *source, const uint64_t *addresses,
                                           size_t count, size_t modules_then, bool first_is_exact)
{
    struct frames frames = {.builder = builder};
    for (size_t i = 0; i < count; i++) {
        /* A return address may be the first of the next line, or of the next function. */
        uint64_t address = addresses[i] - (i > 0 || !first_is_exact);
        const struct snarl_fact_module *module =
            snarl_loaded_module(&source->loaded, address, modules_then);
        if (module == NULL) {
            add_frame(&frames, &(struct snarl_frame){.offset = address});
            continue;
        }
        struct snarl_module *file = snarl_symbols_module(
            builder->symbols, module->path, module->build_id_size > 0 ? module->build_id : NULL,
            module->build_id_size);
        if (file == NULL)
            snarl_pool_exhausted();
        snarl_module_frames(file, address - module->bias, add_frame, &frames);
    }
    return (struct snarl_stack){frames.items, frames.count};
}

struct snarl_stack snarl_builder_stack(struct snarl_builder *builder, struct snarl_source *source,
                                       uint32_t stack)
{
    size_t modules_then;
    const struct snarl_fact_stack *fact = snarl_loaded_stack(&source->loaded, stack, &modules_then);
    if (fact == NULL)
        return (struct snarl_stack){NULL, 0};
    bool fresh;
    struct snarl_mention *known = mention(builder, &source->stacks, stack, &fresh);
    if (fresh)
        known->stack = snarl_builder_addresses(builder, source, fact->address, fact->count,
                                               modules_then, false);
    return known->stack;
}

static const char *variable_at(struct snarl_builder *builder, struct snarl_source *source,
                               uint64_t address, size_t modules_then)
{
    const struct snarl_fact_module *module =
        snarl_loaded_module(&source->loaded, address, modules_then);
    if (module == NULL)
        return NULL;
    struct snarl_module *file = snarl_symbols_module(
        builder->symbols, module->path, module->build_id_size > 0 ? module->build_id : NULL,
        module->build_id_size);
    return file != NULL ? snarl_module_variable(file, address - module->bias) : NULL;
}

/* What kind of object it is, without more; "lock" where the recording does not say. */
static const char *kind_of(const struct snarl_fact_lock *fact)
{
    return fact != NULL ? snarl_object_kind_name(fact->kind) : "lock";
}

/* The bytes of a demangled name before its last list of parameters; all where it has none. */
static size_t before_parameters(const char *function)
{
    static const char call_operator[] = "operator";
    const char *close = strrchr(function, ')');
    if (close == NULL || (close[1] != '\0' && close[1] != ' '))
        return strlen(function);
    unsigned depth = 0;
    const char *open = close;
    for (;; open--) {
        depth += *open == ')';
        depth -= *open == '(';
        if (depth == 0 || open == function)
            break;
    }
    size_t length = (size_t)(open - function), name = sizeof call_operator - 1;
    if (length == 0 ||
        (length >= name && strncmp(open - name, call_operator, name) == 0 && close == open + 1))
        return strlen(function);
    return length;
}

const char *snarl_builder_call(struct snarl_report *report, const char *function)
{
    return snarl_report_string(report, "%.*s()", (int)before_parameters(function), function);
}

/* "mutex 3 made in account_open() bank.c:12": for what is no variable, where it comes from. */
static const char *describe(struct snarl_builder *builder, const struct snarl_report_lock *lock,
                            const char *subject)
{
    bool created = lock->created.count > 0;
    const struct snarl_frame *place =
        snarl_stack_place(created ? &lock->created : &lock->first_taken);
    if (place == NULL || (place->function == NULL && place->file == NULL))
        return subject;
    const char *verb = created ? "made in" : "first taken in";
    if (place->file == NULL)
        return snarl_report_string(builder->report, "%s %s %s", subject, verb,
                                   snarl_builder_call(builder->report, place->function));
    const char *file =
        strrchr(place->file, '/') != NULL ? strrchr(place->file, '/') + 1 : place->file;
    if (place->function == NULL)
        return snarl_report_string(builder->report, "%s %s %s:%u", subject, verb, file,
                                   place->line);
    return snarl_report_string(builder->report, "%s %s %s %s:%u", subject, verb,
                               snarl_builder_call(builder->report, place->function), file,
                               place->line);
}

const char *snarl_builder_variable(struct snarl_builder *builder, struct snarl_source *source,
                                   const struct snarl_fact_lock *fact, size_t modules_then)
{
    if (fact->kind == SNARL_OBJECT_LOADER)
        return SNARL_LOADER_LOCK_NAME;
    const char *name = variable_at(builder, source, fact->address, modules_then);
    /* libc's names of its own streams. */
    if (fact->kind == SNARL_OBJECT_FILE && name != NULL && strncmp(name, "_IO_2_1_", 8) == 0) {
        char *stream = snarl_arena_allocate(&builder->arena, strlen(name));
        if (stream == NULL)
            snarl_pool_exhausted();
        size_t length = strcspn(name + 8, "_+");
        return memcpy(stream, name + 8, length);
    }
    return name;
}

unsigned snarl_builder_lock(struct snarl_builder *builder, struct snarl_source *source,
                            uint32_t lock)
{
    if (lock == 0)
        return 0;
    bool fresh;
    struct snarl_mention *known = mention(builder, &source->locks, lock, &fresh);
    if (!fresh)
        return known->in_report;

    struct snarl_report_lock *described = GROW(builder, locks, lock_count, lock_capacity);
    size_t modules_then;
    const struct snarl_fact_lock *fact = snarl_loaded_lock(&source->loaded, lock, &modules_then);
    known->in_report = described->id = (unsigned)builder->report->lock_count;
    described->process = source->process;
    described->kind = kind_of(fact);
    described->polled = snarl_loaded_is_polled(&source->loaded, lock);
    if (fact != NULL) {
        if (fact->kind == SNARL_OBJECT_MUTEX && fact->flags & SNARL_LOCK_RECURSIVE)
            described->kind = "recursive mutex";
        described->address = fact->address;
        described->created = snarl_builder_stack(builder, source, fact->created);
        described->first_taken = snarl_builder_stack(builder, source, fact->first_taken);
        described->name = own(builder, snarl_builder_variable(builder, source, fact, modules_then));
    }
    const char *told = snarl_loaded_lock_name(&source->loaded, lock);
    if (told != NULL && *told != '\0') {
        described->name = own(builder, told);
        described->named = true;
    }
    if (described->name == NULL)
        described->name =
            describe(builder, described,
                     snarl_report_string(builder->report, "%s %u", kind_of(fact), described->id));
    return described->id;
}

unsigned snarl_builder_like_locks(struct snarl_builder *builder, struct snarl_source *source,
                                  uint32_t lock, const char *name)
{
    unsigned one = snarl_builder_lock(builder, source, lock);
    struct snarl_report_lock *described = GROW(builder, locks, lock_count, lock_capacity);
    *described = builder->report->locks[one - 1];
    described->id = (unsigned)builder->report->lock_count;
    described->address = 0;
    described->first_taken = (struct snarl_stack){NULL, 0};
    if (name != NULL)
        described->name = own(builder, name);
    else
        described->name = describe(builder, described,
                                   snarl_report_string(builder->report, "a %s", described->kind));
    return described->id;
}

static const char *start_of(struct snarl_builder *builder, struct snarl_source *source,
                            const struct snarl_fact_thread *thread, size_t modules_then)
{
    if (snarl_loaded_is_main(&source->loaded, thread->thread))
        return "main";
    if (thread->start == 0)
        return NULL;
    struct snarl_stack start =
        snarl_builder_addresses(builder, source, &thread->start, 1, modules_then, true);
    return start.count > 0 ? start.frames[start.count - 1].function : NULL;
}

unsigned snarl_builder_thread(struct snarl_builder *builder, struct snarl_source *source,
                              uint32_t thread)
{
    if (thread == 0)
        return 0;
    bool fresh;
    struct snarl_mention *known = mention(builder, &source->threads, thread, &fresh);
    if (!fresh)
        return known->in_report;

    struct snarl_report_thread *described = GROW(builder, threads, thread_count, thread_capacity);
    size_t modules_then;
    const struct snarl_fact_thread *fact =
        snarl_loaded_thread(&source->loaded, thread, &modules_then);
    const char *name = snarl_loaded_thread_name(&source->loaded, thread);
    known->in_report = described->id = (unsigned)builder->report->thread_count;
    described->declared = snarl_is_declared(thread);
    described->number =
        described->declared ? 0 : snarl_loaded_thread_number(&source->loaded, thread);
    described->process = source->process;
    /* A thread inherits the name of the one that made it: that is not a name of its own. */
    if (name != NULL && (source->default_name == NULL || strcmp(name, source->default_name) != 0))
        described->name = own(builder, name);
    if (fact != NULL) {
        described->absent = fact->absent != 0;
        described->tid = fact->tid;
        described->start = start_of(builder, source, fact, modules_then);
        described->created = snarl_builder_stack(builder, source, fact->stack);
    }
    return known->in_report;
}

struct snarl_report_hold *snarl_builder_holds(struct snarl_builder *builder,
                                              struct snarl_source *source,
                                              const struct snarl_held *held, size_t count)
{
    struct snarl_report_hold *holds = snarl_report_allocate(builder->report, count, sizeof *holds);
    for (size_t i = 0; i < count; i++) {
        holds[i].lock = snarl_builder_lock(builder, source, held[i].lock);
        holds[i].shared = held[i].shared;
        holds[i].stack = snarl_builder_stack(builder, source, held[i].stack);
    }
    return holds;
}
