#include "race/choice.h"

#include <string.h>

#include "base/hash.h"

enum {
    INSTRUCTIONS = 16384, /* powers of two */
    ADDRESSES = 65536,
    GRANULE = 8,    /* bytes that an entry of an address stands for */
    SETTLED = 255,  /* looks at an instruction, as many as are counted */
    FREE_LOOKS = 3, /* an instruction is looked at so often whatever the chance */
};

struct instruction {
    uint32_t tag;
    uint8_t looks;
};

struct address {
    uint32_t tag;
    uint32_t thread;    /* that touched it last */
    uint8_t least_held; /* locks, at any touch */
    bool shared;        /* more than one thread has touched it */
    bool written;
};

static struct instruction instructions[INSTRUCTIONS];
static struct address addresses[ADDRESSES];

static struct instruction *instruction_at(uintptr_t place)
{
    uint64_t hash = snarl_hash_mix(0, place);
    struct instruction *entry = &instructions[hash % INSTRUCTIONS];
    uint32_t tag = (uint32_t)(hash >> 32) | 1;
    if (entry->tag != tag)
        *entry = (struct instruction){.tag = tag};
    return entry;
}

static struct address *address_at(uintptr_t place, bool *fresh)
{
    uint64_t hash = snarl_hash_mix(1, place / GRANULE);
    struct address *entry = &addresses[hash % ADDRESSES];
    uint32_t tag = (uint32_t)(hash >> 32) | 1;
    *fresh = entry->tag != tag;
    if (*fresh)
        *entry = (struct address){.tag = tag, .least_held = UINT8_MAX};
    return entry;
}

bool snarl_choice_is_worth(const struct snarl_choice_candidate *candidate)
{
    bool fresh;
    struct address *address = address_at(candidate->address, &fresh);
    struct instruction *instruction = instruction_at(candidate->instruction);
    address->shared = address->shared || (!fresh && address->thread != candidate->thread);
    address->written = address->written || candidate->flags & SNARL_ACCESS_WRITES;
    address->thread = candidate->thread;
    uint8_t held = candidate->held_count < UINT8_MAX ? (uint8_t)candidate->held_count : UINT8_MAX;
    bool fewer = !fresh && held < address->least_held;
    address->least_held = held < address->least_held ? held : address->least_held;

    /* What only one thread has ever seen of a stack is that thread's own business. */
    if ((candidate->own_stack && !address->shared) || instruction->looks == SETTLED)
        return false;
    uint32_t looks = instruction->looks;
    bool hinted = (address->shared && address->written) || fewer;
    uint32_t patience = hinted ? 16 * FREE_LOOKS : FREE_LOOKS;
    bool worth = looks < patience || candidate->chance % (looks + 1) < patience;
    if (worth && looks < SETTLED - 1)
        instruction->looks++;
    return worth;
}

void snarl_choice_settle(uintptr_t place)
{
    instruction_at(place)->looks = SETTLED;
}

void snarl_choice_forget(void)
{
    memset(instructions, 0, sizeof instructions);
    memset(addresses, 0, sizeof addresses);
}
