#include "scale_facts.h"

#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/objects.h"
#include "recording/layout.h"

enum {
    STACKS = 4096,
    STACK_DEPTH = 6,
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What the recording speaks of: variables and functions of this program. */
static struct {
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
} shards[MOST_LOCKS]; /* by rank */

#define PLACES(PLACE)                                                                              \
    PLACE(open_account)                                                                            \
    PLACE(close_account)                                                                           \
    PLACE(pay)                                                                                     \
    PLACE(refund)                                                                                  \
    PLACE(transfer)                                                                                \
    PLACE(audit)                                                                                   \
    PLACE(report_balance)                                                                          \
    PLACE(add_interest)                                                                            \
    PLACE(log_entry)                                                                               \
    PLACE(find_customer)                                                                           \
    PLACE(lock_shard)                                                                              \
    PLACE(serve)                                                                                   \
    PLACE(dispatch)                                                                                \
    PLACE(worker)
#define PLACE(name)                                                                                \
    static __attribute__((noinline)) void name(void)                                               \
    {                                                                                              \
        __asm__ volatile("nop /* " #name " */"); /* no two are alike */                            \
    }
PLACES(PLACE)
#undef PLACE
static void (*const places[])(void) = {
#define PLACE(name) name,
    PLACES(PLACE)
#undef PLACE
};

static FILE *out;
static uint32_t lock_count, dependency_count, main_segment = 1;

uint32_t throw(uint32_t sides)
{
    static uint64_t dice = 0x9e3779b97f4a7c15u; /* enough of xorshift64* */
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (uint32_t)((dice * 0x2545f4914f6cdd1du >> 33) % sides);
}

static void append(void *fact, size_t size, const void *rest, size_t rest_size)
{
    static const char zeros[8];
    size_t padding = (8 - (size + rest_size) % 8) % 8;
    ((struct snarl_fact_header *)fact)->size = (uint32_t)(size + rest_size + padding);
    fwrite(fact, size, 1, out);
    if (rest_size > 0)
        fwrite(rest, 1, rest_size, out);
    fwrite(zeros, 1, padding, out);
}

#define APPEND(fact) append(&(fact), sizeof(fact), NULL, 0)

static uint32_t id_of(uint32_t lock)
{
    return (uint32_t)((lock & (READ - 1)) * SHUFFLER % lock_count) + 1;
}

static uint32_t any_stack(void)
{
    return 1 + throw(STACKS);
}

static struct snarl_held held_of(uint32_t lock)
{
    return (struct snarl_held){
        .lock = id_of(lock), .stack = any_stack() & INT32_MAX, .shared = (lock & READ) != 0};
}

uint32_t facts_depend(uint32_t thread, uint32_t wanted, const uint32_t *locks, uint32_t count)
{
    struct snarl_held held[MOST_HELD];
    for (uint32_t i = 0; i < count; i++)
        held[i] = held_of(locks[i]);
    struct snarl_fact_dependency fact = {
        .header.kind = SNARL_FACT_DEPENDENCY,
        .dependency = ++dependency_count,
        .thread = thread,
        .segment = thread == MAIN ? main_segment : 1,
        .lock = id_of(wanted),
        .stack = any_stack(),
        .flags = wanted & READ ? SNARL_WANT_SHARED : 0,
        .held_count = count,
    };
    append(&fact, sizeof fact, held, count * sizeof *held);
    return fact.dependency;
}

void facts_again(uint32_t dependency)
{
    struct snarl_fact_segment fact = {
        .header.kind = SNARL_FACT_SEGMENT, .dependency = dependency, .segment = main_segment};
    APPEND(fact);
}

uint32_t facts_dependency_count(void)
{
    return dependency_count;
}

uint32_t facts_make_thread(uint32_t thread, uint32_t lock)
{
    struct snarl_held held = held_of(lock);
    struct snarl_fact_thread fact = {
        .header.kind = SNARL_FACT_THREAD,
        .thread = thread,
        .parent = MAIN,
        .parent_segment = main_segment++,
        .stack = any_stack(),
        .tid = 4000 + thread,
        .start = (uint64_t)(uintptr_t)worker,
        .held_count = lock != NOTHING,
    };
    append(&fact, sizeof fact, &held, fact.held_count * sizeof held);
    return fact.parent_segment;
}

void facts_join_thread(uint32_t thread, uint32_t lock, uint32_t since)
{
    struct snarl_fact_thread_end end = {
        .header.kind = SNARL_FACT_THREAD_END, .thread = thread, .segment = 1};
    struct snarl_fact_join join = {.header.kind = SNARL_FACT_JOIN,
                                   .thread = MAIN,
                                   .segment = ++main_segment,
                                   .joined = thread};
    APPEND(end);
    APPEND(join);
    if (lock == NOTHING)
        return;
    struct snarl_held_since held = {.lock = id_of(lock), .since = since & INT32_MAX};
    struct snarl_fact_join_held all_along = {.header.kind = SNARL_FACT_JOIN_HELD, .count = 1};
    append(&all_along, sizeof all_along, &held, sizeof held);
}

static int find_program(struct dl_phdr_info *info, size_t size, void *context)
{
    struct snarl_fact_module *fact = context;
    (void)size;
    fact->bias = info->dlpi_addr;
    fact->start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        fact->start = start < fact->start ? start : fact->start;
        fact->end = start + segment->p_memsz > fact->end ? start + segment->p_memsz : fact->end;
    }
    return 1; /* the executable comes first */
}

static void tell_program(void)
{
    char strings[4096 + 8] = "";
    struct snarl_fact_module program = {.header.kind = SNARL_FACT_MODULE};
    if (readlink("/proc/self/exe", strings, 4096 - 1) < 0)
        return;
    program.path_size = (uint32_t)strlen(strings) + 1;
    struct snarl_fact_process process = {.header.kind = SNARL_FACT_PROCESS,
                                         .pid = (uint64_t)getpid(),
                                         .argument_count = 1,
                                         .strings_size = program.path_size + 8};
    memcpy(strings + program.path_size, "/\0scale", 8);
    append(&process, sizeof process, strings, process.strings_size);
    dl_iterate_phdr(find_program, &program);
    append(&program, offsetof(struct snarl_fact_module, path), strings, program.path_size);
}

static void tell_stacks(void)
{
    for (uint32_t i = 1; i <= STACKS; i++) {
        struct snarl_fact_stack fact = {
            .header.kind = SNARL_FACT_STACK, .stack = i, .count = STACK_DEPTH};
        uint64_t addresses[STACK_DEPTH];
        for (uint32_t j = 0; j < STACK_DEPTH; j++) /* return addresses */
            addresses[j] = (uint64_t)(uintptr_t)places[throw(COUNT(places))] + 1;
        addresses[STACK_DEPTH - 1] = (uint64_t)(uintptr_t)worker + 1;
        append(&fact, sizeof fact, addresses, sizeof addresses);
    }
}

static void tell_locks(bool (*is_rwlock)(uint32_t rank))
{
    static uint32_t rank_of[MOST_LOCKS];
    for (uint32_t rank = 0; rank < lock_count; rank++)
        rank_of[id_of(rank) - 1] = rank;
    for (uint32_t id = 1; id <= lock_count; id++) {
        uint32_t rank = rank_of[id - 1];
        const void *here = &shards[rank].mutex;
        if (is_rwlock(rank))
            here = &shards[rank].rwlock;
        struct snarl_fact_lock fact = {
            .header.kind = SNARL_FACT_LOCK,
            .lock = id,
            .kind = is_rwlock(rank) ? SNARL_OBJECT_RWLOCK : SNARL_OBJECT_MUTEX,
            .first_taken = any_stack(),
            .address = (uint64_t)(uintptr_t)here,
        };
        APPEND(fact);
    }
}

bool facts_begin(const char *path, uint32_t count, uint32_t threads,
                 bool (*is_rwlock)(uint32_t rank))
{
    out = fopen(path, "w");
    if (out == NULL)
        return false;
    lock_count = count;
    struct snarl_file_header header = {
        .version = SNARL_RECORDING_VERSION, .size = sizeof header, .pid = (uint64_t)getpid()};
    memcpy(header.magic, SNARL_RECORDING_MAGIC, sizeof header.magic);
    fwrite(&header, sizeof header, 1, out);
    tell_program();
    struct snarl_fact_table table = {.header.kind = SNARL_FACT_TABLE,
                                     .rows_offset = sizeof table,
                                     .locks = lock_count,
                                     .threads = threads};
    APPEND(table);
    struct snarl_fact_thread thread = {
        .header.kind = SNARL_FACT_THREAD, .thread = MAIN, .tid = 4000 + MAIN};
    APPEND(thread);
    tell_stacks();
    tell_locks(is_rwlock);
    return true;
}

bool facts_end(void)
{
    struct snarl_fact_end end = {.header.kind = SNARL_FACT_END, .at = 1};
    APPEND(end);
    bool failed = ferror(out) != 0;
    return fclose(out) == 0 && !failed;
}
