#include "recording/schedule.h"

#include <string.h>

#include "base/hash.h"

static const char *const holds[] = {"wanted", "taken", "either"};
static const char *const threads[] = {"any", "main", "made"};
static const char *const locks[] = {"any", "variable", "made"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool snarl_schedule_add_place(struct snarl_schedule *schedule, struct snarl_schedule_path *path,
                              struct snarl_schedule_place place)
{
    if (path->count == SNARL_SCHEDULE_FRAMES || schedule->place_count == SNARL_SCHEDULE_PLACES)
        return false;
    if (path->count == 0)
        path->first = schedule->place_count;
    schedule->places[schedule->place_count++] = place;
    path->count++;
    return true;
}

bool snarl_schedule_holds_at_want(const struct snarl_schedule *schedule, uint32_t step)
{
    if (schedule->hold != SNARL_HOLD_EITHER)
        return schedule->hold == SNARL_HOLD_WANTED;
    return snarl_hash_mix(schedule->seed, step) % 2 == 0;
}

static void write_place(struct snarl_text *text, struct snarl_schedule_place place)
{
    if (place.module == 0) {
        snarl_text_add(text, " ?");
        return;
    }
    snarl_text_add_char(text, ' ');
    snarl_text_add_decimal(text, place.module);
    snarl_text_add(text, "+0x");
    snarl_text_add_hex(text, place.offset, 1);
}

static void write_path(const struct snarl_schedule *schedule, struct snarl_text *text,
                       struct snarl_schedule_path path)
{
    for (uint32_t i = 0; i < path.count; i++)
        write_place(text, schedule->places[path.first + i]);
}

static void write_number(struct snarl_text *text, const char *key, uint64_t number)
{
    snarl_text_add(text, key);
    snarl_text_add_char(text, ' ');
    snarl_text_add_decimal(text, number);
    snarl_text_add_char(text, '\n');
}

static void write_module(struct snarl_text *text, const struct snarl_schedule_module *module)
{
    snarl_text_add(text, "module ");
    for (uint32_t i = 0; i < module->build_id_size; i++)
        snarl_text_add_hex(text, module->build_id[i], 2);
    snarl_text_add(text, module->build_id_size == 0 ? "- " : " ");
    for (const char *path = module->path; *path != '\0'; path++)
        snarl_text_add_char(text, *path == '\n' ? '?' : *path);
    snarl_text_add_char(text, '\n');
}

static void write_step(const struct snarl_schedule *schedule, struct snarl_text *text,
                       const struct snarl_schedule_step *step)
{
    snarl_text_add(text, "step\nthread ");
    snarl_text_add(text, threads[step->thread]);
    if (step->thread == SNARL_THREAD_MADE)
        write_path(schedule, text, step->thread_made);
    snarl_text_add(text, "\nholds ");
    snarl_text_add(text, locks[step->holds]);
    if (step->holds == SNARL_LOCK_VARIABLE)
        write_place(text, step->variable);
    if (step->holds == SNARL_LOCK_MADE)
        write_path(schedule, text, step->lock_made);
    snarl_text_add_char(text, '\n');
    for (uint32_t i = 0; i < step->way_count; i++) {
        snarl_text_add(text, "taken");
        write_path(schedule, text, step->ways[i].taken);
        snarl_text_add(text, "\nwanted");
        write_path(schedule, text, step->ways[i].wanted);
        snarl_text_add_char(text, '\n');
    }
}

void snarl_schedule_write(const struct snarl_schedule *schedule, struct snarl_text *text)
{
    write_number(text, "snarl-schedule", SNARL_SCHEDULE_VERSION);
    if (schedule->finding[0] != '\0') {
        snarl_text_add(text, "finding ");
        snarl_text_add(text, schedule->finding);
        snarl_text_add_char(text, '\n');
    }
    snarl_text_add(text, "hold ");
    snarl_text_add(text, holds[schedule->hold]);
    snarl_text_add_char(text, '\n');
    write_number(text, "seed", schedule->seed);
    write_number(text, "bound", schedule->bound_ms);
    for (uint32_t i = 0; i < schedule->module_count; i++)
        write_module(text, &schedule->modules[i]);
    for (uint32_t i = 0; i < schedule->step_count; i++)
        write_step(schedule, text, &schedule->steps[i]);
}

/* What is left of the line, and what is wrong with it; the schedule that it goes into. */
struct parser {
    struct snarl_schedule *schedule;
    const char *rest;
    const char *wrong;
};

static bool fail(struct parser *parser, const char *what)
{
    if (parser->wrong == NULL)
        parser->wrong = what;
    return false;
}

/* Takes the word if it comes next. */
static bool take_word(struct parser *parser, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(parser->rest, word, length) != 0 ||
        (parser->rest[length] != '\0' && parser->rest[length] != ' '))
        return false;
    parser->rest += length + (parser->rest[length] == ' ');
    return true;
}

/* The position of the next word among `count` words; `count` where it is none of them. */
static size_t take_choice(struct parser *parser, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (take_word(parser, words[i]))
            return i;
    return count;
}

static int digit_of(char character, unsigned base)
{
    int digit = character >= '0' && character <= '9'   ? character - '0'
                : character >= 'a' && character <= 'f' ? character - 'a' + 10
                                                       : 16;
    return digit < (int)base ? digit : -1;
}

static bool take_number(struct parser *parser, unsigned base, uint64_t *number)
{
    const char *start = parser->rest;
    *number = 0;
    for (int digit; (digit = digit_of(*parser->rest, base)) >= 0; parser->rest++) {
        if (*number > (UINT64_MAX - (unsigned)digit) / base)
            return fail(parser, "a number is too large");
        *number = *number * base + (unsigned)digit;
    }
    return parser->rest > start || fail(parser, "a number is missing");
}

static bool take_end(struct parser *parser)
{
    return *parser->rest == '\0' || fail(parser, "the line goes on where it should end");
}

static bool take_last_number(struct parser *parser, uint64_t most, uint64_t *number)
{
    return take_number(parser, 10, number) && take_end(parser) &&
           (*number <= most || fail(parser, "a number is too large"));
}

static bool take_place(struct parser *parser, struct snarl_schedule_place *place)
{
    uint64_t module = 0;
    *place = (struct snarl_schedule_place){0, 0};
    if (take_word(parser, "?"))
        return true;
    if (digit_of(*parser->rest, 10) < 0)
        return fail(parser, "a place is missing");
    if (!take_number(parser, 10, &module))
        return false;
    if (module == 0 || module > parser->schedule->module_count)
        return fail(parser, "no module of this number stands before");
    if (strncmp(parser->rest, "+0x", 3) != 0)
        return fail(parser, "a place is not MODULE+0xOFFSET");
    parser->rest += 3;
    place->module = (uint32_t)module;
    if (!take_number(parser, 16, &place->offset))
        return false;
    if (*parser->rest != ' ' && *parser->rest != '\0')
        return fail(parser, "a place is not MODULE+0xOFFSET");
    parser->rest += *parser->rest == ' ';
    return true;
}

static bool take_path(struct parser *parser, struct snarl_schedule_path *path)
{
    *path = (struct snarl_schedule_path){0, 0};
    struct snarl_schedule_place place;
    do {
        if (!take_place(parser, &place))
            return false;
        if (!snarl_schedule_add_place(parser->schedule, path, place))
            return fail(parser, "a call path is too long");
    } while (*parser->rest != '\0');
    return true;
}

static struct snarl_schedule_step *last_step(struct parser *parser)
{
    struct snarl_schedule *schedule = parser->schedule;
    if (schedule->step_count > 0)
        return &schedule->steps[schedule->step_count - 1];
    fail(parser, "it belongs to a step, and none has begun");
    return NULL;
}

static bool parse_finding(struct parser *parser)
{
    char *finding = parser->schedule->finding;
    size_t length = strlen(parser->rest);
    if (length != sizeof parser->schedule->finding - 1 ||
        strspn(parser->rest, "0123456789abcdef") != length)
        return fail(parser, "the id of a finding has 16 hexadecimal digits");
    memcpy(finding, parser->rest, length + 1);
    return true;
}

static bool parse_hold(struct parser *parser)
{
    size_t choice = take_choice(parser, holds, COUNT(holds));
    if (choice == COUNT(holds))
        return fail(parser, "expected wanted, taken or either");
    parser->schedule->hold = (enum snarl_schedule_hold)choice;
    return take_end(parser);
}

static bool parse_seed(struct parser *parser)
{
    return take_last_number(parser, UINT64_MAX, &parser->schedule->seed);
}

static bool parse_bound(struct parser *parser)
{
    return take_last_number(parser, 1000 * 1000, &parser->schedule->bound_ms);
}

static bool parse_build_id(struct parser *parser, struct snarl_schedule_module *module)
{
    if (take_word(parser, "-"))
        return true;
    for (; *parser->rest != ' '; parser->rest += 2) {
        int high = digit_of(parser->rest[0], 16);
        int low = high < 0 ? -1 : digit_of(parser->rest[1], 16);
        if (low < 0 || module->build_id_size == SNARL_SCHEDULE_BUILD_ID)
            return fail(parser, "a build-id is 2 to 64 hexadecimal digits, or -");
        module->build_id[module->build_id_size++] = (uint8_t)(high << 4 | low);
    }
    parser->rest++;
    return true;
}

static bool parse_module(struct parser *parser)
{
    struct snarl_schedule *schedule = parser->schedule;
    if (schedule->module_count == SNARL_SCHEDULE_MODULES)
        return fail(parser, "too many modules");
    struct snarl_schedule_module *module = &schedule->modules[schedule->module_count];
    if (!parse_build_id(parser, module))
        return false;
    if (*parser->rest == '\0')
        return fail(parser, "the path of the module is missing");
    module->path = parser->rest;
    schedule->module_count++;
    return true;
}

static bool parse_step(struct parser *parser)
{
    if (parser->schedule->step_count == SNARL_SCHEDULE_STEPS)
        return fail(parser, "too many steps");
    parser->schedule->step_count++;
    return take_end(parser);
}

static bool parse_thread(struct parser *parser)
{
    struct snarl_schedule_step *step = last_step(parser);
    size_t choice = take_choice(parser, threads, COUNT(threads));
    if (step == NULL || choice == COUNT(threads))
        return fail(parser, "expected main, made or any");
    step->thread = (enum snarl_schedule_thread_kind)choice;
    return step->thread == SNARL_THREAD_MADE ? take_path(parser, &step->thread_made)
                                             : take_end(parser);
}

static bool parse_holds(struct parser *parser)
{
    struct snarl_schedule_step *step = last_step(parser);
    size_t choice = take_choice(parser, locks, COUNT(locks));
    if (step == NULL || choice == COUNT(locks))
        return fail(parser, "expected variable, made or any");
    step->holds = (enum snarl_schedule_lock_kind)choice;
    if (step->holds == SNARL_LOCK_MADE)
        return take_path(parser, &step->lock_made);
    return (step->holds != SNARL_LOCK_VARIABLE || take_place(parser, &step->variable)) &&
           take_end(parser);
}

static bool parse_taken(struct parser *parser)
{
    struct snarl_schedule_step *step = last_step(parser);
    if (step == NULL)
        return false;
    if (step->way_count == SNARL_SCHEDULE_WAYS)
        return fail(parser, "too many ways into one step");
    return take_path(parser, &step->ways[step->way_count++].taken);
}

static bool parse_wanted(struct parser *parser)
{
    struct snarl_schedule_step *step = last_step(parser);
    if (step == NULL)
        return false;
    if (step->way_count == 0 || step->ways[step->way_count - 1].wanted.count > 0)
        return fail(parser, "no line of what is taken stands before");
    return take_path(parser, &step->ways[step->way_count - 1].wanted);
}

static bool parse_line(struct parser *parser)
{
    static const struct {
        const char *word;
        bool (*parse)(struct parser *parser);
    } rows[] = {
        {"finding", parse_finding}, {"hold", parse_hold},     {"seed", parse_seed},
        {"bound", parse_bound},     {"module", parse_module}, {"step", parse_step},
        {"thread", parse_thread},   {"holds", parse_holds},   {"taken", parse_taken},
        {"wanted", parse_wanted},
    };
    if (*parser->rest == '\0' || *parser->rest == '#')
        return true;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (take_word(parser, rows[i].word))
            return rows[i].parse(parser);
    return fail(parser, "a line of no known kind");
}

static bool parse_version(struct parser *parser)
{
    uint64_t version;
    if (!take_word(parser, "snarl-schedule"))
        return fail(parser, "not a schedule of snarl's");
    return take_last_number(parser, UINT64_MAX, &version) &&
           (version == SNARL_SCHEDULE_VERSION ||
            fail(parser, "a schedule of a version that this snarl does not know"));
}

/* What no line can be blamed for. */
static bool is_whole(struct parser *parser)
{
    const struct snarl_schedule *schedule = parser->schedule;
    if (schedule->step_count < 2)
        return fail(parser, "it ends before its second step");
    for (uint32_t i = 0; i < schedule->step_count; i++) {
        const struct snarl_schedule_step *step = &schedule->steps[i];
        if (step->way_count == 0 || step->ways[step->way_count - 1].wanted.count == 0)
            return fail(parser, "a step does not say where its locks are taken and wanted");
    }
    return true;
}

bool snarl_schedule_parse(struct snarl_schedule *schedule, char *text, size_t size,
                          struct snarl_schedule_error *error)
{
    struct parser parser = {.schedule = schedule};
    bool good = true;
    char *line = text;
    memset(schedule, 0, sizeof *schedule);
    schedule->bound_ms = SNARL_SCHEDULE_BOUND;
    text[size] = '\0';
    error->line = 0;
    while (good && line < text + size) {
        char *end = memchr(line, '\n', (size_t)(text + size - line));
        error->line++;
        if (end == NULL) {
            good = fail(&parser, "it is cut off within this line");
            break;
        }
        *end = '\0';
        parser.rest = line;
        good = strlen(line) == (size_t)(end - line) || fail(&parser, "a byte 0");
        good = good && (error->line == 1 ? parse_version(&parser) : parse_line(&parser));
        line = end + 1;
    }
    if (error->line == 0)
        good = fail(&parser, "an empty file, not a schedule of snarl's");
    good = good && is_whole(&parser);
    error->what = parser.wrong;
    return good;
}
