/* What the next instruction will do to memory: a table, made with as and objdump. */
#include <string.h>

#include "race/access.h"
#include "support/cmocka_all.h"

/* What the registers hold. Of those whose lower half alone may be named, the upper one is not 0. */
#define RIP 0x555555550000
#define RAX 0x11110000a000
#define RBX 0x22220000b000
#define RCX 0x333300000c00
#define RSI 0x540
#define RDI 0x7f4400001000
#define RBP 0x7ffe00005000
#define RSP 0x7ffe00004000
#define R8 0x666600000800
#define R9 0x990
#define R12 0x777700001200
#define R13 0x1300
#define R14 0x8888fffffff0
#define R15 0x999900000010

static const gregset_t registers = {
    [REG_RIP] = RIP, [REG_RAX] = RAX, [REG_RBX] = RBX, [REG_RCX] = RCX, [REG_RDX] = 0xdd,
    [REG_RSI] = RSI, [REG_RDI] = RDI, [REG_RBP] = RBP, [REG_RSP] = RSP, [REG_R8] = R8,
    [REG_R9] = R9,   [REG_R10] = -10, [REG_R11] = -11, [REG_R12] = R12, [REG_R13] = R13,
    [REG_R14] = R14, [REG_R15] = R15,
};

enum {
    R = SNARL_ACCESS_READS,
    W = SNARL_ACCESS_WRITES,
    ATOMIC = SNARL_ACCESS_ATOMIC,
    SEGMENT = SNARL_ACCESS_SEGMENT,
    STACK = SNARL_ACCESS_STACK,
};

#define PLAIN SNARL_INSTRUCTION_PLAIN
#define CALL SNARL_INSTRUCTION_CALL
#define SYSTEM_CALL SNARL_INSTRUCTION_SYSTEM_CALL
#define FLAGS SNARL_INSTRUCTION_FLAGS
#define UNKNOWN SNARL_INSTRUCTION_UNKNOWN

struct row {
    const char *name;
    const char *code;
    size_t length;
    uint32_t size, flags;
    uintptr_t address;
    enum snarl_instruction instruction;
};

#define ROW(name, code, ...)                                                                       \
    {                                                                                              \
        name, code, sizeof code - 1, __VA_ARGS__                                                   \
    }

/* Whether it is as expected; what is not is said. */
static bool is_as_expected(const struct row *row, const struct snarl_access *access, size_t length)
{
    bool same =
        access->length == length && access->instruction == row->instruction &&
        access->size == row->size &&
        (row->size == 0 || (access->flags == row->flags && access->address == row->address));
    if (!same)
        print_error("%s: length %u, class %d, size %u, flags %u, address 0x%zx\n", row->name,
                    access->length, access->instruction, access->size, access->flags,
                    access->address);
    return same;
}

/* Alone, and with other bytes behind it, as it is found in memory. */
static void check_rows(const struct row *rows, size_t count)
{
    bool same = true;
    for (size_t i = 0; i < count; i++) {
        unsigned char code[15];
        memset(code, 0x90, sizeof code);
        memcpy(code, rows[i].code, rows[i].length);
        struct snarl_access alone = snarl_access_decode(code, rows[i].length, registers);
        struct snarl_access followed = snarl_access_decode(code, sizeof code, registers);
        same = is_as_expected(&rows[i], &alone, rows[i].length) && same;
        same = is_as_expected(&rows[i], &followed, rows[i].length) && same;
    }
    assert_true(same);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void addresses_are_computed(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("mov (%rdi),%eax", "\x8b\x07", 4, R, RDI, PLAIN),
        ROW("mov 0x10(%rdi),%eax", "\x8b\x47\x10", 4, R, RDI + 0x10, PLAIN),
        ROW("mov -0x10(%rdi),%eax", "\x8b\x47\xf0", 4, R, RDI - 0x10, PLAIN),
        ROW("mov 0x12345678(%rdi),%eax", "\x8b\x87\x78\x56\x34\x12", 4, R, RDI + 0x12345678, PLAIN),
        ROW("mov -0x12345678(%rdi),%eax", "\x8b\x87\x88\xa9\xcb\xed", 4, R, RDI - 0x12345678,
            PLAIN),
        ROW("mov 0x20(%rdi,%rsi,1),%eax", "\x8b\x44\x37\x20", 4, R, RDI + RSI + 0x20, PLAIN),
        ROW("mov 0x20(%rdi,%rsi,2),%eax", "\x8b\x44\x77\x20", 4, R, RDI + 2 * RSI + 0x20, PLAIN),
        ROW("mov 0x20(%r8,%r9,4),%eax", "\x43\x8b\x44\x88\x20", 4, R, R8 + 4 * R9 + 0x20, PLAIN),
        ROW("mov 0x20(%r12,%r13,8),%eax", "\x43\x8b\x44\xec\x20", 4, R, R12 + 8 * R13 + 0x20,
            PLAIN),
        ROW("mov 0x100(,%rcx,8),%eax", "\x8b\x04\xcd\x00\x01\x00\x00", 4, R, 8 * RCX + 0x100,
            PLAIN),
        ROW("mov 0x1000(%rip),%eax", "\x8b\x05\x00\x10\x00\x00", 4, R, RIP + 6 + 0x1000, PLAIN),
        ROW("mov %eax,-0x1000(%rip)", "\x89\x05\x00\xf0\xff\xff", 4, W, RIP + 6 - 0x1000, PLAIN),
        ROW("movl $5,0x1000(%rip)", "\xc7\x05\x00\x10\x00\x00\x05\x00\x00\x00", 4, W,
            RIP + 10 + 0x1000, PLAIN),
        ROW("mov 0x12345678,%eax", "\x8b\x04\x25\x78\x56\x34\x12", 4, R, 0x12345678, PLAIN),
        ROW("mov 0xffffffff80000000,%eax", "\x8b\x04\x25\x00\x00\x00\x80", 4, R, 0xffffffff80000000,
            PLAIN),
        ROW("movabs 0x1122334455667788,%eax", "\xa1\x88\x77\x66\x55\x44\x33\x22\x11", 4, R,
            0x1122334455667788, PLAIN),
        ROW("mov 0x20(%edi),%eax", "\x67\x8b\x47\x20", 4, R, 0x1020, PLAIN),
        ROW("mov (%r14d,%r15d,2),%eax", "\x67\x43\x8b\x04\x7e", 4, R, 0x10, PLAIN), /* wraps */
        ROW("mov %eax,%fs:0x10", "\x64\x89\x04\x25\x10\x00\x00\x00", 4, W | SEGMENT, 0x10, PLAIN),
        ROW("mov %gs:(%rdi),%eax", "\x65\x8b\x07", 4, R | SEGMENT, RDI, PLAIN),
        ROW("mov 8(%rsp),%eax", "\x8b\x44\x24\x08", 4, R | STACK, RSP + 8, PLAIN),
        ROW("mov (%rsp,%rsi,4),%eax", "\x8b\x04\xb4", 4, R | STACK, RSP + 4 * RSI, PLAIN),
        ROW("mov 8(%rbp),%eax", "\x8b\x45\x08", 4, R, RBP + 8, PLAIN),
    };
    CHECK_ROWS(rows);
}

static void widths_are_told(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("mov (%rdi),%al", "\x8a\x07", 1, R, RDI, PLAIN),
        ROW("mov (%rdi),%ax", "\x66\x8b\x07", 2, R, RDI, PLAIN),
        ROW("mov (%rdi),%rax", "\x48\x8b\x07", 8, R, RDI, PLAIN),
        ROW("movups (%rdi),%xmm0", "\x0f\x10\x07", 16, R, RDI, PLAIN),
        ROW("vmovups (%rdi),%ymm0", "\xc5\xfc\x10\x07", 32, R, RDI, PLAIN),
        ROW("vmovups (%rdi),%zmm0", "\x62\xf1\x7c\x48\x10\x07", 64, R, RDI, PLAIN),
        ROW("mov %al,(%rdi)", "\x88\x07", 1, W, RDI, PLAIN),
        ROW("mov %ax,(%rdi)", "\x66\x89\x07", 2, W, RDI, PLAIN),
        ROW("mov %eax,(%rdi)", "\x89\x07", 4, W, RDI, PLAIN),
        ROW("mov %rax,(%rdi)", "\x48\x89\x07", 8, W, RDI, PLAIN),
        ROW("movups %xmm0,(%rdi)", "\x0f\x11\x07", 16, W, RDI, PLAIN),
        ROW("vmovups %ymm0,(%rdi)", "\xc5\xfc\x11\x07", 32, W, RDI, PLAIN),
        ROW("movzbl (%rdi),%eax", "\x0f\xb6\x07", 1, R, RDI, PLAIN),
        ROW("sete (%rdi)", "\x0f\x94\x07", 1, W, RDI, PLAIN),
        ROW("movsd (%rdi),%xmm0", "\xf2\x0f\x10\x07", 8, R, RDI, PLAIN),
        ROW("movnti %eax,(%rdi)", "\x0f\xc3\x07", 4, W, RDI, PLAIN),
        ROW("fldt (%rdi)", "\xdb\x2f", 10, R, RDI, PLAIN),
        ROW("fstpl (%rdi)", "\xdd\x1f", 8, W, RDI, PLAIN),
    };
    CHECK_ROWS(rows);
}

static void reads_and_writes_are_told_apart(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("add (%rdi),%eax", "\x03\x07", 4, R, RDI, PLAIN),
        ROW("cmp %eax,(%rdi)", "\x39\x07", 4, R, RDI, PLAIN),
        ROW("testb $1,(%rdi)", "\xf6\x07\x01", 1, R, RDI, PLAIN),
        ROW("add %eax,(%rdi)", "\x01\x07", 4, R | W, RDI, PLAIN),
        ROW("incl (%rdi)", "\xff\x07", 4, R | W, RDI, PLAIN),
        ROW("incq 8(%rbx)", "\x48\xff\x43\x08", 8, R | W, RBX + 8, PLAIN),
        ROW("xadd %eax,(%rdi)", "\x0f\xc1\x07", 4, R | W, RDI, PLAIN),
        ROW("cmpxchg %ecx,(%rdi)", "\x0f\xb1\x0f", 4, R | W, RDI, PLAIN),
        ROW("lock add %eax,(%rdi)", "\xf0\x01\x07", 4, R | W | ATOMIC, RDI, PLAIN),
        ROW("lock incl (%rdi)", "\xf0\xff\x07", 4, R | W | ATOMIC, RDI, PLAIN),
        ROW("lock xadd %eax,(%rdi)", "\xf0\x0f\xc1\x07", 4, R | W | ATOMIC, RDI, PLAIN),
        ROW("lock cmpxchg %ecx,(%rdi)", "\xf0\x0f\xb1\x0f", 4, R | W | ATOMIC, RDI, PLAIN),
        ROW("lock cmpxchg16b (%rdi)", "\xf0\x48\x0f\xc7\x0f", 16, R | W | ATOMIC, RDI, PLAIN),
        ROW("xchg %eax,(%rdi)", "\x87\x07", 4, R | W | ATOMIC, RDI, PLAIN),
    };
    CHECK_ROWS(rows);
}

static void what_accesses_nothing_that_is_known_has_no_size(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("xchg %eax,%ebx", "\x93", 0, 0, 0, PLAIN),
        ROW("lea 8(%rdi),%rax", "\x48\x8d\x47\x08", 0, 0, 0, PLAIN),
        ROW("nopl (%rax,%rax,1)", "\x0f\x1f\x04\x00", 0, 0, 0, PLAIN),
        ROW("prefetcht0 (%rdi)", "\x0f\x18\x0f", 0, 0, 0, PLAIN),
        ROW("prefetchw (%rdi)", "\x0f\x0d\x0f", 0, 0, 0, PLAIN),
        ROW("clflush (%rdi)", "\x0f\xae\x3f", 0, 0, 0, PLAIN),
        ROW("movsb", "\xa4", 0, 0, 0, PLAIN),
        ROW("rep stosq", "\xf3\x48\xab", 0, 0, 0, PLAIN),
        ROW("lodsl", "\xad", 0, 0, 0, PLAIN),
        ROW("cmpsb", "\xa6", 0, 0, 0, PLAIN),
        ROW("push %rax", "\x50", 0, 0, 0, PLAIN),
        ROW("push (%rdi)", "\xff\x37", 0, 0, 0, PLAIN),
        ROW("push 0x1000(%rip)", "\xff\x35\x00\x10\x00\x00", 0, 0, 0, PLAIN),
        ROW("pop %rax", "\x58", 0, 0, 0, PLAIN),
        ROW("leave", "\xc9", 0, 0, 0, PLAIN),
        ROW("ret", "\xc3", 0, 0, 0, PLAIN),
        ROW("jmp *(%rdi)", "\xff\x27", 0, 0, 0, PLAIN),
        ROW("je", "\x74\x3e", 0, 0, 0, PLAIN),
        ROW("endbr64", "\xf3\x0f\x1e\xfa", 0, 0, 0, PLAIN),
        ROW("vgatherdps %ymm2,(%rdi,%ymm1,4),%ymm0", "\xc4\xe2\x6d\x92\x04\x8f", 0, 0, 0, PLAIN),
        ROW("vpscatterdd %zmm0,(%rdi,%zmm1,4){%k1}", "\x62\xf2\x7d\x49\xa0\x04\x8f", 0, 0, 0,
            PLAIN),
    };
    CHECK_ROWS(rows);
}

static void classes_are_told(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("syscall", "\x0f\x05", 0, 0, 0, SYSTEM_CALL),
        ROW("call", "\xe8\xfb\x00\x00\x00", 0, 0, 0, CALL),
        ROW("call *%rax", "\xff\xd0", 0, 0, 0, CALL),
        ROW("call *(%rdi)", "\xff\x17", 0, 0, 0, CALL),
        ROW("pushfq", "\x9c", 0, 0, 0, FLAGS),
        ROW("pushfw", "\x66\x9c", 0, 0, 0, FLAGS),
        ROW("popfq", "\x9d", 0, 0, 0, FLAGS),
        ROW("popfw", "\x66\x9d", 0, 0, 0, FLAGS),
        ROW("int3", "\xcc", 0, 0, 0, FLAGS),
        ROW("int1", "\xf1", 0, 0, 0, FLAGS),
        ROW("int $0x80", "\xcd\x80", 0, 0, 0, FLAGS),
        ROW("iretq", "\x48\xcf", 0, 0, 0, FLAGS),
        ROW("iret", "\xcf", 0, 0, 0, FLAGS),
    };
    CHECK_ROWS(rows);
}

static void what_is_no_instruction_has_no_length(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("not in 64-bit mode", "\x06", 0, 0, 0, UNKNOWN),
        ROW("lock without a store", "\xf0\x8b\x07", 0, 0, 0, UNKNOWN),
        ROW("prefixes alone", "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66", 0, 0,
            0, UNKNOWN),
        ROW("lea of a register", "\x8d\xc0", 0, 0, 0, UNKNOWN),
        ROW("nothing", "", 0, 0, 0, UNKNOWN),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct snarl_access access = snarl_access_decode(rows[i].code, rows[i].length, registers);
        assert_true(is_as_expected(&rows[i], &access, 0));
    }
}

static void what_is_cut_short_has_no_length(void **state)
{
    (void)state;
    static const char code[] =
        "\xc7\x05\x00\x10\x00\x00\x05\x00\x00\x00"; /* movl $5,0x1000(%rip) */
    static const struct row none = ROW("cut short", "", 0, 0, 0, UNKNOWN);
    for (size_t size = 0; size < sizeof code - 1; size++) {
        struct snarl_access access = snarl_access_decode(code, size, registers);
        assert_true(is_as_expected(&none, &access, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_computed),
        cmocka_unit_test(widths_are_told),
        cmocka_unit_test(reads_and_writes_are_told_apart),
        cmocka_unit_test(what_accesses_nothing_that_is_known_has_no_size),
        cmocka_unit_test(classes_are_told),
        cmocka_unit_test(what_is_no_instruction_has_no_length),
        cmocka_unit_test(what_is_cut_short_has_no_length),
    };
    if (!snarl_access_open())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
