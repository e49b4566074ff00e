/*
 * Hand-written wrappers: the dynamic loader's locks.
 *
 * glibc holds one lock while it loads or unloads, constructors and destructors of libraries
 * included, and another while dl_iterate_phdr calls back. Neither can be seen or tried from
 * outside, so whoever loads waits in front of the first one, for a lock of ours that is taken and
 * released around it; that adds nothing, as the loads exclude each other anyway.
 *
 * dlopen looks at its return address: the caller's own search path counts for names without a
 * slash. Where the caller has one, the original is jumped to and sees the caller; nothing is noted
 * then.
 */
#include "preload/loader.h"

#include <link.h>
#include <string.h>

#include "preload/frames.h"
#include "preload/modules.h"
#include "preload/own_lock.h"
#include "preload/policies.h"
#include "preload/session.h"

/* Stand for the two locks: their addresses are all that counts. */
static const char load_lock, list_lock;

#define LOAD_LOCK SNARL_THING(LOADER, &load_lock)
#define LIST_LOCK SNARL_THING(LOADER, &list_lock)

/* In front of the loader's own. */
static struct {
    struct snarl_own_lock lock;
    pid_t owner;
    uint32_t depth;
} gate;

static void gate_take(struct snarl_thread *self, struct snarl_site site)
{
    struct timespec none = {0, 0};
    int error = errno;
    if (gate.depth > 0 && __atomic_load_n(&gate.owner, __ATOMIC_RELAXED) == self->tid) {
        gate.depth++;
    } else {
        if (!snarl_own_lock_take_within(&gate.lock, &none)) {
            struct snarl_wait_frame frame;
            snarl_lock_wait_begin(self, LOAD_LOCK, SNARL_TAKING_BLOCKING, site, &frame);
            snarl_own_lock_take(&gate.lock);
            errno = error;
            snarl_wait_end(self, &frame);
        }
        __atomic_store_n(&gate.owner, self->tid, __ATOMIC_RELAXED);
        gate.depth = 1;
    }
    snarl_acquired(self, LOAD_LOCK, site, SNARL_TAKING_BLOCKING);
    if (!snarl_acquire_was_wanted(self, LIST_LOCK, site))
        snarl_wanted_slow(self, LIST_LOCK, site);
}

static void gate_give(struct snarl_site site)
{
    struct snarl_thread *self = snarl_thread_ready(); /* in such a child it is another one */
    if (self == NULL)
        return;
    snarl_released(self, LOAD_LOCK, site);
    /* In a child that a constructor has made by fork the gate is a new one, and stands open. */
    if (__atomic_load_n(&gate.owner, __ATOMIC_RELAXED) != self->tid || --gate.depth > 0)
        return;
    __atomic_store_n(&gate.owner, 0, __ATOMIC_RELAXED);
    snarl_own_lock_release(&gate.lock);
}

void snarl_loader_in_child(void)
{
    memset(&gate, 0, sizeof gate);
}

/* A module that has a search path of its own, or the one that an address is in. */
struct search {
    uintptr_t caller;
    bool found;
};

/* An old one, DT_RPATH, counts also for what the module's libraries load. */
static bool has_search_path(const struct dl_phdr_info *info, const ElfW(Phdr) * header, bool mine)
{
    const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(info->dlpi_addr + header->p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_RPATH || (mine && entry->d_tag == DT_RUNPATH))
            return true;
    return false;
}

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;
    bool mine = info->dlpi_name == NULL || info->dlpi_name[0] == '\0';
    const ElfW(Phdr) *dynamic = NULL;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD)
            mine = mine || search->caller - start < header->p_memsz;
        if (header->p_type == PT_DYNAMIC)
            dynamic = header;
    }
    search->found = dynamic != NULL && has_search_path(info, dynamic, mine);
    return search->found;
}

/* Whether it matters to dlopen who calls it: the caller, or the program, brings a search path; or
 * $ORIGIN stands for the caller's folder. */
static bool caller_counts(const char *path, uintptr_t caller)
{
    if (path == NULL)
        return false;
    if (strchr(path, '$') != NULL)
        return true;
    if (strchr(path, '/') != NULL)
        return false;
    struct search search = {caller, false};
    SNARL_REAL(dl_iterate_phdr)(look, &search);
    return search.found;
}

static void *load(const char *path, int mode)
{
    SNARL_SELF_OR_PASS(dlopen, (path, mode));
    struct snarl_site site = SNARL_SITE();
    gate_take(self, site);
    void *handle = snarl_real.dlopen(path, mode);
    gate_give(site);
    return handle;
}

static void *load_apart(Lmid_t space, const char *path, int mode)
{
    SNARL_SELF_OR_PASS(dlmopen, (space, path, mode));
    struct snarl_site site = SNARL_SITE();
    gate_take(self, site);
    void *handle = snarl_real.dlmopen(space, path, mode);
    gate_give(site);
    return handle;
}

typedef void *(*open_function)(const char *, int);
typedef void *(*open_apart_function)(Lmid_t, const char *, int);

/* Called from the assembly below. */
open_function snarl_loader_plan(const char *path, uintptr_t caller);
open_apart_function snarl_loader_plan_apart(const char *path, uintptr_t caller);

/* Where dlopen and dlmopen go on; each is jumped to with the caller's own arguments. */
__attribute__((used)) open_function snarl_loader_plan(const char *path, uintptr_t caller)
{
    return caller_counts(path, caller) ? SNARL_REAL(dlopen) : load;
}

__attribute__((used)) open_apart_function snarl_loader_plan_apart(const char *path,
                                                                  uintptr_t caller)
{
    return caller_counts(path, caller) ? SNARL_REAL(dlmopen) : load_apart;
}

/* x86-64: keeps the arguments, asks for the plan (path, return address), and jumps. */
#define JUMP(name, path_register, plan)                                                            \
    __asm__(                                                                                       \
        ".pushsection .text\n"                                                                     \
        ".globl " name                                                                             \
        "\n"                                                                                       \
        ".type " name ", @function\n" name                                                         \
        ":\n"                                                                                      \
        ".cfi_startproc\n"                                                                         \
        "push %rdi\n.cfi_adjust_cfa_offset 8\n"                                                    \
        "push %rsi\n.cfi_adjust_cfa_offset 8\n"                                                    \
        "push %rdx\n.cfi_adjust_cfa_offset 8\n"                                                    \
        "mov " path_register                                                                       \
        ", %rdi\n"                                                                                 \
        "mov 24(%rsp), %rsi\n"                                                                     \
        "call " plan                                                                               \
        "\n"                                                                                       \
        "pop %rdx\n.cfi_adjust_cfa_offset -8\n"                                                    \
        "pop %rsi\n.cfi_adjust_cfa_offset -8\n"                                                    \
        "pop %rdi\n.cfi_adjust_cfa_offset -8\n"                                                    \
        "jmp *%rax\n"                                                                              \
        ".cfi_endproc\n"                                                                           \
        ".size " name ", . - " name                                                                \
        "\n"                                                                                       \
        ".popsection\n");

JUMP("dlopen", "%rdi", "snarl_loader_plan")
JUMP("dlmopen", "%rsi", "snarl_loader_plan_apart")

SNARL_EXPORT int dlclose(void *handle)
{
    SNARL_SELF_OR_PASS(dlclose, (handle));
    struct snarl_site site = SNARL_SITE();
    gate_take(self, site);
    int result = snarl_real.dlclose(handle);
    gate_give(site);
    self = snarl_thread_ready();
    if (self == NULL)
        return result;
    struct snarl_entry entry = snarl_enter(self);
    snarl_modules_refresh();
    snarl_leave(self, entry);
    return result;
}

/* An exception came out of what was called back. */
static void abandoned(struct snarl_thread *self, uintptr_t address)
{
    struct snarl_holding *holding = snarl_holding_of(self, LIST_LOCK.address);
    (void)address;
    snarl_modules_walk(false);
    if (holding != NULL)
        holding->address = 0;
    snarl_acquire_rehash(self);
}

static void watch(struct snarl_thread *self, struct snarl_site *site, bool on)
{
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    if (on)
        snarl_frames_watch(self, (uintptr_t)site, abandoned);
    else
        snarl_frames_unwatch(self, (uintptr_t)site, abandoned);
    snarl_session_unlock();
    snarl_leave(self, entry);
}

SNARL_EXPORT int dl_iterate_phdr(int (*visit)(struct dl_phdr_info *, size_t, void *), void *data)
{
    SNARL_SELF_OR_PASS(dl_iterate_phdr, (visit, data));
    struct snarl_site site = SNARL_SITE();
    snarl_acquired(self, LIST_LOCK, site, SNARL_TAKING_BLOCKING);
    watch(self, &site, true);
    snarl_modules_walk(true);
    int result = snarl_real.dl_iterate_phdr(visit, data);
    /* It may have made a child by fork, and this be the child: another thread, with new books. */
    if (snarl_thread_ready() != self)
        return result;
    snarl_modules_walk(false);
    watch(self, &site, false);
    snarl_released(self, LIST_LOCK, site);
    return result;
}
