#include "analysis/identify.h"

#include <ctype.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash_string(const char *string)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *string != '\0'; string++)
        hash = (hash ^ (unsigned char)*string) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_module(const char *path)
{
    if (path == NULL)
        return 0;
    const char *slash = strrchr(path, '/');
    return hash_string(slash != NULL ? slash + 1 : path);
}

/* The user's functions in order, a run of the same one counting once. */
static uint64_t hash_functions(uint64_t hash, const struct snarl_stack *stack, bool modules)
{
    const char *last = "";
    for (size_t index = 0; index < stack->count; index++) {
        const struct snarl_frame *frame = &stack->frames[index];
        if (frame->foreign || frame->function == NULL || strcmp(frame->function, last) == 0)
            continue;
        last = frame->function;
        hash = snarl_hash_mix(hash, hash_string(last));
        if (modules)
            hash = snarl_hash_mix(hash, hash_module(frame->module));
    }
    return hash;
}

/* Whether the name alone tells which lock it is, from run to run. */
static bool is_variable(const char *name)
{
    if (name == NULL)
        return false;
    if (strcmp(name, SNARL_LOADER_LOCK_NAME) == 0)
        return true;
    for (; *name != '\0'; name++)
        if (isspace((unsigned char)*name) || (*name == ':' && isdigit((unsigned char)name[1])))
            return false;
    return true;
}

static uint64_t hash_lock(const struct snarl_report *report, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, id);
    if (lock == NULL)
        return 0;
    if (lock->named || is_variable(lock->name))
        return snarl_hash_mix(1, hash_string(lock->name));
    if (lock->created.count > 0)
        return hash_functions(2, &lock->created, true);
    return hash_functions(3, &lock->first_taken, true);
}

/*
 * Sums do not depend on the order of what is summed, and unlike exclusive or they do not lose two
 * that are equal; each summand is mixed well before.
 */
static uint64_t hash_step(const struct snarl_report_step *step)
{
    uint64_t holds = 0;
    for (size_t index = 0; index < step->hold_count; index++)
        holds += hash_functions(4, &step->holds[index].stack, false);
    uint64_t hash = hash_functions(snarl_hash_mix(5, holds), &step->stack, false);
    return snarl_hash_mix(hash, step->target);
}

/* Of these kinds there may be several at the same steps: only the message tells them apart. */
static bool is_known_by_message(const struct snarl_report_finding *finding)
{
    return finding->message != NULL &&
           (finding->kind == SNARL_FINDING_DATA_RACE || finding->kind == SNARL_FINDING_OTHER);
}

/* Where nothing can run any more only the root counts, which is the first step: how many others
 * wait behind it, and where, differs from run to run. */
static struct snarl_report_finding without_chance(const struct snarl_report_finding *finding)
{
    struct snarl_report_finding root = *finding;
    if (finding->kind != SNARL_FINDING_ALL_THREADS_BLOCKED || finding->step_count == 0)
        return root;
    const struct snarl_report_step *step = &finding->steps[0];
    root.step_count = 1;
    root.locks = &finding->steps[0].wants;
    root.lock_count = step->target != SNARL_TARGET_THREAD && step->wants != 0;
    return root;
}

void snarl_finding_identify(struct snarl_report_finding *whole, const struct snarl_report *report)
{
    const struct snarl_report_finding counted = without_chance(whole), *finding = &counted;
    uint64_t locks = 0;
    for (size_t index = 0; index < finding->lock_count; index++)
        locks += hash_lock(report, finding->locks[index]);
    uint64_t steps = 0;
    for (size_t index = 0; index < finding->step_count; index++)
        steps += hash_step(&finding->steps[index]);

    uint64_t hash = hash_string(snarl_finding_name(finding->kind));
    hash = snarl_hash_mix(snarl_hash_mix(hash, locks), steps);
    if (finding->by_class)
        hash = snarl_hash_mix(hash, hash_string("by class"));
    if (is_known_by_message(finding))
        hash = snarl_hash_mix(hash, hash_string(finding->message));

    struct snarl_text text = snarl_text_over(whole->id, sizeof whole->id);
    snarl_text_add_hex(&text, hash, 16);
}
