#include "recording_sample.h"

#include <dirent.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/objects.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void need(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

char *sample_directory(void)
{
    char *directory = strdup("/tmp/snarl-test-XXXXXX");
    need(directory != NULL && mkdtemp(directory) != NULL, "mkdtemp");
    return directory;
}

void sample_remove(char *directory)
{
    DIR *stream = opendir(directory);
    need(stream != NULL, directory);
    struct dirent *entry;
    while ((entry = readdir(stream)) != NULL)
        if (entry->d_name[0] != '.')
            need(unlinkat(dirfd(stream), entry->d_name, 0) == 0, entry->d_name);
    closedir(stream);
    need(rmdir(directory) == 0, directory);
    free(directory);
}

void sample_append(struct sample *sample, void *fact, size_t size, const void *rest,
                   size_t rest_size)
{
    struct iovec parts[] = {{fact, size}, {(void *)(uintptr_t)rest, rest_size}};
    need(snarl_writer_append(&sample->writer, parts, rest_size > 0 ? 2 : 1), "append");
}

#define APPEND(sample, fact) sample_append(sample, &(fact), sizeof(fact), NULL, 0)

void sample_set_process(struct sample *sample, uint64_t pid, uint64_t started)
{
    struct snarl_file_header header;
    int descriptor = sample->writer.descriptor;
    need(pread(descriptor, &header, sizeof header, 0) == (ssize_t)sizeof header, "pread");
    header.pid = pid;
    header.started_monotonic = started;
    need(pwrite(descriptor, &header, sizeof header, 0) == (ssize_t)sizeof header, "pwrite");
}

void sample_begin(struct sample *sample, const char *directory, const struct sample_style *style)
{
    memset(sample, 0, sizeof *sample);
    sample->style = *style;
    char prefix[256];
    snprintf(prefix, sizeof prefix, "%s/sample", directory);
    need(snarl_writer_open(&sample->writer, prefix, NULL), prefix);
    sample_set_process(sample, (uint64_t)getpid(), SAMPLE_STARTED);
}

uint32_t sample_id(const struct sample *sample, uint32_t number)
{
    return number == 0 || sample->style.mirror == 0 ? number : sample->style.mirror - number;
}

uint32_t sample_thread_id(const struct sample *sample, uint32_t thread)
{
    return thread == SAMPLE_MAIN ? thread : sample_id(sample, thread);
}

static struct snarl_held mirrored(const struct sample *sample, struct snarl_held held)
{
    return (struct snarl_held){.lock = sample_id(sample, held.lock),
                               .stack = sample_id(sample, held.stack) & INT32_MAX,
                               .shared = held.shared};
}

uint64_t sample_address(const struct sample *sample, const void *here)
{
    return (uint64_t)(uintptr_t)here + sample->style.moved;
}

uint32_t sample_stack_of(struct sample *sample, unsigned (**functions)(void), size_t count)
{
    struct snarl_fact_stack fact = {.header.kind = SNARL_FACT_STACK, .count = (uint32_t)count};
    uint64_t addresses[8];
    need(count <= COUNT(addresses), "stack");
    for (size_t i = 0; i < count; i++) /* return addresses: one past what is meant */
        addresses[i] = sample_address(sample, (const void *)(uintptr_t)functions[i]) + 1;
    fact.stack = sample_id(sample, ++sample->stacks);
    sample_append(sample, &fact, sizeof fact, addresses, count * sizeof addresses[0]);
    return sample->stacks;
}

void sample_thread(struct sample *sample, uint32_t thread, const char *name,
                   unsigned (*start)(void))
{
    struct snarl_fact_thread fact = {
        .header.kind = SNARL_FACT_THREAD,
        .thread = sample_thread_id(sample, thread),
        .parent = thread == SAMPLE_MAIN ? 0 : SAMPLE_MAIN,
        .parent_segment = thread == SAMPLE_MAIN ? 0 : thread,
        .tid = 4000 + thread,
        .start = start != NULL ? sample_address(sample, (const void *)(uintptr_t)start) : 0,
    };
    APPEND(sample, fact);
    struct snarl_fact_thread_name named = {.header.kind = SNARL_FACT_THREAD_NAME,
                                           .thread = fact.thread};
    snprintf(named.name, sizeof named.name, "%s", name);
    APPEND(sample, named);
}

void sample_absent(struct sample *sample, uint32_t thread, const char *name)
{
    struct snarl_fact_thread fact = {
        .header.kind = SNARL_FACT_THREAD,
        .thread = sample_thread_id(sample, thread),
        .tid = 3000 + thread,
        .absent = 1,
    };
    APPEND(sample, fact);
    struct snarl_fact_thread_name named = {.header.kind = SNARL_FACT_THREAD_NAME,
                                           .thread = fact.thread};
    snprintf(named.name, sizeof named.name, "%s", name);
    APPEND(sample, named);
}

void sample_object(struct sample *sample, struct snarl_fact_lock fact)
{
    fact.header.kind = SNARL_FACT_LOCK;
    fact.lock = sample_id(sample, fact.lock);
    fact.created = sample_id(sample, fact.created);
    fact.first_taken = sample_id(sample, fact.first_taken);
    APPEND(sample, fact);
}

void sample_lock(struct sample *sample, uint32_t lock, uint64_t address, uint32_t created,
                 uint32_t first_taken)
{
    sample_object(sample, (struct snarl_fact_lock){.lock = lock,
                                                   .kind = SNARL_OBJECT_MUTEX,
                                                   .created = created,
                                                   .first_taken = first_taken,
                                                   .address = address});
}

/* Wants a lock while the first `count` of `held` are held. */
static void tell_want(struct sample *sample, uint32_t thread, const struct snarl_held *held,
                      uint32_t count, struct snarl_held wanted, uint32_t flags)
{
    struct snarl_held all[2];
    need(count <= COUNT(all), "want");
    for (uint32_t i = 0; i < count; i++)
        all[i] = mirrored(sample, held[i]);
    struct snarl_fact_dependency fact = {
        .header.kind = SNARL_FACT_DEPENDENCY,
        .dependency = ++sample->dependencies,
        .thread = sample_thread_id(sample, thread),
        .segment = 1,
        .lock = sample_id(sample, wanted.lock),
        .stack = sample_id(sample, wanted.stack),
        .flags = flags,
        .held_count = count,
    };
    sample_append(sample, &fact, sizeof fact, all, count * sizeof all[0]);
}

void sample_dependency(struct sample *sample, uint32_t thread, uint32_t gate,
                       struct snarl_held held, struct snarl_held wanted)
{
    const struct snarl_held all[] = {sample_held(gate, held.stack), held};
    tell_want(sample, thread, all + (gate == 0), gate != 0 ? 2 : 1, wanted, 0);
}

void sample_want(struct sample *sample, uint32_t thread, struct snarl_held held,
                 struct snarl_held wanted, uint32_t flags)
{
    tell_want(sample, thread, &held, 1, wanted, flags);
}

void sample_change(struct sample *sample, uint32_t lock, uint32_t change)
{
    struct snarl_fact_lock_change fact = {
        .header.kind = SNARL_FACT_LOCK_CHANGE, .lock = sample_id(sample, lock), .change = change};
    APPEND(sample, fact);
}

void sample_name(struct sample *sample, uint32_t lock, const char *name)
{
    struct snarl_fact_lock_name fact = {.header.kind = SNARL_FACT_LOCK_NAME,
                                        .lock = sample_id(sample, lock),
                                        .name_size = (uint32_t)strlen(name) + 1};
    sample_append(sample, &fact, sizeof fact, name, fact.name_size);
}

void sample_misuse(struct sample *sample, struct snarl_fact_misuse fact)
{
    bool of_threads =
        fact.misuse >= SNARL_MISUSE_JOIN_TWICE && fact.misuse <= SNARL_MISUSE_JOIN_SELF;
    fact.header.kind = SNARL_FACT_MISUSE;
    fact.thread = sample_thread_id(sample, fact.thread);
    fact.other_thread = sample_thread_id(sample, fact.other_thread);
    fact.stack = sample_id(sample, fact.stack);
    fact.other_stack = sample_id(sample, fact.other_stack);
    fact.object =
        of_threads ? sample_thread_id(sample, fact.object) : sample_id(sample, fact.object);
    fact.other_object = sample_id(sample, fact.other_object);
    APPEND(sample, fact);
}

void sample_deadlock(struct sample *sample, const struct sample_step *steps, uint32_t count)
{
    struct snarl_fact_deadlock fact = {.header.kind = SNARL_FACT_DEADLOCK, .count = count};
    char bytes[512];
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct sample_step *step = &steps[i];
        struct snarl_held held = mirrored(sample, step->held);
        struct snarl_deadlock_step written = {
            .thread = sample_thread_id(sample, step->thread),
            .want_kind = step->want_kind,
            .object = step->want_kind == SNARL_WANTS_THREAD ? sample_thread_id(sample, step->object)
                                                            : sample_id(sample, step->object),
            .stack = sample_id(sample, step->stack),
            .held_count = step->held.lock != 0,
            .flags = step->flags,
        };
        need(size + sizeof written + sizeof held <= sizeof bytes, "deadlock");
        memcpy(bytes + size, &written, sizeof written);
        size += sizeof written;
        memcpy(bytes + size, &held, written.held_count * sizeof held);
        size += written.held_count * sizeof held;
    }
    sample_append(sample, &fact, sizeof fact, bytes, size);
}

void sample_table(struct sample *sample, const struct snarl_thread_row *rows, uint32_t count)
{
    struct snarl_fact_table fact = {
        .header.kind = SNARL_FACT_TABLE,
        .rows_offset = sizeof fact,
        .row_count = count,
        .acquisitions = 100,
        .locks = 3,
        .threads = 4,
    };
    sample_append(sample, &fact, sizeof fact, rows, count * sizeof *rows);
}

void sample_start(struct sample *sample, enum snarl_start_kind kind, const char *path, uint64_t pid)
{
    struct snarl_fact_start fact = {
        .header.kind = SNARL_FACT_START,
        .kind = kind,
        .pid = pid,
        .path_size = (uint32_t)strlen(path) + 1,
    };
    sample_append(sample, &fact, sizeof fact, path, fact.path_size);
}

void sample_start_failed(struct sample *sample)
{
    struct snarl_fact_start_failed fact = {.header.kind = SNARL_FACT_START_FAILED};
    APPEND(sample, fact);
}

void sample_loss(struct sample *sample, uint32_t loss)
{
    struct snarl_fact_loss fact = {.header.kind = SNARL_FACT_LOSS, .loss = loss};
    APPEND(sample, fact);
}

void sample_thread_stack(struct sample *sample, uint64_t tid, uint64_t at,
                         unsigned (*function)(void))
{
    struct snarl_fact_thread_stack fact = {
        .header.kind = SNARL_FACT_THREAD_STACK, .at = at, .tid = tid, .count = 1};
    uint64_t address = sample_address(sample, (const void *)(uintptr_t)function) + 1;
    sample_append(sample, &fact, sizeof fact, &address, sizeof address);
}

void sample_finish(struct sample *sample, uint64_t at)
{
    struct snarl_fact_end fact = {.header.kind = SNARL_FACT_END, .at = at};
    APPEND(sample, fact);
}

void sample_close(struct sample *sample)
{
    snarl_writer_close(&sample->writer);
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

static void tell_program(struct sample *sample)
{
    struct snarl_fact_module fact = {.header.kind = SNARL_FACT_MODULE};
    dl_iterate_phdr(find_program, &fact);
    fact.bias += sample->style.moved;
    fact.start += sample->style.moved;
    fact.end += sample->style.moved;
    char path[4096] = "";
    if (sample->style.program != NULL)
        snprintf(path, sizeof path, "%s", sample->style.program);
    else
        need(readlink("/proc/self/exe", path, sizeof path - 1) > 0, "/proc/self/exe");
    fact.path_size = (uint32_t)strlen(path) + 1;
    sample_append(sample, &fact, sizeof fact, path, fact.path_size);
}

void sample_tell_bank(struct sample *sample)
{
    static const char strings[] = "/usr/bin/bank\0/home/teller\0./bank\0--open\0LANG=C";
    struct snarl_fact_process process = {
        .header.kind = SNARL_FACT_PROCESS,
        .pid = (uint64_t)getpid(),
        .parent_pid = 1,
        .argument_count = 2,
        .environment_count = 1,
        .strings_size = sizeof strings,
    };
    sample_append(sample, &process, sizeof process, strings, sizeof strings);
    static const char names[] = "pthread_mutex_lock\0pthread_cond_wait";
    struct snarl_fact_calls calls = {
        .header.kind = SNARL_FACT_CALLS, .count = 2, .strings_size = sizeof names};
    sample_append(sample, &calls, sizeof calls, names, sizeof names);
    tell_program(sample);
    sample_thread(sample, SAMPLE_MAIN, "bank", NULL);
    if (sample->style.reversed)
        sample_thread(sample, SAMPLE_REFUNDER, "bank", bank_refunder);
    sample_thread(sample, SAMPLE_PAYER, "payer", bank_payer);
    if (!sample->style.reversed)
        sample_thread(sample, SAMPLE_REFUNDER, "bank", bank_refunder);

    const struct {
        uint32_t lock;
        const pthread_mutex_t *mutex;
    } locks[] = {{SAMPLE_ALICE, &bank_alice}, {SAMPLE_BOB, &bank_bob}, {SAMPLE_VAULT, &bank_vault}};
    for (size_t i = 0; i < COUNT(locks); i++) {
        size_t next = sample->style.reversed ? COUNT(locks) - 1 - i : i;
        sample_lock(sample, locks[next].lock, sample_address(sample, locks[next].mutex), 0, 0);
    }
}
