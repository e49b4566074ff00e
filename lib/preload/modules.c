#include "preload/modules.h"

#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "preload/acquire.h"
#include "preload/session.h"
#include "preload/stacks.h"
#include "preload/steer.h"

struct known_module {
    struct known_module *next;
    uint64_t bias, start, end;
    bool seen;
};

static struct known_module *known_modules; /* session lock */
static unsigned long long loads, unloads;  /* the loader's counters when last looked at */

struct look {
    bool first;
    bool unloaded;
};

static void find_range(const struct dl_phdr_info *info, struct snarl_fact_module *fact)
{
    fact->start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD)
            continue;
        uint64_t start = info->dlpi_addr + header->p_vaddr;
        if (start < fact->start)
            fact->start = start;
        if (start + header->p_memsz > fact->end)
            fact->end = start + header->p_memsz;
    }
}

/* Notes are name size, content size, type, name, content, the latter two padded to 4 bytes. */
static void find_build_id(const struct dl_phdr_info *info, struct snarl_fact_module *fact)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_NOTE)
            continue;
        const char *note = (const char *)(info->dlpi_addr + header->p_vaddr);
        const char *end = note + header->p_memsz;
        while (note + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *head = (const void *)note;
            const char *name = note + sizeof *head;
            const char *content = name + ((head->n_namesz + 3u) & ~3u);
            note = content + ((head->n_descsz + 3u) & ~3u);
            if (note > end)
                break;
            if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 &&
                memcmp(name, "GNU", 4) == 0 && head->n_descsz <= sizeof fact->build_id) {
                fact->build_id_size = head->n_descsz;
                memcpy(fact->build_id, content, head->n_descsz);
                return;
            }
        }
    }
}

static void note_module(const struct dl_phdr_info *info)
{
    struct snarl_fact_module fact = {.header.kind = SNARL_FACT_MODULE, .bias = info->dlpi_addr};
    find_range(info, &fact);
    if (fact.start >= fact.end)
        return;
    for (struct known_module *module = known_modules; module != NULL; module = module->next)
        if (module->bias == fact.bias && module->start == fact.start && module->end == fact.end) {
            module->seen = true;
            return;
        }

    struct known_module *module = snarl_session_allocate(sizeof *module);
    if (module == NULL)
        return;
    *module = (struct known_module){known_modules, fact.bias, fact.start, fact.end, true};
    known_modules = module;

    find_build_id(info, &fact);
    static char executable[PATH_MAX]; /* not on the stack, which may be a signal handler's */
    const char *path = info->dlpi_name;
    if (path == NULL || path[0] == '\0') {
        ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
        executable[length > 0 ? length : 0] = '\0';
        path = executable;
    }
    fact.path_size = (uint32_t)strlen(path) + 1;
    struct iovec parts[] = {{&fact, sizeof fact}, {(void *)(uintptr_t)path, fact.path_size}};
    snarl_session_write(parts, 2);
    if (snarl_steering)
        snarl_steer_note_module(&fact, path);
}

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
    struct look *look = data;
    (void)size;
    if (look->first) {
        look->first = false;
        if (info->dlpi_adds == loads && info->dlpi_subs == unloads)
            return 1;
        look->unloaded = info->dlpi_subs != unloads;
        loads = info->dlpi_adds;
        unloads = info->dlpi_subs;
        for (struct known_module *module = known_modules; module != NULL; module = module->next)
            module->seen = false;
    }
    snarl_session_lock();
    note_module(info);
    snarl_session_unlock();
    return 0;
}

/* Threads that may have the loader's lock, on our behalf or by the host's own walk; a forked child
 * inherits it taken. */
static uint32_t refreshing;
static bool loader_stuck;

void snarl_modules_refresh(void)
{
    if (loader_stuck)
        return;
    struct look look = {.first = true};
    __atomic_fetch_add(&refreshing, 1, __ATOMIC_SEQ_CST);
    dl_iterate_phdr(look_at, &look);
    __atomic_fetch_sub(&refreshing, 1, __ATOMIC_SEQ_CST);
    if (!look.unloaded)
        return;
    snarl_session_lock();
    for (struct known_module **module = &known_modules; *module != NULL;)
        if ((*module)->seen) {
            module = &(*module)->next;
        } else {
            struct known_module *gone = *module;
            *module = gone->next;
            snarl_objects_forget(gone->start, gone->end);
            snarl_arena_free(&snarl_session.arena, gone, sizeof *gone);
        }
    snarl_session_unlock();
    snarl_stacks_after_unload();
}

void snarl_modules_walk(bool begins)
{
    __atomic_fetch_add(&refreshing, begins ? 1 : UINT32_MAX, __ATOMIC_SEQ_CST);
}

bool snarl_modules_contain(uintptr_t address)
{
    for (const struct known_module *module = known_modules; module != NULL; module = module->next)
        if (address >= module->start && address < module->end)
            return true;
    return false;
}

bool snarl_modules_forget(bool stuck)
{
    loader_stuck = loader_stuck || stuck || refreshing != 0;
    refreshing = 0;
    known_modules = NULL;
    loads = unloads = 0;
    return loader_stuck;
}
