#include "symbols_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_frame(void *context, const struct snarl_frame *frame)
{
    struct symbols_ask_frames *frames = context;
    assert_true(frames->count < SYMBOLS_ASK_FRAMES);
    frames->frames[frames->count++] = *frame;
}

struct symbols_ask_frames symbols_ask_frames(struct snarl_module *module, uint64_t offset)
{
    struct symbols_ask_frames frames = {.count = 0};
    snarl_module_frames(module, offset, add_frame, &frames);
    return frames;
}

void symbols_ask_same(const char *found, const char *expected)
{
    if (found && expected)
        assert_string_equal(found, expected);
    else
        assert_ptr_equal(found, expected);
}

struct snarl_module *symbols_ask_module(struct snarl_symbols *symbols, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", SYMBOLS_FIXTURES, name);
    struct snarl_module *module = snarl_symbols_module(symbols, path, NULL, 0);
    assert_non_null(module);
    return module;
}

void symbols_ask_unknown(struct snarl_module *module, const char *trouble)
{
    symbols_ask_same(snarl_module_trouble(module), trouble);
    static const uint64_t offsets[] = {0, 1, 0x1139, 0x4040, UINT64_MAX};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct symbols_ask_frames found = symbols_ask_frames(module, offsets[i]);
        assert_int_equal(found.count, 1);
        assert_null(found.frames[0].function);
        assert_null(found.frames[0].file);
        assert_int_equal(found.frames[0].line, 0);
        assert_int_equal(found.frames[0].offset, offsets[i]);
        assert_null(snarl_module_variable(module, offsets[i]));
    }
}

uint64_t symbols_ask_offset(const char *name, const char *function)
{
    char command[8192], line[4096];
    unsigned long offset = 0;
    snprintf(command, sizeof command, "'%s/%s'", SYMBOLS_FIXTURES, name);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    while (offset == 0 && fgets(line, sizeof line, output)) {
        if (strstr(line, function))
            assert_int_equal(sscanf(line, "frames %lx", &offset), 1);
    }
    pclose(output);
    assert_int_not_equal(offset, 0);
    return offset;
}
