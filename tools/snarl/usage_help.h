/* How options are spelled, and the help that follows from their rows. */
#ifndef SNARL_USAGE_HELP_H
#define SNARL_USAGE_HELP_H

#include "usage.h"

/* The option's name with '-' for '_', cut to `size` bytes. */
void snarl_option_spell(const struct snarl_option *option, char *spelling, size_t size);

/* Writes the usage, description and options to standard output. */
void snarl_usage_help(const struct snarl_usage *usage);

/* Writes `text`, filled to 80 columns; lines after the first begin at column `indent`, the first
 * is already at column `column`. */
void snarl_help_fill(const char *text, unsigned column, unsigned indent);

#endif
