#include "analysis/race_access.h"

#include <string.h>

#include "race/access.h"

enum {
    LONGEST_FUNCTION = 1 << 20, /* bytes that are decoded to find one instruction */
};

static const gregset_t no_registers;

static bool can_decode(void)
{
    static int state; /* 0: not tried yet */
    if (state == 0)
        state = snarl_access_open() ? 1 : -1;
    return state > 0;
}

static struct snarl_race_access describe(const struct snarl_access *access)
{
    return (struct snarl_race_access){.known = access->size > 0,
                                      .reads = access->flags & SNARL_ACCESS_READS,
                                      .writes = access->flags & SNARL_ACCESS_WRITES,
                                      .atomic = access->flags & SNARL_ACCESS_ATOMIC,
                                      .size = access->size,
                                      .at = access->length};
}

/* From the beginning of the function on, one instruction after the other, to the one that ends at
 * `end`. */
static bool decode_function(struct snarl_module *file, uint64_t end, struct snarl_access *access)
{
    unsigned char code[SNARL_RACE_LONGEST_INSTRUCTION];
    uint64_t at = snarl_module_function_start(file, end - 1);
    if (at == 0 || end - at > LONGEST_FUNCTION)
        return false;
    while (at < end) {
        size_t size = snarl_module_code(file, at, code, sizeof code);
        *access = snarl_access_decode(code, size, no_registers);
        if (access->length == 0)
            return false;
        at += access->length;
    }
    return at == end;
}

/* Without symbols: the bytes before tell, if all ways to read them that end there and access memory
 * agree. */
static bool decode_backwards(const struct snarl_race_side *side, struct snarl_access *access)
{
    bool found = false;
    for (size_t length = 2; length <= SNARL_RACE_LONGEST_INSTRUCTION; length++) {
        const unsigned char *code = side->code + sizeof side->code - length;
        struct snarl_access one = snarl_access_decode(code, length, no_registers);
        if (one.length != length || one.size == 0)
            continue;
        if (found && ((one.flags ^ access->flags) & (SNARL_ACCESS_WRITES | SNARL_ACCESS_ATOMIC)))
            return false;
        *access = one;
        found = true;
    }
    return found;
}

static struct snarl_race_access access_of(struct snarl_builder *builder,
                                          struct snarl_source *source,
                                          const struct snarl_race_side *side)
{
    struct snarl_access access = {0};
    if (!can_decode() || side->flags & SNARL_RACE_UNSEEN)
        return (struct snarl_race_access){.known = false, .writes = true};
    if (!(side->flags & SNARL_RACE_BEHIND)) {
        access = snarl_access_decode(side->code, sizeof side->code, no_registers);
        return describe(&access);
    }
    const struct snarl_fact_module *module =
        snarl_loaded_module(&source->loaded, side->at - 1, source->loaded.module_count);
    struct snarl_module *file =
        module == NULL ? NULL
                       : snarl_symbols_module(builder->symbols, module->path,
                                              module->build_id_size > 0 ? module->build_id : NULL,
                                              module->build_id_size);
    if (file != NULL && decode_function(file, side->at - module->bias, &access))
        return describe(&access);
    return decode_backwards(side, &access) ? describe(&access)
                                           : (struct snarl_race_access){.known = false};
}

struct snarl_race_access snarl_race_access_of(struct snarl_builder *builder,
                                              struct snarl_source *source,
                                              const struct snarl_race_side *side)
{
    struct snarl_race_access access = access_of(builder, source, side);
    uint64_t length = side->flags & SNARL_RACE_BEHIND ? access.at : 0;
    access.at = side->flags & SNARL_RACE_UNSEEN ? 0 : side->at - length;
    return access;
}
