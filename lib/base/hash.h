/*
 * Hashing of machine words.
 *
 * snarl_hash_mix folds one word into a running hash. The finaliser is that of SplitMix64 (Steele,
 * Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014), so that every input
 * bit reaches every output bit. Pure; a few cycles.
 */
#ifndef SNARL_BASE_HASH_H
#define SNARL_BASE_HASH_H

#include <stdint.h>

static inline uint64_t snarl_hash_mix(uint64_t hash, uint64_t word)
{
    uint64_t mixed = (hash ^ word) + 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

#endif
