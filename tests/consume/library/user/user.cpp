// A program that knows nothing of ours.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <cstdio>

const char* what_becomes_of(const char* id);

int main() { std::puts(what_becomes_of("slurm-4711")); }
