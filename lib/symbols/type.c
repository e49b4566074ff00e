/* What lies where in a value of a type. */
#include <dwarf.h>
#include <string.h>

#include "symbols/module.h"

bool snarl_type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;
    return dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), type) != NULL;
}

/* Follows names and qualifiers, and references into type units, to the type proper.
 * dwarf_peel_type would follow a ring for ever. */
static bool peel(Dwarf_Die *type)
{
    Dwarf_Attribute signature;
    for (unsigned depth = 0; depth < SNARL_DIE_DEPTH; depth++) {
        switch (dwarf_tag(type)) {
        case DW_TAG_typedef:
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
            if (!snarl_type_of(type, type))
                return false;
            break;
        default:
            if (!dwarf_attr(type, DW_AT_signature, &signature))
                return true;
            if (!dwarf_formref_die(&signature, type))
                return false;
        }
    }
    return false;
}

static bool number_of(Dwarf_Die *die, unsigned attribute_name, uint64_t *number)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (dwarf_formudata(dwarf_attr_integrate(die, attribute_name, &attribute), &value) != 0)
        return false;
    *number = value;
    return true;
}

/* How many indices a dimension has; 0 where that is not said, as for a flexible array. */
static uint64_t dimension_length(Dwarf_Die *dimension)
{
    uint64_t count, upper, lower = 0;
    if (number_of(dimension, DW_AT_count, &count))
        return count;
    number_of(dimension, DW_AT_lower_bound, &lower);
    if (!number_of(dimension, DW_AT_upper_bound, &upper) || upper < lower)
        return 0;
    return upper - lower + 1;
}

/* The lengths of an array's dimensions, outermost first; returns how many there are. */
static size_t dimensions(Dwarf_Die *array, uint64_t lengths[SNARL_DIE_DEPTH])
{
    size_t count = 0;
    Dwarf_Die child;
    if (dwarf_child(array, &child) != 0)
        return 0;
    do {
        if (dwarf_tag(&child) == DW_TAG_subrange_type)
            lengths[count++] = dimension_length(&child);
    } while (count < SNARL_DIE_DEPTH && dwarf_siblingof(&child, &child) == 0);
    return count;
}

uint64_t snarl_type_size(Dwarf_Die *type)
{
    enum {
        ADDRESS_SIZE = 8
    };
    Dwarf_Die element = *type;
    uint64_t factor = 1;
    for (unsigned depth = 0; depth < SNARL_DIE_DEPTH && peel(&element); depth++) {
        uint64_t size = ADDRESS_SIZE;
        int tag = dwarf_tag(&element);
        if (number_of(&element, DW_AT_byte_size, &size) || tag == DW_TAG_pointer_type ||
            tag == DW_TAG_reference_type)
            return __builtin_mul_overflow(size, factor, &size) ? 0 : size;
        uint64_t lengths[SNARL_DIE_DEPTH];
        size_t count = tag == DW_TAG_array_type ? dimensions(&element, lengths) : 0;
        for (size_t i = 0; i < count; i++) {
            if (__builtin_mul_overflow(factor, lengths[i], &factor))
                return 0;
        }
        if (count == 0 || !snarl_type_of(&element, &element))
            return 0;
    }
    return 0;
}

/* The C and C++ libraries' own insides are nothing to a reader: "lock", not
 * "lock.__data.__lock". */
static bool is_reserved(const char *name)
{
    return strncmp(name, "__", 2) == 0 || strncmp(name, "_M_", 3) == 0;
}

/* Whether `member` (a field or a base class) lies around `*offset`; if so makes the offset relative
 * to it and `type` its type. */
static bool member_holds(Dwarf_Die *member, uint64_t *offset, Dwarf_Die *type)
{
    static const unsigned disqualifying[] = {
        DW_AT_bit_size,                    /* has no address */
        DW_AT_external, DW_AT_declaration, /* a static member: lies elsewhere */
    };
    for (size_t i = 0; i < sizeof disqualifying / sizeof disqualifying[0]; i++) {
        if (dwarf_hasattr(member, disqualifying[i]))
            return false;
    }
    int tag = dwarf_tag(member);
    if (tag != DW_TAG_member && tag != DW_TAG_inheritance)
        return false;
    uint64_t begin = 0;
    if (dwarf_hasattr(member, DW_AT_data_member_location) &&
        !number_of(member, DW_AT_data_member_location, &begin))
        return false; /* computed at run time: a virtual base */
    Dwarf_Die found;
    if (begin > *offset || !snarl_type_of(member, &found) ||
        *offset - begin >= snarl_type_size(&found))
        return false;
    *offset -= begin;
    *type = found;
    return true;
}

/* One step into a struct, class or union. */
static bool enter_member(Dwarf_Die *type, uint64_t *offset, struct snarl_text *text)
{
    Dwarf_Die member;
    if (dwarf_child(type, &member) != 0)
        return false;
    do {
        uint64_t rest = *offset;
        Dwarf_Die inner;
        if (!member_holds(&member, &rest, &inner))
            continue;
        const char *name = dwarf_tag(&member) == DW_TAG_inheritance ? NULL : dwarf_diename(&member);
        if (name && is_reserved(name))
            return false;
        if (name) {
            snarl_text_add_char(text, '.');
            snarl_text_add(text, name);
        }
        *type = inner;
        *offset = rest;
        return true;
    } while (dwarf_siblingof(&member, &member) == 0);
    return false;
}

/* One step into an array, all its dimensions at once. Bytes are storage for something else, not
 * elements. */
static bool enter_element(Dwarf_Die *type, uint64_t *offset, struct snarl_text *text)
{
    uint64_t lengths[SNARL_DIE_DEPTH];
    size_t count = dimensions(type, lengths);
    Dwarf_Die element;
    uint64_t stride = snarl_type_of(type, &element) ? snarl_type_size(&element) : 0;
    if (count == 0 || stride <= 1)
        return false;
    uint64_t index = *offset / stride;
    *offset %= stride;
    *type = element;

    uint64_t indices[SNARL_DIE_DEPTH];
    for (size_t i = count - 1; i > 0; i--) {
        uint64_t length = lengths[i] ? lengths[i] : 1;
        indices[i] = index % length;
        index /= length;
    }
    indices[0] = index;
    for (size_t i = 0; i < count; i++) {
        snarl_text_add_char(text, '[');
        snarl_text_add_decimal(text, indices[i]);
        snarl_text_add_char(text, ']');
    }
    return true;
}

static bool enter(Dwarf_Die *type, uint64_t *offset, struct snarl_text *text)
{
    switch (peel(type) ? dwarf_tag(type) : DW_TAG_invalid) {
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return enter_member(type, offset, text);
    case DW_TAG_array_type:
        return enter_element(type, offset, text);
    default:
        return false;
    }
}

void snarl_type_describe(Dwarf_Die *type, uint64_t offset, struct snarl_text *text)
{
    Dwarf_Die inner = *type;
    for (unsigned depth = 0; depth < SNARL_DIE_DEPTH; depth++) {
        if (!enter(&inner, &offset, text))
            break;
    }
    if (offset > 0) {
        snarl_text_add(text, "+0x");
        snarl_text_add_hex(text, offset, 1);
    }
}

/* std::atomic is a class, and so is what it is made of. */
static bool is_atomic_class(const char *name)
{
    return name != NULL && (strncmp(name, "atomic<", 7) == 0 || strcmp(name, "atomic_flag") == 0 ||
                            strncmp(name, "__atomic_base", 13) == 0);
}

bool snarl_type_is_atomic(Dwarf_Die *type, uint64_t offset, const char **name)
{
    char ignored[SNARL_NAME_SIZE];
    struct snarl_text text = snarl_text_over(ignored, sizeof ignored);
    Dwarf_Die inner = *type;
    *name = NULL;
    for (unsigned depth = 0; depth < 2 * SNARL_DIE_DEPTH; depth++) {
        int tag = dwarf_tag(&inner);
        const char *called = dwarf_diename(&inner);
        if (called != NULL && (*name == NULL || tag == DW_TAG_base_type))
            *name = called;
        if (tag == DW_TAG_atomic_type || is_atomic_class(called))
            return true;
        if (tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type) {
            if (!snarl_type_of(&inner, &inner))
                return false;
            continue;
        }
        *name = tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
                        tag == DW_TAG_union_type || tag == DW_TAG_array_type
                    ? NULL
                    : *name;
        if (!enter(&inner, &offset, &text))
            return false;
    }
    return false;
}
