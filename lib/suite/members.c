#include "suite/members.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void snarl_members_fail(struct snarl_members *members, const char *format, ...)
{
    if (members->failed)
        return;
    members->failed = true;

    char place[32] = "";
    if (members->item > 0)
        snprintf(place, sizeof place, "scenario %zu: ", members->item);
    char what[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(members->error, members->error_size, "%s: %s%s", members->path, place, what);
}

json_t *snarl_members_load(struct snarl_members *members, const char *path)
{
    members->path = path;
    members->item = 0;
    json_error_t trouble;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &trouble);
    if (document == NULL && trouble.line > 0)
        snarl_members_fail(members, "line %d, column %d: %s", trouble.line, trouble.column,
                           trouble.text);
    else if (document == NULL)
        snarl_members_fail(members, "%s", trouble.text);
    return document;
}

void snarl_members_known(struct snarl_members *members, struct snarl_object_members of,
                         const char *const *names)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)of.object, key, value)
    {
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], key) != 0)
            i++;
        if (names[i] == NULL)
            snarl_members_fail(members, "\"%s%s\" is unknown", of.within, key);
    }
}

bool snarl_member_is_given(struct snarl_object_members of, const char *key)
{
    const json_t *value = json_object_get(of.object, key);
    return value != NULL && !json_is_null(value);
}

const json_t *snarl_member(struct snarl_members *members, struct snarl_object_members of,
                           const char *key)
{
    const json_t *value = json_object_get(of.object, key);
    if (value == NULL)
        snarl_members_fail(members, "\"%s%s\" is missing", of.within, key);
    return value;
}

static void expect(struct snarl_members *members, bool right, struct snarl_object_members of,
                   const char *key, const char *type)
{
    if (!right)
        snarl_members_fail(members, "\"%s%s\" must be %s", of.within, key, type);
}

const char *snarl_member_string(struct snarl_members *members, struct snarl_object_members of,
                                const char *key)
{
    const json_t *value = snarl_member(members, of, key);
    expect(members, json_string_length(value) > 0, of, key, "a string that is not empty");
    return json_string_value(value);
}

const char *snarl_member_string_or(struct snarl_members *members, struct snarl_object_members of,
                                   const char *key, const char *otherwise)
{
    return snarl_member_is_given(of, key) ? snarl_member_string(members, of, key) : otherwise;
}

const json_t *snarl_member_list(struct snarl_members *members, struct snarl_object_members of,
                                const char *key)
{
    const json_t *list = snarl_member(members, of, key);
    expect(members, json_is_array(list), of, key, "a list");
    return list;
}

struct snarl_object_members snarl_member_object(struct snarl_members *members,
                                                struct snarl_object_members of, const char *key,
                                                const char *within)
{
    const json_t *object = snarl_member(members, of, key);
    expect(members, json_is_object(object), of, key, "an object");
    return (struct snarl_object_members){object, within};
}

bool snarl_member_flag_or(struct snarl_members *members, struct snarl_object_members of,
                          const char *key, bool otherwise)
{
    if (!snarl_member_is_given(of, key))
        return otherwise;
    const json_t *value = json_object_get(of.object, key);
    expect(members, json_is_boolean(value), of, key, "true or false");
    return json_is_true(value);
}

int snarl_member_status_or(struct snarl_members *members, struct snarl_object_members of,
                           const char *key, int otherwise)
{
    if (!snarl_member_is_given(of, key))
        return otherwise;
    const json_t *value = json_object_get(of.object, key);
    json_int_t status = json_integer_value(value);
    expect(members, json_is_integer(value) && status >= 0 && status <= UINT8_MAX, of, key,
           "a number from 0 to 255");
    return (int)status;
}

double snarl_member_seconds_or(struct snarl_members *members, struct snarl_object_members of,
                               const char *key, double otherwise)
{
    if (!snarl_member_is_given(of, key))
        return otherwise;
    double seconds = json_number_value(json_object_get(of.object, key));
    expect(members, seconds > 0 && seconds < 1e6, of, key, "a number of seconds above 0");
    return seconds;
}

const char **snarl_member_strings(struct snarl_members *members, struct snarl_object_members of,
                                  const char *key, size_t *count)
{
    const json_t *list = json_object_get(of.object, key);
    expect(members, list == NULL || json_is_array(list), of, key, "a list of strings");
    size_t size = json_array_size(list);
    const char **strings = snarl_pool_allocate(members->pool, size + 1, sizeof *strings);
    for (size_t i = 0; i < size; i++) {
        strings[i] = json_string_value(json_array_get(list, i));
        expect(members, strings[i] != NULL, of, key, "a list of strings");
    }
    *count = members->failed ? 0 : size;
    return strings;
}
