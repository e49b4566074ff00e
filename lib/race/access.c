#include "race/access.h"

#include <dlfcn.h>
#include <string.h>

#include <Zydis/Zydis.h>

static struct {
    ZyanStatus (*init)(ZydisDecoder *, ZydisMachineMode, ZydisStackWidth);
    ZyanStatus (*decode)(const ZydisDecoder *, const void *, ZyanUSize, ZydisDecodedInstruction *,
                         ZydisDecodedOperand *);
} zydis;

static ZydisDecoder decoder;

/* As a dependency it would be there for the host to find. */
bool snarl_access_open(void)
{
    void *library = dlopen("libZydis.so.4.0", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return false;
    void *found[] = {dlsym(library, "ZydisDecoderInit"), dlsym(library, "ZydisDecoderDecodeFull")};
    if (found[0] == NULL || found[1] == NULL)
        return false;
    memcpy(&zydis, found, sizeof found);
    return ZYAN_SUCCESS(zydis.init(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64));
}

/* REGISTER(Zydis's name, glibc's) */
#define REGISTERS(REGISTER)                                                                        \
    REGISTER(RAX, RAX)                                                                             \
    REGISTER(RBX, RBX)                                                                             \
    REGISTER(RCX, RCX)                                                                             \
    REGISTER(RDX, RDX)                                                                             \
    REGISTER(RSI, RSI)                                                                             \
    REGISTER(RDI, RDI)                                                                             \
    REGISTER(RBP, RBP)                                                                             \
    REGISTER(RSP, RSP)                                                                             \
    REGISTER(R8, R8)                                                                               \
    REGISTER(R9, R9)                                                                               \
    REGISTER(R10, R10)                                                                             \
    REGISTER(R11, R11)                                                                             \
    REGISTER(R12, R12)                                                                             \
    REGISTER(R13, R13)                                                                             \
    REGISTER(R14, R14)                                                                             \
    REGISTER(R15, R15)

/* False for one that an address is not made of. The lower half of a register is zero-extended. */
static bool read_register(ZydisRegister which, const gregset_t registers, uint64_t *value)
{
    switch (which) {
    case ZYDIS_REGISTER_NONE:
        *value = 0;
        return true;
#define REGISTER(zydis_name, name)                                                                 \
    case ZYDIS_REGISTER_##zydis_name:                                                              \
        *value = (uint64_t)registers[REG_##name];                                                  \
        return true;
        REGISTERS(REGISTER)
#undef REGISTER
    default:
        break;
    }
    if (which < ZYDIS_REGISTER_EAX || which > ZYDIS_REGISTER_R15D)
        return false;
    ZydisRegister whole = which - ZYDIS_REGISTER_EAX + ZYDIS_REGISTER_RAX;
    bool known = read_register(whole, registers, value);
    *value &= UINT32_MAX;
    return known;
}

static bool compute_address(const ZydisDecodedInstruction *instruction,
                            const ZydisDecodedOperandMem *memory, const gregset_t registers,
                            uintptr_t *address)
{
    uint64_t base, index;
    bool relative = memory->base == ZYDIS_REGISTER_RIP || memory->base == ZYDIS_REGISTER_EIP;
    if (relative)
        base = (uint64_t)registers[REG_RIP] + instruction->length;
    else if (!read_register(memory->base, registers, &base))
        return false;
    if (!read_register(memory->index, registers, &index))
        return false;
    uint64_t sum = base + index * memory->scale;
    if (memory->disp.has_displacement)
        sum += (uint64_t)memory->disp.value;
    *address = instruction->address_width == 32 ? (uint32_t)sum : sum;
    return true;
}

static enum snarl_instruction class_of(const ZydisDecodedInstruction *instruction)
{
    if (instruction->meta.category == ZYDIS_CATEGORY_CALL)
        return SNARL_INSTRUCTION_CALL;
    switch (instruction->mnemonic) {
    case ZYDIS_MNEMONIC_SYSCALL:
        return SNARL_INSTRUCTION_SYSTEM_CALL;
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFQ:
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFQ:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_INT:
    case ZYDIS_MNEMONIC_INT1:
    case ZYDIS_MNEMONIC_INT3:
        return SNARL_INSTRUCTION_FLAGS;
    default:
        return SNARL_INSTRUCTION_PLAIN;
    }
}

static bool is_explicit_memory(const ZydisDecodedOperand *operand)
{
    return operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
           operand->visibility == ZYDIS_OPERAND_VISIBILITY_EXPLICIT &&
           operand->mem.type == ZYDIS_MEMOP_TYPE_MEM;
}

static uint32_t flags_of(const ZydisDecodedInstruction *instruction,
                         const ZydisDecodedOperand *operand)
{
    uint32_t flags = 0;
    if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
        flags |= SNARL_ACCESS_READS;
    if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
        flags |= SNARL_ACCESS_WRITES;
    if (instruction->attributes & ZYDIS_ATTRIB_HAS_LOCK ||
        instruction->mnemonic == ZYDIS_MNEMONIC_XCHG)
        flags |= SNARL_ACCESS_ATOMIC;
    if (operand->mem.segment == ZYDIS_REGISTER_FS || operand->mem.segment == ZYDIS_REGISTER_GS)
        flags |= SNARL_ACCESS_SEGMENT;
    if (operand->mem.base == ZYDIS_REGISTER_RSP)
        flags |= SNARL_ACCESS_STACK;
    return flags;
}

/* Jumps, calls, and the pushes of the linker's stubs. */
static bool is_transfer(const ZydisDecodedInstruction *instruction)
{
    return instruction->meta.category == ZYDIS_CATEGORY_CALL ||
           instruction->meta.category == ZYDIS_CATEGORY_UNCOND_BR ||
           instruction->meta.category == ZYDIS_CATEGORY_PUSH;
}

/* What names memory without an access that could race: padding, and hints to the caches. */
static bool is_hint(const ZydisDecodedInstruction *instruction)
{
    switch (instruction->mnemonic) {
    case ZYDIS_MNEMONIC_CLFLUSH:
    case ZYDIS_MNEMONIC_CLFLUSHOPT:
    case ZYDIS_MNEMONIC_CLWB:
    case ZYDIS_MNEMONIC_CLDEMOTE:
        return true;
    default:
        return instruction->meta.category == ZYDIS_CATEGORY_NOP ||
               instruction->meta.category == ZYDIS_CATEGORY_WIDENOP ||
               instruction->meta.category == ZYDIS_CATEGORY_PREFETCH;
    }
}

struct snarl_access snarl_access_decode(const void *code, size_t size, const gregset_t registers)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    struct snarl_access access = {.instruction = SNARL_INSTRUCTION_UNKNOWN};
    if (!ZYAN_SUCCESS(zydis.decode(&decoder, code, size, &instruction, operands)))
        return access;
    access.length = instruction.length;
    access.instruction = class_of(&instruction);
    if (is_transfer(&instruction) || is_hint(&instruction))
        return access;
    for (int i = 0; i < instruction.operand_count_visible; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        uint32_t flags = flags_of(&instruction, operand);
        if (!is_explicit_memory(operand) || !(flags & (SNARL_ACCESS_READS | SNARL_ACCESS_WRITES)) ||
            !compute_address(&instruction, &operand->mem, registers, &access.address))
            continue;
        access.size = operand->size / 8;
        access.flags = flags;
        break;
    }
    return access;
}
